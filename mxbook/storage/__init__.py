"""Bytes: allocated, recycled, counted.  Knows no shape.

    mx.storage.stats()      what is in use and what is kept for reuse, by device
    mx.storage.release()    give what is kept back to the operating system

Host arrays of at least `mx.config.pool_smallest` bytes live in chunks of the pool; smaller ones
come from NumPy's own cache of small blocks and are not counted.  On a GPU, CuPy's pool does
the same.
"""

from typing import Any

from mxbook.backend import GPU, gpu
from mxbook.base.context import Context, current_context

from . import host
from .host import allocate
from .pool import Pool


def stats(ctx: Context | None = None) -> dict[str, Any]:
    """Bytes `used`, `free` (kept for reuse) and `peak`; how often a block was reused (`hits`).

    >>> sorted(stats(Context("cpu", 0)))
    ['free', 'hits', 'misses', 'peak', 'used']
    """
    ctx = ctx or current_context()
    if ctx.device_typeid == GPU:
        used, held = gpu.pool_bytes(ctx)
        return {"used": used, "free": held - used}
    pool = host.pool
    names = ("used", "free", "peak", "hits", "misses")
    return {name: getattr(pool, name) for name in names}


def release(ctx: Context | None = None) -> None:
    """Give the memory that is kept for reuse back to the operating system or driver.

    >>> release(Context("cpu", 0))
    >>> stats(Context("cpu", 0))["free"]
    0
    """
    ctx = ctx or current_context()
    if ctx.device_typeid == GPU:
        gpu.release_pool(ctx)
    else:
        host.pool.release()
