"""Numbers over graphs."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, engine, nd
from mxbook.base.errors import ParameterError
from mxbook.explain.graph import gallery, graph
from mxbook.explain.graph.overlays import by_cost, by_gradient, by_memory, by_time, not_finite
from mxbook.explain.graph.scene import scene


@pytest.fixture
def net():
    net = mx.gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(8, activation="tanh"), mx.gluon.nn.Dense(3))
    net.initialize()
    return net


@pytest.mark.parametrize("what", ["flops", "bytes", "parameters"])
def test_costs(what):
    g = by_cost(gallery.lenet(), what)
    heat = [item.heat for item in scene(g).items if item.reading]
    assert max(heat) == 1.0
    assert all(0 < h <= 1 for h in heat)
    assert sum(by_cost(gallery.lenet(), "parameters").overlay.values.values()) == 431_080


def test_unknown_costs():
    with pytest.raises(ParameterError, match="no overlay 'flop'"):
        by_cost(gallery.lenet(), "flop")


def test_memory_tells_buffers(net):
    g = by_memory(net, (4, 5))
    assert any("buffer" in t for t in g.overlay.texts.values())
    assert g.overlay.kind == "group"


def test_time_comes_from_a_timeline(net):
    net(nd.ones((4, 5)))
    with engine.trace():
        net(nd.ones((4, 5))).wait_to_read()
    g = by_time(graph(net, (4, 5)), mx.explain.timeline())
    ops = {g.nodes[n].op for n in g.overlay.values}
    assert "FullyConnected" in ops
    assert all(v > 0 for v in g.overlay.values.values())


def test_gradient_norms(net):
    x = nd.ones((4, 5))
    with autograd.record():
        loss = net(x).sum()
    loss.backward()
    g = by_gradient(graph(net, (4, 5)), net)
    last = next(n for n in g.nodes if n.op == "FullyConnected" and n.outputs[0].shape == (4, 3))
    own = [p.grad().asnumpy() for n, p in net.collect_params().items() if "dense1" in n]
    expected = np.sqrt(sum((grad**2).sum() for grad in own))
    assert g.overlay.values[last.number] == pytest.approx(expected, rel=1e-5)


def test_the_first_result_that_is_not_finite():
    g = gallery.overlay_not_finite()
    wrong = [n for n in g.nodes if n.error]
    assert [n.op for n in wrong] == ["exp"]
    assert "first result that is not finite" in g.problem
    fine = not_finite(mx.sym.exp(mx.sym.var("x")), x=nd.ones(2))
    assert fine.problem == ""
