"""Arrays to test with: random shapes, random dense and sparse arrays.

All numbers come from NumPy's global generator, in MXNet's order: `np.random.seed` repeats them.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import sparse
from mxbook.ndarray.ndarray import NDArray

from .environment import default_context, default_dtype

# ---- shapes


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A shape of `num_dim` axes of random lengths from 1 (or 0) to `dim`.

    >>> len(rand_shape_nd(4))
    4
    """
    return _shape([dim] * num_dim, allow_zero_size)


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A shape of two axes, of random lengths from 1 (or 0) to the given ones."""
    return _shape([dim0, dim1], allow_zero_size)


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> tuple[int, ...]:
    """A shape of three axes, of random lengths from 1 (or 0) to the given ones."""
    return _shape([dim0, dim1, dim2], allow_zero_size)


def _shape(largest: Sequence[int], allow_zero_size: bool) -> tuple[int, ...]:
    low = 0 if allow_zero_size else 1
    return tuple(int(np.random.randint(low, high + 1)) for high in largest)


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """A random place: `x_low <= x < x_high` and `y_low <= y < y_high`."""
    x, y = np.random.randint(x_low, x_high), np.random.randint(y_low, y_high)
    return int(x), int(y)


def random_sample(population: Sequence, k: int) -> list:
    """`k` different elements of a list, in random order."""
    shuffled = list(population)
    np.random.shuffle(shuffled)
    return shuffled[:k]


# ---- dense arrays


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """NumPy arrays of normally distributed numbers: a list of them, or the only one.

    >>> random_arrays((2, 3)).shape
    (2, 3)
    """
    made = [np.asarray(np.random.randn(*s), default_dtype()) for s in shapes]
    return made[0] if len(made) == 1 else made


def random_uniform_arrays(
    *shapes: tuple[int, ...], low: float = 0.0, high: float = 1.0, dtype: Any = None
) -> list[np.ndarray]:
    """NumPy arrays of numbers that lie evenly between `low` and `high` (of MXNet 1.7).

    >>> [a.shape for a in random_uniform_arrays((2, 3), (4,))]
    [(2, 3), (4,)]
    """
    dtype = dtype or default_dtype()
    return [np.asarray(np.random.uniform(low, high, s), dtype) for s in shapes]


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """The numbers 0, 1, 2, ... as an array.

    >>> create_vector(3).asnumpy()
    array([0, 1, 2])
    """
    return nd.arange(size, dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """A matrix of which each row holds its number.

    >>> create_2d_tensor(2, 3).asnumpy()
    array([[0, 0, 0],
           [1, 1, 1]])
    """
    return nd.broadcast_to(create_vector(rows, dtype).reshape((rows, 1)), shape=(rows, columns))


def rand_ndarray(
    shape: tuple[int, ...],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Callable | None = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """A random array: normally distributed numbers, or a sparse array as `rand_sparse_ndarray`
    makes it.

    >>> rand_ndarray((2, 3)).shape, rand_ndarray((2, 3), "csr").stype
    ((2, 3), 'csr')
    """
    if stype == "default":
        return nd.array(random_arrays(shape), ctx=ctx, dtype=dtype or default_dtype())
    found, _ = rand_sparse_ndarray(
        shape,
        stype,
        density=density,
        dtype=dtype,
        distribution=distribution,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
        ctx=ctx,
    )
    return found


# ---- sparse arrays


def rand_sparse_ndarray(
    shape: tuple[int, ...],
    stype: str,
    density: float | None = None,
    dtype: Any = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Any = None,
    modifier_func: Callable | None = None,
    shuffle_csr_indices: bool = False,
    ctx: Context | None = None,
) -> tuple[NDArray, tuple]:
    """A random sparse array and what it stores: (values, rows) of a row_sparse one, (indptr,
    columns, values) of a csr one.

    density              the share of elements (rows) that are stored; random when not given
    distribution         "uniform", or for csr "powerlaw": row i stores its first 2**(i + 1)
                         elements, until the density is used up
    data_init            this number in place of random ones from 0 to 1
    rsp_indices          the rows that are stored
    modifier_func        is applied to every stored value
    shuffle_csr_indices  leave the columns of a row in random order

    Raises ParameterError, a ValueError, for values that make no array.
    """
    density = np.random.rand() if density is None else density
    if not 0 <= density <= 1:
        raise ParameterError(f"density has to be between 0 and 1, and is {density}")
    dtype, ctx = dtype or default_dtype(), ctx or default_context()
    distribution = distribution or "uniform"
    known = {"row_sparse": ["uniform"], "csr": ["uniform", "powerlaw"]}
    if stype not in known:
        raise ParameterError(f"unknown storage type {stype!r}", rule=", ".join(known))
    if distribution not in known[stype]:
        raise ParameterError(f"Distribution {distribution} not supported for {stype}")
    if stype == "row_sparse":
        values, rows = _rows(shape, density, data_init, rsp_indices, modifier_func)
        values = values.astype(dtype)
        return sparse.row_sparse_array((values, rows), shape, ctx, dtype), (values, rows)
    if len(shape) != 2:
        raise ShapeError(f"a csr array has two axes, not the shape {shape}")
    make = _uniform if distribution == "uniform" else _powerlaw
    values, columns, indptr = make(*shape, density)
    if data_init is not None:
        values = np.full_like(values, data_init)
    values = assign_each(values, modifier_func)
    made = sparse.csr_matrix((values, columns, indptr), shape, ctx, dtype)
    if shuffle_csr_indices:
        made = _shuffled(made)
    return made, (made.indptr, made.indices, made.data)


def _rows(
    shape: tuple[int, ...],
    density: float,
    data_init: float | None,
    given: Any,
    modifier_func: Callable | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The values and the numbers of the stored rows."""
    if given is None:
        rows = np.flatnonzero(np.random.rand(shape[0]) < density)
    else:
        rows = np.asarray(given, "int64")
    size = (len(rows), *shape[1:])
    values = np.random.rand(*size) if data_init is None else np.full(size, data_init, "float64")
    return assign_each(values, modifier_func), rows


