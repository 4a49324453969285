"""L0: contexts, types, shapes, errors, settings, names and sites.  Imports nothing of mxbook.

The names below are those of MXNet's `mx.base`.
"""

import os as _os

import numpy as _np

from .config import config as _config
from .errors import MXNetError, NotImplementedForSymbol, NotSupportedForSparseNDArray

string_types = (str,)
numeric_types = (float, int, _np.generic)
integer_types = (int, _np.int32, _np.int64)


def py_str(x):
    """Bytes from a C interface as a string; strings pass unchanged.

    >>> py_str(b"relu")
    'relu'
    """
    return x.decode("utf-8") if isinstance(x, bytes) else x


def data_dir() -> str:
    """The folder for data and parameters that are fetched: `mx.config.home`."""
    return _os.path.expanduser(_config.home)


def data_dir_default() -> str:
    """That folder where nothing else is set: `~/.mxnet`."""
    return _os.path.join(_os.path.expanduser("~"), ".mxnet")


# What few programs ask for is imported then.
_LATER = {
    **dict.fromkeys(("classproperty", "with_metaclass"), "classes"),
    **dict.fromkeys(("add_fileline_to_docstring", "build_param_doc"), "documenting"),
    **dict.fromkeys(
        """
        MXCallbackList c_array c_array_buf c_handle_array c_str c_str_array check_call ctypes2buffer
        ctypes2numpy_shared mx_float mx_float_p mx_int mx_real_t mx_uint CachedOpHandle
        CudaKernelHandle CudaModuleHandle DLPackHandle DataIterCreatorHandle DataIterHandle
        ExecutorHandle FunctionHandle KVStoreHandle NDArrayHandle OpHandle ProfileHandle
        RecordIOHandle RtcHandle SymbolHandle
        """.split(),
        "foreign",
    ),
}


def __getattr__(wanted: str):
    if wanted not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    import importlib

    globals()[wanted] = found = getattr(
        importlib.import_module(f"{__name__}.{_LATER[wanted]}"), wanted
    )
    return found
