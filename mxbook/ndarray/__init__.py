"""`mx.nd`: arrays and the functions on them.

`ndarray.py` the class; `creation.py`, `utils.py` making, saving, loading; `arithmetic.py` Python's
operators; `indexing.py` brackets; `control_flow.py` loops over arrays; `registry.py` all operators
as functions, which `mx.nd` shows by MXNet's names.
"""

import sys as _sys
import types as _types

from mxbook.imperative.namespaces import sort as _sort

from . import arithmetic as _arithmetic
from . import methods as _methods
from .creation import (
    arange,
    array,
    concatenate,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    linspace,
    moveaxis,
    onehot_encode,
    ones,
    split_v2,
    to_dlpack_for_read,
    to_dlpack_for_write,
    zeros,
)
from .ndarray import NDArray, waitall
from .registry import functions as _functions


def _make_modules() -> None:
    """The sub-modules `op`, `_internal`, `contrib`, ... and the public functions of this one."""
    for module, names in _sort(_functions).items():
        made = _types.ModuleType(
            f"{__name__}.{module}", f"`mx.nd.{module}`, made from the operators."
        )
        made.__dict__.update(names)
        _sys.modules[made.__name__] = made
        globals()[module] = made
    public = {n: f for n, f in globals()["op"].__dict__.items() if n in _functions}
    globals().update({n: f for n, f in public.items() if n not in globals()})


globals().update(_arithmetic.install())
_make_modules()
_methods.install({**_functions, "split_v2": split_v2})

# After the class has its operators and methods:
from . import control_flow, random, utils  # noqa: E402
from .utils import load, load_frombuffer, save  # noqa: E402

globals()["contrib"].__dict__.update(
    {
        name: getattr(control_flow, name)
        for name in ("foreach", "while_loop", "cond", "isnan", "isinf", "isfinite")
    },
    rand_zipfian=random.rand_zipfian,
)
