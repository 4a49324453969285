"""Numbers over graphs."""

import json

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, engine, nd
from mxbook.base.errors import ParameterError
from mxbook.explain.graph import gallery, graph
from mxbook.explain.graph.overlays import (
    by_cost,
    by_gradient,
    by_memory,
    by_time,
    not_finite,
    overlaid,
)
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


def test_everything_at_once(net):
    x = nd.ones((4, 5))
    with autograd.record():
        loss = net(x).sum()
    loss.backward()
    with engine.trace():
        net(x).wait_to_read()
    g = overlaid(net, x, timeline=mx.explain.timeline())
    assert g.overlay is None
    assert [o.title for o in g.overlays] == [
        "buffers of memory",
        "values that are not finite",
        "norm of gradients",
        "time of an execution",
    ]
    sent = json.loads(json.dumps(g.with_overlay(g.overlays[2]).data()))
    assert sent["shown"] == "norm of gradients"
    assert all(item["reading"] == "" for item in sent["items"])  # the browser writes them
    assert len(sent["overlays"]) == 4
    assert len(overlaid(net, (4, 5)).overlays) == 2


def test_looking_at_a_net_that_has_not_run_leaves_it_alone(net):
    assert [o.title for o in overlaid(net, nd.ones((4, 5))).overlays] == ["buffers of memory"]
    assert net[0].weight.shape == (8, 0)


def test_loops_have_no_plan_of_memory():
    x = mx.sym.var("x")
    loop, _ = mx.sym.contrib.foreach(lambda row, s: (row, s), x, mx.sym.var("s"))
    assert overlaid(loop, x=(2, 3), s=(1,)).overlays == []


def test_in_place_is_told():
    x = mx.sym.var("x")
    net = mx.sym.exp(mx.sym.tanh(mx.sym.FullyConnected(x, num_hidden=8, name="fc"), name="t"))
    g = by_memory(mx.sym.FullyConnected(net, num_hidden=2, name="last"), x=(4, 8))
    texts = {g.nodes[n].op: t for n, t in g.overlay.texts.items()}
    assert texts["FullyConnected"] == "buffer A, 128 B"
    assert texts["exp"] == "buffer A, 128 B, in place"


def test_gradients_of_an_executor():
    x = mx.sym.var("data")
    bound = mx.sym.FullyConnected(x, num_hidden=3, name="fc").simple_bind(mx.cpu(), data=(2, 4))
    bound.forward(is_train=True, data=nd.ones((2, 4)))
    bound.backward(nd.ones((2, 3)))
    g = by_gradient(graph(bound._symbol, data=(2, 4)), bound)
    own = [bound.grad_dict[k].asnumpy() for k in ("fc_weight", "fc_bias")]
    expected = np.sqrt(sum((v**2).sum() for v in own))
    assert list(g.overlay.values.values()) == [pytest.approx(expected)]


def test_groups_tell_of_their_hottest_node():
    g = by_cost(gallery.unrolled(4), "flops").collapsed(0)
    boxes = [b for b in scene(g).boxes if b.reading]
    assert boxes
    assert all(b.reading.startswith("up to ") and 0 < b.heat <= 1 for b in boxes)
    assert "up to" in g.svg()
