"""Sequences of different lengths: what is behind the ends is hidden, skipped, or left in place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import OperationError, ParameterError, ShapeError
from mxbook.ndarray import registry as F

TYPES = st.sampled_from(["float16", "float32", "float64", "int32", "int8"])


@st.composite
def batches(draw, shortest=0):
    """Data (steps, examples, ...) without zeros, and a length for each example."""
    steps, examples = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    shape = (steps, examples, *draw(st.sampled_from([(), (2,), (2, 1)])))
    lengths = draw(st.lists(st.integers(shortest, steps), min_size=examples, max_size=examples))
    return (np.arange(np.prod(shape)).reshape(shape) + 1).astype(draw(TYPES)), lengths


def time_on(axis, data):
    return mx.nd.array(data.swapaxes(0, axis), dtype=data.dtype)


def counts(lengths, dtype="float32"):
    return {"sequence_length": mx.nd.array(lengths, dtype=dtype), "use_sequence_length": True}


@given(batches(), st.sampled_from([0, 1]), TYPES, st.integers(-3, 3))
def test_mask(batch, axis, dtype, value):
    data, lengths = batch
    found = F.SequenceMask(
        time_on(axis, data), **counts(lengths, dtype), axis=axis, value=value
    ).asnumpy()
    assert found.dtype == data.dtype
    for i, n in enumerate(lengths):
        example = found.swapaxes(0, axis)[:, i]
        np.testing.assert_array_equal(example[:n], data[:n, i])
        assert (example[n:] == value).all()


def test_mask_takes_any_length_and_cuts_fractions_off():
    data = mx.nd.ones((3, 4))
    found = F.SequenceMask(data, **counts([-2, 0.9, 1.9, 7]))
    np.testing.assert_array_equal(found.asnumpy().sum(0), [0, 0, 1, 3])


def test_mask_hides_what_is_not_a_number():
    data = mx.nd.array([[1], [np.nan]])
    data.attach_grad()
    with mx.autograd.record():
        found = F.SequenceMask(data, **counts([1]))
    found.backward(mx.nd.array([[1], [np.inf]]))
    np.testing.assert_array_equal(found.asnumpy(), [[1], [0]])
    np.testing.assert_array_equal(data.grad.asnumpy(), [[1], [0]])


@given(batches(shortest=1), st.sampled_from([0, 1]), TYPES)
def test_last(batch, axis, dtype):
    data, lengths = batch
    found = F.SequenceLast(time_on(axis, data), **counts(lengths, dtype), axis=axis)
    assert found.dtype == data.dtype
    np.testing.assert_array_equal(
        found.asnumpy(), np.stack([data[n - 1, i] for i, n in enumerate(lengths)])
    )


@given(batches(), TYPES)
def test_reverse(batch, dtype):
    data, lengths = batch
    found = F.SequenceReverse(mx.nd.array(data, dtype=data.dtype), **counts(lengths, dtype))
    for i, n in enumerate(lengths):
        np.testing.assert_array_equal(found.asnumpy()[:n, i], data[:n, i][::-1])
        np.testing.assert_array_equal(found.asnumpy()[n:, i], data[n:, i])
    twice = F.SequenceReverse(found, **counts(lengths))
    np.testing.assert_array_equal(twice.asnumpy(), data)


@given(batches())
def test_without_lengths_all_steps_count(batch):
    data, _ = batch
    array = mx.nd.array(data, dtype=data.dtype)
    for name in ("SequenceMask", "SequenceLast", "SequenceReverse"):
        full = counts([len(data)] * data.shape[1])
        np.testing.assert_array_equal(
            getattr(F, name)(array).asnumpy(), getattr(F, name)(array, **full).asnumpy()
        )


@pytest.mark.parametrize(
    ("name", "length"),
    [("SequenceLast", 0), ("SequenceLast", 4), ("SequenceReverse", -1), ("SequenceReverse", 4)],
)
def test_impossible_lengths(name, length):
    with pytest.raises(OperationError, match=f"the length {length}"):
        getattr(F, name)(mx.nd.ones((3, 2)), **counts([1, length])).asnumpy()


@pytest.mark.parametrize("name", ["SequenceMask", "SequenceLast", "SequenceReverse"])
def test_what_does_not_fit(name):
    function = getattr(F, name)
    with pytest.raises(ShapeError, match="differ"):
        function(mx.nd.ones((3, 2)), **counts([1, 2, 3]))
    with pytest.raises(ShapeError, match="axis of examples"):
        function(mx.nd.ones(3))
    with pytest.raises(ParameterError, match="1 input"):
        function(mx.nd.ones((3, 2)), mx.nd.ones(2))
    with pytest.raises(ParameterError, match="axis"):
        function(mx.nd.ones((3, 2)), axis=2)


def test_reverse_knows_only_the_first_axis():
    with pytest.raises(ParameterError, match="axis"):
        F.SequenceReverse(mx.nd.ones((3, 2)), axis=1)


@pytest.mark.parametrize("name", ["SequenceMask", "SequenceLast", "SequenceReverse"])
def test_as_a_symbol_the_lengths_follow_from_the_data(name):
    node = getattr(mx.sym, name)(mx.sym.var("x"), use_sequence_length=True, name="node")
    assert node.list_arguments() == ["x", "node_sequence_length"]
    assert node.infer_shape(x=(4, 3, 2))[0] == [(4, 3, 2), (3,)]
    assert node.infer_type(x="float64")[0] == [np.float64, np.float64]
    assert getattr(mx.sym, name)(mx.sym.var("x")).list_arguments() == ["x"]
