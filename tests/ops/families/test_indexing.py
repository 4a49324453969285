"""Reading at positions: every mode, writers as transposes of readers, positions outside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.registry import operators

DATA = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
modes = st.sampled_from(["clip", "wrap"])
positions = st.lists(st.integers(-9, 9), min_size=1, max_size=5)


def inside(index, length, mode):
    return np.mod(index, length) if mode == "wrap" else np.clip(index, 0, length - 1)


@given(positions, st.integers(-3, 2), modes)
def test_take(index, axis, mode):
    a, i = mx.nd.array(DATA), mx.nd.array(index)
    a.attach_grad()
    with mx.autograd.record():
        found = F.take(a, i, axis=axis, mode=mode)
    expected = np.take(DATA, inside(index, DATA.shape[axis], mode), axis)
    np.testing.assert_array_equal(found.asnumpy(), expected)
    head = np.random.default_rng(1).normal(size=expected.shape).astype("float32")
    found.backward(mx.nd.array(head))
    assert np.vdot(a.grad.asnumpy(), DATA) == pytest.approx(np.vdot(head, expected), 1e-4, 1e-4)


shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)


@given(shapes, shapes, st.data())
def test_take_of_any_shape(shape, index_shape, data):
    """Also the gradient: every slice that was read receives what arrives at its copies."""
    axis = data.draw(st.integers(0, len(shape) - 1))
    source = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, index = source.normal(size=shape), source.integers(0, shape[axis], index_shape)
    a = mx.nd.array(x, dtype="float64")
    a.attach_grad()
    with mx.autograd.record():
        found = F.take(a, mx.nd.array(index), axis=axis)
    np.testing.assert_array_equal(found.asnumpy(), np.take(x, index, axis))
    head = source.normal(size=found.shape)
    found.backward(mx.nd.array(head, dtype="float64"))
    expected = np.zeros_like(x)
    before = (slice(None),) * axis
    for place in np.ndindex(index.shape):
        expected[(*before, index[place])] += head[(*before, *place)]
    np.testing.assert_allclose(a.grad.asnumpy(), expected, 1e-9, 1e-12)


@given(shapes, st.booleans(), st.data())
def test_pick_and_one_hot_of_any_shape(shape, keepdims, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    source = np.random.default_rng(data.draw(st.integers(0, 99)))
    index = source.integers(0, shape[axis], np.delete(shape, axis))
    x = source.normal(size=shape)
    expected = np.take_along_axis(x, np.expand_dims(index, axis), axis)
    expected = expected if keepdims else expected.squeeze(axis)
    i = mx.nd.array(index.reshape(index.shape or (1,)))
    found = F.pick(mx.nd.array(x, dtype="float64"), i, axis=axis, keepdims=keepdims)
    np.testing.assert_array_equal(found.asnumpy(), np.atleast_1d(expected))
    hot = F.one_hot(i, depth=shape[axis]).asnumpy()
    np.testing.assert_array_equal(hot, np.eye(shape[axis])[np.atleast_1d(index)])


def test_fractions_of_positions_are_cut_off():
    found = F.take(mx.nd.array([10, 20, 30]), mx.nd.array([0.9, 1.9, -0.5]))
    assert found.asnumpy().tolist() == [10, 20, 10]


@pytest.mark.parametrize("wrong", [-1, 3])
def test_positions_outside_are_an_error_when_asked_for(wrong):
    with pytest.raises(MXNetError, match=f"position {wrong} lies outside"):
        F.take(mx.nd.array(DATA), mx.nd.array([0, wrong]), mode="raise").asnumpy()
    with pytest.raises(MXNetError, match="lies outside"):
        old, new = mx.nd.zeros((3, 2)), mx.nd.ones((1, 2))
        F._contrib_index_copy(old, mx.nd.array([wrong]), new).asnumpy()


@given(st.integers(0, 2), st.booleans(), st.booleans(), modes, st.integers(0, 2**32 - 1))
def test_pick(axis, keepdims, kept, mode, seed):
    shape = tuple(1 if i == axis else n for i, n in enumerate(DATA.shape))
    index = np.random.default_rng(seed).integers(-6, 6, shape)
    chosen = inside(index, DATA.shape[axis], mode)
    expected = np.take_along_axis(DATA, chosen, axis)
    x = mx.nd.array(DATA)
    x.attach_grad()
    with mx.autograd.record():
        found = F.pick(
            x,
            mx.nd.array(index if kept else index.squeeze(axis)),
            axis=axis,
            keepdims=keepdims,
            mode=mode,
        )
    np.testing.assert_array_equal(found.asnumpy(), expected if keepdims else expected.squeeze(axis))
    found.backward()
    ones = np.zeros_like(DATA)
    np.put_along_axis(ones, chosen, 1, axis)
    np.testing.assert_array_equal(x.grad.asnumpy(), ones)


@pytest.mark.parametrize("index", [(2,), (4,), (3, 4, 2), (1, 3)])
def test_pick_needs_a_position_for_each_line(index):
    with pytest.raises(ShapeError):
        F.pick(mx.nd.zeros((3, 4)), mx.nd.zeros(index))
    with pytest.raises(ParameterError, match="axis"):
        F.pick(mx.nd.zeros((3, 4)), mx.nd.zeros((3,)), axis=None)


@given(positions, st.sampled_from(["float32", "int32", "uint8", "float16"]))
def test_one_hot(index, dtype):
    found = F.one_hot(mx.nd.array(index), depth=4, on_value=2, off_value=1, dtype=dtype)
    expected = np.where(np.array(index)[:, None] == np.arange(4), 2, 1)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found.asnumpy(), expected)


def test_the_table_of_an_embedding_is_inferred():
    op = operators["Embedding"]
    p = op.values({"input_dim": 10, "output_dim": 3})
    assert op.shape_rule(p, (2, 5), None) == ([(2, 5), (10, 3)], [(2, 5, 3)])
    with pytest.raises(ShapeError):
        op.shape_rule(p, (2, 5), (9, 3))


@given(st.booleans())
def test_where_takes_rows_or_elements(rows):
    condition = np.array([1, 0, -2]) if rows else DATA > 0
    wide = condition.reshape(3, 1, 1) if rows else condition
    x, y = mx.nd.array(DATA), mx.nd.array(-DATA)
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        found = F.where(mx.nd.array(condition), x, y)
    found.backward()
    np.testing.assert_array_equal(found.asnumpy(), np.where(wide, DATA, -DATA))
    np.testing.assert_array_equal(x.grad.asnumpy(), np.broadcast_to(wide != 0, DATA.shape))
    np.testing.assert_array_equal(y.grad.asnumpy(), np.broadcast_to(wide == 0, DATA.shape))


def test_a_condition_that_does_not_fit():
    with pytest.raises(ShapeError):
        F.where(mx.nd.zeros((3, 1)), mx.nd.zeros((3, 2)), mx.nd.zeros((3, 2)))


def test_half_precision_gradients_are_added_up_in_single_precision():
    table = mx.nd.zeros((1, 1), dtype="float16")
    table.attach_grad()
    with mx.autograd.record():
        rows = F.Embedding(mx.nd.zeros((5000,)), table, input_dim=1, output_dim=1)
    rows.backward()
    assert table.grad.asnumpy().tolist() == [[5000]]
