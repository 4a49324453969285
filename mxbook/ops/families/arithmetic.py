"""Adding, subtracting, multiplying, dividing, powers, extremes: of two arrays, or of array and
number."""

import math

import numpy as np

from mxbook.base.dtypes import FLOATS
from mxbook.ops.tables import Arithmetic

ELEMENTWISE = "In the broadcast forms axes of length 1 are stretched."


def _divide(xp, lhs, rhs, out):
    """Division; whole numbers are divided as in C, towards zero (and by zero to zero)."""
    dtype = getattr(lhs, "dtype", None) or rhs.dtype
    if dtype in FLOATS:
        return xp.true_divide(lhs, rhs, out=out)
    safe = xp.where(xp.equal(rhs, 0), 1, rhs)
    quotient = xp.trunc(xp.true_divide(lhs, safe))
    return xp.where(xp.equal(rhs, 0), 0, quotient).astype(dtype)


def _mod(xp, lhs, rhs, _out):
    """The remainder with the sign of the divisor; 0 where the divisor is 0."""
    dtype = getattr(lhs, "dtype", None) or rhs.dtype
    zero = xp.equal(rhs, 0)
    divisor = xp.where(zero, 1, rhs).astype(dtype)  # a number, too, has the type of the array
    return xp.where(zero, 0, xp.remainder(lhs, divisor)).astype(dtype)


def _power(xp, lhs, rhs, out):
    dtype = getattr(lhs, "dtype", None) or rhs.dtype
    if dtype in FLOATS:
        if type(rhs) is float and rhs == 2:
            return xp.square(lhs, out=out)
        return xp.power(lhs, rhs, out=out)
    return xp.power(xp.asarray(lhs, "float64"), rhs).astype(dtype)


def _hypot(xp, lhs, rhs, out):
    dtype = getattr(lhs, "dtype", None) or rhs.dtype
    if dtype in FLOATS:
        return xp.hypot(lhs, rhs, out=out)
    return xp.hypot(lhs, rhs).astype(dtype)


def _log(F, x):
    """The logarithm of an array or of a number."""
    return F.log(x) if hasattr(x, "shape") else math.log(x) if x > 0 else math.nan


Arithmetic(
    "add",
    f"`lhs + rhs`, element by element.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy: dy,
    rhs_rule=lambda F, dy: dy,
).forms(
    broadcast=("broadcast_add", "broadcast_plus"),
    elemwise=("elemwise_add", "_plus", "_Plus", "_add", "_grad_add"),
    scalar=("_plus_scalar", "_PlusScalar"),
)

Arithmetic(
    "subtract",
    f"`lhs - rhs`, element by element.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy: dy,
    rhs_rule=lambda F, dy: -dy,
).forms(
    broadcast=("broadcast_sub", "broadcast_minus"),
    elemwise=("elemwise_sub", "_minus", "_Minus", "_sub"),
    scalar=("_minus_scalar", "_MinusScalar"),
    rscalar=("_rminus_scalar", "_RMinusScalar"),
)

Arithmetic(
    "multiply",
    f"`lhs * rhs`, element by element.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy, rhs: dy * rhs,
    rhs_rule=lambda F, dy, lhs: dy * lhs,
).forms(
    broadcast=("broadcast_mul",),
    elemwise=("elemwise_mul", "_mul", "_Mul"),
    scalar=("_mul_scalar", "_MulScalar", "_contrib_backward_gradientmultiplier"),
)

Arithmetic(
    _divide,
    f"`lhs / rhs`, element by element.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy, rhs: dy / rhs,
    rhs_rule=lambda F, dy, lhs, rhs: -dy * lhs / (rhs * rhs),
    value=np.true_divide,
).forms(
    broadcast=("broadcast_div",),
    elemwise=("elemwise_div", "_div", "_Div"),
    scalar=("_div_scalar", "_DivScalar"),
    rscalar=("_rdiv_scalar", "_RDivScalar"),
)

Arithmetic(
    _mod,
    "The remainder of `lhs / rhs`, with the sign of `rhs`; 0 where `rhs` is 0.  " + ELEMENTWISE,
    lhs_rule=lambda F, dy: dy,
    rhs_rule=lambda F, dy, lhs, rhs: -dy * F.floor(lhs / rhs),
    value=np.mod,
    domain=(1.05, 1.45),
).forms(
    broadcast=("broadcast_mod",),
    elemwise=("_mod", "_Mod"),
    scalar=("_mod_scalar", "_ModScalar"),
    rscalar=("_rmod_scalar", "_RModScalar"),
)

Arithmetic(
    _power,
    f"`lhs` to the power `rhs`, element by element.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy, lhs, rhs: dy * rhs * lhs ** (rhs - 1),
    rhs_rule=lambda F, dy, lhs, out: dy * out * _log(F, lhs),
    value=np.power,
).forms(
    broadcast=("broadcast_power",),
    elemwise=("_power", "_Power"),
    scalar=("_power_scalar", "_PowerScalar"),
    rscalar=("_rpower_scalar", "_RPowerScalar"),
)

Arithmetic(
    "maximum",
    f"The larger of the two, element by element; equal ones count as `lhs`.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy, lhs, rhs: dy * (lhs >= rhs),
    rhs_rule=lambda F, dy, lhs, rhs: dy * (lhs < rhs),
).forms(
    broadcast=("broadcast_maximum",),
    elemwise=("_maximum", "_Maximum"),
    scalar=("_maximum_scalar", "_MaximumScalar"),
)

Arithmetic(
    "minimum",
    f"The smaller of the two, element by element; equal ones count as `lhs`.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy, lhs, rhs: dy * (lhs <= rhs),
    rhs_rule=lambda F, dy, lhs, rhs: dy * (lhs > rhs),
).forms(
    broadcast=("broadcast_minimum",),
    elemwise=("_minimum", "_Minimum"),
    scalar=("_minimum_scalar", "_MinimumScalar"),
)

Arithmetic(
    _hypot,
    f"The length of the hypotenuse, `sqrt(lhs^2 + rhs^2)`.  {ELEMENTWISE}",
    lhs_rule=lambda F, dy, lhs, out: dy * lhs / out,
    rhs_rule=lambda F, dy, rhs, out: dy * rhs / out,
    value=np.hypot,
).forms(
    broadcast=("broadcast_hypot",),
    elemwise=("_hypot", "_Hypot"),
    scalar=("_hypot_scalar", "_HypotScalar"),
)
