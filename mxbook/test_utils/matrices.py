"""Random matrices with known properties, to test linear algebra with, as NumPy arrays.

Source: MXNet 1.9, `mxnet.test_utils`.
"""

from collections.abc import Callable, Sequence

import numpy as np


def new_orthonormal_matrix_2d(n: int) -> np.ndarray:
    """An (n, n) matrix whose rows, and columns, have length 1 and are perpendicular.

    >>> q = new_orthonormal_matrix_2d(3)
    >>> bool(np.allclose(q @ q.T, np.eye(3)))
    True
    """
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """A symmetric (n, n) matrix.

    >>> a = new_sym_matrix_with_real_eigvals_2d(3)
    >>> bool((a == a.T).all())
    True
    """
    a = np.random.randn(n, n)
    return (a + a.T) / 2


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """An (n, n) matrix, in general not symmetric, with real eigenvalues that are well apart.

    It is `p d p^-1` with a diagonal d, and a p that is not far from orthonormal.

    >>> bool(np.isreal(np.linalg.eigvals(new_matrix_with_real_eigvals_2d(4))).all())
    True
    """
    values = np.arange(1, n + 1) + np.random.uniform(-0.2, 0.2, n)
    shear = np.eye(n) + np.triu(np.random.uniform(-0.3, 0.3, (n, n)), 1)
    p = new_orthonormal_matrix_2d(n) @ shear
    return p @ np.diag(values) @ np.linalg.inv(p)


def new_sym_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray:
    """Symmetric matrices; the last two lengths of the shape are equal.

    >>> new_sym_matrix_with_real_eigvals_nd((2, 3, 3)).shape
    (2, 3, 3)
    """
    return _stacked(new_sym_matrix_with_real_eigvals_2d, shape)


def new_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray:
    """Matrices with real eigenvalues; the last two lengths of the shape are equal.

    >>> new_matrix_with_real_eigvals_nd((2, 3, 3)).shape
    (2, 3, 3)
    """
    return _stacked(new_matrix_with_real_eigvals_2d, shape)


def _stacked(make: Callable[[int], np.ndarray], shape: Sequence[int]) -> np.ndarray:
    *outer, n, _ = shape
    count = int(np.prod(outer, dtype="int64"))
    return np.array([make(n) for _ in range(count)]).reshape(shape)
