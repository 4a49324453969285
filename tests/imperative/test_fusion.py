"""Fused instructions: blocks of any size give what the operators give one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd
from mxbook.graph import fuse
from mxbook.imperative import fusion
from mxbook.symbol.evaluate import cached

OPERATIONS = {
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y,
    "half": lambda x, y: x * 0.5 - 0.25,
    "tanh": lambda x, y: mx.sym.tanh(x),
    "sigmoid": lambda x, y: mx.sym.sigmoid(x),
    "relu": lambda x, y: mx.sym.Activation(x, act_type="relu"),
    "square": lambda x, y: mx.sym.square(x),
    "sum": lambda x, y: mx.sym.broadcast_add(x, mx.sym.sum(y, axis=1, keepdims=True)),
}


@st.composite
def chains(draw):
    values = [mx.sym.var(n) for n in "abc"]
    for _ in range(draw(st.integers(2, 12))):
        x, y = (draw(st.sampled_from(values)) for _ in "xy")
        values.append(OPERATIONS[draw(st.sampled_from(sorted(OPERATIONS)))](x, y))
    heads = draw(st.lists(st.sampled_from(values[3:]), min_size=1, max_size=3))
    return mx.sym.Group([values[-1], *heads])


def results(symbol, smallest, monkeypatch):
    monkeypatch.setattr(fuse, "SMALLEST", smallest)
    graph = cached(symbol._entries)
    source = np.random.default_rng(3)
    arrays = [mx.nd.array(source.normal(size=(5, 6))) for _ in graph.variables]
    for a in arrays:
        a.attach_grad()
    with autograd.record():
        outs = graph(arrays)
    autograd.backward(outs)
    (program,) = graph.programs.values()
    names = [i.op.name for i in program.steps.instructions]
    return [a.asnumpy() for a in (*outs, *(x.grad for x in arrays))], names


@settings(max_examples=60)
@given(chains(), st.integers(1, 40))
def test_as_one_after_the_other(symbol, block):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(fusion, "BLOCK", block)
        plain, names = results(symbol, 10**9, monkeypatch)
        assert "_fused" not in names
        found, _ = results(symbol, 1, monkeypatch)
        for a, b in zip(plain, found, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)


def test_a_chain_becomes_one(monkeypatch):
    a, b = mx.sym.var("a"), mx.sym.var("b")
    _, names = results(mx.sym.tanh(a * b + a) * 2, 1, monkeypatch)
    assert names[0] == "_fused"
    assert len(names) < 5


def test_large_arrays_share_the_workers():
    a = mx.nd.random.uniform(shape=(1200, 1000))
    net = mx.gluon.nn.HybridLambda(lambda F, x: F.sin(x) * x + F.cos(x))
    plain = net(a).asnumpy()
    net.hybridize()
    np.testing.assert_array_equal(net(a).asnumpy(), plain)
    (graph,) = net._graphs.values()
    (program,) = graph.cached.programs.values()
    assert [i.op.name for i in program.steps.instructions] == ["_fused"]
    assert program.memory.planned == 0
