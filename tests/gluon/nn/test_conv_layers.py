"""Convolutions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import autograd, init, nd
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


TRANSPOSED = {1: nn.Conv1DTranspose, 2: nn.Conv2DTranspose, 3: nn.Conv3DTranspose}


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 1),
    st.integers(1, 2),
    st.integers(1, 2),
)
def test_transposed_layers_lead_back(axes, kernel, stride, pad, dilation, groups):
    before = KINDS[axes](2 * groups, kernel, stride, pad, dilation, groups)
    before.initialize()
    x = nd.ones((2, 2 * groups, *[7] * axes))
    small = before(x)
    rest = (7 + 2 * pad - dilation * (kernel - 1) - 1) % stride
    back = TRANSPOSED[axes](4, kernel, stride, pad, rest, dilation, groups)
    back.initialize()
    out = back(small)
    assert out.shape == (2, 4, *[7] * axes)
    assert back.weight.shape == (2 * groups, 4 // groups, *[kernel] * axes)


def test_a_transposed_layer_is_the_gradient_of_a_convolution():
    forward = nn.Conv2D(3, 3, 2, 1, use_bias=False, in_channels=2)
    backward = nn.Conv2DTranspose(2, 3, 2, 1, 1, use_bias=False, in_channels=3)
    forward.initialize(init.Uniform(1))
    backward.initialize()
    backward.weight.set_data(forward.weight.data())
    x, dy = nd.random.normal(shape=(2, 2, 6, 6)), nd.random.normal(shape=(2, 3, 3, 3))
    x.attach_grad()
    with autograd.record():
        y = forward(x)
    y.backward(dy)
    np.testing.assert_allclose(backward(dy).asnumpy(), x.grad.asnumpy(), atol=1e-5)


def test_texts_of_transposed_layers():
    assert repr(nn.Conv1DTranspose(4, 3)) == (
        "Conv1DTranspose(4 -> 0, kernel_size=(3,), stride=(1,))"
    )
    layer = nn.Conv2DTranspose(4, (3, 2), 2, 1, 1, 2, 2, in_channels=6, use_bias=False)
    assert repr(layer) == (
        "Conv2DTranspose(2 -> 6, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), "
        "dilation=(2, 2), groups=2, bias=False)"
    )
    assert layer.outpad == (1, 1)


def test_bad_arguments():
    with pytest.raises(ParameterError, match="output_padding"):
        nn.Conv2DTranspose(3, 2, output_padding=(1,))
    with pytest.raises(ParameterError, match="layout"):
        nn.Conv1DTranspose(3, 2, layout="NWC")
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


@given(st.integers(0, 3), st.integers(4, 6))
def test_reflection(pad, side):
    x = np.arange(side * side, dtype="float32").reshape(1, 1, side, side)
    expected = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "reflect")
    np.testing.assert_array_equal(nn.ReflectionPad2D(pad)(nd.array(x)).asnumpy(), expected)


def test_reflection_with_sides_of_its_own():
    layer = nn.ReflectionPad2D((0, 0, 0, 0, 1, 0, 2, 1))
    assert layer(nd.array(np.arange(9).reshape(1, 1, 3, 3))).asnumpy()[0, 0].tolist() == [
        [5, 4, 3, 4, 5, 4],
        [2, 1, 0, 1, 2, 1],
        [5, 4, 3, 4, 5, 4],
        [8, 7, 6, 7, 8, 7],
    ]
    for wrong in ((1, 2), "abc"):
        with pytest.raises(ParameterError, match="8 of them"):
            nn.ReflectionPad2D(wrong)
