"""Sums, means, extremes and the like of `mx.np`.  Source: MXNet 1.6, `mx.np`."""

from typing import Any

from .front import front


def sum(a, axis=None, dtype=None, keepdims=False, initial=None, out=None) -> Any:
    """The sum over axes (all when None), and of `initial`."""
    F = front(a)
    return F._np_sum(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, out=out)


def prod(a, axis=None, dtype=None, out=None, keepdims=False) -> Any:
    """The product over axes (all when None)."""
    return front(a)._np_prod(a, axis=axis, dtype=dtype, keepdims=keepdims, out=out)


def mean(a, axis=None, dtype=None, out=None, keepdims=False) -> Any:
    """The mean over axes (all when None); of whole numbers float32."""
    return front(a)._npi_mean(a, axis=axis, dtype=dtype, keepdims=keepdims, out=out)


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False) -> Any:
    """The standard deviation over axes: the root of `var`."""
    return front(a)._npi_std(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, out=out)


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False) -> Any:
    """The variance over axes; squares are divided by their number less `ddof`."""
    return front(a)._npi_var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, out=out)


def max(a, axis=None, out=None, keepdims=False) -> Any:
    """The largest element over axes (all when None)."""
    return front(a)._np_max(a, axis=axis, keepdims=keepdims, out=out)


def min(a, axis=None, out=None, keepdims=False) -> Any:
    """The smallest element over axes (all when None)."""
    return front(a)._np_min(a, axis=axis, keepdims=keepdims, out=out)


def cumsum(a, axis=None, dtype=None, out=None) -> Any:
    """Sums of the first elements along an axis, of the flat array when None."""
    return front(a)._np_cumsum(a, axis=axis, dtype=dtype, out=out)


def argmax(a, axis=None, out=None) -> Any:
    """The position of the largest element, in the type of the array."""
    return front(a)._npi_argmax(a, axis=axis, out=out)


def argmin(a, axis=None, out=None) -> Any:
    """The position of the smallest element, in the type of the array."""
    return front(a)._npi_argmin(a, axis=axis, out=out)


def trace(a, offset=0, axis1=0, axis2=1, out=None) -> Any:
    """The sum of a diagonal of the matrices in two axes."""
    return front(a)._np_trace(a, offset=offset, axis1=axis1, axis2=axis2, out=out)
