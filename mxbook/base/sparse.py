"""The raw data of a sparse array: the arrays it is stored in.

Two formats, named as in MXNet.  `csr` is a matrix of which each row keeps its values and their
columns.  `row_sparse` is an array of which only some rows are stored, whole; gradients of
embeddings are like that.
"""

from typing import Any

import numpy as np

STYPES = ("default", "row_sparse", "csr")  # by MXNet's number of the storage type


class SparseParts:
    """The arrays that a sparse array is stored in, and its shape.

    `row_sparse`: `data` holds whole rows, `indices` their numbers; `indptr` is None.  `csr`: row i
    has the values `data[indptr[i]:indptr[i+1]]` in the columns `indices[indptr[i]:indptr[i+1]]`.

    >>> SparseParts("row_sparse", np.ones((1, 2)), np.array([3]), None, (5, 2))
    SparseParts(row_sparse, float64, (5, 2), stored (1, 2))
    """

    __slots__ = ("data", "indices", "indptr", "shape", "stype")

    def __init__(
        self,
        stype: str,
        data: np.ndarray,
        indices: np.ndarray,
        indptr: np.ndarray | None,
        shape: tuple[int, ...],
    ):
        self.stype = stype
        self.data = data
        self.indices = indices
        self.indptr: Any = indptr  # None of a row_sparse array
        self.shape = shape

    def __repr__(self) -> str:
        return (
            f"SparseParts({self.stype}, {self.data.dtype}, {self.shape}, stored {self.data.shape})"
        )

    def broken_rule(self) -> str:
        """The first rule that the parts break, in words; an empty text if they are sound.

        >>> SparseParts("row_sparse", np.ones((1, 2)), np.array([7]), None, (5, 2)).broken_rule()
        'indices lie from 0 to 4'
        """
        if self.stype == "csr":
            return _broken_csr_rule(self)
        if self.stype == "row_sparse":
            return _broken_row_rule(self)
        return "the storage type is row_sparse or csr"

    @property
    def dtype(self) -> np.dtype:
        """Element type of the stored values."""
        return self.data.dtype

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays together."""
        arrays = (self.data, self.indices, self.indptr)
        return sum(a.nbytes for a in arrays if a is not None)

    def with_data(self, data: Any) -> "SparseParts":
        """Other values at the same places."""
        return SparseParts(self.stype, data, self.indices, self.indptr, self.shape)

    def assign(self, other: "SparseParts") -> None:
        """Become what another one is; the arrays are then shared, so `other` must be fresh."""
        self.data, self.indices, self.indptr = other.data, other.indices, other.indptr


def _broken_csr_rule(parts: SparseParts) -> str:
    data, indices, indptr, shape = parts.data, parts.indices, parts.indptr, parts.shape
    if len(shape) != 2:
        return "a csr array has two axes"
    if indptr is None or indptr.shape != (shape[0] + 1,):
        return f"indptr has one entry more than there are rows: {shape[0] + 1}"
    if data.ndim != 1 or indices.shape != data.shape:
        return "there is one column index for each stored value"
    if indptr[0] != 0 or indptr[-1] != len(data) or (indptr[1:] < indptr[:-1]).any():
        return f"indptr rises from 0 to the number of stored values: {len(data)}"
    return _broken_index_rule(indices, shape[1])


def _broken_row_rule(parts: SparseParts) -> str:
    data, indices, shape = parts.data, parts.indices, parts.shape
    if not shape or data.ndim == 0 or data.shape[1:] != shape[1:]:
        return f"the stored rows have the shape {shape[1:]}"
    if parts.indptr is not None:
        return "a row_sparse array has no indptr"
    if indices.shape != data.shape[:1]:
        return "there is one row index for each stored row"
    return _broken_index_rule(indices, shape[0])


def _broken_index_rule(indices: np.ndarray, length: int) -> str:
    if len(indices) and (indices.min() < 0 or indices.max() >= length):
        return f"indices lie from 0 to {length - 1}"
    return ""
