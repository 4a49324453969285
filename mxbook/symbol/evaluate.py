"""Computing a symbol node by node with the operators on arrays."""

from typing import Any

from mxbook.base.errors import ParameterError, nearest
from mxbook.graph.node import Entry, topological
from mxbook.imperative.invoke import invoke


def evaluate(heads: list[Entry], values: dict[str, Any]) -> list[Any]:
    """The arrays of the heads; `values` gives one for each variable name.

    Raises ParameterError for a variable without a value.
    """
    found: dict[int, list] = {}
    for node in topological([n for n, _ in heads]):
        if node.op is None:
            if node.name not in values:
                raise ParameterError(
                    f"no value for the variable {node.name!r}", hint=nearest(node.name, values)
                )
            found[id(node)] = [values[node.name]]
        else:
            inputs = [found[id(n)][i] for n, i in node.inputs]  # type: ignore[misc]
            found[id(node)] = invoke(node.op, inputs, node.params)
    return [found[id(node)][i] for node, i in heads]
