"""Counting how many elements lie where."""

from collections.abc import Sequence

import numpy as np

from mxbook.base.errors import ParameterError

from . import registry as F
from .creation import array
from .ndarray import NDArray


def histogram(
    a: NDArray, bins: int | NDArray = 10, range: Sequence[float] | None = None
) -> list[NDArray]:
    """How many elements lie in each bin, and the edges of the bins.

    `bins` is the number of bins of one width in `range`, or an array of the edges.  Without a range
    it goes from the smallest element to the largest, and the counts are float32, as in MXNet; else
    they are int64.  Raises ParameterError for other bins.

    >>> counts, edges = histogram(array([0, 1, 1, 2, 5]), bins=2, range=(0, 4))
    >>> counts.asnumpy(), edges.asnumpy()
    (array([3, 1]), array([0., 2., 4.], dtype=float32))

    Source: MXNet 1.6, `mx.nd.histogram`.
    """
    if isinstance(bins, NDArray):
        return F._histogram(a, bins)
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer):
        raise ParameterError(
            f"bins={bins!r} are no bins", rule="a whole number, or an NDArray of edges"
        )
    if range is None:
        return [array(part) for part in np.histogram(a.asnumpy(), int(bins))]
    return F._histogram(a, bin_cnt=bins, range=range)
