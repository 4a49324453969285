"""All operators as functions on symbols, by their registered names."""

from collections.abc import Callable

from mxbook.ops.registry import operators

from .front import function_of

functions: dict[str, Callable] = {name: function_of(op, name) for name, op in operators.items()}
globals().update(functions)
