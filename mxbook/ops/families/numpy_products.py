"""Products as NumPy has them: `dot`, `tensordot`, `einsum`; the singular value decomposition."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops.params import Count, Int, Shape, Text
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .dot import product
from .triangle import real_type, turned


def _dot_axes(a, b):
    """The axes that `dot` sums over: the last one, and the last but one of the second array."""
    return ((), ()) if not a or not b else ((len(a) - 1,), (max(0, len(b) - 2),))


def contracted(a: tuple, b: tuple, a_axes: tuple, b_axes: tuple) -> tuple[int, ...]:
    """The shape of a product summed over these axes; raises ShapeError where lengths differ."""
    if len(a_axes) != len(b_axes) or any(
        a[i] != b[j] for i, j in zip(a_axes, b_axes, strict=False)
    ):
        raise ShapeError(
            f"{shapes.text(a)} and {shapes.text(b)} cannot be multiplied",
            rule="axes that are summed over have the same length in both",
            values=[("axes", f"{a_axes} and {b_axes}")],
        )
    left = tuple(n for i, n in enumerate(a) if i not in a_axes)
    return left + tuple(n for i, n in enumerate(b) if i not in b_axes)


def _contract(k, a, b, a_axes, b_axes):
    """`tensordot` by one product of matrices."""
    shape = contracted(a.shape, b.shape, a_axes, b_axes)
    rows = [i for i in range(a.ndim) if i not in a_axes]
    columns = [i for i in range(b.ndim) if i not in b_axes]
    inner = shapes.size(a.shape[i] for i in a_axes)
    left = a.transpose(*rows, *a_axes).reshape(shapes.size(a.shape[i] for i in rows), inner)
    right = b.transpose(*b_axes, *columns).reshape(inner, shapes.size(b.shape[i] for i in columns))
    return product(k, left, right).reshape(shape)


def _gradients(F, dy, a, b, a_shape, b_shape, axes):
    """The gradients of a contraction: contractions of the arriving gradient with the other side."""
    a_axes, b_axes = axes
    rows = [i for i in range(len(a_shape)) if i not in a_axes]
    columns = [i for i in range(len(b_shape)) if i not in b_axes]
    m, n = len(rows), len(columns)

    def back(x, y, x_axes, y_axes, order):
        found = F._npi_tensordot(x, y, a_axes_summed=x_axes, b_axes_summed=y_axes)
        if len(order) < 2:
            return found
        return F._np_transpose(found, axes=tuple(order.index(i) for i in range(len(order))))

    # What is left of `b` once its columns are summed over is its inner axes, in their own order.
    b_inner, a_inner = sorted(b_axes), sorted(a_axes)
    a_order = rows + [a_axes[b_axes.index(j)] for j in b_inner]
    b_order = [b_axes[a_axes.index(i)] for i in a_inner] + columns
    return [
        back(dy, b, tuple(range(m, m + n)), tuple(columns), a_order),
        back(a, dy, tuple(rows), tuple(range(m)), b_order),
    ]


@operator(
    "_np_dot",
    shape=forward(lambda p, a, b: contracted(a, b, *_dot_axes(a, b))),
    counts_axes=True,
)
def np_dot(k, p, a, b):
    """The last axis of `a` times the last but one of `b`; numbers scale, vectors give a number.

    Source: MXNet 1.6, `mx.np.dot`.
    """
    if not a.ndim or not b.ndim:
        return k.xp.asarray(a * b)
    return _contract(k, a, b, *_dot_axes(a.shape, b.shape))


@np_dot.gradient
def _(F, p, dy, a, b, a_shape, b_shape):
    if not a_shape or not b_shape:
        out = a_shape or b_shape
        found = [(dy * b, a_shape), (dy * a, b_shape)]
        return [g if s == out else F._sum_to(g, shape=s) for g, s in found]
    return _gradients(F, dy, a, b, a_shape, b_shape, _dot_axes(a_shape, b_shape))


np_dot.example((2, 3), (3, 4)).gives(np.dot)
np_dot.example((3,), (3,)).gives(np.dot)
np_dot.example((2, 3, 4), (4,)).gives(np.dot)
np_dot.example((2, 3), (2, 3, 2)).gives(np.dot)
np_dot.example((), (2, 3)).gives(np.dot)


def _named_axes(p, a, b):
    return (
        tuple(shapes.axis_index(i, len(a)) for i in p.a_axes_summed),
        tuple(shapes.axis_index(i, len(b)) for i in p.b_axes_summed),
    )


@operator(
    "_npi_tensordot",
    Shape("a_axes_summed", doc="Axes of the first array."),
    Shape("b_axes_summed", doc="Axes of the second array, in the same order."),
    shape=forward(lambda p, a, b: contracted(a, b, *_named_axes(p, a, b))),
    counts_axes=True,
)
def np_tensordot(k, p, a, b):
    """The product of two arrays, summed over pairs of axes."""
    return _contract(k, a, b, *_named_axes(p, a.shape, b.shape))


@np_tensordot.gradient
def _(F, p, dy, a, b, a_shape, b_shape):
    return _gradients(F, dy, a, b, a_shape, b_shape, _named_axes(p, a_shape, b_shape))


np_tensordot.example((2, 3, 4), (4, 3, 5), a_axes_summed=(1, 2), b_axes_summed=(1, 0)).gives(
    lambda a, b: np.tensordot(a, b, ((1, 2), (1, 0)))
)


def _last_axes(p, a, b):
    if not 0 <= p.axes <= min(len(a), len(b)):
        raise ShapeError(f"axes={p.axes} is too many", rule="at most as many as the arrays have")
    return tuple(range(len(a) - p.axes, len(a))), tuple(range(p.axes))


@operator(
    "_npi_tensordot_int_axes",
    Int("axes", doc="How many axes: the last ones of the first array, the first of the second."),
    shape=forward(lambda p, a, b: contracted(a, b, *_last_axes(p, a, b))),
    counts_axes=True,
)
def np_tensordot_int(k, p, a, b):
    """The product of two arrays, summed over so many axes that meet."""
    return _contract(k, a, b, *_last_axes(p, a.shape, b.shape))


@np_tensordot_int.gradient
def _(F, p, dy, a, b, a_shape, b_shape):
    return _gradients(F, dy, a, b, a_shape, b_shape, _last_axes(p, a_shape, b_shape))


np_tensordot_int.example((2, 3, 4), (3, 4, 5), axes=2).gives(lambda a, b: np.tensordot(a, b, 2))
np_tensordot_int.example((2,), (3,), axes=0).gives(lambda a, b: np.tensordot(a, b, 0))


def letters(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of the axes of each input and of the result; `...` becomes capital letters.

    >>> letters("...j,j", [3, 1])
    (['ABj', 'j'], 'AB')

    Raises ParameterError for what is not a rule for so many arrays.
    """
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ParameterError(
            f"einsum: {subscripts!r} speaks about {len(terms)} arrays, got {len(ndims)}"
        )
    spread = 0
    for term, ndim in zip(terms, ndims, strict=True):
        named = len(term.replace("...", ""))
        if named > ndim or ("..." not in term and named != ndim):
            raise ParameterError(f"einsum: {term!r} does not fit an array with {ndim} axes")
        if "..." in term:
            spread = max(spread, ndim - named)
    dots = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:spread]
    full = []
    for term, ndim in zip(terms, ndims, strict=True):
        own = ndim - len(term.replace("...", ""))
        full.append(term.replace("...", dots[spread - own :]))
    if not arrow:
        every = "".join(full)
        right = "..." + "".join(sorted(c for c in set(every) - set(dots) if every.count(c) == 1))
    return full, right.replace("...", dots)


