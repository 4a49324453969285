"""Matrices as products of simpler ones: Cholesky, LQ, and eigenvectors with eigenvalues."""

import numpy as np

from mxbook.base.errors import MXNetError, ShapeError
from mxbook.ops.kernels import linalg as algorithms
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .solving import SOLVABLE, TWO, square_cost, square_shape
from .triangle import linalg, matrices, mirrored, real_type, squares, turned

SYMMETRIC = "the gradient is that for symmetric matrices, of which one triangle is read"


@linalg("potrf", shape=forward(square_shape), cost=square_cost)
def potrf(k, _p, A):
    """The Cholesky factor of each matrix: the lower triangular L with `L L^T = A`.

    `(..., n, n)` gives `(..., n, n)`.  The matrices are symmetric and positive definite; only their
    lower triangles are read, and the gradient is symmetric.

    Errors: MXNetError where a matrix is not positive definite.
    Source: MXNet 1.6, `mx.nd.linalg.potrf`.
    """
    try:
        found = k.xp.linalg.cholesky(A)
    except np.linalg.LinAlgError:  # CuPy does not raise it
        raise _not_definite() from None
    if bool((k.xp.diagonal(found, 0, -2, -1) <= 0).any()):
        raise _not_definite()
    return found


def _not_definite():
    return MXNetError(
        "a matrix is not positive definite",
        rule="symmetric, and x^T A x > 0 for all x but 0",
        hint="rounding can be the reason: add a small number to the diagonal",
    )


@potrf.gradient("A")
def _(F, p, dy, out, A_shape):
    inner = mirrored(F, F._linalg_gemm2(out, dy, transpose_a=True), A_shape)
    left = F._linalg_trsm(out, inner, transpose=True)
    return F._linalg_trsm(out, left, rightside=True, alpha=0.5)


DEFINITE = SOLVABLE @ SOLVABLE.T
potrf.example(DEFINITE).gives(np.linalg.cholesky).not_smooth(SYMMETRIC)
potrf.example(np.stack([DEFINITE, np.eye(3)]).astype("float32")).gives(
    np.linalg.cholesky
).not_smooth(SYMMETRIC)
potrf.example(np.triu(np.ones((2, 2)) * 7, 1) + np.eye(2)).gives(lambda a: np.eye(2)).not_smooth(
    SYMMETRIC
)


@linalg("gelqf", outputs=("output0", "output1"), cost=square_cost)
def gelqf(k, _p, A):
    """The LQ factorization of matrices that are not higher than wide: two results, Q and L.

    `A = L Q`; the rows of Q are orthonormal, L is lower triangular.  `(..., m, n)` with `m <= n`
    gives Q of shape `(..., m, n)` and L of shape `(..., m, m)`.

    Errors: ShapeError where there are more rows than columns.
    Source: MXNet 1.6, `mx.nd.linalg.gelqf`.
    """
    q, r = k.xp.linalg.qr(algorithms.turned(A))
    return [k.xp.ascontiguousarray(algorithms.turned(x)) for x in (q, r)]


@gelqf.shapes
@forward
def _(p, A):
    m, n = matrices(A)
    if m > n:
        raise ShapeError(f"{m} rows and {n} columns", rule="at least as many columns as rows")
    return [A, (*A[:-1], m)]


@gelqf.gradient("A", ("dys", "output0", "output1", "output1_shape"))
def _(F, p, dys, Q, L, L_shape):
    dq, dl = dys
    inner = [] if dl is None else [F._linalg_gemm2(L, dl, transpose_a=True)]
    inner += [] if dq is None else [F._linalg_gemm2(dq, Q, transpose_b=True, alpha=-1.0)]
    if not inner:
        return None
    found = F._linalg_gemm2(mirrored(F, sum(inner[1:], inner[0]), L_shape), Q)
    return F._linalg_trsm(L, found if dq is None else found + dq, transpose=True)


def _lq(a):
    q, r = np.linalg.qr(a.swapaxes(-1, -2))
    return [q.swapaxes(-1, -2), r.swapaxes(-1, -2)]


gelqf.example(SOLVABLE[:2]).gives(_lq)
gelqf.example(SOLVABLE).gives(_lq)
gelqf.example(TWO[:, :2].astype("float32")).gives(_lq)


@operator("_reciprocal_gaps", type=real_type)
def reciprocal_gaps(k, _p, values):
    """`1 / (values[i] - values[j])`, and 0 for i = j; for ascending values.

    Equal neighbours count as a tiny step apart.  `(..., n)` gives `(..., n, n)`.
    """
    xp = k.xp
    places = xp.arange(values.shape[-1])
    side = xp.sign(places[:, None] - places)
    tiny = 1e-100 if values.dtype.itemsize == 8 else 1e-30
    gaps = xp.maximum(xp.abs(values[..., :, None] - values[..., None, :]), tiny)
    return (side / gaps).astype(values.dtype)


reciprocal_gaps.shapes(forward(lambda p, values: (*values, values[-1])))


@reciprocal_gaps.gradient("values")
def _(F, p, dy, out, values_shape):
    change = dy * out * out
    axis = len(values_shape)
    return F.sum(change, axis=axis - 1) - F.sum(change, axis=axis)


reciprocal_gaps.example([-1.0, 0.5, 2.0]).gives(
    lambda v: np.array([[0, -1 / 1.5, -1 / 3], [1 / 1.5, 0, -1 / 1.5], [1 / 3, 1 / 1.5, 0]])
)


@linalg("syevd", alias=False, outputs=("output0", "output1"), cost=square_cost)
def syevd(k, _p, A):
    """Eigenvectors and eigenvalues of symmetric matrices: two results, U and Lambda.

    `A = U^T diag(Lambda) U`: the rows of U are the eigenvectors, orthonormal, each with the sign
    that makes its largest element positive; the eigenvalues ascend.  `(..., n, n)` gives U of shape
    `(..., n, n)` and Lambda of shape `(..., n)`.  Only the lower triangles are read, and the
    gradient is symmetric; where two eigenvalues are equal that of U is huge.

    Source: MXNet 1.6, `mx.nd.linalg.syevd`.
    """
    values, vectors = k.xp.linalg.eigh(A, "L")
    rows = algorithms.eigenvectors_as_rows(k.xp, vectors)
    return [k.xp.ascontiguousarray(rows), values]


@syevd.shapes
@forward
def _(p, A):
    squares(A)
    return [A, A[:-1]]


@syevd.gradient("A", ("dys", "output0", "output1", "output0_shape"))
def _(F, p, dys, U, values, shape):
    du, dvalues = dys
    if du is None and dvalues is None:
        return None
    inner = None if dvalues is None else F._linalg_makediag(dvalues)
    if du is not None:
        moved = F._linalg_gemm2(du, U, transpose_b=True, alpha=0.5)
        turn = (moved - turned(F, moved, shape)) * F._reciprocal_gaps(values)
        inner = turn if inner is None else inner + turn
    return F._linalg_gemm2(F._linalg_gemm2(U, inner, transpose_a=True), U)


def _eigen(a):
    values, vectors = np.linalg.eigh(a)
    rows = vectors.swapaxes(-1, -2)
    largest = np.take_along_axis(rows, np.abs(rows).argmax(-1)[..., None], -1)
    return [rows * np.sign(largest), values]


syevd.example(DEFINITE).gives(_eigen).not_smooth(SYMMETRIC)
syevd.example(np.stack([DEFINITE, SOLVABLE + SOLVABLE.T]).astype("float32")).gives(
    _eigen
).not_smooth(SYMMETRIC)
