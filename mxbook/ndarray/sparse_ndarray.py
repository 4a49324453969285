"""`mx.nd.sparse`: arrays of which only a part is stored, and functions on them.

CSRNDArray is a matrix that keeps, row by row, its values and their columns.  RowSparseNDArray keeps
some rows whole; gradients of embeddings are of this kind.  Most functions of `mx.nd` take them:
some compute on what is stored, the others make them dense and say so (`config.sparse_fallback`).
"""

from typing import Any

import numpy as np

from mxbook.base.context import Context, context_of, current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import (
    DTypeError,
    IndexingError,
    MXNetError,
    NotSupportedForSparseNDArray,
    ParameterError,
    ShapeError,
)
from mxbook.base.sparse import SparseParts
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays as _arrays
from mxbook.ops import sparse as _sparse

from . import registry as F
from .ndarray import NDArray

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "add",
    "array",
    "csr_matrix",
    "divide",
    "empty",
    "multiply",
    "row_sparse_array",
    "subtract",
    "zeros",
]

NUMBERS = (int, float, np.generic)


class BaseSparseNDArray(NDArray):
    """What CSRNDArray and RowSparseNDArray share.

    Source: MXNet 1.6, `mxnet.ndarray.sparse`.
    """

    __slots__ = ()

    @property
    def stype(self) -> str:
        """Storage type: `csr` or `row_sparse`."""
        return self._spec.stype

    @property
    def size(self) -> int:
        """Not for sparse arrays: the number of elements is not what is stored."""
        raise self._cannot("size", "x.data.size is what is stored")

    @property
    def data(self) -> NDArray:
        """A copy of what is stored; waits for the value."""
        return self._part("data")

    @data.setter
    def data(self, _data: Any) -> None:
        raise self._cannot("setting data", "make a new array, or write x[:] = other")

    @property
    def indices(self) -> NDArray:
        """A copy of the columns (csr) or rows (row_sparse) of what is stored; waits for it."""
        return self._part("indices")

    @indices.setter
    def indices(self, _indices: Any) -> None:
        raise self._cannot("setting indices", "make a new array, or write x[:] = other")

    def _part(self, name: str) -> NDArray:
        _arrays.wait(self)
        raw = getattr(self._data, name).copy()
        spec = spec_of(raw.shape, as_dtype(raw.dtype), self._spec.ctx)
        return _arrays.wrap(raw, spec, _arrays.origin_of(name))

    def _cannot(self, what: str, hint: str = "x.tostype('default') is dense") -> MXNetError:
        return NotSupportedForSparseNDArray(
            f"a {type(self).__name__} does not support {what}",
            values=[("array", repr(self._spec))],
            hint=hint,
        )

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n<{type(self).__name__} {shape} @{self.context}>"

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise ValueError("The truth value of a sparse array is ambiguous.")

    def asscalar(self) -> Any:
        """Not for sparse arrays; raises ValueError."""
        raise ValueError("The current array is not a scalar")

    def check_format(self, full_check: bool = True) -> None:
        """Raise MXNetError unless shapes and positions of the stored arrays make sense.

        Without `full_check` only the shapes are looked at; with it the values are waited for.
        """
        _arrays.wait(self)
        host = to_parts(self) if full_check else self._data
        rule = host.broken_rule() if full_check else ""
        rising = not rule and full_check and not _rises(host)
        if rule or rising:
            raise MXNetError(
                f"{type(self).__name__} is broken",
                rule=rule or "positions rise strictly within a row",
                values=[("array", repr(self._spec))],
            )

    def tostype(self, stype: str) -> NDArray:
        """A copy in another storage type; csr and row_sparse do not become each other."""
        if {stype, self.stype} == {"csr", "row_sparse"}:
            raise ValueError(f"cast_storage from {self.stype} to {stype} is not supported")
        return F.cast_storage(self, stype=stype)

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Copy into another array of the same shape, or to a new array on a device; returns it."""
        if isinstance(other, NDArray) and other.stype not in ("default", self.stype):
            raise ValueError(f"copyto from {self.stype} to {other.stype} is not supported")
        return super().copyto(other)

    def reshape(self, *shape, **kwargs) -> NDArray:
        """Not for sparse arrays."""
        raise self._cannot("reshape")

    def _at(self, idx: int) -> NDArray:
        raise self._cannot("positions")

    def _slice(self, start: int, stop: int) -> NDArray:
        raise self._cannot("ranges")

    def _view(self, data: Any, shape: tuple[int, ...]) -> NDArray:
        raise self._cannot("sharing memory in another shape")

    def to_dlpack_for_read(self) -> Any:
        """Not for sparse arrays."""
        raise self._cannot("DLPack")

    to_dlpack_for_write = to_dlpack_for_read

    def __setitem__(self, key: Any, value: Any) -> None:
        if key != slice(None):
            raise self._cannot("writing to a part", "x[:] = value writes all of it")
        if not isinstance(value, NDArray):
            value = self._filled(value)
        if value is not self:  # as it is in x[:] += other
            value.copyto(self)

    def _filled(self, value: Any) -> NDArray:
        """What a number or host data stands for as the content of this array."""
        values = np.broadcast_to(np.asarray(value, self.dtype), self.shape)
        return _arrays.from_host(values, self.context)

    # ---- arithmetic

    def __add__(self, other):
        return add(self, other)

    def __sub__(self, other):
        return subtract(self, other)

    def __mul__(self, other):
        return multiply(self, other)

    def __truediv__(self, other):
        return divide(self, other)

    def __iadd__(self, other):
        return F._copyto(self + other, out=self)

    def __isub__(self, other):
        return F._copyto(self - other, out=self)

    def __imul__(self, other):
        return F._copyto(self * other, out=self)

    def __itruediv__(self, other):
        return F._copyto(self / other, out=self)

    # ---- pickling

    def __reduce__(self):
        host = to_parts(self)
        parts = (host.stype, host.data, host.indices, host.indptr, host.shape)
        return _unpickled, (parts, str(self.context))

    def __getstate__(self) -> None:
        return None

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self._data.nbytes


class CSRNDArray(BaseSparseNDArray):
    """A sparse matrix in compressed rows, made by `csr_matrix` or `tostype("csr")`.

    Row i has the values `data[indptr[i]:indptr[i+1]]` in the columns
    `indices[indptr[i]:indptr[i+1]]`.

    >>> a = csr_matrix(np.array([[0, 2, 0], [0, 0, 3]]))
    >>> a.data.asnumpy(), a.indices.asnumpy(), a.indptr.asnumpy()
    (array([2, 3]), array([1, 2]), array([0, 1, 2]))
    """

    __slots__ = ()

    @property
    def indptr(self) -> NDArray:
        """A copy of where each row begins among what is stored; waits for the value."""
        return self._part("indptr")

    @indptr.setter
    def indptr(self, _indptr: Any) -> None:
        raise self._cannot("setting indptr", "make a new array, or write x[:] = other")

    def __getitem__(self, key: Any) -> "CSRNDArray":
        """Row i as a matrix of one row, or a range of rows."""
        rows = self.shape[0]
        if isinstance(key, int | np.integer):
            if not -rows <= key < rows:
                raise IndexingError(f"row {key} of a matrix with {rows} rows")
            key = slice(int(key) % rows, int(key) % rows + 1)
        if not isinstance(key, slice):
            raise ValueError(f"a csr array takes a row or a range of rows, not {key!r}")
        if key == slice(None):
            return self
        if key.step not in (None, 1):
            raise ValueError(f"a csr array is read in steps of 1, not {key.step}")
        begin, end, _ = key.indices(rows)
        return F.slice(self, begin=(begin,), end=(max(begin, end),))

    def _filled(self, value: Any) -> NDArray:
        if isinstance(value, NUMBERS):
            raise ValueError("Assigning numeric types to CSRNDArray is not implemented yet.")
        return super()._filled(value)

    def asscipy(self) -> Any:
        """A copy as `scipy.sparse.csr_matrix`; raises ImportError where there is no SciPy."""
        from scipy.sparse import csr_matrix as scipy_matrix

        host = to_parts(self)
        return scipy_matrix((host.data, host.indices, host.indptr), host.shape)


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which some rows are stored, made by `row_sparse_array` or a sparse gradient.

    `data[i]` is row number `indices[i]`.

    >>> a = row_sparse_array(([[1, 2]], [3]), shape=(5, 2))
    >>> a.asnumpy()[3]
    array([1., 2.], dtype=float32)
    """

    __slots__ = ()

    def __getitem__(self, key: Any) -> "RowSparseNDArray":
        """Only `[:]`, which is the array itself."""
        if key != slice(None):
            raise self._cannot("reading a part", "x.retain(rows), or x.tostype('default')")
        return self

    def retain(self, *args, **kwargs) -> "RowSparseNDArray":
        """Only the rows with the given numbers; see `mx.nd.sparse.retain`."""
        return F._sparse_retain(self, *args, **kwargs)


