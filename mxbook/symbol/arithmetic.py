"""Python's operators on symbols, and their function forms `mx.sym.power(base, exp)`."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.errors import DTypeError
from mxbook.imperative.mode import local
from mxbook.ops.registry import operators
from mxbook.ops.sides import SIDES, Side

from .front import function_of
from .registry import functions
from .symbol import Symbol
from .tracing import CONSTANT, called

NUMBERS = (int, float, np.generic)
HYPOT = Side("hypot", "", "broadcast_hypot", "_hypot", "_hypot_scalar", "_hypot_scalar", math.hypot)


def _number_form(name: str, hint: str) -> Callable:
    """The function for a symbol and a number."""
    function = function_of(operators[name], name, hint)
    return lambda symbol, number: function(symbol, scalar=number)


def _hint(name: str) -> str:
    """MXNet's automatic name for an operator with a number, like `_plusscalar0`.

    Comparisons keep their underscores.
    """
    kept = name.startswith(("_equal", "_not_equal", "_greater", "_lesser", "_logical"))
    return name if kept else "_" + name.replace("_", "")


def two_sided(side: Side, rhint: str | None = None) -> Callable:
    """The function form: symbols and numbers on either side.

    `rhint` is the automatic name with the number on the left, where it is not the usual one.
    """
    elemwise = functions[side.elemwise]
    scalar = _number_form(side.scalar, _hint(side.scalar))
    rscalar = _number_form(side.rscalar, rhint or _hint(side.rscalar))

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
        traced = local.trace is not None
        raise DTypeError(
            f"{side.name}: type {type(wrong).__name__} not supported",
            rule="the sides are Symbols or numbers",
            place=called() if traced else (),
            hint=CONSTANT if traced else "",
        )

    function.__name__ = function.__qualname__ = side.name
    function.__module__ = "mxbook.symbol"
    function.__doc__ = f"{operators[side.elemwise].doc}\n\nEither side may be a number."
    return function


def install() -> dict[str, Callable]:
    """Give Symbol Python's operators; returns the function forms by name."""
    forms = {side.name: two_sided(side) for side in SIDES}
    for side in SIDES:
        if side.dunder:
            _add(f"__{side.dunder}__", forms[side.name])
        if side.dunder in ("add", "sub", "mul", "truediv", "mod"):
            _add(f"__r{side.dunder}__", _swapped(forms[side.name]))
    power = next(side for side in SIDES if side.name == "power")
    _add("__rpow__", _swapped(two_sided(power, power.rscalar)))  # the one with another name
    _add("__neg__", lambda self: forms["multiply"](self, -1.0), unary=True)
    _add("__abs__", functions["abs"], unary=True)
    return {**forms, **_named(forms, two_sided(HYPOT))}


def _named(forms: dict[str, Callable], of_hypot: Callable) -> dict[str, Callable]:
    """The forms whose sides MXNet gives names to."""

    def power(base, exp):
        return forms["power"](base, exp)

    def maximum(left, right):
        return forms["maximum"](left, right)

    def minimum(left, right):
        return forms["minimum"](left, right)

    def hypot(left, right):
        return of_hypot(left, right)

    named = {f.__name__: f for f in (power, maximum, minimum, hypot)}
    for name, function in named.items():
        form = forms.get(name, of_hypot)
        function.__qualname__, function.__module__ = name, form.__module__
        function.__doc__ = form.__doc__
    return {**named, "pow": power}


def _add(name: str, function: Callable, unary: bool = False) -> None:
    def of_two(self, other):
        return function(self, other)

    def of_one(self):
        return function(self)

    method = of_one if unary else of_two
    method.__name__ = name
    method.__qualname__ = f"Symbol.{name}"
    method.__doc__ = function.__doc__
    setattr(Symbol, name, method)


def _swapped(form: Callable) -> Callable:
    return lambda self, other: form(other, self)