def _lengths(terms, ins):
    """The length of each letter; 1 is stretched."""
    found: dict[str, int] = {}
    for term, shape in zip(terms, ins, strict=True):
        for letter, n in zip(term, shape, strict=True):
            if found.get(letter, n) not in (1, n) and n != 1:
                raise ShapeError(f"einsum: {letter!r} has the lengths {found[letter]} and {n}")
            found[letter] = max(found.get(letter, n), n) if n != 0 else 0
    return found


def _einsum_shape(p, *ins):
    if not all(map(shapes.known, ins)):
        return list(ins), [None]
    terms, result = letters(p.subscripts, [len(s) for s in ins])
    lengths = _lengths(terms, ins)
    if len(set(result)) < len(result) or not set(result) <= set(lengths):
        raise ParameterError(f"einsum: the result {result!r} cannot be", rule=p.subscripts)
    return list(ins), [tuple(lengths[c] for c in result)]


@operator(
    "_npi_einsum",
    Count("num_args", doc="How many arrays; counted by itself."),
    Text("subscripts", "", doc="Letters for the axes of each array, and of the result."),
    Int("optimize", 0, doc="1: find a good order of the products."),
    variadic="num_args",
    shape=_einsum_shape,
    counts_axes=True,
)
def np_einsum(k, p, *data):
    """Sums of products by letters: `ij,jk->ik` is the product of matrices.

    A letter that the result lacks is summed over; one that comes twice in a term means a diagonal.
    Source: MXNet 1.6, `mx.np.einsum`.
    """
    terms, result = letters(p.subscripts, [d.ndim for d in data])
    wide = [d.astype("float32") if d.dtype == np.float16 else d for d in data]
    text = f"{','.join(terms)}->{result}"
    found = k.xp.einsum(text, *wide, optimize=bool(p.optimize) and len(data) > 2)
    return k.xp.array(found, dtype=data[0].dtype, order="C", copy=True)


