"""Graphs as csr matrices: questions about edges, parts of a graph, sampled neighbourhoods.

A graph of n vertices is an `(n, n)` matrix; what is stored at (u, v) is the number of the edge from
u to v.  An edge may have the number 0, so what counts is what is stored.  A dense matrix is taken
as the graph of its elements that are not zero.

MXNet made these operators for DGL, which trains networks on graphs too large to be looked at whole.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import DTypeError, IndexingError, ParameterError, ShapeError
from mxbook.base.sparse import SparseParts
from mxbook.ops import rules, sparse
from mxbook.ops.examples import In
from mxbook.ops.operator import Operator
from mxbook.ops.params import Bool, Count, Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.sparse import PLACE, Stypes, rows_of

ID = TYPES["int64"]
REAL = TYPES["float32"]
RANDOM = "random numbers"
Dims = tuple[int, ...]


def _takes_graphs(op: Operator, count: Callable[[Any], int], gives: Callable) -> None:
    """Let the kernel have its first `count(p)` inputs as csr, be they csr or dense."""

    def match(p: Any, found: Stypes) -> Stypes | None:
        n = count(p)
        fits = "row_sparse" not in found[:n] and set(found[n:]) <= {"default"}
        return gives(p) if fits else None

    def kernel(k, p, *arrays):
        n = count(p)
        return op.kernel(k, p, *(sparse.cast(k.xp, a, "csr") for a in arrays[:n]), *arrays[n:])

    op.sparse(match=match)(kernel)


def _one(_p: Any) -> int:
    return 1


def _numbered(layout: Callable[[Any], Sequence[Any]]) -> Callable:
    """Names of the results: `output0`, `output1`, ..."""
    return lambda p: tuple(f"output{i}" for i in range(len(layout(p))))


def _fixed_types(inputs: Callable, outputs: Callable) -> Callable:
    """A type rule for inputs that each have one possible type."""

    def rule(p: Any, *found: Any) -> tuple[list, list]:
        wanted = inputs(p, len(found))
        for is_, must in zip(found, wanted, strict=True):
            if is_ is not None and is_ != must:
                raise DTypeError(
                    f"{is_} in place of {must}",
                    rule="numbers of edges and vertices are int64, probabilities float32",
                    hint=f'convert with astype("{must}")',
                )
        return wanted, outputs(p)

    return rule


def _vector(shape: Any) -> None:
    if shape is not None and len(shape) != 1:
        raise ShapeError(f"vertices of shape {shapes.text(shape)}", rule="one axis")


def _matrix(graph: Dims) -> None:
    if len(graph) != 2:
        raise ShapeError(f"a graph of shape {shapes.text(graph)}", rule="(vertices, vertices)")


def _square(graph: Dims) -> int:
    """The number of vertices."""
    _matrix(graph)
    if graph[0] != graph[1]:
        raise ShapeError(f"a graph of shape {shapes.text(graph)}", rule="(vertices, vertices)")
    return graph[0]


def edges_from(xp: Any, graph: SparseParts, vertices: Any) -> tuple[Any, Any]:
    """The places of all edges that begin at these vertices, and the position of each one's vertex.

    The edges of the first vertex come first.
    """
    begin = graph.indptr[vertices]
    counts = graph.indptr[vertices + 1] - begin
    ends = xp.cumsum(counts)
    total = xp.arange(int(ends[-1]) if len(vertices) else 0)
    owner = xp.searchsorted(ends, total, side="right")
    return begin[owner] + total - (ends - counts)[owner], owner


# ---- edges


@operator("_contrib_edge_id")
def edge_id(k, _p, data, u, v):
    """The numbers of edges: `output[i] = data[u[i], v[i]]`, and -1 where there is no such edge.

    ====== ==================== =============================
    data   (vertices, vertices) graph
    u, v   (queries,)           where edges begin and end
    output (queries,)           element type of `data`
    ====== ==================== =============================

    Source: MXNet 1.6, `mx.nd.contrib.edge_id`.
    """
    xp = k.xp
    u, v = u.astype(PLACE), v.astype(PLACE)
    inside = (u >= 0) & (u < data.shape[0])
    place, there = bisected(xp, data, xp.where(inside, u, 0), v)
    found = xp.full(u.shape, -1, PLACE).astype(data.dtype)
    there &= inside
    found[there] = data.data[place[there]]
    return found


def bisected(xp: Any, graph: SparseParts, u: Any, v: Any) -> tuple[Any, Any]:
    """For edges from u to v where they are stored, and whether they are there at all.

    All rows are halved together until each is narrowed down to one place.
    """
    last = max(len(graph.indices) - 1, 0)
    targets = graph.indices if len(graph.indices) else xp.full(1, -1, PLACE)
    low, end = graph.indptr[u], graph.indptr[u + 1]
    high = end
    for _ in range(int((end - low).max()).bit_length() if len(u) else 0):
        middle = (low + high) // 2
        is_open, before = low < high, targets[xp.minimum(middle, last)] < v
        low = xp.where(is_open & before, middle + 1, low)
        high = xp.where(is_open & ~before, middle, high)
    return low, (low < end) & (targets[xp.minimum(low, last)] == v)


@edge_id.shapes
def _(_p, data, u, v):
    for queries in (u, v):
        _vector(queries)
    if data is not None:
        shapes.check_axes(data, 2, "a graph")
        shapes.check_filled(data, "a graph")
    common = shapes.unify(u, v)
    return [data, common, common], [common]


@edge_id.types
def _(p, data, u, v):
    (common, _), _ = rules.same_type(p, u, v)
    return [data, common, common], [data]


_takes_graphs(edge_id, _one, lambda p: ("default",))

edge_id.example([[1, 0, 0], [0, 2, 0], [0, 0, 3]], [0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 0, 2]).gives(
    lambda data, u, v: np.array([1, -1, 2, -1, -1, 3])
)


@operator(
    "_contrib_dgl_adjacency",
    type=_fixed_types(lambda p, count: [ID], lambda p: [REAL]),
)
def dgl_adjacency(k, _p, data):
    """The adjacency matrix of a graph: 1 for each edge, as a csr matrix of float32.

    Source: MXNet 1.6, `mx.nd.contrib.dgl_adjacency`.
    """
    return data.with_data(k.xp.ones(len(data.data), REAL))


@dgl_adjacency.shapes
@rules.forward
def _(p, data):
    _matrix(data)
    return data


_takes_graphs(dgl_adjacency, _one, lambda p: ("csr",))

dgl_adjacency.example(np.array([[0, 4, 0], [0, 0, 9], [2, 0, 0]])).gives(
    lambda data: np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
)


# ---- parts of a graph


def _parts_layout(p: Any) -> list[int]:
    """Of which vertices or graph each result is: all new ones, then all with the old numbers."""
    count = p.num_args - 1
    return list(range(count)) * (1 + p.return_mapping)


@operator(
    "_contrib_dgl_subgraph",
    Count("num_args", low=2, doc="Number of inputs: the graph and the lists of vertices."),
    Bool("return_mapping", doc="Also return the graphs with the old numbers of edges."),
    variadic="num_args",
    outputs=_numbered(lambda p: [0] if p is None else _parts_layout(p)),
    type=_fixed_types(lambda p, count: [ID] * count, lambda p: [ID] * len(_parts_layout(p))),
    cost=lambda p, ins, outs: sum(n for n, _ in outs),
)
def dgl_subgraph(k, p, *data):
    """The edges between some vertices, as graphs of these vertices only.

    ============ ======================== ====================================================
    data0        (vertices, vertices)     the graph
    data1, ...   (m,)                     vertices in rising order; of equal ones the last gets
                                          the edges that end there
    output0, ... (m, m)                   csr, one for each list: edges numbered from 0
    further ones (m, m)                   with `return_mapping`: edges with their old numbers
    ============ ======================== ====================================================

    Errors: IndexingError for vertices that do not rise or do not exist.
    Source: MXNet 1.6, `mx.nd.contrib.dgl_subgraph`.
    """
    graph, *lists = data
    old = [_between(k.xp, graph, vertices) for vertices in lists]
    return [_renumbered(k.xp, g) for g in old] + (old if p.return_mapping else [])


def _between(xp, graph, vertices):
    """The edges between some vertices, with their old numbers."""
    count = len(vertices)
    if count and bool((vertices[1:] < vertices[:-1]).any()):
        raise IndexingError("the vertices of a subgraph are out of order", rule="they rise")
    _check_vertices(vertices, graph.shape[0])
    place, owner = edges_from(xp, graph, vertices)
    targets = graph.indices[place]
    position = xp.searchsorted(vertices, targets, side="right") - 1
    there = vertices[position] == targets if count else xp.zeros(0, bool)
    rows, columns, numbers = owner[there], position[there], graph.data[place[there]]
    return sparse.from_rows(xp, (count, count), rows, columns, numbers)


def _check_vertices(vertices, count):
    if len(vertices) and not (int(vertices.min()) >= 0 and int(vertices.max()) < count):
        raise IndexingError(
            f"vertices from {int(vertices.min())} to {int(vertices.max())}",
            rule=f"a graph of {count} vertices has the numbers 0 to {count - 1}",
        )


def _renumbered(xp, graph):
    return graph.with_data(xp.arange(len(graph.data), dtype=ID))


@dgl_subgraph.shapes
@rules.forward
def _(p, graph, *lists):
    _matrix(graph)
    for vertices in lists:
        _vector(vertices)
    return [lists[i] * 2 for i in _parts_layout(p)]


_takes_graphs(dgl_subgraph, _one, lambda p: ("csr",) * len(_parts_layout(p)))

dgl_subgraph.example(
    np.array([[1, 0, 0, 2], [3, 0, 4, 0], [0, 5, 0, 0], [0, 6, 7, 0]]),
    np.array([0, 1, 2]),
    np.array([1, 3]),
    return_mapping=True,
).gives(
    lambda x, v, w: [
        [[0, 0, 0], [1, 0, 2], [0, 3, 0]],
        [[0, 0], [0, 0]],
        [[1, 0, 0], [3, 0, 4], [0, 5, 0]],
        [[0, 0], [6, 0]],
    ]
)


def _compact_layout(p: Any) -> list[int]:
    return list(range(p.num_args // 2)) * (1 + p.return_mapping)


@operator(
    "_contrib_dgl_graph_compact",
    Count("num_args", low=2, doc="Number of inputs: graphs, and as many lists of vertices."),
    Bool("return_mapping", doc="Also return the graphs with the old numbers of edges."),
    Shape("graph_sizes", doc="How many vertices each graph really has."),
    variadic="num_args",
    outputs=_numbered(lambda p: [0] if p is None else _compact_layout(p)),
    type=_fixed_types(lambda p, count: [ID] * count, lambda p: [ID] * len(_compact_layout(p))),
    cost=lambda p, ins, outs: sum(s[0] for s in ins),
)
def dgl_graph_compact(k, p, *graph_data):
    """Sampled graphs without their empty rows, and with columns for the sampled vertices only.

    ================= ================== ==========================================================
    graph_data0, ...  (most, vertices)   graphs as `dgl_csr_neighbor_uniform_sample` gives them
    further ones      (most + 1,)        their vertices, and at the end how many there are
    output0, ...      (size, size)       csr: edges numbered from 0
    further ones      (size, size)       with `return_mapping`: edges with their old numbers
    ================= ================== ==========================================================

    Errors: ParameterError where `graph_sizes` are not the numbers at the ends; IndexingError for an
    edge to a vertex that was not sampled (`max_num_vertices` was too small).
    Source: MXNet 1.6, `mx.nd.contrib.dgl_graph_compact`, which leaves the graphs with the old
    numbers empty.
    """
    half = len(graph_data) // 2
    old = [
        _compact(k.xp, graph, vertices, size)
        for graph, vertices, size in zip(
            graph_data[:half], graph_data[half:], p.graph_sizes, strict=False
        )
    ]
    return [_renumbered(k.xp, g) for g in old] + (old if p.return_mapping else [])


def _compact(xp, graph, vertices, size):
    """One graph with its edges' old numbers."""
    if int(vertices[-1]) != size:
        raise ParameterError(
            f"graph_sizes says {size} for a graph of {int(vertices[-1])} vertices",
            rule="the number at the end of its list of vertices",
        )
    stored = int(graph.indptr[size])
    targets, numbers = graph.indices[:stored], graph.data[:stored]
    order = xp.argsort(vertices[:size], kind="stable")
    rising = vertices[order]
    position = xp.searchsorted(rising, targets)
    missing = position == size
    position[missing] = 0
    if stored and bool((missing | (rising[position] != targets)).any()):
        raise IndexingError(
            "an edge ends at a vertex that is not in the list",
            rule="the list holds the ends of all edges",
            hint="sample with a larger max_num_vertices",
        )
    rows, columns = rows_of(xp, graph)[:stored], order[position]
    order = xp.argsort(rows * size + columns, kind="stable")
    return sparse.from_rows(xp, (size, size), rows, columns[order], numbers[order])


