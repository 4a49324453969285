"""`mx.npx.save` and `mx.npx.load`: MXNet's format with NumPy's meaning of shapes (V3)."""

import os
from typing import Any

from mxbook.base.errors import DTypeError
from mxbook.formats import params
from mxbook.ndarray import utils
from mxbook.ndarray.ndarray import NDArray
from mxbook.numpy.multiarray import ndarray


def save(file: str | os.PathLike, arr: Any) -> None:
    """Write an array, a list of arrays or a dict of arrays of `mx.np` to a file.

    Raises DTypeError for anything else.

    >>> import tempfile, os, mxbook as mx
    >>> path = os.path.join(tempfile.mkdtemp(), "x.params")
    >>> save(path, {"x": mx.np.array(2)})
    >>> load(path)
    {'x': array(2.)}
    """
    data = [arr] if isinstance(arr, NDArray) else arr
    named = isinstance(data, dict)
    values = list(data.values()) if named else list(data)
    if not all(isinstance(v, ndarray) for v in values):
        raise DTypeError("save needs an mx.np.ndarray, a list or a dict of them")
    host = [v.asnumpy() for v in values]
    params.save(os.fspath(file), host, list(data) if named else (), np_shape=True)


def load(file: str | os.PathLike) -> Any:
    """The arrays of a file as a list, or as a dict where they have names.

    Raises FileFormatError for a damaged file.
    """
    found = utils.load(file)
    if isinstance(found, dict):
        return {name: a.as_np_ndarray() for name, a in found.items()}
    return [a.as_np_ndarray() for a in found]
