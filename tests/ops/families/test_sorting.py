"""Order: stable in both directions, the same by sorting and by selecting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

few_values = hnp.arrays("float32", (3, 40), elements=st.integers(-3, 3).map(float))
many_values = hnp.arrays("float32", (3, 40), elements=st.floats(-9, 9, width=32))
matrices = few_values | many_values
axes = st.sampled_from([0, 1, -1, None])


def stable_order(data, axis, ascend):
    """Descending order is that of the negative numbers."""
    return np.argsort(data if ascend else -data, axis, kind="stable")


@given(matrices, axes, st.booleans())
def test_sort_and_argsort(data, axis, ascend):
    x = mx.nd.array(data)
    order = F.argsort(x, axis=axis, is_ascend=ascend, dtype="int64").asnumpy()
    np.testing.assert_array_equal(order, stable_order(data, axis, ascend))
    lines = data.reshape(-1) if axis is None else data
    expected = np.take_along_axis(lines, order, axis or 0)
    found = F.sort(x, axis=axis, is_ascend=ascend).asnumpy()
    np.testing.assert_array_equal(found, expected)


@given(matrices, axes, st.booleans(), st.integers(1, 3))
def test_topk_is_the_beginning_of_the_order(data, axis, ascend, count):
    x = mx.nd.array(data)
    lines, along = (data.reshape(-1), 0) if axis is None else (data, axis)
    order = stable_order(lines, along, ascend).take(range(count), along)
    options = {"axis": axis, "k": count, "is_ascend": ascend}
    values, positions = F.topk(x, ret_typ="both", dtype="int32", **options)
    np.testing.assert_array_equal(positions.asnumpy(), order)
    np.testing.assert_array_equal(values.asnumpy(), np.take_along_axis(lines, order, along))
    mask = np.zeros_like(lines)
    np.put_along_axis(mask, order, 1, along)
    found = F.topk(x, ret_typ="mask", **options).asnumpy()
    np.testing.assert_array_equal(found, mask.reshape(data.shape))


@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=30), st.booleans(), st.data())
def test_topk_of_any_shape(shape, ascend, data):
    """Few of many, which are selected, and all, which are sorted; with equal ones and NaN."""
    source = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = source.choice(data.draw(st.sampled_from([[0, 1, np.nan], np.arange(99)])), shape)
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    lines, along = (x.reshape(-1), 0) if axis is None else (x, axis)
    count = data.draw(st.integers(1, lines.shape[along]))
    key = np.where(np.isnan(lines), np.inf, lines)  # NaN counts as largest
    order = stable_order(key, along, ascend).take(range(count), along)
    options = {"axis": axis, "k": count, "is_ascend": ascend}
    array = mx.nd.array(x, dtype="float64")
    found = {kind: F.topk(array, ret_typ=kind, **options) for kind in ("value", "indices", "mask")}
    np.testing.assert_array_equal(found["indices"].asnumpy(), order)
    values = np.take_along_axis(lines, order, along)
    np.testing.assert_array_equal(found["value"].asnumpy(), values)
    mask = np.zeros(lines.shape)
    np.put_along_axis(mask, order, 1, along)
    np.testing.assert_array_equal(found["mask"].asnumpy(), mask.reshape(x.shape))
    both = F.topk(array, ret_typ="both", dtype="int64", **options)
    np.testing.assert_array_equal(both[0].asnumpy(), values)
    np.testing.assert_array_equal(both[1].asnumpy(), order)


@given(matrices, axes)
def test_the_gradient_goes_to_where_an_element_came_from(data, axis):
    x = mx.nd.array(data)
    x.attach_grad()
    with mx.autograd.record():
        y = F.sort(x, axis=axis)
    y.backward(y)  # each element sends its own value back
    np.testing.assert_array_equal(x.grad.asnumpy(), data)
    with mx.autograd.record():
        y = F.topk(x, axis=axis, k=2, ret_typ="value")
    y.backward()
    mask = F.topk(x, axis=axis, k=2, ret_typ="mask").asnumpy()
    np.testing.assert_array_equal(x.grad.asnumpy(), mask)


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_takes_all(k):
    assert F.topk(mx.nd.array([[3, 1, 2]]), k=k).asnumpy().tolist() == [[0, 2, 1]]


def test_nan_counts_as_largest_and_is_found_by_argmax_and_argmin():
    x = mx.nd.array([1, float("nan"), 3])
    assert F.argsort(x).asnumpy().tolist() == [0, 2, 1]
    assert F.argmax(x, axis=0).asnumpy().tolist() == [1]
    assert F.argmin(x, axis=0).asnumpy().tolist() == [1]


@given(many_values, axes, st.booleans(), st.sampled_from(["argmax", "argmin"]))
def test_positions_of_extremes(data, axis, keepdims, name):
    expected = getattr(np, name)(data, axis=axis, keepdims=keepdims)
    found = getattr(F, name)(mx.nd.array(data), axis=axis, keepdims=keepdims)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.asnumpy(), np.atleast_1d(expected))


def test_what_does_not_fit():
    x = mx.nd.array([[3, 1, 2]])
    with pytest.raises(ParameterError, match="k=4"):
        F.topk(x, k=4)
    for name in ("sort", "argsort", "topk", "argmax"):
        with pytest.raises(ShapeError):
            getattr(F, name)(x, axis=2)
