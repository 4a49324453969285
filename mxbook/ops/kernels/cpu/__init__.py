"""Kernels for the processor that Numba compiles; see `twins.py`.

They are Python functions with plain loops over numbers.  Nothing here is imported, and nothing
compiled, before large arrays make it worth while; Numba keeps what it has compiled in files, so
that the next process need not.
"""

import importlib
import importlib.util
import threading
from types import ModuleType
from typing import Any

import numpy as np

from mxbook.base.errors import CompiledKernelWarning

SINGLE = np.dtype("float32")

_modules: dict[str, ModuleType] = {}
_lock = threading.Lock()
_usable: bool | None = None  # None until somebody asks


def suits(_xp: Any, args: tuple) -> bool:
    """Whether compiled kernels take these arguments: arrays in one piece, and of float32, if they
    hold numbers with fractions."""
    for a in args:
        if isinstance(a, np.ndarray):
            if a.dtype.kind == "f" and a.dtype != SINGLE:
                return False
            if not (a.flags.c_contiguous and a.flags.writeable):
                return False
    return True


def twins(name: str, _xp: Any = np) -> ModuleType | None:
    """The compiled kernels in the file `name`, or None where Numba is not installed.

    Where it is and does not work, a CompiledKernelWarning says so, once.
    """
    if _usable is False:
        return None
    module = _modules.get(name)
    return module or _load(name)


def _load(name: str) -> ModuleType | None:
    global _usable
    with _lock:
        if _usable is None:
            _usable = importlib.util.find_spec("numba") is not None
        if _usable and name not in _modules:
            try:
                _modules[name] = importlib.import_module(f"{__name__}.{name}")
            except Exception as error:  # of Numba, of LLVM, or of the system: NumPy does it all
                _usable = False
                _warn(name, error)
    return _modules.get(name)


def _warn(name: str, error: Exception) -> None:
    import warnings

    warnings.warn(
        f"the compiled kernels ({name}) cannot be used, NumPy computes instead, more slowly: "
        f"{type(error).__name__}: {error}; without Numba, or with mx.config.compiled = False "
        "(MXBOOK_COMPILED=0), nobody tries",
        CompiledKernelWarning,
        stacklevel=4,
    )
