"""Parts of images, flips and other sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import image

SIDE = st.integers(1, 9)


def picture(*shape, dtype="float32"):
    return np.random.default_rng(0).uniform(0, 255, shape).astype(dtype)


@settings(deadline=None)
@given(SIDE, SIDE, SIDE, SIDE, st.integers(0, 5), st.sampled_from(["uint8", "float32"]))
def test_an_even_picture_stays_even(h, w, height, width, interp, dtype):
    data = mx.nd.full((h, w, 3), 77, dtype=dtype)
    found = image.resize(data, size=(width, height), interp=interp)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_allclose(found.asnumpy(), np.full((height, width, 3), 77), rtol=1e-5)


@settings(deadline=None)
@given(SIDE, SIDE, st.integers(0, 5))
def test_the_same_size_changes_nothing(h, w, interp):
    data = picture(2, h, w, 3, dtype="uint8")
    found = image.resize(mx.nd.array(data, dtype="uint8"), size=(w, h), interp=interp)
    np.testing.assert_array_equal(found.asnumpy(), data)


@settings(deadline=None)
@given(SIDE, SIDE, SIDE, SIDE, st.integers(0, 5))
def test_bytes_are_rounded_numbers(h, w, height, width, interp):
    data = picture(h, w, 1, dtype="uint8")
    numbers, rounded = (
        image.resize(mx.nd.array(data, dtype=t), size=(width, height), interp=interp).asnumpy()
        for t in ("float64", "uint8")
    )
    assert abs(np.clip(numbers, 0, 255) - rounded).max() < 1.5


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((4, 6, 3), (3, 4, 3)), ((6, 4, 1), (4, 3, 1)), ((2, 5, 5, 3), (2, 3, 3, 3))],
)
def test_in_proportion(shape, expected):
    found = image.resize(mx.nd.ones(shape), size=3, keep_ratio=True)
    assert found.shape == expected
    assert image.resize(mx.nd.ones(shape), size=3).shape[-3:-1] == (3, 3)


def test_flips_and_parts():
    data = picture(4, 5, 3)
    array = mx.nd.array(data)
    np.testing.assert_array_equal(image.flip_left_right(array).asnumpy(), data[:, ::-1])
    np.testing.assert_array_equal(image.flip_top_bottom(array).asnumpy(), data[::-1])
    np.testing.assert_array_equal(
        image.crop(array, x=1, y=2, width=3, height=2).asnumpy(), data[2:4, 1:4]
    )


def test_what_does_not_fit():
    data = mx.nd.ones((4, 5, 3))
    with pytest.raises(ParameterError, match="at most 4 rows and 5 columns"):
        image.crop(data, x=3, y=0, width=3, height=1)
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        image.crop(mx.nd.ones((4, 5, 2)), x=0, y=0, width=1, height=1)
    with pytest.raises(ShapeError, match="h, w, c"):
        image.flip_left_right(mx.nd.ones((2, 4, 5, 3)))
    for size in ((), 0, (1, 2, 3)):
        with pytest.raises(ParameterError, match="size"):
            image.resize(data, size=size)
    with pytest.raises(ParameterError, match="at most 5"):
        image.resize(data, size=2, interp=9)
