"""Reading and writing at positions along several axes: `gather_nd`, `scatter_nd`."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .indexing import STEPS, WHOLE, checked, scattered_sum
from .shape import copied, result_cost


def _nd_places(k, shape, indices):
    """Row numbers named by `indices` of shape `(m, ...)`: positions along the first m axes."""
    total = None
    for row, length in zip(indices.astype("int64"), shape, strict=False):
        if row.size and row.view("uint64").max() >= length:  # -1 is large without a sign
            row = k.xp.remainder(checked(row, -length, length), length)
        total = row if total is None else total * length + row
    return total


def _rows(shape, indices):
    """Number and size of what `indices` names: the axes it speaks about, and the rest."""
    spoken = indices[0]
    return shapes.size(shape[:spoken]), shapes.size(shape[spoken:])


def _gathered_shape(data, indices):
    if not indices or not 1 <= indices[0] <= len(data):
        raise ShapeError(
            f"indices of shape {shapes.text(indices)} for data of shape {shapes.text(data)}",
            rule="the first axis has a row for each axis that is spoken about, from one to all",
        )
    return (*indices[1:], *data[indices[0] :]) or (1,)


@operator(
    "gather_nd",
    aliases=("_npi_gather_nd", "_npx_gather_nd"),
    type=rules.first_type,
    cost=result_cost,
)
def gather_nd(k, _p, data, indices):
    """Elements or slices at positions along several axes.

    `out[i] = data[indices[0, i], indices[1, i], ...]`: `indices` of shape `(m, ...)` speaks about
    the first `m` axes; negative positions count from the end.

    Errors: IndexingError for positions outside.  Source: MXNet 1.6, `mx.nd.gather_nd`.
    """
    rows = data.reshape(_rows(data.shape, indices.shape))
    found = rows.take(_nd_places(k, data.shape, indices), axis=0)
    return found.reshape(_gathered_shape(data.shape, indices.shape))


gather_nd.shapes(forward(lambda p, data, indices: _gathered_shape(data, indices)))


@gather_nd.gradient("data")
def _(F, p, dy, indices, data_shape):
    return F._backward_gather_nd(dy, indices, shape=data_shape)


@operator("_backward_gather_nd", WHOLE, type=rules.first_type)
def backward_gather_nd(k, p, part, indices):
    """Zeros of `shape` to which elements or slices are added at positions along several axes."""
    inner = _rows(p.shape, indices.shape)[1]
    rows = _nd_places(k, p.shape, indices).reshape(-1, 1)
    return scattered_sum(k, p.shape, rows * inner + k.xp.arange(inner), part)


@operator(
    "scatter_nd",
    Shape("shape", doc="Shape of the result."),
    type=rules.first_type,
    cost=result_cost,
)
def scatter_nd(k, p, data, indices):
    """Zeros of `shape` with elements or slices written at positions along several axes.

    Where a position comes twice one of the two values stays.  Errors: IndexingError for positions
    outside.  Source: MXNet 1.6, `mx.nd.scatter_nd`.
    """
    count, inner = _rows(p.shape, indices.shape)
    rows = k.xp.zeros((count, inner) if inner > 1 else count, data.dtype)
    values = data.reshape(-1, *rows.shape[1:])
    rows[_nd_places(k, p.shape, indices).reshape(-1)] = values
    return rows.reshape(p.shape)


def _scattered_shape(p, data, indices):
    needed = _gathered_shape(p.shape, indices)
    if shapes.size(data) != shapes.size(needed):
        raise ShapeError(
            f"data of shape {shapes.text(data)} does not fit",
            rule=f"{shapes.text(needed)}: a value for each position",
        )
    return p.shape


backward_gather_nd.shapes(forward(_scattered_shape))
scatter_nd.shapes(forward(_scattered_shape))


@backward_gather_nd.gradient("part")
@scatter_nd.gradient("data")
def _(F, p, dy, indices):
    return F.gather_nd(dy, indices)


PLACES = np.array([[0, 1, 0], [2, 0, 2]])
gather_nd.example((2, 3), PLACES).gives(lambda x, i: x[tuple(PLACES)])
gather_nd.example((2, 3), [[1, 0]]).gives(lambda x, i: x[[1, 0]])
backward_gather_nd.example((3,), PLACES, shape=(2, 3)).gives(
    lambda x, i: np.array([[0, 0, x[0] + x[2]], [x[1], 0, 0]])
)
scatter_nd.example((2, 3), [[2, 0]], shape=(4, 3)).gives(
    lambda x, i: np.stack([x[1], np.zeros(3), x[0], np.zeros(3)])
)


@operator("_scatter_set_nd", WHOLE, cost=result_cost)
def scatter_set_nd(k, p, lhs, rhs, indices, *, out=None):
    """A copy of `lhs` with elements or slices replaced at positions along several axes.

    `lhs` has the shape `shape`; `out[indices[0, i], indices[1, i], ...] = rhs[i]`.  With `out=lhs`
    the array itself is changed.  Errors: IndexingError for positions outside.
    Source: MXNet 1.6, `_scatter_set_nd`, which `x[i, j] = y` uses.
    """
    result = copied(k, lhs, out)
    rows = result.reshape(_rows(p.shape, indices.shape))
    rows[_nd_places(k, p.shape, indices).reshape(-1)] = rhs.reshape(-1, rows.shape[1])
    return result


@scatter_set_nd.shapes
@forward
def _(p, lhs, rhs, indices):
    if lhs != p.shape:
        raise ShapeError(f"lhs has the shape {shapes.text(lhs)}", rule=f"shape={p.shape}")
    return _scattered_shape(p, rhs, indices)


@scatter_set_nd.types
def _(p, lhs, rhs, indices):
    (lhs, rhs), out = rules.same_type(p, lhs, rhs)
    return [lhs, rhs, indices], out


scatter_set_nd.example((2, 3), (2,), [[0, 1], [2, 0]], shape=(2, 3)).gives(
    lambda x, y, i: np.array([[*x[0, :2], y[0]], [y[1], *x[1, 1:]]])
).not_smooth(STEPS)
scatter_set_nd.example((3, 2), (1, 2), [[1]], shape=(3, 2)).gives(
    lambda x, y, i: np.stack([x[0], y[0], x[2]])
).not_smooth(STEPS)
