"""Making arrays: from data, or filled."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook.base.context import Context, context_of, current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays as _arrays

from . import registry as F
from .ndarray import NDArray


def _shape(shape: Any) -> tuple[int, ...]:
    if type(shape) is tuple and all(type(d) is int and d >= 0 for d in shape):
        return shape
    found = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if not all(isinstance(d, int | np.integer) and d >= 0 for d in found):
        raise ShapeError(f"{shape!r} is not a shape", rule="a tuple of whole numbers, not negative")
    return tuple(int(d) for d in found)


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array with the values of a list, a NumPy array, an NDArray or a number.

    The element type is float32, except that an NDArray keeps its own; `dtype` decides otherwise.
    Raises DTypeError for what is not numeric.

    >>> array([[1, 2], [3, 4]]).shape
    (2, 2)

    Source: MXNet 1.6, `mx.nd.array`.
    """
    if isinstance(source_array, NDArray):
        if source_array.stype != "default":
            from . import sparse_ndarray

            return sparse_ndarray.array(source_array, ctx, dtype)
        kept = source_array.dtype if dtype is None else dtype
        host = source_array.asnumpy()
    else:
        kept = np.float32 if dtype is None else dtype
        try:
            host = np.asarray(source_array)
        except ValueError as error:
            raise DTypeError("the nested lists have different lengths", rule=str(error)) from None
        if host.dtype.kind not in "biuf":
            host = _numeric(host, source_array)
    return _arrays.from_host(host.astype(as_dtype(kept), copy=False), context_of(ctx))


def _numeric(host: np.ndarray, source: Any) -> np.ndarray:
    """Values NumPy does not see as numbers at once: lists of NDArrays of one element, and the
    like."""
    try:
        if host.dtype.kind == "O":
            return np.array([np.asarray(i, float) for i in source])
        return host.astype(float)
    except (TypeError, ValueError):
        raise DTypeError(
            f"an NDArray cannot hold {host.dtype} values", rule="numbers or nested lists of numbers"
        ) from None


def empty(
    shape, ctx: Context | None = None, dtype: Any = None, stype: str | None = None
) -> NDArray:
    """An array whose values are not set.

    >>> empty((2, 3)).shape
    (2, 3)
    """
    if stype not in (None, "default"):
        from . import sparse_ndarray

        return sparse_ndarray.empty(stype, shape, ctx, dtype)
    spec = spec_of(_shape(shape), as_dtype(dtype), context_of(ctx))
    return _arrays.wrap(_arrays.empty(spec), spec, _arrays.origin_of("empty"))


def zeros(shape, ctx=None, dtype=None, stype: str | None = None, **kwargs: Any) -> NDArray:
    """An array of zeros.

    >>> zeros((1, 2)).asnumpy()
    array([[0., 0.]], dtype=float32)
    """
    if stype not in (None, "default"):
        from . import sparse_ndarray

        return sparse_ndarray.zeros(stype, shape, ctx, dtype, **kwargs)
    return F._zeros(shape=_shape(shape), ctx=_place(ctx), dtype=as_dtype(dtype), **kwargs)


def ones(shape, ctx=None, dtype=None, **kwargs: Any) -> NDArray:
    """An array of ones.

    >>> ones(2, dtype="int32").asnumpy()
    array([1, 1], dtype=int32)
    """
    return F._ones(shape=_shape(shape), ctx=_place(ctx), dtype=as_dtype(dtype), **kwargs)


def _place(ctx: Context | str | None) -> str:
    return str(ctx or current_context())


def full(
    shape, val: float, ctx=None, dtype: Any = np.float32, out: NDArray | None = None
) -> NDArray:
    """An array with the same value everywhere.

    >>> full((1, 2), 8).asnumpy()
    array([[8., 8.]], dtype=float32)
    """
    if out is None and isinstance(val, int | float | np.number):
        return F._full(
            shape=_shape(shape), ctx=_place(ctx), dtype=as_dtype(dtype), value=float(val)
        )
    target = empty(shape, ctx, dtype) if out is None else out
    target[:] = val
    return target


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Evenly spaced numbers from `start` (0 when only one is given) to below `stop`.

    >>> arange(2, 4, 0.5, repeat=2).asnumpy()
    array([2. , 2. , 2.5, 2.5, 3. , 3. , 3.5, 3.5], dtype=float32)
    """
    if infer_range:
        raise ParameterError("infer_range needs a symbol", rule="mx.sym.arange(infer_range=True)")
    if stop is None:
        start, stop = 0, start
    return F._arange(
        start=start, stop=stop, step=step, repeat=repeat, ctx=_place(ctx), dtype=as_dtype(dtype)
    )


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """`num` evenly spaced numbers from `start` to `stop`.

    >>> linspace(0, 1, 3).asnumpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return F._linspace(
        start=start, stop=stop, num=num, endpoint=endpoint, ctx=_place(ctx), dtype=as_dtype(dtype)
    )


