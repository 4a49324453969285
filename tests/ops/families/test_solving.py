"""Triangular systems, inverses and determinants."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import OperationError, ShapeError

linalg = mx.nd.linalg
batches = st.sampled_from([(), (2,), (1, 2)])
sizes = st.integers(1, 4)
flags = st.booleans()


def matrices(batch, n, seed=0):
    """Matrices that are far from having no inverse."""
    far = np.random.default_rng(seed).uniform(-1, 1, (*batch, n, n)) + 2 * n * np.eye(n)
    return mx.nd.array(far, dtype="float64")


@given(batches, sizes, sizes, flags, flags, flags)
def test_trsm_undoes_trmm(batch, n, m, transpose, rightside, lower):
    a = matrices(batch, n)
    b = np.random.default_rng(1).normal(size=(*batch, m, n) if rightside else (*batch, n, m))
    options = {"transpose": transpose, "rightside": rightside, "lower": lower}
    x = linalg.trsm(a, mx.nd.array(b, dtype="float64"), alpha=2, **options)
    np.testing.assert_allclose(linalg.trmm(a, x, alpha=0.5, **options).asnumpy(), b, 1e-9, 1e-12)


def test_trsm_by_zero_is_infinite():
    found = linalg.trsm(mx.nd.array([[0, 5], [1, 0]]), mx.nd.ones((2, 1)))
    assert found.asnumpy().tolist() == [[np.inf], [-np.inf]]


@given(batches, sizes)
def test_inverse_and_potri(batch, n):
    a = matrices(batch, n)
    one = np.broadcast_to(np.eye(n), a.shape)
    product = linalg.gemm2(linalg.inverse(a), a)
    np.testing.assert_allclose(product.asnumpy(), one, atol=1e-12)
    lower = np.tril(a.asnumpy())
    square = mx.nd.array(lower @ lower.swapaxes(-1, -2), dtype="float64")
    product = linalg.gemm2(linalg.potri(a), square)
    np.testing.assert_allclose(product.asnumpy(), one, atol=1e-12)


@given(batches, sizes)
def test_determinants(batch, n):
    a, b = matrices(batch, n, 0), -matrices(batch, n, 1)
    whole = linalg.det(linalg.gemm2(a, b)).asnumpy()
    assert whole.shape == (batch or (1,))
    np.testing.assert_allclose(linalg.det(a).asnumpy() * linalg.det(b).asnumpy(), whole)
    sign, log = linalg.slogdet(b)
    assert (sign.asnumpy() == (-1) ** n).all()
    np.testing.assert_allclose((sign * log.exp()).asnumpy(), linalg.det(b).asnumpy())


def test_a_determinant_of_zero():
    x = mx.nd.ones((2, 2))
    x.attach_grad()
    with mx.autograd.record():
        det = linalg.det(x)
        sign, log = linalg.slogdet(x)
    assert (det.asscalar(), sign.asscalar(), log.asscalar()) == (0, 0, -np.inf)
    mx.autograd.backward([det, log])
    assert not x.grad.asnumpy().any()


@pytest.mark.parametrize(
    ("name", "matrix", "words"),
    [
        ("inverse", np.ones((2, 2)), "no inverse"),
        ("inverse", np.stack([np.eye(2), np.zeros((2, 2))]), "no inverse"),
        ("potri", np.array([[1, 0], [1, 0]]), "zero on its diagonal"),
    ],
)
def test_no_solution(name, matrix, words):
    with pytest.raises(OperationError, match=words):
        getattr(linalg, name)(mx.nd.array(matrix)).asnumpy()


@pytest.mark.parametrize("name", ["inverse", "potri", "det", "slogdet", "potrf", "syevd"])
def test_squares_only(name):
    with pytest.raises(ShapeError, match="2 rows and 3 columns"):
        getattr(linalg, name)(mx.nd.ones((2, 3)))
