"""Functions with rules of their own: making device arrays, reading them, asking about them."""

import numpy as np

from .core import SCALARS, checked_dtype, host_value, ndarray, operand, unwrap, wrap


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0):
    """A device array from host data, or a copy of a device array on the current device."""
    if isinstance(obj, ndarray):
        found = np.array(obj._host, dtype, order=order, ndmin=ndmin)
    else:
        found = np.array(_host_data(obj), dtype, order=order, ndmin=ndmin)
    return wrap(found)


def asarray(a, dtype=None, order=None, blocking=False):
    """A device array: `a` itself where it is one of this kind, a transfer or a copy otherwise."""
    if isinstance(a, ndarray):
        found = np.asarray(unwrap(a), dtype, order=order or "K")
        return a if found is a._host else wrap(found)
    return wrap(np.array(_host_data(a), dtype, order=order or "K"))


asanyarray = asarray


def _host_data(obj):
    """Numbers, NumPy arrays and nested lists of them; device arrays inside lists are refused."""
    if isinstance(obj, list | tuple):
        if any(isinstance(o, ndarray) for o in obj):
            raise TypeError("a list of device arrays: use cupy.stack")
        return [_host_data(o) for o in obj]
    if not isinstance(obj, (np.ndarray, range, *SCALARS)):
        raise TypeError(f"Unsupported type {type(obj)}")
    return obj


def ascontiguousarray(a, dtype=None):
    """The array in C order, with at least one axis."""
    return wrap(np.ascontiguousarray(unwrap(a), dtype))


def asfortranarray(a, dtype=None):
    """The array in Fortran order."""
    return wrap(np.asfortranarray(unwrap(a), dtype))


def copy(a, order="K"):
    """A copy on the current device."""
    return a.copy(order)


def asnumpy(a, stream=None, order="C", out=None, blocking=True):
    """A NumPy array with the values of a device array (or of anything else)."""
    if isinstance(a, ndarray):
        return a.get(stream=stream, order=order, out=out, blocking=blocking)
    return np.asarray(a, order=order)


def copyto(dst, src, casting="same_kind", where=None):
    """Overwrite an array with the values of another one or with a number."""
    source = operand(src, dst)
    mask = True if where is None else operand(where)
    np.copyto(unwrap(dst), source, casting, where=mask)


def arange(start, stop=None, step=1, dtype=None):
    """Evenly spaced numbers."""
    for value in (start, stop, step):
        if isinstance(value, ndarray):
            raise TypeError("arange needs numbers, not device arrays")
        host_value(value, "an argument of arange")
    dtype = None if dtype is None else checked_dtype(dtype)
    if stop is None:
        start, stop = 0, start
    return wrap(np.arange(start, stop, step, dtype))


def result_type(*arrays_and_dtypes):
    """The type in which arrays, numbers and types go together."""
    parts = [unwrap(a) if isinstance(a, ndarray) else host_value(a, "a") for a in arrays_and_dtypes]
    return np.result_type(*parts)


def ndim(a) -> int:
    """Number of axes."""
    return unwrap(a).ndim


def shape(a) -> tuple[int, ...]:
    """Length along each axis."""
    return unwrap(a).shape


def size(a, axis=None) -> int:
    """Number of elements, or the length along an axis."""
    return np.size(unwrap(a), axis)


def may_share_memory(a, b, max_work=None) -> bool:
    """Whether two arrays may lie on the same memory."""
    return np.may_share_memory(unwrap(a), unwrap(b))


def shares_memory(a, b, max_work=None) -> bool:
    """Whether two arrays lie on the same memory."""
    return np.shares_memory(unwrap(a), unwrap(b))
