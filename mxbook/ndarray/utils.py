"""Reading and writing arrays in MXNet's binary format, and MXNet's module path for `array` and
others."""

import os
from typing import Any

from mxbook.base.context import Context
from mxbook.base.errors import DTypeError
from mxbook.base.sparse import SparseParts
from mxbook.formats import params
from mxbook.imperative import arrays as _arrays

from . import sparse_ndarray
from .creation import array, empty, zeros
from .ndarray import NDArray

__all__ = ["array", "empty", "load", "load_frombuffer", "save", "zeros"]


def save(fname: str | os.PathLike, data: Any) -> None:
    """Write an array, a list of arrays or a dict of arrays to a file that MXNet can read.

    The file is written completely or not at all.

    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.params")
    >>> save(path, {"x": array([1, 2])})
    >>> load(path)["x"].asnumpy()
    array([1., 2.], dtype=float32)
    """
    if isinstance(data, NDArray):
        data = [data]
    named = isinstance(data, dict)
    values = list(data.values()) if named else list(data)
    if not all(isinstance(v, NDArray) for v in values) or (
        named and not all(isinstance(k, str) for k in data)
    ):
        raise DTypeError("save needs an NDArray, a list of NDArrays, or a dict from str to NDArray")
    params.save(os.fspath(fname), list(map(_as_host, values)), list(data) if named else ())


def load(fname: str | os.PathLike) -> list[NDArray] | dict[str, NDArray]:
    """The arrays of a file, as a list or, where they have names, as a dict.

    Raises FileFormatError for a damaged file, saying where; FileNotFoundError where there is none.
    """
    return _as_arrays(*params.load(os.fspath(fname)))


def load_frombuffer(buf: bytes) -> list[NDArray] | dict[str, NDArray]:
    """The arrays of a file's content; see `load`."""
    return _as_arrays(*params.loads(buf))


def _as_host(array: NDArray) -> Any:
    """What of an array is written to a file."""
    return array.asnumpy() if array.stype == "default" else sparse_ndarray.to_parts(array)


def _as_arrays(values: list, names: list[str]) -> list[NDArray] | dict[str, NDArray]:
    cpu = Context("cpu", 0)
    found = [
        sparse_ndarray.from_parts(v, cpu)
        if isinstance(v, SparseParts)
        else _arrays.from_host(v, cpu)
        for v in values
    ]
    return dict(zip(names, found, strict=True)) if names else found
