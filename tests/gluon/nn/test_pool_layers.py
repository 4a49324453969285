"""Pooling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import nd
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn

MAX = {1: nn.MaxPool1D, 2: nn.MaxPool2D, 3: nn.MaxPool3D}
AVG = {1: nn.AvgPool1D, 2: nn.AvgPool2D, 3: nn.AvgPool3D}
GLOBAL_MAX = {1: nn.GlobalMaxPool1D, 2: nn.GlobalMaxPool2D, 3: nn.GlobalMaxPool3D}
GLOBAL_AVG = {1: nn.GlobalAvgPool1D, 2: nn.GlobalAvgPool2D, 3: nn.GlobalAvgPool3D}


@given(st.integers(1, 3), st.integers(1, 3), st.none() | st.integers(1, 3), st.booleans())
def test_shapes(axes, size, stride, ceil_mode):
    side = 7 - size
    step = stride or size
    expected = (-(-side // step) if ceil_mode else side // step) + 1
    for kind in (MAX, AVG):
        layer = kind[axes](size, stride, ceil_mode=ceil_mode)
        assert layer(nd.ones((2, 3, *[7] * axes))).shape == (2, 3, *[expected] * axes)


@given(st.integers(1, 3))
def test_windows_side_by_side(axes):
    x = nd.random.normal(shape=(2, 3, *[4] * axes))
    blocks = x.asnumpy().reshape(2, 3, *[2, 2] * axes)
    inner = tuple(range(3, 3 + 2 * axes, 2))
    np.testing.assert_allclose(MAX[axes](2)(x).asnumpy(), blocks.max(inner), rtol=1e-5)
    np.testing.assert_allclose(AVG[axes](2)(x).asnumpy(), blocks.mean(inner), rtol=1e-4, atol=1e-6)


@given(st.integers(1, 3))
def test_global_pooling(axes):
    x = nd.random.normal(shape=(2, 3, *[4] * axes))
    over = tuple(range(2, 2 + axes))
    largest = GLOBAL_MAX[axes]()(x).asnumpy()
    np.testing.assert_allclose(largest, x.asnumpy().max(over, keepdims=True), rtol=1e-5)
    mean = GLOBAL_AVG[axes]()(x).asnumpy()
    np.testing.assert_allclose(mean, x.asnumpy().mean(over, keepdims=True), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("counted", "corner"), [(True, 0.25), (False, 1.0)])
def test_whether_padding_counts(counted, corner):
    layer = nn.AvgPool2D(2, padding=1, count_include_pad=counted)
    assert layer(nd.ones((1, 1, 4, 4))).asnumpy()[0, 0, 0, 0] == corner


def test_bad_arguments():
    with pytest.raises(ParameterError):
        nn.MaxPool2D((1, 2, 3))
    with pytest.raises(ParameterError, match="NCW or NWC"):
        nn.AvgPool1D(layout="NCHW")


def test_names_and_texts():
    assert nn.MaxPool2D(prefix="p_").name == "p"
    assert nn.MaxPool2D()._alias() == "pool"
    assert repr(nn.AvgPool1D(3, ceil_mode=True)) == (
        "AvgPool1D(size=(3,), stride=(3,), padding=(0,), ceil_mode=True, global_pool=False, "
        "pool_type=avg, layout=NCW)"
    )
    assert repr(nn.GlobalAvgPool2D()) == (
        "GlobalAvgPool2D(size=(1, 1), stride=(1, 1), padding=(0, 0), ceil_mode=True, "
        "global_pool=True, pool_type=avg, layout=NCHW)"
    )
