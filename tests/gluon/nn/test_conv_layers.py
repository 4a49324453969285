"""Convolutions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import init, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn

KINDS = {1: nn.Conv1D, 2: nn.Conv2D, 3: nn.Conv3D}


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 2),
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(1, 2),
)
def test_shapes(axes, kernel, stride, pad, dilation, groups):
    layer = KINDS[axes](4, kernel, stride, pad, dilation, groups)
    layer.initialize()
    out = layer(nd.ones((2, 2 * groups, *[7] * axes)))
    side = (7 + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    assert out.shape == (2, 4, *[side] * axes)
    assert layer.weight.shape == (4, 2, *[kernel] * axes)


@given(st.integers(1, 3), st.booleans())
def test_a_kernel_of_one_is_a_dense_layer_at_every_place(axes, use_bias):
    layer = KINDS[axes](3, 1, use_bias=use_bias, bias_initializer="ones")
    layer.initialize(init.Uniform(1))
    x = nd.random.normal(shape=(2, 4, *[3] * axes))
    found = layer(x).asnumpy()
    weight = layer.weight.data().asnumpy().reshape(3, 4)
    expected = np.einsum("oc,nc...->no...", weight, x.asnumpy()) + use_bias
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_known_channels_need_no_first_batch():
    layer = nn.Conv2D(4, (3, 2), in_channels=6, groups=2, use_bias=False, activation="relu")
    layer.initialize()
    assert layer.weight.data().shape == (4, 3, 3, 2)
    assert layer.bias is None
    assert (layer(nd.ones((1, 6, 5, 5))).asnumpy() >= 0).all()


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (4, 3, 5, 2)), ("NHWC", (4, 5, 2, 3))])
def test_weights_follow_the_layout(layout, shape):
    assert nn.Conv2D(4, (5, 2), in_channels=3, layout=layout).weight.shape == shape


def test_bad_arguments():
    with pytest.raises(ParameterError, match="a number, or 2 of them"):
        nn.Conv2D(3, (2, 2, 2))
    with pytest.raises(ParameterError, match="NCHW or NHWC"):
        nn.Conv2D(3, 2, layout="NCW")


def test_names_and_texts():
    layer = nn.Conv2D(3, 2, activation="relu", prefix="c_")
    assert layer.act.prefix == "c_relu_"
    assert layer._alias() == "conv"
    assert repr(layer) == "Conv2D(None -> 3, kernel_size=(2, 2), stride=(1, 1), Activation(relu))"
    layer = nn.Conv2D(3, (2, 3), 2, 1, 2, 3, use_bias=False, in_channels=6)
    assert repr(layer) == (
        "Conv2D(2 -> 3, kernel_size=(2, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), "
        "groups=3, bias=False)"
    )
    assert layer._channels == 3
    assert layer._kwargs["num_filter"] == 3
