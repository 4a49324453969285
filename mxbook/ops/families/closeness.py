"""Whether two arrays are equal but for small errors."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.ops import rules
from mxbook.ops.params import Bool, Float
from mxbook.ops.registry import operator


@operator(
    "_contrib_allclose",
    Float("rtol", 1e-5, doc="Relative tolerance: this part of `b`."),
    Float("atol", 1e-8, doc="Absolute tolerance."),
    Bool("equal_nan", True, doc="Whether two NaN are close."),
)
def allclose(k, p, a, b):
    """1 where all elements of two arrays are close, otherwise 0.

    Close are `|a - b| <= atol + rtol |b|`, infinities of the same sign, anything to an infinite
    `b`, and two NaN if `equal_nan`.

    a, b    the same shape
    output  uint8, without axes

    Errors: ShapeError where the shapes differ.  Source: MXNet 1.6, `mx.nd.contrib.allclose`.
    """
    xp = k.xp
    a, b = a.astype("float64"), b.astype("float64")
    # So written that inf - inf is not far.
    close = ~(xp.abs(a - b) > p.atol + p.rtol * xp.abs(b))
    missing = xp.isnan(a), xp.isnan(b)
    close &= ~(missing[0] | missing[1])
    if p.equal_nan:
        close |= missing[0] & missing[1]
    return xp.asarray(close.all(), dtype="uint8")


@allclose.shapes
def _(p, a, b):
    common = shapes.unify(a, b)
    return [common, common], [() if shapes.known(common) else None]


@allclose.types
def _(p, a, b):
    ins, _ = rules.same_type(p, a, b)
    return ins, [TYPES["uint8"]]


for _values in ([1.0, np.nan, 3.0], [1.0, np.nan, 3.00001], [1.0, 2.0, 3.0]):
    for _options in ({}, {"equal_nan": False}, {"rtol": 1e-7, "atol": 0}):
        allclose.example([1.0, np.nan, 3.0], _values, **_options).gives(
            lambda a, b, o=_options: np.array(np.allclose(a, b, **{"equal_nan": True, **o}))
        )
