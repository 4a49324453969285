"""Symbols made from symbols: copies, and copies with other symbols in the place of variables."""

from collections.abc import Iterable, Mapping

from mxbook.base.errors import ParameterError, nearest
from mxbook.graph.node import Entry, Node, topological
from mxbook.graph.precision import CASTS

from .symbol import Symbol


def rebuilt(
    heads: Iterable[Entry], put: Mapping[Node, Entry], skip: tuple[str, ...] = ()
) -> list[Entry]:
    """The heads of a copied graph.

    `put` gives what stands in the place of a variable; variables that are not there are copied.
    Operators named in `skip` are left out: their inputs take the place of their outputs.
    """
    heads = list(heads)
    copies: dict[Node, Node] = {}
    skipped: dict[Entry, Entry] = {}

    def inner(entry: Entry) -> Entry:
        node, index = entry
        return put.get(node) or skipped.get(entry) or (copies[node], index)

    for node in topological([node for node, _ in heads]):
        if node in put:
            continue
        inputs = tuple([inner(e) for e in node.inputs if e is not None])
        if node.op is not None and node.op.name in skip:
            skipped.update({(node, i): e for i, e in enumerate(inputs)})
            continue
        copies[node] = Node(node.op, node.params, inputs, node.name)
        copies[node].attrs = dict(node.attrs)
    return [inner(head) for head in heads]


def copied(symbol: Symbol) -> Symbol:
    """A copy that shares no node with the symbol."""
    return type(symbol)(rebuilt(symbol._entries, {}))


def without_casts(symbol: Symbol) -> Symbol:
    """A copy without the conversions between element types that mixed precision puts in."""
    return type(symbol)(rebuilt(symbol._entries, {}, CASTS))


def composed(symbol: Symbol, name: str | None, given: Mapping[str, Symbol]) -> Symbol:
    """A copy with other symbols in the place of variables, given by the variables' names.

    `name` becomes the name of the copy's node.  Raises ParameterError for an unknown variable and
    for something that is not a symbol with one output.
    """
    variables = {node.name: node for node in symbol._variables()}
    for key, value in given.items():
        if not isinstance(value, Symbol) or len(value._entries) != 1:
            raise ParameterError(
                f"{key} cannot be {value!r}", rule="what is put in is a Symbol with one output"
            )
        if key not in variables or symbol._entries[0][0].op is None:
            raise ParameterError(
                f"{symbol!r} has no variable {key!r} to put something in",
                rule=", ".join(variables),
                hint=nearest(key, variables),
            )
    # The other variables stay what they are.
    put = {v: given[n]._entries[0] if n in given else (v, 0) for n, v in variables.items()}
    made = rebuilt(symbol._entries, put)
    if name:
        made[0][0].name = name
    return type(symbol)(made)
