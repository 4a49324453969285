"""Comparing the two ways of running a HybridBlock: operation by operation, and as a graph."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from mxbook import autograd, random
from mxbook import ndarray as nd
from mxbook.graph.node import Node, topological
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol
from mxbook.symbol.tracing import ELEMENTWISE

from . import tracing


class Run(NamedTuple):
    """What came of one way of running a block.

    `calls` are the outputs of the blocks inside, in the order in which they ended.
    """

    outputs: list[np.ndarray]
    gradients: dict[str, np.ndarray]
    calls: list[tuple[str, list[np.ndarray]]]
    operators: list[list[str]]


def differences(block: Any, args: tuple, rtol: float, atol: float) -> list[str]:
    """What differs between both ways, in words; nothing where they agree."""
    found: list[str] = []
    if any(p._deferred_init for p in block.collect_params().values()):
        with autograd.pause():
            block(*args)  # tells the shapes
    with _kept(block), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = random.state()
        for train in (True, False):
            runs = []
            for hybrid in (False, True):
                random.set_state(state)
                runs.append(_run(block, args, hybrid, train))
            found += _compared(*runs, "training" if train else "prediction", rtol, atol)
        random.set_state(state)
    return found


@contextmanager
def _kept(block: Any) -> Iterator[None]:
    """A `with` block behind which the values in a block are what they were before."""
    blocks = block._blocks()
    flags = [(b, {k: v for k, v in b.__dict__.items() if k in FLAGS}) for b in blocks]
    parameters = [p for p in block.collect_params().values() if p._data is not None]
    arrays = [a for p in parameters for a in (*p._data, *(p._grad or ()))]
    values = [a.copy() for a in arrays]
    variables = [d._entry[0] for p in parameters for d in p._data if d._entry]
    fresh = [v.fresh for v in variables]
    try:
        yield
    finally:
        for array, value in zip(arrays, values, strict=True):
            nd._internal._copyto(value, out=array)
        for variable, mark in zip(variables, fresh, strict=True):
            variable.fresh = mark
        for b, before in flags:
            b.__dict__.update(before)
        block._clear_cached_op()  # the graphs have hooks inside


FLAGS = ("_active", "_moved")


def _run(block: Any, args: tuple, hybrid: bool, train: bool) -> Run:
    """Outputs and gradients of a block, and the outputs of all blocks inside."""
    for inner in block._blocks():
        inner._active = False
    block._active = hybrid
    arrays = [_variable(a) for a in tracing.leaves(args) if isinstance(a, NDArray)]
    given = _with_arrays(args, iter(arrays))
    calls: list[tuple[str, list[np.ndarray]]] = []
    operators: list[list[str]] = []
    handles = []
    for path, inner in _paths(block, type(block).__name__):

        def note(_block: Any, inputs: tuple, outputs: Any, path: str = path) -> None:
            calls.append((path, [a.asnumpy() for a in _arrays(outputs)]))
            operators.append(_operators(inputs, outputs))

        handles.append(inner.register_forward_hook(note))
    try:
        with autograd.record(train_mode=train):
            out = block(*given)
        if hybrid:
            operators = _of_graph(block, given)
    finally:
        for handle in handles:
            handle.detach()
    outputs = _arrays(out)
    _backward(outputs)
    named = {f"input {i}": a for i, a in enumerate(arrays)}
    gradients = {n: a.grad.asnumpy() for n, a in named.items() if a.grad is not None}
    for name, p in block.collect_params().items():
        if p._grad is not None and p.grad_req == "write":
            gradients[name] = p.list_grad()[0].asnumpy()
    return Run([a.asnumpy() for a in outputs], gradients, calls, operators)


def _variable(array: NDArray) -> NDArray:
    """A copy that gets a gradient where it is of numbers that can have one."""
    made = array.copy()
    if np.dtype(array.dtype).kind == "f":
        made.attach_grad()
    return made


def _with_arrays(value: Any, arrays: Iterator[NDArray]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)([_with_arrays(v, arrays) for v in value])
    return next(arrays) if isinstance(value, NDArray) else value


def _arrays(value: Any) -> list[NDArray]:
    return [a for a in tracing.leaves(value) if isinstance(a, NDArray)]


def _paths(block: Any, path: str) -> Iterator[tuple[str, Any]]:
    """All blocks with their place in the network."""
    yield path, block
    for name, child in block._children.items():
        yield from _paths(child, f"{path} > {name}")


def _backward(outputs: list[NDArray]) -> None:
    """Send different weights back from all elements, so that none can stand in for another."""
    heads = [a for a in outputs if a._entry is not None]
    weights = [
        nd.array(np.cos(np.arange(a.size)).reshape(a.shape), ctx=a.context, dtype=a.dtype)
        for a in heads
    ]
    if heads:
        autograd.backward(heads, weights)


# ---- operators


def _operators(inputs: Any, outputs: Any) -> list[str]:
    """The recorded operators between the inputs and outputs of a block."""
    ends = {a._entry[0] for a in _arrays(inputs) if a._entry is not None}
    heads = [a._entry[0] for a in _arrays(outputs) if a._entry is not None]
    return _between(ends, heads)


def _of_graph(block: Any, args: tuple) -> list[list[str]]:
    """The same for the blocks inside a graph, in the order in which they end, and the graph."""
    found = tracing.only_trace(block, args)
    ended = [values for _, _, values in found.trace.watched if len(values) == 2]
    listed = [_between(_nodes(inputs), [*_nodes(outputs)]) for inputs, outputs in ended]
    return [*listed, _between(set(), [*_nodes(found.out)])]


def _nodes(value: Any) -> set[Node]:
    symbols = [s for s in tracing.leaves(value) if isinstance(s, Symbol)]
    return {node for s in symbols for node, _ in s._entries}


def _between(ends: set[Node], heads: list[Node]) -> list[str]:
    """Names of the operators that the heads depend on and the ends do not."""
    before = set(topological(list(ends)))
    nodes = [n for n in topological(heads) if n.op is not None and n not in before]
    names = [n.op.name for n in sorted(nodes, key=lambda n: n.order)]
    return [ELEMENTWISE.get(name, name) for name in names if name != "_copy"]


# ---- words


def _compared(plain: Run, hybrid: Run, mode: str, rtol: float, atol: float) -> list[str]:
    found = []
    for i, pair in enumerate(_zipped(plain.outputs, hybrid.outputs)):
        found += _difference(f"{mode}: output {i}", *pair, rtol, atol)
    for name in {**plain.gradients, **hybrid.gradients}:
        pair = plain.gradients.get(name), hybrid.gradients.get(name)
        found += _difference(f"{mode}: gradient of {name}", *pair, rtol, atol)
    return [*found, *(_first(plain, hybrid, rtol, atol) if found else [])]


def _zipped(a: list, b: list) -> Iterator[tuple]:
    for i in range(max(len(a), len(b))):
        yield (a[i] if i < len(a) else None), (b[i] if i < len(b) else None)


def _difference(what: str, a: Any, b: Any, rtol: float, atol: float) -> list[str]:
    """Whether two arrays differ, and by how much."""
    if a is None or b is None:
        return [f"{what} is there only {'hybridized' if a is None else 'not hybridized'}"]
    if a.shape != b.shape or a.dtype != b.dtype:
        return [f"{what} is {a.dtype} {a.shape} not hybridized, {b.dtype} {b.shape} hybridized"]
    if np.allclose(a, b, rtol, atol, equal_nan=True):
        return []
    place = np.unravel_index(np.argmax(~np.isclose(a, b, rtol, atol, equal_nan=True)), a.shape)
    at = f" at {tuple(int(i) for i in place)}" if place else ""
    return [f"{what} differs, first{at}: {a[place]} not hybridized, {b[place]} hybridized"]


def _first(plain: Run, hybrid: Run, rtol: float, atol: float) -> list[str]:
    """The first inner block that gives something else, and its operators."""
    for i, (a, b) in enumerate(_zipped(plain.calls, hybrid.calls)):
        if a is None or b is None or a[0] != b[0]:
            names = [call[0] if call else "nothing" for call in (a, b)]
            return [f"block {i} to run is {names[0]} not hybridized, {names[1]} hybridized"]
        if any(_difference("", *pair, rtol, atol) for pair in _zipped(a[1], b[1])):
            return [f"the first block that differs is {a[0]}", *_sides(plain, hybrid, i)]
    return ["all blocks give the same outputs"]


def _sides(plain: Run, hybrid: Run, i: int) -> list[str]:
    for a, b in _zipped(plain.operators[i], hybrid.operators[i]):
        if a != b:
            return [f"  where it uses {a or 'nothing'} not hybridized, {b or 'nothing'} hybridized"]
    return [f"  with the same operators: {', '.join(plain.operators[i]) or 'none'}"]
