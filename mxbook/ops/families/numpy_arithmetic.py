"""Two-sided functions of `mx.np` where they differ from those of `mx.nd`.

`add`, `subtract`, `multiply` and `true_divide` take different element types where one of the two
has fractions: it (the wider one of two) is that of the result.  `true_divide` of whole numbers
gives float32.  All other functions want equal types, as in MXNet 1.6.
"""

import math
from typing import Any

import numpy as np

from mxbook.base.dtypes import DEFAULT, FLOATS, TYPES
from mxbook.base.errors import DTypeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Float, Int
from mxbook.ops.registry import operator, operators
from mxbook.ops.tables import Arithmetic, as_scalar, sum_to

BOOL = TYPES["bool"]
STRETCHED = "Axes of length 1 are stretched."


def promoted(lhs: np.dtype, rhs: np.dtype) -> np.dtype:
    """The type of a result of two types: the wider one of those with fractions.

    Raises DTypeError for two types of whole numbers that differ.
    """
    floats = [t for t in (lhs, rhs) if t in FLOATS]
    if not floats and lhs != rhs:
        raise DTypeError(
            f"element types {lhs} and {rhs} do not go together",
            rule="equal types, or at least one with fractions",
            hint="convert one of them with astype",
        )
    return max(floats, key=lambda t: t.itemsize) if floats else lhs


def _types(p: Any, lhs: Any, rhs: Any) -> tuple[list, list]:
    if lhs is None or rhs is None:
        return [lhs, rhs], [None]
    return [lhs, rhs], [promoted(lhs, rhs)]


def _quotient_types(p: Any, lhs: Any, rhs: Any) -> tuple[list, list]:
    if lhs is None or rhs is None:
        return [lhs, rhs], [None]
    return [lhs, rhs], [_quotient_type(lhs, rhs)]


def _quotient_type(*dtypes: np.dtype) -> np.dtype:
    floats = [t for t in dtypes if t in FLOATS]
    return promoted(floats[0], floats[-1]) if floats else DEFAULT


def _in_type(F: Any, value: Any, dtype: np.dtype, wanted: np.dtype) -> Any:
    return value if dtype == wanted else F.Cast(value, dtype=wanted)


def _two_sided(name: str, ufunc: str, lhs_rule: Any, rhs_rule: Any, doc: str, types: Any) -> None:
    """Register a function of two arrays whose types may differ; the rules are `(F, dy, lhs, rhs)`
    with both sides in the type of the result."""
    divides = types is _quotient_types
    result = _quotient_type if divides else promoted

    def kernel(k, _p, lhs, rhs, *, out=None):
        dtype = result(lhs.dtype, rhs.dtype)
        lhs, rhs = lhs.astype(dtype, copy=False), rhs.astype(dtype, copy=False)
        return getattr(k.xp, ufunc)(lhs, rhs, out=out)

    fields = {"shape": rules.broadcast_shape, "bools": True, "doc": doc, "source": _two_sided}
    op = operator(f"_npi_{name}", type=types, **fields)(kernel)

    def rule_of(formula, right):
        def rule(F, _p, dy, lhs, rhs, lhs_shape, rhs_shape, out_shape, lhs_dtype, rhs_dtype):
            dtype = result(lhs_dtype, rhs_dtype)
            sides = _in_type(F, lhs, lhs_dtype, dtype), _in_type(F, rhs, rhs_dtype, dtype)
            shape, own = (rhs_shape, rhs_dtype) if right else (lhs_shape, lhs_dtype)
            found = sum_to(F, formula(F, dy, *sides), out_shape, shape)
            return _in_type(F, found, dtype, own)

        return rule

    op.gradient("lhs")(rule_of(lhs_rule, False))
    op.gradient("rhs")(rule_of(rhs_rule, True))
    value = getattr(np, ufunc)
    op.example(In((2, 1, 4), 0.5, 2), In((1, 3, 4), 0.5, 2)).gives(value)
    op.example(In((2,), 0.5, 2, "float64"), In((), 0.5, 2)).gives(value)
    op.example(In((3,), 1, 4, "int32"), In((3,), 0.5, 2)).gives(value).not_smooth("whole numbers")


_two_sided(
    "add",
    "add",
    lambda F, dy, lhs, rhs: dy,
    lambda F, dy, lhs, rhs: dy,
    f"`lhs + rhs`, element by element.  {STRETCHED}",
    _types,
)
_two_sided(
    "subtract",
    "subtract",
    lambda F, dy, lhs, rhs: dy,
    lambda F, dy, lhs, rhs: -dy,
    f"`lhs - rhs`, element by element.  {STRETCHED}",
    _types,
)
_two_sided(
    "multiply",
    "multiply",
    lambda F, dy, lhs, rhs: dy * rhs,
    lambda F, dy, lhs, rhs: dy * lhs,
    f"`lhs * rhs`, element by element.  {STRETCHED}",
    _types,
)
_two_sided(
    "true_divide",
    "true_divide",
    lambda F, dy, lhs, rhs: dy / rhs,
    lambda F, dy, lhs, rhs: -dy * lhs / (rhs * rhs),
    f"`lhs / rhs`, element by element; of whole numbers float32.  {STRETCHED}",
    _quotient_types,
)

