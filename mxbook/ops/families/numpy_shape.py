"""Moving and joining axes as NumPy does, where `mx.nd` does it in another way."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Count, Int, Shape, Text
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .shape import copied

NUM_ARGS = Count("num_args", doc="How many arrays; counted by itself.")


def _order(p, ndim):
    axes = tuple(reversed(range(ndim))) if p.axes is None else p.axes
    order = tuple(shapes.axis_index(a, ndim) for a in axes)
    if sorted(order) != list(range(ndim)):
        raise ShapeError(f"axes={p.axes} do not order {ndim} axes", rule="each axis once")
    return order


@operator(
    "_np_transpose",
    Shape("axes", None, doc="New order of the axes; reversed when None."),
    shape=forward(lambda p, a: tuple(a[i] for i in _order(p, len(a)))),
    bools=True,
)
def np_transpose(k, p, a, *, out=None):
    """The axes in another order."""
    return copied(k, k.xp.transpose(a, _order(p, a.ndim)), out)


@np_transpose.gradient("a")
def _(F, p, dy, a_shape):
    order = _order(p, len(a_shape))
    return F._np_transpose(dy, axes=tuple(order.index(i) for i in range(len(order))))


np_transpose.example((2, 3, 4)).gives(np.transpose)
np_transpose.example((2, 3, 4), axes=(1, -1, 0)).gives(lambda x: x.transpose(1, 2, 0))


def _moved(p, ndim):
    """The order of the axes once some have moved."""
    source = [shapes.axis_index(a, ndim, "source") for a in p.source]
    target = [shapes.axis_index(a, ndim, "destination") for a in p.destination]
    if len(set(source)) != len(set(target)) or len(source) != len(target):
        raise ShapeError(
            f"axes {p.source} cannot go to {p.destination}",
            rule="as many places as axes, each once",
        )
    order = [i for i in range(ndim) if i not in source]
    for place, axis in sorted(zip(target, source, strict=True)):
        order.insert(place, axis)
    return tuple(order)


@operator(
    "_np_moveaxis",
    Shape("source", doc="The axes that move."),
    Shape("destination", doc="Where they go."),
    shape=forward(lambda p, a: tuple(a[i] for i in _moved(p, len(a)))),
)
def np_moveaxis(k, p, a, *, out=None):
    """Axes in other places; the order of the others stays."""
    return copied(k, k.xp.transpose(a, _moved(p, a.ndim)), out)


@np_moveaxis.gradient("a")
def _(F, p, dy):
    return F._np_moveaxis(dy, source=p.destination, destination=p.source)


np_moveaxis.example((2, 3, 4), source=(0, 1), destination=(-1, 0)).gives(
    lambda x: np.moveaxis(x, (0, 1), (-1, 0))
)


def _squeezed(p, a):
    axes = range(len(a)) if p.axis is None else [shapes.axis_index(i, len(a)) for i in p.axis]
    if p.axis is not None and any(a[i] != 1 for i in axes):
        raise ShapeError(
            f"axis={p.axis} cannot be taken out of {shapes.text(a)}", rule="its length is 1"
        )
    return tuple(n for i, n in enumerate(a) if n != 1 or i not in axes)


@operator(
    "_np_squeeze",
    Shape("axis", None, doc="Axes to remove; all of length 1 when None."),
    shape=forward(_squeezed),
    bools=True,
)
def np_squeeze(k, p, a, *, out=None):
    """The array without axes of length 1; all of them may go."""
    return copied(k, a.reshape(_squeezed(p, a.shape)), out)


@np_squeeze.gradient("a")
def _(F, p, dy, a_shape):
    return F._np_reshape(dy, newshape=a_shape)


np_squeeze.example((1, 3, 1)).gives(np.squeeze)
np_squeeze.example((1, 3, 1), axis=(-1,)).gives(lambda x: x.squeeze(-1))


def _coded(p, a):
    """The shape that the codes of `npx.reshape` stand for."""
    parts, codes = [], list(p.newshape)
    while codes:  # -6 and its two lengths belong together
        count = 3 if codes[0] == -6 else 1
        parts.append(tuple(codes[:count]))
        del codes[:count]
    if not p.reverse:
        return _complete(_lengths(parts, a), a)
    turned = [(-6, *reversed(c[1:])) if c[0] == -6 else c for c in reversed(parts)]
    return _complete(_lengths(turned, a[::-1]), a[::-1])[::-1]


def _lengths(parts, shape):
    """What each code stands for, from the first axis on; -1 stays."""
    left, found = list(shape), []
    for code, *cut in parts:
        if code == -4:
            found += left
            left = []
        elif code == -5:
            found.append(left.pop(0) * left.pop(0))
        elif code == -6:
            length, (one, two) = left.pop(0), cut
            found += [length // two if one == -1 else one, length // one if two == -1 else two]
        elif code == -3 and left.pop(0) != 1:
            raise ShapeError("-3 leaves an axis out", rule="its length is 1")
        elif code in (-2, -1) or code >= 0:
            length = left.pop(0) if left else None
            found.append(length if code == -2 else code)
    return found


def _complete(found, shape):
    size, known = shapes.size(shape), shapes.size(n for n in found if n != -1)
    if found.count(-1) == 1 and known and size % known == 0:
        found = [size // known if n == -1 else n for n in found]
    if -1 in found or shapes.size(found) != size:
        raise ShapeError(
            f"an array of shape {shapes.text(shape)} cannot become {tuple(found)}",
            rule="the number of elements stays; one length may be -1",
        )
    return tuple(found)


@operator(
    "_npx_reshape",
    Shape("newshape", doc="Lengths, or codes from -6 to -1."),
    Bool("reverse", False, doc="Match the codes from the last axis on."),
    Text("order", "C", doc="Order of the elements; only C."),
    shape=forward(_coded),
    bools=True,
)
def npx_reshape(k, p, a, *, out=None):
    """The same elements in another shape, which codes describe along with lengths.

    -1 what is left, -2 the same length, -3 without this axis of length 1, -4 all axes that are
    left, -5 two axes put together, -6 an axis cut into the two lengths that follow.
    """
    return copied(k, a.reshape(_coded(p, a.shape)), out)


@npx_reshape.gradient("a")
def _(F, p, dy, a_shape):
    return F._np_reshape(dy, newshape=a_shape)


npx_reshape.example((2, 3, 4), newshape=(-5, 4)).gives(lambda x: x.reshape(6, 4))
npx_reshape.example((1, 6, 4, 2), newshape=(-3, -6, 2, -1, -4)).gives(
    lambda x: x.reshape(2, 3, 4, 2)
)
npx_reshape.example((8, 3, 4), newshape=(-2, -5), reverse=True).gives(lambda x: x.reshape(8, 12))
npx_reshape.example((8, 3, 4), newshape=(-4, -6, 2, -1), reverse=True).gives(
    lambda x: x.reshape(8, 3, 2, 2)
)


def _shifts(p, ndim):
    """(axis, shift) pairs; axis None for the flat array."""
    if p.shift is None:
        raise ParameterError("roll needs the parameter 'shift'")
    if p.axis is None:
        return [(None, sum(p.shift))]
    count = max(len(p.shift), len(p.axis))
    if not {len(p.shift), len(p.axis)} <= {1, count}:
        raise ParameterError("shift and axis do not go together", rule="as many shifts as axes")
    axes = [shapes.axis_index(a, ndim) for a in p.axis] * (count // len(p.axis))
    return list(zip(axes, p.shift * (count // len(p.shift)), strict=True))


def _roll_shape(p, data):
    _shifts(p, len(data))
    return data


@operator(
    "_np_roll",
    Shape("shift", None, doc="By how many places."),
    Shape("axis", None, doc="Along which axes; the flat array when None."),
    shape=forward(_roll_shape),
)
def np_roll(k, p, data):
    """The elements moved along axes; what falls off one end comes in at the other."""
    for axis, shift in _shifts(p, data.ndim):
        data = k.xp.roll(data, shift, axis)
    return data.copy()


@np_roll.gradient("data")
def _(F, p, dy):
    return F._np_roll(dy, shift=tuple(-s for s in p.shift), axis=p.axis)


np_roll.example((2, 3), shift=2).gives(lambda x: np.roll(x, 2))
np_roll.example((2, 3), shift=(1, -1), axis=(0, 1)).gives(lambda x: np.roll(x, (1, -1), (0, 1)))


def _plane(p, ndim):
    axes = (0, 1) if p.axes is None else p.axes
    found = tuple(shapes.axis_index(a, ndim) for a in axes)
    if len(set(found)) != 2 or len(found) != 2:
        raise ShapeError(f"axes={axes} are no plane", rule="two axes")
    return found


def _turned(p, data):
    i, j = _plane(p, len(data))
    swapped = list(data)
    swapped[i], swapped[j] = data[j], data[i]
    return tuple(swapped) if p.k % 2 else data


@operator(
    "_npi_rot90",
    Int("k", 1, doc="How many quarter turns."),
    Shape("axes", None, doc="The plane; the first two axes when None."),
    shape=forward(_turned),
)
def np_rot90(k, p, data):
    """Quarter turns in the plane of two axes, from the first one towards the second."""
    return k.xp.ascontiguousarray(k.xp.rot90(data, p.k, _plane(p, data.ndim)))


@np_rot90.gradient("data")
def _(F, p, dy):
    return F._npi_rot90(dy, k=-p.k, axes=p.axes)


np_rot90.example((2, 3)).gives(np.rot90)
np_rot90.example((2, 3, 2), k=2, axes=(1, 2)).gives(lambda x: np.rot90(x, 2, (1, 2)))


def _joining(name: str, lift: Any, axis: int, doc: str, *params: Any) -> None:
    """Register a way of joining arrays: `lift(shape)` gives them enough axes, then `axis`."""

    def shape_rule(p, *ins):
        if not all(map(shapes.known, ins)):
            return list(ins), [None]
        lifted = [lift(s) for s in ins]
        first = lifted[0]
        if any(_without(s, axis) != _without(first, axis) for s in lifted):
            raise ShapeError(
                "the arrays cannot be joined", rule=f"they differ along axis {axis} only"
            )
        joined = list(first)
        joined[axis] = sum(s[axis] for s in lifted)
        return list(ins), [tuple(joined)]

    def kernel(k, _p, *data, out=None):
        return k.xp.concatenate([d.reshape(lift(d.shape)) for d in data], axis=axis, out=out)

    def gradient(F, _p, dy, data_shape):
        found, begin = [], 0
        for shape in data_shape:
            end = begin + lift(shape)[axis]
            part = F.slice_axis(dy, axis=axis, begin=begin, end=end)
            found.append(part if part.shape == shape else F._np_reshape(part, newshape=shape))
            begin = end
        return found

    op = operator(
        f"_npi_{name}", *(params or (NUM_ARGS,)), variadic="num_args", shape=shape_rule, doc=doc
    )(kernel)
    op.source = _joining
    op.gradient(gradient)
    function = getattr(np, name)
    op.example((2, 3), (2, 3)).gives(lambda *a: function(a))
    op.example((3,), (3,)).gives(lambda *a: function(a))


def _without(shape, axis):
    return (*shape[:axis], *shape[axis + 1 :])


def _as_rows(shape):
    return shape if len(shape) > 1 else (1, *shape) if shape else (1, 1)


def _as_columns(shape):
    return shape if len(shape) > 1 else (*shape, 1) if shape else (1, 1)


def _as_sheets(shape):
    rows = _as_rows(shape)
    return rows if len(rows) > 2 else (*rows, 1)


DIM = Int("dim", 1, doc="Has no meaning here; MXNet has it.")
_joining("vstack", _as_rows, 0, "Arrays one below the other; vectors are rows.")
_joining("column_stack", _as_columns, 1, "Arrays side by side; vectors are columns.")
_joining("dstack", _as_sheets, 2, "Arrays one behind the other.", NUM_ARGS, DIM)


def _tril_shape(p, data):
    shapes.check_axes(data, 1, "data")
    return data if len(data) > 1 else (*data, *data)


@operator(
    "_npi_tril", Int("k", 0, doc="The last diagonal that is kept."), shape=forward(_tril_shape)
)
def np_tril(k, p, data):
    """The matrices in the last two axes, with zeros above a diagonal; a vector fills the rows."""
    return k.xp.tril(data, p.k).astype(data.dtype, copy=False)


@np_tril.gradient("data")
def _(F, p, dy, data_shape):
    found = F._npi_tril(dy, k=p.k)
    return found if len(data_shape) > 1 else F.sum(found, axis=0)


np_tril.example((3, 4), k=1).gives(lambda x: np.tril(x, 1))
np_tril.example((2, 3, 3), k=-1).gives(lambda x: np.tril(x, -1))
np_tril.example((3,)).gives(np.tril)


def _trace_axes(p, ndim):
    one, two = shapes.axis_index(p.axis1, ndim), shapes.axis_index(p.axis2, ndim)
    if one == two:
        raise ShapeError("axis1 and axis2 are the same axis", rule="two axes")
    return one, two


def _trace_shape(p, data):
    shapes.check_axes(data, 2, "data")
    return tuple(n for i, n in enumerate(data) if i not in _trace_axes(p, len(data)))


@operator(
    "_np_trace",
    Int("offset", 0, doc="Which diagonal; above 0 upper ones."),
    Int("axis1", 0, doc="Rows of the matrices."),
    Int("axis2", 1, doc="Columns of the matrices."),
    shape=forward(_trace_shape),
)
def np_trace(k, p, data):
    """The sum of a diagonal of each matrix in two of the axes."""
    found = k.xp.trace(data, p.offset, p.axis1, p.axis2)
    return k.xp.asarray(found, dtype=data.dtype)


@np_trace.gradient("data")
def _(F, p, dy, data_shape):
    one, two = _trace_axes(p, len(data_shape))
    kept = tuple(1 if i in (one, two) else n for i, n in enumerate(data_shape))
    dy = F._np_broadcast_to(F._np_reshape(dy, newshape=kept), shape=data_shape)
    front = [i for i in range(len(data_shape)) if i not in (one, two)] + [one, two]
    ones = F._np_transpose(F.ones_like(dy), axes=tuple(front))
    mask = F._npi_tril(ones, k=p.offset) - F._npi_tril(ones, k=p.offset - 1)
    return dy * F._np_transpose(mask, axes=tuple(front.index(i) for i in range(len(front))))


np_trace.example((3, 4), offset=1).gives(lambda x: np.trace(x, 1))
np_trace.example((2, 3, 4), axis1=-1, axis2=1).gives(lambda x: np.trace(x, 0, -1, 1))


def _diff_shape(p, a):
    axis = shapes.axis_index(p.axis, len(a))
    return (*a[:axis], max(0, a[axis] - p.n), *a[axis + 1 :])


@operator(
    "_npi_diff",
    Int("n", 1, low=0, doc="How often differences are taken."),
    Int("axis", -1, doc="Along which axis."),
    shape=forward(_diff_shape),
)
def np_diff(k, p, a):
    """Differences of neighbours: `out[i] = a[i + 1] - a[i]`, `n` times."""
    return k.xp.diff(a, p.n, p.axis) if p.n else a.copy()


@np_diff.gradient("a")
def _(F, p, dy, a_shape):
    if not p.n or 0 in _diff_shape(p, a_shape):
        return dy if not p.n else F._np_broadcast_to(F.zeros_like(F.sum(dy)), shape=a_shape)
    axis = shapes.axis_index(p.axis, len(a_shape))
    for _ in range(p.n):
        edge = F.zeros_like(F.slice_axis(dy, axis=axis, begin=0, end=1))
        dy = F.Concat(edge, dy, dim=axis) - F.Concat(dy, edge, dim=axis)
    return dy


np_diff.example((2, 4)).gives(np.diff)
np_diff.example((4, 2), n=2, axis=0).gives(lambda x: np.diff(x, 2, 0))


def _cut(p, data):
    """Where the cuts are, along the first axis of a vector, else the second one."""
    axis = 0 if len(data) == 1 else 1
    shapes.check_axes(data, 1, "data")
    length = data[axis]
    if p.sections and length % p.sections:
        raise ShapeError(f"an axis of length {length} cannot be cut into {p.sections} equal parts")
    step = length // p.sections if p.sections else 0
    begins = [i * step for i in range(p.sections)] if p.sections else list(p.indices)
    cuts = zip(begins, [*begins[1:], length], strict=True)
    return axis, [slice(b, e).indices(length)[:2] for b, e in cuts]


def _hsplit_shapes(p, data):
    if not shapes.known(data):
        return [data], [None] * _parts(p)
    axis, ranges = _cut(p, data)
    return [data], [(*data[:axis], max(0, e - b), *data[axis + 1 :]) for b, e in ranges]


def _parts(p):
    return p.sections or len(p.indices) if p is not None else 1


@operator(
    "_npi_hsplit",
    Shape("indices", (), doc="Where the parts begin."),
    Int("axis", 1, doc="Has no meaning here; MXNet has it."),
    Bool("squeeze_axis", False, doc="Has no meaning here; MXNet has it."),
    Int("sections", 0, low=0, high=Count.MOST, doc="How many equal parts; 0 for `indices`."),
    shape=_hsplit_shapes,
    type=rules.first_type,
    outputs=lambda p: [f"output{i}" for i in range(_parts(p))],
)
def np_hsplit(k, p, data):
    """The array cut along its second axis, a vector along its only one."""
    axis, ranges = _cut(p, data.shape)
    return [copied(k, data[(slice(None),) * axis + (slice(b, e),)]) for b, e in ranges]


@np_hsplit.types
def _(p, dtype):
    return [dtype], [dtype] * _parts(p)


@np_hsplit.gradient
def _(F, p, dys, data_shape, data_dtype):
    axis, ranges = _cut(p, data_shape)
    parts = []
    for dy, (begin, end) in zip(dys, ranges, strict=True):
        shape = (*data_shape[:axis], max(0, end - begin), *data_shape[axis + 1 :])
        parts.append(F._zeros(shape=shape, dtype=data_dtype) if dy is None else dy)
    return [F.Concat(*parts, dim=axis)]


np_hsplit.example((2, 4), sections=2).gives(lambda x: np.hsplit(x, 2))
np_hsplit.example((4,), indices=(0, 1)).gives(lambda x: np.hsplit(x, [1]))
