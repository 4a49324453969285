"""What nobody needs is left out, and nothing else."""

from hypothesis import given

import mxbook as mx
from mxbook.graph.prune import pruned
from mxbook.graph.verify import verify, verify_same

from .codes import code_of, graphs, names


@given(graphs())
def test_all_that_is_left_is_needed(symbol):
    code = code_of(symbol)
    short = pruned(code)
    verify(short)
    verify_same(code, short)
    used = {v for i in short.instructions for v in i.inputs} | short.wanted
    assert all(used & set(i.outputs) for i in short.instructions)
    assert pruned(short).instructions == short.instructions


def test_the_gradient_leaves_out_what_it_does_not_need():
    a = mx.sym.var("a")
    code = code_of(mx.sym.exp(a) + mx.sym.tanh(a) * 2)
    assert names(pruned(code)).count("exp") == 1
    code.results, code.gradients = (), (code.arriving[0],)
    assert names(pruned(code)) == []


def test_what_changes_an_array_in_place_stays():
    x = mx.sym.var("x")
    normal = mx.sym.BatchNorm(x, axis=0, name="bn")
    code = code_of(mx.sym.Group([mx.sym.exp(normal), x * 2]), wanted=False, shape=(3,))
    code.results = code.results[1:]
    assert names(pruned(code)) == ["BatchNorm", "_mul_scalar"]
