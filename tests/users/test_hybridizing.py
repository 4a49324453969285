"""Rows 8 and 9: what symbols cannot do is refused at its line, with what to write instead."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.base.errors import MXNetError
from mxbook.gluon import nn


class Traced(gluon.HybridBlock):
    """A block of a function `(F, x)`."""

    def __init__(self, function, child=None):
        super().__init__()
        self.function = function
        if child is not None:
            self.child = child

    def hybrid_forward(self, F, x):
        return self.function(F, x)


def hybridized(function, **kwargs):
    net = Traced(function, **kwargs)
    net.hybridize()
    return net


X = nd.array(np.arange(6).reshape(2, 3))


def adds_to_the_input(F, x):
    x += 1
    return x


def writes_into_the_input(F, x):
    x[:] = 1
    return x


WEIGHT = gluon.Parameter("weight", shape=(3, 2), init="ones")
WEIGHT.initialize()
MISTAKES = {
    "asnumpy": (lambda F, x: F.relu(x) * x.asnumpy().max(), "F.where"),
    "asscalar": (lambda F, x: x * F.sum(x).asscalar(), "F.where"),
    "float": (lambda F, x: x * float(F.sum(x)), "F.where"),
    "branch": (lambda F, x: x if F.sum(x) > 0 else -x, "F.where"),
    "and": (lambda F, x: x and F.relu(x), "F.contrib.cond"),
    "mx.nd.relu": (lambda F, x: mx.nd.relu(x), "use F.relu in place of mx.nd.relu"),
    "mx.nd.dot": (lambda F, x: mx.nd.dot(x, x, transpose_b=True), "use F.dot"),
    "mx.nd.concat": (lambda F, x: mx.nd.concat(x, x, dim=0), "use F.Concat"),
    "contrib": (lambda F, x: mx.nd.contrib.div_sqrt_dim(x), "use F.contrib.div_sqrt_dim"),
    "array": (lambda F, x: x + nd.ones((2, 3)), "get_constant"),
    "array first": (lambda F, x: nd.ones((2, 3)) + x, "get_constant"),
    "array in F": (lambda F, x: F.dot(x, nd.ones((3, 2))), "get_constant"),
    "x[0]": (lambda F, x: x[0], "F.slice_axis"),
    "x[0:1]": (lambda F, x: x[0:1], "F.slice_axis"),
    "len": (lambda F, x: x * len(x), "x.shape[0]"),
    "loop": (lambda F, x: sum(F.sum(row) for row in x), "F.contrib.foreach"),
    "in place": (adds_to_the_input, "x = x + y"),
    "write": (writes_into_the_input, "F.where"),
    "stretch": (lambda F, x: x - F.max(x, axis=1, keepdims=True), "F.broadcast_sub"),
    "NumPy": (lambda F, x: np.exp(x), "F.exp"),
    "T": (lambda F, x: F.dot(x, x.T), "F.transpose"),
    "attach_grad": (lambda F, x: x.attach_grad(), "block's input"),
    "device": (lambda F, x: x.as_in_context(mx.cpu(1)), "device of the block's inputs"),
    "detach": (lambda F, x: x.detach(), "F.BlockGrad"),
    "int": (lambda F, x: x * int(F.sum(x)), "F.where"),
    "range": (lambda F, x: [x for _ in range(F.sum(x))], "F.where"),
    "index": (lambda F, x: x * [1, 2, 3][F.argmax(x)], "F.where"),
    "max": (lambda F, x: max(x, 0), "F.where"),
    "loop over pairs": (
        lambda F, x: [a + b for a, b in zip(x, x, strict=True)],
        "F.contrib.foreach",
    ),
    "F.array": (lambda F, x: x * F.array([1, 2, 3]), "get_constant"),
    "parameter": (lambda F, x: F.dot(x, WEIGHT.data()), "as every parameter does"),
    "mask": (lambda F, x: x[x > 2], "F.take"),
    "matrix product": (lambda F, x: x @ x, "functions of F"),
    "copy": (lambda F, x: x.copy(), "leave it out"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_row_8_and_9_a_mistake_raises_at_its_line(name):
    function, advice = MISTAKES[name]
    outer = hybridized(lambda F, x: inner(x))
    inner = outer.child = Traced(function)
    with pytest.raises(MXNetError) as caught:
        outer(X)
    place = dict(caught.value.place)
    assert place["in"] == "Traced > child (Traced)"
    assert place["called"].startswith("test_hybridizing.py, line")
    text = place["called"].split(":  ", 1)[1]
    assert text in MISTAKES_TEXT
    assert advice in caught.value.hint


with open(__file__) as _file:
    MISTAKES_TEXT = {line.strip() for line in _file}


def test_row_9_the_message():
    with pytest.raises(MXNetError, match=r"mx\.nd\.relu was called inside hybrid_forward"):
        hybridized(lambda F, x: mx.nd.relu(x))(X)


def test_row_8_the_same_code_runs_on_arrays():
    results = [MISTAKES[n][0](nd, X.copy()) for n in ("branch", "x[0]", "stretch", "mx.nd.relu")]
    assert [r.shape for r in results] == [(2, 3), (3,), (2, 3), (2, 3)]


@pytest.mark.parametrize("shape", [(2, 3), (4, 5)])
def test_row_8_x_shape_works_and_the_graph_is_made_anew_for_other_shapes(shape):
    def flat(F, x):
        n, m = x.shape
        return F.reshape(F.relu(x) / x.size, (n * m,)) + F.zeros((n * m,), dtype=x.dtype)

    net = hybridized(flat)
    for s in (shape, (6, 1), shape):
        x = nd.random.uniform(shape=s)
        expected = (x.asnumpy() / x.size).ravel()
        np.testing.assert_allclose(net(x).asnumpy(), expected, rtol=1e-6)
    assert len(net._variants[nd.NDArray,]) == 2


def test_row_8_a_shape_that_is_unknown_says_so():
    class Late(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.weight = self.params.get("weight", shape=(2, 0), allow_deferred_init=True)

        def hybrid_forward(self, F, x, weight):
            return F.FullyConnected(x * weight.shape[1], weight, no_bias=True, num_hidden=2)

    net = Late()
    net.initialize()
    net.hybridize()
    with pytest.raises(MXNetError, match=r"the shape \(2, \?\) of parameter late\d+_weight"):
        net(X)
    with pytest.raises(AttributeError, match="has no attribute 'shape'"):
        Late()(mx.sym.var("x"))


def test_row_8_the_mode_may_be_asked():
    net = hybridized(lambda F, x: x * 2 if autograd.is_training() else x)
    for _ in range(2):
        assert net(X).asnumpy().max() == 5
        with autograd.record():
            assert net(X).asnumpy().max() == 10


def test_row_8_check_hybrid_says_where_both_ways_part(capsys):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3), Traced(lambda F, x: x * x if F is nd else x + x), nn.Dense(2))
    net.initialize(mx.init.Xavier())
    assert not net.check_hybrid(X)
    told = capsys.readouterr().out
    assert "training: output 0 differs, first at (0, 0):" in told
    assert "gradient of net_dense0_weight differs" in told
    assert "the first block that differs is HybridSequential > 1" in told
    assert "it uses broadcast_mul not hybridized, broadcast_add hybridized" in told


def test_row_8_check_hybrid_is_content(capsys):
    net = nn.HybridSequential()
    net.add(nn.Dense(4, activation="relu"), nn.BatchNorm(), nn.Dropout(0.5), nn.Dense(2))
    net.initialize()
    assert net.check_hybrid(X)
    assert "the same outputs and gradients" in capsys.readouterr().out