for _cls, _stype in ((CSRNDArray, "csr"), (RowSparseNDArray, "row_sparse")):
    _arrays.register_array(_cls, _stype)


def to_parts(array: BaseSparseNDArray) -> SparseParts:
    """The stored arrays as NumPy copies; waits for the value."""
    from mxbook import backend

    _arrays.wait(array)
    to_host = backend.module_for(array._spec.ctx).to_host
    return _sparse.map_parts(lambda part: np.array(to_host(part)), array._data)


def _rises(parts: SparseParts) -> bool:
    """Whether no position comes twice or out of order."""
    steps = np.diff(parts.indices) > 0
    if parts.stype == "csr" and len(steps):
        borders = parts.indptr[1:-1] - 1
        steps[borders[(borders >= 0) & (borders < len(steps))]] = True
    return bool(steps.all())


def _unpickled(parts: tuple, ctx: str) -> NDArray:
    return from_parts(SparseParts(*parts), context_of(ctx))


def from_parts(host: SparseParts, ctx: Context | None) -> Any:
    """A sparse array from NumPy parts; raises ShapeError where they do not fit together."""
    from mxbook import backend

    rule = host.broken_rule()
    if rule:
        raise ShapeError(
            f"these arrays do not make a {host.stype} array of shape {host.shape}",
            rule=rule,
            values=[(n, repr(getattr(host, n))) for n in ("data", "indices", "indptr")],
        )
    ctx = ctx or current_context()
    to_device = backend.module_for(ctx).to_device
    raw = _sparse.map_parts(lambda part: to_device(np.array(part), ctx), host)
    spec = spec_of(host.shape, as_dtype(raw.dtype), ctx, host.stype)
    return _arrays.wrap(raw, spec, _arrays.origin_of("array", "host"))


