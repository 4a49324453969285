"""All operators of `mx.np` and `mx.npx` as functions on symbols, by registered names.

Results are of the class `mx.sym.np._Symbol`, whose operators are those of `mx.np`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from mxbook.ops.registry import operators
from mxbook.symbol.front import function_of
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


def _on_symbols(registered: str) -> Callable:
    """The function on symbols; automatic names leave the prefix out, as in MXNet."""
    hint = registered.removeprefix("_npi_").removeprefix("_npx_").removeprefix("_np_")
    function = function_of(operators[registered], registered, hint.lower())

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs = {k: v for k, v in kwargs.items() if k != "out" or v is not None}
        found = function(*args, **kwargs)
        return _Symbol(found._entries)

    return call


functions: dict[str, Callable] = {
    name: _on_symbols(name) for name in operators if name.startswith("_np")
}
globals().update(functions)
