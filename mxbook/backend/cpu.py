"""The processor: arrays are NumPy's."""

from collections.abc import Callable

import numpy as np

from mxbook.base.context import Context

xp = np

# The C library of Linux gives memory back to the system as soon as a few arrays of 100 kB and more
# have died, and has to ask for it again, page by page, for the next ones: a chain of ten additions
# that keeps its results then takes eight times as long.  It keeps more after it has seen one large
# block come and go.  Nobody touches the block, so it costs nothing.
np.empty(2**24, np.uint8)


class Block(np.ndarray):
    """Memory from the operating system, as bytes."""


class Bytes(np.ndarray):
    """A block in use: calls `on_release(block)` once no array lies on it any more.

    A NumPy view points past other views to the owner of the memory, so nobody can tell when the
    last *array* is gone.  Where the classes differ (array, Bytes, Block) NumPy stops looking, so
    that every array on a block keeps its Bytes object alive, and its end is the end of all.
    """

    on_release: Callable[[Block], None] | None = None

    def __del__(self):
        if self.on_release is not None and self.base is not None:
            self.on_release(self.base)


def new_block(nbytes: int) -> Block:
    """`nbytes` fresh bytes from the operating system, not initialised."""
    return Block((nbytes,), np.uint8)


def in_use(block: Block, on_release: Callable[[Block], None]) -> Bytes:
    """The block as an object that tells when it dies; see `Bytes`."""
    view = block.view(Bytes)
    view.on_release = on_release
    return view


def shaped(chunk: Bytes, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array of this shape and type over the first bytes of a chunk."""
    return np.ndarray(shape, dtype, buffer=chunk)


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array whose values are not set, from NumPy's own allocator."""
    return np.empty(shape, dtype)


def to_device(host: np.ndarray, _ctx: Context) -> np.ndarray:
    """A copy in C order (the processor has one memory)."""
    return np.array(host, order="C")


def to_host(array: np.ndarray) -> np.ndarray:
    """A copy that the caller owns."""
    return array.copy()


def use(_ctx: Context) -> None:
    """Nothing: a thread has no current processor."""


def synchronize(_ctx: Context) -> None:
    """Nothing: NumPy returns when it is done."""


def memory_info(_ctx: Context) -> tuple[int, int]:
    """Free and total bytes of the machine's memory."""
    import os

    page = os.sysconf("SC_PAGE_SIZE")
    return os.sysconf("SC_AVPHYS_PAGES") * page, os.sysconf("SC_PHYS_PAGES") * page
