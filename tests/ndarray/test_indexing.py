"""Reading and writing parts, compared with NumPy over random indices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import autograd, nd
from mxbook.base.errors import IndexingError, MXNetError, ShapeError

SHAPE = (4, 3, 5)


def host(shape=SHAPE) -> np.ndarray:
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def slices(length: int):
    bound = st.none() | st.integers(-length - 2, length + 2)
    step = st.none() | st.integers(-3, 3).filter(bool)
    return st.builds(slice, bound, bound, step)


def axis_index(length: int):
    return st.integers(-length, length - 1) | slices(length)


@st.composite
def basic_keys(draw):
    count = draw(st.integers(0, len(SHAPE)))
    key = [draw(axis_index(n)) for n in SHAPE[:count]]
    for _ in range(draw(st.integers(0, 2))):
        key.insert(draw(st.integers(0, len(key))), None)
    if draw(st.booleans()):
        key.insert(draw(st.integers(0, len(key))), Ellipsis)
        # Past an Ellipsis the index counts from the last axis: keep it valid there, too.
        tail = key[key.index(Ellipsis) + 1 :]
        if any(isinstance(k, int) for k in tail):
            key = [k if not isinstance(k, int) else 0 for k in key]
    return tuple(key) if len(key) != 1 or draw(st.booleans()) else key[0]


@st.composite
def advanced_keys(draw):
    key = [draw(axis_index(n)) for n in SHAPE]
    rows = draw(st.integers(1, 3))
    places = draw(st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True))
    for axis in places:
        positions = st.integers(-SHAPE[axis], SHAPE[axis] - 1)
        key[axis] = draw(st.lists(positions, min_size=rows, max_size=rows))
    return tuple(key[: draw(st.integers(max(places) + 1, 3))])


def at_least_one_axis(expected: np.ndarray) -> np.ndarray:
    return np.asarray(expected).reshape(np.asarray(expected).shape or (1,))


@given(basic_keys() | advanced_keys())
def test_reading_agrees_with_numpy(key):
    expected = at_least_one_axis(host()[key])
    found = nd.array(host())[key]
    assert found.shape == expected.shape
    assert (found.asnumpy() == expected).all()


@given(basic_keys() | advanced_keys(), st.booleans())
def test_writing_agrees_with_numpy(key, number):
    expected = host()
    part = expected[key]
    value = 7.5 if number else np.asarray(part) * 10 + 1
    expected[key] = value
    x = nd.array(host())
    x[key] = value if number else nd.array(value) if np.ndim(value) else float(value)
    assert (x.asnumpy() == expected).all()


@given(basic_keys() | advanced_keys())
def test_the_gradient_of_a_part_counts_how_often_it_was_read(key):
    x = nd.array(host())
    x.attach_grad()
    with autograd.record():
        y = (x[key] * 2).sum()
    y.backward()
    expected = np.zeros(SHAPE, "float32")
    np.add.at(expected, key, 2)
    assert (x.grad.asnumpy() == expected).all()


@given(basic_keys())
def test_a_contiguous_part_is_a_view_and_any_other_a_copy(key):
    x = nd.array(host())
    part = x[key]
    if part.size == 0:
        return
    contiguous = np.asarray(host()[key]).flags.c_contiguous
    part[:] = -1
    changed = (x.asnumpy() == -1).any()
    assert changed == contiguous


def test_arrays_as_indices():
    x = nd.array(host())
    assert (x[nd.array([1, 0])].asnumpy() == host()[[1, 0]]).all()
    assert (x[np.array([[0, 1], [2, 3]])].asnumpy() == host()[[[0, 1], [2, 3]]]).all()
    assert (x[:, nd.array([2, 2])].asnumpy() == host()[:, [2, 2]]).all()


def test_views_see_later_writes_and_the_other_way_round():
    x = nd.zeros((4, 2))
    row, flat = x[1], x.reshape(-1)
    x[1] = 3
    assert row.asnumpy().tolist() == [3, 3]
    flat[0] = 9
    assert x.asnumpy()[0].tolist() == [9, 0]


@pytest.mark.parametrize("key", [4, -5, (0, 3), (0, 0, 0, 0), [0, 4], "a", 1.5, (slice(None), [3])])
def test_what_does_not_fit_is_an_indexing_error(key):
    x = nd.array(host())
    with pytest.raises(IndexingError):
        x[key]
    with pytest.raises(IndexingError):
        x[key] = 1
    assert (x.asnumpy() == host()).all()


@pytest.mark.parametrize("value", [[1, 2], nd.ones((2, 5)), np.ones((2, 3, 5)), nd.ones((4, 4))])
def test_values_that_do_not_fit_leave_the_array_alone(value):
    x = nd.array(host())
    with pytest.raises(ShapeError):
        x[1:3, 0] = value if not isinstance(value, nd.NDArray) or value.shape != (2, 5) else [1] * 4
    assert (x.asnumpy() == host()).all()
    with pytest.raises(MXNetError):
        x[0] = ["a"] * 5


def test_iterating_gives_the_parts_of_the_first_axis():
    assert [row.asnumpy().tolist() for row in nd.array([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]


@given(basic_keys())
def test_an_index_with_all_its_axes_means_the_same(key):
    full = nd.indexing_key_expand_implicit_axes(key, SHAPE)
    assert sum(k is not None for k in full) == len(SHAPE)
    assert nd.get_indexing_dispatch_code(full) == 0
    np.testing.assert_array_equal(host()[full], host()[key])


def test_expanding_more_than_one_ellipsis():
    with pytest.raises(IndexingError, match="Ellipsis"):
        nd.indexing_key_expand_implicit_axes((..., 0, ...), SHAPE)


def test_lists_and_arrays_make_an_index_advanced():
    for part in ([0], (0, 1), range(2), np.array([1]), nd.array([1])):
        assert nd.get_indexing_dispatch_code((0, part)) == 1
    for wrong in (1.5, "a", ..., np.array([True])):
        with pytest.raises(IndexingError):
            nd.get_indexing_dispatch_code((wrong,))


@pytest.mark.parametrize("indices", [(1,), (2, 5), (3, 2, 2)])
def test_the_shape_of_gather_nd(indices):
    found = nd.gather_nd(nd.array(host()), nd.zeros(indices)).shape
    assert found == (nd.get_oshape_of_gather_nd_op(SHAPE, indices) or (1,))