def eye(N: int, M: int = 0, k: int = 0, ctx=None, dtype=None, **kwargs: Any) -> NDArray:
    """Ones on the `k`-th diagonal of an N by M matrix (square when M is 0), zeros elsewhere.

    >>> eye(2).asnumpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    return F._eye(N=N, M=M, k=k, ctx=_place(ctx), dtype=as_dtype(dtype), **kwargs)


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True) -> NDArray:
    """An array over the memory of a NumPy array in C order; with `zero_copy` nothing is copied.

    As in MXNet the NumPy array then becomes read-only, so that the two cannot change each other.

    >>> from_numpy(np.zeros((2, 3), "float32")).shape
    (2, 3)
    """
    if not zero_copy:
        return array(ndarray, dtype=ndarray.dtype)
    if not ndarray.flags.c_contiguous:
        raise ShapeError("from_numpy needs an array in C order", hint="np.ascontiguousarray(...)")
    view = ndarray.view()
    ndarray.flags.writeable = False
    spec = spec_of(ndarray.shape, as_dtype(ndarray.dtype), Context("cpu", 0))
    return _arrays.wrap(view, spec, _arrays.origin_of("from_numpy", "host"))


def from_dlpack(dlpack: Any) -> NDArray:
    """An array over memory that another library exports through DLPack (`__dlpack__`)."""
    return from_numpy(np.from_dlpack(dlpack))


def to_dlpack_for_read(data: NDArray) -> Any:
    """A DLPack capsule of the array's memory, for reading; waits for its value."""
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """A DLPack capsule of the array's memory, for writing; waits until nobody uses it."""
    return data.to_dlpack_for_write()


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays put one after the other along an axis.

    >>> concatenate([ones((1, 2)), zeros((1, 2))]).shape
    (2, 2)
    """
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return F.Concat(*arrays, dim=axis)


def moveaxis(tensor: NDArray, source, destination) -> NDArray:
    """The array with axes moved to other places; the order of the others stays.

    >>> moveaxis(zeros((1, 2, 3)), 0, 1).shape
    (2, 1, 3)
    """
    # The "lengths" of this array, which needs no memory, are the numbers of its axes.
    numbered = np.broadcast_to(np.int8(0), tuple(range(tensor.ndim)))
    try:
        order = np.moveaxis(numbered, source, destination).shape
    except (ValueError, TypeError) as error:
        raise ShapeError("the axes cannot be moved", rule=str(error)) from None
    return F.transpose(tensor, axes=order)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """One-hot rows of `indices` written into `out`, whose second axis gives the depth.

    >>> onehot_encode(array([1, 0]), zeros((2, 2))).asnumpy()
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    return F.one_hot(indices, depth=out.shape[1], dtype=as_dtype(out.dtype).name, out=out)


def set_value(src: float, out: NDArray) -> NDArray:
    """Overwrite all elements with one number; `out[:] = src`, as old programs write it.

    >>> set_value(1.5, out=zeros(2)).asnumpy()
    array([1.5, 1.5], dtype=float32)
    """
    out[:] = src
    return out


def split_v2(ary: NDArray, indices_or_sections, axis: int = 0, squeeze_axis: bool = False):
    """An array cut into equal parts (a number) or at given positions (a tuple), along an axis.

    >>> [a.shape for a in split_v2(zeros((4, 2)), (1, 3))]
    [(1, 2), (2, 2), (1, 2)]
    """
    if isinstance(indices_or_sections, int):
        sections, indices = indices_or_sections, ()
        if ary.shape[axis] % sections:
            raise ShapeError(
                f"an axis of length {ary.shape[axis]} cannot be cut into {sections} equal parts"
            )
    else:
        sections, indices = 0, (0, *indices_or_sections)
    return F._split_v2(
        ary, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections
    )