def _uniform(rows: int, columns: int, density: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, columns and row borders of random places."""
    count = round(density * rows * columns)
    places = np.sort(np.random.choice(rows * columns, count, replace=False))
    borders = np.searchsorted(places, np.arange(rows + 1) * columns)
    return np.random.rand(count), places % max(columns, 1), borders


def _powerlaw(rows: int, columns: int, density: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, columns and row borders: each row twice as many as the one before it."""
    total = int(rows * columns * density)
    if total < 2 * rows:
        raise ParameterError(
            f"not supported for this density: {density} for this shape ({rows}, {columns})",
            rule="num_rows * num_cols * density >= 2 * num_rows",
        )
    lengths, left = [], total - rows  # no row is empty
    for row in range(rows):
        more = min(columns - 1, 2 ** (row + 1) - 1, left)
        lengths.append(1 + more)
        left -= more
    if left:
        raise ParameterError(
            f"not supported for this density: {density} for this shape ({rows}, {columns})",
            rule=f"rows of 2, 4, 8, ... elements have {total - left} in all",
        )
    borders = np.concatenate([[0], np.cumsum(lengths)])
    values = np.empty(total)
    values[borders[:-1]] = np.random.uniform(0.001, 2, rows)  # MXNet draws these first
    rest = np.setdiff1d(np.arange(total), borders[:-1])
    values[rest] = np.random.uniform(0.001, 2, len(rest))
    return 1 + values, np.concatenate([np.arange(n) for n in lengths]), borders


def shuffle_csr_column_indices(csr: Any) -> None:
    """Put the columns of each row into random order, while the values stay where they are.

    `csr` has NumPy arrays `indices` and `indptr`, as a matrix of SciPy has.  Raises DTypeError for
    other ones: those of a CSRNDArray are copies.
    """
    if not isinstance(csr.indices, np.ndarray):
        raise DTypeError(f"csr.indices is a {type(csr.indices).__name__}", rule="a NumPy array")
    for first, last in zip(csr.indptr[:-1], csr.indptr[1:], strict=True):
        np.random.shuffle(csr.indices[first:last])


class _HostMatrix:
    """The positions of a csr array as NumPy arrays."""

    def __init__(self, csr: Any):
        self.indices, self.indptr = csr.indices.asnumpy(), csr.indptr.asnumpy()


def _shuffled(csr: Any) -> NDArray:
    host = _HostMatrix(csr)
    shuffle_csr_column_indices(host)
    parts = (csr.data.asnumpy(), host.indices, host.indptr)
    return sparse.csr_matrix(parts, csr.shape, csr.context, csr.dtype)


def create_sparse_array(
    shape: tuple[int, ...],
    stype: str,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: Any = None,
    modifier_func: Callable | None = None,
    density: float = 0.5,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """A random sparse array; see `rand_sparse_ndarray`.

    >>> create_sparse_array((3, 2), "row_sparse", data_init=2, rsp_indices=[1]).asnumpy()
    array([[0., 0.],
           [2., 2.],
           [0., 0.]], dtype=float32)
    """
    found, _ = rand_sparse_ndarray(
        shape,
        stype,
        density=density,
        dtype=dtype,
        data_init=data_init,
        rsp_indices=rsp_indices,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
    )
    return found


def create_sparse_array_zd(
    shape: tuple[int, ...],
    stype: str,
    density: float,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: Any = None,
    modifier_func: Callable | None = None,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """`create_sparse_array`, where a row_sparse array stores the rows `rsp_indices` and no others,
    whatever the density."""
    density = 0.0 if stype == "row_sparse" else density
    return create_sparse_array(
        shape, stype, data_init, rsp_indices, dtype, modifier_func, density, shuffle_csr_indices
    )


# ---- element by element


def assign_each(the_input: np.ndarray, function: Callable | None) -> np.ndarray:
    """A Python function applied to every element; a copy without one.

    >>> assign_each(np.array([1.0, 4.0]), lambda x: x / 2)
    array([0.5, 2. ])
    """
    return _each(function, the_input)


def assign_each2(input1: np.ndarray, input2: np.ndarray, function: Callable | None) -> np.ndarray:
    """A Python function of two arguments applied to all pairs of elements; a copy of the first
    array without one.

    >>> assign_each2(np.array([1.0, 4.0]), np.array([3.0, 3.0]), max)
    array([3., 4.])
    """
    return _each(function, input1, input2)


def _each(function: Callable | None, *inputs: np.ndarray) -> np.ndarray:
    first = np.asarray(inputs[0])
    if function is None or not first.size:
        return first.copy()
    found = np.frompyfunc(function, len(inputs), 1)(*inputs)
    return np.asarray(np.asarray(found, object).tolist())  # the type that holds all results
