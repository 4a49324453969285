"""Triangles and diagonals of matrices: taking them out, putting them in, summing their logarithms.

As in all operators of linear algebra (`mx.nd.linalg`) the matrices lie in the last two axes, and
further axes are a stack of them.  These operators take float32 and float64.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, Int, Param
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .shape import copied, result_cost

REALS = (TYPES["float32"], TYPES["float64"])
OFFSET = Int("offset", 0, doc="Which diagonal; above 0 upper ones, below 0 lower ones.")
LOWER = Bool("lower", True, doc="The lower or the upper triangle; counts where `offset` is 0.")


def real_type(p: Any, *ins: Any) -> tuple[list, list]:
    """All inputs and outputs have the same element type, float32 or float64."""
    dtypes, outs = rules.same_type(p, *ins)
    if outs[0] not in (None, *REALS):
        raise DTypeError(
            f"{outs[0]} in linear algebra",
            rule="float32 or float64",
            hint='convert with astype("float32")',
        )
    return dtypes, outs


def linalg(name: str, *params: Param, alias: bool = True, **fields: Any) -> Callable:
    """Decorator: the operator `mx.nd.linalg.<name>`, which is also called `linalg_<name>`."""
    aliases = (f"linalg_{name}",) if alias else ()
    return operator(f"_linalg_{name}", *params, aliases=aliases, type=real_type, **fields)


def matrices(shape: tuple[int, ...], name: str = "A") -> tuple[int, int]:
    """Rows and columns; ShapeError where there are not two axes."""
    if len(shape) < 2:
        raise ShapeError(
            f"{name} has the shape {shapes.text(shape)}", rule="a matrix, or a stack of them"
        )
    return shape[-2], shape[-1]


def squares(shape: tuple[int, ...], name: str = "A") -> int:
    """The number of rows and of columns; ShapeError where they differ."""
    rows, columns = matrices(shape, name)
    if rows != columns:
        raise ShapeError(f"{name} has {rows} rows and {columns} columns", rule="as many of both")
    return rows


def one_each(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one number for each matrix: `(1,)` where there is only one matrix."""
    return shape[:-2] or (1,)


def turned(F: Any, value: Any, shape: tuple[int, ...]) -> Any:
    """The matrices of an array with this many axes transposed."""
    return F.SwapAxis(value, dim1=len(shape) - 2, dim2=len(shape) - 1)


def mirrored(F: Any, value: Any, shape: tuple[int, ...]) -> Any:
    """The symmetric matrices with the same lower triangles."""
    below = F._triangle(value, offset=-1)
    return F._triangle(value) + turned(F, below, shape)


@operator("_triangle", LOWER, OFFSET, type=real_type)
def triangle(k, p, A):
    """The matrices with zeros above the diagonal (below it if not `lower`)."""
    return (k.xp.tril if p.lower else k.xp.triu)(A, p.offset)


@triangle.shapes
@forward
def _(p, A):
    matrices(A)
    return A


@triangle.gradient("A")
def _(F, p, dy):
    return F._triangle(dy, lower=p.lower, offset=p.offset)


triangle.example((2, 3, 3)).gives(np.tril)
triangle.example((3, 4), lower=False, offset=1).gives(lambda a: np.triu(a, 1))


def _diagonal(p, shape):
    """The length of the diagonal that `offset` names."""
    n = squares(shape) - abs(p.offset)
    if n <= 0:
        raise ShapeError(
            f"offset={p.offset} lies outside matrices of shape {shapes.text(shape[-2:])}",
            rule=f"from {1 - shape[-1]} to {shape[-1] - 1}",
        )
    return n


@linalg("extractdiag", OFFSET, cost=result_cost)
def extractdiag(k, p, A, *, out=None):
    """A diagonal of each matrix: `out[i] = A[i, i + offset]`.

    `(..., n, n)` gives `(..., n - |offset|)`.

    Errors: ShapeError for offsets outside the matrix.
    Source: MXNet 1.6, `mx.nd.linalg.extractdiag`.
    """
    return copied(k, k.xp.diagonal(A, p.offset, -2, -1), out)


extractdiag.shapes(forward(lambda p, A: (*A[:-2], _diagonal(p, A))))


@extractdiag.gradient("A")
def _(F, p, dy):
    return F._linalg_makediag(dy, offset=p.offset)


@linalg("makediag", OFFSET, cost=result_cost)
def makediag(k, p, A):
    """Matrices of zeros with the given diagonal: `out[i, i + offset] = A[i]`.

    `(..., n)` gives `(..., m, m)` with `m = n + |offset|`.  Source: MXNet 1.6,
    `mx.nd.linalg.makediag`.
    """
    result = k.xp.zeros(_with_diagonal(p, A.shape), A.dtype)
    places = k.xp.arange(A.shape[-1])
    result[..., places + max(-p.offset, 0), places + max(p.offset, 0)] = A
    return result


def _with_diagonal(p, A):
    shapes.check_axes(A, 1, "A")
    m = A[-1] + abs(p.offset)
    return (*A[:-1], m, m)


makediag.shapes(forward(_with_diagonal))


@makediag.gradient("A")
def _(F, p, dy):
    return F._linalg_extractdiag(dy, offset=p.offset)


