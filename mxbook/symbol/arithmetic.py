"""Python's operators on symbols, and their function forms `mx.sym.power(base, exp)`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import names
from mxbook.base.errors import DTypeError
from mxbook.ops.registry import operators
from mxbook.ops.sides import METHODS, SIDES, Side

from .registry import functions
from .symbol import Symbol

NUMBERS = (int, float, np.generic)


def _number_form(name: str) -> Callable:
    """The function for a symbol and a number; automatic names are MXNet's, like `_plusscalar0`."""
    hint = "_" + name.replace("_", "")

    def function(symbol: Symbol, number: float) -> Symbol:
        made = names.current().get(None, hint)
        return functions[name](symbol, scalar=number, name=made)

    return function


def two_sided(side: Side) -> Callable:
    """The function form: symbols and numbers on either side."""
    elemwise = functions[side.elemwise]
    scalar, rscalar = _number_form(side.scalar), _number_form(side.rscalar)

    def function(lhs: Any, rhs: Any):
        kinds = tuple("s" if isinstance(x, Symbol) else isinstance(x, NUMBERS) for x in (lhs, rhs))
        if kinds == ("s", "s"):
            return elemwise(lhs, rhs)
        if kinds == ("s", True):
            return scalar(lhs, rhs)
        if kinds == (True, "s"):
            return rscalar(rhs, lhs)
        if kinds == (True, True):
            return side.on_numbers(lhs, rhs)
        wrong = lhs if not kinds[0] else rhs
        raise DTypeError(
            f"{side.name}: type {type(wrong).__name__} not supported",
            rule="the sides are Symbols or numbers",
        )

    function.__name__ = function.__qualname__ = side.name
    function.__module__ = "mxbook.symbol"
    function.__doc__ = f"{operators[side.elemwise].doc}\n\nEither side may be a number."
    return function


def install() -> dict[str, Callable]:
    """Give Symbol its operators and methods; returns the function forms by name."""
    forms = {side.name: two_sided(side) for side in SIDES}
    for side in SIDES:
        if side.dunder:
            _add(f"__{side.dunder}__", forms[side.name])
        if side.dunder in ("add", "sub", "mul", "truediv", "mod", "pow"):
            _add(f"__r{side.dunder}__", _swapped(forms[side.name]))
    _add("__neg__", lambda self: forms["multiply"](self, -1.0))
    _add("__abs__", functions["abs"])
    for name in (*METHODS, "broadcast_to", "expand_dims", "flatten", "broadcast_like"):
        if name in functions:
            _add(name, functions[name])
    _add("reshape", _reshape)
    _add("astype", _astype)
    return forms


def _add(name: str, function: Callable) -> None:
    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"Symbol.{name}"
    method.__doc__ = function.__doc__
    setattr(Symbol, name, method)


def _swapped(form: Callable) -> Callable:
    return lambda self, other: form(other, self)


def _reshape(self: Symbol, *shape, **kwargs) -> Symbol:
    """The same elements in another shape; MXNet's codes 0, -1, -2, -3, -4 apply."""
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    return functions["reshape"](self, shape=shape or kwargs.pop("shape"), **kwargs)


def _astype(self: Symbol, dtype: Any, **kwargs) -> Symbol:
    """The values in another element type."""
    return functions["cast"](self, dtype=dtype, **kwargs)
