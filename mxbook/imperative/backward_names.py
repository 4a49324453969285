"""Three gradient operators that MXNet 1.6 shows in `contrib`, though nobody can call them.

They are registered there without the names of their inputs, so that a call always fails.  Programs
that list or import the names find them here, too; a call says what to do.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from mxbook.base.errors import MXNetError

OPERATORS = ("hawkesll", "index_copy", "quadratic")


def functions(namespace: str) -> dict[str, Callable]:
    """The functions for `mx.nd.contrib` or `mx.sym.contrib`, by name.

    >>> sorted(functions("mx.nd.contrib"))
    ['backward_hawkesll', 'backward_index_copy', 'backward_quadratic']
    """
    return {f"backward_{of}": _function(namespace, of) for of in OPERATORS}


def _function(namespace: str, of: str) -> Callable:
    def refuse() -> NoReturn:
        raise MXNetError(
            f"{namespace}.backward_{of} takes no inputs, so there is nothing to compute",
            rule="as in MXNet, a gradient operator is called by backward only",
            hint=f"record {of} with autograd.record() and call backward()",
        )

    def on_arrays(out: Any = None, name: str | None = None, **kwargs: Any) -> NoReturn:
        refuse()

    def on_symbols(
        name: str | None = None, attr: Any = None, out: Any = None, **kwargs: Any
    ) -> NoReturn:
        refuse()

    function: Callable = on_symbols if ".sym" in namespace else on_arrays
    function.__name__ = function.__qualname__ = f"backward_{of}"
    function.__doc__ = f"""The gradient of `{of}`; raises MXNetError, see the module.

    Source: MXNet 1.6, `{namespace}.backward_{of}`.
    """
    return function
