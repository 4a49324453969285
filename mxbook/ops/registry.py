"""All operators by name.  The front ends are made from this table."""

from collections.abc import Callable

from .operator import Operator
from .params import Param

operators: dict[str, Operator] = {}


def register(op: Operator) -> Operator:
    """Enter an operator under its name and its aliases; a name can be taken only once."""
    for name in (op.name, *op.aliases):
        if name in operators:
            raise ValueError(f"the operator name {name} is taken by {operators[name]!r}")
        operators[name] = op
    return op


def also_named(op: Operator, *aliases: str) -> None:
    """Enter an operator under further names."""
    for name in aliases:
        if name in operators:
            raise ValueError(f"the operator name {name} is taken by {operators[name]!r}")
        operators[name] = op
    op.aliases = (*op.aliases, *aliases)


def operator(name: str, *params: Param, **fields) -> Callable[[Callable], Operator]:
    """Decorator that turns a kernel into a registered operator; see `mxbook.ops.operator`."""

    def define(kernel: Callable) -> Operator:
        return register(Operator(name, kernel, params, **fields))

    return define
