"""When there is no GPU: what is missing, in words, and how to get it."""

from mxbook.base.context import Context
from mxbook.base.errors import DeviceError

CPU_HINT = "use mx.cpu(); everything in mxbook runs there too"


def no_cupy(error: ImportError) -> DeviceError:
    """CuPy cannot be imported."""
    return DeviceError(
        "mx.gpu() needs the package CuPy",
        rule="an NVIDIA GPU, its driver for CUDA 12, and the package cupy-cuda12x",
        values=[("python", f"import cupy: {error}")],
        hint=f'pip install "mxbook[gpu]"; or {CPU_HINT}',
    )


def no_driver(error: Exception) -> DeviceError:
    """CuPy is there, the CUDA driver does not answer."""
    return DeviceError(
        "CuPy is installed, but the CUDA driver does not answer",
        rule="an NVIDIA GPU and its driver for CUDA 12",
        values=[("cuda", str(error))],
        hint=f"the command nvidia-smi should list a GPU; or {CPU_HINT}",
    )


def no_device() -> DeviceError:
    """The driver answers and knows no GPU."""
    return DeviceError(
        "the CUDA driver knows no GPU",
        hint=f"see nvidia-smi and the variable CUDA_VISIBLE_DEVICES; or {CPU_HINT}",
    )


def no_such_device(ctx: Context, count: int) -> DeviceError:
    """There are GPUs, but not this one."""
    return DeviceError(
        f"there is no {ctx}", rule=f"this machine has {count} GPU(s), gpu(0) to gpu({count - 1})"
    )
