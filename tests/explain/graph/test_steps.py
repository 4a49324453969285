"""Steps forward and backward: values and gradients are those of autograd."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import MXNetError
from mxbook.explain.graph import steps
from mxbook.explain.graph.steps import tile


def test_values_and_gradients():
    x, w = nd.array([[1.0, 2.0]]), nd.array([[3.0], [4.0]])
    s = mx.sym.tanh(mx.sym.dot(mx.sym.var("x"), mx.sym.var("w"), name="d") / 10, name="t")
    g = steps(s, x=x, w=w)
    phases = [(step["phase"], g.nodes[step["node"]].op) for step in g.steps]
    assert phases == [
        *(("forward", op) for op in ("dot", "_div_scalar", "tanh")),
        *(("backward", op) for op in ("tanh", "_div_scalar", "dot")),
    ]
    for a in (x, w):
        a.attach_grad()
    with autograd.record():
        y = nd.tanh(nd.dot(x, w) / 10)
    y.backward()
    found = [np.array(t["numbers"]) for t in g.steps[-1]["inputs"]]
    np.testing.assert_allclose(found[0], x.grad.asnumpy(), rtol=1e-3)
    np.testing.assert_allclose(found[1], w.grad.asnumpy(), rtol=1e-3)
    assert "For `" in g.steps[-1]["rule"]


def test_gradients_that_meet_add_up():
    x = mx.sym.var("x")
    e = mx.sym.exp(x, name="e")
    g = steps(e * e + e, x=nd.array([0.0]))
    last = g.steps[-1]
    assert g.nodes[last["node"]].op == "exp"
    assert last["outputs"][0]["numbers"] == [[3.0]]


def test_integers_have_no_gradient():
    taken = mx.sym.take(mx.sym.var("w"), mx.sym.var("i"), name="take")
    g = steps(taken, w=nd.ones((3, 2)), i=nd.array([0, 2], dtype="int32"))
    assert g.steps[-1]["inputs"][1] is None


def test_loops_are_refused():
    body = mx.sym.contrib.foreach(lambda x, s: (x, s), mx.sym.var("x"), mx.sym.var("s"))
    with pytest.raises(MXNetError, match="stepped"):
        steps(body[0], x=nd.ones((2, 1)), s=nd.ones(1))


def test_tiles_are_small_and_tell_what_is_not_finite():
    found = tile(np.arange(400.0).reshape(20, 20))
    assert (len(found["numbers"]), len(found["numbers"][0])) == (8, 8)
    assert (found["low"], found["high"]) == (0.0, 399.0)
    assert tile(np.array([np.nan, 1.0]))["numbers"] == [["nan", 1.0]]
    assert tile(np.array(2.0))["numbers"] == [[2.0]]
