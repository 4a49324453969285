"""Completing shapes and element types over a graph.

Every operator's rule may complete its inputs as well as its outputs (a layer's weight follows from
its data), so the nodes are visited until nothing changes any more.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import DTypeError, MXNetError
from mxbook.base.shapes import Shape
from mxbook.ops.operator import Operator
from mxbook.ops.rules import same_inward, same_shape

from .node import Entry, Node, topological

Found = dict[Entry, Any]  # what is known: shapes or element types


class Kind:
    """What differs between inferring shapes and types: an operator's rule, as a function of its
    parameters, inputs and outputs, how two findings about one entry are put together, and whether
    a finding leaves nothing open."""

    def __init__(self, rule_of: Callable[[Operator], Callable], merge: Callable, known: Callable):
        self.rule_of, self.merge, self.known = rule_of, merge, known


def infer_shapes(heads: list[Entry], given: dict[Node, Shape]) -> Callable[[Entry], Shape | None]:
    """A function that tells the shape of any entry, as far as it follows from the given ones.

    Raises ShapeError that names the node where shapes contradict each other.
    """
    return _infer(heads, given, SHAPES)


def _shape_rule(op: Operator) -> Callable:
    """The operator's shape rule as one that also gets what is known about the outputs."""
    inward = op.inward_rule or (same_inward if op.shape_rule is same_shape else None)

    def rule(p: Any, ins: list, outs: list) -> tuple[list, list]:
        ins, made = op.infer_shapes(p, *ins) if op.inputs else made_shapes(op, p)
        if inward is not None and not all(map(shapes.known, ins)):
            outs = [shapes.unify(a, b) for a, b in zip(outs, made, strict=True)]
            ins = inward(p, ins, outs)
        return ins, made

    return rule


def made_shapes(op: Operator, p: Any) -> tuple[list, list]:
    """The shapes of what an operator without inputs makes in a graph.

    As in MXNet 1.6 a length of 0 means there that the length follows from how the result is used:
    `mx.sym.zeros((0, 3)) + x` has the shape of `x`.
    """
    _, outs = op.infer_shapes(p)
    return [], [s if s is None else tuple([d or None for d in s]) for s in outs]


def made_params(
    nodes: Iterable[Node], heads: list[Entry], given: dict[Node, Shape]
) -> dict[Node, Any]:
    """Parameters of the nodes that make arrays in shapes that follow from the rest of the graph.

    `given` are the shapes of the variables; see `made_shapes`.
    """
    makers = [node for node in nodes if node.op is not None and not node.op.inputs]
    unsure = [n for n in makers if not all(map(shapes.known, made_shapes(n.op, n.params)[1]))]
    if not unsure:
        return {}
    shape_of = infer_shapes(heads, given)
    return {node: _in_shape(node.params, shape_of((node, 0))) for node in unsure}


def _in_shape(p: Any, shape: Any) -> Any:
    """The same parameters for a result of a shape; as they are when it does not follow."""
    values = dict(p.items())
    if not shapes.known(shape):
        return p
    if "shape" in values:
        values["shape"] = shape
    elif "infer_range" in values:  # half a step before the end, so that rounding does not matter
        count = -(-shape[0] // p.repeat)
        values["stop"] = p.start + p.step * (count - 0.5)
    return type(p)(values)


def infer_types(
    heads: list[Entry], given: dict[Node, np.dtype]
) -> Callable[[Entry], np.dtype | None]:
    """Like `infer_shapes` for element types."""
    return _infer(heads, given, TYPES)


def _type_rule(op: Operator) -> Callable:
    return lambda p, ins, _: op.infer_types(p, *ins)


def _same_type(a: np.dtype | None, b: np.dtype | None) -> np.dtype | None:
    if a is not None and b is not None and a != b:
        raise DTypeError(f"element types {a} and {b} do not agree")
    return b if a is None else a


SHAPES = Kind(_shape_rule, shapes.unify, shapes.known)
TYPES = Kind(_type_rule, _same_type, lambda dtype: dtype is not None)


def _infer(heads: list[Entry], given: dict[Node, Any], kind: Kind) -> Callable:
    found: Found = {(node, 0): value for node, value in given.items()}
    complete(heads, found, kind)
    return found.get


def complete(heads: list[Entry], found: Found, kind: Kind) -> None:
    """Enter what follows for the nodes of a graph from what is known.

    Raises ShapeError or DTypeError that names the node where something is contradicted.
    """
    nodes = [node for node in topological([node for node, _ in heads]) if node.op is not None]
    changed = True
    while changed:
        changed, still_open = False, []
        for node in nodes:
            try:
                news, settled = learn(node, found, kind)
            except MXNetError as error:
                raise _at_node(error, node, found) from None
            changed |= news
            if not settled:
                still_open.append(node)
        nodes = still_open[::-1]  # what follows from results is found on the way back


def learn(node: Node, found: Found, kind: Kind) -> tuple[bool, bool]:
    """Enter what follows for the inputs and outputs of one node; whether it is anything new, and
    whether nothing is left to learn."""
    inputs = _given(node)
    count = len(node.op.output_names(node.params))
    outputs = [(node, i) for i in range(count)]
    known = [[found.get(entry) for entry in entries] for entries in (inputs, outputs)]
    ins, outs = kind.rule_of(node.op)(node.params, *known)
    outs = list(outs) * count if len(outs) == 1 else outs
    pairs = [*zip(inputs, ins, strict=False), *zip(outputs, outs, strict=False)]
    merged = [(entry, kind.merge(found.get(entry), value)) for entry, value in pairs]
    changed, settled = False, True
    for entry, value in merged:
        settled = settled and kind.known(value)
        # Not `value != found.get(entry)`: to NumPy, dtype("float64") equals None.
        if value is not None and (entry not in found or value != found[entry]):
            found[entry] = value
            changed = True
    return changed, settled


def _given(node: Node) -> list[Entry]:
    """The inputs of a node; only on the tape some are missing."""
    return [entry for entry in node.inputs if entry is not None]


def _at_node(error: MXNetError, node: Node, found: Found) -> MXNetError:
    """The error completed with the node and what is known about its inputs."""
    if not error.values:
        names = node.op.input_names(node.params)
        error.values = tuple(
            (name, f"{_text(found.get((n, i)))}   from {n.name}")
            for name, (n, i) in zip(names, _given(node), strict=False)
        )
    error.message = f"{node.op.name} {node.name}: {error.message}"
    return error


def _text(value: Any) -> str:
    return shapes.text(value) if value is None or isinstance(value, tuple) else str(value)
