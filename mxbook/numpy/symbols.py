"""All operators of `mx.np` and `mx.npx` as functions on symbols, by registered names.

Results are of the class `mx.sym.np._Symbol`, whose operators are those of `mx.np`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from mxbook.symbol import registry
from mxbook.symbol.symbol import Symbol


class _Symbol(Symbol):
    """A symbol whose operators and methods are NumPy's; see `mx.np.ndarray`.

    >>> import mxbook as mx
    >>> type(mx.sym.var("x").as_np_ndarray() + 1).__name__
    '_Symbol'

    Source: MXNet 1.6, `mxnet.symbol.numpy._Symbol`.
    """

    __slots__ = ()

    def as_np_ndarray(self) -> "_Symbol":
        """Itself; the counterpart of `as_nd_ndarray`."""
        return self

    def as_nd_ndarray(self) -> Symbol:
        """The same expression with MXNet's own operators."""
        return Symbol(self._entries)


def _on_symbols(function: Callable) -> Callable:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs = {k: v for k, v in kwargs.items() if k != "out" or v is not None}
        found = function(*args, **kwargs)
        if len(found._entries) > 1:
            return [_Symbol([e]) for e in found._entries]
        return _Symbol(found._entries)

    return call


functions: dict[str, Callable] = {
    name: _on_symbols(function)
    for name, function in registry.functions.items()
    if name.startswith("_np")
}
globals().update(functions)
