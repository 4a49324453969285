"""A hybridized block as one graph: traced with symbols once, then run as a program.

See `mxbook/imperative/cached.py` for what happens to the graph.
"""

from typing import Any

from mxbook.base.context import Context
from mxbook.graph.node import topological
from mxbook.imperative.cached import Cached
from mxbook.symbol.evaluate import compute
from mxbook.symbol.symbol import Symbol

from . import tracing
from .parameter import Parameter


class CachedGraph:
    """What a block computes from inputs of one structure."""

    __slots__ = ("cached", "format", "places", "symbol")

    def __init__(self, block: Any, args: tuple):
        names, out = tracing.trace_all(block, args)
        flat, self.format = tracing._flatten(out, "output")
        entries = [e for s in flat for e in s._entries]
        nodes = topological([node for node, _ in entries])
        variables = [node for node in nodes if node.op is None]
        parameters = {p.name: p for p in block.collect_params().values()}
        # Where each input of the graph comes from: the number of an array, or a parameter.
        self.places: list[int | Parameter] = [
            names[v.name] if v.name in names else parameters[v.name] for v in variables
        ]
        memory: dict = {}

        def one_by_one(arrays: Any) -> list:
            return compute(nodes, entries, dict(zip(variables, arrays, strict=True)), memory)

        self.symbol = Symbol(entries)
        self.cached = Cached(nodes, entries, variables, one_by_one, name=block.name)

    def __call__(self, flat: list, ctx: Context) -> Any:
        """The output of the block for its input arrays, in the structure in which it gives it."""
        arrays = [flat[p] if type(p) is int else p.data(ctx) for p in self.places]
        found = self.cached(arrays)
        return found[0] if self.format == 0 else tracing._regroup(found, self.format)[0]
