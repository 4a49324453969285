"""Mixed precision: conversions between element types, put into a graph where operators want them.

Matrix products and convolutions lose little in half precision and gain much; sums, exponentials and
losses must stay in float32.  Which operator is which is data (`Precision`).  The names of the
conversions, and where they stand, are those of MXNet 1.6.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from mxbook.ops.params import parse
from mxbook.ops.registry import operators

from .node import Entry, Node, topological

HIGH = "float32"
CASTS = ("amp_cast", "amp_multicast")  # each input to one output


class Precision(NamedTuple):
    """Who computes in which type.

    Operators named in `low` get their inputs in `dtype`, those in `high` in float32; those in
    `widest` get theirs in the widest type among them.  A row `(operator, parameter, values)` of
    `conditional` puts an operator in `high` where its parameter has one of these values, given as
    text; nodes named in `excluded` are always in `high`.  All others take what comes.
    """

    low: frozenset[str]
    high: frozenset[str] = frozenset()
    widest: frozenset[str] = frozenset()
    conditional: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    excluded: frozenset[str] = frozenset()
    dtype: str = "float16"

    def of(self, node: Node) -> str:
        """The type of a node's inputs: a name, `widest`, or "" for whatever comes."""
        op = node.op
        names = {op.name, *op.aliases}
        rows = [row for row in self.conditional if row[0] in names]
        if (
            node.name in self.excluded
            or names & self.high
            or any(node.attrs.get(parameter) in values for _, parameter, values in rows)
        ):
            return HIGH
        if names & self.low:
            return self.dtype
        return "widest" if names & self.widest and len(node.inputs) > 1 else ""


def with_precision(
    heads: list[Entry], precision: Precision, name_of: Callable[[Entry], str]
) -> list[Entry]:
    """The heads of a copy of the graph with conversions; `name_of` names entries.

    Auxiliary states are left as they are, and so is what is inside of loops and branches.
    """
    copies: dict[Node, Node] = {}
    casts: dict[tuple[Entry, str], Entry] = {}

    def cast(entry: Entry, dtype: str) -> Entry:
        key = (entry, dtype)
        if key not in casts:
            name = f"{name_of(entry)}_amp_cast_{dtype}"
            casts[key] = (_made("amp_cast", {"dtype": dtype}, [moved(entry)], name), 0)
        return casts[key]

    def moved(entry: Entry) -> Entry:
        return copies[entry[0]], entry[1]

    for node in topological([node for node, _ in heads]):
        wanted = precision.of(node) if node.op is not None else ""
        entries = [e for e in node.inputs if e is not None]
        inputs = [moved(e) for e in entries]
        if wanted == "widest":
            name = f"{name_of(entries[0])}_amp_multicast"
            both = _made("amp_multicast", {"num_outputs": str(len(inputs))}, inputs, name)
            inputs = [(both, i) for i in range(len(inputs))]
        elif wanted:
            names = node.op.input_names(node.params)
            pairs = zip(names, entries, strict=False)
            inputs = [moved(e) if n in node.op.aux else cast(e, wanted) for n, e in pairs]
        copies[node] = copy = Node(node.op, node.params, tuple(inputs), node.name)
        copy.attrs = dict(node.attrs)
    return [moved(head) for head in heads]


def _made(name: str, attrs: dict[str, str], inputs: list[Entry], title: str) -> Node:
    op: Any = operators[name]
    node = Node(op, parse(name, op.values, attrs), tuple(inputs), title)
    node.attrs = attrs
    return node


def verify_precision(heads: list[Entry], precision: Precision) -> None:
    """Raise ValueError unless every node of the graph gets what it wants."""
    for node in topological([node for node, _ in heads]):
        wanted = precision.of(node) if node.op is not None and node.op.name not in CASTS else ""
        if not wanted:
            continue
        names = node.op.input_names(node.params)
        for name, entry in zip(names, node.inputs, strict=False):
            source = entry[0] if entry is not None else node
            kind = "amp_multicast" if wanted == "widest" else wanted
            found = source.attrs.get("dtype", source.op.name) if _is_cast(source) else ""
            if found != kind and name not in node.op.aux:
                raise ValueError(f"{name} of {node.name} comes from {source}, and wants {kind}")


def _is_cast(node: Node) -> bool:
    return node.op is not None and node.op.name in CASTS
