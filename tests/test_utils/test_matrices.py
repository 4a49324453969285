import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook import test_utils as tu

SIZES = st.integers(1, 6)


@given(SIZES)
def test_orthonormal(n):
    q = tu.new_orthonormal_matrix_2d(n)
    np.testing.assert_allclose(q @ q.T, np.eye(n), atol=1e-12)


@given(SIZES, st.lists(st.integers(0, 3), max_size=2))
def test_eigenvalues(n, outer):
    shape = (*outer, n, n)
    symmetric = tu.new_sym_matrix_with_real_eigvals_nd(shape)
    assert symmetric.shape == shape
    np.testing.assert_array_equal(symmetric, np.swapaxes(symmetric, -1, -2))
    matrices = tu.new_matrix_with_real_eigvals_nd(shape)
    assert matrices.shape == shape
    values = np.sort(np.linalg.eigvals(matrices), axis=-1)
    assert np.isreal(values).all()
    assert (np.abs(values - np.arange(1, n + 1)) < 0.21).all()


@given(st.floats(-5, 5), st.floats(0.1, 5))
def test_uniform(low, width):
    (a, b) = tu.random_uniform_arrays((3,), (2, 2), low=low, high=low + width, dtype="float64")
    assert ((a >= low) & (a <= low + width)).all()
    assert b.shape == (2, 2)
    assert tu.random_uniform_arrays((2,))[0].dtype == "float32"
