"""A graph as plain data: what every view, picture, table and widget is made from."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple

from mxbook.base.errors import ParameterError, nearest

Path = tuple[str, ...]


class Value(NamedTuple):
    """What an output is: its shape (None where a length, or all, is unknown) and element type."""

    shape: tuple[int | None, ...] | None
    dtype: str

    @property
    def size(self) -> int:
        """Number of elements; 0 when it is not known."""
        total = 1
        for length in self.shape if self.shape is not None else (0,):
            total *= length or 0
        return total

    @property
    def nbytes(self) -> int:
        """Bytes of a dense array of this kind; 0 when it is not known."""
        return self.size * WIDTHS.get(self.dtype, 4)

    @property
    def text(self) -> str:
        """The shape as people write it, with the type where it is not float32.

        >>> Value((1, None, 7), "float16").text
        '1×?×7 float16'
        """
        if self.shape is None:
            shape = "?"
        else:
            shape = "×".join("?" if d is None else str(d) for d in self.shape) or "scalar"
        return shape if self.dtype in ("float32", "") else f"{shape} {self.dtype}"


WIDTHS = {
    **dict.fromkeys(("float64", "int64"), 8),
    **dict.fromkeys(("float16", "bfloat16"), 2),
    **dict.fromkeys(("int8", "uint8", "bool"), 1),
}


class Input(NamedTuple):
    """Where an input comes from: the number of a node and of its output; `name` is the reader's."""

    source: int
    output: int
    name: str


