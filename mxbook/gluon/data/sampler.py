"""In which order a data set is read: samplers yield indices, a BatchSampler lists of indices."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError


class Sampler:
    """Base class: something that yields indices and knows how many."""

    def __iter__(self) -> Iterator:
        raise TypeError(f"{type(self).__name__} must define __iter__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} must define __len__")


class SequentialSampler(Sampler):
    """`length` indices in order, from `start`.

    >>> list(SequentialSampler(3, start=5))
    [5, 6, 7]
    """

    def __init__(self, length: int, start: int = 0):
        self._length = length
        self._start = start

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._start, self._start + self._length))

    def __len__(self) -> int:
        return self._length


class RandomSampler(Sampler):
    """The indices 0 ... length - 1 in an order that `numpy.random` draws anew for each pass.

    >>> np.random.seed(3)
    >>> [int(i) for i in RandomSampler(10)]  # as in MXNet
    [5, 4, 1, 2, 9, 6, 7, 0, 3, 8]
    """

    def __init__(self, length: int):
        self._length = length

    def __iter__(self) -> Iterator[int]:
        indices = np.arange(self._length)
        np.random.shuffle(indices)
        return iter(indices)

    def __len__(self) -> int:
        return self._length


class FilterSampler(Sampler):
    """The indices, in order, of the samples for which `fn(sample)` holds; asked once, when made.

    >>> list(FilterSampler(lambda x: x > 3, [1, 5, 2, 9]))
    [1, 3]
    """

    def __init__(self, fn: Callable[[Any], Any], dataset: Any):
        self._indices = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class BatchSampler(Sampler):
    """Lists of `batch_size` indices of another sampler.

    What remains at the end is a smaller batch (`last_batch="keep"`), is left out (`discard`), or
    begins the next pass (`rollover`).  Raises ParameterError for another `last_batch` and for
    a `batch_size` below 1.

    >>> list(BatchSampler(SequentialSampler(7), 3))
    [[0, 1, 2], [3, 4, 5], [6]]
    >>> passes = BatchSampler(SequentialSampler(4), 3, "rollover")
    >>> list(passes), list(passes)
    ([[0, 1, 2]], [[3, 0, 1]])
    """

    def __init__(self, sampler: Sampler, batch_size: int, last_batch: str = "keep"):
        if last_batch not in ("keep", "discard", "rollover"):
            raise ParameterError(
                f"last_batch cannot be {last_batch!r}", rule="'keep', 'discard' or 'rollover'"
            )
        if batch_size < 1:
            raise ParameterError(f"batch_size cannot be {batch_size}", rule="at least 1")
        self._sampler = sampler
        self._batch_size = batch_size
        self._last_batch = last_batch
        self._prev: list = []  # what rolls over

    def __iter__(self) -> Iterator[list[int]]:
        batch, self._prev = self._prev, []
        for index in self._sampler:
            batch.append(index)
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch and self._last_batch == "keep":
            yield batch
        elif self._last_batch == "rollover":
            self._prev = batch

    def __len__(self) -> int:
        count = len(self._sampler) + len(self._prev)
        return (count + self._batch_size - 1 if self._last_batch == "keep" else count) // (
            self._batch_size
        )
