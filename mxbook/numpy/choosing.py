"""Finding and counting elements of `mx.np` arrays.  Source: MXNet 1.6, `mx.np`."""

from typing import Any

from mxbook.base.errors import IndexingError, ParameterError

from .front import front
from .multiarray import ndarray


def take(a, indices, axis=None, mode="raise", out=None) -> Any:
    """Elements of the flat array, or parts along an axis, by position.

    Positions outside: an IndexingError with `raise`, the nearest with `clip`, from the other end
    with `wrap`.
    """
    if mode not in ("wrap", "clip", "raise"):
        raise ParameterError(f"mode cannot be {mode!r}", rule="raise, clip or wrap")
    F = front(a)
    if axis is None:
        a, axis = F._np_reshape(a, newshape=-1), 0
    if mode == "raise" and isinstance(a, ndarray):
        _check(a.shape[axis], indices)
        mode = "wrap"
    return F._npi_take(a, indices, axis=axis, mode=mode, out=out)


def _check(length: int, indices: ndarray) -> None:
    host = indices.asnumpy()
    if host.size and (host.min() < -length or host.max() >= length):
        raise IndexingError(
            f"a position is outside an axis of length {length}",
            rule="mode='clip' or 'wrap' takes positions outside",
        )


def nonzero(a) -> tuple:
    """The positions of the elements that are not 0: an array of int64 for each axis."""
    found = front(a)._npi_nonzero(a)
    return tuple(found[:, i].copy() for i in range(found.shape[1]))


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None) -> Any:
    """The different values in ascending order, and what is asked for about them."""
    found = front(ar)._npi_unique(
        ar,
        return_index=return_index,
        return_inverse=return_inverse,
        return_counts=return_counts,
        axis=axis,
    )
    return tuple(found) if isinstance(found, list | tuple) else found


def histogram(a, bins=10, range=None, normed=None, weights=None, density=None) -> list:
    """How many elements fall into each of some bins, and where these begin and end.

    Raises ParameterError for `normed`, `weights` and `density`, which MXNet does not have.
    """
    if normed or weights is not None or density:
        raise ParameterError("histogram counts only", rule="no normed, weights or density")
    F = front(a)
    if isinstance(bins, int):
        if range is None:
            raise ParameterError("histogram with a number of bins needs their range")
        return F._npi_histogram(a, bin_cnt=bins, range=range)
    return F._npi_histogram(a, bins)


def may_share_memory(a, b, max_work=None) -> bool:
    """Whether two arrays have memory in common."""
    return bool(front(a, b)._npi_share_memory(a, b).item())


def shares_memory(a, b, max_work=None) -> bool:
    """Whether two arrays have memory in common."""
    return may_share_memory(a, b, max_work)


def diff(a, n=1, axis=-1, prepend=None, append=None) -> Any:
    """Differences of neighbours along an axis, `n` times.

    Raises ParameterError for `prepend` and `append`, which MXNet 1.6 leaves out without a word.
    """
    if prepend is not None or append is not None:
        raise ParameterError("prepend and append options are not supported yet")
    return front(a)._npi_diff(a, n=n, axis=axis)
