"""Linear algebra that the array libraries lack."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops.kernels.linalg import eigenvectors_as_rows, inverse, solve_triangular

sizes = st.integers(1, 9)


@given(sizes, sizes, st.booleans(), st.sampled_from([(), (2,), (2, 1)]))
def test_triangular_systems_need_one_triangle(n, m, lower, batch):
    source = np.random.default_rng([n, m])
    a = source.uniform(-1, 1, (*batch, n, n)) + n * np.eye(n)
    b = source.uniform(-1, 1, (*batch, n, m))
    side = np.tril if lower else np.triu
    unread = np.where(side(np.ones((n, n))), a, np.nan)
    expected = np.linalg.solve(side(a), b)
    np.testing.assert_allclose(solve_triangular(np, unread, b, lower), expected, 1e-9, 1e-12)


def test_the_inverse_of_some():
    a = np.stack([2 * np.eye(2), np.ones((2, 2))])
    found, singular = inverse(np, a)
    assert singular.tolist() == [False, True]
    np.testing.assert_allclose(found, [np.eye(2) / 2, np.zeros((2, 2))])


def test_the_largest_element_of_an_eigenvector_is_positive():
    rows = eigenvectors_as_rows(np, np.array([[0.6, -0.8], [-0.8, 0.6]]))
    np.testing.assert_array_equal(rows, [[-0.6, 0.8], [0.8, -0.6]])
