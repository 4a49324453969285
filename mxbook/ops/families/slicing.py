"""Regular parts of an array: reading them, and writing them back into a whole one."""

from functools import lru_cache
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Float, Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward
from mxbook.ops.tables import as_scalar

from .shape import copied, result_cost

REGION = (
    Shape("begin", doc="First position along each leading axis; None for the start."),
    Shape("end", doc="Position behind the last one; None for the end."),
    Shape("step", (), doc="Distance of neighbours; negative ones go backwards."),
)


def region(p: Any, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """The parameters `begin`, `end` and `step` as Python slices of an array of `shape`.

    Raises ShapeError when there are more of them than axes, ParameterError when they do not go
    together.
    """
    return _region(p.begin, p.end, p.step, shape)


@lru_cache(maxsize=1024)
def _region(begin, end, step, shape):
    steps = step or (None,) * len(begin)
    if not len(begin) == len(end) == len(steps):
        raise ParameterError(
            f"begin={begin}, end={end} and step={step} do not go together",
            rule="one number for each axis in all of them (step may be left out)",
        )
    if len(begin) > len(shape):
        raise ShapeError(
            f"{len(begin)} slices for an array of shape {shapes.text(shape)}",
            rule="at most one slice for each axis",
        )
    if 0 in steps:
        raise ParameterError(f"step={step} contains 0", rule="a step goes forwards or backwards")
    return tuple(map(slice, begin, end, steps))


def region_shape(p: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the region."""
    cut = [len(range(*s.indices(n))) for s, n in zip(region(p, shape), shape, strict=False)]
    return (*cut, *shape[len(cut) :])


@operator("slice", *REGION, aliases=("crop", "_npi_slice", "_npx_slice"), cost=result_cost)
def slice_(k, p, data, *, out=None):
    """A part of the array: `data[begin[0]:end[0]:step[0], begin[1]:end[1]:step[1], ...]`.

    Positions count from the end when negative and are cut off at the borders, as in Python.  Axes
    that are not spoken about stay whole.

    Source: MXNet 1.6, `mx.nd.slice`.
    """
    return copied(k, data[region(p, data.shape)], out)


slice_.shapes(forward(region_shape))


@slice_.gradient("data")
def _(F, p, dy, data_shape):
    return F._backward_slice(dy, shape=data_shape, **_region_of(p))


def _region_of(p):
    return {"begin": p.begin, "end": p.end, "step": p.step}


slice_.example((4, 5), begin=(1, 0), end=(3, 4)).gives(lambda x: x[1:3, 0:4])
slice_.example((4, 5), begin=(None, -1), end=(None, None), step=(2, -2)).gives(
    lambda x: x[::2, ::-2]
)
slice_.example((4, 5, 2), begin=(-3,), end=(9,)).gives(lambda x: x[-3:9])


@operator(
    "_backward_slice", Shape("shape", doc="Shape of the whole array."), *REGION, cost=result_cost
)
def backward_slice(k, p, part, *, out=None):
    """Zeros of `shape` with `part` in the region given by `begin`, `end` and `step`."""
    whole = k.xp.zeros(p.shape, part.dtype) if out is None else out
    if out is not None:
        whole.fill(0)
    whole[region(p, p.shape)] = part
    return whole


@backward_slice.shapes
@forward
def _(p, part):
    return _filled(p, p.shape, part)


def _filled(p, whole, part):
    """The whole's shape, once the part is known to have the shape of the region."""
    if part != region_shape(p, whole):
        raise ShapeError(
            f"a part of shape {shapes.text(part)} does not fit",
            rule=f"the region has the shape {shapes.text(region_shape(p, whole))}",
        )
    return whole


@backward_slice.gradient("part")
def _(F, p, dy):
    return F.slice(dy, **_region_of(p))


def _embedded(shape, *key):
    """Zeros with a part set; the expected values of examples."""

    def value(part):
        whole = np.zeros(shape)
        whole[key] = part
        return whole

    return value


backward_slice.example((2, 3), shape=(4, 5), begin=(1, 4), end=(3, None), step=(1, -2)).gives(
    _embedded((4, 5), slice(1, 3), slice(None, None, -2))
)


@operator("_slice_assign", *REGION, aliases=("_crop_assign", "_npi_slice_assign"))
def slice_assign(k, p, lhs, rhs, *, out=None):
    """A copy of `lhs` with `rhs` in the region given by `begin`, `end` and `step`."""
    whole = copied(k, lhs, out)
    whole[region(p, whole.shape)] = rhs
    return whole


slice_assign.shapes(forward(_filled))


@slice_assign.gradient("lhs")
def _(F, p, dy):
    return F._slice_assign_scalar(dy, scalar=0, **_region_of(p))


@slice_assign.gradient("rhs")
def _(F, p, dy):
    return F.slice(dy, **_region_of(p))


def _replaced(value, *key):
    """A copy in which a region is replaced; the expected values of examples."""

    def expected(whole, *part):
        whole = whole.copy()
        whole[key] = part[0] if part else value
        return whole

    return expected


slice_assign.example((4, 3), (2, 3), begin=(1,), end=(3,)).gives(_replaced(None, slice(1, 3)))


@operator(
    "_slice_assign_scalar",
    Float("scalar", 0.0, doc="The number to write."),
    *REGION,
    aliases=("_crop_assign_scalar", "_npi_slice_assign_scalar"),
)
def slice_assign_scalar(k, p, data, *, out=None):
    """A copy of the array with a number in the region given by `begin`, `end` and `step`."""
    whole = copied(k, data, out)
    whole[region(p, whole.shape)] = as_scalar(p.scalar, data.dtype)
    return whole


@slice_assign_scalar.shapes
@forward
def _(p, data):
    region(p, data)
    return data


@slice_assign_scalar.gradient("data")
def _(F, p, dy):
    return F._slice_assign_scalar(dy, scalar=0, **_region_of(p))


slice_assign_scalar.example((4, 3), scalar=2.5, begin=(1, 2), end=(3, 0), step=(1, -1)).gives(
    _replaced(2.5, slice(1, 3), slice(2, 0, -1))
)


def along(axis: int, begin: int | None, end: int | None) -> tuple[slice, ...]:
    """The index of a range along one axis."""
    return (slice(None),) * axis + (slice(begin, end),)


def axis_range(p: Any, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Axis, first position and the one behind the last; ShapeError outside the axis."""
    axis = shapes.axis_index(p.axis, len(shape))
    length = shape[axis]
    begin = p.begin + length if p.begin < 0 else p.begin
    end = length if p.end is None else p.end + length if p.end < 0 else p.end
    if not 0 <= begin < end <= length:
        raise ShapeError(
            f"begin={p.begin}, end={p.end} is not a part of axis {axis}",
            rule=f"0 <= begin < end <= {length}, the length of the axis",
            hint="slice cuts off at the borders and allows empty parts",
        )
    return axis, begin, end


@operator(
    "slice_axis",
    Int("axis", doc="The axis."),
    Int("begin", doc="First position; counts from the end when negative."),
    Int("end", optional=True, doc="Position behind the last one; None for the end."),
    cost=result_cost,
)
def slice_axis(k, p, data, *, out=None):
    """A range along one axis: `data[:, begin:end]` for `axis=1`.

    Errors: ShapeError where the range is empty or goes beyond the axis.
    Source: MXNet 1.6, `mx.nd.slice_axis`.
    """
    axis, begin, end = axis_range(p, data.shape)
    return copied(k, data[along(axis, begin, end)], out)


@slice_axis.shapes
@forward
def _(p, data):
    axis, begin, end = axis_range(p, data)
    return (*data[:axis], end - begin, *data[axis + 1 :])


@slice_axis.gradient("data")
def _(F, p, dy, data_shape):
    axis, begin, end = axis_range(p, data_shape)
    free = (None,) * axis
    return F._backward_slice(dy, shape=data_shape, begin=(*free, begin), end=(*free, end))


slice_axis.example((3, 4), axis=1, begin=1, end=3).gives(lambda x: x[:, 1:3])
slice_axis.example((3, 4), axis=-2, begin=-2, end=None).gives(lambda x: x[-2:])


def _like_lengths(p, data, like):
    """The lengths to cut to; None for axes that stay whole."""
    if not p.axes and len(data) != len(like):
        raise ShapeError(
            f"shapes {shapes.text(data)} and {shapes.text(like)} have not as many axes",
            rule="equal number of axes, or `axes` names those to cut",
        )
    axes = [shapes.axis_index(a, len(data)) for a in p.axes] or list(range(len(data)))
    lengths = [None] * len(data)
    for axis in axes:
        if axis >= len(like) or like[axis] > data[axis]:
            raise ShapeError(
                f"shape {shapes.text(data)} cannot be cut to {shapes.text(like)} along axis {axis}",
                rule="along each axis `shape_like` is at most as long",
            )
        lengths[axis] = like[axis]
    return lengths


@operator(
    "slice_like",
    Shape("axes", (), doc="Axes to cut; all when empty."),
    type=rules.first_type,
    cost=result_cost,
    bools=("shape_like",),
)
def slice_like(k, p, data, shape_like, *, out=None):
    """The first elements along each axis, as many as `shape_like` has there.

    Errors: ShapeError where `shape_like` is longer.
    Source: MXNet 1.6, `mx.nd.slice_like`.
    """
    lengths = _like_lengths(p, data.shape, shape_like.shape)
    return copied(k, data[tuple(map(slice, lengths))], out)


@slice_like.shapes
@forward
def _(p, data, like):
    return tuple(
        n if cut is None else cut for n, cut in zip(data, _like_lengths(p, data, like), strict=True)
    )


@slice_like.gradient("data")
def _(F, p, dy, data_shape, out_shape):
    return F._backward_slice(dy, shape=data_shape, begin=(0,) * len(out_shape), end=out_shape)


slice_like.example((3, 4), (2, 3)).gives(lambda x, like: x[:2, :3])
slice_like.example((3, 4, 5), (2, 3), axes=(1,)).gives(lambda x, like: x[:, :3])


def diagonal_length(p: Any, shape: tuple[int, ...]) -> int:
    """Length of a diagonal; raises ShapeError where there is none."""
    axis1, axis2 = (shapes.axis_index(a, len(shape)) for a in (p.axis1, p.axis2))
    if axis1 == axis2:
        raise ShapeError(f"axis1={p.axis1} and axis2={p.axis2} are the same", rule="two axes")
    length = min(shape[axis1] + min(p.k, 0), shape[axis2] - max(p.k, 0))
    if length <= 0:
        raise ShapeError(f"there is no diagonal {p.k} in shape {shapes.text(shape)}")
    return length


def _diagonal_shape(p, data):
    """Without the two axes, and the diagonal as last axis; a vector makes a matrix."""
    shapes.check_axes(data, 1)
    if len(data) == 1:
        return (data[0] + abs(p.k),) * 2
    gone = (p.axis1 % len(data), p.axis2 % len(data))
    rest = tuple(n for i, n in enumerate(data) if i not in gone)
    return (*rest, diagonal_length(p, data))


DIAGONAL = (
    Int("k", 0, doc="Which diagonal; above 0 upper ones."),
    Int("axis1", 0, doc="First axis of the matrices."),
    Int("axis2", 1, doc="Second axis of the matrices."),
)


@operator("diag", *DIAGONAL, cost=result_cost)
def diag(k, p, data):
    """The diagonal of a matrix, or of the matrices in two axes: `out[i] = data[i, i + k]`.

    A vector becomes the diagonal of a matrix of zeros.  The diagonal stands in the last axis:
    `(2, 3, 4)` gives `(4, 2)`.

    Errors: ShapeError where there is no such diagonal.  Source: MXNet 1.6, `mx.nd.diag`.
    """
    if data.ndim == 1:
        return _diagonal_matrix(k, p, data)
    return copied(k, k.xp.diagonal(data, p.k, p.axis1, p.axis2))


def _diagonal_matrix(k, p, data):
    whole = k.xp.zeros(_diagonal_shape(p, data.shape), data.dtype)
    side = len(whole)
    first = max(p.k, 0) - min(p.k, 0) * side
    whole.reshape(-1)[first : first + len(data) * (side + 1) : side + 1] = data
    return whole


diag.shapes(forward(_diagonal_shape))


@diag.gradient("data")
def _(F, p, dy, data_shape):
    if len(data_shape) == 1:
        return F.diag(dy, k=p.k)
    return F._backward_diag(dy, shape=data_shape, k=p.k, axis1=p.axis1, axis2=p.axis2)


@operator(
    "_backward_diag", Shape("shape", doc="Shape of the whole array."), *DIAGONAL, cost=result_cost
)
def backward_diag(k, p, part):
    """Zeros of `shape` with `part` on a diagonal; the reverse of `diag`."""
    whole = k.xp.zeros(p.shape, part.dtype)
    places = k.xp.arange(diagonal_length(p, p.shape))
    matrices = k.xp.moveaxis(whole, (p.axis1, p.axis2), (-2, -1))
    matrices[..., places - min(p.k, 0), places + max(p.k, 0)] = part
    return whole


backward_diag.shapes(forward(lambda p, part: p.shape))


@backward_diag.gradient("part")
def _(F, p, dy):
    return F.diag(dy, k=p.k, axis1=p.axis1, axis2=p.axis2)


diag.example((3,), k=-1).gives(lambda x: np.diag(x, -1))
diag.example((3, 4)).gives(np.diagonal)
diag.example((2, 3, 4), k=1, axis1=-1, axis2=1).gives(lambda x: np.diagonal(x, 1, 2, 1))
backward_diag.example((2,), shape=(3, 2), k=-1).gives(
    lambda x: np.array([[0, 0], [x[0], 0], [0, x[1]]])
)
