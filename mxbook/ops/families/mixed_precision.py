"""Mixed precision: types brought together, and the check that no number has overflowed."""

import numpy as np

from mxbook.base.dtypes import DEFAULT, TYPES
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, Count, Enum
from mxbook.ops.registry import operator

HALF = TYPES["float16"]
CASTABLE = (HALF, DEFAULT)  # all other types stay as they are


def _cast(k, data, dtype, out=None):
    """A copy of the data in another element type."""
    if out is None:
        return data.astype(dtype)
    k.xp.copyto(out, data, casting="unsafe")
    return out


@operator(
    "amp_cast",
    Enum(
        "dtype",
        ("float16", "float32", "float64", "int32", "int64", "int8", "uint8"),
        doc="The element type to convert to.",
    ),
    shape=rules.same_shape,
)
def amp_cast(k, p, data, *, out=None):
    """The data in another element type, if it is float16 or float32; other types are left alone.

    Source: MXNet 1.6, `mx.nd.amp_cast`; Micikevicius et al., Mixed Precision Training, 2018.
    """
    return _cast(k, data, p.dtype if data.dtype in CASTABLE else data.dtype, out)


@amp_cast.types
def _(p, data):
    return [data], [TYPES[p.dtype] if data in CASTABLE else data]


@amp_cast.gradient("data")
def _(F, _p, dy, data_dtype):
    return F.Cast(dy, dtype=data_dtype)


@operator(
    "amp_multicast",
    Count("num_outputs", doc="How many arrays."),
    Bool("cast_narrow", False, doc="Convert to the narrowest type in place of the widest."),
    variadic="num_outputs",
    counts=False,
    outputs=lambda p: [f"output{i}" for i in range(p.num_outputs if p else 1)],
)
def amp_multicast(k, p, *data, outs=None):
    """Arrays brought to one element type: float32 if there is one of that type, else float16.

    With `cast_narrow`, float16 if there is one of that type.  Arrays of other types than these two
    are left alone.  Shapes may differ.  Source: MXNet 1.6, `mx.nd.amp_multicast`.
    """
    outs = outs or [None] * len(data)
    dtypes = _common_types(p, *[d.dtype for d in data])[1]
    return [_cast(k, *each) for each in zip(data, dtypes, outs, strict=True)]


@amp_multicast.shapes
def _(_p, *ins):
    return list(ins), list(ins)


@amp_multicast.types
def _common_types(p, *ins):
    if any(d is None for d in ins):  # not `in`: to NumPy, dtype("float64") equals None
        return list(ins), [None if d is None or d in CASTABLE else d for d in ins]
    common, other = (HALF, DEFAULT) if p.cast_narrow else (DEFAULT, HALF)
    if common not in ins:
        common = other
    return list(ins), [common if d in CASTABLE else d for d in ins]


@amp_multicast.gradient
def _(F, _p, dys, data_dtype):
    return [
        dy if dy is None else F.Cast(dy, dtype=dtype)
        for dy, dtype in zip(dys, data_dtype, strict=True)
    ]


INIT = Bool(
    "init_output",
    True,
    doc="Start with 1; otherwise with what is in `out`, to go on from an earlier check.",
)


def _all_finite(k, p, arrays, out):
    """1 where all numbers of all arrays are finite in float32, else 0."""
    xp = k.xp
    finite = xp.ones((), bool)
    for array in arrays:
        finite = finite & xp.isfinite(array.astype(DEFAULT, copy=False)).all()
    if out is None:
        return finite.astype(DEFAULT).reshape(1)
    out[...] = finite if p.init_output else xp.where(finite, out, 0)
    return out


def _finite_types(p, *ins):
    full, _ = rules.float_type(p, *ins)
    return full, [DEFAULT]


@operator("all_finite", INIT, type=_finite_types, in_place=True, zero_gradient=True)
def all_finite(k, p, data, *, out=None):
    """Whether all numbers are finite: `[1]`, or `[0]` where one is NaN or infinite.

    Numbers beyond the range of float32 count as infinite.  With `init_output=False` an `out` that
    is 0 stays 0.  Source: MXNet 1.6, `mx.nd.all_finite`.
    """
    return _all_finite(k, p, [data], out)


@all_finite.shapes
def _(_p, data):
    return [data], [(1,)]


@operator(
    "multi_all_finite",
    Count("num_arrays", 1, doc="How many arrays."),
    INIT,
    variadic="num_arrays",
    counts=False,
    type=_finite_types,
    in_place=True,
    zero_gradient=True,
)
def multi_all_finite(k, p, *data, out=None):
    """`all_finite` of several arrays of one element type: one answer for all.

    Source: MXNet 1.6, `mx.nd.multi_all_finite`.
    """
    return _all_finite(k, p, data, out)


@multi_all_finite.shapes
def _(_p, *ins):
    return list(ins), [(1,)]


WHY = "a yes or no"
_HALF = In((2, 3), dtype="float16")
amp_cast.example([0.5, -1, 2], dtype="float16").gives(lambda x: x)
amp_cast.example(_HALF, dtype="float32").gives(lambda x: x)
amp_cast.example((2, 3), dtype="float64").gives(lambda x: x)
amp_cast.example(In((2, 3), -5, 5, "int32"), dtype="float16").gives(lambda x: x)
amp_multicast.example(_HALF, (4,), num_outputs=2).gives(lambda *a: a)
amp_multicast.example(_HALF, (4,), num_outputs=2, cast_narrow=True).gives(lambda *a: a)
amp_multicast.example((3,), In((2,), dtype="float64"), num_outputs=2).gives(lambda *a: a)
all_finite.example((2, 3)).gives(lambda x: np.ones(1)).not_smooth(WHY)
all_finite.example([1, np.inf]).gives(lambda x: np.zeros(1)).not_smooth(WHY)
multi_all_finite.example((2, 3), [1, np.nan], num_arrays=2).gives(
    lambda *a: np.zeros(1)
).not_smooth(WHY)
