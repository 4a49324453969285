"""Computing a symbol: node by node with the operators on arrays, or as one program."""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base.errors import ParameterError, nearest
from mxbook.graph.infer import made_params
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
    params = made_params(nodes, heads, {node: a.shape for node, a in given.items()})
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
