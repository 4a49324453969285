"""Equal calls are merged, and only those."""

import numpy as np
from hypothesis import given

import mxbook as mx
from mxbook.graph.merge import merged
from mxbook.graph.verify import verify, verify_same

from .codes import code_of, graphs, names, run

A = mx.sym.var("a")


@given(graphs())
def test_the_same_comes_out(symbol):
    code = code_of(symbol)
    short = merged(code)
    verify(short)
    verify_same(code, short)
    inside = [i for i in short.instructions if short.wanted.isdisjoint(i.outputs)]
    calls = [(i.op.name, str(i.params), i.inputs) for i in inside]
    assert len(set(calls)) == len(calls)
    source = np.random.default_rng(1)
    inputs = [source.normal(size=(2, 3)).astype("f4") for _ in code.inputs]
    arriving = [source.normal(size=(2, 3)).astype("f4") for _ in code.arriving]
    for a, b in zip(run(code, inputs, arriving), run(short, inputs, arriving), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_repetition_is_found():
    code = merged(code_of(mx.sym.tanh(A + 1) * mx.sym.tanh(A + 1), wanted=False))
    assert names(code) == ["_plus_scalar", "tanh", "elemwise_mul"]


def test_random_operators_are_no_repetition():
    code = code_of(mx.sym.Dropout(A) + mx.sym.Dropout(A), wanted=False)
    assert names(merged(code)).count("Dropout") == 2


def test_minus_zero_is_another_number():
    found = (1 / mx.sym.concat(A * 0.0, A * -0.0, dim=0)).eval(a=mx.nd.ones(1))
    bound = (1 / mx.sym.concat(A * 0.0, A * -0.0, dim=0)).bind(mx.cpu(), [mx.nd.ones(1)])
    assert found[0].asnumpy().tolist() == [np.inf, -np.inf]
    assert bound.forward()[0].asnumpy().tolist() == [np.inf, -np.inf]


def test_what_is_read_before_and_after_a_change_is_not_merged():
    gamma, x = mx.sym.var("gamma"), mx.sym.var("x")
    before = gamma * 2  # made first, so computed first
    normal = mx.sym.BatchNorm(x, gamma=gamma, name="bn")  # sets gamma to 1
    after = gamma * 2
    executor = mx.sym.Group([before, normal, after]).simple_bind(mx.cpu(), x=(2, 3))
    executor.arg_dict["gamma"][:] = 5
    first, _, second = executor.forward()
    assert (first.asnumpy() == 10).all()
    assert (second.asnumpy() == 2).all()


def test_equal_gradients_are_two_arrays():
    net = mx.sym.var("x") + mx.sym.var("y")
    executor = net.simple_bind(mx.cpu(), x=(2,), y=(2,))
    executor.forward(is_train=True)
    executor.backward([mx.nd.array([1, 2])])
    found = {name: grad.asnumpy().tolist() for name, grad in executor.grad_dict.items()}
    assert found == {"x": [1, 2], "y": [1, 2]}


def test_equal_gradients_that_are_computed():
    x = mx.sym.var("x")
    net = mx.sym.FullyConnected(x, num_hidden=2, name="a")
    net = net + mx.sym.FullyConnected(x, num_hidden=2, name="b")
    executor = net.simple_bind(mx.cpu(), x=(3, 4))
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones((3, 2))])
    for name in ("a_bias", "b_bias"):
        assert executor.grad_dict[name].asnumpy().tolist() == [3, 3]