SCALAR = Float("scalar", doc="The number on the other side.")
QUOTIENT = {
    "shape": rules.same_shape,
    "type": lambda p, dtype: ([dtype], [dtype and _quotient_type(dtype)]),
    "bools": True,
}


@operator("_npi_true_divide_scalar", SCALAR, **QUOTIENT)
def true_divide_scalar(k, p, data, *, out=None):
    """`data / scalar`; of whole numbers float32."""
    return k.xp.true_divide(data, p.scalar, out=out, dtype=_quotient_type(data.dtype))


@operator("_npi_rtrue_divide_scalar", SCALAR, **QUOTIENT)
def rtrue_divide_scalar(k, p, data, *, out=None):
    """`scalar / data`; of whole numbers float32."""
    return k.xp.true_divide(p.scalar, data, out=out, dtype=_quotient_type(data.dtype))


@true_divide_scalar.gradient("data")
def _(F, p, dy, data_dtype):
    return _in_type(F, dy / p.scalar, _quotient_type(data_dtype), data_dtype)


@rtrue_divide_scalar.gradient("data")
def _(F, p, dy, data, data_dtype):
    dtype = _quotient_type(data_dtype)
    data = _in_type(F, data, data_dtype, dtype)
    return _in_type(F, -dy * p.scalar / (data * data), dtype, data_dtype)


true_divide_scalar.example((2, 3), scalar=1.5).gives(lambda x: x / 1.5)
true_divide_scalar.example([1, 2, 4], scalar=2.0).gives(lambda x: x / 2)
rtrue_divide_scalar.example(In((2, 3), 0.5, 2), scalar=1.5).gives(lambda x: 1.5 / x)


def _whole_result(function: str) -> Any:
    """A function of numbers with fractions whose result takes the type of the array."""

    def compute(xp, lhs, rhs, out):
        dtype = getattr(lhs, "dtype", None) or rhs.dtype
        if dtype in FLOATS:
            return getattr(xp, function)(lhs, rhs, out=out)
        return getattr(xp, function)(lhs, rhs, dtype="float64").astype(dtype)

    return compute


FRACTIONS: dict[str, Any] = {"type": rules.float_type}
Arithmetic(
    _whole_result("arctan2"),
    f"The angle of the point `(rhs, lhs)`, from -pi to pi.  {STRETCHED}",
    lhs_rule=lambda F, dy, lhs, rhs: dy * rhs / (lhs * lhs + rhs * rhs),
    rhs_rule=lambda F, dy, lhs, rhs: -dy * lhs / (lhs * lhs + rhs * rhs),
    value=np.arctan2,
    **FRACTIONS,
).forms(broadcast=("_npi_arctan2",))
Arithmetic(
    _whole_result("arctan2"),
    "The angle of the point given by an array and a number.",
    lhs_rule=lambda F, dy, lhs, rhs: dy * rhs / (lhs * lhs + rhs * rhs),
    # Not the derivative, whose numerator is `lhs`: MXNet 1.6 takes the array for the number.
    rhs_rule=lambda F, dy, lhs, rhs: -dy * rhs / (lhs * lhs + rhs * rhs),
    value=np.arctan2,
).forms(scalar=("_npi_arctan2_scalar",), rscalar=("_npi_rarctan2_scalar",))
operators["_npi_rarctan2_scalar"].examples[-1].why = "MXNet's gradient is another one"
Arithmetic(
    _whole_result("hypot"),
    f"The length of the hypotenuse, `sqrt(lhs^2 + rhs^2)`.  {STRETCHED}",
    lhs_rule=lambda F, dy, lhs, out: dy * lhs / out,
    rhs_rule=lambda F, dy, rhs, out: dy * rhs / out,
    value=np.hypot,
    **FRACTIONS,
).forms(broadcast=("_npi_hypot",))


def _sign_of(F: Any, x: Any) -> Any:
    """-1 for numbers below 0, else 1, for an array or a number."""
    return (x >= 0) * 2 - 1 if hasattr(x, "shape") else math.copysign(1, x)


COPYSIGN: dict[str, Any] = {
    "lhs_rule": lambda F, dy, lhs, rhs: dy * _sign_of(F, lhs) * _sign_of(F, rhs),
    "rhs_rule": lambda F, dy: dy * 0,
    "value": np.copysign,
}
Arithmetic(
    _whole_result("copysign"),
    f"The size of `lhs` with the sign of `rhs`.  {STRETCHED}",
    **COPYSIGN,
    **FRACTIONS,
).forms(broadcast=("_npi_copysign",))
Arithmetic(
    _whole_result("copysign"), "Size and sign from an array and a number.", **COPYSIGN
).forms(scalar=("_npi_copysign_scalar",), rscalar=("_npi_rcopysign_scalar",))


def _ldexp(xp, lhs, rhs, _out):
    dtype = getattr(lhs, "dtype", None) or rhs.dtype
    factor = xp.power(2.0, rhs, dtype=dtype if dtype in FLOATS else "float64")
    return (lhs * factor).astype(dtype)


