"""Regions of interest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import contrib
from mxbook.ndarray import registry as F

SIDES = st.tuples(st.integers(1, 3), st.integers(1, 3))


def names(k):
    return {"pooled_size": k, "spatial_scale": 1}


@settings(deadline=None)
@given(SIDES, st.integers(0, 99))
def test_a_region_of_whole_parts_is_pooling(parts, seed):
    x = np.random.default_rng(seed).normal(size=(2, 3, 2 * parts[0], 2 * parts[1]))
    data = mx.nd.array(x)
    roi = mx.nd.array([[1, 0, 0, 2 * parts[1] - 1, 2 * parts[0] - 1]])
    found = F.ROIPooling(data, roi, **names(parts))
    expected = F.Pooling(data[1:], kernel=(2, 2), stride=(2, 2))
    np.testing.assert_array_equal(found.asnumpy(), expected.asnumpy())


@settings(deadline=None)
@given(SIDES, st.integers(1, 3), st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 99))
def test_aligned_samples_of_a_slope_are_its_values(size, ratio, slope_y, slope_x, seed):
    y, x = np.mgrid[0:9, 0:9]
    data = mx.nd.array((slope_y * y + slope_x * x)[None, None], dtype="float64")
    source = np.random.default_rng(seed)
    left, top = source.uniform(0, 3, 2)
    right, bottom = source.uniform(4, 8, 2)
    rois = mx.nd.array([[0, left, top, right, bottom]], dtype="float64")
    found = contrib.ROIAlign(data, rois, sample_ratio=ratio, **names(size)).asnumpy()[0, 0]
    places = [
        low + (np.arange(n) + 0.5) * (high - low) / n
        for n, low, high in zip(size, (top, left), (bottom, right), strict=True)
    ]
    expected = slope_y * places[0][:, None] + slope_x * places[1]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@settings(deadline=None)
@given(st.floats(1, 8), st.floats(1, 8), st.integers(0, 99))
def test_a_region_turned_by_a_right_angle(width, height, seed):
    data = np.random.default_rng(seed).normal(size=(1, 2, 9, 9))
    turned = np.rot90(data, axes=(2, 3))
    options = {"sampling_ratio": 2, "pooled_size": (2, 2), "spatial_scale": 1}
    flat, upright = (
        contrib.RROIAlign(mx.nd.array(x), mx.nd.array([[0, 4, 4, width, height, a]]), **options)
        for x, a in ((data, 0), (turned, 90))
    )
    np.testing.assert_allclose(flat.asnumpy(), upright.asnumpy(), atol=1e-4)


def test_parts_with_channels_of_their_own():
    data = mx.nd.arange(8).reshape((1, 8, 1, 1)) * mx.nd.ones((1, 8, 4, 4))
    rois = mx.nd.array([[0, 0, 0, 3, 3]])
    expected = [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]
    found = contrib.PSROIPooling(data, rois, output_dim=2, pooled_size=2, spatial_scale=1)
    assert found.asnumpy().tolist() == expected
    found = contrib.ROIAlign(data, rois, position_sensitive=True, **names((2, 2)))
    assert found.asnumpy().tolist() == expected


@pytest.mark.parametrize("name", ["ROIPooling", "_contrib_ROIAlign"])
def test_no_gradient_flows_to_the_regions(name):
    data, rois = mx.nd.ones((1, 1, 4, 4)), mx.nd.array([[0, 1, 1, 2, 2]])
    data.attach_grad()
    rois.attach_grad()
    with mx.autograd.record():
        found = getattr(F, name)(data, rois, **names((1, 1)))
    found.backward()
    assert data.grad.asnumpy().sum() == pytest.approx(1)
    assert (rois.grad.asnumpy() == 0).all()


def test_nothing_and_nowhere():
    data = mx.nd.ones((1, 1, 4, 4))
    outside = mx.nd.array([[0, 9, 9, 12, 12]])
    assert F.ROIPooling(data, outside, **names((2, 2))).asnumpy().sum() == 0
    assert contrib.ROIAlign(data, outside, **names((2, 2))).asnumpy().sum() == 0
    nobody = mx.nd.array([[-1, 0, 0, 2, 2]])
    assert contrib.ROIAlign(data, nobody, **names((2, 2))).asnumpy().sum() == 0
    with pytest.raises(mx.MXNetError, match="from 0 to 0"):
        F.ROIPooling(data, mx.nd.array([[1, 0, 0, 2, 2]]), **names((2, 2))).asnumpy()


def test_what_does_not_fit():
    data, rois = mx.nd.ones((1, 3, 4, 4)), mx.nd.ones((2, 5))
    with pytest.raises(ShapeError, match=r"\(regions, 5\)"):
        F.ROIPooling(data, mx.nd.ones((2, 4)), **names((1, 1)))
    with pytest.raises(ShapeError, match=r"\(regions, 6\)"):
        contrib.RROIAlign(data, rois, **names((1, 1)))
    with pytest.raises(ShapeError, match="multiple"):
        contrib.ROIAlign(data, rois, position_sensitive=True, **names((2, 2)))
    with pytest.raises(ShapeError, match="output_dim"):
        contrib.PSROIPooling(data, rois, output_dim=3, pooled_size=2, spatial_scale=1)
    with pytest.raises(ParameterError, match="two whole numbers"):
        F.ROIPooling(data, rois, pooled_size=(2,), spatial_scale=1)
    with pytest.raises(ParameterError, match="from 0 to 1"):
        F.ROIPooling(data, rois, pooled_size=(2, 2), spatial_scale=2)
    with pytest.raises(DTypeError, match="same"):
        F.ROIPooling(data, mx.nd.ones((2, 5), dtype="float64"), **names((1, 1)))
