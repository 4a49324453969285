"""Evenly spaced numbers, and old ways to fill arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

numbers = st.floats(-9, 9)


@given(numbers, numbers, st.integers(0, 6), st.booleans(), st.sampled_from(["float32", "int32"]))
def test_linspace(start, stop, count, endpoint, dtype):
    found = mx.nd.linspace(start, stop, count, endpoint, dtype=dtype)
    assert found.dtype == np.dtype(dtype)
    expected = np.linspace(start, stop, count, endpoint).astype(dtype)
    np.testing.assert_array_equal(found.asnumpy(), expected)


def test_zeros_without_a_type():
    assert F._zeros_without_dtype(shape=(2,)).dtype == np.float32
    assert F._zeros_without_dtype(shape=(2,), dtype=4).dtype == np.int32
    with pytest.raises(ParameterError, match="no element type"):
        F._zeros_without_dtype(shape=(2,), dtype=99)


def test_one_number_everywhere():
    out = mx.nd.zeros((2, 2), dtype="int32")
    assert mx.nd._internal._set_value(3.7, out=out) is out
    assert (out.asnumpy() == 3).all()


def test_positions_outside_change_nothing():
    x = mx.nd.zeros((4, 2))
    position, value = mx.nd.array([0, 1.9, -1, 2]), mx.nd.array([5, 6, 7, 8])
    found = mx.nd.fill_element_0index(x, value, position)
    assert found.asnumpy().tolist() == [[5, 0], [0, 6], [0, 0], [0, 0]]
    assert not x.asnumpy().any()
    ones = F._onehot_encode(position, x, out=x)
    assert ones.asnumpy().tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]


@pytest.mark.parametrize("shapes", [[(2, 3), (2,), (3,)], [(2, 3, 1), (2,), (2,)]])
def test_one_number_for_each_row(shapes):
    with pytest.raises(ShapeError, match="for each row"):
        mx.nd.fill_element_0index(*map(mx.nd.zeros, shapes))