def _host(source: Any, dtype: Any = None) -> np.ndarray:
    """Values as a NumPy array: its own element type, float32 for lists."""
    if isinstance(source, NDArray):
        found = source.asnumpy()
    else:
        found = np.asarray(source)
        if dtype is None and not isinstance(source, np.ndarray):
            dtype = np.float32
    return found if dtype is None else found.astype(as_dtype(dtype))


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(n, int | np.integer) for n in value)


def csr_matrix(
    arg1: Any, shape: tuple | None = None, ctx: Context | None = None, dtype: Any = None
) -> CSRNDArray:
    """A CSRNDArray from

    - a matrix: a list, a NumPy array, an NDArray, a CSRNDArray or a SciPy matrix;
    - `(rows, columns)`: zeros of that shape;
    - `(data, indices, indptr)`, see CSRNDArray; `shape` follows from them when not given;
    - `(data, (row, column))`: values and their places, in any order.

    Raises ShapeError for what does not fit together.

    >>> csr_matrix((np.array([5.0]), (np.array([1]), np.array([2]))), shape=(2, 3)).asnumpy()
    array([[0., 0., 0.],
           [0., 0., 5.]])

    Source: MXNet 1.6, `mx.nd.sparse.csr_matrix`.
    """
    if isinstance(arg1, tuple):
        if _is_shape(arg1) and len(arg1) == 2:
            return zeros("csr", _agreed(shape, arg1), ctx, dtype)
        if len(arg1) == 2:
            return _csr_from_places(*arg1, shape, ctx, dtype)
        if len(arg1) == 3:
            data, (indices, indptr) = _host(arg1[0], dtype), (_host(a, np.int64) for a in arg1[1:])
            if shape is None:
                shape = (len(indptr) - 1, int(indices.max(initial=-1)) + 1)
            return from_parts(SparseParts("csr", data, indices, indptr, tuple(shape)), ctx)
        raise ParameterError(f"a csr array from {len(arg1)} things", rule="a shape, 2 or 3 arrays")
    return _from_matrix(arg1, "csr", shape, ctx, dtype)


