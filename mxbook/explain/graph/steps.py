"""Forward and backward, one operation a step, with values, gradients and the local rule.

    g = mx.explain.steps(loss, x=mx.nd.array([1, 2]), w=mx.nd.array([3, 4]))
    g.show()

The gradient that arrives at each input is found by a tap: every operation reads `x + tap`, where
the tap is zero, and the gradient of the tap is what flows back to `x` there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mxbook import autograd
from mxbook.base.errors import MXNetError
from mxbook.explain.card.card import _gradients
from mxbook.graph.node import Node as Source
from mxbook.graph.node import topological
from mxbook.imperative.invoke import invoke
from mxbook.ndarray.creation import zeros
from mxbook.ndarray.ndarray import NDArray
from mxbook.ops.composite import Composite
from mxbook.symbol.symbol import Symbol

from .model import Graph
from .sources import graph

SIDE = 8  # numbers of a tile from left to right, and rows


def steps(symbol: Symbol, **arrays: NDArray) -> Graph:
    """The graph of a symbol, with everything that computing it and its gradients does in `steps`.

    Each step has the number of its `node`, its `phase` (forward, backward), the values or gradients
    of `inputs` and `outputs` (see `tile`), and for backward the `rule` in words.  Gradients are
    those of the sum of all results.

    Raises MXNetError for a graph with loops or operators of one's own.

    >>> import mxbook as mx
    >>> g = steps(mx.sym.square(mx.sym.var("x")), x=mx.nd.array([3.0]))
    >>> [(s["phase"], s["outputs"][0]["numbers"], s["inputs"][0]["numbers"]) for s in g.steps]
    [('forward', [[9.0]], [[3.0]]), ('backward', [[1.0]], [[6.0]])]
    """
    found = graph(symbol, **{name: a.shape for name, a in arrays.items()})
    nodes = topological([node for node, _ in symbol._entries])
    if any(isinstance(n.op, Composite) for n in nodes):
        raise MXNetError("loops and operators of one's own cannot be stepped through")
    run = _Run(nodes, symbol._entries, arrays)
    number = {source: i for i, source in enumerate(nodes)}
    operations = sorted((n for n in nodes if n.op is not None), key=lambda n: n.order)
    forward = [run.forward(n, number[n]) for n in operations]
    backward = [run.backward(n, number[n]) for n in reversed(operations) if run.reached(n)]
    found.steps = [*forward, *backward]
    return found


class _Run:
    """One computation with taps, forward and backward."""

    def __init__(self, nodes: Sequence[Source], heads: Sequence, arrays: Mapping[str, NDArray]):
        self.values: dict[tuple[Source, int], NDArray] = {}
        self.taps: dict[tuple[Source, int], NDArray] = {}
        self.heads = set(heads)
        with autograd.record():
            for node in nodes:
                if node.op is None:
                    self._give(node, arrays)
                else:
                    self._compute(node)
            results = [self.values[h] for h in heads if self.values[h]._entry is not None]
        if results:
            autograd.backward(results)
        self.readers: dict[tuple[Source, int], list[tuple[Source, int]]] = {}
        for reader, place in self.taps:
            self.readers.setdefault(reader.inputs[place], []).append((reader, place))

    def _give(self, node: Source, arrays: Mapping[str, NDArray]) -> None:
        if node.name not in arrays:
            raise MXNetError(f"no value for the variable {node.name!r}")
        array = arrays[node.name].copy()
        if array.dtype in (np.float32, np.float64, np.float16):
            array.attach_grad()
        self.values[node, 0] = array

    def _compute(self, node: Source) -> None:
        given = []
        changed = node.op.mutated(node.params)
        for place, entry in enumerate(node.inputs):
            array = self.values[entry]
            if array._entry is not None and place not in changed:
                tap = zeros(array.shape, ctx=array.context, dtype=array.dtype)
                tap.attach_grad()
                self.taps[node, place] = tap
                array = array + tap
            given.append(array)
        for i, result in enumerate(invoke(node.op, given, node.params)):
            self.values[node, i] = result

    def reached(self, node: Source) -> bool:
        """Whether a gradient can flow through a node."""
        return any((node, place) in self.taps for place in range(len(node.inputs)))

    def forward(self, node: Source, number: int) -> dict[str, Any]:
        """The values that a node reads and gives."""
        count = node.op.visible_outputs(node.params)
        return {
            "phase": "forward",
            "node": number,
            "inputs": [tile(self.values[e]) for e in node.inputs],
            "outputs": [tile(self.values[node, i]) for i in range(count)],
            "rule": "",
        }

    def backward(self, node: Source, number: int) -> dict[str, Any]:
        """The gradients that arrive at a node's results, and those that it passes on."""
        count = node.op.visible_outputs(node.params)
        taps = [self.taps.get((node, place)) for place in range(len(node.inputs))]
        return {
            "phase": "backward",
            "node": number,
            "outputs": [tile(self._arriving((node, i))) for i in range(count)],
            "inputs": [None if tap is None else tile(tap.grad) for tap in taps],
            "rule": " ".join(_gradients(node.op)),
        }

    def _arriving(self, entry: tuple[Source, int]) -> np.ndarray:
        """The sum of what all readers pass back; one for each element of a result."""
        total = np.zeros(self.values[entry].shape, np.float64)
        if entry in self.heads:
            total += 1
        for reader in self.readers.get(entry, ()):
            total += self.taps[reader].grad.asnumpy()
        return total


def tile(array: Any) -> dict[str, Any]:
    """What is shown of an array: its shape, smallest, largest and mean value, and some numbers as
    rows of at most eight, evenly chosen where there are more.

    >>> tile(np.arange(3.0))
    {'shape': [3], 'low': 0.0, 'high': 2.0, 'mean': 1.0, 'numbers': [[0.0, 1.0, 2.0]]}
    """
    raw = np.asarray(array.asnumpy() if isinstance(array, NDArray) else array, np.float64)
    flat = raw.reshape(-1, raw.shape[-1]) if raw.ndim > 1 else raw.reshape(1, -1)
    rows, columns = (_chosen(n) for n in flat.shape)
    finite = raw[np.isfinite(raw)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return {
        "shape": list(raw.shape),
        "low": _short(low),
        "high": _short(high),
        "mean": _short(float(finite.mean())) if finite.size else 0.0,
        "numbers": [[_short(v) for v in row] for row in flat[np.ix_(rows, columns)].tolist()],
    }


def _chosen(count: int) -> list[int]:
    return [count * i // min(count, SIDE) for i in range(min(count, SIDE))]


def _short(value: float) -> Any:
    """A number with four digits; JSON has no NaN and no infinity, so they are texts."""
    return float(f"{value:.4g}") if np.isfinite(value) else str(value)