extractdiag.example((3, 3)).gives(np.diag)
extractdiag.example((2, 3, 3), offset=1).gives(lambda a: np.diagonal(a, 1, 1, 2))
extractdiag.example((3, 3), offset=-2).gives(lambda a: np.diag(a, -2))
makediag.example((3,)).gives(np.diag)
makediag.example((2, 2), offset=-1).gives(lambda a: np.stack([np.diag(r, -1) for r in a]))
makediag.example((2,), offset=2).gives(lambda a: np.diag(a, 2))


def _in_triangle(k, p, n):
    """Rows and columns of a triangle's elements, in their order, in matrices of n rows."""
    rows, columns = k.xp.tril_indices(n, -abs(p.offset))
    upper = p.offset > 0 or (p.offset == 0 and not p.lower)
    return (columns, rows) if upper else (rows, columns)


@linalg("extracttrian", OFFSET, LOWER, cost=result_cost)
def extracttrian(k, p, A):
    """The elements of a triangle of each matrix: a lower one row by row, an upper one column by
    column.

    With `offset=0` the lower triangle with the diagonal, or the upper one; an offset above 0 takes
    the upper triangle that starts at this diagonal, one below 0 the lower one.  `(..., n, n)` gives
    `(..., m (m + 1) / 2)` with `m = n - |offset|`.

    Errors: ShapeError for offsets outside the matrix.
    Source: MXNet 1.6, `mx.nd.linalg.extracttrian`.
    """
    rows, columns = _in_triangle(k, p, A.shape[-1])
    flat = A.reshape(*A.shape[:-2], A.shape[-1] ** 2)
    return k.xp.take(flat, rows * A.shape[-1] + columns, axis=-1)


@extracttrian.shapes
@forward
def _(p, A):
    m = _diagonal(p, A)
    return (*A[:-2], m * (m + 1) // 2)


@extracttrian.gradient("A")
def _(F, p, dy):
    return F._linalg_maketrian(dy, offset=p.offset, lower=p.lower)


@linalg("maketrian", OFFSET, LOWER, cost=result_cost)
def maketrian(k, p, A):
    """Matrices of zeros with a triangle filled; the reverse of `extracttrian`.

    `(..., m (m + 1) / 2)` gives `(..., n, n)` with `n = m + |offset|`.

    Errors: ShapeError where the elements do not fill a triangle.
    Source: MXNet 1.6, `mx.nd.linalg.maketrian`.
    """
    result = k.xp.zeros(_with_triangle(p, A.shape), A.dtype)
    rows, columns = _in_triangle(k, p, result.shape[-1])
    result[..., rows, columns] = A
    return result


def _with_triangle(p, A):
    shapes.check_axes(A, 1, "A")
    m = math.isqrt(2 * A[-1])
    if m * (m + 1) != 2 * A[-1]:
        raise ShapeError(
            f"{A[-1]} elements do not fill a triangle", rule="1, 3, 6, 10, ... elements"
        )
    n = m + abs(p.offset)
    return (*A[:-1], n, n)


maketrian.shapes(forward(_with_triangle))


@maketrian.gradient("A")
def _(F, p, dy):
    return F._linalg_extracttrian(dy, offset=p.offset, lower=p.lower)


def _upper(a, offset=0):
    """The upper triangle column by column."""
    return a.T[np.tril_indices(len(a), -offset)]


def _filled(a, offset=0):
    """A matrix with a lower triangle row by row."""
    n = int(np.sqrt(2 * len(a))) - offset
    result = np.zeros((n, n))
    result[np.tril_indices(n, offset)] = a
    return result


extracttrian.example((2, 3, 3)).gives(lambda a: a[:, *np.tril_indices(3)])
extracttrian.example((3, 3), lower=False).gives(_upper)
extracttrian.example((5, 5), offset=2).gives(lambda a: _upper(a, 2))
extracttrian.example((4, 4), offset=-1, lower=False).gives(lambda a: a[np.tril_indices(4, -1)])
maketrian.example((6,)).gives(_filled)
maketrian.example((2, 6), lower=False).gives(lambda a: np.stack([_filled(r).T for r in a]))
maketrian.example((6,), offset=1).gives(lambda a: _filled(a, -1).T)
maketrian.example((3,), offset=-2).gives(lambda a: _filled(a, -2))


@linalg("sumlogdiag", cost=result_cost)
def sumlogdiag(k, _p, A):
    """The sum of the logarithms of each diagonal: `(..., n, n)` gives `(...)`, one matrix `(1,)`.

    Of a Cholesky factor this is half the logarithm of the determinant.  NaN for negative numbers.
    Source: MXNet 1.6, `mx.nd.linalg.sumlogdiag`.
    """
    return k.xp.log(k.xp.diagonal(A, 0, -2, -1)).sum(-1).reshape(one_each(A.shape))


@sumlogdiag.shapes
@forward
def _(p, A):
    squares(A)
    return one_each(A)


@sumlogdiag.gradient("A")
def _(F, p, dy, A, A_shape):
    dy = F._np_reshape(dy, newshape=(*A_shape[:-2], 1))
    return F._linalg_makediag(F.broadcast_div(dy, F._linalg_extractdiag(A)))


def _sum_of_logs(a):
    return np.log(np.diagonal(a, 0, -2, -1)).sum(-1)


sumlogdiag.example(In((3, 3), 0.5, 2.0)).gives(lambda a: _sum_of_logs(a).reshape(1))
sumlogdiag.example(In((2, 3, 3), 0.5, 2.0, "float64")).gives(_sum_of_logs)
