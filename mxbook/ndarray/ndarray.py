"""NDArray: an array on a device, computed asynchronously, recorded for gradients."""

from typing import Any

import numpy as np

from mxbook import backend, engine
from mxbook.base.context import Context, context_of
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError, IndexingError, MXNetError, ShapeError
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays as _arrays
from mxbook.imperative import tape
from mxbook.imperative.mode import local
from mxbook.ops.families.shape import resolve_shape

from . import indexing, printing
from . import registry as F


class NDArray:
    """An n-dimensional array of one element type on one device.

    Operations return at once; a value is waited for when it is looked at (`asnumpy`, `print`).
    Made by `mx.nd.array` and the other functions of `mx.nd`, hardly ever by this constructor.

    >>> import mxbook as mx
    >>> (mx.nd.array([1, 2, 3]) + 1).asnumpy()
    array([2., 3., 4.], dtype=float32)

    Source: MXNet 1.6, `mxnet.ndarray.NDArray`.
    """

    __slots__ = ("__weakref__", "_data", "_entry", "_origin", "_spec", "_var")

    # NumPy must leave `numpy_array * ndarray` to us.
    __array_priority__ = 1000.0

    def __init__(self, handle: "NDArray", writable: bool = True):
        """A second handle on the memory of `handle`."""
        other = tape.alias(handle)
        self._data, self._spec, self._var = other._data, other._spec, handle._var
        self._entry, self._origin = handle._entry, handle._origin

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Length along each axis."""
        return self._spec.shape

    @property
    def dtype(self) -> type:
        """Element type, as NumPy's class (`numpy.float32`)."""
        return self._spec.dtype.type

    @property
    def context(self) -> Context:
        """The device it lives on."""
        return self._spec.ctx

    ctx = context

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._spec.size

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._spec.shape)

    @property
    def stype(self) -> str:
        """Storage type; `default` is dense."""
        return "default"

    def tostype(self, stype: str) -> "NDArray":
        """A copy in another storage type: `default`, `csr` or `row_sparse`."""
        return F.cast_storage(self, stype=stype)

    @property
    def T(self) -> "NDArray":  # noqa: N802 - MXNet's name
        """The array with its axes in reverse order."""
        return self if self.ndim < 2 else F.transpose(self)

    @property
    def handle(self) -> "NDArray":
        """MXNet's C handle; here the array itself, which is what such code passes on."""
        return self

    @property
    def writable(self) -> bool:
        """Whether it may be written to."""
        return True

    def __len__(self) -> int:
        return self.shape[0]

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError("The truth value of an NDArray with multiple elements is ambiguous.")
        return bool(self.size) and bool(self.asscalar())

    __nonzero__ = __bool__

    def __hash__(self) -> int:
        return id(self) // 16

    def __repr__(self) -> str:
        return printing.text_of(self)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    # ---- getting values out

    def wait_to_read(self) -> None:
        """Wait until the array has its value; raises what went wrong while computing it."""
        _arrays.wait(self)

    def wait_to_write(self) -> None:
        """Wait until nobody reads or writes the array any more."""
        if self._var is not None:
            engine.wait_for_var(self._var, to_write=True)

    def asnumpy(self) -> np.ndarray:
        """A copy in host memory as a NumPy array; waits for the value."""
        return _arrays.to_host(self)

    def asscalar(self) -> Any:
        """The value of an array with one element; waits for it."""
        if self.size != 1:
            raise ValueError(f"The current array is not a scalar: its shape is {self.shape}")
        return self.asnumpy().reshape(1)[0]

    def item(self) -> Any:
        """The value of an array with one element, as a Python number."""
        return self.asscalar().item()

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        if self.size != 1 or self._spec.dtype.kind not in "iub":
            raise TypeError("only integer arrays with one element can be converted to an index")
        return int(self.asscalar())

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.asnumpy() if dtype is None else self.asnumpy().astype(dtype)

    # ---- copies and conversions

    def copy(self) -> "NDArray":
        """A copy on the same device."""
        return F._copy(self)

    def copyto(self, other: "NDArray | Context") -> "NDArray":
        """Copy into another array of the same shape, or to a new array on a device; returns it."""
        if isinstance(other, Context):
            return self._on(other)
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto does not support type {type(other).__name__}")
        if other is self:
            raise MXNetError("cannot copy an array onto itself")
        source = self if other.context == self.context else self._on(other.context)
        if source.dtype != other.dtype:
            source = source.astype(other.dtype)
        return F._copyto(source, out=other)

    def _on(self, ctx: Context) -> "NDArray":
        return F._CrossDeviceCopy(self, ctx=str(ctx), source=str(self.context))

    def as_in_context(self, context: Context) -> "NDArray":
        """The array itself when it is on this device already, otherwise a copy there."""
        return self if context == self.context else self._on(context)

    as_in_ctx = as_in_context

    def astype(self, dtype: Any, copy: bool = True) -> "NDArray":
        """The values in another element type; itself when the type is right and `copy` is False."""
        if not copy and as_dtype(dtype) == self._spec.dtype:
            return self
        return F.Cast(self, dtype=as_dtype(dtype).name)

    def as_nd_ndarray(self) -> "NDArray":
        """Itself; the counterpart of `as_np_ndarray`."""
        return self

    def as_np_ndarray(self) -> "NDArray":
        """The same memory as an `mx.np.ndarray`; raises DTypeError for a sparse array."""
        from mxbook import numpy

        if self.stype != "default":
            hint = 'x.tostype("default")'
            raise DTypeError("a sparse array cannot be an mx.np.ndarray", hint=hint)
        return _arrays.as_class(self, numpy.ndarray)

    # ---- shape

    def reshape(self, *shape, **kwargs) -> "NDArray":
        """The same elements in another shape, sharing memory; MXNet's codes 0, -1, -2, -3, -4
        apply."""
        if len(shape) == 1 and isinstance(shape[0], tuple | list):
            shape = tuple(shape[0])
        shape = shape or tuple(kwargs.pop("shape", ()))
        reverse = kwargs.pop("reverse", False)
        if kwargs:
            raise TypeError(f"reshape got unknown arguments {', '.join(kwargs)}")
        if not shape:
            raise ValueError("Shape must be provided.")
        if local.recording and self._entry is not None:
            return F.Reshape(self, shape=shape, reverse=reverse)
        target = resolve_shape(tuple(int(d) for d in shape), self.shape, reverse)
        return self._view(self._data.reshape(target), target)

    def _view(self, data: Any, shape: tuple[int, ...]) -> "NDArray":
        """A handle on part of this array's memory."""
        spec = spec_of(shape, self._spec.dtype, self._spec.ctx)
        return _arrays.view(self, data, spec, _arrays.origin_of("view"))

    def expand_dims(self, axis: int, inplace: bool = False) -> "NDArray":
        """The array with an axis of length 1 inserted."""
        if not inplace:
            return F.expand_dims(self, axis=axis)
        shape = list(self.shape)
        shape.insert(axis % (self.ndim + 1), 1)
        return self.reshape(*shape)

    def flatten(self, inplace: bool = False) -> "NDArray":
        """The array with all axes but the first put together."""
        return self.reshape(self.shape[0], -1) if inplace else F.Flatten(self)

    def squeeze(self, axis=None, inplace: bool = False) -> "NDArray":
        """The array without its axes of length 1 (or without those given)."""
        found = F.squeeze(self) if axis is None else F.squeeze(self, axis=axis)
        return self.reshape(*found.shape) if inplace else found

    def broadcast_to(self, shape) -> "NDArray":
        """The array stretched to a shape; only axes of length 1 can be stretched."""
        cur = self.shape
        shape = tuple(shape)
        if len(shape) < self.ndim:
            raise ShapeError(
                f"cannot broadcast {cur} to {shape}", rule="the target has at least as many axes"
            )
        full = (1,) * (len(shape) - self.ndim) + cur
        source = self.reshape(*full) if full != cur else self
        return F._np_broadcast_to(source, shape=shape)

    def broadcast_like(self, other: "NDArray") -> "NDArray":
        """The array stretched to the shape of another one."""
        return self.broadcast_to(other.shape)

    def diag(self, k: int = 0, **kwargs) -> "NDArray":
        """The diagonal of a matrix, `k` places above the main one; of a vector the matrix with
        that diagonal.  See `mx.nd.diag`."""
        return F.diag(self, k=k, **kwargs)

    # ---- reading and writing parts

    def __getitem__(self, key) -> "NDArray":
        return indexing.get(self, key)

    def __setitem__(self, key, value) -> None:
        indexing.put(self, key, value)

    def slice_assign_scalar(self, value, begin, end, step) -> "NDArray":
        """Write a number into a region given by begin, end and step; returns the array."""
        self[tuple(map(slice, begin, end, step))] = value
        return self

    def slice_assign(self, rhs, begin, end, step) -> "NDArray":
        """Write an array into a region given by begin, end and step; returns the array."""
        self[tuple(map(slice, begin, end, step or [None] * len(begin)))] = rhs
        return self

    def _at(self, idx: int) -> "NDArray":
        """The sub-array at a position of the first axis, sharing memory."""
        if not -self.shape[0] <= idx < self.shape[0]:
            raise IndexingError(f"index {idx} is outside an axis of length {self.shape[0]}")
        return self[idx]

    def _slice(self, start: int, stop: int) -> "NDArray":
        """A range of the first axis, sharing memory."""
        return self[start:stop]

    def _full(self, value) -> "NDArray":
        """Set every element to a number."""
        self[:] = value
        return self

    def _sync_copyfrom(self, source_array) -> None:
        """Overwrite with host data of the same shape (used by data iterators of other packages)."""
        self[:] = np.asarray(source_array, self.dtype)

    # ---- gradients

    @property
    def grad(self) -> "NDArray | None":
        """The array that `backward` puts the gradient into, or None without `attach_grad`."""
        entry = self._entry
        return None if entry is None else getattr(entry[0], "grad", None)

    @property
    def _fresh_grad(self) -> bool:
        """Whether backward has computed the gradient since a trainer last used it."""
        return self._entry is not None and bool(self._entry[0].fresh)

    @_fresh_grad.setter
    def _fresh_grad(self, fresh: bool) -> None:
        if self._entry is not None:
            self._entry[0].fresh = "other" if fresh else ""

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Give the array a gradient (zeros at first) and cut it off from what it was computed from.

        `grad_req` is `write` (each backward overwrites), `add` (accumulates) or `null`; `stype` the
        storage type of the gradient, that of the array when not given.
        """
        grad = F.zeros_like(tape.alias(self))
        tape.mark(self, grad if stype in (None, grad.stype) else grad.tostype(stype), grad_req)

    def detach(self) -> "NDArray":
        """The same memory outside the graph: no gradient flows through it."""
        return _arrays.view(self, self._data, self._spec, _arrays.origin_of("view", "detached"))

    def backward(self, out_grad=None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of this array for all arrays with `attach_grad`.

        `out_grad` is the gradient at this array (ones when None).  See `mx.autograd.backward`.
        """
        from mxbook import autograd

        autograd.backward(self, out_grad, retain_graph=retain_graph, train_mode=train_mode)

    # ---- pickling

    def __reduce__(self):
        return _unpickled, (type(self), self.asnumpy(), str(self.context))

    def __getstate__(self) -> dict:
        return {"array": self.asnumpy(), "ctx": str(self.context)}

    def __setstate__(self, state: dict) -> None:
        other = _unpickled(type(self), state["array"], state["ctx"])
        NDArray.__init__(self, other)

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self._spec.nbytes

    # ---- DLPack-like exits for other libraries

    def to_dlpack_for_read(self):
        """A DLPack capsule that shares memory; waits for the value."""
        self.wait_to_read()
        return self._data.__dlpack__()

    def to_dlpack_for_write(self):
        """A DLPack capsule that shares memory; waits until nobody uses the array."""
        self.wait_to_write()
        return self._data.__dlpack__()


def _unpickled(cls: type, data: np.ndarray, ctx: str) -> NDArray:
    return _arrays.from_host(data, context_of(ctx), cls)


def waitall() -> None:
    """Wait for everything that was pushed; raises the first failure nobody has been shown yet.

    >>> waitall()
    """
    engine.wait_for_all()
    backend.synchronize_all()


_arrays.register_array(NDArray)
