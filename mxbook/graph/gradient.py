"""The one gradient pass.

It walks the nodes from the last made to the first, asks every operator for its rules, and adds
up what arrives at each output.  It does not know whether the values are arrays or symbols: rules are
written in `F` and arithmetic, and `fetch` gives the values a rule named.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from mxbook.base.errors import MXNetError
from mxbook.ops.operator import (
    DY,
    DYS,
    INPUT,
    INPUT_DTYPE,
    INPUT_SHAPE,
    INPUTS,
    OUTPUT,
    OUTPUT_SHAPE,
)

from .node import Entry, Node


def gradient(
    heads: Iterable[tuple[Entry, Any]],
    F: Any,
    fetch: Callable[[Node], Callable[[int, int], Any]],
    finish: Callable[[Node], None] = lambda node: None,
) -> dict[Node, Any]:
    """Gradients of the sum of the heads, weighted by the value beside each, for all variables reached.

    `fetch(node)` gives a function `(kind, index) -> value` for what rules name; `finish(node)` is
    called when a node's gradient has been passed on (the tape then forgets what it saved).
    """
    arriving: dict[Node, list] = {}
    queue: list[tuple[int, Node]] = []

    def add(entry: Entry, value: Any) -> None:
        node, index = entry
        slots = arriving.get(node)
        if slots is None:
            slots = arriving[node] = [None] * (index + 1)
            heapq.heappush(queue, (-node.order, node))
        while len(slots) <= index:
            slots.append(None)
        slots[index] = value if slots[index] is None else slots[index] + value

    for entry, value in heads:
        add(entry, value)
    variables: dict[Node, Any] = {}
    while queue:
        node = heapq.heappop(queue)[1]
        dys = arriving.pop(node)
        if node.op is None:
            variables[node] = dys[0]
            continue
        for entry, value in zip(node.inputs, input_gradients(node, F, dys, fetch(node)), strict=True):
            if entry is not None and value is not None:
                add(entry, value)
        finish(node)
    return variables


def input_gradients(node: Node, F: Any, dys: list, value_of: Callable[[int, int], Any]) -> list:
    """What one node passes on: a value for each input; None where nothing flows."""
    op = node.op

    def argument(kind: int, index: int) -> Any:
        if kind == DY:
            return dys[0]
        if kind == DYS:
            return dys + [None] * (len(op.output_names(node.params)) - len(dys))
        return value_of(kind, index)

    if op.joint_rule is not None:
        rule = op.joint_rule
        found = rule.function(F, node.params, *[argument(*need) for need in rule.needs])
        return list(found) + [None] * (len(node.inputs) - len(found))
    if not op.rules:
        return [None] * len(node.inputs) if op.zero_gradient else no_rule(op)
    result = []
    for i, entry in enumerate(node.inputs):
        rule = None if entry is None else op.rule_for(i)
        if rule is None or (dys[0] is None and rule.needs[0][0] == DY):
            result.append(None)
        else:
            result.append(rule.function(F, node.params, *[argument(*n) for n in rule.needs]))
    return result


def no_rule(op: Any) -> list:
    """Raise the error about an operator through which no gradient can flow."""
    raise MXNetError(
        f"{op.name} has no gradient",
        rule="every operator between the loss and a variable must be differentiable",
        hint="take it out of the recorded part, e.g. with autograd.pause() or BlockGrad",
    )


__all__ = [
    "DY",
    "DYS",
    "INPUT",
    "INPUTS",
    "INPUT_DTYPE",
    "INPUT_SHAPE",
    "OUTPUT",
    "OUTPUT_SHAPE",
    "gradient",
]
