"""Changing the shape: the elements stay, their arrangement does not."""

from functools import lru_cache
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Int, Shape, Text
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .reduce import accumulator


def copied(k: Any, view: Any, out: Any = None) -> Any:
    """The elements of a view in a new array in C order, or in `out`."""
    if out is None:
        return view.copy(order="C")
    k.xp.copyto(out, view)
    return out


def result_cost(_p: Any, _ins: list, outs: list) -> int:
    """Work of operators that touch only as many elements as they give back."""
    return sum(map(shapes.size, outs))


@lru_cache(maxsize=1024)
def resolve_shape(codes: tuple[int, ...], shape: tuple[int, ...], reverse: bool = False) -> tuple:
    """The shape that MXNet's reshape codes give for an array of `shape`.

    ==== =========================================================
    n>0  a length
    0    the input's length at this place
    -1   what is left over (once at most)
    -2   all remaining axes of the input
    -3   two axes of the input put together
    -4   one axis of the input split into the two lengths that follow
    ==== =========================================================

    With `reverse` the codes are read from the right.  Raises ShapeError that shows the derivation.

    >>> resolve_shape((-1, 0), (2, 3, 4)), resolve_shape((0, -4, 2, 2, -2), (2, 4, 5))
    ((8, 3), (2, 2, 2, 5))
    """
    if reverse:
        return resolve_shape(codes[::-1], shape[::-1])[::-1]
    steps: list[str] = []
    try:
        return _place_rest(_apply_codes(list(codes), shape, steps), shape)
    except (IndexError, ValueError) as error:
        raise _reshape_error(codes, shape, steps, str(error)) from None


def _apply_codes(codes: list[int], shape: tuple[int, ...], steps: list[str]) -> list[int]:
    """Lengths with -1 still in its place."""
    found: list[int] = []
    at = 0  # next axis of the input
    while codes:
        code = codes.pop(0)
        if code == 0:
            made, used = [_axis(shape, at)], 1
        elif code == -2:
            made, used = list(shape[at:]), len(shape) - at
        elif code == -3:
            made, used = [_axis(shape, at) * _axis(shape, at + 1)], 2
        elif code == -4:
            made, used = _split(_axis(shape, at), codes.pop(0), codes.pop(0)), 1
        elif code >= -1:
            made, used = [code], 1
        else:
            raise ValueError(f"{code} is not a code")
        steps.append(f"{code:>2}: axis {at} to {at + used - 1} -> {made}")
        found += made
        at += used
    return found


def _axis(shape: tuple[int, ...], at: int) -> int:
    if at >= len(shape):
        raise ValueError(f"the input has no axis {at}")
    return shape[at]


def _split(length: int, a: int, b: int) -> list[int]:
    if a == -1 and b == -1:
        raise ValueError("-4 needs at least one of its two lengths")
    a = length // b if a == -1 else a
    b = length // a if b == -1 else b
    if a * b != length:
        raise ValueError(f"an axis of length {length} cannot be split into {a} x {b}")
    return [a, b]


