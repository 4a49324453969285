"""Boolean masks, whose results have a shape that depends on values, and coordinates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, gluon
from mxbook.base.errors import DTypeError, OperationError, ParameterError, ShapeError
from mxbook.ndarray import registry as F

mask_of = mx.nd.contrib.boolean_mask
MASKS = st.lists(st.integers(-1, 1), min_size=1, max_size=6)


def rows(count, dtype="float32"):
    return mx.nd.array(np.arange(2 * count).reshape(count, 2), dtype=dtype)


@given(
    MASKS,
    st.sampled_from(["float32", "float16", "int32", "uint8"]),
    st.sampled_from(["float32", "int64", "int8"]),
)
def test_mask(mask, dtype, of_mask):
    data, index = rows(len(mask), dtype), np.array(mask, of_mask)
    found = mask_of(data, mx.nd.array(index, dtype=of_mask))
    expected = data.asnumpy()[index != 0]
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_array_equal(found.asnumpy(), expected)


@given(MASKS)
def test_the_gradient_goes_to_the_chosen_rows(mask):
    data, index = rows(len(mask)), mx.nd.array(mask)
    data.attach_grad()
    index.attach_grad()
    with autograd.record():
        found = mask_of(data * data, index) * 3
    found.backward()
    chosen = np.array(mask)[:, None] != 0
    np.testing.assert_array_equal(data.grad.asnumpy(), 6 * data.asnumpy() * chosen)
    assert not index.grad.asnumpy().any()


def test_it_waits_for_what_is_pending():
    data = mx.nd.ones((2000, 2000))
    index = (mx.nd.dot(data, data) > 0)[0]  # large: computed by a worker
    assert mask_of(data, index).shape == (2000, 2000)


def test_a_failure_before_it_is_raised_at_the_call():
    index = mx.nd.SequenceLast(  # there is no last step in a sequence of none
        mx.nd.ones((3, 2)), mx.nd.array([0, 1]), use_sequence_length=True
    )
    with pytest.raises(OperationError, match="the length 0"):
        mask_of(mx.nd.ones((2, 2)), index)


def test_results_are_written_where_they_fit():
    data, index = rows(3), mx.nd.array([0, 1, 1])
    out = mx.nd.zeros((2, 2))
    assert mask_of(data, index, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), [[2, 3], [4, 5]])
    with pytest.raises(ShapeError, match="out= does not fit"):
        mask_of(data, index, out=mx.nd.zeros((3, 2)))
    with pytest.raises(DTypeError, match="out= does not fit"):
        mask_of(data, index, out=mx.nd.zeros((2, 2), dtype="int32"))


def test_in_a_symbol_and_in_a_hybrid_block():
    chosen = mx.sym.contrib.boolean_mask(mx.sym.var("x"), mx.sym.var("m"))
    data, index = rows(3), mx.nd.array([1, 0, 1])
    found = (chosen * 2).eval(x=data, m=index)[0]
    np.testing.assert_array_equal(found.asnumpy(), [[0, 2], [8, 10]])
    assert chosen.infer_shape(x=(3, 2), m=(3,)) == (None, None, None)
    block = gluon.nn.HybridLambda(lambda F, x, m: F.contrib.boolean_mask(x, m))
    block.hybridize()
    np.testing.assert_array_equal(block(data, index).asnumpy(), [[0, 1], [4, 5]])


def test_masks_that_do_not_fit():
    for index in (mx.nd.ones(2), mx.nd.ones((3, 1))):
        with pytest.raises(ShapeError, match="one number for each part"):
            mask_of(rows(3), index)
    with pytest.raises(ParameterError, match="axis"):
        mask_of(rows(3), mx.nd.ones(2), axis=1)


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.lists(st.integers(-4, 4), min_size=1, max_size=3),
)
def test_coordinates(shape, axes):
    found = F._contrib_index_array(mx.nd.ones(shape), axes=tuple(axes)).asnumpy()
    for where in np.ndindex(*shape):
        assert found[where].tolist() == [where[axis % len(shape)] for axis in axes]
