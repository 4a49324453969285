"""Reading and writing at positions along several axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook.base.errors import MXNetError
from mxbook.ndarray import registry as F

DATA = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)


@given(shapes, shapes, st.data())
def test_gather_nd_and_scatter_nd_of_any_shape(shape, many, data):
    spoken = data.draw(st.integers(1, len(shape)))
    source = np.random.default_rng(data.draw(st.integers(0, 99)))
    lengths = np.reshape(shape[:spoken], (-1, *(1,) * len(many)))
    index = source.integers(-lengths, lengths, (spoken, *many))
    x = source.normal(size=shape)
    a, i = mx.nd.array(x, dtype="float64"), mx.nd.array(index)
    a.attach_grad()
    with mx.autograd.record():
        found = F.gather_nd(a, i)
    assert found.shape == (x[tuple(index)].shape or (1,))
    np.testing.assert_array_equal(found.asnumpy(), x[tuple(index)])
    head = source.normal(size=found.shape)
    found.backward(mx.nd.array(head, dtype="float64"))
    expected = np.zeros_like(x)
    np.add.at(expected, tuple(index), head)
    np.testing.assert_allclose(a.grad.asnumpy(), expected, 1e-9, 1e-12)
    written = F.scatter_nd(found, i, shape=shape).asnumpy()  # equal values where places are equal
    np.testing.assert_array_equal(written[tuple(index)], x[tuple(index)])
    elsewhere = np.ones(shape, bool)
    elsewhere[tuple(index)] = False
    assert not written[elsewhere].any()


def test_gather_nd_counts_from_the_end_and_refuses_positions_outside():
    x = mx.nd.array(DATA)
    found = F.gather_nd(x, mx.nd.array([[-1, 0], [-4, 3]])).asnumpy()
    np.testing.assert_array_equal(found, DATA[[2, 0], [0, 3]])
    for wrong in (-5, 4):
        with pytest.raises(MXNetError, match="lies outside"):
            F.gather_nd(x, mx.nd.array([[0], [wrong]])).asnumpy()


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_gathering_and_scattering_undo_each_other(spoken, seed):
    places = np.random.default_rng(seed).permutation(np.prod(DATA.shape[:spoken]))
    index = mx.nd.array(np.array(np.unravel_index(places, DATA.shape[:spoken])))
    parts = F.gather_nd(mx.nd.array(DATA), index)
    assert parts.shape == (len(places), *DATA.shape[spoken:])
    whole = F.scatter_nd(parts, index, shape=DATA.shape)
    np.testing.assert_array_equal(whole.asnumpy(), DATA)


def test_what_is_gathered_twice_receives_both_gradients():
    x = mx.nd.array([[1, 2], [3, 4]])
    x.attach_grad()
    with mx.autograd.record():
        found = F.gather_nd(x, mx.nd.array([[0, 0], [1, 1]]))
    found.backward(mx.nd.array([1, 10]))
    assert x.grad.asnumpy().tolist() == [[0, 11], [0, 0]]