def _csr_from_places(data, places, shape, ctx, dtype) -> CSRNDArray:
    """From values with rows and columns; those of one place are added up."""
    data, (rows, columns) = _host(data, dtype), (_host(p, np.int64) for p in places)
    if shape is None:
        shape = tuple(int(p.max(initial=-1)) + 1 for p in (rows, columns))
    if not data.shape == rows.shape == columns.shape:
        raise ShapeError(
            "values, rows and columns differ in length",
            values=[("data", data.shape), ("rows", rows.shape), ("columns", columns.shape)],
        )
    if len(rows) and not (0 <= rows.min() <= rows.max() < shape[0]):
        raise ShapeError(f"a row outside a matrix of shape {shape}")
    flat, where = np.unique(rows * shape[1] + columns, return_inverse=True)
    total = np.zeros(len(flat), data.dtype)
    np.add.at(total, where, data)
    parts = _sparse.from_rows(np, tuple(shape), *divmod(flat, shape[1]), total)
    return from_parts(parts, ctx)


def row_sparse_array(
    arg1: Any, shape: tuple | None = None, ctx: Context | None = None, dtype: Any = None
) -> RowSparseNDArray:
    """A RowSparseNDArray from

    - an array: a list, a NumPy array, an NDArray or a RowSparseNDArray;
    - a shape: zeros of it;
    - `(data, indices)`: rows and their numbers, in any order; `shape` follows when not given.

    Raises ShapeError for what does not fit together.

    >>> row_sparse_array((np.ones((1, 2)), [1]), shape=(3, 2)).indices.asnumpy()
    array([1])

    Source: MXNet 1.6, `mx.nd.sparse.row_sparse_array`.
    """
    if isinstance(arg1, tuple):
        if _is_shape(arg1) and len(arg1) > 1:
            return zeros("row_sparse", _agreed(shape, arg1), ctx, dtype)
        if len(arg1) != 2:
            raise ParameterError(
                f"a row_sparse array from {len(arg1)} things", rule="a shape, or rows and numbers"
            )
        data, indices = _host(arg1[0], dtype), _host(arg1[1], np.int64)
        if shape is None:
            shape = (int(indices.max(initial=-1)) + 1, *data.shape[1:])
        order = np.argsort(indices, kind="stable")
        sorted_data = data[order] if len(data) == len(order) else data
        return from_parts(
            SparseParts("row_sparse", sorted_data, indices[order], None, tuple(shape)), ctx
        )
    return _from_matrix(arg1, "row_sparse", shape, ctx, dtype)


def _agreed(shape: tuple | None, given: tuple) -> tuple:
    if shape is not None and tuple(shape) != tuple(given):
        raise ShapeError(f"the shape {given} was given, and shape={shape}")
    return tuple(int(n) for n in given)


