"""Completing shapes and element types over a graph.

Every operator's rule may complete its inputs as well as its outputs (a layer's weight follows from
its data), so the nodes are visited until nothing changes any more.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import DTypeError, MXNetError
from mxbook.base.shapes import Shape
from mxbook.ops.operator import Operator

from .node import Entry, Node, topological

Found = dict[tuple[int, int], Any]  # (id of the node, output) -> shape or dtype


def infer_shapes(heads: list[Entry], given: dict[Node, Shape]) -> Callable[[Entry], Shape | None]:
    """A function that tells the shape of any entry, as far as it follows from the given ones.

    Raises ShapeError that names the node where shapes contradict each other.
    """
    return _infer(heads, given, _shape_rule, shapes.unify)


def _shape_rule(op: Operator) -> Callable:
    """The operator's shape rule as one that also gets what is known about the outputs."""

    def rule(p: Any, ins: list, outs: list) -> tuple[list, list]:
        ins, made = op.infer_shapes(p, *ins) if op.inputs else made_shapes(op, p)
        if op.inward_rule is not None:
            outs = [shapes.unify(a, b) for a, b in zip(outs, made, strict=True)]
            ins = op.inward_rule(p, ins, outs)
        return ins, made

    return rule


def made_shapes(op: Operator, p: Any) -> tuple[list, list]:
    """The shapes of what an operator without inputs makes in a graph.

    As in MXNet 1.6 a length of 0 means there that the length follows from how the result is used:
    `mx.sym.zeros((0, 3)) + x` has the shape of `x`.
    """
    _, outs = op.infer_shapes(p)
    return [], [s if s is None else tuple([d or None for d in s]) for s in outs]


def infer_types(
    heads: list[Entry], given: dict[Node, np.dtype]
) -> Callable[[Entry], np.dtype | None]:
    """Like `infer_shapes` for element types."""
    return _infer(heads, given, lambda op: lambda p, ins, _: op.infer_types(p, *ins), _same_type)


def _same_type(a: np.dtype | None, b: np.dtype | None) -> np.dtype | None:
    if a is not None and b is not None and a != b:
        raise DTypeError(f"element types {a} and {b} do not agree")
    return b if a is None else a


def _infer(heads: list[Entry], given: dict, rule_of: Callable, merge: Callable) -> Callable:
    nodes = topological([node for node, _ in heads])
    found: Found = {(id(n), 0): value for n, value in given.items()}
    changed = True
    while changed:
        changed = False
        for node in nodes:
            if node.op is not None:
                changed |= _visit(node, found, rule_of(node.op), merge)
    return lambda entry: found.get((id(entry[0]), entry[1]))


def _visit(node: Node, found: Found, rule: Callable, merge: Callable) -> bool:
    """Apply one node's rule; whether anything new was learned."""
    inputs = [(id(n), i) for n, i in _given(node)]
    count = len(node.op.output_names(node.params))
    outputs = [(id(node), i) for i in range(count)]
    try:
        known = [[found.get(key) for key in keys] for keys in (inputs, outputs)]
        ins, outs = rule(node.params, *known)
        outs = list(outs) * count if len(outs) == 1 else outs
        pairs = [*zip(inputs, ins, strict=False), *zip(outputs, outs, strict=False)]
        merged = [(key, merge(found.get(key), value)) for key, value in pairs]
    except MXNetError as error:
        raise _at_node(error, node, found) from None
    changed = False
    for key, value in merged:
        # Not `value != found.get(key)`: to NumPy, dtype("float64") equals None.
        if value is not None and (key not in found or value != found[key]):
            found[key] = value
            changed = True
    return changed


def _given(node: Node) -> list[Entry]:
    """The inputs of a node; only on the tape some are missing."""
    return [entry for entry in node.inputs if entry is not None]


def _at_node(error: MXNetError, node: Node, found: Found) -> MXNetError:
    """The error completed with the node and what is known about its inputs."""
    if not error.values:
        names = node.op.input_names(node.params)
        error.values = tuple(
            (name, f"{_text(found.get((id(n), i)))}   from {n.name}")
            for name, (n, i) in zip(names, _given(node), strict=False)
        )
        error.message = f"{node.op.name} {node.name}: {error.message}"
    return error


def _text(value: Any) -> str:
    return shapes.text(value) if value is None or isinstance(value, tuple) else str(value)
