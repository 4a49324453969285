"""Deformable convolution: what offsets do, and errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.deformable import deformable_convolution as op


def normal(*shape):
    return mx.nd.array(np.random.default_rng(0).normal(size=shape), dtype="float64")


@given(
    st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2), st.integers(1, 2)
)
def test_without_offsets_it_is_a_convolution(kernel, stride, pad, dilate, groups):
    data, weight = normal(2, 4, 6, 5), normal(6, 4 // groups, kernel, kernel)
    options = {"kernel": (kernel,) * 2, "stride": (stride,) * 2, "pad": (pad,) * 2}
    options |= {"dilate": (dilate,) * 2, "num_filter": 6, "num_group": groups, "no_bias": True}
    expected = F.Convolution(data, weight, **options).asnumpy()
    offset = mx.nd.zeros((2, 4 * kernel * kernel, *expected.shape[2:]), dtype="float64")
    found = F._contrib_DeformableConvolution(
        data, offset, weight, num_deformable_group=2, **options
    )
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-10, atol=1e-10)


def looked_up(y, x):
    """A picture of 3 by 4 pixels in one place."""
    data = mx.nd.array(np.arange(1.0, 13).reshape(1, 1, 3, 4))
    offset = mx.nd.array(np.array([y, x], "float32").reshape(1, 2, 1, 1))
    options = {"kernel": (1, 1), "stride": (3, 4), "num_filter": 1, "no_bias": True}
    ones = mx.nd.ones((1, 1, 1, 1))
    return F._contrib_DeformableConvolution(data, offset, ones, **options).asscalar()


def test_places_between_and_beside_the_pixels():
    assert looked_up(1, 2) == 7
    assert looked_up(0.5, 0.25) == pytest.approx(3.25)
    assert looked_up(2.75, 3.75) == 12  # nearly a pixel behind the last one
    assert looked_up(3, 0) == looked_up(0, 4) == looked_up(-0.25, 0) == 0


def test_shapes_follow_from_the_data():
    p = op.values({"kernel": (3, 2), "num_filter": 8, "num_deformable_group": 2, "num_group": 2})
    ins, outs = op.shape_rule(p, (2, 4, 6, 5), None, None, None)
    assert ins == [(2, 4, 6, 5), (2, 24, 4, 4), (8, 2, 3, 2), (8,)]
    assert outs == [(2, 8, 4, 4)]


@pytest.mark.parametrize(
    ("offset", "params", "error"),
    [
        ((1, 8, 3, 4), {}, ShapeError),
        ((1, 9, 3, 3), {}, ShapeError),
        ((1, 24, 3, 3), {"num_deformable_group": 3}, ShapeError),
        ((1, 8, 3, 3), {"layout": "NCW"}, ParameterError),
        ((1, 8, 3, 3), {"kernel": (2,)}, ParameterError),
    ],
)
def test_errors(offset, params, error):
    values = op.values({"kernel": (2, 2), "num_filter": 2, **params})
    with pytest.raises(error):
        op.shape_rule(values, (1, 4, 4, 4), offset, None, None)
