"""`mx.nd.CachedOp`: a symbol as a function of arrays."""

from collections.abc import Iterable
from typing import Any

from mxbook.base.errors import DTypeError, ParameterError
from mxbook.ops.params import Bool, Int, Shape, Text, parse, values_class

from . import registry as F
from .ndarray import NDArray

NO_EFFECT = "Has no effect here: "
FLAGS = values_class(
    (
        Bool("static_alloc", False, doc=NO_EFFECT + "memory is always used again."),
        Bool("static_shape", False, doc=NO_EFFECT + "plans are remembered for every shape."),
        Int("inline_limit", 2, low=0, doc=NO_EFFECT + "small operations always run at once."),
        Int("forward_bulk_size", 15, low=0, doc=NO_EFFECT + "the same."),
        Int("backward_bulk_size", 15, low=0, doc=NO_EFFECT + "the same."),
        Shape("data_indices", (), doc=NO_EFFECT + "which inputs are data."),
        Shape("param_indices", (), doc=NO_EFFECT + "which inputs are parameters."),
        Text("subgraph", "", doc=NO_EFFECT + "MXNet's own use."),
        Bool("is_dynamic", False, doc=NO_EFFECT + "shapes that depend on values are allowed."),
    )
)


class CachedOp:
    """A symbol as a function: called with an array for each of `sym.list_inputs()`, in that order.

    One call is one operation for the engine and one node on the tape; see
    `mxbook/imperative/cached.py`.  `flags` are pairs of a name and a value; those of MXNet are
    known, and none is needed here.

    >>> import mxbook as mx
    >>> a, b = mx.sym.var("a"), mx.sym.var("b")
    >>> double = CachedOp(2 * a + b)
    >>> double(mx.nd.array([1, 2]), mx.nd.array([10, 10])).asnumpy()
    array([12., 14.], dtype=float32)

    Raises ParameterError for unknown flags.  Source: MXNet 1.6, `mxnet.ndarray.CachedOp`.
    """

    __slots__ = ("_cached", "_inputs")

    is_np_sym = False

    def __init__(self, sym: Any, flags: Iterable[tuple[str, Any]] = ()):
        from mxbook.symbol.evaluate import cached

        parse("CachedOp", FLAGS, dict(flags))
        self._cached = cached(sym._entries)
        self._inputs = self._cached.variables

    @property
    def handle(self) -> "CachedOp":
        """MXNet's C handle; here the operator itself."""
        return self

    def __del__(self) -> None:
        # The programs and their memory refer to each other; they need not wait for the collector.
        cached = getattr(self, "_cached", None)
        if cached is not None:
            cached.programs.clear()

    def __call__(self, *args: NDArray, out: Any = None) -> Any:
        """The result, or a list of the results; written into `out` where it is given.

        Raises ParameterError for a wrong number of arrays, DTypeError for other values.
        """
        if len(args) != len(self._inputs):
            names = ", ".join(node.name for node in self._inputs)
            raise ParameterError(
                f"CachedOp got {len(args)} input(s)", rule=f"{len(self._inputs)}: {names}"
            )
        for node, value in zip(self._inputs, args, strict=True):
            if not isinstance(value, NDArray):
                raise DTypeError(
                    f"CachedOp: {node.name} is a {type(value).__name__}", rule="an NDArray"
                )
        found = self._cached(args)
        if out is not None:
            return _put(found, out)
        return found[0] if len(found) == 1 else found


def _put(found: list[NDArray], out: Any) -> Any:
    """Copy the results into the arrays of `out`; returns `out`."""
    targets = out if isinstance(out, list | tuple) else [out]
    if len(targets) != len(found):
        raise ParameterError(f"CachedOp has {len(found)} results, but out= has {len(targets)}")
    for result, target in zip(found, targets, strict=True):
        F._copyto(result, out=target)
    return out
