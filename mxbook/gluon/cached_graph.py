"""A hybridized block as one graph: traced with symbols once, then run as a program.

See `mxbook/imperative/cached.py` for what happens to the graph.
"""

from typing import Any

from mxbook.base.context import Context
from mxbook.symbol.evaluate import cached
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
        self.symbol = Symbol(entries)
        self.cached = cached(entries, block.name)
        parameters = {p.name: p for p in block.collect_params().values()}
        # Where each input of the graph comes from: the number of an array, or a parameter.
        self.places: list[int | Parameter] = [
            names[v.name] if v.name in names else parameters[v.name]
            for v in self.cached.variables
        ]

    def __call__(self, flat: list, ctx: Context) -> Any:
        """The output of the block for its input arrays, in the structure in which it gives it."""
        arrays = [flat[p] if type(p) is int else p.data(ctx) for p in self.places]
        found = self.cached(arrays)
        return found[0] if self.format == 0 else tracing._regroup(found, self.format)[0]
