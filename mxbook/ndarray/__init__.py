"""`mx.nd`: arrays and the functions on them.

`ndarray.py` the class; `creation.py`, `utils.py` making, saving, loading; `arithmetic.py` Python's
operators; `indexing.py` brackets; `control_flow.py` loops over arrays; `sparse_ndarray.py` csr and
row_sparse; `cached_op.py` symbols as functions; `images.py` decoding; `registry.py` all operators
as functions, which `mx.nd` shows by MXNet's names.
"""

import sys as _sys
import types as _types

from mxbook.imperative import backward_names as _backward_names
from mxbook.imperative.namespaces import sort as _sort

from . import arithmetic as _arithmetic
from . import creation as _creation
from . import methods as _methods
from .counting import histogram
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
from .indexing import (
    get_indexing_dispatch_code,
    get_oshape_of_gather_nd_op,
    indexing_key_expand_implicit_axes,
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
from . import adamw, control_flow, random, sparse_ndarray, utils  # noqa: E402
from .cached_op import CachedOp  # noqa: E402
from .custom import Custom  # noqa: E402
from .images import imdecode  # noqa: E402
from .sparse_ndarray import BaseSparseNDArray, CSRNDArray, RowSparseNDArray  # noqa: E402
from .utils import load, load_frombuffer, save  # noqa: E402

globals()["_internal"]._set_value = _creation.set_value
globals()["sparse"].__dict__.update(
    {name: getattr(sparse_ndarray, name) for name in sparse_ndarray.__all__}
)
globals()["contrib"].__dict__.update(
    {
        name: getattr(control_flow, name)
        for name in ("foreach", "while_loop", "cond", "isnan", "isinf", "isfinite")
    },
    **{name: getattr(adamw, name) for name in adamw.__all__},
    **_backward_names.functions("mx.nd.contrib"),
    rand_zipfian=random.rand_zipfian,
    uniform=random.uniform,
)
globals()["op"].CachedOp = CachedOp
globals()["op"].Custom = Custom

# What NumPy's semantics need is imported when it is first asked for.
_LATER = {
    "np": "numpy",
    "numpy": "numpy",
    "npx": "numpy_extension",
    "numpy_extension": "numpy_extension",
}


def __getattr__(wanted: str):
    if wanted not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    import importlib

    globals()[wanted] = found = importlib.import_module(f"mxbook.{_LATER[wanted]}")
    return found
