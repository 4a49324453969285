"""Computing a symbol: node by node with the operators on arrays, or as one program."""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, nearest
from mxbook.graph.infer import infer_shapes, made_shapes
from mxbook.graph.node import Entry, Node, topological
from mxbook.imperative.cached import Cached
from mxbook.imperative.invoke import invoke
from mxbook.ops.composite import Composite

# Told about every result: (node, its inputs, its outputs).
Watch = Callable[[Node, list, list], None]


def evaluate(
    heads: list[Entry], values: dict[str, Any], memory: dict | None = None, watch=None
) -> list[Any]:
    """The arrays of the heads; `values` gives one for each variable name.

    Raises ParameterError for a variable without a value.
    """
    nodes = topological([n for n, _ in heads])
    given: dict[Node, Any] = {}
    for node in nodes:
        if node.op is None:
            if node.name not in values:
                raise ParameterError(
                    f"no value for the variable {node.name!r}", hint=nearest(node.name, values)
                )
            given[node] = values[node.name]
    return compute(nodes, heads, given, {} if memory is None else memory, watch)


def cached(heads: list[Entry], name: str = "CachedOp", memory: dict | None = None) -> Cached:
    """The graph as a function of arrays in the order of its variables; see `Cached`."""
    nodes = topological([node for node, _ in heads])
    variables = [node for node in nodes if node.op is None]
    kept: dict = {} if memory is None else memory

    def one_by_one(arrays: Sequence[Any]) -> list[Any]:
        return compute(nodes, heads, dict(zip(variables, arrays, strict=True)), kept)

    return Cached(nodes, heads, variables, one_by_one, name)


def compute(
    nodes: list[Node], heads: list[Entry], given: dict, memory: dict, watch: Watch | None = None
) -> list[Any]:
    """The arrays of the heads of nodes in topological order; `given` has those of the variables.

    `memory` is what nodes remember from one run to the next; see `Composite`.
    """
    found: dict[Node, list] = {node: [array] for node, array in given.items()}
    params = _made(nodes, heads, given)
    for node in nodes:
        if node.op is not None:
            inputs = [found[n][i] for n, i in node.inputs]  # type: ignore[misc]
            if isinstance(node.op, Composite):
                found[node] = node.op.run(node.params, inputs, memory.setdefault(node, {}))
            else:
                found[node] = invoke(node.op, inputs, params.get(node, node.params))
            if watch is not None:
                watch(node, inputs, found[node])
    return [found[node][i] for node, i in heads]


def _made(nodes: list[Node], heads: list[Entry], given: dict) -> dict[Node, Any]:
    """Parameters of the nodes that make arrays in shapes that follow from the rest of the graph."""
    makers = [node for node in nodes if node.op is not None and not node.op.inputs]
    unsure = [node for node in makers if not _all_known(made_shapes(node.op, node.params)[1])]
    if not unsure:
        return {}
    shape_of = infer_shapes(heads, {node: array.shape for node, array in given.items()})
    return {node: _in_shape(node.params, shape_of((node, 0))) for node in unsure}


def _all_known(found: list) -> bool:
    return all(map(shapes.known, found))


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
