"""Products of matrices and vectors."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Enum
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

PARAMS = (
    Bool("transpose_a", False, doc="Turn the first one round."),
    Bool("transpose_b", False, doc="Turn the second one round."),
    Enum(
        "forward_stype",
        (None, "default", "row_sparse", "csr"),
        None,
        doc="Storage type of the result.",
    ),
)
HALF = TYPES["float16"]


def product(k: Any, lhs: Any, rhs: Any, out: Any = None) -> Any:
    """`lhs @ rhs`; float16 is added up in float32, as on a GPU.

    Large products are shared among threads, stacks of matrices among the engine's workers.
    """
    if lhs.dtype == HALF:
        return product(k, lhs.astype("float32"), rhs.astype("float32")).astype(HALF)
    if lhs.ndim == rhs.ndim == 2:
        return k.multiply(lhs, rhs, out)
    shape = (*lhs.shape[:-1], rhs.shape[-1])
    if out is None:
        out = k.xp.empty(shape, lhs.dtype)

    def some(first: int, last: int) -> None:
        other = rhs[first:last] if rhs.ndim > 2 else rhs
        k.xp.matmul(lhs[first:last], other, out=out[first:last])

    work = rules.matrix_cost(shapes.size(shape[:-1]), shape[-1], lhs.shape[-1])
    k.share(len(lhs), work, some)
    return out


def left_matrix(p: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """The first factor as a matrix: the axis that is summed over, and all others put together."""
    if len(shape) > 1 and p.transpose_a:
        return shape[0], shapes.size(shape[1:])
    return shapes.size(shape[:-1]), shape[-1]


def right_matrix(p: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """The second factor as a matrix."""
    if len(shape) == 1:
        return shape[0], 1
    if p.transpose_b:
        return shapes.size(shape[:-1]), shape[-1]
    return shape[0], shapes.size(shape[1:])


def _flags(p, lhs, rhs):
    """Whether the matrices are turned round; a vector never is."""
    return p.transpose_a and len(lhs) > 1, p.transpose_b and len(rhs) > 1


@operator("dot", *PARAMS)
def dot(k, p, lhs, rhs, *, out=None):
    """The product of two matrices, or of vectors and higher arrays.

    The last axis of `lhs` (the first with `transpose_a`) and the first axis of `rhs` (the last with
    `transpose_b`) are multiplied and summed over: `(m, k)` and `(k, n)` give `(m, n)`,
    `(a, b, k)` and `(k, c, d)` give `(a, b, c, d)`, two vectors the shape `(1,)`.

    Errors: ShapeError where these two axes differ in length.  Source: MXNet 1.6, `mx.nd.dot`.
    """
    if lhs.ndim == rhs.ndim == 2:
        return product(k, lhs.T if p.transpose_a else lhs, rhs.T if p.transpose_b else rhs, out)
    turn_a, turn_b = _flags(p, lhs.shape, rhs.shape)
    a = lhs.reshape(left_matrix(p, lhs.shape))
    b = rhs.reshape(right_matrix(p, rhs.shape))
    a, b = a.T if turn_a else a, b.T if turn_b else b
    shape = _dot_shape(p, lhs.shape, rhs.shape)
    if out is None or lhs.dtype == HALF:
        return product(k, a, b).reshape(shape)
    product(k, a, b, out.reshape(a.shape[0], b.shape[1]))
    return out


def _dot_shape(p, lhs, rhs):
    shapes.check_axes(lhs, 1, "lhs")
    shapes.check_axes(rhs, 1, "rhs")
    turn_a, turn_b = _flags(p, lhs, rhs)
    summed, left = (lhs[0], lhs[1:]) if turn_a else (lhs[-1], lhs[:-1])
    other, right = (rhs[-1], rhs[:-1]) if turn_b else (rhs[0], rhs[1:])
    if summed != other:
        raise ShapeError(
            f"{shapes.text(lhs)} and {shapes.text(rhs)} cannot be multiplied: {summed} and {other}",
            rule="the last axis of the first and the first of the second have the same length",
            hint="transpose_a and transpose_b turn the matrices round",
        )
    return (*left, *right) or (1,)


dot.shapes(forward(_dot_shape))


def _dot_cost(p, ins, _outs):
    lhs, rhs = ins
    turn_a, turn_b = _flags(p, lhs, rhs)
    a, b = left_matrix(p, lhs), right_matrix(p, rhs)
    m, inner = a[::-1] if turn_a else a
    return rules.matrix_cost(m, b[0] if turn_b else b[1], inner)


dot.cost = _dot_cost


def _shaped(F, value, shape, target):
    return value if shape == target else F._np_reshape(value, newshape=target)


def _gradient_matrix(F, p, dy, lhs, rhs, out):
    """The arriving gradient as a matrix: rows from the first factor, columns from the second."""
    turn_a, turn_b = _flags(p, lhs, rhs)
    rows, columns = left_matrix(p, lhs), right_matrix(p, rhs)
    return _shaped(F, dy, out, (rows[1 if turn_a else 0], columns[0 if turn_b else 1]))


@dot.gradient("lhs")
def _(F, p, dy, rhs, lhs_shape, rhs_shape, out_shape):
    turn_a, turn_b = _flags(p, lhs_shape, rhs_shape)
    b = _shaped(F, rhs, rhs_shape, right_matrix(p, rhs_shape))
    dy = _gradient_matrix(F, p, dy, lhs_shape, rhs_shape, out_shape)
    if turn_a:
        found = F.dot(b, dy, transpose_a=turn_b, transpose_b=True)
    else:
        found = F.dot(dy, b, transpose_b=not turn_b)
    return _shaped(F, found, left_matrix(p, lhs_shape), lhs_shape)


@dot.gradient("rhs")
def _(F, p, dy, lhs, lhs_shape, rhs_shape, out_shape):
    turn_a, turn_b = _flags(p, lhs_shape, rhs_shape)
    a = _shaped(F, lhs, lhs_shape, left_matrix(p, lhs_shape))
    dy = _gradient_matrix(F, p, dy, lhs_shape, rhs_shape, out_shape)
    if turn_b:
        found = F.dot(dy, a, transpose_a=True, transpose_b=turn_a)
    else:
        found = F.dot(a, dy, transpose_a=not turn_a)
    return _shaped(F, found, right_matrix(p, rhs_shape), rhs_shape)


dot.example((2, 3), (3, 4)).gives(np.dot)
dot.example((3, 2), (4, 3), transpose_a=True, transpose_b=True).gives(lambda a, b: a.T @ b.T)
dot.example((2, 3), (4, 3), transpose_b=True).gives(lambda a, b: a @ b.T)
dot.example((3, 2), (3, 4), transpose_a=True).gives(lambda a, b: a.T @ b)
dot.example((3,), (3,)).gives(lambda a, b: (a @ b).reshape(1))
dot.example((2, 3), (3,)).gives(np.dot)
dot.example((2, 3, 4), (4, 5, 2)).gives(lambda a, b: np.tensordot(a, b, 1))
dot.example((4, 2, 3), (5, 4), transpose_a=True, transpose_b=True).gives(
    lambda a, b: np.tensordot(a, b, (0, 1))
)


def _turned(data, flag):
    """The matrices in the last two axes turned round if wanted."""
    return data.swapaxes(-1, -2) if flag else data


@operator("batch_dot", *PARAMS, aliases=("_npx_batch_dot",))
def batch_dot(k, p, lhs, rhs, *, out=None):
    """Products of many matrices: `(..., m, k)` and `(..., k, n)` give `(..., m, n)`.

    Errors: ShapeError where the leading axes differ or there are none.
    Source: MXNet 1.6, `mx.nd.batch_dot`.
    """
    return product(k, _turned(lhs, p.transpose_a), _turned(rhs, p.transpose_b), out)


@batch_dot.shapes
@forward
def _(p, lhs, rhs):
    if len(lhs) < 3 or lhs[:-2] != rhs[:-2]:
        raise ShapeError(
            f"{shapes.text(lhs)} and {shapes.text(rhs)} are not two batches of matrices",
            rule="at least three axes; all but the last two agree",
            hint="dot multiplies two matrices",
        )
    m, summed = lhs[-2:][::-1] if p.transpose_a else lhs[-2:]
    other, n = rhs[-2:][::-1] if p.transpose_b else rhs[-2:]
    if summed != other:
        raise ShapeError(
            f"matrices of {m} x {summed} and {other} x {n} cannot be multiplied",
            rule="as many columns in the first as rows in the second",
            hint="transpose_a and transpose_b turn the matrices round",
        )
    return (*lhs[:-2], m, n)


def _batch_dot_cost(p, ins, outs):
    summed = ins[0][-2 if p.transpose_a else -1]
    return rules.matrix_cost(shapes.size(outs[0][:-1]), outs[0][-1], summed)


batch_dot.cost = _batch_dot_cost


@batch_dot.gradient("lhs")
def _(F, p, dy, rhs):
    if p.transpose_a:
        return F.batch_dot(rhs, dy, transpose_a=p.transpose_b, transpose_b=True)
    return F.batch_dot(dy, rhs, transpose_b=not p.transpose_b)


@batch_dot.gradient("rhs")
def _(F, p, dy, lhs):
    if p.transpose_b:
        return F.batch_dot(dy, lhs, transpose_a=True, transpose_b=p.transpose_a)
    return F.batch_dot(lhs, dy, transpose_a=not p.transpose_a)


batch_dot.example((2, 3, 4), (2, 4, 2)).gives(np.matmul)
batch_dot.example((2, 4, 3), (2, 2, 4), transpose_a=True, transpose_b=True).gives(
    lambda a, b: a.swapaxes(1, 2) @ b.swapaxes(1, 2)
)
