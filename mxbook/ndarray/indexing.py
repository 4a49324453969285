"""Reading and writing parts: `x[1:3]`, `x[:, None]`, `x[[0, 2]]`, `x[0] = 1`.

A basic index (numbers, slices, None, ...) that picks out one contiguous piece of memory gives a
view: writing to it writes to the array.  Any other basic index copies.  An index with lists or
arrays is resolved by NumPy to flat positions, which `take` then reads; so every form has a
gradient.

As in MXNet 1.6 an array has at least one axis: `x[1, 2]` of a matrix has the shape `(1,)`, unless
`mx.util.np_shape` is on or the array is an `mx.np.ndarray`.  Such an array can also be indexed with
masks, arrays of True and False.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import DTypeError, IndexingError, MXNetError, ShapeError
from mxbook.base.semantics import local as semantics
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays as _arrays
from mxbook.imperative.invoke import update
from mxbook.imperative.mode import local, mode

from . import registry as F


def get(array: Any, key: Any) -> Any:
    """`array[key]`; raises IndexingError where the index does not fit."""
    key = canonical(array, key)
    for k in key:
        if type(k) is np.ndarray:
            return _advanced(array, key)
    # With an Ellipsis the library gives a view of a single element, too.
    part = _numpy_index(array, array._data, key if Ellipsis in key else (*key, ...))
    shape = part.shape or _no_axes(array)
    if local.recording and array._entry is not None:
        return _sliced(array, key, shape)
    spec = spec_of(shape, array._spec.dtype, array._spec.ctx)
    if part.flags.c_contiguous:
        origin = _arrays.origin_of("view")
        return _arrays.view(array, part.reshape(shape), spec, origin)
    if mode.plain and _arrays.idle(array) and isinstance(part, np.ndarray):  # short for `_sliced`
        origin = _arrays.origin_of("slice")
        return _arrays.wrap(part.copy(order="C").reshape(shape), spec, origin, type(array))
    return _sliced(array, key, shape)


def _no_axes(array: Any) -> tuple[int, ...]:
    """The shape of a single element of the array."""
    return () if semantics.np_shape or _is_numpy(array) else (1,)


def _is_numpy(array: Any) -> bool:
    return _arrays.numpy_class is not None and isinstance(array, _arrays.numpy_class)


def put(array: Any, key: Any, value: Any) -> None:
    """`array[key] = value`, where the value is a number or anything that can be stretched to
    fit."""
    key = canonical(array, key)
    whole = all(isinstance(k, slice) and k == slice(None) for k in key)
    if whole and isinstance(value, _arrays.array_class):
        _fill(array, value)
        return
    if whole and len(key) == 1 and type(value) in (int, float):
        update(array, lambda target: target.__setitem__(..., value), "_slice_assign")
        return
    shape = _numpy_index(array, _shadow(array.shape), key).shape
    source, reads = _source(array, value, shape)
    host_key = tuple(_placed(array, k) for k in key)

    def write(target: Any) -> None:
        target[host_key] = source

    update(array, write, "_slice_assign", reads)


def canonical(array: Any, key: Any) -> tuple:
    """The index as a tuple of numbers, slices, None, Ellipsis and NumPy arrays of int64."""
    items = key if isinstance(key, tuple) else (key,)
    if not _is_numpy(array):
        return tuple([_item(k) for k in items])
    found: list = []
    for k in items:
        mask = _mask(k)
        found += [_item(k)] if mask is None else mask.nonzero()
    return tuple(found)


def _mask(k: Any) -> np.ndarray | None:
    """The part of an index as a mask, if it is one."""
    if isinstance(k, _arrays.array_class) and k._spec.dtype.kind == "b":
        return k.asnumpy()
    if isinstance(k, list | np.ndarray):
        k = np.asarray(k)
        return k if k.dtype.kind == "b" and k.ndim else None
    return None


def _item(k: Any) -> Any:
    if type(k) is int or k is None or k is Ellipsis:
        return k
    if isinstance(k, slice):
        return _integers(k)
    if isinstance(k, int | np.integer) and not isinstance(k, bool):
        return int(k)
    if isinstance(k, _arrays.array_class):
        k = k.asnumpy()
    elif isinstance(k, list | tuple | range):
        k = np.array([i.asscalar() if hasattr(i, "asscalar") else i for i in k] if k else [], int)
    if isinstance(k, np.ndarray) and k.dtype.kind in "iuf":
        return k.astype(np.int64)
    raise IndexingError(
        f"an array cannot be indexed with a {type(k).__name__}",
        rule="whole numbers, slices, None, ..., lists, and arrays of positions",
    )


def _integers(k: slice) -> slice:
    parts = (k.start, k.stop, k.step)
    for p in parts:
        if p is not None and type(p) is not int:
            return slice(*[p if p is None else int(p) for p in parts])
    return k


def _shadow(shape: tuple[int, ...]) -> np.ndarray:
    """An array of this shape that needs no memory; NumPy tells what an index does to it."""
    return np.broadcast_to(np.int8(0), shape)


def _numpy_index(array: Any, target: np.ndarray, key: tuple) -> np.ndarray:
    try:
        return target[key]
    except IndexError as error:
        raise IndexingError(
            f"the index does not fit an array of shape {shapes.text(array.shape)}", rule=str(error)
        ) from None


def _sliced(array: Any, key: tuple, shape: tuple[int, ...]) -> Any:
    """A basic index as operators: `slice`, then `Reshape` where axes come or go."""
    begin, end, step = [], [], []
    axes = [k for k in indexing_key_expand_implicit_axes(key, array.shape) if k is not None]
    for k, length in zip(axes, array.shape, strict=False):
        if isinstance(k, int):
            at = k % length
            k = slice(at, at + 1)
        begin.append(k.start)
        end.append(k.stop)
        step.append(k.step)
    part = F.slice(array, begin=tuple(begin), end=tuple(end), step=tuple(step)) if begin else array
    return part if part.shape == shape else F._np_reshape(part, newshape=shape)


def indexing_key_expand_implicit_axes(key: Any, shape: tuple[int, ...]) -> tuple:
    """The index with a slice for every axis that it does not speak about.

    >>> indexing_key_expand_implicit_axes((0, ..., None), (2, 3, 4))
    (0, slice(None, None, None), slice(None, None, None), None)

    Raises IndexingError for more than one Ellipsis.  Source: MXNet 1.6, `mx.nd`.
    """
    key = key if isinstance(key, tuple) else (key,)
    dots = [i for i, k in enumerate(key) if k is Ellipsis]
    if len(dots) > 1:
        raise IndexingError("the index has more than one Ellipsis", rule="`...` once at most")
    at = dots[0] if dots else len(key)
    spoken = sum(k is not None and k is not Ellipsis for k in key)
    return (*key[:at], *(slice(None),) * (len(shape) - spoken), *key[at + 1 :])


def get_indexing_dispatch_code(key: tuple) -> int:
    """How MXNet reads an index without Ellipsis: 0 (basic) by slices, 1 (advanced) by `gather_nd`.

    >>> get_indexing_dispatch_code((slice(2), None, 0)), get_indexing_dispatch_code(([0, 2], 0))
    (0, 1)

    Raises IndexingError for what cannot be in an index.  Source: MXNet 1.6, `mx.nd`.
    """
    code = 0
    for k in key:
        if isinstance(k, _arrays.array_class | np.ndarray | list | tuple | range):
            if getattr(k, "dtype", None) in (bool, np.bool_):
                raise IndexingError("a mask stands alone in an index, not among others")
            code = 1
        elif k is not None and not isinstance(k, int | np.int32 | np.int64 | slice):
            raise IndexingError(
                f"an array cannot be indexed with a {type(k).__name__}",
                rule="whole numbers, slices, None, lists, and arrays of positions",
            )
    return code


def get_oshape_of_gather_nd_op(dshape: tuple[int, ...], ishape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of `gather_nd(data, indices)` for the shapes of both.

    >>> get_oshape_of_gather_nd_op((3, 4, 5), (2, 7))
    (7, 5)

    Source: MXNet 1.6, `mx.nd`.
    """
    return (*ishape[1:], *dshape[ishape[0] :])


