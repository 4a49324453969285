"""Graphs of executors and programs, before and after the passes."""

import mxbook as mx
from mxbook.explain.graph import graph, passes
from mxbook.explain.graph.gallery import executor
from mxbook.explain.memory import program_of


def test_an_executor_shows_the_gradients():
    g = executor()
    assert {n.backward for n in g.nodes} == {True, False}
    wanted = {"data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"}
    assert {t.removeprefix("gradient of ") for t in g.labels.values()} == wanted
    halves = {n.path[0] for n in g.nodes if n.role == "operator"}
    assert halves == {"forward", "backward"}


def test_an_executor_without_gradients():
    x = mx.sym.var("x")
    g = graph(mx.sym.exp(x).bind(mx.cpu(), {"x": mx.nd.ones(3)}))
    assert not any(n.backward for n in g.nodes)
    assert [n.role for n in g.nodes] == ["input", "operator"]


def test_passes_merge_and_fuse():
    x = mx.sym.var("x")
    found = passes(mx.sym.tanh(mx.sym.exp(x) + mx.sym.exp(x)) * 2, x=(300_000,))
    before, after = ([n.op for n in g.nodes if n.role == "operator"] for g in found[:2])
    assert len(before) == 5
    assert len(after) == 1
    assert "exp" in after[0]
    assert "5 operators before, 1 instructions after" in str(found)
    assert found.after.nodes[-1].flops > 0


def test_programs():
    x = mx.sym.var("x")
    program = program_of(mx.sym.FullyConnected(x, num_hidden=2, name="fc"), {"x": (3, 4)}, False)
    assert [n.op for n in graph(program).nodes if n.role == "operator"] == ["FullyConnected"]
