"""Random orders, the same that MXNet's iterators give.

They shuffle by `std::shuffle` of the C++ library with a Mersenne Twister: step i swaps element i
with one at or before it.
"""

import numpy as np


def below(twister: np.random.RandomState, limits: np.ndarray) -> np.ndarray:
    """For each limit a whole number below it.

    A word of 32 bits is cut into `limit` equal parts; one in the rest is thrown away.
    """
    parts = np.uint64(2**32 - 1) // limits.astype(np.uint64)
    words = twister.randint(0, 2**32, len(limits), dtype=np.uint32)
    while len(bad := np.flatnonzero(words // parts >= limits)):
        more = twister.randint(0, 2**32, 1, dtype=np.uint32)
        words = np.append(np.delete(words, bad[0]), more)
    return words // parts


class Orders:
    """The orders of one pass after the other.

    >>> Orders(0).order(11, 0)
    [0, 2, 3, 5, 9, 1, 10, 8, 4, 7, 6]
    """

    def __init__(self, seed: int):
        self._seed = seed % 2**32
        self._known: dict[int, list[int]] = {}  # of this pass and the next
        self._start()

    def _start(self) -> None:
        self._twister = np.random.RandomState(self._seed)
        self._drawn = 0

    def order(self, count: int, number: int) -> list[int]:
        """The order of `count` things in pass `number`."""
        if number < self._drawn and number not in self._known:
            self._start()
        while self._drawn <= number:
            self._known[self._drawn] = self._shuffled(count)
            self._drawn += 1
        for old in [n for n in self._known if n < number]:
            del self._known[old]
        return self._known[number]

    def _shuffled(self, count: int) -> list[int]:
        found = list(range(count))
        steps = np.arange(1, count)
        partners = below(self._twister, steps + 1).tolist()
        for i, j in enumerate(partners, 1):
            found[i], found[j] = found[j], found[i]
        return found
