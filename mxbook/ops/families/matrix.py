"""Products of matrices with factors, sums and triangles: gemm, trmm, syrk, and Khatri-Rao's."""

from functools import reduce
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import linalg as algorithms
from mxbook.ops.params import Bool, Count, Float, Int
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .dot import product
from .triangle import linalg, matrices, real_type, squares

ALPHA = Float("alpha", 1.0, doc="Factor of the product.")
TRANSPOSES = (
    Bool("transpose_a", False, doc="Transpose the matrices of A."),
    Bool("transpose_b", False, doc="Transpose the matrices of B."),
)
AXIS = Int("axis", -2, doc="The axis of the rows; the columns are the last axis.")
SIDES = (
    Bool("transpose", False, doc="Transpose the triangular matrices."),
    Bool("rightside", False, doc="Whether the triangular matrices stand on the right."),
    Bool("lower", True, doc="Whether the triangle is the lower one; the other is not read."),
)


def scaled(k: Any, p: Any, lhs: Any, rhs: Any, out: Any = None) -> Any:
    """`alpha lhs rhs`; with `alpha=0` the factors do not count, whatever they are."""
    result = product(k, lhs, rhs, out)
    if p.alpha == 0:
        result[...] = 0
    elif p.alpha != 1:
        result *= p.alpha
    return result


def _row_axis(p, shape):
    """The axis of the rows; ShapeError unless it stands before the last axis."""
    axis = p.axis + len(shape) if p.axis < 0 else p.axis
    if not 0 <= axis < len(shape) - 1:
        raise ShapeError(
            f"axis={p.axis} of {len(shape)} axes", rule="an axis of rows before the last axis"
        )
    return axis


def _rows_last_but_one(k, p, x):
    """The matrices in the last two axes, as a view."""
    return x if p.axis == -2 else k.xp.moveaxis(x, _row_axis(p, x.shape), -2)


def _factors(p, A, B):
    """The axis of the rows, and the numbers of rows, products and columns."""
    matrices(A)
    axis = _row_axis(p, A)
    if len(A) != len(B) or _stack(A, axis) != _stack(B, axis):
        raise ShapeError(
            f"matrices in {shapes.text(A)} and in {shapes.text(B)}",
            rule="as many axes; all but rows and columns agree",
        )
    m, inner = (A[-1], A[axis]) if p.transpose_a else (A[axis], A[-1])
    other, n = (B[-1], B[axis]) if p.transpose_b else (B[axis], B[-1])
    if inner != other:
        raise ShapeError(
            f"matrices of {m} x {inner} and {other} x {n} cannot be multiplied",
            rule="as many columns in the first as rows in the second",
            hint="transpose_a and transpose_b turn the matrices round",
        )
    return axis, m, inner, n


def _stack(shape, axis):
    return shape[:axis] + shape[axis + 1 : -1]


def _product_shape(p, A, B):
    axis, m, _, n = _factors(p, A, B)
    return (*A[:axis], m, *A[axis + 1 : -1], n)


def _product(k, p, A, B, out):
    """`alpha A B` with `axis` and the flags of the parameters."""
    a, b = _rows_last_but_one(k, p, A), _rows_last_but_one(k, p, B)
    a = algorithms.turned(a) if p.transpose_a else a
    b = algorithms.turned(b) if p.transpose_b else b
    if p.axis == -2:
        return scaled(k, p, a, b, out)
    found = k.xp.moveaxis(scaled(k, p, a, b), -2, _row_axis(p, A.shape))
    return k.xp.ascontiguousarray(found)


