"""Putting arrays together and taking them apart along an axis; adding many at once."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Count, Int, Shape
from mxbook.ops.registry import operator

from .shape import copied, result_cost
from .slicing import along

NUM_ARGS = Count("num_args", doc="How many arrays; counted by itself.")


@operator(
    "Concat",
    NUM_ARGS,
    Int("dim", 1, doc="The axis along which they are put together."),
    aliases=("concat",),
    variadic="num_args",
)
def concat(k, p, *data, out=None):
    """Arrays put together along an existing axis: `(2, 3)` and `(2, 4)` with `dim=1` give `(2, 7)`.

    Errors: ShapeError where they differ along another axis.  Source: MXNet 1.6, `mx.nd.concat`.
    """
    return k.xp.concatenate(data, axis=p.dim, out=out)


@concat.shapes
def _(p, *ins):
    common = None
    for s in ins:
        common = shapes.unify(common, _open(p, s))
    if common is None:
        return list(ins), [None]
    axis = shapes.axis_index(p.dim, len(common), "dim")
    lengths = [None if s is None else s[axis] for s in ins]
    full = [_with_length(common, axis, n) for n in lengths]
    return full, [_with_length(common, axis, None if None in lengths else sum(lengths))]


def _open(p, shape):
    """The shape with the length along `dim` left open: there the arrays may differ."""
    if shape is None:
        return None
    return _with_length(shape, shapes.axis_index(p.dim, len(shape), "dim"), None)


def _with_length(shape, axis, length):
    return (*shape[:axis], length, *shape[axis + 1 :])


@concat.gradient
def _taken_apart(F, p, dy, data_shape):
    axis = shapes.axis_index(p.dim, len(data_shape[0]))
    free = (None,) * axis
    found, begin = [], 0
    for shape in data_shape:
        end = begin + shape[axis]
        found.append(F.slice(dy, begin=(*free, begin), end=(*free, end)))
        begin = end
    return found


concat.example((2, 3), (2, 1), (2, 4)).gives(lambda *a: np.concatenate(a, 1))
concat.example((2, 3), (1, 3), dim=-2).gives(lambda *a: np.concatenate(a, 0))


@operator("_rnn_param_concat", *concat.params, variadic="num_args")
def rnn_param_concat(k, p, *data, out=None):
    """The parameters of a recurrent network put together, as one vector with `dim=0`.

    The same as `Concat`; graphs of recurrent layers name it.
    """
    return concat.kernel(k, p, *data, out=out)


rnn_param_concat.shapes(concat.shape_rule)


@rnn_param_concat.shapes_inward
def _(p, ins, outs):
    """Parts of unknown length (the first layer's weights) share what is left of the whole."""
    axis, whole = p.dim, outs[0]
    if None in ins or not shapes.known(whole):
        return ins
    unknown = [s for s in ins if s[axis] is None]
    left = whole[axis] - sum(s[axis] for s in ins if s[axis] is not None)
    return [_with_length(s, axis, left // len(unknown)) if s[axis] is None else s for s in ins]


rnn_param_concat.gradient(_taken_apart)
rnn_param_concat.example((3,), (2,), dim=0).gives(lambda *a: np.concatenate(a))


@operator(
    "stack",
    Int("axis", 0, doc="Where the new axis stands."),
    NUM_ARGS,
    variadic="num_args",
)
def stack(k, p, *data, out=None):
    """Arrays of one shape put together along a new axis.

    Three of shape `(2, 4)` with `axis=1` give `(2, 3, 4)`.  Errors: ShapeError where they differ.
    Source: MXNet 1.6, `mx.nd.stack`.
    """
    return k.xp.stack(data, axis=p.axis, out=out)


@stack.shapes
def _(p, *ins):
    full, (common,) = rules.same_shape(p, *ins)
    if common is None:
        return full, [None]
    at = shapes.axis_index(p.axis, len(common) + 1)
    return full, [(*common[:at], len(ins), *common[at:])]


@stack.gradient
def _(F, p, dy, data_shape):
    count = len(data_shape)
    if count == 1:
        return [F._np_reshape(dy, newshape=data_shape[0])]
    parts = F.SliceChannel(dy, num_outputs=count, axis=p.axis, squeeze_axis=True)
    return [parts[i] for i in range(count)]


stack.example((2, 3), (2, 3)).gives(lambda *a: np.stack(a))
stack.example((2, 3), (2, 3), (2, 3), axis=-1).gives(lambda *a: np.stack(a, -1))


def _pieces(k, data, axis, ranges, squeeze):
    """Copies of ranges along an axis, without that axis if wanted."""
    parts = [copied(k, data[along(axis, begin, end)]) for begin, end in ranges]
    shape = _piece_shape(data.shape, axis, None, squeeze)
    return [part.reshape(shape) if squeeze else part for part in parts]


def _piece_shape(shape, axis, length, squeeze):
    return (*shape[:axis], *(() if squeeze else (length,)), *shape[axis + 1 :])


def _joined(F, dys, shape, axis, ranges):
    """The gradient of taking apart: the pieces' gradients side by side, or zeros."""
    lengths = [end - begin for begin, end in ranges]
    whole = [
        None if dy is None else F._np_reshape(dy, newshape=_with_length(shape, axis, n))
        for dy, n in zip(dys, lengths, strict=True)
    ]
    if all(dy is not None for dy in whole):
        return F.Concat(*whole, dim=axis)
    free = (None,) * axis
    found = None
    for dy, (begin, end) in zip(whole, ranges, strict=True):
        if dy is not None:
            put = F._backward_slice(dy, shape=shape, begin=(*free, begin), end=(*free, end))
            found = put if found is None else found + put
    return found


def _equal_ranges(p, shape):
    """Axis and ranges of `SliceChannel`; raises ShapeError where the pieces would not be equal."""
    axis = shapes.axis_index(p.axis, len(shape))
    length, rest = divmod(shape[axis], p.num_outputs)
    if rest or (p.squeeze_axis and length != 1):
        raise ShapeError(
            f"axis {axis} of {shapes.text(shape)} cannot be cut into {p.num_outputs} pieces",
            rule="equal pieces" + (" of length 1, to squeeze" if p.squeeze_axis else ""),
        )
    return axis, [(i * length, (i + 1) * length) for i in range(p.num_outputs)]


SQUEEZE = Bool("squeeze_axis", False, doc="Remove the axis; the pieces have length 1 along it.")


def _names(count):
    return ("output",) if count == 1 else tuple(f"output{i}" for i in range(count))


@operator(
    "SliceChannel",
    Count("num_outputs", doc="How many pieces."),
    Int("axis", 1, doc="The axis to cut."),
    SQUEEZE,
    aliases=("split",),
    outputs=lambda p: _names(p.num_outputs),
    cost=result_cost,
)
def slice_channel(k, p, data):
    """Equal pieces along an axis: `(2, 6)` with `num_outputs=3` gives three times `(2, 2)`.

    Errors: ShapeError where the axis cannot be divided.  Source: MXNet 1.6, `mx.nd.split`.
    """
    axis, ranges = _equal_ranges(p, data.shape)
    return _pieces(k, data, axis, ranges, p.squeeze_axis)


@slice_channel.shapes
def _(p, data):
    if not shapes.known(data):
        return [data], [None] * p.num_outputs
    axis, ranges = _equal_ranges(p, data)
    length = ranges[0][1]
    return [data], [_piece_shape(data, axis, length, p.squeeze_axis)] * p.num_outputs


@slice_channel.gradient("data", ("dys", "data_shape"))
def _(F, p, dys, data_shape):
    return _joined(F, dys, data_shape, *_equal_ranges(p, data_shape))


def _ranges(p, shape):
    """Axis and ranges of `_split_v2`; raises where the positions do not fit the axis."""
    axis = shapes.axis_index(p.axis, len(shape))
    length = shape[axis]
    if p.sections:
        if length % p.sections:
            raise ShapeError(f"an axis of length {length} cannot be cut into {p.sections} pieces")
        starts = tuple(range(0, length, length // p.sections))
    else:
        starts = p.indices
    ends = (*starts[1:], length)
    if any(not 0 <= b <= e <= length for b, e in zip(starts, ends, strict=True)):
        raise ParameterError(
            f"indices={p.indices} do not cut an axis of length {length}",
            rule=f"rising positions from 0 to {length}",
        )
    if p.squeeze_axis and any(e - b != 1 for b, e in zip(starts, ends, strict=True)):
        raise ShapeError("squeeze_axis needs pieces of length 1", rule="one element in each piece")
    return axis, list(zip(starts, ends, strict=True))


@operator(
    "_split_v2",
    Shape("indices", doc="Where each piece begins (the first at 0)."),
    Int("axis", 1, doc="The axis to cut."),
    SQUEEZE,
    Int(
        "sections",
        0,
        low=0,
        high=Count.MOST,
        doc="Cut into so many equal pieces, whatever `indices` says.",
    ),
    aliases=("_npi_split",),
    outputs=lambda p: _names(p.sections or len(p.indices)),
    cost=result_cost,
)
def split_v2(k, p, data):
    """Pieces along an axis that begin at given positions, the last one at the end.

    `(2, 6)` with `indices=(0, 1, 4)` gives `(2, 1)`, `(2, 3)`, `(2, 2)`.

    Errors: ParameterError for positions that fall or lie outside.
    Source: MXNet 1.6, `mx.nd.split_v2`.
    """
    axis, ranges = _ranges(p, data.shape)
    return _pieces(k, data, axis, ranges, p.squeeze_axis)


@split_v2.shapes
def _(p, data):
    if not shapes.known(data):
        return [data], [None] * len(split_v2.output_names(p))
    axis, ranges = _ranges(p, data)
    return [data], [_piece_shape(data, axis, e - b, p.squeeze_axis) for b, e in ranges]


@split_v2.gradient("data", ("dys", "data_shape"))
def _(F, p, dys, data_shape):
    return _joined(F, dys, data_shape, *_ranges(p, data_shape))


slice_channel.example((2, 6), num_outputs=3).gives(lambda x: np.split(x, 3, 1))
slice_channel.example((2, 3), num_outputs=2, axis=0, squeeze_axis=True).gives(
    lambda x: [x[0], x[1]]
)
split_v2.example((2, 6), indices=(0, 1, 4)).gives(lambda x: np.split(x, [1, 4], 1))
split_v2.example((4, 3), indices=(), sections=2, axis=0).gives(lambda x: np.split(x, 2, 0))


@operator(
    "add_n",
    NUM_ARGS,
    shape=rules.same_shape,
    aliases=("ElementWiseSum",),
    variadic="num_args",
)
def add_n(k, p, *args, out=None):
    """The sum of any number of arrays of one shape, element by element."""
    if p.num_args == 1:
        return copied(k, args[0], out)
    total = k.xp.add(args[0], args[1], out=out)
    for other in args[2:]:
        total += other
    return total


@add_n.gradient
def _(F, p, dy, args_shape):
    return [dy] * len(args_shape)


add_n.example((2, 3), (2, 3), (2, 3)).gives(lambda a, b, c: a + b + c)
add_n.example((2, 3)).gives(lambda a: a)
