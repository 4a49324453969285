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
        self._number = -1  # of the pass
        # Where the last batch of a pass has used some of another one: which one, and how much.
        self._begun: tuple[int, int] | None = None

    def batches(self) -> Iterator[tuple[list, int]]:
        """The batches of the next pass, each with the number of examples it lacked."""
        self._number, used = self._begun or (self._number + 1, 0)
        self._begun = None
        stream = islice(self._examples(self._number), used, None)
        batch = list(islice(stream, self._size))
        if used and not batch:  # the batch before has used all of it
            self._number += 1
            stream = islice(self._examples(self._number), None)
            batch = list(islice(stream, self._size))
        while batch:
            missing = self._size - len(batch)
            if missing and self._round:
                batch += self._from_next(missing)
            yield batch, missing
            if missing:
                return
            batch = list(islice(stream, self._size))

    def _from_next(self, count: int) -> list[Any]:
        """The first examples of the next pass, and of those behind it if it is that short."""
        found: list[Any] = []
        number = self._number
        while len(found) < count:
            number += 1
            more = list(islice(self._examples(number), count - len(found)))
            if not more:
                raise MXNetError("the data has become empty", hint="was a file replaced?")
            found += more
            self._begun = number, len(more)
        return found

    def abandon(self) -> None:
        """Let the next pass start at its beginning, as the present one was not read to its end."""
        self._begun = None
