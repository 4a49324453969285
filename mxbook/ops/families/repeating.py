"""Stretching, repeating and padding: results in which an element stands more than once."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Enum, Float, Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward
from mxbook.ops.tables import as_scalar

from .shape import copied


def _stretch_axes(data, lengths):
    """The shape with axes of length 1 stretched; `lengths` pairs an axis with its new length."""
    target = list(data)
    for axis, length in lengths:
        axis = shapes.axis_index(axis, len(data))
        if data[axis] not in (1, length):
            raise ShapeError(
                f"axis {axis} of {shapes.text(data)} cannot be stretched to {length}",
                rule="only axes of length 1 can be stretched",
            )
        target[axis] = length
    return tuple(target)


def _axis_target(p, data):
    if len(p.axis) != len(p.size):
        raise ParameterError(f"axis={p.axis} and size={p.size}", rule="a length for each axis")
    for axis in p.axis:
        if data[shapes.axis_index(axis, len(data))] != 1:
            raise ShapeError(
                f"axis {axis} of {shapes.text(data)} cannot be stretched",
                rule="only axes of length 1 can be stretched",
            )
    return _stretch_axes(data, zip(p.axis, p.size, strict=True))


@operator(
    "broadcast_axis",
    Shape("axis", (), doc="Axes of length 1."),
    Shape("size", (), doc="Their new lengths."),
    aliases=("broadcast_axes",),
    bools=True,
)
def broadcast_axis(k, p, data, *, out=None):
    """Axes of length 1 stretched: `(1, 2, 1)` with `axis=(0, 2), size=(3, 4)` becomes `(3, 2, 4)`.

    Errors: ShapeError for longer axes.  Source: MXNet 1.6, `mx.nd.broadcast_axis`.
    """
    return copied(k, k.xp.broadcast_to(data, _axis_target(p, data.shape)), out)


broadcast_axis.shapes(forward(_axis_target))


@broadcast_axis.gradient("data")
def _(F, p, dy, data_shape):
    return F._sum_to(dy, shape=data_shape)


broadcast_axis.example((1, 2, 1), axis=(0, 2), size=(3, 4)).gives(
    lambda x: np.broadcast_to(x, (3, 2, 4))
)


def _like_target(p, lhs, rhs):
    if p.lhs_axes is None and p.rhs_axes is None:
        if len(lhs) != len(rhs):
            raise ShapeError(
                f"{shapes.text(lhs)} and {shapes.text(rhs)} have not as many axes",
                rule="equal number of axes, or lhs_axes and rhs_axes name those to stretch",
            )
        return _stretch_axes(lhs, enumerate(rhs))
    left, right = p.lhs_axes or (), p.rhs_axes or ()
    if len(left) != len(right) or not left:
        raise ParameterError(
            f"lhs_axes={p.lhs_axes} and rhs_axes={p.rhs_axes} do not go together",
            rule="both, with an axis of `rhs` for each axis of `lhs`",
        )
    lengths = [rhs[shapes.axis_index(axis, len(rhs))] for axis in right]
    return _stretch_axes(lhs, zip(left, lengths, strict=True))


@operator(
    "broadcast_like",
    Shape("lhs_axes", None, doc="Axes of `lhs` to stretch; all when None."),
    Shape("rhs_axes", None, doc="Axes of `rhs` that give the lengths."),
    type=rules.first_type,
    bools=True,
)
def broadcast_like(k, p, lhs, rhs, *, out=None):
    """`lhs` with axes of length 1 stretched to the lengths of `rhs`.

    Errors: ShapeError for longer axes.  Source: MXNet 1.6, `mx.nd.broadcast_like`.
    """
    return copied(k, k.xp.broadcast_to(lhs, _like_target(p, lhs.shape, rhs.shape)), out)


broadcast_like.shapes(forward(_like_target))


@broadcast_like.gradient("lhs")
def _(F, p, dy, lhs_shape):
    return F._sum_to(dy, shape=lhs_shape)


broadcast_like.example((2, 1), (2, 3)).gives(lambda x, y: np.broadcast_to(x, (2, 3)))
broadcast_like.example((2, 1), (5, 3), lhs_axes=(1,), rhs_axes=(-2,)).gives(
    lambda x, y: np.broadcast_to(x, (2, 5))
)


def _aligned(shape, reps):
    """Shape and repetitions with leading ones, so that they have as many axes."""
    ndim = max(len(shape), len(reps))
    return (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(reps)) + reps


def _tiled_shape(p, data):
    if any(n < 1 for n in p.reps):
        raise ParameterError(f"reps={p.reps} cannot be", rule="each axis at least once")
    return tuple(n * r for n, r in zip(*_aligned(data, p.reps), strict=True))


def _interleaved(shape, reps):
    """`(r0, n0, r1, n1, ...)`: repetitions and lengths side by side."""
    return tuple(n for pair in zip(reps, shape, strict=True) for n in pair)


@operator(
    "tile",
    Shape("reps", doc="How often along each axis; counted from the last."),
    aliases=("_npi_tile",),
    bools=True,
)
def tile(k, p, data, *, out=None):
    """The whole array repeated along its axes: `(2, 3)` with `reps=(2, 2)` gives `(4, 6)`.

    Source: MXNet 1.6, `mx.nd.tile`.
    """
    if out is None:
        return k.xp.tile(data, p.reps)
    shape, reps = _aligned(data.shape, p.reps)
    ones = data.reshape(_interleaved(shape, (1,) * len(reps)))
    every = k.xp.broadcast_to(ones, _interleaved(shape, reps))
    k.xp.copyto(out.reshape(every.shape), every)
    return out


tile.shapes(forward(_tiled_shape))


@tile.gradient("data")
def _(F, p, dy, data_shape):
    shape, reps = _aligned(data_shape, p.reps)
    parts = F._np_reshape(dy, newshape=_interleaved(shape, reps))
    total = F._sum_to(parts, shape=_interleaved(shape, (1,) * len(reps)))
    return F._np_reshape(total, newshape=data_shape)


tile.example((2, 3), reps=(2, 3)).gives(lambda x: np.tile(x, (2, 3)))
tile.example((2,), reps=(3, 2)).gives(lambda x: np.tile(x, (3, 2)))
tile.example((2, 1, 2), reps=2).gives(lambda x: np.tile(x, 2))


def _repeated_axis(p, shape):
    """Shape and axis that `repeat` works on: the flat array when no axis is given."""
    if p.axis is None:
        return (shapes.size(shape),), 0
    return shape, shapes.axis_index(p.axis, len(shape))


def _repeated_shape(p, data):
    shape, axis = _repeated_axis(p, data)
    return (*shape[:axis], shape[axis] * p.repeats, *shape[axis + 1 :])


@operator(
    "repeat",
    Int("repeats", low=0, doc="How often each element."),
    Int("axis", None, doc="Along which axis; the flat array when None."),
    aliases=("_np_repeat",),
    bools=True,
)
def repeat(k, p, data):
    """Each element several times in a row: `[a, b]` with `repeats=2` gives `[a, a, b, b]`.

    Source: MXNet 1.6, `mx.nd.repeat`.
    """
    return k.xp.repeat(data, p.repeats, axis=p.axis)


repeat.shapes(forward(_repeated_shape))


@repeat.gradient("data")
def _(F, p, dy, data_shape):
    shape, axis = _repeated_axis(p, data_shape)
    lines = (*shape[: axis + 1], p.repeats, *shape[axis + 1 :])
    total = F.sum(F._np_reshape(dy, newshape=lines), axis=axis + 1)
    return F._np_reshape(total, newshape=data_shape)


repeat.example((2, 3), repeats=2).gives(lambda x: np.repeat(x, 2))
repeat.example((2, 3), repeats=3, axis=-1).gives(lambda x: np.repeat(x, 3, -1))


def _pads(p, shape):
    """(before, after) for each axis; raises ParameterError where they do not fit."""
    pads = list(zip(p.pad_width[::2], p.pad_width[1::2], strict=False))
    if p.mode != "constant":
        shapes.check_filled(shape)
    if len(p.pad_width) != 2 * len(shape) or min(p.pad_width, default=0) < 0:
        raise ParameterError(
            f"pad_width={p.pad_width} for an array of shape {shapes.text(shape)}",
            rule="(before, after) for each axis, none of them negative",
        )
    if p.mode == "reflect" and any(max(w) >= n > 0 for w, n in zip(pads, shape, strict=True)):
        raise ParameterError(
            f"pad_width={p.pad_width} for an array of shape {shapes.text(shape)}",
            rule="reflecting takes less than the length of the axis",
        )
    return pads


def _padded_shape(p, data):
    return tuple(n + a + b for n, (a, b) in zip(data, _pads(p, data), strict=True))


@operator(
    "Pad",
    Enum("mode", ("constant", "edge", "reflect"), doc="What stands in the border."),
    Shape("pad_width", doc="(before, after) for each axis, one after the other."),
    Float("constant_value", 0.0, doc="The number in the border, with `constant`."),
    aliases=("pad",),
)
def pad(k, p, data):
    """The array with a border: a number, the nearest edge, or the array mirrored at its edge.

    `(1, 1, 2, 2)` with `pad_width=(0, 0, 0, 0, 1, 1, 2, 2)` becomes `(1, 1, 4, 6)`.  (MXNet pads
    only arrays of four or five axes, and not the first two.)

    Errors: ParameterError for widths that do not fit.

    Source: MXNet 1.6, `mx.nd.Pad`.
    """
    widths = _pads(p, data.shape)
    if p.mode == "constant":
        value = as_scalar(p.constant_value, data.dtype)
        return k.xp.pad(data, widths, mode="constant", constant_values=value)
    return k.xp.pad(data, widths, mode=p.mode)


pad.shapes(forward(_padded_shape))


@pad.gradient("data")
def _(F, p, dy, data_shape):
    if p.mode != "constant":
        return F._backward_pad(dy, mode=p.mode, pad_width=p.pad_width)
    pads = _pads(p, data_shape)
    begin = tuple(before for before, _ in pads)
    end = tuple(before + n for (before, _), n in zip(pads, data_shape, strict=True))
    return F.slice(dy, begin=begin, end=end)


def _unpadded_shape(p, part):
    pads = zip(p.pad_width[::2], p.pad_width[1::2], strict=False)
    found = tuple(n - before - after for n, (before, after) in zip(part, pads, strict=True))
    shapes.check_lengths(found)
    _pads(p, found)
    return found


@operator(
    "_backward_pad",
    Enum("mode", ("edge", "reflect"), doc="What stood in the border."),
    Shape("pad_width", doc="(before, after) for each axis."),
)
def backward_pad(k, p, part):
    """The array without its border, which is added to the elements that it was copied from."""
    lengths = _unpadded_shape(p, part.shape)
    for axis, n in enumerate(lengths):
        before, after = p.pad_width[2 * axis : 2 * axis + 2]
        part = _folded(k.xp, p.mode, part.swapaxes(0, axis), before, after, n).swapaxes(0, axis)
    return k.xp.ascontiguousarray(part)


def _folded(xp, mode, lines, before, after, n):
    """Cut the border off the first axis and add it inside."""
    middle = lines[before : before + n].copy()
    first, last = lines[:before], lines[before + n :]
    if mode == "edge":
        middle[0] += first.sum(0, dtype=lines.dtype)
        middle[-1] += last.sum(0, dtype=lines.dtype)
    else:
        middle[1 : before + 1] += xp.flip(first, 0)
        middle[n - 1 - after : n - 1] += xp.flip(last, 0)
    return middle


backward_pad.shapes(forward(_unpadded_shape))


@backward_pad.gradient("part")
def _(F, p, dy):
    return F.Pad(dy, mode=p.mode, pad_width=p.pad_width)


BORDER = (0, 0, 0, 0, 1, 2, 0, 1)
WIDTHS = ((0, 0), (0, 0), (1, 2), (0, 1))
pad.example((1, 2, 2, 3), mode="constant", pad_width=BORDER, constant_value=1.5).gives(
    lambda x: np.pad(x, WIDTHS, constant_values=1.5)
)
pad.example((1, 2, 3, 3), mode="edge", pad_width=BORDER).gives(lambda x: np.pad(x, WIDTHS, "edge"))
pad.example((1, 2, 3, 3), mode="reflect", pad_width=BORDER).gives(
    lambda x: np.pad(x, WIDTHS, "reflect")
)
backward_pad.example((2, 5), mode="edge", pad_width=(0, 0, 1, 2)).gives(
    lambda x: np.stack([x[:, 0] + x[:, 1], x[:, 2:].sum(1)], 1)
)
backward_pad.example((4, 2), mode="reflect", pad_width=(1, 1, 0, 0)).gives(
    lambda x: np.stack([x[1] + x[3], x[2] + x[0]])
)