class Node(NamedTuple):
    """One operation or variable.

    `role` is operator, input, parameter, state (changed by running, such as moving averages) or
    gradient (what arrives from outside).  `path` are the groups it stands in, outermost first.
    `flops` counts a multiplication with an addition as two.  `error` says what is wrong with it,
    `note` is one more line about it.
    """

    number: int
    name: str
    op: str
    role: str
    path: Path
    inputs: tuple[Input, ...]
    outputs: tuple[Value, ...]
    params: Mapping[str, str] = {}
    flops: int = 0
    layer: str = ""
    site: str = ""
    backward: bool = False
    error: str = ""
    note: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes of everything that it gives."""
        return sum(v.nbytes for v in self.outputs)

    @property
    def size(self) -> int:
        """Number of elements of its first output; for a parameter, how many numbers are learned."""
        return self.outputs[0].size if self.outputs else 0


WEIGHTS = ("parameter", "state")


class Totals(NamedTuple):
    """Sums over nodes: operators, learned numbers, floating point operations, and bytes of what
    is computed."""

    operators: int
    parameters: int
    flops: int
    nbytes: int


class Overlay(NamedTuple):
    """A number (and a text) for some nodes, by node number, drawn as heat.

    `title` says what it is, `texts` how a number is written; `kind` is "heat", or "group" where the
    numbers are those of buffers: equal ones belong together, and more is not worse.
    """

    title: str
    values: Mapping[int, float]
    texts: Mapping[int, str]
    kind: str = "heat"


class Graph:
    """Nodes in an order in which inputs come before their readers; it draws itself.

    `heads` are the outputs as (node, output) pairs; `kinds` says for groups what they are
    (`("features", "0"): "Conv2D"`); `problem` is the error that ended it early, if one did.

    >>> import mxbook as mx
    >>> from mxbook.explain.graph import graph
    >>> x = mx.sym.var("x")
    >>> g = graph(mx.sym.exp(mx.sym.tanh(x), name="e"), x=(2, 3))
    >>> g["e"].outputs[0].text
    '2×3'
    >>> g.totals().operators
    2
    """

    def __init__(
        self,
        title: str,
        nodes: Sequence[Node],
        heads: Sequence[tuple[int, int]],
        kinds: Mapping[Path, str] | None = None,
        problem: str = "",
    ):
        self.title, self.nodes, self.heads = title, list(nodes), list(heads)
        self.kinds = dict(kinds or {})
        self.problem = problem
        self.about = ""  # the sentence about it; made from its sums when empty
        self.labels: dict[tuple[int, int], str] = {}  # what outputs are, where that is not clear
        self.steps: list[dict[str, Any]] = []  # see `mx.explain.steps`
        self.overlay: Overlay | None = None  # what is drawn
        self.overlays: list[Overlay] = []  # what the widget lets one choose
        self.depth: int | None = None
        self.fold = True

    # ---- looking into it

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, name: str | int) -> Node:
        """A node by name or number; ParameterError for an unknown one."""
        if isinstance(name, int):
            return self.nodes[name]
        for node in self.nodes:
            if node.name == name:
                return node
        known = [node.name for node in self.nodes]
        raise ParameterError(f"no node {name!r} in {self.title}", hint=nearest(name, known))

    def readers(self) -> list[list[int]]:
        """For each node, the numbers of those that read it."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for node in self.nodes:
            for source in dict.fromkeys(i.source for i in node.inputs):
                found[source].append(node.number)
        return found

    def find(self, words: str) -> list[Node]:
        """The nodes whose name, operator, group, parameters or shape have all these words.

        >>> import mxbook as mx
        >>> from mxbook.explain.graph import graph
        >>> g = graph(mx.sym.exp(mx.sym.tanh(mx.sym.var("x"))))
        >>> [n.op for n in g.find("TANH")]
        ['tanh']
        """
        wanted = words.lower().split()
        return [n for n in self.nodes if all(w in _searched(n) for w in wanted)]

    def ancestors(self, name: str | int) -> list[Node]:
        """Everything that a node depends on, in the order of the graph."""
        before = [[i.source for i in node.inputs] for node in self.nodes]
        return self._reached(name, before)

    def descendants(self, name: str | int) -> list[Node]:
        """Everything that depends on a node, in the order of the graph."""
        return self._reached(name, self.readers())

    def _reached(self, name: str | int, steps: Sequence[Iterable[int]]) -> list[Node]:
        seen: set[int] = set()
        todo = [self[name].number]
        while todo:
            for other in steps[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return [self.nodes[i] for i in sorted(seen)]

    def path(self, begin: str | int, end: str | int) -> list[Node]:
        """The nodes of a shortest way from one node to another; empty when there is none."""
        first, last = self[begin].number, self[end].number
        readers, came = self.readers(), {first: first}
        todo = [first]
        for here in todo:
            for other in readers[here]:
                if other not in came:
                    came[other] = here
                    todo.append(other)
        if last not in came:
            return []
        way = [last]
        while way[-1] != first:
            way.append(came[way[-1]])
        return [self.nodes[i] for i in reversed(way)]

    def totals(self, under: Path = ()) -> Totals:
        """Sums over all nodes, or over those of a group; a shared parameter counts once."""
        inside = [n for n in self.nodes if n.path[: len(under)] == under]
        return Totals(
            sum(n.role == "operator" for n in inside),
            sum(n.size for n in inside if n.role == "parameter"),
            sum(n.flops for n in inside),
            sum(n.nbytes for n in inside if n.role == "operator"),
        )

    # ---- showing it

    def with_overlay(self, overlay: Overlay | None) -> "Graph":
        """The same graph with numbers drawn over it; see `mxbook.explain.graph.overlays`.

        Those that were drawn before stay to be chosen from in the widget.
        """
        other = Graph(self.title, self.nodes, self.heads, self.kinds, self.problem)
        other.depth, other.fold, other.overlay = self.depth, self.fold, overlay
        other.labels, other.steps, other.about = self.labels, self.steps, self.about
        other.overlays = [o for o in self.overlays if overlay is None or o.title != overlay.title]
        other.overlays += [] if overlay is None else [overlay]
        return other

    def plain(self) -> "Graph":
        """The same graph with nothing drawn over it; the widget can still choose."""
        return self.with_overlay(None)

    def collapsed(self, depth: int | None = None, *, fold: bool = True) -> "Graph":
        """The same graph, drawn with groups opened down to a depth (None: as far as is legible).

        Repeated parts become one with "× N" unless `fold` is False.
        """
        other = self.with_overlay(self.overlay)
        other.overlays = self.overlays
        other.depth, other.fold = depth, fold
        return other

    def text(self) -> str:
        """A table of the nodes, with sums for groups, for a terminal."""
        from .words import text

        return text(self)

    def svg(self, *, theme: str = "light") -> str:
        """The picture as SVG that needs no style sheet, script or identifier."""
        from mxbook.explain import svg

        from .drawing import picture

        return svg.draw(picture(self, theme))

    def png(self, *, theme: str = "light") -> bytes:
        """The picture as PNG with two pixels for each unit; needs Pillow."""
        from mxbook.explain import png

        from .drawing import picture

        return png.draw(picture(self, theme))

    def data(self) -> dict[str, Any]:
        """Everything as texts and numbers, ready for JSON."""
        from .files import data

        return data(self)

    def save(self, path: str | PathLike) -> None:
        """Write the graph; the ending decides what: .png .svg .html .json .csv .txt.

        `.html` is one interactive page that needs no network.  Raises ParameterError for another
        ending.
        """
        from .files import save

        save(self, path)

    def show(self) -> None:
        """Display the graph: live in a notebook with `mxbook_widgets`, else as a picture, or as a
        table in a terminal."""
        from .files import show

        show(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_wanted):
        """What a notebook stores: a picture that shows without kernel, JavaScript or trust."""
        from .files import bundle

        return bundle(self)


def _searched(node: Node) -> str:
    shapes = " ".join(v.text for v in node.outputs)
    params = " ".join(f"{k}={v}" for k, v in node.params.items())
    words = [node.name, node.op, node.role, "/".join(node.path), shapes, params]
    return " ".join(words).lower()
