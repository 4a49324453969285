"""Changing the shape: MXNet's codes, axes of length 1, the shape of another array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.shape import resolve_shape

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(shapes)
def test_codes_that_keep_a_shape(shape):
    assert resolve_shape((0,) * len(shape), shape) == shape
    assert resolve_shape((-2,), shape) == shape
    assert resolve_shape((-1,), shape) == (int(np.prod(shape)),)
    assert resolve_shape((0, -2), shape) == shape


@given(shapes)
def test_codes_from_the_right_are_those_of_the_mirrored_shape(shape):
    assert resolve_shape((-1, 0), (*shape, 5), reverse=True) == (int(np.prod(shape)), 5)


@given(shapes, st.integers(1, 4), st.integers(1, 4))
def test_splitting_and_joining_undo_each_other(rest, a, b):
    split = resolve_shape((-4, a, -1, -2), (a * b, *rest))
    assert split == (a, b, *rest)
    assert resolve_shape((-3, -2), split) == (a * b, *rest)


@pytest.mark.parametrize("codes", [(-1, -1), (5,), (0, 0, 0), (-3, -3), (-4, -1, -1), (-9,)])
def test_codes_that_do_not_fit_show_the_derivation(codes):
    with pytest.raises(ShapeError, match="derivation"):
        resolve_shape(codes, (2, 3))


@given(st.lists(st.sampled_from([1, 2]), min_size=1, max_size=4).map(tuple))
def test_squeeze(shape):
    expected = np.zeros(shape).squeeze().shape or (1,)
    assert F.squeeze(mx.nd.zeros(shape)).shape == expected
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    assert F.squeeze(mx.nd.zeros(shape), axis=ones).shape == expected
    with pytest.raises(ShapeError, match="cannot be removed"):
        F.squeeze(mx.nd.zeros((*shape, 2)), axis=-1)


def test_reshape_like_replaces_a_range_of_axes():
    x = mx.nd.zeros((30, 7))
    like = mx.nd.zeros((15, 2, 4))
    found = F.reshape_like(x, like, lhs_begin=0, lhs_end=1, rhs_begin=0, rhs_end=2)
    assert found.shape == (15, 2, 7)
    assert F.reshape_like(x, mx.nd.zeros((7, 30), dtype="int32")).dtype == np.float32
    with pytest.raises(ShapeError, match="number of elements"):
        F.reshape_like(x, like)
    with pytest.raises(ShapeError, match="no place 3"):
        F.reshape_like(x, like, lhs_end=3)
