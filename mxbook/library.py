"""`mx.library`: libraries of one's own, in C or C++.

Source: MXNet 1.6, `mxnet.library`.
"""

import os
from typing import Any

from .base.errors import FileFormatError, MXNetError

__all__ = ["load"]

VERSION = 10600  # what a library is told: 1.6.0
_loaded: dict[str, Any] = {}  # they stay as long as the program does


def load(path: str) -> None:
    """Load a shared library and call its function `int initialize(int version)`.

    That is all that MXNet 1.6 does with one: the function sets up what the library is for, gets the
    version of MXNet (10600), and returns 0 if it cannot work with it.  Operators of one's own in
    Python need no library: see `mx.operator`.

    Raises MXNetError for a path that is not there or not absolute, or a library that says no;
    FileFormatError for what is no library with this function.
    """
    if not os.path.exists(path):
        raise MXNetError(f"load path {path} does NOT exist")
    if not os.path.isabs(path):
        raise MXNetError(f"load path {path} is not an absolute path", hint=os.path.abspath(path))
    if os.path.splitext(path)[1] not in (".so", ".dll", ".dylib"):
        raise MXNetError(f"load path {path} is NOT a library file", rule=".so, .dll or .dylib")
    import ctypes

    try:
        library = ctypes.CDLL(path)
        initialize = library.initialize
    except (OSError, AttributeError) as error:
        raise FileFormatError(
            f"{path} is no library for MXNet: {error}",
            rule="it has a function `int initialize(int version)` with a C name",
        ) from None
    if not initialize(VERSION):
        raise MXNetError(f"{path} cannot work with MXNet {VERSION}", rule="initialize returned 0")
    _loaded[path] = library
