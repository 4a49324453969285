"""Regular parts: as Python slices them, and written back where they came from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

LENGTHS = (4, 3, 5)
WHOLE = np.arange(60, dtype="float32").reshape(LENGTHS)
places = st.none() | st.integers(-7, 7)
steps = st.none() | st.integers(-3, 3).filter(bool)
regions = st.lists(st.tuples(places, places, steps), min_size=1, max_size=3)


def region(slices):
    begin, end, step = zip(*slices, strict=True)
    return {"begin": begin, "end": end, "step": step}


@given(regions)
def test_slice_is_pythons_slice(slices):
    found = F.slice(mx.nd.array(WHOLE), **region(slices)).asnumpy()
    np.testing.assert_array_equal(found, WHOLE[tuple(slice(*s) for s in slices)])


@given(regions)
def test_writing_a_part_back_is_the_transpose_of_reading_it(slices):
    part = F.slice(mx.nd.array(WHOLE), **region(slices))
    values = np.random.default_rng(0).normal(size=part.shape).astype("float32")
    written = F._backward_slice(mx.nd.array(values), shape=LENGTHS, **region(slices)).asnumpy()
    assert np.vdot(written, WHOLE) == pytest.approx(np.vdot(values, part.asnumpy()), 1e-4, 1e-3)


@given(regions)
def test_assigning_changes_the_region_and_nothing_else(slices):
    key = tuple(slice(*s) for s in slices)
    part = -1 - WHOLE[key]
    expected = WHOLE.copy()
    expected[key] = part
    whole = mx.nd.array(WHOLE)
    if part.size:
        found = F._slice_assign(whole, mx.nd.array(part), **region(slices)).asnumpy()
        np.testing.assert_array_equal(found, expected)
    expected[key] = 7
    found = F._slice_assign_scalar(whole, scalar=7, **region(slices)).asnumpy()
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(whole.asnumpy(), WHOLE)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"begin": (0, 0), "end": (1,)}, ParameterError),
        ({"begin": (0, 0), "end": (1, 1), "step": (1,)}, ParameterError),
        ({"begin": (0,), "end": (1,), "step": (0,)}, ParameterError),
        ({"begin": (0,) * 4, "end": (1,) * 4}, ShapeError),
    ],
)
def test_slices_that_do_not_fit(wrong, error):
    with pytest.raises(error):
        F.slice(mx.nd.array(WHOLE), **wrong)


def test_a_part_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="does not fit"):
        F._slice_assign(mx.nd.array(WHOLE), mx.nd.zeros((1, 3, 5)), begin=(0,), end=(2,))


@pytest.mark.parametrize(("begin", "end"), [(0, 9), (2, 2), (2, 1), (-5, 2), (0, -5)])
def test_slice_axis_is_strict_at_the_borders(begin, end):
    with pytest.raises(ShapeError, match="not a part of axis 1"):
        F.slice_axis(mx.nd.array(WHOLE), axis=1, begin=begin, end=end)


@pytest.mark.parametrize(
    ("shape", "axes"), [((5, 1, 1), ()), ((1, 1), ()), ((1,), (1,)), ((9,), (0,))]
)
def test_slice_like_needs_a_shape_that_is_not_longer(shape, axes):
    with pytest.raises(ShapeError):
        F.slice_like(mx.nd.array(WHOLE), mx.nd.zeros(shape), axes=axes)


@given(st.integers(-2, 4), st.permutations(range(3)))
def test_diag_is_numpys_diagonal(k, axes):
    axis1, axis2, _ = axes
    expected = np.diagonal(WHOLE, k, axis1, axis2)
    if expected.shape[-1] == 0:
        with pytest.raises(ShapeError, match="no diagonal"):
            F.diag(mx.nd.array(WHOLE), k=k, axis1=axis1, axis2=axis2)
        return
    found = F.diag(mx.nd.array(WHOLE), k=k, axis1=axis1, axis2=axis2)
    np.testing.assert_array_equal(found.asnumpy(), expected)


def test_numbers_written_into_whole_numbers_are_converted_as_in_c():
    whole = mx.nd.zeros((3,), dtype="uint8")
    found = F._slice_assign_scalar(whole, scalar=-1.5, begin=(0,), end=(2,))
    assert found.asnumpy().tolist() == [255, 255, 0]
