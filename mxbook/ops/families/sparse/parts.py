"""Slices, joins and look-ups of sparse arrays."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.sparse import SparseParts
from mxbook.ops import rules, sparse
from mxbook.ops.families.indexing import WHOLE, embedding, scattered_sum
from mxbook.ops.families.joining import concat
from mxbook.ops.families.slicing import region, slice_
from mxbook.ops.registry import operator, operators
from mxbook.ops.rules import forward
from mxbook.ops.sparse import PLACE, rows_of

from .storage import rows_at


def _plain(p: Any, found: tuple[str, ...]) -> tuple[str, ...] | None:
    """A match for a region of a csr matrix in steps of 1."""
    return ("csr",) if found == ("csr",) and set(p.step or ()) <= {None, 1} else None


@slice_.sparse(match=_plain)
def _(k, p, data):
    cuts = [range(*s.indices(n)) for s, n in zip(region(p, data.shape), data.shape, strict=False)]
    rows, columns = (*cuts, *(range(n) for n in data.shape[len(cuts) :]))
    first, last = int(data.indptr[rows.start]), int(data.indptr[max(rows.stop, rows.start)])
    part = SparseParts(
        "csr",
        data.data[first:last].copy(),
        data.indices[first:last],
        data.indptr[rows.start : rows.start + len(rows) + 1] - first,
        (len(rows), data.shape[1]),
    )
    if len(columns) == data.shape[1]:
        return part
    inside = (part.indices >= columns.start) & (part.indices < columns.stop)
    kept = rows_of(k.xp, part)[inside], part.indices[inside] - columns.start
    return sparse.from_rows(k.xp, (len(rows), len(columns)), *kept, part.data[inside])


@concat.sparse(match=lambda p, f: f[:1] if set(f) == {"csr"} and p.dim in (0, -2) else None)
def _(k, _p, *data):
    xp = k.xp
    counts = xp.concatenate([xp.diff(d.indptr) for d in data])
    indptr = xp.concatenate([xp.zeros(1, PLACE), xp.cumsum(counts)])
    return SparseParts(
        "csr",
        xp.concatenate([d.data for d in data]),
        xp.concatenate([d.indices for d in data]),
        indptr,
        (len(counts), data[0].shape[1]),
    )


@embedding.sparse("default", "row_sparse")
def _(k, p, data, weight):
    numbers = k.xp.clip(data.astype(PLACE), 0, p.input_dim - 1)
    return rows_at(k.xp, weight, numbers.reshape(-1)).reshape(*data.shape, p.output_dim)


@operator("_backward_embedding", WHOLE, type=rules.first_type)
def backward_embedding(k, p, part, indices):
    """The gradient of a table of which rows were read: row_sparse, with these rows only."""
    numbers = _numbers(k, p, indices)
    total = k.xp.zeros(p.shape, part.dtype)
    k.xp.add.at(total, numbers, part.reshape(len(numbers), *p.shape[1:]))
    return total


@backward_embedding.shapes
@forward
def _(p, part, indices):
    shapes.check_fits(part, (*indices, *p.shape[1:]), "the gradient")
    if 0 not in indices:
        shapes.check_filled(p.shape[:1], "a table")
    return p.shape


def _numbers(k, p, indices):
    return k.xp.clip(indices.astype(PLACE), 0, p.shape[0] - 1).reshape(-1)


@backward_embedding.sparse("default", "default", gives="row_sparse")
def _(k, p, part, indices):
    xp = k.xp
    numbers = _numbers(k, p, indices)
    stored = xp.unique(numbers)
    places = xp.searchsorted(stored, numbers)[:, None] * p.shape[1] + xp.arange(p.shape[1])
    rows = scattered_sum(k, (len(stored), p.shape[1]), places, part)
    return SparseParts("row_sparse", rows, stored, None, p.shape)


@backward_embedding.gradient("part")
def _(F, p, dy, indices):
    return F.take(dy, indices)


backward_embedding.example((2, 3), [1, 1], shape=(4, 3)).gives(
    lambda part, i: np.stack([part[0] * 0, part[0] + part[1], part[0] * 0, part[0] * 0])
)

_sparse_embedding = operator(
    "_contrib_SparseEmbedding",
    *embedding.params,
    shape=embedding.shape_rule,
    type=embedding.type_rule,
    cost=embedding.cost,
)


@_sparse_embedding
def sparse_embedding(k, p, data, weight):
    """Rows of a table like `Embedding`, with a row_sparse gradient in any case.

    Source: MXNet 1.6, `mx.nd.contrib.SparseEmbedding`.
    """
    return embedding.kernel(k, p, data, weight)


sparse_embedding.storage_rules += embedding.storage_rules


@sparse_embedding.gradient("weight")
def _(F, _p, dy, data, weight_shape):
    return F._backward_embedding(dy, data, shape=weight_shape)


sparse_embedding.example([[0, 3], [3, 9]], (4, 2), input_dim=4, output_dim=2).gives(
    lambda data, w: w[[[0, 3], [3, 3]]]
)

for name in ("LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"):
    operators[name].sparse("default", "csr")(operators[name].kernel)
