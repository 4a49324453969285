"""Graphs far deeper and wider than Python's stack: every way through them is a loop.

How long it takes is a benchmark's matter; that it ends shows that nothing is quadratic.
"""

import copy
import pickle

import numpy as np
import pytest

import mxbook as mx
from mxbook.graph.infer import infer_shapes
from mxbook.graph.node import topological

NODES = 10_000
X = mx.sym.var("x")


def deep():
    """Each operation needs the one before."""
    made = X
    for _ in range(NODES // 2):
        made = mx.sym.tanh(made) + 0.01
    return made


def wide():
    """All operations meet in one sum."""
    return mx.sym.add_n(*[mx.sym.tanh(X + i / NODES) for i in range(NODES // 2)])


def with_parameters():
    """A chain of layers, each with variables of its own."""
    made = X
    for i in range(NODES // 4):
        made = mx.sym.broadcast_add(mx.sym.tanh(made), mx.sym.var(f"p{i}", shape=(3,)))
    return made


@pytest.mark.parametrize("make", [deep, wide, with_parameters])
def test_everything_that_goes_through_a_graph(make):
    graph = make()
    text = graph.tojson()
    for other in (
        mx.sym.load_json(text),
        pickle.loads(pickle.dumps(graph)),
        copy.deepcopy(graph),
        graph(x=mx.sym.var("x")),
    ):
        assert other.tojson() == text
    assert graph.infer_shape(x=(2, 3))[1] == [(2, 3)]
    assert graph.infer_type(x="float64")[1] == [np.float64]
    assert graph.debug_str().count("Op:") == len(graph._nodes()) - len(graph.list_inputs())
    assert len(graph.get_internals().list_outputs()) == len(graph._nodes())
    assert repr(graph)
    executor = graph.simple_bind(mx.cpu(), x=(2, 3))
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones((2, 3))])
    assert np.isfinite(executor.grad_dict["x"].asnumpy()).all()
    assert "gradient" in executor.debug_str()


def test_the_tape():
    x = mx.nd.array([1.0])
    x.attach_grad()
    with mx.autograd.record():
        y = x
        for _ in range(NODES):
            y = y * 1
    graph = mx.autograd.get_symbol(y)
    assert len(graph._nodes()) == NODES + 1
    y.backward()
    assert x.grad.asscalar() == 1
    del y, graph  # the nodes go one after the other


def test_what_is_known_at_the_end_reaches_the_beginning():
    last = X
    for _ in range(NODES):
        last = mx.sym.elemwise_add(last, last)
    nodes = topological([last._entries[0][0]])
    end = mx.sym.elemwise_add(last, mx.sym.var("y"))
    y = end._variables()[-1]
    assert y.name == "y"
    shape_of = infer_shapes(end._entries, {y: (2, 3)})
    assert shape_of((nodes[0], 0)) == (2, 3)
