"""Numbers over a graph: costs, time, memory, gradients, and where values stop being finite.

Each function gives a graph with an `Overlay`; its `values` are plain numbers by node.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError, nearest
from mxbook.executor import Executor
from mxbook.explain.memory import MemoryPlan, NoProgramError, memory
from mxbook.explain.memory.lives import letters, shared
from mxbook.explain.ticks import number, size
from mxbook.explain.timeline import Timeline
from mxbook.gluon import Block, HybridBlock, tracing
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.evaluate import evaluate
from mxbook.symbol.symbol import Symbol

from .looks import count
from .model import Graph, Node, Overlay
from .scene import IN_PLACE
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


def by_memory(
    net: Any, *shapes: tuple, train: bool = False, found: Graph | None = None, **named: tuple
) -> Graph:
    """The graph of a net or symbol with the buffer that each result lives in, and whether it was
    written over its input, in place; see `mx.explain.memory`.  `found` is its graph, if it is
    there already."""
    plan: MemoryPlan = memory(net, *shapes, train=train, **named)
    found = graph(net, *shapes, **named) if found is None else found
    lives, _ = shared(plan)
    places: dict[tuple[str, str], Any] = {}
    for value, life in zip(plan.values, lives, strict=True):
        last = value.operator.rpartition("+")[2]  # of what was fused only the last result is stored
        layer = value.nodes[-1] if value.nodes else ""
        places.setdefault((layer, last), life)
    values: dict[int, float] = {}
    texts: dict[int, str] = {}
    for node in found.nodes:
        life = places.get((node.layer or node.name, node.op)) if node.role == "operator" else None
        if life is not None:
            values[node.number] = life.lane
            place = IN_PLACE if life.over >= 0 else ""
            texts[node.number] = f"buffer {letters(life.lane)}, {size(life.nbytes)}{place}"
    title = "buffers of memory" + (" in training" if train else "")
    return found.with_overlay(Overlay(title, values, texts, "group"))


def by_gradient(found: Graph, trained: Block | Executor) -> Graph:
    """A graph with the norm of the gradients of its parameters, after a backward of a block or an
    executor."""
    return _with_norms(found, _norms(trained))


def _with_norms(found: Graph, norms: Mapping[str, float]) -> Graph:
    values: dict[int, float] = {}
    for node in found.nodes:
        own = [norms[found.nodes[i.source].name] for i in node.inputs if _named(found, i, norms)]
        if own:
            values[node.number] = float(np.sqrt(sum(v * v for v in own)))
    texts = {k: f"|g| {number(v, 3)}" for k, v in values.items()}
    return found.with_overlay(Overlay("norm of gradients", values, texts))


def _norms(trained: Block | Executor) -> dict[str, float]:
    """The norm of the gradient of each parameter."""
    if isinstance(trained, Executor):
        grads = {k: [g] for k, g in trained.grad_dict.items() if g is not None}
    else:
        params = trained.collect_params().items()
        grads = {k: p.list_grad() for k, p in params if p.grad_req != "null" and p._data}
    squares = {k: sum(float((g * g).sum().asscalar()) for g in own) for k, own in grads.items()}
    return {k: float(np.sqrt(v)) for k, v in squares.items()}


def _named(found: Graph, link: Any, norms: Mapping) -> bool:
    return found.nodes[link.source].name in norms


def not_finite(symbol: Symbol, **arrays: Any) -> Graph:
    """The graph of a symbol computed with these arrays, with the share of each result that is NaN
    or infinite; the first such node is marked as an error."""
    found = by_finite(
        graph(symbol, **{name: a.shape for name, a in arrays.items()}), symbol, arrays
    )
    assert found.overlay is not None
    first = min((k for k, v in found.overlay.values.items() if v), default=None)
    if first is not None:
        node = found.nodes[first]
        share = found.overlay.texts[first].removeprefix("first: ")
        note = f"first result that is not finite: {share}"
        found.nodes[first] = node._replace(error=note)
        found.problem = f"{node.op} {node.name} gives the {note}"
    return found


def by_finite(found: Graph, symbol: Symbol, arrays: Mapping[str, Any]) -> Graph:
    """The graph of a symbol with the share of each result that is NaN or infinite, when it is
    computed with these arrays."""
    numbers = {n.name: n.number for n in found.nodes}
    values: dict[int, float] = {}
    texts: dict[int, str] = {}

    def watch(node: Any, _inputs: list, outputs: list) -> None:
        place = numbers.get(node.name)
        if place is None:
            return
        raw = outputs[0].asnumpy()
        bad = float(np.mean(~np.isfinite(raw))) if raw.dtype.kind == "f" and raw.size else 0.0
        first = "first: " if bad and not any(values.values()) else ""
        values[place] = bad
        texts[place] = f"{first}{bad:.0%} not finite" if bad else "finite"

    evaluate(symbol._entries, arrays, None, watch)
    return found.with_overlay(Overlay("values that are not finite", values, texts))


def overlaid(
    net: HybridBlock | Symbol,
    *inputs: Any,
    timeline: Timeline | None = None,
    train: bool = False,
    **named: Any,
) -> Graph:
    """The graph of a net with all that can be told about it, to be chosen from in the widget.

    | given | what can be chosen |
    |---|---|
    | always | work, bytes, learned numbers; the buffer of each result, and what is in place |
    | arrays as inputs (a net that has run) | the share of each result that is not finite |
    | a block after a backward | the norm of gradients |
    | a timeline | the time that operations took |

    Inputs are shapes or arrays, those of a symbol by name; `train` chooses the memory plan.

    >>> import mxbook as mx
    >>> net = mx.gluon.nn.Dense(2)
    >>> net.initialize()
    >>> y = net(mx.nd.ones((1, 3)))
    >>> [o.title for o in overlaid(net, mx.nd.ones((1, 3))).overlays]
    ['buffers of memory', 'values that are not finite']
    """
    found = graph(net, *inputs, **{k: _shape(v) for k, v in named.items()})
    shapes = {k: _shape(v) for k, v in named.items()}
    with suppress(NoProgramError):  # loops and operators of one's own
        found = by_memory(net, *map(_shape, inputs), train=train, found=found, **shapes)
    given = [*inputs, *named.values()]
    ready = isinstance(net, Symbol) or all(p._data for p in net.collect_params().values())
    if ready and given and all(isinstance(v, NDArray) for v in given):
        found = by_finite(found, *_computable(net, inputs, named))
    norms = _norms(net) if isinstance(net, Block) else {}
    if any(norms.values()):
        found = _with_norms(found, norms)
    if timeline is not None:
        found = by_time(found, timeline)
    return found.plain()


def _shape(given: Any) -> tuple:
    return tuple(given.shape) if isinstance(given, NDArray) else tuple(given)


def _computable(net: Any, inputs: tuple, named: Mapping[str, Any]) -> tuple[Symbol, dict[str, Any]]:
    """A symbol, and the arrays to compute it with."""
    if isinstance(net, Symbol):
        return net, {**dict(zip(net.list_arguments(), inputs, strict=False)), **named}
    symbol = tracing.only_trace(net, inputs).graph
    names = [f"data{i}" for i in range(len(inputs))] if len(inputs) > 1 else ["data"]
    params = {name: p.data() for name, p in net.collect_params().items()}
    return symbol, {**params, **dict(zip(names, inputs, strict=True))}
