"""Passes over examples, cut into batches."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mxbook.base.errors import ParameterError


class Passes:
    """Batches of examples, pass after pass.

    `examples(number)` gives the examples of a pass.  With `round_batch` a last batch that is not
    full is filled up with the first examples of the next pass, which then goes on behind them.

    >>> passes = Passes(lambda number: iter("abcde"), batch_size=3, round_batch=True)
    >>> for _ in range(2):
    ...     print([("".join(batch), pad) for batch, pad in passes.batches()])
    [('abc', 0), ('dea', 1)]
    [('bcd', 0), ('eab', 2)]
    """

    def __init__(
        self, examples: Callable[[int], Iterator], batch_size: int, round_batch: bool = True
    ):
        self._examples = examples
        self._size = batch_size
        self._round = round_batch
        self._number = -1  # of the pass
        self._begun: Iterator | None = None  # the next pass, where some of it is already used

    def batches(self) -> Iterator[tuple[list, int]]:
        """The batches of the next pass, each with the number of examples it lacked."""
        stream, self._begun = self._begun, None
        self._number += 1
        first = list(islice(stream, self._size)) if stream else []
        if not first:
            stream = self._examples(self._number)
            first = list(islice(stream, self._size))
        batch = first
        while batch:
            missing = self._size - len(batch)
            if missing and self._round:
                batch += self._from_next(missing)
            yield batch, missing
            if missing:
                return
            batch = list(islice(stream, self._size))

    def _from_next(self, count: int) -> list[Any]:
        """The first examples of the next pass."""
        self._begun = self._examples(self._number + 1)
        found = list(islice(self._begun, count))
        if len(found) < count:
            raise ParameterError(
                f"{len(found)} examples cannot fill a batch of {self._size}",
                rule="number of input must be bigger than batch size",
                hint="take a smaller batch_size, or round_batch=False",
            )
        return found

    def abandon(self) -> None:
        """Let the next pass start at its beginning, as the present one was not read to its end."""
        self._begun = None
