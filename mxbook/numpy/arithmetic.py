"""Python's operators on `mx.np.ndarray`: those of `mx.np`, on the fast way of `mx.nd`'s."""

from collections.abc import Callable
from typing import Any

from mxbook.imperative.fast import binary_method, number_method
from mxbook.ops.registry import operators

from .elementwise import BINARY, functions
from .multiarray import ndarray
from .symbols import _Symbol

DUNDERS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "mod": "mod",
    "pow": "power",
    "eq": "equal",
    "ne": "not_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "lt": "less",
    "le": "less_equal",
}
REFLECTED = ("add", "sub", "mul", "truediv", "mod", "pow")


def install() -> None:
    """Give `mx.np.ndarray` and `mx.sym.np._Symbol` their operators."""
    for dunder, name in DUNDERS.items():
        form, (scalar, rscalar) = functions[name], BINARY[name]
        method = binary_method(operators[f"_npi_{name}"], operators[scalar], ndarray, form)
        _add(ndarray, f"__{dunder}__", method, form)
        _add(_Symbol, f"__{dunder}__", _plain(form), form)
        if dunder in REFLECTED:
            swapped = _swapped(form)
            reflected = number_method(operators[rscalar], ndarray, swapped, depth=1)
            _add(ndarray, f"__r{dunder}__", reflected, form)
            _add(_Symbol, f"__r{dunder}__", swapped, form)
        if dunder in REFLECTED[:5]:
            _add(ndarray, f"__i{dunder}__", _in_place(form), form)
    for cls in (ndarray, _Symbol):
        _add(cls, "__neg__", _of_one(functions["negative"]), functions["negative"])
        _add(cls, "__abs__", _of_one(functions["abs"]), functions["abs"])
        cls.__hash__ = cls.__mro__[1].__hash__


def _plain(form: Callable) -> Callable:
    def method(self, other):
        return form(self, other)

    return method


def _of_one(form: Callable) -> Callable:
    def method(self):
        return form(self)

    return method


def _swapped(form: Callable) -> Callable:
    return lambda self, other: form(other, self)


def _in_place(form: Callable) -> Callable:
    return lambda self, other: form(self, other, out=self)


def _add(cls: type, name: str, method: Any, form: Callable) -> None:
    method.__name__, method.__qualname__ = name, f"{cls.__name__}.{name}"
    method.__doc__ = form.__doc__
    setattr(cls, name, method)
