"""All operators as functions on arrays, by their registered names.

This module is the caller `F` of gradient rules: `F.FullyConnected(...)`.  `mx.nd` and its
sub-modules show parts of it under MXNet's public names.
"""

from collections.abc import Callable

from mxbook.imperative.front import function_of
from mxbook.ops import families
from mxbook.ops.registry import operators

functions: dict[str, Callable] = {
    name: function_of(op, name, "mxbook.ndarray") for name, op in operators.items()
}
globals().update(functions)

__all__ = ["families", "functions"]
