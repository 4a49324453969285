"""Graphs of blocks for the circumstances they were made in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook import autograd, nd
from mxbook.gluon import nn
from mxbook.gluon.cached_graph import Changes
from mxbook.gluon.hybrid_block import VARIANTS

SHAPES = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=6)


def graphs(net):
    return [graph for known in net._variants.values() for graph in known]


def hybrid(function):
    net = nn.HybridLambda(function)
    net.hybridize()
    return net


@given(SHAPES)
def test_one_graph_for_all_shapes_unless_the_code_asks(shapes):
    plain = hybrid(lambda F, x: F.relu(x))
    asking = hybrid(lambda F, x: x / x.shape[0])
    for shape in shapes:
        x = nd.ones(shape)
        assert (plain(x).asnumpy() == 1).all()
        np.testing.assert_allclose(asking(x).asnumpy(), 1 / shape[0], rtol=1e-6)
    assert len(graphs(plain)) == 1
    assert len(graphs(asking)) == len(set(shapes))


def test_the_type_is_a_circumstance_like_the_shape():
    net = hybrid(lambda F, x: F.cast(x, dtype=x.dtype) + F.ones_like(x))
    for dtype in ("float32", "float64", "float32"):
        assert net(nd.ones((2,), dtype=dtype)).dtype == np.dtype(dtype)
    assert len(graphs(net)) == 2


def test_recording_is_a_circumstance_of_code_that_asks_for_it():
    net = hybrid(lambda F, x: x * 2 if autograd.is_recording() else x)
    with autograd.record():
        assert net(nd.ones(1)).asscalar() == 2
        with autograd.pause():
            assert net(nd.ones(1)).asscalar() == 1
    assert len(graphs(net)) == 2


def test_ever_new_shapes_do_not_fill_the_memory():
    net = hybrid(lambda F, x: x * x.shape[0])
    for n in range(1, VARIANTS + 10):
        assert net(nd.ones(n)).asnumpy()[0] == n
    assert len(graphs(net)) <= VARIANTS


def test_ever_new_numbers_among_the_inputs_do_not_either():
    net = hybrid(lambda F, x, factor: x * factor)
    for n in range(VARIANTS + 10):
        assert net(nd.ones(1), n).asscalar() == n
    assert len(graphs(net)) <= VARIANTS


def test_inputs_of_another_structure():
    def add(F, x, rest):
        for item in rest or ():
            x = x + item
        return x

    net, x = hybrid(add), nd.ones(2)
    for rest, total in ((None, 1), ([x], 2), ([x, x], 3), (None, 1)):
        assert net(x, rest).asnumpy()[0] == total
    assert len(graphs(net)) == 3


def test_a_call_changes_nothing():
    net, x = hybrid(lambda F, x: F.relu(x)), nd.ones(2)
    net(x)
    before = Changes.count
    net(x)
    assert Changes.count == before
