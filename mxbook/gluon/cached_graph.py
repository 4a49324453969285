"""A hybridized block as one graph: traced with symbols once, then run as a program.

See `mxbook/imperative/cached.py` for what happens to the graph.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mxbook.base.context import Context
from mxbook.graph.node import Node
from mxbook.imperative import arrays as _arrays
from mxbook.imperative.mode import local
from mxbook.symbol.evaluate import cached, compute
from mxbook.symbol.symbol import Symbol, output_name

from . import tracing
from .parameter import Parameter
from .tracing import Traced


class Changes:
    """Counts changes of the structure of any block, so that graphs need not look for them."""

    count = 0


class CachedGraph:
    """What a block computes from inputs of one structure.

    `asked` tells what the block's code looked at when it was traced (see `Trace`): the graph then
    holds for calls in the same `circumstances` only, which are its `key`.
    """

    __slots__ = (
        "asked",
        "cached",
        "count",
        "inputs",
        "key",
        "memory",
        "out",
        "places",
        "single",
        "symbol",
        "watched",
    )

    def __init__(self, traced: Traced, parameters: Mapping[str, Parameter], name: str, flat: list):
        outputs, _ = tracing._flatten(traced.out, "output")
        entries = [e for s in outputs if s is not None for e in s._entries]
        self.symbol = Symbol(entries)
        self.out, self.count = traced.out, len(entries)
        self.single = isinstance(traced.out, Symbol) and self.count == 1
        # The hooks of blocks inside, with nested symbols in place of what they are called with.
        self.watched: list[tuple[Any, dict, tuple]] = traced.trace.watched
        seen = [s for _, _, values in self.watched for s in tracing.leaves(values)]
        more = [e for s in seen if isinstance(s, Symbol) for e in s._entries]
        self.memory: dict[Node, dict] = {}
        self.cached = cached([*entries, *more], name, self.memory)
        # Where each input of the graph comes from: the number of an array, or a parameter.
        self.places: list[int | Parameter] = [
            traced.numbers[v.name] if v.name in traced.numbers else parameters[v.name]
            for v in self.cached.variables
        ]
        inputs = {v.name: v for v in self.cached.variables}
        self.inputs = [Symbol([(inputs[n], 0)]) for n in traced.numbers if n in inputs]
        self.asked = traced.trace.asked
        self.key = self.circumstances(flat)

    def circumstances(self, flat: list) -> tuple:
        """What the block's code looked at, as it is now for these input arrays."""
        specs = tuple([a._spec for a in flat]) if "inputs" in self.asked else ()
        modes = (local.recording, local.training) if "mode" in self.asked else ()
        return specs, modes

    def __call__(self, flat: list, ctx: Context) -> Any:
        """The output of the block for its input arrays, in the structure in which it gives it."""
        found = self.cached(self._arrays(flat, ctx))
        if self.watched:
            self._call_hooks(found)
        return found[0] if self.single else tracing.filled(self.out, iter(found))

    def _arrays(self, flat: list, ctx: Context) -> list:
        return [flat[p] if type(p) is int else p.data(ctx) for p in self.places]

    def _call_hooks(self, found: list) -> None:
        arrays = iter(found[self.count :])
        for block, hooks, values in self.watched:
            filled = tracing.filled(values, arrays)
            for hook in tuple(hooks.values()):
                hook(block, *filled)

    def run_watched(self, flat: list, ctx: Context, callback: Callable, inputs_too: bool) -> Any:
        """The same operator by operator, with `callback(name, operator, array)` for each output,
        and for each input if `inputs_too`."""

        def watch(node: Node, inputs: list, outputs: list) -> None:
            names = node.op.input_names(node.params) if inputs_too else ()
            for name, array in zip(names, inputs, strict=False):
                callback(f"{node.name}_{name}", node.op.name, _arrays.alias(array))
            for i in range(node.op.visible_outputs(node.params)):
                callback(output_name((node, i)), node.op.name, _arrays.alias(outputs[i]))

        graph = self.cached
        pairs = zip(graph.variables, self._arrays(flat, ctx), strict=True)
        found = compute(graph.nodes, graph.heads, dict(pairs), self.memory, watch)
        return tracing.filled(self.out, iter(found))
