"""What MXNet's Python code calls its C library with; for programs that call C libraries likewise.

mxbook calls none.  Handles are pointers without a type.  Source: MXNet 1.6, `mxnet.base`.
"""

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .errors import MXNetError

mx_int = ctypes.c_int
mx_uint = ctypes.c_uint
mx_float = ctypes.c_float
mx_float_p = ctypes.POINTER(mx_float)
mx_real_t = np.float32
# One name for each kind of thing; gluonnlp imports the first.
NDArrayHandle = FunctionHandle = OpHandle = CachedOpHandle = SymbolHandle = ctypes.c_void_p
ExecutorHandle = DataIterHandle = DataIterCreatorHandle = KVStoreHandle = ctypes.c_void_p
RecordIOHandle = RtcHandle = CudaModuleHandle = CudaKernelHandle = ctypes.c_void_p
ProfileHandle = DLPackHandle = ctypes.c_void_p


class MXCallbackList(ctypes.Structure):
    """A list of functions with a pointer for each, as C gets them."""

    _fields_ = (
        ("num_callbacks", ctypes.c_int),
        ("callbacks", ctypes.POINTER(ctypes.CFUNCTYPE(ctypes.c_int))),
        ("contexts", ctypes.POINTER(ctypes.c_void_p)),
    )


def check_call(ret: int) -> None:
    """Raise MXNetError unless a C function returned 0, for success."""
    if ret != 0:
        raise MXNetError(f"a C function failed: it returned {ret}")


def c_str(string: str) -> ctypes.c_char_p:
    """A text for C.

    >>> c_str("relu").value
    b'relu'
    """
    return ctypes.c_char_p(string.encode("utf-8"))


def c_str_array(strings: Sequence[str]) -> Any:
    """A C array of texts."""
    return c_array(ctypes.c_char_p, [s.encode("utf-8") for s in strings])


def c_array(ctype: Any, values: Sequence) -> Any:
    """A C array of values.

    >>> list(c_array(ctypes.c_int, [1, 2]))
    [1, 2]
    """
    return (ctype * len(values))(*values)


def c_array_buf(ctype: Any, buf: Any) -> Any:
    """A C array in the memory of a buffer, such as an `array.array`."""
    return (ctype * len(buf)).from_buffer(buf)


def c_handle_array(objs: Iterable[Any]) -> Any:
    """A C array of the handles of objects, their attribute `handle`."""
    return c_array(ctypes.c_void_p, [obj.handle for obj in objs])


def ctypes2buffer(cptr: Any, length: int) -> bytearray:
    """A copy of bytes that C has.

    Raises MXNetError for another pointer than one to char.
    """
    if not isinstance(cptr, ctypes.POINTER(ctypes.c_char)):
        raise MXNetError("expected char pointer")
    return bytearray(ctypes.string_at(cptr, length))


def ctypes2numpy_shared(cptr: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A NumPy array in C's memory, of float32.

    Raises MXNetError for another pointer than one to float.

    >>> memory = c_array(mx_float, [1, 2])
    >>> ctypes2numpy_shared(ctypes.cast(memory, mx_float_p), (2,))
    array([1., 2.], dtype=float32)
    """
    if not isinstance(cptr, mx_float_p):
        raise MXNetError("expected float pointer")
    return np.ctypeslib.as_array(cptr, shape)
