"""Products of matrices with all their flags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ShapeError

linalg = mx.nd.linalg
lengths = st.integers(1, 3)
batches = st.lists(lengths, max_size=2).map(tuple)
flags = st.booleans()
factors = st.sampled_from([1.0, -0.5, 0.0])


def numbers(shape, seed):
    return np.random.default_rng(seed).normal(size=shape)


def nd(x):
    return mx.nd.array(x, dtype="float64")


def turned(x, flag):
    return x.swapaxes(-1, -2) if flag else x


@given(st.data(), batches, st.tuples(lengths, lengths, lengths), flags, flags, factors, factors)
def test_gemm(data, batch, sizes, turn_a, turn_b, alpha, beta):
    m, inner, n = sizes
    a, b, c = (
        numbers((*batch, m, inner), 0),
        numbers((*batch, inner, n), 1),
        numbers((*batch, m, n), 2),
    )
    axis = data.draw(st.integers(0, len(batch)))
    counted = data.draw(st.sampled_from([axis, axis - len(batch) - 2]))
    placed = [np.moveaxis(x, -2, axis) for x in (turned(a, turn_a), turned(b, turn_b), c)]
    options = {"transpose_a": turn_a, "transpose_b": turn_b, "alpha": alpha, "axis": counted}
    product, third = np.moveaxis(alpha * a @ b, -2, axis), placed.pop()
    found = linalg.gemm2(*map(nd, placed), **options).asnumpy()
    np.testing.assert_allclose(found, product, 1e-9, 1e-12)
    found = linalg.gemm(*map(nd, placed), nd(third), beta=beta, **options).asnumpy()
    np.testing.assert_allclose(found, product + beta * third, 1e-9, 1e-12)


def test_with_a_factor_of_zero_nothing_is_read():
    hole = mx.nd.array([[np.nan]])
    one = mx.nd.ones((1, 1))
    assert linalg.gemm2(hole, one, alpha=0).asscalar() == 0
    assert linalg.gemm(one, one, hole, beta=0).asscalar() == 1
    assert linalg.trmm(one, hole, alpha=0).asscalar() == 0


@given(batches, lengths, lengths, flags, factors)
def test_syrk(batch, m, n, transpose, alpha):
    a = numbers((*batch, m, n), 0)
    found = linalg.syrk(nd(a), transpose=transpose, alpha=alpha).asnumpy()
    left = turned(a, transpose)
    np.testing.assert_allclose(found, alpha * left @ turned(left, True), 1e-9, 1e-12)


@given(batches, lengths, lengths, flags, flags, flags)
def test_trmm_reads_one_triangle(batch, n, m, transpose, rightside, lower):
    a = numbers((*batch, n, n), 0)
    b = numbers((*batch, m, n) if rightside else (*batch, n, m), 1)
    side = np.tril if lower else np.triu
    unread = np.where(side(np.ones((n, n))), a, np.nan)
    options = {"transpose": transpose, "rightside": rightside, "lower": lower}
    found = linalg.trmm(nd(unread), nd(b), **options).asnumpy()
    t = turned(side(a), transpose)
    np.testing.assert_allclose(found, b @ t if rightside else t @ b, 1e-9, 1e-12)


@given(st.lists(lengths, min_size=1, max_size=3), lengths)
def test_khatri_rao_is_kronecker_by_columns(rows, columns):
    parts = [numbers((r, columns), i) for i, r in enumerate(rows)]
    found = mx.nd.khatri_rao(*map(nd, parts)).asnumpy()
    for c in range(columns):
        expected = np.ones(1)
        for part in parts:
            expected = np.kron(expected, part[:, c])
        np.testing.assert_allclose(found[:, c], expected)


@pytest.mark.parametrize(
    ("name", "shapes", "options"),
    [
        ("gemm2", [(2, 3), (2, 3)], {}),
        ("gemm2", [(3,), (3,)], {}),
        ("gemm2", [(2, 2, 3), (3, 2)], {}),
        ("gemm2", [(2, 3, 3), (1, 3, 3)], {}),
        ("gemm2", [(3, 3), (3, 3)], {"axis": -1}),
        ("gemm", [(2, 3), (3, 4), (1, 4)], {}),
        ("syrk", [(3,)], {}),
        ("trmm", [(2, 3), (3, 2)], {}),
        ("trmm", [(3, 3), (2, 3)], {}),
        ("trsm", [(3, 3), (3, 2)], {"rightside": True}),
        ("trsm", [(2, 3, 3), (3, 3)], {}),
    ],
)
def test_what_does_not_fit(name, shapes, options):
    with pytest.raises(ShapeError):
        getattr(linalg, name)(*map(mx.nd.ones, shapes), **options)


def test_khatri_rao_needs_as_many_columns():
    with pytest.raises(ShapeError):
        mx.nd.khatri_rao(mx.nd.ones((2, 3)), mx.nd.ones((2, 2)))
