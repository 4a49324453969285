"""Correlation: that it finds where a picture has moved, and errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F

moves = st.integers(-2, 2)


@given(moves, moves, st.sampled_from([1, 3]), st.booleans())
def test_it_finds_the_move(down, right, kernel, multiply):
    random = np.random.default_rng(0)
    large = np.sign(random.normal(size=(1, 16, 16, 16)))  # lines of ones agree best with themselves
    first = large[:, :, 3:-3, 3:-3]
    second = large[:, :, 3 - down : 13 - down, 3 - right : 13 - right]
    found = F.Correlation(
        mx.nd.array(first), mx.nd.array(second), kernel_size=kernel, max_displacement=2,
        is_multiply=multiply,
    ).asnumpy()  # fmt: skip
    best = found.argmax(1) if multiply else found.argmin(1)
    assert (best == (down + 2) * 5 + right + 2).all()


def test_equal_pixels_have_the_slope_one():
    same = mx.nd.ones((1, 1, 1, 1))
    other = same.copy()
    same.attach_grad()
    other.attach_grad()
    with mx.autograd.record():
        out = F.Correlation(same, other, max_displacement=0, is_multiply=False)
    out.backward()
    assert (same.grad.asscalar(), other.grad.asscalar()) == (1, -1)


@pytest.mark.parametrize(
    ("shapes", "params", "error"),
    [
        ([(1, 1, 4, 4), (1, 1, 4, 3)], {}, ShapeError),
        ([(1, 4, 4)] * 2, {}, ShapeError),
        ([(1, 1, 4, 4)] * 2, {"max_displacement": 2}, ShapeError),
        ([(1, 1, 4, 4)] * 2, {"kernel_size": 2}, ParameterError),
        ([(1, 1, 4, 4)] * 2, {"stride2": 0}, ParameterError),
    ],
)
def test_errors(shapes, params, error):
    with pytest.raises(error):
        F.Correlation(*map(mx.nd.ones, shapes), **params)


def test_whole_numbers_are_refused():
    ones = mx.nd.ones((1, 1, 4, 4), dtype="int32")
    with pytest.raises(DTypeError):
        F.Correlation(ones, ones)
