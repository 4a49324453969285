"""An order of reading for sequences that were cut into batches side by side.

Source: MXNet 1.6, `mxnet.gluon.contrib.data.sampler`.
"""

from collections.abc import Iterator
from itertools import chain

from mxbook.base.errors import ParameterError
from mxbook.gluon.data import Sampler

__all__ = ["IntervalSampler"]


class IntervalSampler(Sampler):
    """Every `interval`-th index below `length`; with `rollover` then those left out, and so on.

    Raises ParameterError unless `interval` is from 1 to `length`.

    >>> list(IntervalSampler(7, interval=3))
    [0, 3, 6, 1, 4, 2, 5]
    >>> list(IntervalSampler(7, interval=3, rollover=False))
    [0, 3, 6]
    """

    def __init__(self, length: int, interval: int, rollover: bool = True):
        if not 1 <= interval <= length:
            raise ParameterError(
                f"interval cannot be {interval}", rule=f"from 1 to the length, {length}"
            )
        self._length = length
        self._interval = interval
        self._rollover = rollover

    def _passes(self) -> list[range]:
        starts = range(self._interval if self._rollover else 1)
        return [range(start, self._length, self._interval) for start in starts]

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._passes())

    def __len__(self) -> int:
        # MXNet says `length` also without rollover, where fewer come.
        return sum(map(len, self._passes()))
