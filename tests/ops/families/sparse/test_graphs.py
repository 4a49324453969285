"""Graphs: parts of them are what indexing gives, samples are neighbourhoods, drawn as promised."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import (
    DTypeError,
    MXNetError,
    ParameterError,
    ShapeError,
    SparseFallbackWarning,
)

contrib = mx.nd.contrib


def ids(values):
    return mx.nd.array(np.asarray(values), dtype="int64")


def graph(matrix):
    return mx.nd.sparse.csr_matrix(np.asarray(matrix), dtype="int64")


@st.composite
def graphs(draw):
    """A matrix with a different number above 0 for each edge."""
    n = draw(st.integers(1, 8))
    there = np.array(draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n)))
    return (np.cumsum(there) * there).reshape(n, n)


@given(graphs(), st.data())
def test_edges_have_numbers(matrix, data):
    numbers = st.integers(-2, len(matrix) + 1)
    u, v = (data.draw(st.lists(numbers, min_size=5, max_size=5)) for _ in range(2))
    found = contrib.edge_id(graph(matrix), ids(u), ids(v)).asnumpy()
    for a, b, number in zip(u, v, found, strict=True):
        inside = min(a, b) >= 0 and max(a, b) < len(matrix)
        assert number == (matrix[a, b] or -1 if inside else -1)


@given(graphs(), st.data())
def test_a_subgraph_is_an_indexed_matrix(matrix, data):
    chosen = sorted(data.draw(st.sets(st.integers(0, len(matrix) - 1))))
    new, old = contrib.dgl_subgraph(graph(matrix), ids(chosen), return_mapping=True)
    for found in (new, old):
        found.check_format()
    np.testing.assert_array_equal(old.asnumpy(), matrix[np.ix_(chosen, chosen)])
    assert new.data.asnumpy().tolist() == list(range(len(new.data)))
    np.testing.assert_array_equal(new.indices.asnumpy(), old.indices.asnumpy())


def sample(matrix, seeds, **params):
    vertices, edges, hops = contrib.dgl_csr_neighbor_uniform_sample(
        graph(matrix), ids(seeds), **params
    )
    edges.check_format()
    count = int(vertices.asnumpy()[-1])
    return vertices.asnumpy()[:count], edges, hops.asnumpy()[:count]


@given(graphs(), st.data())
def test_samples_are_neighbourhoods(matrix, data):
    n = len(matrix)
    seeds = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n))
    most = len(seeds) + data.draw(st.integers(0, n))
    hops, neighbors = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 4))
    params = {"num_hops": hops, "num_neighbor": neighbors, "max_num_vertices": most}
    vertices, edges, steps = sample(matrix, seeds, **params)
    assert set(seeds) == set(vertices[steps == 0])
    assert np.diff(vertices).min(initial=1) > 0
    dense = edges.asnumpy()
    for row, vertex, step in zip(dense, vertices, steps, strict=False):
        kept = row.nonzero()[0]
        np.testing.assert_array_equal(row[kept], matrix[vertex, kept])
        if step == hops:
            assert not len(kept)
        elif len(vertices) < most:
            assert len(kept) == min(neighbors, np.count_nonzero(matrix[vertex]))
            assert set(kept) <= set(vertices)
    assert not dense[len(vertices) :].any()
    for vertex, step in zip(vertices[steps > 0], steps[steps > 0], strict=True):
        assert min(steps[dense[: len(vertices), vertex].nonzero()[0]]) == step - 1


@given(graphs(), st.integers(1, 3))
def test_compact_graphs_are_subgraphs(matrix, neighbors):
    n = len(matrix)
    vertices, edges, _ = contrib.dgl_csr_neighbor_uniform_sample(
        graph(matrix), ids([0]), num_hops=n, num_neighbor=neighbors, max_num_vertices=n + 1
    )
    count = int(vertices.asnumpy()[-1])
    new, old = contrib.dgl_graph_compact(edges, vertices, graph_sizes=count, return_mapping=True)
    for found in (new, old):
        found.check_format()
    chosen = vertices.asnumpy()[:count]
    np.testing.assert_array_equal(old.asnumpy(), edges.asnumpy()[:count, chosen])
    assert new.data.asnumpy().tolist() == list(range(len(old.data)))


def test_the_vertex_that_fills_the_list_keeps_its_edges():
    """As MXNet: 5 is looked at first, and finds the last vertex that there is room for."""
    full = np.arange(64).reshape(8, 8) + 1
    vertices, edges, steps = sample(full, [5, 1, 2], num_neighbor=-1, max_num_vertices=4)
    assert vertices.tolist() == [0, 1, 2, 5]
    assert steps.tolist() == [1, 0, 0, 0]
    assert [np.count_nonzero(row) for row in edges.asnumpy()] == [0, 0, 0, 8]


def test_the_seed_decides():
    full = np.arange(400).reshape(20, 20)
    drawn = []
    for seed in (3, 3, 4):
        mx.random.seed(seed)
        drawn.append(sample(full, range(10), num_neighbor=4)[1].asnumpy())
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4, 1.0])


def pairs_drawn(function, *between, seeds):
    """How often 4000 vertices keep each pair of edges to the five vertices that follow."""
    columns = np.tile(np.arange(seeds, seeds + 5), seeds)
    starts = np.append(np.arange(0, 5 * seeds + 1, 5), [5 * seeds] * 5)
    wide = mx.nd.sparse.csr_matrix(
        (np.arange(5 * seeds), columns, starts), shape=(seeds + 5,) * 2, dtype="int64"
    )
    mx.random.seed(1)
    found = function(wide, *between, ids(range(seeds)), num_neighbor=2, max_num_vertices=2 * seeds)
    kept = found[1].indices.asnumpy().reshape(-1, 2) - seeds
    return Counter(map(tuple, kept.tolist()))


@pytest.mark.parametrize("weighted", [False, True])
def test_how_often(weighted):
    seeds = 4000
    p = WEIGHTS / WEIGHTS.sum() if weighted else np.full(5, 0.2)
    if weighted:
        weights = mx.nd.array(np.append(np.ones(seeds), WEIGHTS))
        found = pairs_drawn(contrib.dgl_csr_neighbor_non_uniform_sample, weights, seeds=seeds)
    else:
        found = pairs_drawn(contrib.dgl_csr_neighbor_uniform_sample, seeds=seeds)
    for i, j in combinations(range(5), 2):
        expected = p[i] * p[j] * (1 / (1 - p[i]) + 1 / (1 - p[j]))
        error = np.sqrt(seeds * expected * (1 - expected))
        assert abs(found[i, j] - seeds * expected) < 4 * error


def test_improbable_edges_come_last():
    star = np.zeros((6, 6), int)
    star[0, 1:] = 7
    found = contrib.dgl_csr_neighbor_non_uniform_sample(
        graph(star), mx.nd.array([1, 0, 0.5, 0, 0.5, 0]), ids([0]), num_neighbor=2
    )
    assert found[1].indices.asnumpy().tolist() == [2, 4]
    assert found[2].asnumpy()[:3].tolist() == [1, 0.5, 0.5]


SQUARE = [[0, 1, 2], [3, 0, 0], [0, 4, 0]]


def compact(g, vertices, sizes):
    return contrib.dgl_graph_compact(g, ids(vertices), graph_sizes=sizes, return_mapping=False)


def subgraph(g, vertices):
    return contrib.dgl_subgraph(g, ids(vertices), return_mapping=False)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ShapeError, lambda g: subgraph(g, [[0]])),
        (ShapeError, lambda g: contrib.edge_id(g, ids([0]), ids([0, 1]))),
        (ShapeError, lambda g: sample(SQUARE, [0, 1], max_num_vertices=1)),
        (ShapeError, lambda g: sample(SQUARE[:2], [0])),
        (
            ShapeError,
            lambda g: contrib.dgl_csr_neighbor_non_uniform_sample(g, mx.nd.ones(2), ids([0])),
        ),
        (ShapeError, lambda g: compact(g, [0, 1, 2], 2)),
        (ParameterError, lambda g: compact(g, [0, 1, 2, 3], ())),
        (DTypeError, lambda g: contrib.dgl_adjacency(g.astype("float32"))),
        (DTypeError, lambda g: contrib.dgl_csr_neighbor_uniform_sample(g, mx.nd.array([0]))),
    ],
)
def test_what_cannot_be_right(error, call):
    with pytest.raises(error):
        call(graph(SQUARE))


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("out of order", lambda g: subgraph(g, [1, 0])),
        ("0 to 2", lambda g: subgraph(g, [1, 3])),
        ("0 to 2", lambda g: contrib.dgl_csr_neighbor_uniform_sample(g, ids([-1]))[0]),
        ("of 2 vertices", lambda g: compact(g, [0, 1, 2, 2], 3)),
        ("not in the list", lambda g: compact(g, [0, 1, 0, 2], 2)),
    ],
)
def test_values_that_do_not_fit(words, call):
    with pytest.raises(MXNetError, match=words):
        call(graph(SQUARE)).wait_to_read()


def test_a_row_sparse_graph_is_made_dense_first():
    rows = ids(SQUARE).tostype("row_sparse")
    with pytest.warns(SparseFallbackWarning):
        found = contrib.dgl_adjacency(rows)
    assert found.stype == "csr"
    np.testing.assert_array_equal(found.asnumpy(), np.array(SQUARE) > 0)
