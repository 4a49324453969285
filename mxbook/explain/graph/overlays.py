"""Numbers over a graph: costs, time, memory, gradients, and where values stop being finite.

Each function gives a graph with an `Overlay`; its `values` are plain numbers by node.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError, nearest
from mxbook.explain.memory import MemoryPlan, memory
from mxbook.explain.timeline import Timeline
from mxbook.gluon import Block
from mxbook.symbol.evaluate import evaluate
from mxbook.symbol.symbol import Symbol

from .looks import count
from .model import Graph, Node, Overlay
from .sources import graph


def _learned(found: Graph, node: Node) -> int:
    sources = [found.nodes[i.source] for i in node.inputs]
    return sum(s.size for s in sources if s.role == "parameter")


COSTS = {
    "flops": ("floating point operations", lambda g, n: n.flops, "FLOP"),
    "bytes": ("bytes of results", lambda g, n: n.nbytes, "B"),
    "parameters": ("learned numbers", _learned, ""),
}


def by_cost(found: Graph, what: str = "flops") -> Graph:
    """A graph with flops, bytes or parameters over it; ParameterError for something else.

    >>> import mxbook as mx
    >>> g = by_cost(graph(mx.gluon.nn.Dense(2), (1, 3)), "parameters")
    >>> g.overlay.values
    {3: 8}
    """
    if what not in COSTS:
        raise ParameterError(
            f"no overlay {what!r}", rule=", ".join(COSTS), hint=nearest(what, COSTS)
        )
    title, of, unit = COSTS[what]
    values = {n.number: of(found, n) for n in found.nodes if n.role == "operator"}
    values = {k: v for k, v in values.items() if v}
    texts = {k: f"{count(v)}{unit}" for k, v in values.items()}
    return found.with_overlay(Overlay(title, values, texts))


def by_time(found: Graph, timeline: Timeline) -> Graph:
    """A graph with the time that its operations took in a timeline, in microseconds.

    Operations are found by the block that they belong to and their operator.
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for part in timeline.parts:
        rows.setdefault((part.layer, part.name), []).append(part.ended - part.started)
    for event in timeline.events:
        rows.setdefault((event.layer, event.name), []).append(event.duration)
    values = {}
    for node in found.nodes:
        times = rows.get((node.layer, node.op))
        if times:
            values[node.number] = sum(times) / len(times) / 1000
    texts = {k: f"{v:.3g} µs" for k, v in values.items()}
    return found.with_overlay(Overlay("time of an execution", values, texts))


def by_memory(net: Any, *shapes: tuple, train: bool = False, **named: tuple) -> Graph:
    """The graph of a net or symbol with the buffer that each result lives in; see
    `mx.explain.memory`."""
    plan: MemoryPlan = memory(net, *shapes, train=train, **named)
    found = graph(net, *shapes, **named)
    places: dict[str, list] = {}
    for value in plan.values:
        places.setdefault(value.layer, []).append(value)
    values: dict[int, float] = {}
    texts: dict[int, str] = {}
    for node in found.nodes:
        mine = places.get(node.layer or node.name, []) if node.role == "operator" else []
        match = next((v for v in mine if node.op in v.operator), None)
        if match is not None and match.buffer is not None:
            values[node.number] = match.buffer + 1
            texts[node.number] = f"buffer {match.buffer}, {count(match.spec.nbytes)}B"
    return found.with_overlay(Overlay("buffers of memory", values, texts, "group"))


def by_gradient(found: Graph, block: Block) -> Graph:
    """A graph with the norm of the gradients of its parameters, after a backward."""
    norms = {
        name: float(np.sqrt(sum(float((g * g).sum().asscalar()) for g in p.list_grad())))
        for name, p in block.collect_params().items()
        if p.grad_req != "null"
    }
    values: dict[int, float] = {}
    for node in found.nodes:
        own = [norms[found.nodes[i.source].name] for i in node.inputs if _named(found, i, norms)]
        if own:
            values[node.number] = float(np.sqrt(sum(v * v for v in own)))
    texts = {k: f"|g| {v:.3g}" for k, v in values.items()}
    return found.with_overlay(Overlay("norm of gradients", values, texts))


def _named(found: Graph, link: Any, norms: Mapping) -> bool:
    return found.nodes[link.source].name in norms


def not_finite(symbol: Symbol, **arrays: Any) -> Graph:
    """The graph of a symbol computed with these arrays, with the share of each result that is NaN
    or infinite; the first such node is marked as an error."""
    shapes = {name: a.shape for name, a in arrays.items()}
    found = graph(symbol, **shapes)
    numbers = {n.name: n.number for n in found.nodes}
    values: dict[int, float] = {}
    texts: dict[int, str] = {}

    def watch(node: Any, _inputs: list, outputs: list) -> None:
        raw = outputs[0].asnumpy()
        bad = float(np.mean(~np.isfinite(raw))) if raw.dtype.kind == "f" else 0.0
        values[numbers[node.name]] = bad
        texts[numbers[node.name]] = f"{bad:.0%} not finite" if bad else "finite"

    evaluate(symbol._entries, arrays, None, watch)
    first = min((k for k, v in values.items() if v), default=None)
    if first is not None:
        node = found.nodes[first]
        note = f"first result that is not finite: {texts[first]}"
        found.nodes[first] = node._replace(error=note)
        found.problem = f"{node.op} {node.name} gives the {note}"
    return found.with_overlay(Overlay("values that are not finite", values, texts))
