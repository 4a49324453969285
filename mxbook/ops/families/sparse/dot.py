"""Products and sums of sparse arrays.

Everything rests on `sum_rows`: of a csr matrix, the sum over each row of something computed for
each stored value.
"""

from collections.abc import Callable
from typing import Any

from mxbook.base import shapes
from mxbook.base.sparse import SparseParts
from mxbook.ops import sparse
from mxbook.ops.families.dot import dot
from mxbook.ops.families.reduce import accumulator, reduced_axes, reduced_shape
from mxbook.ops.registry import operators
from mxbook.ops.sparse import PLACE, rows_of

BLOCK = 2**18  # so many products are held at a time, few enough for the processor's cache


def sum_rows(k: Any, csr: SparseParts, width: int, dtype: Any, values: Callable) -> Any:
    """The sums of `values(first, last)` over each row, as `(rows, width)`.

    `values` gives `(last - first, width)` for a range of the stored values.
    """
    xp = k.xp
    total = xp.zeros((csr.shape[0], width), dtype)
    stored = len(csr.data)
    if not hasattr(xp.add, "reduceat"):  # a GPU adds up in parallel
        if stored:
            xp.add.at(total, rows_of(xp, csr), values(0, stored))
        return total
    filled = xp.flatnonzero(xp.diff(csr.indptr))  # reduceat knows no empty rows
    starts = csr.indptr[filled]
    first = 0
    while first < len(filled):
        begin = int(starts[first])
        last = int(xp.searchsorted(starts, begin + max(1, BLOCK // max(width, 1)), side="right"))
        last = max(last - 1, first + 1) if last < len(filled) else len(filled)
        end = int(starts[last]) if last < len(filled) else stored
        sums = xp.add.reduceat(values(begin, end), starts[first:last] - begin, axis=0)
        total[filled[first:last]] = sums
        first = last
    return total


def transposed(xp: Any, csr: SparseParts) -> SparseParts:
    """A csr matrix turned round."""
    order = xp.argsort(csr.indices, kind="stable")
    shape = csr.shape[::-1]
    return sparse.from_rows(xp, shape, csr.indices[order], rows_of(xp, csr)[order], csr.data[order])


def filtered(xp: Any, csr: SparseParts, stored: Any) -> SparseParts:
    """The csr matrix for a factor that stores only some rows: their places in place of numbers."""
    if not len(stored):
        return sparse.empty(xp, "csr", (csr.shape[0], 0), csr.dtype)
    place = xp.clip(xp.searchsorted(stored, csr.indices), 0, len(stored) - 1)
    there = stored[place] == csr.indices
    rows = rows_of(xp, csr)[there]
    shape = (csr.shape[0], len(stored))
    return sparse.from_rows(xp, shape, rows, place[there], csr.data[there])


def product(k: Any, csr: SparseParts, rhs: Any) -> Any:
    """A csr matrix times a dense or row_sparse one, as a dense matrix."""
    if isinstance(rhs, SparseParts):
        csr, rhs = filtered(k.xp, csr, rhs.indices), rhs.data
    kind = accumulator(rhs.dtype)

    def products(first: int, last: int) -> Any:
        factors = csr.data[first:last, None].astype(kind, copy=False)
        return factors * rhs[csr.indices[first:last]].astype(kind, copy=False)

    return sum_rows(k, csr, rhs.shape[1], kind, products).astype(rhs.dtype, copy=False)


def _csr_first(p, found):
    if found[0] != "csr" or found[1] == "csr" or p.transpose_b:
        return None
    return (p.forward_stype or ("row_sparse" if p.transpose_a else "default"),)


@dot.sparse(match=_csr_first)
def _(k, p, lhs, rhs):
    first, *rest = rhs.shape
    matrix = len(rest) == 1
    right = rhs if matrix else sparse.to_dense(k.xp, rhs).reshape(first, shapes.size(rest))
    csr = transposed(k.xp, lhs) if p.transpose_a else lhs
    found = product(k, csr, right)
    found = found if matrix else found.reshape(csr.shape[0], *rest)
    stype = _csr_first(p, ("csr", "default"))[0]
    if stype == "row_sparse" and p.transpose_a:  # rows that are stored, though they may be zero
        (rows,) = k.xp.nonzero(k.xp.diff(csr.indptr))
        return SparseParts("row_sparse", found[rows], rows.astype(PLACE), None, found.shape)
    return sparse.cast(k.xp, found, stype)


def _csr_second(p, found):
    if found != ("default", "csr") or p.transpose_a:
        return None
    return (p.forward_stype or "csr",)


@dot.sparse(match=_csr_second)
def _(k, p, lhs, rhs):
    csr = rhs if p.transpose_b else transposed(k.xp, rhs)
    *rest, last = lhs.shape
    turned = k.xp.ascontiguousarray(lhs.reshape(shapes.size(rest), last).T)
    found = k.xp.ascontiguousarray(product(k, csr, turned).T).reshape(*rest, csr.shape[0])
    return sparse.cast(k.xp, found, p.forward_stype or "csr")


def _one_axis(p, found):
    known = found[0] == "csr" and not p.exclude and len(p.axis or ()) < 2
    return ("default",) if known else None


@operators["sum"].sparse(match=_one_axis)
def sum_csr(k, p, data):
    """The sums of a csr matrix, from what is stored."""
    xp, kind = k.xp, accumulator(data.dtype)
    (axis,) = reduced_axes(p, 2) if p.axis else (None,)
    values = data.data.astype(kind, copy=False)
    if axis is None:
        total = values.sum(dtype=kind, keepdims=True)
    else:
        csr = data if axis == 1 else transposed(xp, data)
        csr = csr.with_data(csr.data.astype(kind, copy=False))
        total = sum_rows(k, csr, 1, kind, lambda first, last: csr.data[first:last, None])
    return total.astype(data.dtype).reshape(reduced_shape(p, data.shape))


@operators["mean"].sparse(match=_one_axis)
def _(k, p, data):
    count = shapes.size([data.shape[a] for a in reduced_axes(p, 2)])
    exact = data.with_data(data.data.astype(accumulator(data.dtype)))
    return (sum_csr(k, p, exact) / count).astype(data.dtype)


def _all_axes(p, found):
    return ("default",) if found[0] != "default" and not p.axis and not p.keepdims else None


@operators["norm"].sparse(match=_all_axes)
def _(k, p, data):
    return operators["norm"].kernel(k, p, data.data.reshape(-1))


@operators["FullyConnected"].sparse(
    match=lambda p, f: ("default",) if f[:2] == ("default", "row_sparse") else None
)
def _(k, p, data, *weights):
    dense = [sparse.to_dense(k.xp, w) for w in weights]
    return operators["FullyConnected"].kernel(k, p, data, *dense)