@dgl_graph_compact.shapes
@rules.forward
def _(p, *shapes_in):
    half = p.num_args // 2
    if p.num_args % 2 or len(p.graph_sizes) < half:
        raise ParameterError(
            f"{p.num_args} inputs and {len(p.graph_sizes)} sizes",
            rule="for each graph a list of vertices and a size",
        )
    for graph, vertices, size in zip(
        shapes_in[:half], shapes_in[half:], p.graph_sizes, strict=False
    ):
        _vector(vertices)
        if len(graph) != 2 or vertices != (graph[0] + 1,) or not 0 <= size <= graph[0]:
            raise ShapeError(
                f"a graph {shapes.text(graph)} of size {size}, vertices {shapes.text(vertices)}",
                rule="vertices has one element more than the graph rows, and size is not above it",
            )
    return [(p.graph_sizes[i],) * 2 for i in _compact_layout(p)]


_takes_graphs(
    dgl_graph_compact, lambda p: p.num_args // 2, lambda p: ("csr",) * len(_compact_layout(p))
)

dgl_graph_compact.example(
    np.array([[0, 0, 0, 7, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]),
    np.array([0, 3, 0, 2]),
    graph_sizes=(2,),
    return_mapping=True,
).gives(lambda x, v: [[[0, 0], [0, 0]], [[0, 7], [0, 0]]])


# ---- sampled neighbourhoods

SAMPLING = (
    Int("num_hops", 1, doc="How many edges away from the seeds vertices may be."),
    Int("num_neighbor", 2, doc="Edges sampled for a vertex; all of them when negative."),
    Int("max_num_vertices", 100, low=1, doc="Sampling ends when there are so many vertices."),
)

# What a result is: its shape for n vertices, element type and storage type.
KINDS: dict[str, tuple[Callable[[Any, int], Dims], Any, str]] = {
    "vertices": (lambda p, n: (p.max_num_vertices + 1,), ID, "default"),
    "edges": (lambda p, n: (p.max_num_vertices, n), ID, "csr"),
    "probability": (lambda p, n: (p.max_num_vertices,), REAL, "default"),
    "hops": (lambda p, n: (p.max_num_vertices,), ID, "default"),
}


def _sampler(name: str, first: int, kinds: tuple[str, ...], types: Callable) -> Callable:
    """Decorator: an operator with `first` inputs before the seeds, and results of these kinds."""

    def layout(p: Any) -> list[str]:
        count = 1 if p is None else p.num_args - first
        return [kind for kind in kinds for _ in range(count)]

    def make(kernel: Callable) -> Operator:
        op = operator(
            name,
            Count("num_args", low=first + 1, doc="Number of inputs."),
            *SAMPLING,
            variadic="num_args",
            outputs=_numbered(layout),
            type=_fixed_types(types, lambda p: [KINDS[kind][1] for kind in layout(p)]),
            uses_random=True,
            cost=lambda p, ins, outs: p.num_args * p.max_num_vertices * abs(p.num_neighbor),
        )(kernel)

        @op.shapes
        @rules.forward
        def _(p, graph, *others):
            n = _square(graph)
            for vertices in others:
                _vector(vertices)
            for (seeds,) in others[first - 1 :]:
                if seeds > p.max_num_vertices:
                    raise ShapeError(f"{seeds} seeds", rule="at most max_num_vertices")
            if first == 2 and others[0][0] < n:
                raise ShapeError(f"{others[0][0]} probabilities", rule=f"one for each of {n}")
            return [KINDS[kind][0](p, n) for kind in layout(p)]

        _takes_graphs(op, _one, lambda p: tuple(KINDS[kind][2] for kind in layout(p)))
        return op

    return make


@_sampler(
    "_contrib_dgl_csr_neighbor_uniform_sample",
    1,
    ("vertices", "edges", "hops"),
    lambda p, count: [ID] * count,
)
def dgl_csr_neighbor_uniform_sample(k, p, *seed_arrays):
    """Neighbourhoods of some vertices, of which only a few edges of each vertex are taken.

    From the seeds `num_hops` steps are made.  In a step each vertex that is new keeps
    `num_neighbor` of its edges, chosen with equal probability, and where these end is new in the
    next step.

    ==================== ====================== ================================================
    seed_arrays0         (vertices, vertices)   the graph
    seed_arrays1, ...    (seeds,)               vertices to begin with
    first results        (most + 1,)            the vertices in rising order, 0s, and how many
    then                 (most, vertices)       csr: row i has the edges of the i-th one
    then                 (most,)                how many steps away each is, and 0s
    ==================== ====================== ================================================

    There is one result of each kind for each array of seeds; `most` is `max_num_vertices`.  When
    there are so many vertices, the one that found the last keeps all its edges, the others none.

    Errors: IndexingError for seeds that do not exist, ShapeError for too many.
    Source: MXNet 1.6, `mx.nd.contrib.dgl_csr_neighbor_uniform_sample`, which draws numbers that the
    time decides; here they follow from `mx.random.seed`.
    """
    graph, *seeds = seed_arrays
    samples = [sampled(k, p, graph, s) for s in seeds]
    return [part for kind in zip(*samples, strict=True) for part in kind]


@_sampler(
    "_contrib_dgl_csr_neighbor_non_uniform_sample",
    2,
    ("vertices", "edges", "probability", "hops"),
    lambda p, count: [ID, REAL] + [ID] * (count - 2),
)
def dgl_csr_neighbor_non_uniform_sample(k, p, *seed_arrays):
    """Neighbourhoods as `dgl_csr_neighbor_uniform_sample` gives them, but some vertices come more
    often.

    The edges of a vertex are drawn one after the other; the next is one of those left, with a
    probability proportional to that of the vertex where it ends.  Those with 0 come last.

    ==================== ====================== ================================================
    seed_arrays0         (vertices, vertices)   the graph
    seed_arrays1         (vertices,)            a float32 number for each vertex
    seed_arrays2, ...    (seeds,)               vertices to begin with
    first results        (most + 1,)            the vertices in rising order, 0s, and how many
    then                 (most, vertices)       csr: row i has the edges of the i-th one
    then                 (most,)                the numbers of these vertices, and 0s
    then                 (most,)                how many steps away each is, and 0s
    ==================== ====================== ================================================

    Source: MXNet 1.6, `mx.nd.contrib.dgl_csr_neighbor_non_uniform_sample`; Efraimidis and Spirakis,
    Weighted random sampling with a reservoir, 2006.
    """
    graph, probability, *seeds = seed_arrays
    samples = []
    for vertices, edges, hops in (sampled(k, p, graph, s, probability) for s in seeds):
        count = int(vertices[-1])
        theirs = k.xp.zeros(len(hops), REAL)
        theirs[:count] = probability[vertices[:count]]
        samples.append((vertices, edges, theirs, hops))
    return [part for kind in zip(*samples, strict=True) for part in kind]


def sampled(k: Any, p: Any, graph: SparseParts, seeds: Any, weights: Any = None) -> tuple:
    """Vertices, edges and steps for one array of seeds."""
    xp, most = k.xp, p.max_num_vertices
    _check_vertices(seeds, graph.shape[0])
    fresh = in_order(xp, seeds)
    known, steps, kept = fresh, xp.zeros(len(fresh), ID), [xp.zeros(0, PLACE)]
    for hop in range(1, p.num_hops + 1):
        room = most - len(known)
        if not room or not len(fresh):
            break
        place, owner = drawn(k, graph, fresh, p.num_neighbor, weights)
        targets = graph.indices[place]
        outside = xp.flatnonzero(xp.isin(targets, known, invert=True))
        fresh = in_order(xp, targets[outside])
        if len(fresh) >= room:
            fresh = fresh[:room]
            last = outside[xp.argmax(targets[outside] == fresh[-1])]
            place = place[owner <= owner[last]]
        kept.append(place)
        known = xp.concatenate([known, fresh])
        steps = xp.concatenate([steps, xp.full(len(fresh), hop, ID)])
    return _sample_arrays(xp, most, graph, known, steps, xp.sort(xp.concatenate(kept)))


def _sample_arrays(xp, most, graph, known, steps, edges):
    order = xp.argsort(known)
    count = len(known)
    vertices, hops = xp.zeros(most + 1, ID), xp.zeros(most, ID)
    vertices[:count], vertices[-1], hops[:count] = known[order], count, steps[order]
    begins = xp.searchsorted(graph.indptr, edges, side="right") - 1
    rows = xp.searchsorted(vertices[:count], begins)
    shape = (most, graph.shape[1])
    parts = sparse.from_rows(xp, shape, rows, graph.indices[edges], graph.data[edges])
    return vertices, parts, hops


def in_order(xp: Any, values: Any) -> Any:
    """Different values, by where they come first."""
    _, first = xp.unique(values, return_index=True)
    return values[xp.sort(first)]


def drawn(k: Any, graph: SparseParts, vertices: Any, count: int, weights: Any) -> tuple[Any, Any]:
    """`edges_from`, but at most `count` edges for each vertex.

    Each edge waits for a random time, the shorter the larger its weight; the first ones are taken.
    """
    xp = k.xp
    place, owner = edges_from(xp, graph, vertices)
    if count < 0 or not len(place):
        return place, owner
    time = k.to_device(k.random.exponential(shape=place.shape, dtype="float64"))
    if weights is not None:
        time /= weights[graph.indices[place]]
    order = xp.argsort(time, kind="stable")
    order = order[xp.argsort(owner[order], kind="stable")]
    rank = xp.arange(len(place)) - xp.searchsorted(owner, owner, side="left")
    taken = xp.sort(order[rank < count])
    return place[taken], owner[taken]


GRAPH = np.array([[0, 1, 2, 3], [4, 0, 5, 6], [7, 8, 0, 9], [10, 11, 12, 0]])

dgl_csr_neighbor_uniform_sample.example(
    GRAPH, np.array([0]), np.array([3, 1]), num_neighbor=3, max_num_vertices=5
).gives(
    lambda graph, a, b: [
        [0, 1, 2, 3, 0, 4],
        [0, 1, 2, 3, 0, 4],
        [[0, 1, 2, 3]] + [[0] * 4] * 4,
        [[0] * 4, [4, 0, 5, 6], [0] * 4, [10, 11, 12, 0], [0] * 4],
        [0, 1, 1, 1, 0],
        [1, 0, 1, 0, 0],
    ]
).not_smooth(RANDOM)
dgl_csr_neighbor_uniform_sample.example(GRAPH, np.array([0]), num_hops=2, num_neighbor=1)
dgl_csr_neighbor_non_uniform_sample.example(
    GRAPH, In((4,), 0.1, 1), np.array([3, 1]), num_hops=2, num_neighbor=2, max_num_vertices=6
).not_smooth(RANDOM)
