"""The strict array: wraps a NumPy array, and lets nothing pass between host and device unasked."""

from types import SimpleNamespace

import numpy as np

from . import cuda

SCALARS = (bool, int, float, complex, np.generic)
KINDS = "biufc"  # CuPy has neither objects nor texts


class ndarray:  # CuPy's name
    """A device array.  Every use as a NumPy array is an error, as is mixing with one."""

    __slots__ = ("__weakref__", "_host")
    __array_ufunc__ = None  # NumPy's functions refuse it; `numpy_scalar + array` comes to us
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, shape, dtype=float):
        self._host = np.empty(shape, dtype)
        cuda.home_of(self._host)

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Use `.get()`.")

    def __array_function__(self, func, types, args, kwargs):
        raise TypeError(f"numpy.{func.__name__} was called on a device array")

    # ---- what it is

    @property
    def device(self):
        return cuda.Device(cuda.home_of(self._host))

    @property
    def base(self):
        return None if self._host.base is None else wrap(self._host.base)

    @property
    def flags(self):
        names = ("c_contiguous", "f_contiguous", "owndata", "fnc", "forc")
        return SimpleNamespace(**{n: getattr(self._host.flags, n) for n in names})

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        if self._host.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        return repr(self._host)

    def __str__(self):
        return str(self._host)

    # ---- to the host, explicitly

    def get(self, stream=None, order="C", out=None, blocking=True):
        if out is None:
            return np.array(self._host, order=order)
        out[...] = self._host
        return out

    def set(self, arr, stream=None):
        if not isinstance(arr, np.ndarray) or arr.dtype != self.dtype or arr.shape != self.shape:
            raise TypeError("set needs a NumPy array of the same shape and type")
        self._host[...] = arr

    def item(self, *args):
        return self._host.item(*args)

    def tolist(self):
        return self._host.tolist()

    def tobytes(self, order="C"):
        return self._host.tobytes(order)

    def __bool__(self):
        return bool(self._host)

    def __int__(self):
        return int(self._host)

    def __float__(self):
        return float(self._host)

    def __complex__(self):
        return complex(self._host)

    def __index__(self):
        return self._host.__index__()

    # ---- parts

    def __getitem__(self, key):
        return wrap(self._host[index_of(self, key)])

    def __setitem__(self, key, value):
        source = operand(value, self)
        key = index_of(self, key)
        refuse_race(self._host, key, source)
        self._host[key] = source

    # ---- shape

    @property
    def T(self):
        return wrap(self._host.T)

    def transpose(self, *axes):
        return wrap(self._host.transpose(*axes))

    def reshape(self, *shape, order="C"):
        return wrap(self._host.reshape(*shape, order=order))

    def view(self, dtype=None):
        return wrap(self._host.view(self.dtype if dtype is None else checked_dtype(dtype)))

    # ---- copies; `copy` also brings an array to the current device

    def copy(self, order="C"):
        return wrap(self._host.copy(order))

    __copy__ = copy

    def __deepcopy__(self, memo):
        return self.copy()

    def astype(self, dtype, order="K", casting=None, copy=True):
        dtype = checked_dtype(dtype)
        if not copy and dtype == self._host.dtype:
            return self
        unwrap(self)  # on the current device?
        with np.errstate(all="ignore"):  # a device does not warn
            return wrap(self._host.astype(dtype, order, casting or "unsafe", copy=True))


def _forward(name: str) -> None:
    setattr(ndarray, name, property(lambda self: getattr(self._host, name)))


for _name in ("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides"):
    _forward(_name)


def wrap(value):
    """What a NumPy function returned as device arrays; numbers become arrays without axes."""
    if isinstance(value, np.ndarray):
        checked_dtype(value.dtype)
        array = ndarray.__new__(ndarray)
        array._host = value
        cuda.home_of(value)
        return array
    if isinstance(value, bool | int | float | complex | np.generic):
        return wrap(np.array(value))
    if isinstance(value, tuple):
        return tuple(map(wrap, value))
    if isinstance(value, list):
        return [wrap(v) for v in value]
    return value


def unwrap(array, what="array"):
    """The NumPy array inside; TypeError for anything else, ValueError on another device."""
    if not isinstance(array, ndarray):
        raise TypeError(f"Unsupported type {type(array)} as {what}: a cupy.ndarray is needed")
    device = cuda.home_of(array._host)
    if device != cuda.current_device():
        raise ValueError(
            "Array device must be same as the current device: "
            f"array device = {device} while current = {cuda.current_device()}"
        )
    return array._host


def operand(value, *others):
    """A device array or a number as an operand of `others`; anything else is a TypeError.

    A NumPy number must not change the type of the result: CuPy 13 follows its value, NumPy 2 its
    type, so the two disagree there.
    """
    if not isinstance(value, SCALARS):
        return unwrap(value, "operand")
    dtypes = [o.dtype for o in others if isinstance(o, ndarray | np.ndarray)]
    if isinstance(value, np.generic) and dtypes:
        as_type = np.result_type(*dtypes, value.dtype)
        as_value = np.result_type(*dtypes, value.item())
        if as_type != as_value:
            raise TypeError(
                f"a numpy.{value.dtype} beside arrays of {dtypes}: CuPy gives {as_value}, "
                f"NumPy {as_type}; use a Python number"
            )
    return value


def host_value(value, what):
    """An argument that is no array (an axis, a shape, a mode); NumPy arrays are refused in it."""
    if isinstance(value, np.ndarray):
        raise TypeError(f"a NumPy array as {what} in a CuPy function")
    if isinstance(value, list | tuple):
        for v in value:
            host_value(v, what)
    return value


def checked_dtype(dtype):
    """A dtype that CuPy has."""
    dtype = np.dtype(dtype)
    if dtype.kind not in KINDS or dtype.itemsize > 16 or dtype.name in ("longdouble", "float128"):
        raise ValueError(f"Unsupported dtype {dtype}")
    return dtype


def index_of(array, key):
    """An index with device arrays taken apart.

    CuPy does not notice positions outside the array but wraps them around; NumPy, which does the
    work here, raises IndexError, and so do we.
    """
    unwrap(array)
    if isinstance(key, tuple):
        return tuple(_one_index(k) for k in key)
    return _one_index(key)


def _one_index(k):
    if isinstance(k, ndarray):
        return unwrap(k, "index")
    if isinstance(k, np.ndarray):
        raise IndexError("a device array cannot be indexed with a NumPy array")
    return k


def refuse_race(target, key, source) -> None:
    """Writing different values to one position: which of them stays depends on timing in CuPy."""
    keys = key if isinstance(key, tuple) else (key,)
    if np.size(source) < 2 or not any(isinstance(k, np.ndarray | list) for k in keys):
        return
    positions = np.arange(target.size).reshape(target.shape)[key].ravel()
    before = target.copy()
    forward, backward = before.copy(), before.copy()
    values = np.broadcast_to(source, target[key].shape).ravel()
    forward.ravel()[positions] = values
    backward.ravel()[positions[::-1]] = values[::-1]
    if not np.array_equal(forward, backward, equal_nan=target.dtype.kind in "fc"):
        raise ValueError("different values for one position: the result depends on timing in CuPy")