def _einsum_back(F, p, dy, data, ins, at):
    """The gradient of one input: its letters from those of the result and of the others."""
    terms, result = letters(p.subscripts, [len(s) for s in ins])
    lengths, term, shape = _lengths(terms, ins), terms[at], ins[at]
    distinct = "".join(dict.fromkeys(term))
    arrays = [dy] + [d for i, d in enumerate(data) if i != at]
    sources = [result] + [t for i, t in enumerate(terms) if i != at]
    there = "".join(c for c in distinct if any(c in s for s in sources))
    found = F._npi_einsum(*arrays, subscripts=f"{','.join(sources)}->{there}")
    full = tuple(lengths[c] if c in there else 1 for c in distinct)
    target = tuple(lengths[c] for c in distinct)
    found = F._np_reshape(found, newshape=full)
    found = F._np_broadcast_to(found, shape=target)
    own = tuple(dict(zip(term, shape, strict=True))[c] for c in distinct)
    found = found if own == target else F._sum_to(found, shape=own)
    return found if distinct == term else _on_diagonal(F, found, distinct, term, shape)


def _on_diagonal(F, found, distinct, term, shape):
    """Zeros, but `found` where axes with the same letter have the same index."""
    first = [term.index(c) for c in term]
    kept = tuple(n if first[i] == i else 1 for i, n in enumerate(shape))
    found = F._np_broadcast_to(F._np_reshape(found, newshape=kept), shape=shape)
    for i in range(len(shape)):
        if first[i] != i:
            ones = F.ones_like(found)  # counted along both axes, they tell where indices agree
            one, two = (F._np_cumsum(ones, axis=j) for j in (first[i], i))
            found = found * (one == two)
    return found


@np_einsum.gradient
def _(F, p, dy, data, data_shape):
    return [_einsum_back(F, p, dy, data, data_shape, i) for i in range(len(data_shape))]


for text, inputs in (
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ii", [(3, 3)]),
    ("ij->ji", [(2, 3)]),
    ("...j,j->...", [(2, 2, 3), (3,)]),
    ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 4)]),
    ("i,j", [(2,), (3,)]),
    ("ij->j", [(2, 3)]),
):
    np_einsum.example(*inputs, subscripts=text).gives(lambda *a, t=text: np.einsum(t, *a))


def _svd_shapes(p, A):
    if not shapes.known(A):
        return [A], [None] * 3
    shapes.check_axes(A, 2, "A")
    m, n = A[-2:]
    if m > n:
        raise ShapeError("matrices that are higher than wide", rule="at most as high as wide")
    return [A], [(*A[:-1], m), A[:-1], A]


@operator(
    "_npi_svd",
    shape=_svd_shapes,
    type=lambda p, dtype: ([dtype], real_type(p, dtype)[1] * 3),
    outputs=("UT", "L", "V"),
)
def np_svd(k, p, A):
    """Matrices as `U diag(L) V` with orthogonal rows in V: three results, U, L and V.

    `(..., m, n)` with `m <= n` gives `(..., m, m)`, `(..., m)` and `(..., m, n)`.
    """
    u, values, v = k.xp.linalg.svd(A, full_matrices=False)
    # The sign of a pair of vectors is free: the largest element of each column of U is positive.
    columns = u.swapaxes(-1, -2)
    largest = k.xp.argmax(k.xp.abs(columns), axis=-1)[..., None]
    signs = k.xp.sign(k.xp.take_along_axis(columns, largest, axis=-1)).astype(A.dtype)
    u = u * signs.swapaxes(-1, -2)
    return [k.xp.ascontiguousarray(x) for x in (u, values, v * signs)]


@np_svd.gradient
def _(F, p, dys, UT, L, V, A_shape):
    """The rule of Townsend (2016): turns within the span of the vectors, and what leaves it."""
    du, ds, dv = (F.zeros_like(x) if d is None else d for d, x in zip(dys, (UT, L, V), strict=True))

    def times(a: Any, b: Any, ta: bool = False, tb: bool = False) -> Any:
        return F._linalg_gemm2(a, b, transpose_a=ta, transpose_b=tb)

    column = (*A_shape[:-1], 1)
    gaps = F._reciprocal_gaps(-(L * L))
    lengths = F._np_reshape(L, newshape=column)
    row = F._np_reshape(L, newshape=(*A_shape[:-2], 1, A_shape[-2]))
    left, right = gaps * times(UT, du, ta=True), gaps * times(V, dv, tb=True)
    turns = F.broadcast_mul(left + turned(F, left, A_shape), row)
    turns = turns + F.broadcast_mul(lengths, right + turned(F, right, A_shape))
    outside = F.broadcast_div(dv - times(times(dv, V, tb=True), V), lengths)
    stretched = F.broadcast_mul(F._np_reshape(ds, newshape=column), V)
    return [times(UT, times(turns, V) + stretched + outside)]


def _svd(a: np.ndarray) -> list[np.ndarray]:
    u, values, v = np.linalg.svd(a, full_matrices=False)
    rows = u.swapaxes(-1, -2)
    largest = np.take_along_axis(rows, np.abs(rows).argmax(-1)[..., None], -1)
    return [u * np.sign(largest).swapaxes(-1, -2), values, v * np.sign(largest)]


np_svd.example([[3.0, 1.0, 0.5], [-1.0, 2.0, 0.25]]).gives(_svd)
np_svd.example([[[1.0, 0.2], [0.1, 2.0]], [[3.0, 1.0], [-1.0, 0.5]]]).gives(_svd)
