"""Operators as methods of Symbol: `x.sum(axis=1)` is `mx.sym.sum(x, axis=1)`.

What only arrays can do is a method, too, and says so.
"""

from collections.abc import Callable
from typing import Any

from mxbook.base.errors import DTypeError, NotImplementedForSymbol
from mxbook.base.null import _Null
from mxbook.ops.sides import METHODS

from . import creation, tracing
from . import registry as F
from .symbol import Symbol

# What a symbol cannot do, because it has no values: what to write instead, and the same inside a
# block that is traced, where it is another thing.
ARRAYS_ONLY = {
    "asnumpy": ("compute it first: symbol.eval(...)[0].asnumpy()", tracing.VALUES),
    "asscalar": ("compute it first: symbol.eval(...)[0].asscalar()", tracing.VALUES),
    "wait_to_read": (
        "compute it first: symbol.eval(...)",
        "leave it out: only arrays are waited for",
    ),
    "as_in_context": (
        "the device is chosen when it is computed: symbol.eval(ctx=...) or bind(ctx)",
        "leave it out: the graph is computed on the device of the block's inputs",
    ),
    "backward": (
        "bind it: symbol.bind(...).forward(is_train=True), then backward() of the executor",
        "call backward on what the block gives",
    ),
    "copy": (
        "a Symbol is never changed, so it needs no copy; copy.copy(symbol) makes one",
        "leave it out: a Symbol is never changed",
    ),
    "detach": ("mx.sym.BlockGrad(symbol) lets no gradient through", "F.BlockGrad(x)"),
    "__iadd__": ("write x = x + y", ""),
    "__isub__": ("write x = x - y", ""),
    "__imul__": ("write x = x * y", ""),
    "__itruediv__": ("write x = x / y", ""),
    "__array__": ("mx.sym.exp(x) in place of np.exp(x)", "F.exp(x) in place of np.exp(x)"),
    "__float__": ("compute it first: symbol.eval(...)[0].asscalar()", tracing.VALUES),
    "__int__": ("compute it first: symbol.eval(...)[0].asscalar()", tracing.VALUES),
    "__setitem__": (
        "a Symbol is never changed",
        "F.where(condition, a, b), F.concat or F.slice_like",
    ),
}


WHY = "a Symbol has no values yet"
WORDS = {  # what was written
    "__iadd__": "x += y (__iadd__)",
    "__isub__": "x -= y (__isub__)",
    "__imul__": "x *= y (__imul__)",
    "__itruediv__": "x /= y (__itruediv__)",
    "__array__": "a function of NumPy",
    "__float__": "float(x)",
    "__int__": "int(x)",
    "__setitem__": "x[...] = y",
}


def install() -> None:
    """Give Symbol a method for each name of METHODS that there is a function for, and others."""
    for name in (*METHODS, "broadcast_to", "broadcast_like"):
        if name in F.functions:
            _add(name, F.functions[name])
    for name, hints in ARRAYS_ONLY.items():
        setattr(Symbol, name, _refused(name, *hints))
    for method in (diag, expand_dims, flatten, squeeze, reshape, astype, split_v2):
        method.__qualname__ = f"Symbol.{method.__name__}"
        setattr(Symbol, method.__name__, method)


def _add(name: str, function: Callable) -> None:
    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"Symbol.{name}"
    method.__doc__ = f"`mx.sym.{name}` with this symbol as first input.\n\n{function.__doc__}"
    setattr(Symbol, name, method)


def _refused(name: str, hint: str, traced: str) -> Callable:
    # Where Python has a word for it, it expects a TypeError.
    kind = DTypeError if name.startswith("__") else NotImplementedForSymbol

    def refuse(self, *args, **kwargs):
        raise tracing.refusal(WORDS.get(name, f"x.{name}()"), WHY, hint, traced, kind)

    refuse.__name__ = name
    refuse.__qualname__ = f"Symbol.{name}"
    refuse.__doc__ = f"Only arrays can do this: raises MXNetError.  {hint[0].upper()}{hint[1:]}."
    return refuse


def diag(self, k: int = 0, **kwargs: Any) -> Symbol:
    """The `k`-th diagonal of a matrix, or the matrix with this one."""
    return F.diag(self, k, **kwargs)


def expand_dims(self, axis: int, inplace: bool = False, **kwargs: Any) -> Symbol:
    """The same elements with a new axis of length 1; `inplace` means nothing for symbols."""
    return F.expand_dims(self, axis, **kwargs)


def flatten(self, inplace: bool = False, **kwargs: Any) -> Symbol:
    """The same elements as a matrix whose rows are the first axis."""
    return F.flatten(self, **kwargs)


def squeeze(self, axis: Any = None, inplace: bool = False, **kwargs: Any) -> Symbol:
    """The same elements without axes of length 1 (all of them, or the ones in `axis`)."""
    return F.squeeze(self, _Null if axis is None else axis, **kwargs)


def reshape(self, *args: Any, **kwargs: Any) -> Symbol:
    """The same elements in another shape; MXNet's codes 0, -1, -2, -3, -4 apply."""
    whole = all(isinstance(a, int) for a in args)
    return F.reshape(self, args, **kwargs) if args and whole else F.reshape(self, *args, **kwargs)


def astype(self, *args: Any, **kwargs: Any) -> Symbol:
    """The values in another element type."""
    return F.cast(self, *args, **kwargs)


def split_v2(self, *args: Any, **kwargs: Any) -> Symbol:
    """`mx.sym.split_v2` of this symbol: equal parts, or parts cut at given positions."""
    return creation.split_v2(self, *args, **kwargs)