def _place_rest(found: list[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    if found.count(-1) > 1:
        raise ValueError("-1 may stand once at most")
    total, size = shapes.size(shape), abs(shapes.size(found))
    if -1 in found:
        if size == 0 or total % size:
            raise ValueError(f"{total} elements cannot be divided by {size}")
        found[found.index(-1)] = total // size
    elif size != total:
        raise ValueError(f"{size} elements in place of {total}")
    return tuple(found)


def _reshape_error(codes, shape, steps, reason) -> ShapeError:
    return ShapeError(
        f"an array of shape {shapes.text(shape)} cannot be reshaped with {codes}",
        rule=reason,
        values=[("derivation", "\n".join(steps) or "none")],
        hint="0 keeps a length, -1 takes the rest, -2 copies the rest, -3 joins two, -4 splits one",
    )


@operator(
    "Reshape",
    Shape("shape", (), doc="Lengths and codes."),
    Bool("reverse", False, doc="Read the codes from the right."),
    Shape("target_shape", (), doc="Old name of `shape`; 0 stands for the rest."),
    Bool("keep_highest", False, doc="With `target_shape`: keep the first length."),
    aliases=("reshape", "_npx_reshape_legacy"),
    cost=result_cost,
    bools=True,
)
def reshape(k, p, data, *, out=None):
    """The same elements in the order of memory, arranged in another shape.

    Codes: 0 keeps a length, -1 takes what is left, -2 copies all remaining axes, -3 joins two axes,
    -4 splits one into the two lengths that follow.

    Source: MXNet 1.6, `mx.nd.reshape`.
    """
    return copied(k, data.reshape(_target(p, data.shape)), out)


def _target(p, shape):
    if p.shape:
        return resolve_shape(p.shape, shape, p.reverse)
    codes = tuple(-1 if d == 0 else d for d in p.target_shape)
    if p.keep_highest:
        codes = (shape[0], *codes[1:])
    return resolve_shape(codes, shape)


reshape.shapes(forward(_target))


@reshape.shapes_inward
def _(_p, ins, outs):
    """The one unknown length of the data follows from the number of elements."""
    data, result = ins[0], outs[0]
    if data is None or data.count(None) != 1 or not shapes.known(result):
        return ins
    others = shapes.size(d for d in data if d is not None)
    rest, left = divmod(shapes.size(result), others or 1)
    return ins if left else [tuple(rest if d is None else d for d in data)]


@reshape.gradient("data")
def _(F, p, dy, data_shape):
    return F._np_reshape(dy, newshape=data_shape)


reshape.example((2, 3, 4), shape=(0, -1)).gives(lambda x: x.reshape(2, 12))
reshape.example((2, 3, 4), shape=(-3, -2)).gives(lambda x: x.reshape(6, 4))
reshape.example((8, 3), shape=(-4, 2, -1, 0)).gives(lambda x: x.reshape(2, 4, 3))
reshape.example((4, 6), shape=(-1, 0), reverse=True).gives(lambda x: x.reshape(4, 6))


@operator(
    "_np_reshape",
    Shape("newshape", doc="Lengths; one may be -1 and takes the rest. 0 is a length of 0."),
    Text("order", "C", doc="Order of the elements: only `C`, the order of memory."),
    aliases=("_npi_reshape",),
    cost=result_cost,
    bools=True,
)
def np_reshape(k, p, a, *, out=None):
    """The same elements in another shape, without MXNet's codes; gradient rules use it, too."""
    return copied(k, a.reshape(p.newshape), out)


@np_reshape.shapes
@forward
def _(p, a):
    try:
        return _place_rest(list(p.newshape), a)
    except ValueError as error:
        raise _reshape_error(p.newshape, a, [], str(error)) from None


@np_reshape.gradient("a")
def _(F, p, dy, a_shape):
    return F._np_reshape(dy, newshape=a_shape)


np_reshape.example((2, 3, 4), newshape=(4, -1)).gives(lambda x: x.reshape(4, 6))


@operator("Flatten", aliases=("flatten", "_npx_batch_flatten"), cost=result_cost, bools=True)
def flatten(k, p, data, *, out=None):
    """All axes but the first put together: `(n, c, h, w)` becomes `(n, c*h*w)`."""
    return copied(k, data.reshape(_flat(p, data.shape)), out)


def _flat(_p, data):
    shapes.check_axes(data, 1)
    return (data[0], shapes.size(data[1:]))


flatten.shapes(forward(_flat))


@flatten.gradient("data")
def _(F, p, dy, data_shape):
    return F._np_reshape(dy, newshape=data_shape)


flatten.example((2, 3, 4)).gives(lambda x: x.reshape(2, 12))


@operator("transpose", Shape("axes", (), doc="New order of the axes; reversed when empty."))
def transpose(k, p, data, *, out=None):
    """The axes in another order.  `transpose(x)[i, j] = x[j, i]`."""
    return copied(k, k.xp.transpose(data, p.axes or None), out)


@transpose.shapes
@forward
def _(p, data):
    axes = p.axes or tuple(reversed(range(len(data))))
    if sorted(axes) != list(range(len(data))):
        raise ShapeError(f"axes={axes} do not order {len(data)} axes", rule="each axis once")
    return tuple(data[a] for a in axes)


@transpose.gradient("data")
def _(F, p, dy):
    return F.transpose(dy, axes=tuple(int(a) for a in np.argsort(p.axes)))


transpose.example((2, 3)).gives(np.transpose)
transpose.example((2, 3, 4), axes=(1, 2, 0)).gives(lambda x: x.transpose(1, 2, 0))


@operator(
    "expand_dims",
    Int("axis", doc="Where the new axis stands."),
    aliases=("_npi_expand_dims",),
    bools=True,
)
def expand_dims(k, p, data, *, out=None):
    """An axis of length 1 inserted."""
    return copied(k, data.reshape(_expanded(p, data.shape)), out)


def _expanded(p, data):
    at = shapes.axis_index(p.axis, len(data) + 1)
    return (*data[:at], 1, *data[at:])


expand_dims.shapes(forward(_expanded))


@expand_dims.gradient("data")
def _(F, p, dy, data_shape):
    return F._np_reshape(dy, newshape=data_shape)


expand_dims.example((2, 3), axis=1).gives(lambda x: x[:, None])
expand_dims.example((2, 3), axis=-1).gives(lambda x: x[..., None])


@operator(
    "_sum_to",
    Shape("shape", doc="Shape of the result."),
)
def sum_to(k, p, data):
    """Sums over the axes along which an array of `shape` was stretched; undoes broadcasting."""
    extra = data.ndim - len(p.shape)
    stretched = tuple(i for i, n in enumerate(p.shape) if n == 1 and data.shape[i + extra] != 1)
    axes = (*range(extra), *(i + extra for i in stretched))
    if not axes:
        return data.copy()
    total = data.sum(axis=axes, keepdims=True, dtype=accumulator(data.dtype))
    return total.reshape(p.shape).astype(data.dtype, copy=False)


@sum_to.shapes
@forward
def _(p, data):
    shapes.check_fits(shapes.broadcast(p.shape, data), data, "what was stretched")
    return p.shape


@sum_to.gradient("data")
def _(F, p, dy, data_shape):
    extra = len(data_shape) - len(p.shape)
    lifted = F._np_reshape(dy, newshape=(1,) * extra + p.shape) if extra else dy
    return F._np_broadcast_to(lifted, shape=data_shape)


sum_to.example((2, 3), shape=(2, 1)).gives(lambda x: x.sum(1, keepdims=True))
sum_to.example((4, 2, 3), shape=(1, 3)).gives(lambda x: x.sum((0, 1)).reshape(1, 3))


@operator("broadcast_to", Shape("shape", (), doc="Target; 0 keeps a length."), bools=True)
def broadcast_to(k, p, data, *, out=None):
    """Axes of length 1 stretched to the lengths of `shape`."""
    return copied(k, k.xp.broadcast_to(data, _stretched(p, data.shape)), out)


@operator(
    "_np_broadcast_to",
    Shape("shape", (), doc="Target; 0 is a length of 0."),
    bools=True,
    counts_axes=True,
)
def np_broadcast_to(k, p, array, *, out=None):
    """Axes of length 1 stretched, new ones put in front, as in NumPy; gradient rules use it."""
    whole = k.xp.empty(p.shape, array.dtype) if out is None else out
    k.xp.copyto(whole, array)
    return whole


@np_broadcast_to.shapes
@forward
def _(p, array):
    padded = (1,) * (len(p.shape) - len(array)) + array
    if len(padded) > len(p.shape) or any(
        n not in (1, d) for n, d in zip(padded, p.shape, strict=True)
    ):
        raise ShapeError(
            f"{shapes.text(array)} cannot be stretched to {shapes.text(p.shape)}",
            rule="only axes of length 1 can be stretched",
        )
    return p.shape


@np_broadcast_to.gradient("array")
def _(F, p, dy, array_shape):
    return F._sum_to(dy, shape=array_shape)


np_broadcast_to.example((2, 1), shape=(4, 2, 3)).gives(lambda x: np.broadcast_to(x, (4, 2, 3)))


def _stretched(p, data):
    if len(data) != len(p.shape):
        raise ShapeError(f"{shapes.text(data)} has not as many axes as {shapes.text(p.shape)}")
    target = tuple(d or n for d, n in zip(p.shape, data, strict=True))
    if any(n not in (1, d) for n, d in zip(data, target, strict=True)):
        raise ShapeError(
            f"{shapes.text(data)} cannot be stretched to {shapes.text(target)}",
            rule="only axes of length 1 can be stretched",
        )
    return target


broadcast_to.shapes(forward(_stretched))


@broadcast_to.gradient("data")
def _(F, p, dy, data_shape):
    return F._sum_to(dy, shape=data_shape)


broadcast_to.example((2, 1, 3), shape=(2, 4, 0)).gives(lambda x: np.repeat(x, 4, 1))


@lru_cache(maxsize=1024)
def _squeezed(axis, data):
    """The shape without axes of length 1; at least one axis is left."""
    axes = [shapes.axis_index(a, len(data)) for a in axis or ()]
    if len(set(axes)) < len(axes) or any(data[a] != 1 for a in axes):
        raise ShapeError(
            f"axis={axis} cannot be removed from shape {shapes.text(data)}",
            rule="axes of length 1, each once",
        )
    gone = axes if axis is not None else [i for i, n in enumerate(data) if n == 1]
    return tuple(n for i, n in enumerate(data) if i not in gone) or (1,)


@operator(
    "squeeze", Shape("axis", None, doc="Axes to remove; all of length 1 when None."), bools=True
)
def squeeze(k, p, data, *, out=None):
    """The array without axes of length 1: `(2, 1, 3, 1)` becomes `(2, 3)`.

    Errors: ShapeError for axes of another length.  Source: MXNet 1.6, `mx.nd.squeeze`.
    """
    return copied(k, data.reshape(_squeezed(p.axis, data.shape)), out)


squeeze.shapes(forward(lambda p, data: _squeezed(p.axis, data)))


@squeeze.gradient("data")
def _(F, p, dy, data_shape):
    return F._np_reshape(dy, newshape=data_shape)


squeeze.example((2, 1, 3, 1)).gives(np.squeeze)
squeeze.example((2, 1, 3, 1), axis=(-1,)).gives(lambda x: np.squeeze(x, -1))


def _place(at, ndim, default):
    """An optional place between axes, counted from the end when negative."""
    if at is None:
        return default
    if not -ndim <= at <= ndim:
        raise ShapeError(f"there is no place {at} among {ndim} axes")
    return at + ndim if at < 0 else at


def _reshaped_like(p, lhs, rhs):
    begin, end = _place(p.lhs_begin, len(lhs), 0), _place(p.lhs_end, len(lhs), len(lhs))
    first, last = _place(p.rhs_begin, len(rhs), 0), _place(p.rhs_end, len(rhs), len(rhs))
    shape = (*lhs[:begin], *rhs[first:last], *lhs[end:])
    if shapes.size(shape) != shapes.size(lhs):
        raise ShapeError(
            f"{shapes.text(lhs)} cannot take the shape {shapes.text(shape)}",
            rule="the number of elements stays",
        )
    return shape


@operator(
    "reshape_like",
    Int("lhs_begin", None, doc="First axis of `lhs` to replace."),
    Int("lhs_end", None, doc="Axis behind the last one."),
    Int("rhs_begin", None, doc="First axis of `rhs` to take."),
    Int("rhs_end", None, doc="Axis behind the last one."),
    aliases=("_npx_reshape_like",),
    type=rules.first_type,
    cost=result_cost,
    bools=True,
)
def reshape_like(k, p, lhs, rhs, *, out=None):
    """The elements of `lhs` in the shape of `rhs`, or with some axes replaced by some of `rhs`.

    Errors: ShapeError where the numbers of elements differ.
    Source: MXNet 1.6, `mx.nd.reshape_like`.
    """
    return copied(k, lhs.reshape(_reshaped_like(p, lhs.shape, rhs.shape)), out)


reshape_like.shapes(forward(_reshaped_like))


@reshape_like.gradient("lhs")
def _(F, p, dy, lhs_shape):
    return F._np_reshape(dy, newshape=lhs_shape)


reshape_like.example((6,), (2, 3)).gives(lambda x, y: x.reshape(2, 3))
reshape_like.example((5, 6), (2, 3, 4), lhs_begin=1, rhs_end=-1).gives(
    lambda x, y: x.reshape(5, 2, 3)
)


@operator("_identity_with_attr_like_rhs", type=rules.first_type, shape=rules.same_shape, bools=True)
def identity_like(k, _p, lhs, rhs, *, out=None):
    """A copy of `lhs`, which must have the shape of `rhs`; the values of `rhs` are not used."""
    return copied(k, lhs, out)


@identity_like.gradient("lhs")
def _(F, p, dy):
    return dy


identity_like.example((2, 3), (2, 3)).gives(lambda x, y: x)
