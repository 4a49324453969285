"""Changes of format, and the operators that exist for sparse arrays only."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.base.sparse import SparseParts
from mxbook.ops import rules, sparse
from mxbook.ops.families.indexing import checked
from mxbook.ops.families.reduce import reduced_shape
from mxbook.ops.params import Bool, Enum, Int, Shape
from mxbook.ops.registry import operator, operators
from mxbook.ops.rules import forward


@operator(
    "cast_storage",
    Enum("stype", ("csr", "default", "row_sparse"), doc="Storage type of the result."),
    shape=rules.same_shape,
    aliases=("_sparse_cast_storage",),
    bools=True,
)
def cast_storage(_k, _p, data):
    """The same values in another storage type.

    Source: MXNet 1.6, `mx.nd.cast_storage`.
    """
    return data.copy()


@cast_storage.sparse(match=lambda p, found: (p.stype,) if (p.stype, "default") != found else None)
def _(k, p, data):
    found = sparse.cast(k.xp, data, p.stype)
    return sparse.copied(found) if found is data else found


@cast_storage.gradient("data")
def _(F, p, dy):
    return dy


cast_storage.example((2, 3), stype="default").gives(lambda x: x)


@operator(
    "_sparse_retain",
    type=rules.first_type,
)
def retain(k, _p, data, indices):
    """The rows of a row_sparse array with the given numbers; all others become zero.

    Numbers of rows that are not stored give rows of zeros.  Errors: IndexingError for others.

    Source: MXNet 1.6, `mx.nd.sparse.retain`.
    """
    kept = k.xp.zeros_like(data)
    rows = checked(indices.astype("int64"), 0, len(data))
    kept[rows] = data[rows]
    return kept


@retain.shapes
@forward
def _(p, data, indices):
    shapes.check_axes(data, 1)
    if len(indices) != 1:
        raise ShapeError(f"indices have the shape {shapes.text(indices)}", rule="one axis")
    return data


@retain.sparse("row_sparse", "default", gives="row_sparse")
def _(k, _p, data, indices):
    rows = k.xp.unique(checked(indices.astype("int64"), 0, data.shape[0]))
    return SparseParts("row_sparse", rows_at(k.xp, data, rows), rows, None, data.shape)


def rows_at(xp: Any, data: SparseParts, rows: Any) -> Any:
    """Rows of a row_sparse array by number, as a dense array."""
    if len(data.indices) == 0:
        return xp.zeros((len(rows), *data.shape[1:]), data.dtype)
    place = xp.clip(xp.searchsorted(data.indices, rows), 0, len(data.indices) - 1)
    missing = data.indices[place] != rows
    found = data.data[place]
    found[missing] = 0
    return found


@retain.gradient("data")
def _(F, p, dy, indices):
    return F._sparse_retain(dy, indices)


retain.example((4, 2), [0, 3]).gives(lambda x, i: np.stack([x[0], x[0] * 0, x[0] * 0, x[3]]))


@operator(
    "_square_sum",
    Shape("axis", None, doc="Axes to sum over; all when None."),
    Bool("keepdims", False, doc="Leave the reduced axes as axes of length 1."),
    Bool("exclude", False, doc="Reduce all axes but those in `axis`."),
    shape=forward(reduced_shape),
)
def square_sum(k, p, data):
    """The sum of squares over axes, for row_sparse arrays without making them dense.

    Over axis 1 of a row_sparse matrix, with `keepdims`, the result is row_sparse.

    Source: MXNet 1.6, `_square_sum`.
    """
    return operators["sum"].kernel(k, p, k.xp.square(data))


@square_sum.gradient("data")
def _(F, p, dy, data, data_shape):
    kept = tuple(1 if n in _axes(p, data_shape) else d for n, d in enumerate(data_shape))
    return data * 2 * F._np_broadcast_to(F._np_reshape(dy, newshape=kept), shape=data_shape)


def _axes(p, shape):
    axes = [shapes.axis_index(a, len(shape)) for a in p.axis or range(len(shape))]
    return [a for a in range(len(shape)) if (a in axes) != p.exclude]


def _rows_stay(p):
    return p.axis in ((1,), (-1,)) and not p.exclude


@square_sum.sparse(
    "row_sparse", gives="row_sparse", when=lambda p: _rows_stay(p) and bool(p.keepdims)
)
def _(k, _p, data):
    sums = k.xp.square(data.data).sum(axis=1, keepdims=True)
    return SparseParts("row_sparse", sums, data.indices, None, (data.shape[0], 1))


@square_sum.sparse("row_sparse", when=lambda p: _rows_stay(p) and not p.keepdims)
def _(k, _p, data):
    total = k.xp.zeros(data.shape[0], data.dtype)
    total[data.indices] = k.xp.square(data.data).sum(axis=1)
    return total


@square_sum.sparse("row_sparse", when=lambda p: p.axis == (0,) and not p.exclude)
def _(k, p, data):
    return k.xp.square(data.data).sum(axis=0, keepdims=bool(p.keepdims))


square_sum.example((3, 4), axis=1).gives(lambda x: (x * x).sum(1))
square_sum.example((3, 4), axis=0, keepdims=True).gives(lambda x: (x * x).sum(0, keepdims=True))


@operator(
    "_contrib_getnnz",
    Int("axis", None, low=0, high=1, doc="0: in each column, 1: in each row; None: all together."),
    type=lambda p, dtype: ([dtype], [np.dtype("int64")]),
    zero_gradient=True,
)
def getnnz(k, p, data):
    """How many values a csr matrix stores, zeros among them included: `(1,)`, or by column or row.

    Of a dense matrix, how many are not zero.  Source: MXNet 1.6, `mx.nd.contrib.getnnz`.
    """
    return k.xp.asarray((data != 0).sum(axis=p.axis, dtype="int64")).reshape(-1)


@getnnz.shapes
@forward
def _(p, data):
    if len(data) != 2:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="two axes")
    return (1,) if p.axis is None else (data[1 - p.axis],)


@getnnz.sparse("csr")
def _(k, p, data):
    if p.axis is None:
        return k.xp.asarray([len(data.data)], dtype="int64")
    if p.axis == 1:
        return k.xp.diff(data.indptr)
    return k.xp.bincount(data.indices, minlength=data.shape[1]).astype("int64")


getnnz.example([[0, 2.0, 0], [0, 1, 3]]).gives(lambda x: np.array([3]))
getnnz.example([[0, 2.0, 0], [0, 1, 3]], axis=0).gives(lambda x: np.array([0, 2, 1]))
getnnz.example([[0, 2.0, 0], [0, 1, 3]], axis=1).gives(lambda x: np.array([1, 2]))
