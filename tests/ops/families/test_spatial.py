"""Grids and samples: an unmoved picture, and what lies outside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

lengths = st.integers(2, 5)


@given(lengths, lengths)
def test_the_identity_moves_nothing(height, width):
    picture = np.random.default_rng(0).normal(size=(2, 3, height, width))
    data = mx.nd.array(picture, dtype="float64")
    matrix = mx.nd.array([[1, 0, 0, 0, 1, 0]] * 2, dtype="float64")
    grid = F.GridGenerator(matrix, transform_type="affine", target_shape=(height, width))
    np.testing.assert_allclose(F.BilinearSampler(data, grid).asnumpy(), picture, atol=1e-12)
    flow = mx.nd.zeros((2, 2, height, width), dtype="float64")
    still = F.GridGenerator(flow, transform_type="warp")
    np.testing.assert_allclose(still.asnumpy(), grid.asnumpy(), atol=1e-12)


def test_a_flow_is_in_pixels():
    data = mx.nd.array(np.arange(12).reshape(1, 1, 3, 4))
    flow = mx.nd.zeros((1, 2, 3, 4))
    flow[:, 0] = 1  # look one pixel to the right
    found = F.BilinearSampler(data, F.GridGenerator(flow, transform_type="warp")).asnumpy()
    np.testing.assert_allclose(found[0, 0], [[1, 2, 3, 0], [5, 6, 7, 0], [9, 10, 11, 0]], atol=1e-5)


@given(lengths, lengths)
def test_a_transformer_is_a_grid_and_a_sampler(height, width):
    random = np.random.default_rng(0)
    data = mx.nd.array(random.normal(size=(2, 3, 4, 5)))
    loc = mx.nd.array(random.normal(size=(2, 6)))
    options = {"transform_type": "affine", "target_shape": (height, width)}
    grid = F.GridGenerator(loc, **options)
    found = F.SpatialTransformer(data, loc, sampler_type="bilinear", **options)
    np.testing.assert_array_equal(found.asnumpy(), F.BilinearSampler(data, grid).asnumpy())


def test_errors():
    with pytest.raises(ParameterError, match="target_shape"):
        F.GridGenerator(mx.nd.ones((1, 6)), transform_type="affine")
    with pytest.raises(ShapeError):
        F.GridGenerator(mx.nd.ones((1, 5)), transform_type="affine", target_shape=(2, 2))
    with pytest.raises(ShapeError, match="do not fit"):
        F.BilinearSampler(mx.nd.ones((1, 1, 2, 2)), mx.nd.ones((2, 2, 2, 2)))
