"""Which functions a call means: those on arrays, or on symbols while a graph is made.

Every function of `mx.np` is written once, on the operators of a front; `mx.sym.np` shows the same
functions.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.errors import DTypeError
from mxbook.symbol import Symbol

from . import registry as arrays
from . import symbols

NUMBERS = (int, float, bool, np.generic)


class _Local(threading.local):
    symbolic = False


_local = _Local()


def front(*inputs: Any) -> Any:
    """The operators on symbols if one of the inputs is a symbol, else those on arrays.

    Inside functions of `mx.sym.np` (see `making_symbols`) always those on symbols.
    """
    for x in inputs:
        if isinstance(x, Symbol):
            return symbols
    return symbols if _local.symbolic else arrays


def making_symbols(function: Callable) -> Callable:
    """A function that makes arrays from nothing, so that it makes symbols."""

    @functools.wraps(function)
    def made(*args: Any, **kwargs: Any) -> Any:
        before, _local.symbolic = _local.symbolic, True
        try:
            return function(*args, **kwargs)
        finally:
            _local.symbolic = before

    return made


def unsupported(name: str, value: Any) -> DTypeError:
    """The error about something that is neither an array nor a number."""
    kind = type(value).__name__
    return DTypeError(
        f"{name}: type {kind} not supported",
        rule="arrays of mx.np, or numbers",
        hint="x.as_np_ndarray() shares its memory"
        if kind == "NDArray"
        else "wrap it: mx.np.array(...)",
    )
