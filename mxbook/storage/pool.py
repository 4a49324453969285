"""Recycling memory.

Fresh memory is expensive: the operating system hands it out page by page, and touching the pages
costs more than the arithmetic on them.  So blocks that nobody uses any more are kept, by size
class, and handed out again.
"""

import threading
from collections.abc import Callable
from typing import Any


def size_class(nbytes: int) -> int:
    """The block size that serves a request: a power of two in eight steps, waste below 1/8.

    >>> size_class(1000), size_class(1025), size_class(4096)
    (1024, 1152, 4096)
    """
    step = max(64, 1 << max(0, nbytes.bit_length() - 4))
    return -(-nbytes // step) * step


class Pool:
    """Blocks of one device: `take` gives one, `give_back` returns it.

    `allocate(nbytes)` makes a new block; `keep_bytes()` says how many free bytes may be kept.
    """

    def __init__(self, allocate: Callable[[int], Any], keep_bytes: Callable[[], int]):
        self._allocate = allocate
        self._keep_bytes = keep_bytes
        self._free: dict[int, list[Any]] = {}
        # Re-entrant: a garbage collection inside `take` may call `give_back` in the same thread.
        self._lock = threading.RLock()
        self.used = self.free = self.peak = self.hits = self.misses = 0

    def take(self, nbytes: int) -> tuple[Any, int]:
        """A block of at least `nbytes` and its size; recycled where one is free."""
        size = size_class(nbytes)
        with self._lock:
            blocks = self._free.get(size)
            block = blocks.pop() if blocks else None
            if block is not None:
                self.free -= size
                self.hits += 1
        if block is None:
            block = self._fresh(size)
        with self._lock:
            self.used += size
            self.peak = max(self.peak, self.used)
        return block, size

    def _fresh(self, size: int) -> Any:
        try:
            block = self._allocate(size)
        except MemoryError:
            self.release()  # free blocks of other sizes may be what is missing
            block = self._allocate(size)
        with self._lock:
            self.misses += 1
        return block

    def give_back(self, block: Any, size: int) -> None:
        """Nobody uses the block any more; it is kept for the next one who asks."""
        with self._lock:
            self.used -= size
            self._free.setdefault(size, []).append(block)
            self.free += size
            self._trim()

    def _trim(self) -> None:
        """Drop free blocks while too many bytes are kept, sizes that came first going first."""
        keep = self._keep_bytes()
        while self.free > keep:
            size = next(iter(self._free))
            blocks = self._free[size]
            if blocks:
                blocks.pop()
                self.free -= size
            else:
                del self._free[size]

    def release(self) -> None:
        """Drop all free blocks, so that the operating system gets them back."""
        with self._lock:
            self._free.clear()
            self.free = 0
