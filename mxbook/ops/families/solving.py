"""Systems of linear equations: triangular ones, inverses, determinants."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import MXNetError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels import linalg as algorithms
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .matrix import ALPHA, SIDES, beside_triangle, gradient_of_triangle, triangle_cost
from .shape import copied
from .triangle import linalg, one_each, real_type, squares, turned


def square_shape(_p: Any, A: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the input, which holds square matrices."""
    squares(A)
    return A


def square_cost(_p: Any, ins: list, _outs: list) -> int:
    """The work of a factorization or an inverse."""
    return rules.matrix_cost(shapes.size(ins[0][:-1]), ins[0][-1], ins[0][-1])


@linalg("trsm", *SIDES, ALPHA, cost=triangle_cost)
def trsm(k, p, A, B, *, out=None):
    """Solves systems with triangular matrices: `op(A) X = alpha B`, with `rightside`
    `X op(A) = alpha B`.

    A has the shape `(..., n, n)`, B and the result X `(..., n, m)`, with `rightside` `(..., m, n)`.
    `op` transposes if wanted.  A zero on the diagonal gives infinite or undefined numbers.

    Errors: ShapeError where A and B do not fit.  Source: MXNet 1.6, `mx.nd.linalg.trsm`.
    """
    flip = p.transpose != p.rightside  # X A = B is A^T X^T = B^T
    a = algorithms.turned(A) if flip else A
    b = algorithms.turned(B) if p.rightside else B
    b = b if p.alpha == 1 else b * p.alpha
    x = algorithms.solve_triangular(k.xp, a, b, p.lower != flip)
    return copied(k, algorithms.turned(x) if p.rightside else x, out)


trsm.shapes(forward(beside_triangle))


def _solved(F, p, dy, A, alpha):
    options = {"rightside": p.rightside, "lower": p.lower, "alpha": alpha}
    return F._linalg_trsm(A, dy, transpose=not p.transpose, **options)


@trsm.gradient("A")
def _(F, p, dy, A, out):
    return gradient_of_triangle(F, p, _solved(F, p, dy, A, 1.0), out, -1.0)


@trsm.gradient("B")
def _(F, p, dy, A):
    return _solved(F, p, dy, A, p.alpha)


# Matrices that are far from having no inverse, with numbers in both triangles.
SOLVABLE = np.array([[1.5, 0.3, -0.6], [0.4, 2.0, 0.7], [-0.5, 0.2, 1.2]])
TWO = np.stack([SOLVABLE, SOLVABLE.T @ SOLVABLE + 0.1])

trsm.example(SOLVABLE.astype("float32"), (3, 2), alpha=2.0).gives(
    lambda a, b: np.linalg.solve(np.tril(a), 2 * b)
)
trsm.example(TWO, In((2, 3, 2), dtype="float64"), transpose=True, lower=False).gives(
    lambda a, b: np.linalg.solve(np.triu(a).swapaxes(1, 2), b)
)
trsm.example(SOLVABLE, In((2, 3), dtype="float64"), rightside=True, lower=False).gives(
    lambda a, b: b @ np.linalg.inv(np.triu(a))
)
trsm.example(
    SOLVABLE, In((2, 3), dtype="float64"), rightside=True, transpose=True, alpha=-1.0
).gives(lambda a, b: -b @ np.linalg.inv(np.tril(a).T))


@linalg("potri", shape=forward(square_shape), cost=square_cost)
def potri(k, _p, A):
    """The inverse of a matrix from its Cholesky factor: `(L L^T)^-1` for L in the lower triangle.

    `(..., n, n)` gives `(..., n, n)`; the upper triangle of A is not read.

    Errors: MXNetError where a diagonal has a zero.  Source: MXNet 1.6, `mx.nd.linalg.potri`.
    """
    if bool((k.xp.diagonal(A, 0, -2, -1) == 0).any()):
        raise MXNetError(
            "a factor has a zero on its diagonal",
            rule="the factor of a positive definite matrix, as potrf gives it",
        )
    one = k.xp.broadcast_to(k.xp.eye(A.shape[-1], dtype=A.dtype), A.shape)
    inverse = algorithms.solve_triangular(k.xp, A, one, True)
    return k.xp.matmul(algorithms.turned(inverse), inverse)


