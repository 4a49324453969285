"""`mx.libinfo`: where MXNet's compiled library is.  mxbook has none: it is Python.

Programs that link against MXNet's C++ library ask here; they cannot work with mxbook, and are told
so.
"""

from pathlib import Path
from typing import NoReturn

from .base.errors import MXNetError

__all__ = ["LibraryError", "find_conf_path", "find_include_path", "find_lib_path"]

__version__ = "1.6.0"


class LibraryError(MXNetError, RuntimeError):
    """A compiled library, or a file that belongs to it, was asked for."""


def _absent(what: str) -> NoReturn:
    raise LibraryError(
        f"there is no {what}",
        rule="mxbook is written in Python and computes with NumPy or CuPy",
        values=[("mxbook", str(Path(__file__).parent))],
        hint="a program that links against MXNet's library needs MXNet itself",
    )


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """Raises LibraryError: mxbook has no compiled library."""
    _absent(f"library {prefix}")


def find_include_path() -> str:
    """Raises LibraryError: mxbook has no C++ headers."""
    _absent("folder of C++ headers")


def find_conf_path(prefix: str = "tvmop") -> str:
    """Raises LibraryError: mxbook has no operators compiled by TVM."""
    _absent(f"configuration {prefix}.conf")
