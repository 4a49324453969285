"""`mx.sym`: expressions that are computed later, and the operators on them."""

import sys as _sys
import types as _types

from mxbook.base.errors import ParameterError as _ParameterError
from mxbook.imperative.namespaces import sort as _sort
from mxbook.ops.registry import operators as _operators

from . import arithmetic as _arithmetic
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
    attrs = dict(attr or {})
    values = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult}
    attrs.update({f"__{k}__": str(v) for k, v in values.items() if v is not None})
    if dtype is not None:
        from mxbook.base.dtypes import CODES, as_dtype

        attrs["__dtype__"] = str(CODES[as_dtype(dtype).name])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    wrong = [k for k in kwargs if not (k.startswith("__") and k.endswith("__"))]
    if wrong:
        raise _ParameterError(f"attribute {wrong[0]!r} is not supported", rule="write __name__")
    attrs.update({k: str(v) for k, v in kwargs.items()})
    return _make_variable(name, attrs)


var = Variable


def Group(symbols):  # noqa: N802 - MXNet's name
    """Several symbols as one with all their outputs.

    >>> Group([Variable("a"), Variable("b")]).list_outputs()
    ['a', 'b']
    """
    return Symbol([entry for s in symbols for entry in s._entries])


globals().update(_arithmetic.install())
_make_modules()
