"""Memory of the processor."""

from mxbook.backend import cpu
from mxbook.base.config import config
from mxbook.base.errors import StorageError

from .pool import Pool

pool = Pool(cpu.new_block, lambda: config.pool_bytes)


def _give_back(block: cpu.Block) -> None:
    pool.give_back(block, block.nbytes)


def allocate(nbytes: int) -> cpu.Bytes:
    """A chunk of at least `nbytes`; it goes back to the pool when the last array on it dies.

    Raises StorageError when the machine has no more memory.
    """
    try:
        block, _ = pool.take(nbytes)
    except MemoryError as error:
        raise StorageError(
            f"no memory for {nbytes:,} bytes",
            values=[("in use", f"{pool.used:,} bytes"), ("peak", f"{pool.peak:,} bytes")],
            hint="smaller batches; delete arrays that are not needed; mx.storage.release()",
        ) from error
    return cpu.in_use(block, _give_back)
