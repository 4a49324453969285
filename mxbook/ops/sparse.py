"""Sparse arrays in kernels: changes of format, and which kernel serves which storage types.

All functions take the array library `xp` first and work on raw arrays: dense ones, and SparseParts.
Positions are int64.  The columns of a csr row rise; so do the row numbers of a row_sparse array.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.base.sparse import STYPES, SparseParts

PLACE = "int64"
Stypes = tuple[str, ...]


class StorageRule:
    """A kernel for sparse inputs: `match(p, storage types)` gives those of the results, or None.

    The kernel is called like an operator's own; sparse inputs and results are SparseParts.
    """

    __slots__ = ("kernel", "match", "writes_out")

    def __init__(self, kernel: Callable, match: Callable[[Any, Stypes], Stypes | None]):
        self.kernel = kernel
        self.match = match
        code = kernel.__code__
        keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        self.writes_out = "out" in keywords


def exactly(stypes: Stypes, gives: str, when: Callable[[Any], bool] | None) -> Callable:
    """A match for these storage types, with the parameters that `when` accepts."""

    def match(p: Any, found: Stypes) -> Stypes | None:
        return (gives,) if found == stypes and (when is None or when(p)) else None

    return match


def alike(p: Any, found: Stypes) -> Stypes | None:
    """A match for inputs of one sparse type; the result is of it, too."""
    return found[:1] if found[0] != "default" and len(set(found)) == 1 else None


def empty(xp: Any, stype: str, shape: tuple[int, ...], dtype: Any) -> SparseParts:
    """An array of zeros, of which none is stored.

    >>> import numpy as np
    >>> empty(np, "csr", (2, 3), "float32")
    SparseParts(csr, float32, (2, 3), stored (0,))
    """
    check_shape(stype, shape)
    none = xp.zeros(0, PLACE)
    if stype == "csr":
        return SparseParts(stype, xp.zeros(0, dtype), none, xp.zeros(shape[0] + 1, PLACE), shape)
    return SparseParts(stype, xp.zeros((0, *shape[1:]), dtype), none, None, shape)


def check_shape(stype: str, shape: tuple[int, ...]) -> None:
    """Raise ParameterError where an array of this shape cannot have this storage type."""
    if stype == "csr" and len(shape) != 2:
        raise ParameterError(f"a csr array of shape {shape}", rule="two axes")
    if stype == "row_sparse" and not shape:
        raise ParameterError("a row_sparse array without axes", rule="at least one axis")


def rows_of(xp: Any, csr: SparseParts) -> Any:
    """The row of each stored value."""
    return xp.searchsorted(csr.indptr, xp.arange(len(csr.data)), side="right") - 1


def to_dense(xp: Any, value: Any) -> Any:
    """A dense array with the values of a sparse one; a dense one as it is."""
    if not isinstance(value, SparseParts):
        return value
    dense = xp.zeros(value.shape, value.dtype)
    if value.stype == "csr":
        dense[rows_of(xp, value), value.indices] = value.data
    else:
        dense[value.indices] = value.data
    return dense


def to_sparse(xp: Any, dense: Any, stype: str) -> SparseParts:
    """What is not zero in a dense array."""
    if stype == "csr":
        check_shape(stype, dense.shape)
        rows, columns = xp.nonzero(dense)
        return from_rows(xp, dense.shape, rows, columns, dense[rows, columns])
    (indices,) = xp.nonzero((dense != 0).any(axis=tuple(range(1, dense.ndim))))
    return SparseParts(stype, dense[indices], indices.astype(PLACE), None, dense.shape)


def from_rows(xp: Any, shape: tuple[int, ...], rows: Any, columns: Any, data: Any) -> SparseParts:
    """A csr array from values whose places rise, by row and then by column."""
    indptr = xp.searchsorted(rows, xp.arange(shape[0] + 1), side="left").astype(PLACE)
    return SparseParts("csr", data, columns.astype(PLACE), indptr, shape)


def cast(xp: Any, value: Any, stype: str) -> Any:
    """An array in another storage type; itself where it has that already."""
    if stype not in STYPES:
        raise ParameterError(f"there is no storage type {stype!r}", rule=", ".join(STYPES))
    if isinstance(value, SparseParts) and value.stype == stype:
        return value
    dense = to_dense(xp, value)
    return dense if stype == "default" else to_sparse(xp, dense, stype)


def store(xp: Any, target: Any, value: Any) -> None:
    """Make `value` the content of `target`, whatever the storage types of the two are."""
    if isinstance(target, SparseParts):
        found = cast(xp, value, target.stype)
        target.assign(copied(found) if found is value else found)
    elif isinstance(value, SparseParts):
        target[...] = 0
        if value.stype == "csr":
            target[rows_of(xp, value), value.indices] = value.data
        else:
            target[value.indices] = value.data
    else:
        xp.copyto(target, value)


def copied(value: Any) -> Any:
    """A copy; positions are never changed in place, so that sparse arrays may share them."""
    if isinstance(value, SparseParts):
        return value.with_data(value.data.copy())
    return value.copy()


def map_parts(function: Callable[[Any], Any], parts: SparseParts) -> SparseParts:
    """An array of which every part is what `function` makes of it."""
    indptr = None if parts.indptr is None else function(parts.indptr)
    data, indices = function(parts.data), function(parts.indices)
    return SparseParts(parts.stype, data, indices, indptr, parts.shape)


def sum_of_rows(xp: Any, arrays: Sequence[SparseParts]) -> SparseParts:
    """The sum of row_sparse arrays, added up in their order."""
    union = xp.unique(xp.concatenate([a.indices for a in arrays]))
    first = arrays[0]
    total = xp.zeros((len(union), *first.shape[1:]), first.dtype)
    for array in arrays:
        total[xp.searchsorted(union, array.indices)] += array.data
    return SparseParts("row_sparse", total, union, None, first.shape)


def on_values(kernel: Callable) -> Callable:
    """The kernel of a function with f(0) = 0, for sparse input: it works on what is stored."""

    def sparse_kernel(k, p, data):
        return data.with_data(kernel(k, p, data.data))

    return sparse_kernel


def densely(xp: Any, kernel: Callable, mutated: Sequence[int]) -> Callable:
    """A kernel that takes sparse arrays by making them dense, for where there is no better one."""

    def dense_kernel(p, *arrays, **kwargs):
        dense = [to_dense(xp, a) for a in arrays]
        result = kernel(p, *dense, **kwargs)
        for i in mutated:
            if dense[i] is not arrays[i]:
                store(xp, arrays[i], dense[i])
        return result

    return dense_kernel
