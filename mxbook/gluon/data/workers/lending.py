"""Batches in shared memory: a worker lends segments to the program, and gets them back.

A worker puts an array into a segment and tells the program its number.  The program wraps the
segment as an array, without a copy.  When the last array on it has died there, the number goes
back to the worker, which uses the segment again: fresh memory would be slow.
"""

import os
import threading
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mxbook.backend import cpu
from mxbook.storage import shared
from mxbook.storage.pool import size_class

LARGE = 1 << 15  # bytes from which on an array is lent; smaller ones travel in the message
KEPT = 16  # free segments that a worker keeps
HELD = 256  # segments that the program holds at most; what comes beyond is copied


class _Segment:
    __slots__ = ("block", "in_hand", "lent", "number", "size")

    def __init__(self, number: int, size: int, block: cpu.Block):
        self.number = number
        self.size = size
        self.block = block
        self.in_hand = True  # an array of the worker lies on it
        self.lent = 0  # how often the program has it


class Lender:
    """The worker's side.  `fresh` are descriptors the program has not seen yet, by number."""

    def __init__(self) -> None:
        self.fresh: dict[int, tuple[int, int]] = {}  # number: descriptor, bytes
        self.dropped: list[int] = []  # numbers that will not come again
        self._segments: dict[int, _Segment] = {}  # by number
        self._by_address: dict[int, _Segment] = {}
        self._free: list[_Segment] = []
        self._count = 0
        # Re-entrant: a garbage collection in here may let an array die.
        self._lock = threading.RLock()

    def memory(self, nbytes: int) -> cpu.Bytes:
        """Memory that can be lent; it is free again when its last array has died."""
        with self._lock:
            fitting = [s for s in self._free if nbytes <= s.size <= 2 * nbytes]
            if fitting:
                segment = min(fitting, key=lambda s: s.size)
                self._free.remove(segment)
                segment.in_hand = True
            else:
                segment = self._new(size_class(nbytes))
        return cpu.in_use(segment.block, lambda _block: self._dropped_here(segment))

    def _new(self, size: int) -> _Segment:
        descriptor = shared.new(size)
        segment = _Segment(self._count, size, shared.mapped(descriptor, size))
        self._count += 1
        self._segments[segment.number] = segment
        self._by_address[_address(segment.block)] = segment
        self.fresh[segment.number] = descriptor, size
        return segment

    def lend(self, content: Any) -> int:
        """The number of a segment with this content (a buffer), which it has now if not before."""
        array = np.frombuffer(content, np.uint8)
        with self._lock:
            segment = self._by_address.get(_address(array))
            if segment is None:
                memory = self.memory(array.nbytes)
                memory[: array.nbytes] = array
                segment = self._by_address[_address(memory)]
            segment.lent += 1
        return segment.number

    def sent(self, numbers: Sequence[int]) -> None:
        """The program has the descriptors of these segments: they are not needed here any more."""
        for number in numbers:
            os.close(self.fresh.pop(number)[0])

    def given_back(self, numbers: Sequence[int]) -> None:
        """The program does not use these segments any more."""
        with self._lock:
            for number in numbers:
                self._segments[number].lent -= 1
                self._keep(self._segments[number])

    def _dropped_here(self, segment: _Segment) -> None:
        with self._lock:
            segment.in_hand = False
            self._keep(segment)

    def _keep(self, segment: _Segment) -> None:
        if segment.in_hand or segment.lent:
            return
        self._free.append(segment)
        if len(self._free) > KEPT:
            old = self._free.pop(0)
            del self._segments[old.number], self._by_address[_address(old.block)]
            if old.number in self.fresh:
                self.sent([old.number])
            else:
                self.dropped.append(old.number)


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


class Borrower:
    """The program's side, for one worker: what it holds (`most` at a time), what is to go back."""

    def __init__(self, most: int = HELD) -> None:
        self._most = most
        self.back: deque[int] = deque()  # filled by finalizers, in whatever thread
        self._blocks: dict[int, cpu.Block] = {}
        self._held = 0

    def meet(self, descriptor: int, number: int, size: int) -> None:
        """A segment that was not here before."""
        try:
            self._blocks[number] = shared.mapped(descriptor, size)
        finally:
            os.close(descriptor)

    def borrow(self, number: int, nbytes: int) -> np.ndarray:
        """The first bytes of a segment, or, where too many are held already, a copy of them."""
        block = self._blocks[number]
        if self._held >= self._most:
            self.back.append(number)
            return np.array(block[:nbytes], subok=False)
        self._held += 1
        memory = cpu.in_use(block, partial(self._give_back, number))
        return cpu.shaped(memory, (nbytes,), np.dtype(np.uint8))

    def _give_back(self, number: int, _block: cpu.Block) -> None:
        self._held -= 1
        self.back.append(number)

    def forget(self, numbers: Sequence[int]) -> None:
        """The worker has given these segments up."""
        for number in numbers:
            del self._blocks[number]


here: Lender | None = None  # in a worker process: where large batches are put
