"""The array libraries: NumPy for the processor, CuPy for CUDA devices.

Nobody else imports cupy.  A back end is a module that answers the same few questions: `xp`,
`to_device`, `to_host`, `use`, `synchronize`, `memory_info`.
"""

from types import ModuleType

from mxbook.base.context import Context

from . import cpu, gpu

GPU = 2  # MXNet's number of the device type


def module_for(ctx: Context) -> ModuleType:
    """The back end of a context.

    >>> from mxbook.base.context import Context
    >>> module_for(Context("cpu", 0)).xp.__name__
    'numpy'
    """
    return gpu if ctx.device_typeid == GPU else cpu


def array_module(ctx: Context) -> ModuleType:
    """`numpy` or `cupy`; raises DeviceError where there is no GPU."""
    return gpu.load() if ctx.device_typeid == GPU else cpu.xp


def transfer(array, source: Context, target: Context):
    """A copy of a raw array on another device (or on the same)."""
    if source.device_typeid == GPU and target.device_typeid == GPU:
        return gpu.between_devices(array, source, target)
    host = module_for(source).to_host(array) if source.device_typeid == GPU else array
    return module_for(target).to_device(host, target)


def synchronize_all() -> None:
    """Wait for every GPU that was used."""
    for ctx in list(gpu.used):
        gpu.synchronize(ctx)
