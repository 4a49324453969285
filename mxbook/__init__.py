"""MXNet, alive and see-through: the interface of Apache MXNet 1.6 in readable Python.

    import mxbook as mx

`mxbook/README.md` says where everything is and in which order to read it.
"""

import os as _os
import sys as _sys

if "numpy" not in _sys.modules:
    # A BLAS thread that spins while it waits for work takes a core away from the engine's threads.
    _os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")


from . import (
    autograd,
    base,
    context,
    engine,
    kvstore,
    metric,
    name,
    ndarray,
    random,
    storage,
    symbol,
)
from . import kvstore as kv
from . import ndarray as nd
from . import random as rnd
from . import symbol as sym
from .base.config import config
from .base.errors import MXNetError
from .context import Context, cpu, cpu_pinned, current_context, gpu, num_gpus
from .ndarray import waitall

__version__ = "1.6.0"


def __getattr__(wanted: str):
    # For people at a notebook, not for programs: imported when first asked for.
    if wanted in ("book", "explain"):
        import importlib

        return importlib.import_module(f"{__name__}.{wanted}")
    raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
