"""MXNet, alive and see-through: the interface of Apache MXNet 1.6 in readable Python.

    import mxbook as mx

`mxbook/README.md` says where everything is and in which order to read it.
"""

import os as _os
import sys as _sys
from importlib.util import find_spec as _find_spec

if "numpy" not in _sys.modules:
    # How OpenBLAS, which looks at this when it is loaded, goes with the engine's workers: see
    # `backend/blas.py`.  Programs that are started from here must not inherit it.
    _wanted = {"OPENBLAS_THREAD_TIMEOUT": "20"}  # threads without work sleep after 0.4 ms, not 25
    if _find_spec("threadpoolctl") is None:
        _wanted["OPENBLAS_NUM_THREADS"] = "1"
    _wanted = {name: value for name, value in _wanted.items() if name not in _os.environ}
    _os.environ.update(_wanted)
    import numpy as _numpy

    for _name in _wanted:
        del _os.environ[_name]

from . import autograd, base, context, engine, name, ndarray, random, storage
from . import ndarray as nd
from . import random as rnd
from .base.attributes import AttrScope
from .base.config import config
from .base.errors import MXNetError
from .context import Context, cpu, cpu_pinned, current_context, gpu, num_gpus
from .ndarray import waitall

__version__ = "1.6.0"

# What stands above the arrays is imported when it is first asked for: `import mxbook` stays quick.
_LATER = {
    "attribute": "attribute",
    "book": "book",
    "callback": "callback",
    "contrib": "contrib",
    "executor": "executor",
    "executor_manager": "executor_manager",
    "explain": "explain",
    "gluon": "gluon",
    "image": "image",
    "img": "image",
    "init": "initializer",
    "initializer": "initializer",
    "io": "io",
    "kv": "kvstore",
    "kvstore": "kvstore",
    "kvstore_server": "kvstore_server",
    "libinfo": "libinfo",
    "library": "library",
    "log": "log",
    "lr_scheduler": "lr_scheduler",
    "metric": "metric",
    "mod": "module",
    "model": "model",
    "module": "module",
    "mon": "monitor",
    "monitor": "monitor",
    "ndarray_doc": "ndarray_doc",
    "notebook": "notebook",
    "np": "numpy",
    "npx": "numpy_extension",
    "numpy": "numpy",
    "numpy_dispatch_protocol": "numpy_dispatch_protocol",
    "numpy_extension": "numpy_extension",
    "numpy_op_signature": "numpy_op_signature",
    "operator": "operator",
    "optimizer": "optimizer",
    "profiler": "profiler",
    "recordio": "recordio",
    "registry": "registry",
    "rnn": "rnn",
    "rtc": "rtc",
    "runtime": "runtime",
    "sym": "symbol",
    "symbol": "symbol",
    "symbol_doc": "symbol_doc",
    "test_utils": "test_utils",
    "testing": "testing",
    "th": "torch",
    "torch": "torch",
    "tvmop": "tvmop",
    "util": "util",
    "visualization": "visualization",
    "viz": "visualization",
}


# Functions of `mx.util` that are `mx`'s, too.
_UTIL = {
    *("is_np_array", "is_np_shape", "np_array", "np_shape", "set_np_shape"),
    *("use_np", "use_np_array", "use_np_shape"),
}


def __getattr__(wanted: str):
    import importlib

    if wanted in _UTIL:
        found = getattr(importlib.import_module(f"{__name__}.util"), wanted)
    elif wanted in _LATER:
        found = importlib.import_module(f"{__name__}.{_LATER[wanted]}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    globals()[wanted] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_UTIL})


if config.profiler_autostart:
    from . import profiler

    profiler.set_state("run")
