"""Graphs inside nodes: the body of a loop, the branches of a condition.

A subgraph is a parameter of the node that has it: its heads, and the variables that stand for what
it is given, in the order in which it uses them.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.ops.params import Param

from .node import Entry, Node, topological


class Subgraph:
    """A graph with inputs.

    >>> from mxbook.graph.node import variable
    >>> Subgraph([(variable("a"), 0)]).inputs
    [<Node a: variable>]
    """

    __slots__ = ("heads", "inputs", "nodes")

    def __init__(self, heads: Sequence[Entry]):
        self.heads = list(heads)
        self.nodes = topological([node for node, _ in self.heads])
        self.inputs: list[Node] = [node for node in self.nodes if node.op is None]

    def __repr__(self) -> str:
        names = ", ".join(node.name for node in self.inputs)
        return f"<Subgraph of {names}: {len(self.nodes) - len(self.inputs)} operations>"


class Subgraphs(Param):
    """The parameter `subgraphs` of a node with graphs inside."""

    kind = "graphs"

    def __init__(self):
        super().__init__("subgraphs", doc="The graphs inside the node.")

    def convert(self, value: Any) -> tuple[Subgraph, ...]:
        """A tuple of them."""
        return tuple(value)