def _from_matrix(source: Any, stype: str, shape, ctx, dtype) -> Any:
    """A sparse array from a whole one: sparse, dense, or of SciPy."""
    if isinstance(source, BaseSparseNDArray):
        parts = to_parts(source)
        if parts.stype != stype:
            raise ValueError(f"cast_storage from {parts.stype} to {stype} is not supported")
        ctx = ctx or source.context
    elif type(source).__module__.startswith("scipy.sparse"):
        matrix = source.tocsr()
        matrix.sum_duplicates()
        parts = SparseParts(
            "csr", matrix.data, matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64),
            matrix.shape,
        )  # fmt: skip
    else:
        parts = _sparse.to_sparse(np, _host(source, dtype), stype)
    if dtype is not None:
        parts = parts.with_data(parts.data.astype(as_dtype(dtype)))
    if shape is not None and tuple(shape) != parts.shape:
        raise ShapeError(f"an array of shape {parts.shape} is to have the shape {tuple(shape)}")
    return from_parts(parts, ctx)


def zeros(
    stype: str,
    shape: Any,
    ctx: Context | None = None,
    dtype: Any = None,
    **kwargs: Any,
) -> NDArray:
    """An array of zeros of a storage type: nothing is stored.

    >>> zeros("csr", (1, 2)).asnumpy()
    array([[0., 0.]], dtype=float32)
    """
    from . import creation

    if stype == "default":
        return creation.zeros(shape, ctx, dtype, **kwargs)
    if stype not in _arrays.classes:
        raise ParameterError(f"there is no storage type {stype!r}", rule="default, csr, row_sparse")
    spec = spec_of(creation._shape(shape), as_dtype(dtype), ctx or current_context(), stype)
    found = _arrays.wrap(_arrays.empty(spec), spec, _arrays.origin_of("zeros"))
    return F._copyto(found, out=kwargs["out"]) if kwargs.get("out") is not None else found


def empty(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Like `zeros`: a sparse array without values has zeros.

    >>> empty("row_sparse", (3, 2)).shape
    (3, 2)
    """
    return zeros(stype, shape, ctx, dtype)


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> BaseSparseNDArray:
    """A copy of a sparse array, or of a SciPy matrix as a CSRNDArray.

    Raises DTypeError for dense data.

    >>> array(zeros("csr", (2, 3))).stype
    'csr'
    """
    if isinstance(source_array, BaseSparseNDArray):
        stype = source_array.stype
    elif type(source_array).__module__.startswith("scipy.sparse"):
        stype = "csr"
    else:
        raise DTypeError(
            f"{type(source_array).__name__} is not sparse",
            rule="a CSRNDArray, a RowSparseNDArray or a SciPy matrix",
            hint="mx.nd.array for dense data; csr_matrix and row_sparse_array make it sparse",
        )
    return _from_matrix(source_array, stype, None, ctx, dtype)


def _two_sided(name: str, elemwise: str, doc: str) -> Any:
    """A function of two arrays or numbers; arrays of one shape are not stretched."""

    def function(lhs, rhs):
        from . import arithmetic

        if isinstance(lhs, NDArray) and isinstance(rhs, NDArray) and lhs.shape == rhs.shape:
            return F.functions[elemwise](lhs, rhs)
        return arithmetic.FORMS[name](lhs, rhs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{doc}

    Arrays of the same shape keep their storage type where the result allows it.

    Source: MXNet 1.6, `mx.nd.sparse.{name}`.
    """
    return function


add = _two_sided("add", "elemwise_add", "`lhs + rhs`; either may be a number.")
subtract = _two_sided("subtract", "elemwise_sub", "`lhs - rhs`; either may be a number.")
multiply = _two_sided("multiply", "elemwise_mul", "`lhs * rhs`; either may be a number.")
divide = _two_sided("divide", "elemwise_div", "`lhs / rhs`; either may be a number.")
