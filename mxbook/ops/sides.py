"""Which operators `a + b` and `mx.nd.add(a, b)` mean, for arrays and symbols alike.

One row for each two-sided function: its public name, Python's operator, and the registered
operators for two arrays (with stretching; symbols use the elementwise form), an array and a number,
and a number and an array.
"""

import operator as python
from collections.abc import Callable
from typing import NamedTuple


class Side(NamedTuple):
    """A two-sided function; `on_numbers` computes it for two plain numbers."""

    name: str
    dunder: str
    broadcast: str
    elemwise: str
    scalar: str
    rscalar: str
    on_numbers: Callable


def _commuting(name, dunder, broadcast, elemwise, scalar, on_numbers) -> Side:
    return Side(name, dunder, broadcast, elemwise, scalar, scalar, on_numbers)


def _flag(function: Callable) -> Callable:
    return lambda a, b: float(function(a, b))


def _compare(name: str, dunder: str, mirrored: str, function: Callable) -> Side:
    rscalar = f"_{mirrored}_scalar"
    return Side(
        name, dunder, f"broadcast_{name}", f"_{name}", f"_{name}_scalar", rscalar, _flag(function)
    )


SIDES = (
    _commuting("add", "add", "broadcast_add", "_plus", "_plus_scalar", python.add),
    Side(
        "subtract",
        "sub",
        "broadcast_sub",
        "_minus",
        "_minus_scalar",
        "_rminus_scalar",
        python.sub,
    ),
    _commuting("multiply", "mul", "broadcast_mul", "_mul", "_mul_scalar", python.mul),
    Side(
        "divide",
        "truediv",
        "broadcast_div",
        "_div",
        "_div_scalar",
        "_rdiv_scalar",
        python.truediv,
    ),
    Side("modulo", "mod", "broadcast_mod", "_mod", "_mod_scalar", "_rmod_scalar", python.mod),
    Side(
        "power", "pow", "broadcast_power", "_power", "_power_scalar", "_rpower_scalar", python.pow
    ),
    _commuting("maximum", "", "broadcast_maximum", "_maximum", "_maximum_scalar", max),
    _commuting("minimum", "", "broadcast_minimum", "_minimum", "_minimum_scalar", min),
    _compare("equal", "eq", "equal", python.eq),
    _compare("not_equal", "ne", "not_equal", python.ne),
    _compare("greater", "gt", "lesser", python.gt),
    _compare("greater_equal", "ge", "lesser_equal", python.ge),
    _compare("lesser", "lt", "greater", python.lt),
    _compare("lesser_equal", "le", "greater_equal", python.le),
    _compare("logical_and", "", "logical_and", lambda a, b: bool(a) and bool(b)),
    _compare("logical_or", "", "logical_or", lambda a, b: bool(a) or bool(b)),
    _compare("logical_xor", "", "logical_xor", lambda a, b: bool(a) != bool(b)),
)

# Operators that arrays and symbols also have as methods, with the array as first input.
METHODS = """
    abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort
    broadcast_axes cbrt ceil clip cos cosh degrees depth_to_space diag exp expm1 fix flip floor log
    log10 log1p log2 log_softmax max mean min nanprod nansum norm one_hot ones_like pad pick prod
    radians rcbrt reciprocal relu repeat reshape_like rint round rsqrt shape_array sigmoid sign sin
    sinh size_array slice slice_axis slice_like softmax softmin sort space_to_depth split split_v2
    sqrt square sum swapaxes take tan tanh tile topk transpose trunc zeros_like
""".split()