def _gemm_cost(p, ins, outs):
    _, _, inner, n = _factors(p, *ins[:2])
    return rules.matrix_cost(shapes.size(outs[0]) // max(n, 1), n, inner)


@linalg("gemm2", *TRANSPOSES, ALPHA, AXIS, cost=_gemm_cost)
def gemm2(k, p, A, B, *, out=None):
    """Products of matrices with a factor: `alpha op(A) op(B)`, where `op` transposes if wanted.

    `(..., m, k)` and `(..., k, n)` give `(..., m, n)`; with `axis` the rows are another axis than
    the last but one, as in `(m, b, k)` with `axis=0`.

    Errors: ShapeError where the matrices cannot be multiplied or the stacks differ; nothing is
    stretched.  Source: MXNet 1.6, `mx.nd.linalg.gemm2`.
    """
    return _product(k, p, A, B, out)


gemm2.shapes(forward(_product_shape))


@linalg(
    "gemm",
    *TRANSPOSES,
    ALPHA,
    Float("beta", 1.0, doc="Factor of C."),
    AXIS,
    cost=_gemm_cost,
)
def gemm(k, p, A, B, C, *, out=None):
    """Products of matrices plus others: `alpha op(A) op(B) + beta C`.

    `(..., m, k)`, `(..., k, n)` and `(..., m, n)` give `(..., m, n)`; see `gemm2` for `axis`.

    Errors: ShapeError where the matrices do not fit; nothing is stretched.
    Source: MXNet 1.6, `mx.nd.linalg.gemm`.
    """
    result = _product(k, p, A, B, out)
    if p.beta:
        result += C if p.beta == 1 else p.beta * C
    return result


@gemm.shapes
def _(p, A, B, C):
    if shapes.known(A) and shapes.known(B):
        C = shapes.unify(C, _product_shape(p, A, B))
    return [A, B, C], [C]


@gemm2.gradient("A")
@gemm.gradient("A")
def _(F, p, dy, B):
    options = {"alpha": p.alpha, "axis": p.axis}
    if p.transpose_a:
        return F._linalg_gemm2(B, dy, transpose_a=p.transpose_b, transpose_b=True, **options)
    return F._linalg_gemm2(dy, B, transpose_b=not p.transpose_b, **options)


@gemm2.gradient("B")
@gemm.gradient("B")
def _(F, p, dy, A):
    options = {"alpha": p.alpha, "axis": p.axis}
    if p.transpose_b:
        return F._linalg_gemm2(dy, A, transpose_a=True, transpose_b=p.transpose_a, **options)
    return F._linalg_gemm2(A, dy, transpose_a=not p.transpose_a, **options)


@gemm.gradient("C")
def _(F, p, dy):
    return dy * p.beta


gemm2.example((2, 3), (3, 4), alpha=2.0).gives(lambda a, b: 2 * a @ b)
gemm2.example((2, 3, 2), (2, 4, 3), transpose_a=True, transpose_b=True).gives(
    lambda a, b: a.swapaxes(1, 2) @ b.swapaxes(1, 2)
)
gemm2.example((2, 3, 4), (4, 3, 5), axis=0, alpha=-1.5).gives(
    lambda a, b: -1.5 * np.einsum("mbk,kbn->mbn", a, b)
)
gemm2.example((3, 2), (4, 3), transpose_a=True, transpose_b=True, alpha=0.0).gives(
    lambda a, b: np.zeros((2, 4))
)
gemm.example((2, 3), (3, 4), (2, 4), alpha=1.5, beta=0.5).gives(lambda a, b, c: 1.5 * a @ b + c / 2)
gemm.example((2, 3, 2), (2, 3, 4), (2, 2, 4), transpose_a=True, beta=0.0).gives(
    lambda a, b, c: a.swapaxes(1, 2) @ b
)
gemm.example((4, 2, 3), (5, 2, 3), (4, 2, 5), transpose_b=True, axis=-3).gives(
    lambda a, b, c: np.einsum("mbk,nbk->mbn", a, b) + c
)


@linalg("syrk", Bool("transpose", False, doc="Whether the factors change places."), ALPHA)
def syrk(k, p, A, *, out=None):
    """Matrices times their transposes: `alpha A A^T`, with `transpose` `alpha A^T A`.

    `(..., m, n)` gives `(..., m, m)`, with `transpose` `(..., n, n)`; the results are symmetric.
    Source: MXNet 1.6, `mx.nd.linalg.syrk`.
    """
    a, b = (algorithms.turned(A), A) if p.transpose else (A, algorithms.turned(A))
    return scaled(k, p, a, b, out)


def _syrk_shape(p, A):
    m, n = matrices(A)
    return (*A[:-2], n, n) if p.transpose else (*A[:-2], m, m)


def _syrk_cost(p, ins, outs):
    inner = ins[0][-2 if p.transpose else -1]
    return rules.matrix_cost(shapes.size(outs[0][:-1]), outs[0][-1], inner)


syrk.shapes(forward(_syrk_shape))
syrk.cost = _syrk_cost


@syrk.gradient("A")
def _(F, p, dy, A):
    options = {"alpha": p.alpha}
    if p.transpose:
        once = F._linalg_gemm2(A, dy, **options)
        return once + F._linalg_gemm2(A, dy, transpose_b=True, **options)
    return F._linalg_gemm2(dy, A, **options) + F._linalg_gemm2(dy, A, transpose_a=True, **options)


syrk.example((2, 3), alpha=2.0).gives(lambda a: 2 * a @ a.T)
syrk.example((2, 3, 2), transpose=True).gives(lambda a: a.swapaxes(1, 2) @ a)


def beside_triangle(p: Any, A: tuple[int, ...], B: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of B; ShapeError unless the triangular matrices A fit on their side of it."""
    n, (rows, columns) = squares(A), matrices(B, "B")
    if A[:-2] != B[:-2] or n != (columns if p.rightside else rows):
        side = "columns" if p.rightside else "rows"
        raise ShapeError(
            f"triangular matrices in {shapes.text(A)} beside B of shape {shapes.text(B)}",
            rule=f"the {side} of B are as many as those of A, and the leading axes agree",
        )
    return B


def triangle_cost(_p: Any, ins: list, _outs: list) -> int:
    """The work of multiplying by a triangular matrix, or of dividing by one."""
    A, B = ins
    return rules.matrix_cost(shapes.size(B[:-1]), B[-1], A[-1])


@linalg("trmm", *SIDES, ALPHA, cost=triangle_cost)
def trmm(k, p, A, B, *, out=None):
    """Products with triangular matrices: `alpha op(A) B`, with `rightside` `alpha B op(A)`.

    A has the shape `(..., n, n)`, B `(..., n, m)`, with `rightside` `(..., m, n)`; the result has
    the shape of B.  `op` transposes if wanted.

    Errors: ShapeError where A and B do not fit.  Source: MXNet 1.6, `mx.nd.linalg.trmm`.
    """
    a = algorithms.triangle(k.xp, A, p.lower)
    a = algorithms.turned(a) if p.transpose else a
    return scaled(k, p, *((B, a) if p.rightside else (a, B)), out)


trmm.shapes(forward(beside_triangle))


def gradient_of_triangle(F: Any, p: Any, left: Any, right: Any, alpha: float) -> Any:
    """The gradient of the triangular matrices: the triangle of `alpha left right^T`.

    So it is where they stand on the left and as they are; on the other side, and transposed, the
    factors change places.
    """
    a, b = (left, right) if p.transpose == p.rightside else (right, left)
    options = {"transpose_a": p.rightside, "transpose_b": not p.rightside, "alpha": alpha}
    return F._triangle(F._linalg_gemm2(a, b, **options), lower=p.lower)


@trmm.gradient("A")
def _(F, p, dy, B):
    return gradient_of_triangle(F, p, dy, B, p.alpha)


@trmm.gradient("B")
def _(F, p, dy, A):
    options = {"rightside": p.rightside, "lower": p.lower, "alpha": p.alpha}
    return F._linalg_trmm(A, dy, transpose=not p.transpose, **options)


trmm.example((3, 3), (3, 2), alpha=2.0).gives(lambda a, b: 2 * np.tril(a) @ b)
trmm.example((2, 3, 3), (2, 3, 2), transpose=True, lower=False).gives(
    lambda a, b: np.triu(a).swapaxes(1, 2) @ b
)
trmm.example((3, 3), (2, 3), rightside=True).gives(lambda a, b: b @ np.tril(a))
trmm.example((3, 3), (2, 3), rightside=True, transpose=True, lower=False, alpha=-1.0).gives(
    lambda a, b: -b @ np.triu(a).T
)


@operator(
    "khatri_rao",
    Count("num_args", doc="How many matrices; counted by itself."),
    variadic="num_args",
    type=real_type,
)
def khatri_rao(k, _p, *args):
    """The Khatri-Rao product: column by column the Kronecker product of matrices.

    `(m, k)` and `(n, k)` give `(m n, k)`: `out[i n + j, c] = A[i, c] B[j, c]`.

    Errors: ShapeError where the numbers of columns differ.  Source: MXNet 1.6, `mx.nd.khatri_rao`.
    """
    columns = args[0].shape[1]

    def pair(a, b):
        return (a[:, None] * b[None]).reshape(-1, columns)

    return reduce(pair, args[1:], args[0].copy())


@khatri_rao.shapes
def _(p, *ins):
    common = None
    for shape in ins:
        common = shapes.unify(common, None if shape is None else (None, *shape[1:]))
    if common is None:
        return list(ins), [None]
    if len(common) != 2:
        raise ShapeError(f"matrices, not arrays with {len(common)} axes")
    full = [common if s is None else (s[0], common[1]) for s in ins]
    rows: list[Any] = [s[0] for s in full]
    return full, [(None if None in rows else shapes.size(rows), common[1])]


khatri_rao.example((2, 3), (4, 3)).gives(
    lambda a, b: np.einsum("ic,jc->ijc", a, b).reshape(8, 3)
).not_smooth("MXNet has no gradient for it")
khatri_rao.example((2, 3), (1, 3), (3, 3)).gives(
    lambda *a: np.einsum("ac,bc,dc->abdc", *a).reshape(6, 3)
).not_smooth("MXNet has no gradient for it")
