"""Loops and branches as nodes: the same values and gradients as the loops over arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError

sym, nd = mx.sym.contrib, mx.nd.contrib
x, s, w, p = (mx.sym.var(name) for name in "xswp")


def bound(outputs, **values):
    """Outputs and gradients (of the sum of the outputs) of an executor."""
    group = mx.sym.Group(list(outputs))
    args = {name: mx.nd.array(value) for name, value in values.items()}
    grads = {name: mx.nd.zeros(a.shape) for name, a in args.items()}
    executor = group.bind(mx.cpu(), args, grads)
    found = [o.asnumpy() for o in executor.forward(is_train=True)]
    executor.backward()
    return found, {name: g.asnumpy() for name, g in grads.items()}


def on_arrays(function, **values):
    """The same of a function on arrays."""
    args = {name: mx.nd.array(value) for name, value in values.items()}
    for a in args.values():
        a.attach_grad()
    with mx.autograd.record():
        outputs = list(function(**args))
    mx.autograd.backward(outputs)
    return [o.asnumpy() for o in outputs], {name: a.grad.asnumpy() for name, a in args.items()}


def assert_same(a, b):
    for one, other in zip(a[0], b[0], strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-6)
    for name in a[1]:
        np.testing.assert_allclose(a[1][name], b[1][name], rtol=1e-5, atol=1e-6)


def numbers(seed, *shape):
    return np.random.RandomState(seed).uniform(-1, 1, shape)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 5), st.integers(0, 2**31))
def test_foreach_is_the_loop_over_arrays(length, seed):
    def body(F, w):
        k = F.exp(w)  # made outside, used inside
        return lambda a, b: (F.tanh(a * b + k), a + b * w)

    values = {"x": numbers(seed, length, 2), "s": numbers(seed + 1, 2), "w": numbers(seed + 2, 2)}
    assert_same(
        bound(sym.foreach(body(mx.sym, w), x, s), **values),
        on_arrays(lambda x, s, w: nd.foreach(body(mx.nd, w), x, s), **values),
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 6), st.integers(0, 2**31))
def test_while_loop_is_the_loop_over_arrays(limit, seed):
    def loop(F, i, s, w):
        found = F.contrib.while_loop(
            lambda i, s: i < limit, lambda i, s: (s * w, (i + 1, s * 2 - w)), (i, s), 4
        )
        return [*([found[0]] if F is mx.sym or limit else []), *found[1]]

    values = {"x": np.zeros(1), "s": numbers(seed, 3), "w": numbers(seed + 1, 3)}
    outputs, grads = bound(loop(mx.sym, x, s, w), **values)
    expected = on_arrays(lambda x, s, w: loop(mx.nd, x, s, w), **values)
    if not limit:  # arrays know nothing of outputs that were never made
        assert outputs[0].shape == (4, 3)
        assert not outputs.pop(0).any()
    assert_same((outputs, grads), expected)


@pytest.mark.parametrize("pred", [0, 1])
def test_cond_takes_one_branch_and_its_gradient(pred):
    def branch(F, p, x, w):
        return [F.contrib.cond(p > 0.5, lambda: x * w, lambda: F.sin(x))]

    values = {"p": np.full(1, pred), "x": numbers(1, 3), "w": numbers(2, 3)}
    assert_same(
        bound(branch(mx.sym, p, x, w), **values),
        on_arrays(lambda p, x, w: branch(mx.nd, p, x, w), **values),
    )


def test_loops_in_loops():
    def outer(F, x, s, w):
        def body(a, b):
            steps, last = F.contrib.foreach(lambda c, d: (c * w, F.tanh(c + d)), a, b)
            return F.contrib.cond(F.sum(last) > 0, lambda: steps * 2, lambda: steps), last

        return F.contrib.foreach(body, x, s)

    values = {"x": numbers(3, 2, 3, 2), "s": numbers(4, 2), "w": numbers(5, 2)}
    assert_same(
        bound(outer(mx.sym, x, s, w), **values),
        on_arrays(lambda x, s, w: outer(mx.nd, x, s, w), **values),
    )


def test_a_loaded_loop_computes_the_same():
    loop = mx.sym.Group(list(sym.foreach(lambda a, b: (a * b + w, a + b), x, s)))
    values = {"x": numbers(6, 3, 2), "s": numbers(7, 2), "w": numbers(8, 2)}
    values = {name: mx.nd.array(value) for name, value in values.items()}
    again = mx.sym.load_json(loop.tojson())
    for one, other in zip(loop.eval(**values), again.eval(**values), strict=True):
        assert (one.asnumpy() == other.asnumpy()).all()


def test_nesting_is_kept():
    outputs, states = sym.foreach(
        lambda a, b: ([a[0], [a[1] * b[0]]], [b[0] + 1, [b[1][0] * 2]]),
        [x, w],
        (s, [p]),
    )
    assert [type(o).__name__ for o in outputs] == ["Symbol", "list"]
    assert [type(o).__name__ for o in states] == ["Symbol", "list"]
    assert sym.while_loop(lambda i: i < 3, lambda i: (None, i + 1), x, 3)[0] == []
    assert isinstance(sym.while_loop(lambda i: i < 3, lambda i: (i, i + 1), [x], 3)[1], list)


def test_an_output_with_several_parts():
    parts = sym.foreach(lambda a, b: (mx.sym.split(a, num_outputs=2, axis=0), b + 1), x, s)[0]
    found = mx.sym.Group(parts).eval(x=mx.nd.array([[1, 2], [3, 4]]), s=mx.nd.ones(1))
    assert [f.asnumpy().ravel().tolist() for f in found] == [[1, 3], [2, 4]]


class TestInference:
    def test_through_the_body_in_both_directions(self):
        layer = lambda a: mx.sym.FullyConnected(a, num_hidden=3, name="f")  # noqa: E731
        loop = mx.sym.Group(list(sym.foreach(lambda a, b: (layer(a) + b, layer(a)), x, s)))
        args, outs, _ = loop.infer_shape(x=(7, 4, 5))
        assert dict(zip(loop.list_arguments(), args, strict=True)) == {
            "x": (7, 4, 5),
            "f_weight": (3, 5),
            "f_bias": (3,),
            "s": (4, 3),
        }
        assert outs == [(7, 4, 3), (4, 3)]

    def test_data_from_the_body(self):
        loop = mx.sym.Group(list(sym.foreach(lambda a, b: (a * b, b + a), x, s)))
        args, outs, _ = loop.infer_shape_partial(x=(0, 0), s=(3,))
        assert args == [(0, 3), (3,)]
        assert outs == [(0, 3), (3,)]

    def test_while_and_cond(self):
        steps, last = sym.while_loop(
            lambda i, v: i < 3, lambda i, v: (v, [i + 1, v * 2]), [x, s], 5
        )
        loop = mx.sym.Group([steps, *last])
        assert loop.infer_shape(x=(1,), s=(2, 3))[1] == [(5, 2, 3), (1,), (2, 3)]
        either = sym.cond(p, lambda: x * 2, lambda: x + w)
        assert either.infer_shape(p=(1,), w=(2, 3))[1] == [(2, 3)]

    def test_types(self):
        loop = mx.sym.Group(list(sym.foreach(lambda a, b: (a * w, b + 1), x, s)))
        args, outs, _ = loop.infer_type(x="float64", s="float16")
        assert loop.list_arguments() == ["x", "s", "w"]
        assert args == [np.float64, np.float16, np.float64]
        assert outs == [np.float64, np.float16]

    def test_contradictions_are_named(self):
        loop = mx.sym.Group(list(sym.foreach(lambda a, b: (a * b, b + 1), x, s)))
        with pytest.raises(ShapeError, match="elemwise_mul"):
            loop.infer_shape(x=(4, 3), s=(2,))


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: sym.foreach(lambda a, b: (b, b + 1), x, s), "does not use x"),
        (lambda: sym.foreach(lambda a, b: (a, a), x, s), "does not use s"),
        (lambda: sym.foreach(lambda a, b: (a, [b]), x, s), "another form"),
        (lambda: sym.foreach(lambda a, b: a, x, s), "body gives Symbol"),
        (lambda: sym.foreach(lambda a, b: (a, 1), x, s), "states: a int"),
        (lambda: sym.foreach(lambda a, b: (a, b), 1, s), "foreach: data"),
        (lambda: sym.while_loop(lambda i: i < 3, lambda i: (i, i), x), "max_iterations"),
        (lambda: sym.while_loop(lambda i: i < 3, lambda i: (i, i), x, "x"), "max_iterations"),
        (lambda: sym.while_loop(lambda: 1, lambda: ([], []), [], 3), "loop_vars is empty"),
        (lambda: sym.while_loop(lambda i: 3, lambda i: (i, i), x, 3), "what cond gives"),
        (lambda: sym.while_loop(lambda i: i < 3, lambda i: (i, [i, i]), x, 3), "another number"),
        (
            lambda: sym.while_loop(lambda i, j: i < 3, lambda i, j: (i, [i, w]), [x, s], 3),
            "use the",
        ),
        (lambda: sym.cond(p, lambda: [x, w], lambda: x), "different numbers"),
        (lambda: sym.cond(1, lambda: x, lambda: x), "cond: pred"),
    ],
)
def test_misuse_is_named(make, what):
    with pytest.raises(ParameterError, match=what):
        make()


def test_numbers_that_are_none():
    values = mx.nd.array([1, float("inf"), float("nan"), float("-inf")])
    found = [
        f(x).eval(x=values)[0].asnumpy().tolist() for f in (sym.isnan, sym.isinf, sym.isfinite)
    ]
    assert found == [[0, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 0]]


def test_on_a_gpu(strict_gpu):
    gpu = mx.gpu(0)
    steps, last = sym.while_loop(
        lambda i, v: i < 2, lambda i, v: (v * w, [i + 1, v + w]), [x, s], 3
    )
    sums, total = sym.foreach(lambda a, b: (a + b, a * b), steps, last[1])
    group = mx.sym.Group([sym.cond(last[0] > 1, lambda: total, lambda: last[1]), sums])
    values = {"x": mx.nd.zeros(1, gpu), "s": mx.nd.ones(2, gpu), "w": mx.nd.ones(2, gpu) * 3}
    grads = {"w": mx.nd.zeros(2, gpu)}
    executor = group.bind(gpu, values, grads)
    found = executor.forward(is_train=True)
    executor.backward()
    assert all(f.context == gpu for f in found)
    assert grads["w"].asnumpy().any()
    host = {name: value.as_in_context(mx.cpu()) for name, value in values.items()}
    for one, other in zip(found, group.eval(**host), strict=True):
        assert (one.asnumpy() == other.asnumpy()).all()
