"""Positions as one number, and as one for each axis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import mxbook as mx
from mxbook.base.errors import ShapeError


@given(array_shapes(max_dims=4, max_side=5), st.sampled_from(["float32", "int32", "int64"]))
def test_there_and_back(shape, dtype):
    places = np.arange(np.prod(shape))
    rows = mx.nd.unravel_index(mx.nd.array(places, dtype=dtype), shape=(-1, *shape[1:]))
    assert rows.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(rows.asnumpy(), np.unravel_index(places, shape))
    np.testing.assert_array_equal(mx.nd.ravel_multi_index(rows, shape=shape).asnumpy(), places)


def test_outside_the_array():
    below = mx.nd.array([-1, -7, 43])
    found = mx.nd.unravel_index(below, shape=(7, 6))
    assert found.asnumpy().tolist() == [[0, -1, 7], [-1, -1, 1]]
    assert mx.nd.ravel_multi_index(found, shape=(7, 6)).asnumpy().tolist() == [-1, -7, 43]


@pytest.mark.parametrize(
    ("name", "data", "shape"),
    [
        ("ravel_multi_index", (2, 3), (4, 5, 6)),
        ("ravel_multi_index", (2,), (4, 5)),
        ("ravel_multi_index", (2, 3), ()),
        ("unravel_index", (2, 3), (4, 5)),
        ("unravel_index", (2,), ()),
    ],
)
def test_what_does_not_fit(name, data, shape):
    with pytest.raises(ShapeError):
        getattr(mx.nd, name)(mx.nd.zeros(data), shape=shape)
