"""Operators as methods of Symbol: `x.sum(axis=1)` is `mx.sym.sum(x, axis=1)`.

What only arrays can do is a method, too, and says so.
"""

from collections.abc import Callable
from typing import Any

from mxbook.base.errors import MXNetError
from mxbook.base.null import _Null
from mxbook.ops.sides import METHODS

from . import creation
from . import registry as F
from .symbol import Symbol

# What a symbol cannot do, because it has no values, and what to write instead.
ARRAYS_ONLY = {
    "asnumpy": "compute it first: symbol.eval(...)[0].asnumpy()",
    "asscalar": "compute it first: symbol.eval(...)[0].asscalar()",
    "wait_to_read": "compute it first: symbol.eval(...)",
    "as_in_context": "the device is chosen when it is computed: symbol.eval(ctx=...) or bind(ctx)",
    "backward": "bind it: symbol.bind(...).forward(is_train=True), then backward() of the executor",
    "copy": "a Symbol is never changed, so it needs no copy; copy.copy(symbol) makes one",
    "detach": "mx.sym.BlockGrad(symbol) lets no gradient through",
    "__iadd__": "write x = x + y",
    "__isub__": "write x = x - y",
    "__imul__": "write x = x * y",
    "__itruediv__": "write x = x / y",
}


def install() -> None:
    """Give Symbol a method for each name of METHODS that there is a function for, and others."""
    for name in (*METHODS, "broadcast_to", "broadcast_like"):
        if name in F.functions:
            _add(name, F.functions[name])
    for name, hint in ARRAYS_ONLY.items():
        setattr(Symbol, name, _refused(name, hint))
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


def _refused(name: str, hint: str) -> Callable:
    def refuse(self):
        raise MXNetError(f"{name} is not for Symbols, which have no values yet", hint=hint)

    def refuse_two(self, other):
        refuse(self)

    method = refuse_two if name.startswith("__") else refuse
    method.__name__ = name
    method.__qualname__ = f"Symbol.{name}"
    method.__doc__ = f"Only arrays can do this: raises MXNetError.  {hint[0].upper()}{hint[1:]}."
    return method


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
