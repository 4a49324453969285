"""`mx.np.linalg`.  Source: MXNet 1.6, `mx.np.linalg`."""

from typing import Any

from mxbook.base.errors import ParameterError

from . import elementwise
from .front import front


def norm(x, ord=None, axis=None, keepdims=False) -> Any:
    """The length: the root of the sum of squares over axes (all when None).

    Raises ParameterError for another `ord` than None and "fro", which is all that MXNet 1.6 has.
    """
    if ord is not None and ord != "fro":
        raise ParameterError(f"only support Frobenius norm for now, received ord={ord}")
    squares = front(x)._np_sum(elementwise.square(x), axis=axis, keepdims=keepdims)
    return elementwise.sqrt(squares)


def svd(a) -> tuple:
    """Matrices as `u @ diag(s) @ vt`: u, s and vt.  They may not be higher than wide."""
    return tuple(front(a)._npi_svd(a))
