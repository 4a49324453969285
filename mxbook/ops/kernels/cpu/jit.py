"""How kernels are compiled."""

from collections.abc import Callable
from typing import Any

import numba

# nogil: the engine's workers run kernels side by side.  No `parallel`: the engine has the threads.
# contract: `a * b + c` may be one instruction.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
EXACT: set[str] = set()  # nothing of the kind: NumPy's digits
# Sums in any order, which lets the processor add up several at a time.
ANY_ORDER = {"contract", "reassoc", "nsz"}


def kernel(signature: str, **options: Any) -> Callable:
    """Compile a function at once, for arguments of these types, or read it from Numba's files.

    In a signature `f4` is a float32 number, `i8` a whole one, `f4[::1]` a vector in one piece.
    """

    def compile_it(function: Callable) -> Callable:
        try:
            return numba.njit(signature, cache=True, **OPTIONS | options)(function)
        except RuntimeError:  # no folder for the files can be written to
            return numba.njit(signature, **OPTIONS | options)(function)

    return compile_it
