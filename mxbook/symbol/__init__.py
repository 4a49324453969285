"""`mx.sym`: expressions that are computed later, and the operators on them.

`symbol.py` the class; `creation.py`, `random.py` symbols that make arrays; `arithmetic.py`,
`methods.py` Python's operators and methods; `composition.py`, `files.py` copies, JSON and files;
`control_flow.py` loops and branches, `loops.py` their operators; `evaluate.py` computing;
`registry.py` all operators as functions, which `mx.sym` shows by MXNet's names.
"""

import sys as _sys
import types as _types

from mxbook.base import attributes as _attributes
from mxbook.base.attributes import AttrScope
from mxbook.base.errors import ParameterError as _ParameterError
from mxbook.imperative import backward_names as _backward_names
from mxbook.imperative.namespaces import sort as _sort
from mxbook.ops.registry import operators as _operators

from . import arithmetic as _arithmetic
from . import methods as _methods
from . import random
from .creation import arange, eye, full, histogram, linspace, ones, split_v2, zeros
from .files import load, load_json
from .front import function_of as _function_of
from .registry import functions as _functions
from .symbol import Symbol
from .symbol import make_variable as _make_variable


def _make_modules() -> None:
    """The sub-modules, whose functions hint at automatic names without their prefix."""
    for module, found in _sort(_functions).items():
        made = _types.ModuleType(
            f"{__name__}.{module}", f"`mx.sym.{module}`, made from the operators."
        )
        for public, function in found.items():
            registered = function.__name__
            made.__dict__[public] = (
                function if public == registered else _function_of(_operators[registered], public)
            )
        _sys.modules[made.__name__] = made
        globals()[module] = made
    from . import adamw, control_flow
    from .custom import Custom

    globals()["op"].__dict__["Custom"] = globals()["Custom"] = Custom
    loops = ("foreach", "while_loop", "cond", "isnan", "isinf", "isfinite")
    globals()["contrib"].__dict__.update(
        {name: getattr(control_flow, name) for name in loops},
        **_backward_names.functions("mx.sym.contrib"),
        adamw_update=adamw.adamw_update,
        mp_adamw_update=adamw.mp_adamw_update,
        rand_zipfian=random.rand_zipfian,
        uniform=random.uniform,
        AttrScope=AttrScope,
        Symbol=Symbol,
    )
    names = {n: f for n, f in globals()["op"].__dict__.items() if n in _functions}
    globals().update({n: f for n, f in names.items() if n not in globals()})


def Variable(  # noqa: N802 - MXNet's name
    name,
    attr=None,
    shape=None,
    lr_mult=None,
    wd_mult=None,
    dtype=None,
    init=None,
    stype=None,
    **kwargs,
):
    """A symbol that stands for an array given later.

    `shape` (0 for unknown lengths), `dtype` and the multipliers are kept as attributes; further
    attributes are written `__name__`.

    >>> Variable("x", shape=(2, 0)).attr("__shape__")
    '(2, 0)'
    """
    if not isinstance(name, str):
        raise _ParameterError(f"a variable's name is a text, not {name!r}")
    attrs = _attributes.current().get(attr)
    if not all(isinstance(value, str) for value in attrs.values()):
        raise _ParameterError("attributes of symbols are texts")
    attrs = _attributes.stored(attrs)
    values = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult}
    attrs.update({f"__{k}__": str(v) for k, v in values.items() if v is not None})
    if dtype is not None:
        from mxbook.base.dtypes import CODES, as_dtype

        attrs["__dtype__"] = str(CODES[as_dtype(dtype).name])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    if stype is not None:
        attrs["__storage_type__"] = str(_STORAGE_TYPES[stype])
    wrong = [k for k in kwargs if not (k.startswith("__") and k.endswith("__"))]
    if wrong:
        raise _ParameterError(f"attribute {wrong[0]!r} is not supported", rule="write __name__")
    attrs.update({k: str(v) for k, v in kwargs.items()})
    return _make_variable(name, attrs)


var = Variable
_STORAGE_TYPES = {"default": 0, "row_sparse": 1, "csr": 2}


def Group(symbols, create_fn=Symbol):  # noqa: N802 - MXNet's name
    """Several symbols as one with all their outputs; `create_fn` is the class of the result.

    >>> Group([Variable("a"), Variable("b")]).list_outputs()
    ['a', 'b']
    """
    if not symbols or not all(isinstance(s, Symbol) for s in symbols):
        raise _ParameterError(
            "a group is made of symbols", values=[("given", ", ".join(map(repr, symbols)))]
        )
    return create_fn([entry for s in symbols for entry in s._entries])


globals().update(_arithmetic.install())
_methods.install()
_make_modules()

# What NumPy's semantics need is imported when it is first asked for.
_LATER = {
    "np": "numpy.on_symbols",
    "numpy": "numpy.on_symbols",
    "npx": "numpy_extension",
    "numpy_extension": "numpy_extension",
}


def __getattr__(wanted: str):
    if wanted not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    import importlib

    globals()[wanted] = found = importlib.import_module(f"mxbook.{_LATER[wanted]}")
    return found
