"""Cholesky, LQ and eigenvectors: the factors are of their kind and give the matrix back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import OperationError, ShapeError
from mxbook.testing import check_gradient

linalg = mx.nd.linalg
batches = st.sampled_from([(), (2,), (1, 2)])
sizes = st.integers(1, 4)


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def nd(x):
    return mx.nd.array(x, dtype="float64")


def symmetric(x):
    """Positive definite matrices from any, so that derivatives can be compared with differences."""
    return linalg.syrk(x) + mx.nd.eye(x.shape[-1], dtype="float64")


@given(batches, sizes)
def test_potrf(batch, n):
    a = symmetric(nd(numbers((n, n)))).asnumpy()
    unread = np.where(np.tril(np.ones((n, n))), a, np.nan)
    factor = linalg.potrf(nd(np.broadcast_to(unread, (*batch, n, n)))).asnumpy()
    np.testing.assert_array_equal(factor, np.tril(factor))
    np.testing.assert_allclose(factor @ factor.swapaxes(-1, -2) - a, 0, atol=1e-12)


def test_potrf_derivatives():
    check_gradient(lambda x: linalg.potrf(symmetric(x)), numbers((3, 3)), order=2)


@pytest.mark.parametrize("matrix", [[[1, 2], [2, 1]], [[0]], [[-1]]])
def test_not_positive_definite(matrix):
    with pytest.raises(OperationError, match="positive definite"):
        linalg.potrf(mx.nd.array(matrix)).asnumpy()


@given(batches, sizes, st.integers(0, 2))
def test_gelqf(batch, m, more):
    a = numbers((*batch, m, m + more))
    q, lower = (x.asnumpy() for x in linalg.gelqf(nd(a)))
    np.testing.assert_array_equal(lower, np.tril(lower))
    np.testing.assert_allclose(lower @ q, a, atol=1e-12)
    np.testing.assert_allclose(q @ q.swapaxes(-1, -2) - np.eye(m), 0, atol=1e-12)


def test_gelqf_of_a_high_matrix():
    with pytest.raises(ShapeError, match="3 rows and 2 columns"):
        linalg.gelqf(mx.nd.ones((3, 2)))


@given(batches, sizes)
def test_syevd(batch, n):
    a = numbers((*batch, n, n))
    u, values = (x.asnumpy() for x in linalg.syevd(nd(a)))
    assert (np.diff(values) >= 0).all()
    largest = np.take_along_axis(u, np.abs(u).argmax(-1)[..., None], -1)
    assert (largest > 0).all()
    np.testing.assert_allclose(u @ u.swapaxes(-1, -2) - np.eye(n), 0, atol=1e-12)
    read = np.tril(a) + np.tril(a, -1).swapaxes(-1, -2)
    np.testing.assert_allclose(u.swapaxes(-1, -2) @ (values[..., None] * u), read, atol=1e-12)


@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_syevd_derivatives(which):
    check_gradient(
        lambda x: [linalg.syevd(symmetric(x))[i] for i in which], numbers((3, 3)), order=2
    )


def test_equal_eigenvalues_have_a_finite_gradient():
    x = nd(np.eye(2))
    x.attach_grad()
    with mx.autograd.record():
        u, values = linalg.syevd(x)
    mx.autograd.backward([u, values], [nd([[0, 1], [2, 0]]), nd([3, 4])])
    np.testing.assert_allclose(x.grad.asnumpy(), [[3, 0.5e100], [0.5e100, 4]])
