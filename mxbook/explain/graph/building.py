"""Making the plain data of a `Graph` from MXNet's nodes, with what is known of shapes and types."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mxbook.base import shapes as lengths
from mxbook.base.errors import MXNetError
from mxbook.graph.infer import SHAPES, TYPES, Found, _at_node, learn
from mxbook.graph.node import Entry, topological
from mxbook.graph.node import Node as Source
from mxbook.graph.subgraph import Subgraph
from mxbook.ops.composite import Composite

from .costs import flops
from .model import Graph, Input, Node, Path, Value

# Inputs of operators that are learned, and those that running changes.
LEARNED = {"weight", "bias", "gamma", "beta", "parameters"}
ENDINGS = ("_weight", "_bias", "_gamma", "_beta")
STATES = ("_moving_mean", "_moving_var", "_running_mean", "_running_var")


class Known:
    """What is known about the entries of a graph: shapes, element types, and what went wrong."""

    def __init__(self, shapes: Found, types: Found):
        self.shapes, self.types = shapes, types
        self.error: MXNetError | None = None
        self.failed: Source | None = None

    def complete(self, nodes: Sequence[Source]) -> None:
        """Infer what follows; an error is kept with the node that it happened at."""
        for kind, found in ((SHAPES, self.shapes), (TYPES, self.types)):
            left = [n for n in nodes if n.op is not None]
            changed = True
            while changed and self.error is None:
                changed, still = False, []
                for node in left:
                    try:
                        news, settled = learn(node, found, kind)
                    except MXNetError as error:
                        self.error, self.failed = _at_node(error, node, found), node
                        break
                    changed |= news
                    if not settled:
                        still.append(node)
                left = still[::-1]

    def value(self, entry: Entry) -> Value:
        """Shape and type of an entry, as far as they are known."""
        dtype = self.types.get(entry)
        return Value(self.shapes.get(entry), "" if dtype is None else np.dtype(dtype).name)


class Builder:
    """Collects nodes in order; `entries` says which output of which node an entry became."""

    def __init__(self, known: Known, roles: Mapping[Source, str]):
        self.known, self.roles = known, roles
        self.nodes: list[Node] = []
        self.entries: dict[Entry, tuple[int, int]] = {}
        self.kinds: dict[Path, str] = {}

    def add(self, source: Source, path: Path, **more: Any) -> Node:
        """A node for an operation or variable, whose inputs have been added before."""
        number = len(self.nodes)
        if isinstance(source.op, Composite):
            inner = self._subgraphs(source, path)
            number = len(self.nodes)
        else:
            inner = []
        inputs = self._inputs(source) if not inner else tuple(inner)
        count = len(source.op.output_names(source.params)) if source.op is not None else 1
        outputs = [self.known.value((source, i)) for i in range(count)]
        visible = source.op.visible_outputs(source.params) if source.op is not None else 1
        node = Node(
            number,
            source.name or (source.op.name.lower() if source.op else "x") + str(number),
            source.op.name if source.op is not None else "",
            "operator" if source.op is not None else self.roles.get(source, "input"),
            path,
            inputs,
            tuple(outputs[: max(visible, 1)]),
            _params(source),
            self._flops(source, outputs),
            getattr(source, "layer", ""),
            **more,
        )
        if source is self.known.failed:
            node = node._replace(error=str(self.known.error))
        self.nodes.append(node)
        for i in range(count):
            self.entries[source, i] = (number, min(i, len(node.outputs) - 1))
        return node

    def _inputs(self, source: Source) -> tuple[Input, ...]:
        if source.op is None:
            return ()
        names = list(source.op.input_names(source.params))
        names += [f"input{i}" for i in range(len(names), len(source.inputs))]
        pairs = zip(source.inputs, names, strict=False)
        return tuple(Input(*self.entries[e], name) for e, name in pairs if e is not None)

    def _flops(self, source: Source, outputs: Sequence[Value]) -> int:
        if source.op is None:
            return 0
        ins = [self.known.shapes.get(e) for e in source.inputs if e is not None]
        outs = [v.shape for v in outputs]
        if not all(map(lengths.known, (*ins, *outs))):
            return 0
        return int(flops(source.op.name, source.params, ins, outs))

    def _subgraphs(self, source: Source, path: Path) -> list[Input]:
        """Add the graphs inside a loop or a condition; what they give goes into the node."""
        graphs = [("", g) for g in getattr(source.params, "subgraphs", ())]
        names = INSIDE.get(source.op.name, ())
        found: list[Input] = []
        for k, (_, graph) in enumerate(graphs):
            name, places = names[k] if k < len(names) else (f"graph{k}", None)
            group = (*path, f"{source.name.strip('_')}: {name}")
            self.kinds[group] = source.op.name.strip("_")
            wanted = range(len(graph.inputs)) if places is None else places(source.params)
            self._inside(source, graph, list(wanted), group)
            found += [
                Input(*self.entries[head], f"{name}{i}") for i, head in enumerate(graph.heads)
            ]
        return found

    def _inside(self, source: Source, graph: Subgraph, places: list[int], group: Path) -> None:
        outer = [source.inputs[i] for i in places if i < len(source.inputs)]
        sliced = getattr(source.params, "in_data_locs", ()) if source.op.name == "_foreach" else ()
        for place, (inner, entry) in enumerate(zip(graph.inputs, outer, strict=False)):
            shape = self.known.shapes.get(entry)
            if shape is not None:
                self.known.shapes[inner, 0] = (shape[1:] or (1,)) if place in sliced else shape
            if entry in self.known.types:
                self.known.types[inner, 0] = self.known.types[entry]
        self.known.complete(graph.nodes)
        for inner, entry in zip(graph.inputs, outer, strict=False):
            place = graph.inputs.index(inner)
            if self.nodes[self.entries[entry][0]].role in ("parameter", "state"):
                self.entries[inner, 0] = self.entries[entry]
                continue
            link = Input(*self.entries[entry], "each slice of" if place in sliced else "is")
            self.add(inner, group)
            self.nodes[-1] = self.nodes[-1]._replace(inputs=(link,), role="input")
        for node in graph.nodes:
            if (node, 0) not in self.entries:
                self.add(node, group)


def _foreach_order(p: Any) -> list[int]:
    """Which input of the node each input of the body is."""
    places = (*p.in_data_locs, *p.in_state_locs, *p.remain_locs)
    return [i for _, i in sorted((place, i) for i, place in enumerate(places))]


# What the graphs inside an operator are called, and which inputs of the node they use.
INSIDE: dict[str, list[tuple[str, Callable[[Any], Sequence[int]]]]] = {
    "_foreach": [("body", _foreach_order)],
    "_while_loop": [
        ("condition", lambda p: p.cond_input_locs),
        ("body", lambda p: p.func_input_locs),
    ],
    "_cond": [
        ("condition", lambda p: p.cond_input_locs),
        ("then", lambda p: p.then_input_locs),
        ("else", lambda p: p.else_input_locs),
    ],
}


def _params(source: Source) -> dict[str, str]:
    """The parameters of a call that somebody chose, as texts."""
    if source.op is None or source.params is None or not hasattr(source.params, "items"):
        return {}
    default = {p.name: p.default for p in source.op.params}
    pairs = [(k, v) for k, v in source.params.items() if k != "subgraphs"]
    return {k: str(v) for k, v in pairs if v is not None and str(v) != str(default.get(k))}


def roles_by_name(nodes: Sequence[Source]) -> dict[Source, str]:
    """Which variables are learned and which are states, by what their readers call them."""
    found: dict[Source, str] = {}
    for node in nodes:
        if node.op is None:
            if node.name.endswith(ENDINGS):
                found.setdefault(node, "parameter")
            elif node.name.endswith(STATES):
                found.setdefault(node, "state")
            continue
        names = node.op.input_names(node.params)
        for entry, name in zip(node.inputs, names, strict=False):
            if entry is not None and entry[0].op is None:
                if name in node.op.aux:
                    found[entry[0]] = "state"
                elif name in LEARNED:
                    found.setdefault(entry[0], "parameter")
    return found


def built(
    title: str,
    heads: Sequence[Entry],
    known: Known,
    roles: Mapping[Source, str],
    paths: Callable[[Source], Path],
    kinds: Mapping[Path, str],
    sites: Callable[[Source], str] = lambda source: "",
) -> Graph:
    """The plain graph of everything that the heads depend on."""
    nodes = topological([node for node, _ in heads])
    known.complete(nodes)
    builder = Builder(known, roles)
    for node in nodes:
        builder.add(node, paths(node), site=sites(node))
    outer = [builder.entries[head] for head in heads]
    error = str(known.error) if known.error is not None else ""
    return Graph(title, builder.nodes, outer, {**kinds, **builder.kinds}, error)
