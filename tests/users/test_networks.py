"""Rows 5, 6, 11 and 12: unknown shapes, shapes that do not fit, writing while recording, old
gradients."""

import pytest

from mxbook import autograd, gluon, nd
from mxbook.base.errors import MXNetError, ShapeError
from mxbook.gluon import DeferredInitializationError, nn
from mxbook.gluon.trainer import StaleGradientError


class Net(gluon.HybridBlock):
    """Two layers, of which the second is not always used."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(3, activation="relu")
            self.branch = nn.Dense(2)

    def hybrid_forward(self, F, x, short=False):
        h = self.hidden(x)  # the line of the hidden layer
        return h if short else self.branch(h)


def made(**kwargs):
    net = Net(prefix="net_", **kwargs)
    net.initialize()
    return net


def step(net, *args):
    """One step of training."""
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    with autograd.record():
        value = net(*args).sum()
    value.backward()
    trainer.step(1)


def test_row_5_blocks_that_never_ran_are_named_with_place_and_two_ways_out():
    with pytest.raises(DeferredInitializationError) as caught:
        step(made(), nd.ones((2, 4)), True)
    text = str(caught.value)
    assert "never ran" in text and "net_dense1_weight" in text and "net_dense0" not in text
    assert "test_networks.py, line" in text and "self.branch = nn.Dense(2)" in text
    assert "net(x)" in caught.value.hint and "in_units=" in caught.value.hint


def test_row_5_shapes_alone(capsys):
    net = made()
    net.explain_shapes(nd.ones((2, 4)))
    told = capsys.readouterr().out
    assert "net_dense0_weight    parameter       (3, 4)" in told
    assert "net_dense1_weight    parameter       (2, 3)" in told
    assert net.branch.weight.shape == (2, 0)


@pytest.mark.parametrize("hybrid", [False, True])
def test_row_6_a_shape_error_tells_rule_inputs_block_line_and_hint(hybrid):
    net = made()
    net.hybridize(hybrid)
    net(nd.ones((2, 4)))
    x = nd.ones((2, 5))
    with pytest.raises(ShapeError) as caught:
        net(x)
    error = caught.value
    values, place = dict(error.values), dict(error.place)
    assert error.rule == "weight (num_hidden, features of the data) = (3, 5), bias (3,)"
    assert values["weight"].startswith("(3, 4)  float32")
    assert "parameter net_dense0_weight, made in test_networks.py, line" in values["weight"]
    assert values["data"].startswith("(2, 5)  float32")
    assert ("given to Net" if hybrid else "made in test_networks.py") in values["data"]
    assert place["in"] == "Net > hidden (Dense(4 -> 3, Activation(relu)))"
    assert "h = self.hidden(x)  # the line of the hidden layer" in place["called"]
    assert error.hint == "the weight is for 4 features, this data has 5"


def dense(**kwargs):
    return nn.Dense(3, in_units=4, **kwargs)


def conv():
    return nn.Conv2D(2, 3, in_channels=3)


@pytest.mark.parametrize(
    ("block", "shape", "hint"),
    [
        (conv, (3, 8, 8), "expand_dims(axis=0)"),
        (conv, (2, 8, 8, 3), "x.transpose((0, 3, 1, 2))"),
        (dense, (2, 5, 4), "flatten=False"),
    ],
)
def test_row_6_hints_at_common_mistakes(block, shape, hint):
    layer = block()
    layer.initialize()
    with pytest.raises(ShapeError) as caught:
        layer(nd.ones(shape))
    assert hint in caught.value.hint


def test_row_6_a_transposed_weight():
    with pytest.raises(ShapeError) as caught:
        nd.FullyConnected(nd.ones((2, 4)), nd.ones((4, 3)), no_bias=True, num_hidden=3)
    assert caught.value.hint == "the weight is transposed: weight.T"
    assert all("made in test_networks.py, line" in text for _, text in caught.value.values)


@pytest.mark.parametrize("hybrid", [False, True])
def test_row_11_writing_into_what_a_network_gave(hybrid):
    net = made()
    net.hybridize(hybrid)
    net(nd.ones((2, 4)))
    with autograd.record():
        y = net(nd.ones((2, 4)))  # the array
        with pytest.raises(MXNetError, match="would overwrite an array while recording") as caught:
            y += 1
        z = (y + 1).sum()
    z.backward()
    line = "y = net(nd.ones((2, 4)))  # the array" if hybrid else "self.branch(h)"
    assert line in dict(caught.value.place)["made"]
    assert "x = x + y" in caught.value.hint and "autograd.pause()" in caught.value.hint


def test_row_12_gradients_that_were_not_reached():
    net = made()
    net(nd.ones((2, 4)))
    with pytest.raises(StaleGradientError) as caught:
        step(net, nd.ones((2, 4)), True)
    text = str(caught.value)
    assert "backward reached other parameters" in text
    assert "net_dense1_weight of Dense net_dense1" in text and "net_dense0" not in text
    assert "ignore_stale_grad" in caught.value.hint
    step(net, nd.ones((2, 4)))  # everything is reached


def test_row_12_gradients_that_were_not_recorded():
    net = made()
    net(nd.ones((2, 4)))
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    net(nd.ones((2, 4)))
    with pytest.raises(StaleGradientError) as caught:
        trainer.step(1)
    assert "was not recorded" in str(caught.value)
    assert "autograd.record()" in caught.value.hint
