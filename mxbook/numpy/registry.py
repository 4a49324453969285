"""All operators of `mx.np` and `mx.npx` as functions on `mx.np.ndarray`, by registered names."""

from collections.abc import Callable

from mxbook.imperative.front import function_of
from mxbook.ops.registry import operators

functions: dict[str, Callable] = {
    name: function_of(op, name, "mxbook.numpy", numpy=True)
    for name, op in operators.items()
    if name.startswith("_np")
}
globals().update(functions)
