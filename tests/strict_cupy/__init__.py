"""A stand-in for CuPy, stricter than CuPy: for checking mxbook's rules without a GPU.

Installed as the module `cupy` by the fixture `strict_gpu` only.  Its arrays

* are not NumPy arrays, and never become one unless `get` or `asnumpy` says so;
* refuse NumPy arrays as operands, arguments, indices and values to write;
* have only the functions, methods and keywords that CuPy 13 has (see the tables);
* live on one of two devices and refuse to meet an array of the other;
* raise where CuPy would silently go on: positions outside an array, results that depend on timing,
  NumPy numbers whose type NumPy 2 and CuPy treat differently.

Values, types and rounding are NumPy's.
"""

import numpy as _np

from . import cuda
from .conversion import (
    arange,
    array,
    asanyarray,
    asarray,
    ascontiguousarray,
    asfortranarray,
    asnumpy,
    copy,
    copyto,
    may_share_memory,
    ndim,
    result_type,
    shape,
    shares_memory,
    size,
)
from .core import ndarray
from .cuda import get_default_memory_pool
from .functions import fft, linalg
from .functions import functions as _functions
from .functions import stride_tricks as _stride_tricks
from .ufuncs import functions as _ufuncs
from .ufuncs import ufunc

__version__ = "13.0.0"


class lib:  # CuPy's name
    """`cupy.lib`."""

    stride_tricks = _stride_tricks


# Types, constants and questions about types are NumPy's own objects in CuPy.
_NUMPYS = """
    bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64
    complex128 intp dtype finfo iinfo generic number integer floating signedinteger inexact
    issubdtype can_cast promote_types newaxis inf nan pi e euler_gamma
"""

globals().update({_name: getattr(_np, _name) for _name in _NUMPYS.split()})
globals().update(_functions)
globals().update(_ufuncs)
