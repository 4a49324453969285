"""Compiled kernels: loops over numbers, for what takes NumPy many passes over its arrays.

Every function here is the twin of one of the same name and arguments, in the file of the same name
one folder up, which says with NumPy what is computed and always works.  The twin is written with
Numba, which compiles Python into machine code (package `numba`, extra `fast`), and is called by
`compiled` where it can be.  Nothing here is imported, and nothing compiled, before large arrays
make it worth while; Numba keeps what it has compiled in files, so that the next process need not.
"""

import importlib
import importlib.util
import threading
from collections.abc import Callable
from functools import wraps
from types import ModuleType

import numpy as np

from mxbook.base.config import config
from mxbook.base.errors import CompiledKernelWarning

LEAST = 2**14  # numbers in an array from which on compiled kernels are asked for
SINGLE = np.dtype("float32")

_modules: dict[str, ModuleType] = {}
_lock = threading.Lock()
_usable: bool | None = None  # None until somebody asks


def compiled(kernel: Callable) -> Callable:
    """A kernel `f(xp, ...)` that its compiled twin replaces where it can.

    That is where Numba is installed, `mx.config.compiled` is on, and the arrays are NumPy's, of
    float32, each in one piece, and one of them large.  A twin may answer NotImplemented, too.
    """
    home = kernel.__module__.rpartition(".")[2]

    @wraps(kernel)
    def call(xp, *args):
        if xp is np and worth_it(args):
            module = twins(home)
            if module is not None:
                found = getattr(module, kernel.__name__)(xp, *args)
                if found is not NotImplemented:
                    return found
        return kernel(xp, *args)

    return call


def worth_it(args: tuple) -> bool:
    """Whether compiled kernels take these arguments, and gain by it."""
    large = False
    for a in args:
        if isinstance(a, np.ndarray):
            if a.dtype != SINGLE or not (a.flags.c_contiguous and a.flags.writeable):
                return False
            large = large or a.size >= LEAST
    return large


def twins(name: str) -> ModuleType | None:
    """The compiled kernels in the file `name`, or None where there are none to be had.

    Where Numba is installed and does not work, a CompiledKernelWarning says so, once.
    """
    if not config.compiled or _usable is False:
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
