"""Passes over examples, cut into batches."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mxbook.base.errors import MXNetError


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
        self._number = -1  # of the last pass that was begun
        self._begun: Iterator | None = None  # that pass, where some of it is already used

    def batches(self) -> Iterator[tuple[list, int]]:
        """The batches of the next pass, each with the number of examples it lacked."""
        stream, self._begun = self._begun or self._new(), None
        batch = list(islice(stream, self._size))
        if not batch:  # the last batch before has used all of it
            stream = self._new()
            batch = list(islice(stream, self._size))
        while batch:
            missing = self._size - len(batch)
            if missing and self._round:
                batch += self._from_next(missing)
            yield batch, missing
            if missing:
                return
            batch = list(islice(stream, self._size))

    def _new(self) -> Iterator:
        self._number += 1
        return self._examples(self._number)

    def _from_next(self, count: int) -> list[Any]:
        """The first examples of the next pass, and of those behind it if it is that short."""
        found: list[Any] = []
        while len(found) < count:
            self._begun = self._new()
            more = list(islice(self._begun, count - len(found)))
            if not more:
                raise MXNetError("the data has become empty", hint="was a file replaced?")
            found += more
        return found

    def abandon(self) -> None:
        """Let the next pass start at its beginning, as the present one was not read to its end."""
        self._begun = None
