"""Kernels for CUDA devices, for what CuPy's functions cannot do well; see `twins.py`.

Each file has its CUDA source beside it, with the ending `.cu`.  Sources are written for a type
`REAL`, float or double, and are compiled for it at the first call, by NVRTC through CuPy.
"""

import importlib
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from mxbook.base.errors import CompiledKernelWarning

HERE = Path(__file__).parent
NAMES = frozenset({"boxes", "pooling"})  # files here
TYPES = {"float32": "float", "float64": "double"}
THREADS = 256  # of a block

_failed: set[str] = set()


def suits(xp: Any, args: tuple) -> bool:
    """Whether kernels of CUDA take these arguments: arrays in one piece, those with fractions all
    of float32 or all of float64."""
    arrays = [a for a in args if isinstance(a, xp.ndarray)]
    types = {str(a.dtype) for a in arrays if a.dtype.kind == "f"}
    return len(types) == 1 and types <= set(TYPES) and all(a.flags.c_contiguous for a in arrays)


def twins(name: str, xp: Any) -> ModuleType | None:
    """The compiled kernels in the file `name`, or None."""
    if name not in NAMES or name in _failed or not hasattr(xp, "RawModule"):
        return None
    return importlib.import_module(f"{__name__}.{name}")


def options(real: str) -> tuple[str, ...]:
    """What NVRTC is told for a source: the type REAL, and to round as NumPy does."""
    return f"-DREAL={real}", "--fmad=false"


@lru_cache
def module(xp: Any, name: str, dtype: str) -> Any:
    """The compiled source `name` for an element type; None where it cannot be compiled.

    Then a CompiledKernelWarning says so, once.
    """
    source = (HERE / f"{name}.cu").read_text()
    try:
        found = xp.RawModule(code=source, options=options(TYPES[dtype]))
        found.compile()
    except Exception as error:  # of CuPy or NVRTC: CuPy's functions do it all
        import warnings

        _failed.add(name)
        warnings.warn(
            f"the CUDA kernels ({name}) cannot be compiled, CuPy's functions compute instead: "
            f"{type(error).__name__}: {error}",
            CompiledKernelWarning,
            stacklevel=4,
        )
        return None
    return found


def launch(kernel: Any, count: int, *args: Any) -> None:
    """Run a kernel with a thread for each of `count` elements."""
    kernel((-(-count // THREADS),), (THREADS,), args)
