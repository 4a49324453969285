"""Comparing both ways of running."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.gluon import nn
from mxbook.gluon.check_hybrid import differences

X = nd.array(np.random.RandomState(0).uniform(-1, 1, (4, 3)))


def net_of(*blocks):
    net = nn.HybridSequential()
    net.add(*blocks)
    net.initialize(mx.init.Xavier())
    return net


def found(net, *args):
    return differences(net, args, 1e-4, 1e-5)


def test_nothing_is_changed():
    net = net_of(nn.Dense(3), nn.BatchNorm(), nn.Dropout(0.5))
    with autograd.record():
        net(X).sum().backward()
    net[0].hybridize()
    before = {n: p.data().asnumpy() for n, p in net.collect_params().items()}
    gradient = net[0].weight.grad().asnumpy()
    fresh = net[0].weight.data()._entry[0].fresh
    mx.random.seed(4)
    assert found(net, X) == []
    drawn = nd.random.uniform(shape=(3,)).asnumpy()
    mx.random.seed(4)
    assert (drawn == nd.random.uniform(shape=(3,)).asnumpy()).all()
    assert all((before[n] == p.data().asnumpy()).all() for n, p in net.collect_params().items())
    assert (net[0].weight.grad().asnumpy() == gradient).all()
    assert net[0].weight.data()._entry[0].fresh == fresh
    assert [b._active for b in (net, net[0], net[1])] == [False, True, False]
    assert not any(b._forward_hooks for b in net._blocks())


def test_unknown_shapes_are_worked_out_first():
    net = net_of(nn.Dense(3), nn.Dense(2))
    assert found(net, X) == []
    assert net[1].weight.shape == (2, 3)


def test_nested_inputs_and_numbers_that_have_no_gradient():
    class Pick(gluon.HybridBlock):
        def hybrid_forward(self, F, x, pair, scale):
            return [F.pick(x, pair[0]) * scale, x]

    places = nd.array([0, 2, 1, 0], dtype="int32")
    assert found(Pick(), X, [places, None], 3) == []


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda F, x: x * 2 if F is nd else x * 3, "output 0 differs, first at (0, 0)"),
        (lambda F, x: x if F is nd else F.BlockGrad(x), "gradient of input 0 differs"),
        (lambda F, x: x if F is nd else F.sum(x, axis=1), "(4, 3) not hybridized"),
        (lambda F, x: [x] if F is nd else [x, x * 1], "output 1 is there only hybridized"),
    ],
)
def test_what_differs(function, words):
    assert any(words in line for line in found(nn.HybridLambda(function), X))


def test_the_first_block_that_differs():
    odd = nn.HybridLambda(lambda F, x: F.relu(x) if F is nd else F.sigmoid(x))
    inner = nn.HybridSequential()
    inner.add(nn.Dense(2), odd)
    net = net_of(nn.Dense(3), inner, nn.Dense(1))
    lines = found(net, X)
    assert "the first block that differs is HybridSequential > 1 > 1" in lines
    assert "  where it uses relu not hybridized, sigmoid hybridized" in lines


def test_blocks_that_run_in_one_way_only():
    class Choose(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Dense(2, in_units=3), nn.Dense(2, in_units=3)

        def hybrid_forward(self, F, x):
            return self.a(x) if F is nd else self.b(x)

    net = Choose()
    net.initialize()
    assert any(
        "block 0 to run is Choose > a not hybridized, Choose > b hybridized" in line
        for line in found(net, X)
    )
