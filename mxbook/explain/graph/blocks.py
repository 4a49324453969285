"""The graph of a block: traced with symbols where it can be, else recorded as it runs, else only
the blocks inside.
"""

from collections.abc import Sequence
from typing import Any

from mxbook import autograd
from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base import names, scopes, sites
from mxbook.base.errors import MXNetError
from mxbook.gluon import Block, HybridBlock, tracing
from mxbook.graph.node import Node as Source
from mxbook.graph.node import topological
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.control_flow import kept_numbers
from mxbook.symbol.symbol import Symbol
from mxbook.symbol.tracing import Trace

from .building import Known, built
from .model import Graph, Node, Path
from .tapes import of_arrays


class Recorder(Trace):
    """A trace that also remembers in which blocks and at which line every node was made."""

    def __init__(self, ctx: Any = None):
        super().__init__(ctx)
        self.nodes: list[Source] = []
        self.blocks: dict[Source, tuple] = {}
        self.sites: dict[Source, str] = {}

    def made(self, node: Source) -> None:
        """Note where a node is made before its shapes are inferred, which may fail."""
        site = sites.here()
        self.nodes.append(node)
        self.blocks[node] = scopes.current()
        self.sites[node] = str(site) if site else ""
        super().made(node)


def of_block(block: Block, inputs: tuple) -> Graph:
    """See `graph`."""
    arrays = tuple(map(_array, inputs)) or _last_inputs(block)
    if isinstance(block, HybridBlock):
        return _traced(block, arrays)
    if arrays:
        return _recorded(block, arrays)
    try:
        return _traced(block, ())
    except (MXNetError, TypeError, AttributeError, ValueError):
        return _structure(block)  # its forward works on arrays only


def _array(x: Any) -> Any:
    """An array of zeros for a shape; everything else as it is."""
    if isinstance(x, tuple) and x and all(isinstance(d, int) for d in x):
        return nd.zeros(x)
    return x


def _last_inputs(block: Block) -> tuple:
    """Arrays like those that a hybridized block was last called with; () if it was not."""
    cached = getattr(block, "_cached_op", None)
    programs = list(cached.cached.programs) if cached is not None else []
    if not programs:
        return ()
    specs = programs[-1][0]
    places = [(p, s) for p, s in zip(cached.places, specs, strict=True) if isinstance(p, int)]
    return tuple(nd.zeros(s.shape, dtype=s.dtype) for _, s in sorted(places, key=lambda x: x[0]))


# ---- traced


def _traced(block: Block, arrays: tuple) -> Graph:
    found = Recorder(arrays[0].context if arrays else None)
    problem: MXNetError | None = None
    entries: list = []
    try:
        with names.NameManager(), kept_numbers():
            entries = _run(block, arrays, found)
    except MXNetError as error:
        if not found.nodes:
            raise
        problem = error
    if not entries:
        entries = _loose_ends(found.nodes)
    known = Known(found.shapes, found.types)
    if problem is not None:
        known.error, known.failed = problem, found.nodes[-1]
    parameters = block.collect_params()
    nodes = topological([node for node, _ in entries])
    roles = {n: _role(parameters[n.name]) for n in nodes if n.op is None and n.name in parameters}
    trees = {n: tuple(b for b in found.blocks.get(n, ()) if b is not block) for n in nodes}
    paths, kinds = _paths(block, trees)
    title = f"{type(block).__name__} {block.name}"
    return built(title, entries, known, roles, paths.__getitem__, kinds, _site_of(found))


def _site_of(found: Recorder):
    return lambda node: found.sites.get(node, "")


def _run(block: Block, arrays: tuple, found: Recorder) -> list:
    """Run a block on symbols; the entries that it gives."""
    if arrays and not isinstance(block, sym_block()):
        out = tracing.trace(block, arrays, found).out
    elif arrays:
        traced = block._trace(arrays)
        found.shapes.update(traced.trace.shapes)
        found.types.update(traced.trace.types)
        out = traced.out
    else:
        with found:
            tracing.give_parameters(block.collect_params().values())
            out = block(sym.var("data"))
    return [e for s in tracing.leaves(out) if isinstance(s, Symbol) for e in s._entries]


def sym_block() -> type:
    """The class of blocks that are graphs already, and are traced as a whole."""
    from mxbook.gluon import SymbolBlock

    return SymbolBlock


def _loose_ends(nodes: Sequence[Source]) -> list:
    """The nodes that nobody reads: where a failed trace stopped."""
    read = {entry[0] for node in nodes for entry in node.inputs if entry is not None}
    return [(node, 0) for node in nodes if node not in read]


def _role(parameter: Any) -> str:
    return "state" if parameter.grad_req == "null" else "parameter"


def _paths(block: Block, trees: dict[Source, tuple]) -> tuple[dict[Source, Path], dict[Path, str]]:
    """The groups of every node from the blocks that were running, and the class of each group."""
    paths: dict[Source, Path] = {}
    kinds: dict[Path, str] = {}
    for node, blocks in trees.items():
        path: Path = ()
        outer = block
        for inner in blocks:
            path = (*path, _label(outer, inner))
            kinds[path] = type(inner).__name__
            outer = inner
        paths[node] = path
    return paths, kinds


def _label(outer: Block, inner: Block) -> str:
    """What a block is called inside another one: its own part of the name, or its place."""
    key = next((k for k, child in outer._children.items() if child is inner), "")
    own = inner.name.removeprefix(outer.prefix).strip("_")
    if key and not key.isdigit():
        return key
    if own and own != inner.name and inner.name != outer.name:
        return own
    if inner.name != outer.name and not key:
        return inner.name
    return f"{type(inner).__name__} {key}".strip()


# ---- recorded and listed


def _recorded(block: Block, arrays: tuple) -> Graph:
    """What a block that is no HybridBlock does with arrays."""
    with autograd.record():
        given = [a.copy() if isinstance(a, NDArray) else a for a in arrays]
        for array in given:
            if isinstance(array, NDArray):
                array.attach_grad()
        out = block(*given)
    found = of_arrays([a for a in tracing.leaves(out) if isinstance(a, NDArray)])
    found.title = f"{type(block).__name__} {block.name}"
    return found


def _structure(block: Block) -> Graph:
    """The blocks inside a block, where nothing is known about what happens between them."""
    from .model import Input, Value

    nodes: list[Node] = []

    def add(b: Block, outer: int | None, name: str) -> None:
        number = len(nodes)
        sizes = [p.shape for p in b._reg_params.values() if p.shape]
        note = ", ".join("×".join(map(str, s)) for s in sizes)
        link = () if outer is None else (Input(outer, 0, "inside"),)
        given = (Value(None, ""),)
        kind = type(b).__name__
        nodes.append(Node(number, name, kind, "operator", (), link, given, {}, note=note))
        for key, child in b._children.items():
            add(child, number, key)

    add(block, None, block.name)
    return Graph(f"{type(block).__name__} {block.name}: blocks inside", nodes, [])
