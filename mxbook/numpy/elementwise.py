"""Functions of one or two arrays, element by element: `mx.np.exp`, `mx.np.add`, ...

They also take NumPy's further arguments (`where`, `casting`, ...) where these change nothing, and
numbers in place of arrays.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.ops.registry import operators
from mxbook.symbol import Symbol
from mxbook.util import wrap_np_binary_func, wrap_np_unary_func

from .front import NUMBERS, front, unsupported
from .multiarray import ndarray

ARRAYS = (ndarray, Symbol)
UNARY = """
    abs absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh degrees exp expm1
    fix floor log log10 log1p log2 logical_not negative radians reciprocal rint sign sin sinh sqrt
    square tan tanh trunc
""".split()
SAME = {"deg2rad": "radians", "rad2deg": "degrees"}

# Two-sided functions: operators for an array and a number, and for a number and an array.
BINARY = {
    "add": ("_npi_add_scalar", "_npi_add_scalar"),
    "subtract": ("_npi_subtract_scalar", "_npi_rsubtract_scalar"),
    "multiply": ("_npi_multiply_scalar", "_npi_multiply_scalar"),
    "true_divide": ("_npi_true_divide_scalar", "_npi_rtrue_divide_scalar"),
    "mod": ("_npi_mod_scalar", "_npi_rmod_scalar"),
    "power": ("_npi_power_scalar", "_npi_rpower_scalar"),
    "maximum": ("_npi_maximum_scalar", "_npi_maximum_scalar"),
    "minimum": ("_npi_minimum_scalar", "_npi_minimum_scalar"),
    "arctan2": ("_npi_arctan2_scalar", "_npi_rarctan2_scalar"),
    "hypot": ("_npi_hypot_scalar", "_npi_hypot_scalar"),
    "copysign": ("_npi_copysign_scalar", "_npi_rcopysign_scalar"),
    "ldexp": ("_npi_ldexp_scalar", "_npi_rldexp_scalar"),
    "bitwise_xor": ("_npi_bitwise_xor_scalar", "_npi_bitwise_xor_scalar"),
    "lcm": ("_npi_lcm_scalar", "_npi_lcm_scalar"),
    "equal": ("_npi_equal_scalar", "_npi_equal_scalar"),
    "not_equal": ("_npi_not_equal_scalar", "_npi_not_equal_scalar"),
    "greater": ("_npi_greater_scalar", "_npi_less_scalar"),
    "greater_equal": ("_npi_greater_equal_scalar", "_npi_less_equal_scalar"),
    "less": ("_npi_less_scalar", "_npi_greater_scalar"),
    "less_equal": ("_npi_less_equal_scalar", "_npi_greater_equal_scalar"),
}
ALSO = {"divide": "true_divide", "remainder": "mod"}
STRICT = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "true_divide")
WHOLE = ("bitwise_xor", "lcm")


def _unary(name: str) -> Callable:
    registered = f"_npi_{name}"

    def function(x: Any, out: Any = None) -> Any:
        if isinstance(x, ARRAYS):
            call = getattr(front(x), registered)
            return call(x) if out is None else call(x, out=out)
        if isinstance(x, NUMBERS):
            return getattr(np, name)(x)
        raise unsupported(name, x)

    return function


def _binary(name: str) -> Callable:
    scalar, rscalar = BINARY[name]
    convert = int if name in WHOLE else float

    def function(x1: Any, x2: Any, out: Any = None) -> Any:
        F = front(x1, x2)
        given = {} if out is None else {"out": out}
        if isinstance(x1, ARRAYS):
            if isinstance(x2, ARRAYS):
                return getattr(F, f"_npi_{name}")(x1, x2, **given)
            if isinstance(x2, NUMBERS):
                return getattr(F, scalar)(x1, scalar=convert(x2), **given)
            raise unsupported(name, x2)
        if not isinstance(x1, NUMBERS):
            raise unsupported(name, x1)
        if isinstance(x2, ARRAYS):
            return getattr(F, rscalar)(x2, scalar=convert(x1), **given)
        if isinstance(x2, NUMBERS):
            return getattr(np, name)(x1, x2)
        raise unsupported(name, x2)

    return function


def _named(function: Callable, name: str, registered: str, wrap: Callable | None) -> Callable:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{operators[registered].doc}\n\n    Source: MXNet 1.6, `mx.np.{name}`.\n"
    found = wrap(function) if wrap else function
    found.__module__ = "mxbook.numpy"
    return found


def _made() -> dict[str, Callable]:
    """All functions of this kind by name."""
    found = {}
    for name in [*UNARY, *SAME]:
        old = SAME.get(name, name)
        found[name] = _named(_unary(old), name, f"_npi_{old}", wrap_np_unary_func)
    for name in [*BINARY, *ALSO]:
        old = ALSO.get(name, name)
        wrap = None if name in STRICT else wrap_np_binary_func
        found[name] = _named(_binary(old), name, f"_npi_{old}", wrap)
    return found


functions = _made()
globals().update(functions)


def around(x: Any, decimals: int = 0, out: Any = None, **kwargs: Any) -> Any:
    """The elements rounded to a number of decimals.  Source: MXNet 1.6, `mx.np.around`."""
    if isinstance(x, NUMBERS):
        return np.around(x, decimals, **kwargs)
    return front(x)._npi_around(x, decimals=decimals, out=out)


def clip(a: Any, a_min: float | None, a_max: float | None, out: Any = None) -> Any:
    """The elements, none below `a_min` or above `a_max`; None sets no limit.

    Raises ParameterError where both are None.
    """
    from mxbook.base.errors import ParameterError

    if a_min is None and a_max is None:
        raise ParameterError("clip needs a_min or a_max")
    low = float("-inf") if a_min is None else a_min
    high = float("inf") if a_max is None else a_max
    return front(a)._npi_clip(a, a_min=low, a_max=high, out=out)
