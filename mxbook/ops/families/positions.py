"""Positions as one number and as one number for each axis, and back."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops.params import Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

SHAPE = Shape("shape", (), doc="Shape of the array that the positions are in.")
STEPS = "positions are not smooth"


def _axes(p):
    """How many axes the positions speak about."""
    if not p.shape:
        raise ShapeError("no shape is given", rule="the shape of the array the positions are in")
    return len(p.shape)


@operator("_ravel_multi_index", SHAPE, aliases=("ravel_multi_index",), zero_gradient=True)
def ravel_multi_index(k, p, data):
    """Positions along several axes as places in the array's memory, counted row by row.

    `(m, n)`, one row for each axis of `shape`, gives `(n,)`: `out[j] = data[0, j] * shape[1] +
    data[1, j]` for two axes.  Fractions are cut off; positions outside are not noticed, and the
    first length, which may be -1, does not count.

    Errors: ShapeError unless there is a row for each axis.
    Source: MXNet 1.6, `mx.nd.ravel_multi_index`.
    """
    place: Any = 0
    for row, length in zip(data, p.shape, strict=True):  # as in MXNet, sums are rounded to the type
        place = (place * length + row).astype(data.dtype).astype("int64")
    return place.astype(data.dtype)


@ravel_multi_index.shapes
@forward
def _(p, data):
    if len(data) != 2 or data[0] != _axes(p):
        raise ShapeError(
            f"positions of shape {shapes.text(data)} in an array of shape {shapes.text(p.shape)}",
            rule="a row for each axis, a column for each position",
        )
    return data[1:]


@operator("_unravel_index", SHAPE, aliases=("unravel_index",), zero_gradient=True)
def unravel_index(k, p, data):
    """Places in an array's memory as positions along its axes; the reverse of `ravel_multi_index`.

    `(n,)` gives `(m, n)`, one row for each axis of `shape`.  Fractions are cut off; places outside
    are not noticed, and the first length, which may be -1, does not count.

    Errors: ShapeError for places that are not in a vector.
    Source: MXNet 1.6, `mx.nd.unravel_index`.
    """
    rows, place = [], data.astype("int64")
    for length in p.shape[:0:-1]:
        row = k.xp.fmod(place, length)
        rows.append(row)
        place = (place - row) // length
    return k.xp.stack([place, *reversed(rows)]).astype(data.dtype)


@unravel_index.shapes
@forward
def _(p, data):
    if len(data) != 1:
        raise ShapeError(
            f"places of shape {shapes.text(data)}", rule="a vector", hint="x.reshape((-1,))"
        )
    return (_axes(p), *data)


ravel_multi_index.example([[3, 6, 6], [4, 5, 1]], shape=(7, 6)).gives(
    lambda x: np.array([22, 41, 37])
).not_smooth(STEPS)
ravel_multi_index.example([[1], [2], [3]], shape=(-1, 3, 4)).gives(
    lambda x: np.array([23])
).not_smooth(STEPS)
unravel_index.example([22, 41, 37], shape=(7, 6)).gives(
    lambda x: np.array([[3, 6, 6], [4, 5, 1]])
).not_smooth(STEPS)
unravel_index.example([23, -1], shape=(-1, 3, 4)).gives(
    lambda x: np.array([[1, 0], [2, 0], [3, -1]])
).not_smooth(STEPS)
