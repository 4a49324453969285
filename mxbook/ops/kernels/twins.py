"""Compiled twins of kernels: what they are, and when they are called.

A kernel in this folder (or a formula in `families`) says with the array module `xp` what is
computed, and always works.  Where that takes many passes over large arrays, it may have a compiled
twin, with the same name and arguments, in the file of the same name: in `cpu/`, compiled by Numba
from Python, or in `gpu/`, compiled by CUDA's own compiler through CuPy.
"""

from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

from mxbook.base.config import config

from . import cpu, gpu

LEAST = 2**16  # bytes of an array from which on compiled kernels are asked for


def compiled(kernel: Callable | None = None, *, least: int = LEAST) -> Callable:
    """A kernel `f(xp, ...)` that its compiled twin replaces where it can.

    That is where `mx.config.compiled` is on, one of the arrays has `least` bytes, and the folder of
    the twin says that it can be had for such arrays.  A twin may answer NotImplemented, too.
    """
    if kernel is None:
        return partial(compiled, least=least)
    home, name = kernel.__module__.rpartition(".")[2], kernel.__name__

    @wraps(kernel)
    def call(xp, *args):
        for a in args:
            if getattr(a, "nbytes", 0) >= least:
                twin = getattr(twins(home, xp, args), name, None)
                found = NotImplemented if twin is None else twin(xp, *args)
                if found is not NotImplemented:
                    return found
                break
        return kernel(xp, *args)

    return call


def twins(home: str, xp: Any, args: tuple) -> ModuleType | None:
    """The module of compiled kernels for these arguments, or None."""
    if not config.compiled:
        return None
    folder = cpu if xp.__name__ == "numpy" else gpu
    return folder.twins(home, xp) if folder.suits(xp, args) else None
