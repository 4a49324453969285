"""Graphs as text: MXNet's symbol files, letter by letter.

A file is a list of nodes in topological order; an entry `[node, output, version]` refers to an
earlier one.  `arg_nodes` are the variables, `node_row_ptr` numbers all outputs through.  Nodes
of loops and branches carry whole graphs under `subgraphs`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from mxbook.base.attributes import HIDDEN
from mxbook.base.errors import FileFormatError, MXNetError, nearest
from mxbook.ops.composite import readers
from mxbook.ops.operator import Operator
from mxbook.ops.params import Values, parse
from mxbook.ops.registry import operators

from .node import Entry, Node, topological, variable
from .subgraph import Subgraph

VERSION = 10600  # MXNet 1.6.0, whose files these are


# Operators whose MXNet twins have another number of outputs, hidden ones included.
OUTPUTS: dict[str, Callable[[Any], int]] = {
    **dict.fromkeys(("L2Normalization", "CTCLoss", "GridGenerator"), lambda p: 2),
    **dict.fromkeys(("BilinearSampler", "LRN", "sort"), lambda p: 2),
    **dict.fromkeys(("Correlation", "SpatialTransformer", "InstanceNorm"), lambda p: 3),
    "_contrib_DeformablePSROIPooling": lambda p: 2,
    "_linalg_det": lambda p: 3,
    "_linalg_slogdet": lambda p: 4,
    "RNN": lambda p: (3 if p.mode == "lstm" else 2) if p.state_outputs else 1,
    "topk": lambda p: 2 if p.ret_typ in ("value", "both") else 1,
}


# ---- writing


def dumps(heads: Iterable[Entry]) -> str:
    """The text of a graph as MXNet 1.6 writes it."""
    return _text({**to_dict(heads), "attrs": {"mxnet_version": ["int", VERSION]}}, 0)


def to_dict(heads: Iterable[Entry]) -> dict[str, Any]:
    """The fields of a graph's file."""
    heads = list(heads)
    nodes = topological([node for node, _ in heads])
    number = {id(node): i for i, node in enumerate(nodes)}
    versions: dict[int, int] = {}
    rows = [0]
    for node in nodes:
        rows.append(rows[-1] + _outputs(node))
    return {
        "nodes": [_node(node, number, versions) for node in nodes],
        "arg_nodes": [i for i, node in enumerate(nodes) if node.op is None],
        "node_row_ptr": rows,
        "heads": [[number[id(node)], i, 0] for node, i in heads],
    }


def _outputs(node: Node) -> int:
    """How many outputs MXNet counts."""
    if node.op is None:
        return 1
    count = OUTPUTS.get(node.op.name)
    return count(node.params) if count else len(node.op.output_names(node.params))


def _node(node: Node, number: dict[int, int], versions: dict[int, int]) -> dict[str, Any]:
    fields: dict[str, Any] = {"op": node.op.name if node.op else "null", "name": node.name}
    if node.attrs:
        fields["attrs"] = dict(sorted(node.attrs.items()))
    names = node.op.input_names(node.params) if node.op else ()
    fields["inputs"] = [
        [number[id(n)], i, _version(node, names[k], n, versions)]
        for k, (n, i) in enumerate(e for e in node.inputs if e is not None)
    ]
    subgraphs = getattr(node.params, "subgraphs", ())
    if subgraphs:
        fields["subgraphs"] = [to_dict(graph.heads) for graph in subgraphs]
    return fields


def _version(reader: Node, name: str, target: Node, versions: dict[int, int]) -> int:
    """How often a state was changed up to and by this node; 0 for what is only read."""
    if name not in reader.op.aux:
        return 0
    versions[id(target)] = versions.get(id(target), 0) + 1
    return versions[id(target)]


def _text(value: Any, depth: int) -> str:
    """JSON in MXNet's layout: objects and long lists on lines of their own."""
    if isinstance(value, str):
        for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
            value = value.replace(plain, escaped)
        return '"' + value.replace("\t", "\\t") + '"'
    if isinstance(value, dict):
        items = [f"{_text(k, 0)}: {_text(v, depth + 1)}" for k, v in value.items()]
        lines = len(items) > 1 or "nodes" in value
        return _joined("{", items, "}", depth, lines)
    if isinstance(value, list):
        items = [_text(v, depth + 1) for v in value]
        lines = len(items) > 10 or any(isinstance(v, dict) for v in value)
        return _joined("[", items, "]", depth, lines)
    return str(value)


def _joined(start: str, items: list[str], end: str, depth: int, lines: bool) -> str:
    if not lines or not items:
        return start + ", ".join(items) + end
    indent = "\n" + "  " * (depth + 1)
    return start + indent + (", " + indent).join(items) + indent[:-2] + end


# ---- reading


def loads(text: str, source: str = "") -> list[Entry]:
    """The heads of the graph in a text; `source` names the file in errors.

    Raises FileFormatError for a text that is no graph, ParameterError for what an operator refuses.
    """
    import json

    try:
        fields = json.loads(text)
    except ValueError as error:
        raise _wrong(f"not JSON: {error}", source) from None
    return from_dict(fields, source)


def from_dict(fields: Any, source: str = "") -> list[Entry]:
    """The heads of a graph given by its fields."""
    try:
        nodes: list[Node] = []
        for row in fields["nodes"]:
            nodes.append(_read_node(row, nodes, source))
        return [_entry(head, nodes) for head in fields["heads"]]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise _wrong(f"{type(error).__name__}: {error}", source) from None


def _entry(row: Any, nodes: list[Node]) -> Entry:
    if row[0] < 0 or row[1] < 0:
        raise IndexError(f"entry {row}")
    return (nodes[row[0]], row[1])


def _read_node(row: dict[str, Any], nodes: list[Node], source: str) -> Node:
    name, kind = row["name"], row["op"]
    # `attr` and `param` are the names in files of MXNet before 1.0.
    given: dict[str, str] = {}
    for field in ("param", "attr", "attrs"):
        given.update(row.get(field) or {})
    given = {f"__{k}__" if k in HIDDEN else k: str(v) for k, v in given.items()}
    if kind == "null":
        node = variable(name)
    else:
        subgraphs = [Subgraph(from_dict(g, source)) for g in row.get("subgraphs", ())]
        texts = {k: v for k, v in given.items() if not k.startswith("__")}
        op, p = _operator(kind, texts, subgraphs, name, source)
        inputs = [_entry(e, nodes) for e in row["inputs"]]
        states = [n for n in op.input_names(p)[len(inputs) :] if n in op.aux]  # old files lack them
        inputs += [(variable(f"{name}_{n}"), 0) for n in states]
        node = Node(op, p, tuple(inputs), name)
    node.attrs.update(given)
    return node


def _operator(
    kind: str, texts: dict[str, str], subgraphs: list, name: str, source: str
) -> tuple[Operator, Values]:
    try:
        if kind in readers:
            return readers[kind](texts, subgraphs)
        if kind in operators:
            return operators[kind], parse(kind, operators[kind].values, texts)
    except MXNetError as error:
        error.place = (*error.place, ("node", name), *([("file", source)] if source else []))
        raise
    raise FileFormatError(
        f"there is no operator {kind!r}",
        values=[("node", name), *([("file", source)] if source else [])],
        hint=nearest(kind, operators),
    )


def _wrong(what: str, source: str) -> FileFormatError:
    return FileFormatError(
        f"this is no symbol: {what}",
        rule="a JSON object with nodes and heads, as Symbol.save writes it",
        values=[("file", source)] if source else [],
    )
