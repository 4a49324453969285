"""Sizes of pictures: what every mode makes of them, and errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.resizing import bilinear_resize, upsampling

lengths = st.integers(1, 6)


def picture(*shape):
    return mx.nd.array(np.random.default_rng(0).normal(size=shape), dtype="float64")


def resized(*shape, **params):
    values = bilinear_resize.values(params)
    return bilinear_resize.shape_rule(values, (1, 1, *shape))[1][0][2:]


def test_modes():
    assert resized(4, 5, mode="to_even_down") == (4, 4)
    assert resized(4, 5, mode="to_even_up") == (4, 6)
    assert resized(4, 5, mode="to_odd_down") == (3, 5)
    assert resized(4, 5, mode="to_odd_up") == (5, 5)
    assert resized(4, 5, mode="odd_scale", scale_height=2.0, scale_width=2.0) == (8, 9)
    assert resized(4, 5, scale_height=0.5, scale_width=0.5) == (2, 2)
    assert resized(4, 5, height=3, width=2, scale_width=9.0) == (3, 2)  # as in MXNet


@given(lengths, lengths, lengths, lengths)
def test_corners_stay_corners(h, w, height, width):
    data = picture(1, 2, h, w)
    found = F._contrib_BilinearResize2D(data, height=height, width=width).asnumpy()
    rows, columns = ([0, -1] if n > 1 else [0] for n in (height, width))
    corners = data.asnumpy()[:, :, rows][:, :, :, columns]
    np.testing.assert_allclose(found[:, :, rows][:, :, :, columns], corners, atol=1e-5)


@given(lengths, lengths)
def test_the_own_size_changes_nothing(h, w):
    data = picture(2, 1, h, w)
    for same in (
        F._contrib_BilinearResize2D(data, height=h, width=w),
        F._contrib_AdaptiveAvgPooling2D(data, output_size=(h, w)),
        F.UpSampling(data, scale=1, sample_type="nearest"),
        F.Crop(data, h_w=(h, w)),
    ):
        np.testing.assert_array_equal(same.asnumpy(), data.asnumpy())


@given(lengths, lengths, st.integers(1, 3))
def test_equal_parts_are_poolings(h, w, side):
    data = picture(2, 2, h * side, w * side)
    found = F._contrib_AdaptiveAvgPooling2D(data, output_size=(h, w)).asnumpy()
    window = {"kernel": (side, side), "stride": (side, side), "pool_type": "avg"}
    np.testing.assert_allclose(found, F.Pooling(data, **window).asnumpy(), rtol=1e-12)


def test_pictures_of_several_sizes():
    small, large = picture(2, 1, 2, 3), picture(2, 2, 4, 6)
    both = F.UpSampling(small, large, scale=4, sample_type="nearest").asnumpy()
    assert both.shape == (2, 3, 8, 12)
    np.testing.assert_array_equal(both[:, :1, ::4, ::4], small.asnumpy())
    np.testing.assert_array_equal(both[:, 1:, 1::2, 1::2], large.asnumpy())


def test_the_weight_of_upsampling_need_not_be_given():
    up = mx.sym.UpSampling(
        mx.sym.Variable("data"), scale=3, sample_type="bilinear", num_filter=4, name="up"
    )
    assert up.list_arguments() == ["data", "up_weight"]
    assert up.infer_shape(data=(2, 4, 5, 6))[1] == [(2, 4, 15, 18)]
    p = upsampling.values({"scale": 3, "sample_type": "bilinear", "num_filter": 4, "num_args": 1})
    assert upsampling.shape_rule(p, (2, 4, 5, 6), None)[0][1] == (4, 1, 5, 5)


@given(st.integers(0, 2), st.integers(0, 3), st.booleans())
def test_crop(top, left, second):
    data = picture(2, 1, 4, 5)
    if second:
        found = F.Crop(data, mx.nd.ones((1, 3, 2, 2), dtype="float64"), offset=(top, left))
    else:
        found = F.Crop(data, h_w=(2, 2), offset=(top, left))
    expected = data.asnumpy()[:, :, top : top + 2, left : left + 2]
    np.testing.assert_array_equal(found.asnumpy(), expected)
    middle = F.Crop(data, h_w=(2, 3), offset=(top, left), center_crop=True).asnumpy()
    np.testing.assert_array_equal(middle, data.asnumpy()[:, :, 1:3, 1:4])


def up(*shapes, **params):
    options = {"scale": 2, "sample_type": "nearest", **params}
    return F.UpSampling(*(mx.nd.ones(s) for s in shapes), **options)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: up((1, 1, 4)), ShapeError),
        (lambda: up((1, 1, 4, 4), (1, 1, 3, 3)), ShapeError),
        (lambda: up((1, 1, 2, 2), (1, 1, 2, 1)), ShapeError),
        (lambda: up((2, 1, 2, 2), (1, 1, 2, 2)), ShapeError),
        (lambda: up((1, 1, 2, 2), (1, 2, 2, 2), multi_input_mode="sum"), ShapeError),
        (lambda: up((1, 2, 2, 2), (2, 1, 4, 4), sample_type="bilinear"), ShapeError),
        (lambda: up((1, 1, 2, 2), scale=0), ParameterError),
        (lambda: up((1, 1, 2, 2), num_args=2), ParameterError),
        (lambda: resized(3, 3, mode="odd_scale"), ParameterError),
        (lambda: resized(3, 3, scale_height=2.0), ParameterError),
        (lambda: resized(1, 3, mode="to_even_down"), ShapeError),
        (lambda: F._contrib_BilinearResize2D(mx.nd.ones((2, 3, 3)), height=2), ShapeError),
        (lambda: F._contrib_AdaptiveAvgPooling2D(mx.nd.ones((2, 3, 3))), ShapeError),
        (lambda: F.Crop(mx.nd.ones((1, 1, 4, 4))), ShapeError),
        (lambda: F.Crop(mx.nd.ones((1, 1, 4, 4)), h_w=(2, 2), offset=(3, 0)), ShapeError),
        (lambda: F.Crop(mx.nd.ones((1, 1, 4, 4)), h_w=(5, 2)), ShapeError),
        (lambda: F.Crop(mx.nd.ones((1, 1, 4, 4)), h_w=(2,)), ShapeError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call()


def test_whole_numbers_are_refused():
    with pytest.raises(DTypeError):
        F._contrib_BilinearResize2D(mx.nd.ones((1, 1, 2, 2), dtype="uint8"), height=3, width=3)