def _two_to(F: Any, x: Any) -> Any:
    return 2.0**x


Arithmetic(
    _ldexp,
    f"`lhs * 2^rhs`, element by element.  {STRETCHED}",
    lhs_rule=lambda F, dy, rhs: dy * _two_to(F, rhs),
    rhs_rule=lambda F, dy, out: dy * out * math.log(2),
    value=lambda a, b: a * 2.0**b,
).forms(broadcast=("_npi_ldexp",), scalar=("_npi_ldexp_scalar",), rscalar=("_npi_rldexp_scalar",))

WHOLE = Int("scalar", doc="The number on the other side.")


def whole_type(p: Any, *ins: Any) -> tuple[list, list]:
    """`same_type`, and the type must be one of whole numbers."""
    dtypes, outs = rules.same_type(p, *ins)
    if outs[0] in FLOATS:
        raise DTypeError(f"{outs[0]} has fractions", rule="a type of whole numbers")
    return dtypes, outs


def _on_bits(name: str, ufunc: str, doc: str, bools: bool) -> None:
    """Register a function of whole numbers: of two arrays, and of an array and a number."""

    def kernel(k, _p, lhs, rhs):
        return getattr(k.xp, ufunc)(lhs, rhs)

    def with_number(k, p, data):
        number = bool(p.scalar) if data.dtype == BOOL else as_scalar(p.scalar, data.dtype)
        return getattr(k.xp, ufunc)(data, data.dtype.type(number)).astype(data.dtype)

    fields = {"type": whole_type, "zero_gradient": True, "source": _on_bits, "bools": bools}
    op = operator(f"_npi_{name}", shape=rules.broadcast_shape, doc=doc, **fields)(kernel)
    value = getattr(np, ufunc)
    lhs, rhs = In((2, 3), 0, 9, "int32"), In((3,), 1, 9, "int32")
    op.example(lhs, rhs).gives(lambda a, b: value(a.astype(int), b.astype(int)))
    op.examples[-1].why = "whole numbers"
    doc = f"{doc}  One side is a number."
    op = operator(f"_npi_{name}_scalar", WHOLE, shape=rules.same_shape, doc=doc, **fields)(
        with_number
    )
    op.example(lhs, scalar=6).gives(lambda a: value(a.astype(int), 6)).not_smooth("whole numbers")


_on_bits("bitwise_xor", "bitwise_xor", "The bits that are set on exactly one side.", True)
_on_bits("lcm", "lcm", "The smallest number that both divide.", False)


def _compare(name: str) -> None:
    """Register a comparison, whose results are True and False."""

    def kernel(k, _p, lhs, rhs, *, out=None):
        return getattr(k.xp, name)(lhs, rhs, out=out)

    def with_number(k, p, data, *, out=None):
        number = p.scalar if data.dtype == BOOL else as_scalar(p.scalar, data.dtype)
        return getattr(k.xp, name)(data, number, out=out)

    def types(p, *ins):
        return rules.same_type(p, *ins)[0], [BOOL]

    doc = f"Whether `lhs` is {name.replace('_', ' ')} `rhs`, element by element, as True or False."
    fields = {"type": types, "zero_gradient": True, "source": _compare, "bools": True}
    value = getattr(np, name)
    op = operator(f"_npi_{name}", shape=rules.broadcast_shape, doc=doc, **fields)(kernel)
    op.example([[1.0, 2.0], [3.0, 0.0]], [1.0, 3.0]).gives(value).not_smooth("a step function")
    op = operator(f"_npi_{name}_scalar", SCALAR, shape=rules.same_shape, doc=doc, **fields)(
        with_number
    )
    op.example([[1.0, 2.0], [3.0, 0.0]], scalar=2.0).gives(lambda x: value(x, 2)).not_smooth(
        "a step function"
    )


for comparison in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
    _compare(comparison)


@operator(
    "_npi_logical_not",
    shape=rules.same_shape,
    type=lambda p, dtype: ([dtype], [BOOL]),
    bools=True,
    zero_gradient=True,
)
def logical_not(k, _p, x, *, out=None):
    """Whether each element is 0."""
    return k.xp.logical_not(x, out=out)


logical_not.example([[1.0, 0.0], [0.0, 2.0]]).gives(np.logical_not).not_smooth("a step function")


def _around(k, p, x):
    """Rounded to a number of decimals; halves away from zero, as MXNet does."""
    xp = k.xp
    if x.dtype not in FLOATS:
        return x.copy()
    scale = 10.0**p.decimals
    whole = xp.trunc(x * scale)
    away = xp.where(xp.abs(x * scale - whole) >= 0.5, whole + xp.copysign(1, x), whole)
    return (away / scale).astype(x.dtype)


around = operator(
    "_npi_around",
    Int("decimals", 0, doc="How many decimals are kept; below 0 zeros in front of the point."),
    shape=rules.same_shape,
    zero_gradient=True,
)(_around)
around.example([[1.26, -2.34], [0.71, 2.0]], decimals=1).gives(lambda x: np.round(x, 1)).not_smooth(
    "a step function"
)
