"""Products of `mx.np` arrays.  Source: MXNet 1.6, `mx.np`."""

from typing import Any

import numpy as np

from .front import front


def dot(a, b, out=None) -> Any:
    """The last axis of `a` times the last but one of `b`, summed."""
    return front(a, b)._np_dot(a, b, out=out)


def tensordot(a, b, axes=2) -> Any:
    """The product summed over so many axes that meet, or over named pairs of axes."""
    F = front(a, b)
    if np.isscalar(axes):
        return F._npi_tensordot_int_axes(a, b, axes=axes)
    left, right = axes
    return F._npi_tensordot(a, b, a_axes_summed=left, b_axes_summed=right)


def inner(a, b) -> Any:
    """The last axes multiplied and summed."""
    return tensordot(a, b, [[-1], [-1]])


def outer(a, b) -> Any:
    """All products of an element of each."""
    F = front(a, b)
    return tensordot(F._np_reshape(a, newshape=-1), F._np_reshape(b, newshape=-1), 0)


def vdot(a, b) -> Any:
    """The sum of the products of elements at the same place."""
    F = front(a, b)
    return tensordot(F._np_reshape(a, newshape=-1), F._np_reshape(b, newshape=-1), 1)


def einsum(*operands, **kwargs) -> Any:
    """Sums of products by letters: `einsum("ij,jk->ik", a, b)`.

    `optimize=True` looks for a good order of the products; `out` takes the result.
    """
    subscripts, arrays = operands[0], operands[1:]
    optimize, out = int(bool(kwargs.pop("optimize", False))), kwargs.pop("out", None)
    if kwargs:
        raise TypeError(f"einsum got unknown arguments {', '.join(kwargs)}")
    F = front(*arrays)
    return F._npi_einsum(*arrays, subscripts=subscripts, optimize=optimize, out=out)
