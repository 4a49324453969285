"""Convolutions with the channels last compute the same, and little is turned round for that."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.gluon import nn


@pytest.fixture(autouse=True)
def switched_on():
    with channels_last(True):
        yield


@contextlib.contextmanager
def channels_last(on):
    before = mx.config.channels_last
    mx.config.channels_last = on
    try:
        yield
    finally:
        mx.config.channels_last = before


def operators(symbol, **shapes):
    """The operators of a bound symbol's program, with the layout or axis of each."""
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", **shapes)
    executor.forward()
    lines = [line.split(" = ")[-1] for line in executor.debug_str().splitlines() if " = " in line]
    return [line.partition("(")[0] for line in lines], executor.debug_str()


def conv(x, filters=32, **options):
    return mx.sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=filters, **options)


X = mx.sym.var("x")
IMAGES = (2, 32, 16, 16)


def test_a_straight_net_is_turned_twice():
    net = conv(mx.sym.relu(mx.sym.BatchNorm(conv(X))))
    net = mx.sym.Pooling(mx.sym.Activation(net, act_type="tanh"), kernel=(2, 2), stride=(2, 2))
    names, text = operators(net, x=IMAGES)
    assert names.count("transpose") == 4  # the image, what comes out, and two weights
    assert names[-1] == "transpose"
    assert "2 convolutions have the channels last" in text


def test_residues_and_concatenation_stay_as_they_are():
    a = conv(X)
    net = mx.sym.concat(mx.sym.relu(conv(a) + a), a * 0.5, dim=1)
    names, _ = operators(conv(net), x=IMAGES)
    assert names.count("transpose") == 5


@pytest.mark.parametrize(
    "net",
    [
        conv(X, 20),
        mx.sym.Convolution(X, kernel=(3, 3), num_filter=32, num_group=2),
        mx.sym.Convolution(X, kernel=(7, 7), stride=(8, 8), num_filter=32),
    ],
    ids=["few filters", "groups", "few places"],
)
def test_what_would_not_be_faster_is_left_alone(net):
    assert "transpose" not in operators(net, x=IMAGES)[0]


def test_random_numbers_are_drawn_in_the_usual_order():
    net = mx.sym.Dropout(conv(X), mode="always")
    values = mx.nd.random.uniform(shape=IMAGES)
    executor = net.simple_bind(mx.cpu(), x=IMAGES)
    for name in executor.arg_dict:
        executor.arg_dict[name][:] = 1 if name != "x" else values
    mx.random.seed(0)
    first = executor.forward()[0].asnumpy()
    with channels_last(False):
        again = net.bind(mx.cpu(), executor.arg_dict)
        mx.random.seed(0)
        np.testing.assert_array_equal(first == 0, again.forward()[0].asnumpy() == 0)


def test_errors_speak_of_the_usual_order():
    net = nn.Conv2D(32, 3, in_channels=4)
    net.initialize()
    net.hybridize()
    with pytest.raises(ShapeError, match="weight") as caught:
        net(mx.nd.ones((2, 3, 40, 40)))
    assert "(2, 3, 40, 40)" in str(caught.value)


class Net(nn.HybridSequential):
    """A random net of convolutions and what may stand between them."""

    def __init__(self, parts):
        super().__init__()
        with self.name_scope():
            for part in parts:
                self.add(part())

    def hybrid_forward(self, F, x):
        y = super().hybrid_forward(F, x)
        return F.concat(F.relu(y + F.sigmoid(y)), y, dim=1).mean(axis=(2, 3))


PARTS = (
    lambda: nn.Conv2D(32, 3, padding=1),
    lambda: nn.Conv2D(64, 1, strides=2, use_bias=False),
    nn.BatchNorm,
    lambda: nn.Activation("relu"),
    lambda: nn.LeakyReLU(0.1),
    lambda: nn.MaxPool2D(3, 1, 1),
    lambda: nn.AvgPool2D(3, 1, 1),
    lambda: nn.HybridLambda(lambda F, x: F.clip(x * 2 + 1, -9, 9)),
    lambda: nn.HybridLambda(lambda F, x: F.softmax(x, axis=1)),
)


@settings(max_examples=15)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=6), st.integers(0, 9))
def test_the_same_is_computed(parts, seed):
    source = np.random.default_rng(seed)
    # In float64, because batch normalisation blows differences up.
    x = mx.nd.array(source.normal(size=(3, 4, 20, 19)), dtype="float64")
    weights = mx.nd.array(source.normal(size=(3, 1)), dtype="float64")
    net = Net([PARTS[0], *parts])
    mx.random.seed(seed)
    net.initialize(mx.init.Xavier())
    net.cast("float64")
    net(x)
    found = []
    for on in (True, False):
        with channels_last(on):
            net.hybridize()
            x.attach_grad()
            with mx.autograd.record():
                y = net(x)
                loss = (y * y * weights).sum()
            loss.backward()
            learned = [p.grad() for p in net.collect_params().values() if p.grad_req != "null"]
            found.append([a.asnumpy() for a in (y, x.grad, *learned)])
    for turned, usual in zip(*found, strict=True):
        np.testing.assert_allclose(turned, usual, 1e-7, 1e-8 * max(1, abs(usual).max()))
