"""Python's operators on arrays, and their function forms `mx.nd.add(lhs, rhs)`.

Which operator a form means stands in `mxbook.ops.sides`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import sites
from mxbook.base.errors import DTypeError
from mxbook.imperative.fast import binary_method, in_place_method, number_method
from mxbook.ops.registry import operators
from mxbook.ops.sides import SIDES, Side

from .ndarray import NDArray
from .registry import functions

NUMBERS = (int, float, np.generic)
FORMS: dict[str, Callable] = {}  # the function forms by name
# MXNet's names for the sides; the functions themselves are made for speed.
SIGNATURE = inspect.signature(lambda self, other: None)


def _unsupported(name: str, value: Any) -> DTypeError:
    kind = type(value).__name__
    hint = "wrap it: mx.nd.array(...)" if isinstance(value, np.ndarray | list) else ""
    if kind == "Symbol":
        hint = "inside hybrid_forward make the array with F, or a constant of the block: "
        hint += "self.c = self.params.get_constant('c', value)"
    site = sites.here() if kind == "Symbol" else None
    return DTypeError(
        f"{name}: type {kind} not supported",
        rule="the sides are NDArrays or numbers",
        place=[("called", str(site))] if site else [],
        hint=hint,
    )


def two_sided(side: Side) -> Callable:
    """The function form: arrays and numbers on either side."""
    broadcast, scalar, rscalar = (functions[n] for n in (side.broadcast, side.scalar, side.rscalar))

    def function(lhs, rhs):
        if isinstance(lhs, NDArray):
            if isinstance(rhs, NDArray):
                return broadcast(lhs, rhs)
            if isinstance(rhs, NUMBERS):
                return scalar(lhs, scalar=float(rhs))
            raise _unsupported(side.name, rhs)
        if isinstance(lhs, NUMBERS):
            if isinstance(rhs, NDArray):
                return rscalar(rhs, scalar=float(lhs))
            if isinstance(rhs, NUMBERS):
                return side.on_numbers(lhs, rhs)
            raise _unsupported(side.name, rhs)
        raise _unsupported(side.name, lhs)

    function.__name__ = function.__qualname__ = side.name
    function.__module__ = "mxbook.ndarray"
    function.__doc__ = f"""{operators[side.broadcast].doc}

    Either side may be a number.

    Source: MXNet 1.6, `mx.nd.{side.name}`.
    """
    return function


def in_place(side: Side) -> Callable:
    """A method like `__iadd__`: the result is written into the array itself."""
    broadcast, scalar = functions[side.broadcast], functions[side.scalar]

    def method(self, other):
        if isinstance(other, NDArray):
            return broadcast(self, other, out=self)
        if isinstance(other, NUMBERS):
            return scalar(self, scalar=float(other), out=self)
        raise _unsupported(side.name, other)

    return method


def install() -> dict[str, Callable]:
    """Give NDArray its operators; returns the function forms by name."""
    FORMS.update({side.name: two_sided(side) for side in SIDES})
    for side in SIDES:
        if not side.dunder:
            continue
        form, scalar_op = FORMS[side.name], operators[side.scalar]
        method = binary_method(operators[side.broadcast], scalar_op, NDArray, form)
        setattr(NDArray, f"__{side.dunder}__", _named(method, side.dunder, form))
        if side.dunder in ("add", "sub", "mul", "truediv", "mod", "pow"):
            swapped = _swapped(form)
            reflected = number_method(operators[side.rscalar], NDArray, swapped, depth=1)
            setattr(NDArray, f"__r{side.dunder}__", _named(reflected, "r" + side.dunder, form))
            if side.dunder != "pow":
                changing = in_place_method(
                    operators[side.broadcast], scalar_op, NDArray, in_place(side)
                )
                setattr(NDArray, f"__i{side.dunder}__", _named(changing, side.dunder, form))
    NDArray.__neg__ = _one_sided("neg", functions["negative"])
    NDArray.__abs__ = _one_sided("abs", functions["abs"])
    return {**FORMS, "true_divide": FORMS["divide"], "power": _power(FORMS["power"])}


def _power(form: Callable) -> Callable:
    """The function form of powers, whose sides have names of their own."""

    def power(base, exp):
        return form(base, exp)

    power.__module__, power.__qualname__, power.__doc__ = form.__module__, "power", form.__doc__
    return power


def _one_sided(dunder: str, function: Callable) -> Callable:
    def method(self):
        return function(self)

    method.__name__, method.__qualname__ = f"__{dunder}__", f"NDArray.__{dunder}__"
    method.__doc__ = function.__doc__
    return method


def _swapped(form: Callable) -> Callable:
    return lambda self, other: form(other, self)


def _named(method: Callable, dunder: str, form: Callable) -> Callable:
    method.__name__ = f"__{dunder}__"
    method.__qualname__ = f"NDArray.__{dunder}__"
    method.__doc__ = form.__doc__
    method.__signature__ = SIGNATURE  # type: ignore[attr-defined]
    return method
