"""`mx.np.ndarray`: MXNet's array with NumPy's semantics."""

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.context import Context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.imperative import arrays as _arrays
from mxbook.imperative.mode import local
from mxbook.ndarray import registry as _legacy
from mxbook.ndarray.ndarray import NDArray

from . import registry as F


class ndarray(NDArray):  # noqa: N801 - NumPy's name
    """An array with NumPy's semantics: numbers have no axes, comparisons give True and False.

    Made by `mx.np.array` and the other functions of `mx.np`; `x.as_nd_ndarray()` and
    `y.as_np_ndarray()` are the same memory seen as the other kind.

    >>> import mxbook as mx
    >>> x = mx.np.array([[1, 2], [3, 4]])
    >>> x[0, 0].shape, x[x > 2]
    ((), array([3., 4.]))

    Source: MXNet 1.6, `mxnet.numpy.ndarray`.
    """

    __slots__ = ()

    # ---- what it is

    @property
    def T(self) -> "ndarray":  # noqa: N802 - NumPy's name
        """The array with its axes in reverse order."""
        return self.transpose()

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over an array without axes")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError("The truth value of an ndarray with multiple elements is ambiguous.")
        return builtins.bool(self.size) and builtins.bool(self.item())

    __nonzero__ = __bool__

    def __hash__(self) -> int:
        return id(self) // 16

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __repr__(self) -> str:
        text = repr(self.asnumpy())
        dtype = self._spec.dtype
        if "dtype=" in text and dtype == np.float32:
            text = text[: text.rindex("dtype=")].rstrip(", \n") + ")"
        elif "dtype=" not in text and dtype.name not in ("float32", "bool"):
            text = f"{text[:-1]}, dtype={dtype.name})"
        gpu = self.context.device_type == "gpu"
        return f"{text[:-1]}, ctx={self.context})" if gpu else text

    def __str__(self) -> str:
        text = str(self.asnumpy())
        return f"{text} @{self.context}" if self.context.device_type == "gpu" else text

    # ---- NumPy's functions on it

    def __array_function__(self, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        from mxbook.numpy_dispatch_protocol import call_function

        return call_function(func, types, args, kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from mxbook.numpy_dispatch_protocol import call_ufunc

        return call_ufunc(ufunc, method, inputs, kwargs)

    # ---- the two kinds of arrays

    def as_nd_ndarray(self) -> NDArray:
        """The same memory as an NDArray."""
        return _arrays.as_class(self, NDArray)

    def as_np_ndarray(self) -> "ndarray":
        """Itself."""
        return self

    @property
    def grad(self) -> "ndarray | None":
        """The array that `backward` puts the gradient into, or None without `attach_grad`."""
        found = NDArray.grad.fget(self)  # type: ignore[attr-defined]
        return None if found is None else _arrays.as_class(found, ndarray)

    def attach_grad(self, grad_req: str = "write") -> None:
        """Give the array a gradient: see `NDArray.attach_grad`."""
        NDArray.attach_grad(self, grad_req)

    def backward(self, out_grad=None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of this array for all arrays with `attach_grad`."""
        NDArray.backward(self, out_grad, retain_graph, train_mode)

    # ---- values and copies

    def item(self, *args: Any) -> Any:
        """An element as a Python number; which one, if there is more than one.

        Raises ValueError where that is not said.
        """
        return self.asnumpy().item(*args)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.asnumpy().tolist()

    def copy(self, order: str = "C") -> "ndarray":
        """A copy on the same device."""
        _only_c(order)
        return F._np_copy(self)

    def copyto(self, other: Any) -> Any:
        """Copy into another array, or to a new one on a device; returns it."""
        if isinstance(other, ndarray) and other.shape != self.shape:
            return NDArray.copyto(self.broadcast_to(other.shape), other)
        return NDArray.copyto(self, other)

    def astype(self, dtype: Any, **kwargs: Any) -> "ndarray":
        """The values in another element type; with `copy=False` itself where the type is right.

        `order`, `casting` and `subok` are taken with the values that change nothing.
        """
        usual = {"order": ("K", "C"), "casting": ("unsafe",), "subok": (True,)}
        for name, value in kwargs.items():
            if name != "copy" and value not in usual.get(name, ()):
                raise ParameterError(f"astype: {name}={value!r} is not supported")
        wanted = as_dtype(builtins.float if dtype is None else dtype)
        if not kwargs.get("copy", True) and wanted == self._spec.dtype:
            return self
        if wanted == np.bool_:
            return F._npi_not_equal_scalar(self, scalar=0.0)
        return F._npi_cast(self, dtype=wanted.name)

    def as_in_context(self, context: Context) -> "ndarray":
        """Itself when it is on this device already, otherwise a copy there."""
        return NDArray.as_in_context(self, context)

    as_in_ctx = as_in_context

    # ---- shape

    def reshape(self, *args: Any, **kwargs: Any) -> "ndarray":
        """The same elements in another shape; one length may be -1.  See `mx.np.reshape`."""
        if not args and "newshape" in kwargs:
            args = (kwargs.pop("newshape"),)
        order = kwargs.pop("order", "C")
        if kwargs:
            raise TypeError(f"reshape got unknown arguments {', '.join(kwargs)}")
        shape = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
        _only_c(order)
        if local.recording and self._entry is not None:
            return F._np_reshape(self, newshape=tuple(shape))
        target = _complete(tuple(int(n) for n in shape), self.shape)
        return self._view(self._data.reshape(target), target)

    def reshape_view(self, *shape: Any, **kwargs: Any) -> "ndarray":
        """The same memory in another shape, by the codes of `NDArray.reshape`."""
        return _arrays.as_class(
            NDArray.reshape(_arrays.as_class(self, NDArray), *shape, **kwargs), ndarray
        )

    def transpose(self, *axes: Any) -> "ndarray":
        """The axes in another order, reversed when none is given."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)):
            axes = axes[0]
        return F._np_transpose(self, axes=tuple(axes) if axes else None)

    def flatten(self, order: str = "C") -> "ndarray":
        """A copy with one axis."""
        _only_c(order)
        return F._np_reshape(self, newshape=(-1,) if self.size else (0,))

    def squeeze(self, axis: Any = None) -> "ndarray":
        """The array without axes of length 1, or without those given."""
        return F._np_squeeze(self, axis=axis)

    def swapaxes(self, axis1: int, axis2: int) -> "ndarray":
        """Two axes in each other's place."""
        return F._npi_swapaxes(self, dim1=axis1, dim2=axis2)

    def broadcast_to(self, shape: Any) -> "ndarray":
        """The array stretched to a shape."""
        return F._np_broadcast_to(self, shape=shape)

    def repeat(self, repeats: int, axis: int | None = None) -> "ndarray":
        """Each element (or part along an axis) several times."""
        return F._np_repeat(self, repeats=repeats, axis=axis)

    # ---- sums and the like

    def sum(self, axis=None, dtype=None, out=None, keepdims=False) -> "ndarray":
        """The sum over axes."""
        return F._np_sum(self, axis=axis, dtype=dtype, keepdims=keepdims, out=out)

    def prod(self, axis=None, dtype=None, out=None, keepdims=False) -> "ndarray":
        """The product over axes."""
        return F._np_prod(self, axis=axis, dtype=dtype, keepdims=keepdims, out=out)

    def mean(self, axis=None, dtype=None, out=None, keepdims=False) -> "ndarray":
        """The mean over axes."""
        return F._npi_mean(self, axis=axis, dtype=dtype, keepdims=keepdims, out=out)

    def std(self, axis=None, dtype=None, out=None, ddof=0, keepdims=False) -> "ndarray":
        """The standard deviation over axes."""
        return F._npi_std(self, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, out=out)

    def var(self, axis=None, dtype=None, out=None, ddof=0, keepdims=False) -> "ndarray":
        """The variance over axes."""
        return F._npi_var(self, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, out=out)

    def max(self, axis=None, out=None, keepdims=False) -> "ndarray":
        """The largest element over axes."""
        return F._np_max(self, axis=axis, keepdims=keepdims, out=out)

    def min(self, axis=None, out=None, keepdims=False) -> "ndarray":
        """The smallest element over axes."""
        return F._np_min(self, axis=axis, keepdims=keepdims, out=out)

    def all(self, axis=None, out=None, keepdims=False) -> "ndarray":
        """Whether all elements over axes are different from 0."""
        return F._np_min(self.astype("bool"), axis=axis, keepdims=keepdims, out=out)

    def any(self, axis=None, out=None, keepdims=False) -> "ndarray":
        """Whether some element over axes is different from 0."""
        return F._np_max(self.astype("bool"), axis=axis, keepdims=keepdims, out=out)

    def cumsum(self, axis=None, dtype=None, out=None) -> "ndarray":
        """Sums of the first elements."""
        return F._np_cumsum(self, axis=axis, dtype=dtype, out=out)

    def argmax(self, axis=None, out=None) -> "ndarray":
        """The position of the largest element."""
        return F._npi_argmax(self, axis=axis, out=out)

    def argmin(self, axis=None, out=None) -> "ndarray":
        """The position of the smallest element."""
        return F._npi_argmin(self, axis=axis, out=out)

    def clip(self, min=None, max=None, out=None) -> "ndarray":
        """The elements within limits."""
        from .elementwise import clip

        return clip(self, min, max, out)

    def dot(self, b: "ndarray", out=None) -> "ndarray":
        """The product with another array; see `mx.np.dot`."""
        return F._np_dot(self, b, out=out)

    def take(self, indices: "ndarray", axis=None, mode: str = "raise") -> "ndarray":
        """Elements (or parts along an axis) by position."""
        from .choosing import take

        return take(self, indices, axis, mode)

    def nonzero(self) -> tuple:
        """The positions of the elements that are not 0, one array for each axis."""
        from .choosing import nonzero

        return nonzero(self)


def _complete(shape: tuple[int, ...], old: tuple[int, ...]) -> tuple[int, ...]:
    """A shape whose -1, if it has one, is known."""
    try:
        return np.broadcast_to(np.int8(0), old).reshape(shape).shape
    except ValueError as error:
        raise ShapeError(
            f"an array of shape {old} cannot become {shape}", rule=str(error)
        ) from None


def _only_c(order: str) -> None:
    if order not in ("C", "K", "A"):
        raise ParameterError(f"order={order!r} is not supported", rule="only C order")


# Methods of NDArray that `mx.np.ndarray` does not have, as in MXNet.
REFUSED = """
    abs arccos arccosh arcsin arcsinh arctan arctanh argmax_channel asscalar broadcast_axes
    broadcast_like cbrt ceil cos cosh degrees depth_to_space diag exp expand_dims expm1 fix flip
    floor log log10 log1p log2 log_softmax nanprod nansum norm one_hot ones_like pad pick radians
    rcbrt reciprocal relu reshape_like rint rsqrt shape_array sigmoid sign sin sinh size_array slice
    slice_axis slice_like softmax softmin space_to_depth split split_v2 sqrt square tan tanh tile
    topk tostype trunc zeros_like
""".split()


def _refused(name: str) -> Callable:
    def method(self, *args: Any, **kwargs: Any) -> Any:
        raise AttributeError(f"mxnet.numpy.ndarray object has no attribute {name}")

    method.__name__ = name
    method.__qualname__ = f"ndarray.{name}"
    method.__doc__ = f"Arrays of `mx.np` have no method `{name}`: raises AttributeError."
    return method


for _name in REFUSED:
    setattr(ndarray, _name, _refused(_name))


def argsort(self, axis: int = -1, kind: Any = None, order: Any = None) -> ndarray:
    """The positions that sort the array along an axis, in int64."""
    return _legacy.argsort(
        _arrays.as_class(self, NDArray), axis=axis, dtype="int64"
    ).as_np_ndarray()


def sort(self, axis: int = -1, kind: Any = None, order: Any = None) -> ndarray:
    """A sorted copy along an axis."""
    return _arrays.as_class(_legacy.sort(_arrays.as_class(self, NDArray), axis=axis), ndarray)


def round(self, decimals: int = 0, out: Any = None) -> ndarray:
    """The elements rounded to a number of decimals."""
    return F._npi_around(self, decimals=decimals, out=out)


def slice_assign_scalar(self, value: Any, begin: Any, end: Any, step: Any) -> ndarray:
    """Write a number into a region given by begin, end and step; returns the array."""
    return NDArray.slice_assign_scalar(self, value, begin, end, step)


def slice_assign(self, rhs: Any, begin: Any, end: Any, step: Any) -> ndarray:
    """Write an array into a region given by begin, end and step; returns the array."""
    return NDArray.slice_assign(self, rhs, begin, end, step)


for _method in (argsort, sort, round, slice_assign, slice_assign_scalar):
    _method.__qualname__ = f"ndarray.{_method.__name__}"
    setattr(ndarray, _method.__name__, _method)

_arrays.register_numpy(ndarray)
