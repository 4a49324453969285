"""A CUDA device: arrays are CuPy's.  The only file that imports cupy, and only when it is used."""

import importlib
from types import ModuleType

import numpy as np

from mxbook.base.context import Context

from . import absent

xp: ModuleType | None = None
used: set[Context] = set()  # devices something was run on
_copy_streams: dict[int, object] = {}


def load() -> ModuleType:
    """CuPy, imported at the first call.

    Raises DeviceError that says what is missing and how to get it.
    """
    global xp
    if xp is None:
        try:
            module = importlib.import_module("cupy")
        except ImportError as error:
            raise absent.no_cupy(error) from error
        try:
            count = module.cuda.runtime.getDeviceCount()
        except Exception as error:  # CuPy raises its own class, which needs CuPy to name
            raise absent.no_driver(error) from error
        if count == 0:
            raise absent.no_device()
        xp = module
    return xp


def count() -> int:
    """How many CUDA devices there are; 0 where CuPy or the driver is missing."""
    try:
        return load().cuda.runtime.getDeviceCount()
    except absent.DeviceError:
        return 0


def use(ctx: Context) -> None:
    """Make the device of `ctx` this thread's current one.

    Raises DeviceError when there is no such device.
    """
    cuda = load().cuda
    if ctx.device_id >= cuda.runtime.getDeviceCount():
        raise absent.no_such_device(ctx, cuda.runtime.getDeviceCount())
    cuda.Device(ctx.device_id).use()
    used.add(ctx)


def empty(shape: tuple[int, ...], dtype: np.dtype, ctx: Context):
    """An array whose values are not set, from CuPy's memory pool."""
    use(ctx)
    return load().empty(shape, dtype)


def to_device(host: np.ndarray, ctx: Context):
    """A copy of a host array on the device, in C order."""
    use(ctx)
    return load().asarray(np.asarray(host, order="C"))


def to_host(array) -> np.ndarray:
    """A copy in host memory; waits for the array's stream."""
    return load().asnumpy(array)


def between_devices(array, source: Context, target: Context):
    """A copy on another device, made on a copy stream that first waits for the source's work."""
    use(source)
    cuda = load().cuda
    ready = cuda.Event()
    ready.record()
    use(target)
    stream = _copy_streams.setdefault(target.device_id, cuda.Stream(non_blocking=True))
    stream.wait_event(ready)
    with stream:
        copy = load().array(array, order="C")
        done = cuda.Event()
        done.record(stream)
    cuda.get_current_stream().wait_event(done)
    return copy


def compiled(source: str, options: tuple[str, ...], names: tuple[str, ...]):
    """CUDA source as a module of kernels, compiled by NVRTC: `extern "C"` ones, and those of
    C++ whose `names` are given."""
    if names and not any("-std" in option for option in options):
        options = (*options, "-std=c++17")  # CuPy asks for it
    module = load().RawModule(code=source, options=options, name_expressions=names or None)
    module.compile()
    return module


def synchronize(ctx: Context) -> None:
    """Wait until everything queued on the device's current stream is done."""
    use(ctx)
    load().cuda.get_current_stream().synchronize()


def memory_info(ctx: Context) -> tuple[int, int]:
    """Free and total bytes of the device."""
    use(ctx)
    free, total = load().cuda.runtime.memGetInfo()
    return free, total


def pool_bytes(ctx: Context) -> tuple[int, int]:
    """Bytes used and bytes held by CuPy's memory pool of the device."""
    use(ctx)
    pool = load().get_default_memory_pool()
    return pool.used_bytes(), pool.total_bytes()


def release_pool(ctx: Context) -> None:
    """Give the pool's free blocks back to the driver."""
    use(ctx)
    load().get_default_memory_pool().free_all_blocks()
