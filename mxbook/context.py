"""`mx.context`: devices, and what the machine has of them."""

from mxbook import storage as _storage
from mxbook.backend import gpu as _gpu
from mxbook.base.context import Context, cpu, cpu_pinned, current_context, gpu

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus"]


def num_gpus() -> int:
    """How many CUDA devices can be used; 0 where CuPy or the driver is missing.

    >>> num_gpus() >= 0
    True
    """
    return _gpu.count()


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Free and total bytes of a GPU; raises DeviceError where there is none."""
    return _gpu.memory_info(Context("gpu", device_id))


def _empty_cache(self: Context) -> None:
    """Give the memory of this device that is kept for reuse back to the system or driver.

    >>> cpu().empty_cache()
    """
    _storage.release(self)


Context.empty_cache = _empty_cache  # it is above `base`, which knows no memory