def _advanced(array: Any, key: tuple) -> Any:
    """An index with arrays: flat positions over the axes the index speaks about, then `take`."""
    spoken = sum(k is not None for k in key)
    lead = array.ndim if Ellipsis in _plain(key) else min(spoken, array.ndim)
    head, tail = array.shape[:lead], array.shape[lead:]
    count = shapes.size(head)
    positions = _numpy_index(array, np.arange(count).reshape(head), key)
    rows = F._np_reshape(array, newshape=(count, *tail)) if lead > 1 else array
    index = _arrays.from_host(positions.reshape(-1), array.context)
    taken = F.take(rows, index, axis=0)
    shape = positions.shape + tail or _no_axes(array)
    return taken if taken.shape == shape else F._np_reshape(taken, newshape=shape)


def _plain(key: tuple) -> list:
    """The parts of an index that can be compared (arrays compare element by element)."""
    return [k for k in key if not isinstance(k, np.ndarray)]


def _fill(array: Any, value: Any) -> None:
    """`array[:] = value` for an array: recorded as a copy."""
    if value is array:
        return
    if value.context != array.context:
        value = value.as_in_context(array.context)
    if value._spec.dtype != array._spec.dtype:
        value = value.astype(array.dtype)
    if value.shape != array.shape:
        value = value.broadcast_to(array.shape)
    F._copyto(value, out=array)


def _source(array: Any, value: Any, shape: tuple[int, ...]) -> tuple[Any, tuple]:
    """The raw value to write, and the arrays it comes from."""
    if isinstance(value, _arrays.array_class):
        if local.recording and value._entry is not None:
            raise MXNetError(
                "writing a recorded array into a part of another one cannot be recorded",
                rule="while recording, only `x[:] = y` may write a whole array",
                hint="build the array with concat, stack or where; or detach the value",
            )
        value = value.as_in_context(array.context)
        return _fitted(value._data, shape, value.shape), (value,)
    if not isinstance(value, int | float | np.generic):
        value = np.asarray(value)
        if value.dtype.kind not in "biuf":
            raise DTypeError(f"an array of {value.dtype} cannot be written into an NDArray")
        return _placed(array, _fitted(value, shape, value.shape)), ()
    return value, ()


def _fitted(data: Any, shape: tuple[int, ...], from_shape: tuple[int, ...]) -> Any:
    """The data without leading axes of length 1 that the target lacks; ShapeError if it cannot
    fit."""
    while len(from_shape) > len(shape) and from_shape[0] == 1:
        data, from_shape = data.reshape(from_shape[1:]), from_shape[1:]
    pairs = zip(reversed(from_shape), reversed(shape), strict=False)
    if len(from_shape) > len(shape) or any(a not in (1, b) for a, b in pairs):
        raise ShapeError(
            f"a value of shape {shapes.text(from_shape)} does not fit",
            rule=f"it must be stretchable to {shapes.text(shape)}, the shape of the part written",
        )
    return data


def _placed(array: Any, k: Any) -> Any:
    """Host data where the array lives; everything else unchanged."""
    if isinstance(k, np.ndarray):
        from mxbook.backend import module_for

        return module_for(array.context).to_device(k, array.context)
    return k
