"""Evenly spaced numbers; and what MXNet's first programs filled arrays with."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import NAMES, TYPES
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops.params import Bool, Int, Real
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .creation import CREATION, CTX, DTYPE, SHAPE, convert


@operator(
    "_linspace",
    Real("start", doc="First number."),
    Real("stop", doc="Last number, or where it would follow."),
    Int("num", low=0, doc="How many numbers."),
    Bool("endpoint", True, doc="Whether `stop` is the last number; else it would come next."),
    CTX,
    DTYPE,
    shape=lambda p: ([], [(p.num,)]),
    **CREATION,
)
def linspace(k, p):
    """`num` evenly spaced numbers from `start` to `stop`; of whole ones fractions are cut off."""
    values = np.linspace(p.start, p.stop, p.num, p.endpoint)
    return k.to_device(convert(np, values, p.dtype))


linspace.example(start=1, stop=3, num=5).gives(lambda: np.linspace(1, 3, 5))
linspace.example(start=0, stop=-1, num=4, endpoint=False, dtype="float64").gives(
    lambda: np.array([0, -0.25, -0.5, -0.75])
)


def _type_code(p: Any) -> np.dtype:
    """The element type of MXNet's number; float32 for -1, which leaves it open."""
    if p.dtype != -1 and p.dtype not in NAMES:
        raise ParameterError(
            f"dtype={p.dtype} is no element type", rule="-1, or one of " + str(NAMES)
        )
    return TYPES[NAMES.get(p.dtype, "float32")]


@operator(
    "_zeros_without_dtype",
    SHAPE,
    CTX,
    Int("dtype", -1, doc="MXNet's number of the element type; float32 when -1."),
    shape=lambda p: ([], [p.shape]),
    type=lambda p: ([], [_type_code(p)]),
)
def zeros_without_dtype(k, p):
    """An array of zeros whose element type may be left open."""
    return k.xp.zeros(p.shape, _type_code(p))


zeros_without_dtype.example(shape=(2, 3)).gives(lambda: np.zeros((2, 3)))
zeros_without_dtype.example(shape=(2,), dtype=1).gives(lambda: np.zeros(2))


def _one_for_each_row(matrix, *vectors):
    if len(matrix) != 2 or any(v != matrix[:1] for v in vectors):
        raise ShapeError(
            f"{' and '.join(map(shapes.text, vectors))} beside {shapes.text(matrix)}",
            rule="a matrix, and one number for each row",
        )
    return matrix


def _at(k, positions, matrix):
    """Where each row's position is, as a mask; positions outside are nowhere."""
    return positions.astype("int64")[:, None] == k.xp.arange(matrix.shape[1])


@operator("fill_element_0index", shape=forward(lambda p, *ins: _one_for_each_row(*ins)))
def fill_element(k, _p, lhs, mhs, rhs):
    """A copy of a matrix with one element of each row replaced: `out[i, rhs[i]] = mhs[i]`.

    `lhs` has the shape `(n, c)`, `mhs` (the values) and `rhs` (the positions) `(n,)`.  Positions
    outside replace nothing.  Errors: ShapeError for other shapes.
    Source: MXNet 1.6, `mx.nd.fill_element_0index`.
    """
    return k.xp.where(_at(k, rhs, lhs), mhs[:, None], lhs)


@operator("_onehot_encode", shape=forward(lambda p, lhs, rhs: _one_for_each_row(rhs, lhs)))
def onehot_encode(k, _p, lhs, rhs):
    """Rows of zeros with a one at each position: `out[i, lhs[i]] = 1`, in the shape of `rhs`.

    `lhs` has the shape `(n,)`, `rhs`, whose values are not used, `(n, c)`.  Old name of `one_hot`.
    Positions outside give rows of zeros.  Errors: ShapeError for other shapes.
    Source: MXNet 1.6, `mx.nd.onehot_encode`.
    """
    return _at(k, lhs, rhs).astype(rhs.dtype)


STEPS = "positions are not smooth"
fill_element.example((3, 4), (3,), [0, 3, 4]).gives(
    lambda a, v, i: np.array([[v[0], *a[0, 1:]], [*a[1, :3], v[1]], a[2]])
).not_smooth(STEPS)
onehot_encode.example([2, -1, 1], (3, 3)).gives(
    lambda i, a: np.array([[0, 0, 1], [0, 0, 0], [0, 1, 0]])
).not_smooth(STEPS)
