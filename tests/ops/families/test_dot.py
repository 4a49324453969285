"""Products: every combination of shapes and flags, and what cannot be multiplied."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import registry as F

lengths = st.integers(1, 3)
others = st.lists(lengths, max_size=2).map(tuple)
flags = st.booleans()


def array(shape, seed):
    return np.random.default_rng(seed).normal(size=shape)


@given(others, others, lengths, flags, flags)
def test_dot_sums_over_one_axis_of_each(left, right, summed, turn_a, turn_b):
    a = array((summed, *left) if turn_a else (*left, summed), 0)
    b = array((*right, summed) if turn_b else (summed, *right), 1)
    axes = (0 if turn_a else a.ndim - 1, b.ndim - 1 if turn_b else 0)
    expected = np.tensordot(a, b, axes)
    x, y = mx.nd.array(a, dtype="float64"), mx.nd.array(b, dtype="float64")
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        found = F.dot(x, y, transpose_a=turn_a, transpose_b=turn_b)
    assert found.shape == (expected.shape or (1,))
    np.testing.assert_allclose(found.asnumpy(), expected.reshape(found.shape), 1e-9, 1e-12)
    head = array(found.shape, 2)
    found.backward(mx.nd.array(head, dtype="float64"))
    # The product is linear in each factor: <gradient, factor> = <head, product> for both.
    for factor, grad in ((a, x.grad), (b, y.grad)):
        assert np.vdot(grad.asnumpy(), factor) == pytest.approx(np.vdot(head, found.asnumpy()))


@given(st.lists(lengths, min_size=1, max_size=2).map(tuple), flags, flags)
def test_batch_dot_multiplies_matrix_by_matrix(batch, turn_a, turn_b):
    a, b = array((*batch, 2, 3), 0), array((*batch, 3, 4), 1)
    x = mx.nd.array(a.swapaxes(-1, -2) if turn_a else a, dtype="float64")
    y = mx.nd.array(b.swapaxes(-1, -2) if turn_b else b, dtype="float64")
    found = F.batch_dot(x, y, transpose_a=turn_a, transpose_b=turn_b)
    np.testing.assert_allclose(found.asnumpy(), a @ b, 1e-9, 1e-12)


def test_half_precision_is_added_up_in_single_precision():
    ones = mx.nd.ones((1, 5000), dtype="float16")
    assert F.dot(ones, ones, transpose_b=True).asnumpy().tolist() == [[5000]]


@pytest.mark.parametrize(
    ("name", "lhs", "rhs"),
    [
        ("dot", (2, 3), (2, 3)),
        ("batch_dot", (2, 3), (3, 2)),
        ("batch_dot", (2, 2, 3), (1, 3, 2)),
        ("batch_dot", (2, 2, 3), (2, 2, 3)),
    ],
)
def test_what_cannot_be_multiplied(name, lhs, rhs):
    with pytest.raises(ShapeError):
        getattr(F, name)(mx.nd.zeros(lhs), mx.nd.zeros(rhs))
