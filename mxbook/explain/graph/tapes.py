"""The graph of recorded arrays: what autograd will walk through."""

from collections import Counter
from collections.abc import Sequence

from mxbook.base.errors import MXNetError
from mxbook.graph.node import Node as Source
from mxbook.graph.node import topological
from mxbook.imperative import tape
from mxbook.ndarray.ndarray import NDArray

from .building import LEARNED, _params
from .costs import flops
from .model import Graph, Input, Node, Value
from .scopes import paths


def of_arrays(arrays: Sequence[NDArray]) -> Graph:
    """The tape behind arrays that were computed under `autograd.record()`.

    Raises MXNetError, which says why, for an array that is not in a graph.
    """
    for array in arrays:
        if array._entry is None:
            raise tape.not_recorded(array)
    heads = [array._entry for array in arrays]
    sources = topological([node for node, _ in heads])
    if any(n.op is tape.FREED for n in sources):
        raise MXNetError(
            "this graph was already freed by a backward",
            hint="look at it before backward, or call backward(retain_graph=True)",
        )
    numbers = {node: i for i, node in enumerate(sources)}
    names = _names(sources)
    groups = paths([n.layer for n in sources]) if all(_layer(n) for n in sources if n.op) else None
    nodes = [
        _node(source, numbers, names[i], groups[i] if groups else ())
        for i, source in enumerate(sources)
    ]
    _know_variables(nodes, sources)
    outer = [(numbers[node], i) for node, i in heads]
    return Graph("recorded by autograd", nodes, outer)


def _layer(node: Source) -> str:
    return getattr(node, "layer", "")  # nodes of the tape are made without the constructor


def _names(sources: Sequence[Source]) -> list[str]:
    counts: Counter = Counter()
    found = []
    for node in sources:
        base = node.op.name.strip("_").lower() if node.op is not None else "x"
        found.append(getattr(node, "name", "") or f"{base}{counts[base]}")
        counts[base] += 1
    return found


def _node(source: Source, numbers: dict, name: str, path: tuple) -> Node:
    if source.op is None:
        note = "" if source.grad_req == "null" else f"gradient: {source.grad_req}"
        return Node(numbers[source], name, "", "input", path, (), (Value(None, ""),), note=note)
    plan = source.plan
    values = tuple(Value(s.shape, s.dtype.name) for s in plan.outputs)
    given = [getattr(s, "shape", None) for s in getattr(plan, "inputs", ())]
    cost = 0
    if None not in given:
        cost = flops(source.op.name, source.params, given, [v.shape for v in values])
    names = list(source.op.input_names(source.params))
    names += [f"input{i}" for i in range(len(names), len(source.inputs))]
    pairs = zip(source.inputs, names, strict=False)
    inputs = tuple(Input(numbers[e[0]], e[1], n) for e, n in pairs if e is not None)
    constants = [n for e, n in zip(source.inputs, names, strict=False) if e is None]
    note = f"constant: {', '.join(constants)}" if constants else ""
    return Node(
        *(numbers[source], name, source.op.name, "operator", path, inputs, values),
        _params(source),
        int(cost),
        _layer(source),
        note=note,
    )


def _know_variables(nodes: list[Node], sources: Sequence[Source]) -> None:
    """Shapes of variables, from the array for the gradient or from a reader's plan."""
    for number, source in enumerate(sources):
        if source.op is None and source.grad is not None:
            value = Value(source.grad.shape, source.grad._spec.dtype.name)
            nodes[number] = nodes[number]._replace(outputs=(value,))
    for source in sources:
        for i, entry in enumerate(source.inputs):
            if entry is None or entry[0].op is not None:
                continue
            number = next(k for k, s in enumerate(sources) if s is entry[0])
            spec = getattr(source.plan, "inputs", ())[i : i + 1]
            if _learns(source, i):
                nodes[number] = nodes[number]._replace(role="parameter")
            if nodes[number].outputs[0].shape is None and spec:
                value = Value(spec[0].shape, spec[0].dtype.name)
                nodes[number] = nodes[number]._replace(outputs=(value,))


def _learns(source: Source, i: int) -> bool:
    """Whether an operator learns its input number i."""
    names = list(source.op.input_names(source.params))
    return i < len(names) and names[i] in LEARNED
