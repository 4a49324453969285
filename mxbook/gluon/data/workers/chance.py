"""Which random numbers a batch is made with.

They follow from the seeds of the program and from the number of the batch in its pass, nothing
else: it does not matter who loads the batch, and when.  (See decisions/0015.)

At the beginning of a pass a number is read off each of the program's three generators: Python's
`random`, NumPy's `numpy.random` and `mx.random`.  From it and the number of a batch follows the
seed with which whoever loads the batch starts his own generators.  The program's generators do not
move by this.  Only where a sample has used a kind of random numbers, the program's generator of
this kind moves on, once a pass, so that the next pass is another one.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from mxbook.imperative import generators
from mxbook.resource import chance

_WORD = (1 << 64) - 1
KINDS = PYTHON, NUMPY, MX = 1, 2, 4  # what a batch has used, as a sum


class Seeds(NamedTuple):
    """What the generators start from, for one batch."""

    python: int
    numpy: int
    mx: int


class Pass:
    """The chances of one pass over a data set, which begins now."""

    def __init__(self) -> None:
        self._starts = _position_of_python(), _position_of_numpy(), generators.settled().peek()
        self._moved = 0

    def seeds(self, number: int) -> Seeds:
        """For batch `number` of the pass."""
        python, numpy, mx = (mixed(start, number) for start in self._starts)
        return Seeds(python, numpy >> 32, mx >> 33)

    def note(self, used: int) -> None:
        """A batch is delivered that has used these kinds of random numbers."""
        new = used & ~self._moved
        self._moved |= new
        if new & PYTHON:
            random.getrandbits(64)
        if new & NUMPY:
            np.random.random()
        if new & MX:
            generators.settled().pass_over()


def _position_of_python() -> int:
    state = random.getstate()
    found = random.getrandbits(64)
    random.setstate(state)
    return found


def _position_of_numpy() -> int:
    state = np.random.get_state()
    found = np.random.random()
    np.random.set_state(state)
    return int(found * 2.0**53)


def mixed(start: int, number: int) -> int:
    """64 bits in which every bit of both numbers counts (Steele and others, 2014: splitmix64).

    >>> mixed(0, 0) == mixed(0, 1), mixed(5, 1) == mixed(4, 2)
    (False, False)
    """
    z = (start + 0x9E3779B97F4A7C15 * (number + 1)) & _WORD
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & _WORD
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & _WORD
    return z ^ z >> 31


# ---- starting generators, and seeing whether they were used


def _started(draw: Callable[[], Any], seed: Callable[[], Any]) -> Callable[[], bool]:
    """Seed a generator; the result tells later whether anything was drawn."""
    seed()
    first = draw()
    seed()
    return lambda: draw() != first


@contextmanager
def in_a_process(seeds: Seeds) -> Iterator[Callable[[], int]]:
    """Inside, everything random in this process starts from the seeds; for its main thread.

    Gives a function that tells, at the end, which kinds of random numbers were used.
    """
    bits: Any = np.random.get_bit_generator()
    python = _started(random.random, lambda: random.seed(seeds.python))
    numpy = _started(bits.random_raw, lambda: np.random.seed(seeds.numpy))
    streams = generators.Streams(seeds.mx)
    with generators.drawing_from(streams):
        yield lambda: python() * PYTHON + numpy() * NUMPY + bool(streams.generators) * MX


class ThreadsOwn:
    """Generators of one thread, in which `random` and `numpy.random` belong to all threads.

    What mxbook draws comes from them; what others draw there is beyond reach.
    """

    def __init__(self) -> None:
        self._python = random.Random()
        self._numpy = np.random.RandomState()

    @contextmanager
    def start(self, seeds: Seeds) -> Iterator[Callable[[], int]]:
        """As `in_a_process`."""
        own, own_numpy = self._python, self._numpy
        python = _started(own.random, lambda: own.seed(seeds.python))
        numpy = _started(own_numpy.random_sample, lambda: own_numpy.seed(seeds.numpy))
        streams = generators.Streams(seeds.mx)
        with chance.drawing_from(own, own_numpy), generators.drawing_from(streams):
            yield lambda: python() * PYTHON + numpy() * NUMPY + bool(streams.generators) * MX


@contextmanager
def in_the_program(seeds: Seeds) -> Iterator[Callable[[], int]]:
    """As `in_a_process`, and afterwards the program's generators are where they were."""
    if threading.current_thread() is not threading.main_thread():
        with ThreadsOwn().start(seeds) as used:
            yield used
        return
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with in_a_process(seeds) as used:
            yield used
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