@potri.gradient("A")
def _(F, p, dy, A, out):
    both = F._linalg_gemm2(out, dy) + F._linalg_gemm2(out, dy, transpose_b=True)
    return F._triangle(F._linalg_trsm(A, both, transpose=True, rightside=True, alpha=-1.0))


def _from_factor(a):
    lower = np.tril(a)
    return np.linalg.inv(lower @ lower.swapaxes(-1, -2))


potri.example(SOLVABLE).gives(_from_factor)
potri.example(TWO.astype("float32")).gives(_from_factor)


@linalg("inverse", shape=forward(square_shape), cost=square_cost)
def inverse(k, _p, A):
    """The inverse of each matrix: `A A^-1` is the identity.

    `(..., n, n)` gives `(..., n, n)`.

    Errors: MXNetError where a matrix has no inverse.  Source: MXNet 1.6, `mx.nd.linalg.inverse`.
    """
    found, singular = algorithms.inverse(k.xp, A)
    if bool(singular.any()):
        raise MXNetError("a matrix has no inverse", rule="its determinant is not 0")
    return found


@operator("_inverse_or_zero", type=real_type, shape=forward(square_shape), cost=square_cost)
def inverse_or_zero(k, _p, A):
    """The inverse of each matrix, zeros for a matrix that has none; for gradients."""
    return algorithms.inverse(k.xp, A)[0]


@inverse.gradient("A")
@inverse_or_zero.gradient("A")
def _(F, p, dy, out):
    return F._linalg_gemm2(
        F._linalg_gemm2(out, dy, transpose_a=True, alpha=-1.0), out, transpose_b=True
    )


inverse.example(SOLVABLE).gives(np.linalg.inv)
inverse.example(TWO.astype("float32")).gives(np.linalg.inv)
inverse_or_zero.example(SOLVABLE).gives(np.linalg.inv)
inverse_or_zero.example(np.stack([SOLVABLE, np.ones((3, 3))])).gives(
    lambda a: np.stack([np.linalg.inv(a[0]), np.zeros((3, 3))])
).not_smooth("no inverse")


def _one_number(p, A):
    squares(A)
    return one_each(A)


@linalg("det", shape=forward(_one_number), cost=square_cost)
def det(k, _p, A):
    """The determinant of each matrix: `(..., n, n)` gives `(...)`, one matrix `(1,)`.

    The gradient is `det A^-T`, and 0 where the determinant is 0.
    Source: MXNet 1.6, `mx.nd.linalg.det`.
    """
    return k.xp.linalg.det(A).reshape(one_each(A.shape))


def _along_inverse(F, weight, A, shape):
    """The transposed inverse of each matrix times a number."""
    weight = F._np_reshape(weight, newshape=(*shape[:-2], 1, 1))
    return F.broadcast_mul(turned(F, F._inverse_or_zero(A), shape), weight)


@det.gradient("A")
def _(F, p, dy, A, out, A_shape):
    return _along_inverse(F, dy * out, A, A_shape)


det.example(SOLVABLE).gives(lambda a: np.linalg.det(a).reshape(1))
det.example(TWO.astype("float32")).gives(np.linalg.det)


@linalg(
    "slogdet",
    shape=forward(lambda p, A: [_one_number(p, A)] * 2),
    outputs=("output0", "output1"),
    cost=square_cost,
)
def slogdet(k, _p, A):
    """The sign of each determinant and the logarithm of its absolute value: two results.

    `(..., n, n)` gives twice `(...)`, one matrix `(1,)`.  A determinant of 0 has the sign 0 and the
    logarithm minus infinity; its gradient is 0.  Source: MXNet 1.6, `mx.nd.linalg.slogdet`.
    """
    return [part.reshape(one_each(A.shape)) for part in k.xp.linalg.slogdet(A)]


@slogdet.gradient("A", ("dys", "A", "A_shape"))
def _(F, p, dys, A, A_shape):
    return None if dys[1] is None else _along_inverse(F, dys[1], A, A_shape)


slogdet.example(SOLVABLE).gives(lambda a: [x.reshape(1) for x in np.linalg.slogdet(a)])
slogdet.example(-TWO.astype("float32")).gives(lambda a: list(np.linalg.slogdet(a)))
