"""Order: where the largest and smallest elements stand, sorting, and the first few.

Equal elements keep their order, in descending order too; NaN counts as larger than every number.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS, TYPES
from mxbook.base.errors import ParameterError
from mxbook.ops.params import Bool, DType, Enum, Int
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .reduce import chosen_shape, reduced_shape
from .shape import copied
from .slicing import along

LINE = Int("axis", -1, doc="The axis to sort; the flat array when None.", optional=True)
ASCEND = Bool("is_ascend", True, doc="The smallest first.")
POSITION_TYPE = DType("dtype", "float32", doc="Element type of the positions.")


class OneAxis:
    """What the rules of reductions need to know about an operator that reduces one axis, or all."""

    __slots__ = ("axis", "keepdims")

    def __init__(self, axis: int | None, keepdims: bool):
        self.axis, self.keepdims = None if axis is None else (axis,), keepdims


def _extreme(k, p, data, function):
    """Where `function` (argmax or argmin) finds the element, in the shape of the result."""
    lines, axis = (data.reshape(-1), 0) if p.axis is None else (data, p.axis)
    shape = reduced_shape(OneAxis(p.axis, p.keepdims), data.shape)
    return function(lines, axis=axis).astype(_extreme_type(data.dtype)).reshape(shape)


def _extreme_type(dtype):
    """Positions come in the type of floating-point data, and in float32 for whole numbers."""
    return dtype if dtype in FLOATS else TYPES["float32"]


EXTREME = (
    Int("axis", None, doc="The axis to search; the flat array when None."),
    Bool("keepdims", False, doc="Leave the axis as one of length 1."),
)


@operator("argmax", *EXTREME, zero_gradient=True)
def argmax(k, p, data):
    """The position of the largest element along an axis, the first one of equals or of NaN.

    `(2, 3)` with `axis=1` gives `(2,)`.  Source: MXNet 1.6, `mx.nd.argmax`.
    """
    return _extreme(k, p, data, k.xp.argmax)


@operator("argmin", *EXTREME, zero_gradient=True)
def argmin(k, p, data):
    """The position of the smallest element along an axis, the first one of equals or of NaN."""
    return _extreme(k, p, data, k.xp.argmin)


@operator("argmax_channel", zero_gradient=True)
def argmax_channel(k, _p, data):
    """The position of the largest element along the second axis: `argmax` with `axis=1`."""
    return _extreme(k, OneChannel, data, k.xp.argmax)


class OneChannel:
    """The parameters of `argmax` that `argmax_channel` stands for."""

    axis, keepdims = 1, False


def _extreme_shape(p, data):
    return chosen_shape(OneAxis(p.axis, p.keepdims), data)


argmax.shapes(forward(_extreme_shape))
argmin.shapes(forward(_extreme_shape))
argmax_channel.shapes(forward(lambda p, data: _extreme_shape(OneChannel, data)))


@argmax.types
@argmin.types
@argmax_channel.types
def _(p, dtype):
    return [dtype], [_extreme_type(dtype)]


STEPS = "positions are whole numbers"
SCORES = [[1.0, 5.0, 5.0, -2.0], [7.0, 2.0, 0.0, 7.0]]
argmax.example(SCORES, axis=1).gives(lambda x: np.array([1, 0])).not_smooth(STEPS)
argmax.example(SCORES).gives(lambda x: np.array([4])).not_smooth(STEPS)
argmin.example(SCORES, axis=-1, keepdims=True).gives(lambda x: np.array([[3], [2]])).not_smooth(
    STEPS
)
argmax_channel.example((2, 3, 2)).gives(lambda x: x.argmax(1)).not_smooth(STEPS)


def sort_cost(_p: Any, ins: list, _outs: list) -> int:
    """Sorting n elements is about 30 elementwise operations on each."""
    return 30 * shapes.size(ins[0])


def _lines(p, data):
    """The array and the axis to sort."""
    return (data.reshape(-1), 0) if p.axis is None else (data, p.axis % data.ndim)


def _line_shape(p, data):
    """The shape to sort in; raises ShapeError for an axis that does not exist."""
    if p.axis is None:
        return (shapes.size(data),)
    shapes.axis_index(p.axis, len(data))
    return data


def ordered(k: Any, lines: Any, axis: int, ascend: bool) -> Any:
    """The positions that sort an array along an axis, equal elements in their order."""
    if ascend:
        return k.xp.argsort(lines, axis=axis, kind="stable")
    turned = k.xp.argsort(k.xp.flip(lines, axis), axis=axis, kind="stable")
    return lines.shape[axis] - 1 - k.xp.flip(turned, axis)


def first_ordered(k: Any, lines: Any, axis: int, ascend: bool, count: int) -> Any:
    """The first `count` positions of `ordered`; sorts only what it must where these are few."""
    few = 8 * count < lines.shape[axis]
    found = _selected(k, lines, axis, ascend, count) if few else None
    if found is None:
        found = ordered(k, lines, axis, ascend)[along(axis, 0, count)]
    return found


def _selected(k, lines, axis, ascend, count):
    """`first_ordered` by selection; None where equal elements leave open which ones are chosen."""
    xp, length = k.xp, lines.shape[axis]
    edge = count - 1 if ascend else length - count
    parted = xp.argpartition(lines, edge, axis=axis)
    last = xp.take_along_axis(lines, parted[along(axis, edge, edge + 1)], axis)
    if bool(((lines == last).sum(axis) != 1).any()):
        return None
    chosen = parted[along(axis, 0, count) if ascend else along(axis, edge, length)]
    chosen = xp.sort(chosen, axis=axis)
    order = ordered(k, xp.take_along_axis(lines, chosen, axis), axis, ascend)
    return xp.take_along_axis(chosen, order, axis)


@operator("argsort", LINE, ASCEND, POSITION_TYPE, aliases=("_npi_argsort",), zero_gradient=True)
def argsort(k, p, data):
    """The positions that sort the array along an axis: `data[argsort(data)]` is sorted.

    Source: MXNet 1.6, `mx.nd.argsort`.
    """
    lines, axis = _lines(p, data)
    return ordered(k, lines, axis, p.is_ascend).astype(p.dtype, order="C")


@argsort.types
def _(p, dtype):
    return [dtype], [p.dtype]


argsort.shapes(forward(_line_shape))
argsort.cost = sort_cost
argsort.example(SCORES).gives(lambda x: np.array([[3, 0, 1, 2], [2, 1, 0, 3]])).not_smooth(STEPS)
argsort.example(SCORES, axis=0, is_ascend=False, dtype="int32").gives(
    lambda x: np.array([[1, 0, 0, 1], [0, 1, 1, 0]])
).not_smooth(STEPS)
argsort.example(SCORES, axis=None).gives(lambda x: np.array([3, 6, 0, 5, 1, 2, 4, 7])).not_smooth(
    STEPS
)


@operator("sort", LINE, ASCEND, aliases=("_npi_sort",))
def sort(k, p, data, *, out=None):
    """The elements in order along an axis.  The gradient goes back to where each came from.

    Source: MXNet 1.6, `mx.nd.sort`.
    """
    lines, axis = _lines(p, data)
    found = copied(k, lines, out)
    found.sort(axis=axis)
    if not p.is_ascend:
        found[...] = k.xp.flip(found, axis).copy()
    return found


sort.shapes(forward(_line_shape))
sort.cost = sort_cost


@sort.gradient("data")
def _(F, p, dy, data, data_shape):
    order = F.argsort(data, axis=p.axis, is_ascend=p.is_ascend, dtype="int64")
    return _put_back(F, p, dy, order, data_shape)


def _put_back(F, p, dy, order, shape):
    """Elements of `dy` at the positions along the axis that `order` names, zeros elsewhere."""
    lines, axis = _line_shape(p, shape), 0 if p.axis is None else p.axis
    found = F._backward_take_along_axis(dy, order, shape=lines, axis=axis)
    return found if lines == shape else F._np_reshape(found, newshape=shape)


sort.example(SCORES).gives(np.sort).not_smooth("equal elements")
sort.example([[0.5, -1.0, 3.0], [2.0, 1.0, -0.2]], axis=0, is_ascend=False).gives(
    lambda x: np.array([[2, 1, 3], [0.5, -1, -0.2]])
)
sort.example([[0.5, -1.0], [2.0, 1.0]], axis=None).gives(lambda x: np.sort(x, None))


def _taken(p, data):
    """How many elements `topk` takes; all for a `k` of 0 and below."""
    lines = _line_shape(p, data)
    length = lines[0 if p.axis is None else p.axis]
    if p.k > length:
        raise ParameterError(
            f"k={p.k} of {length} elements",
            rule=f"at most {length}, the length of the axis",
        )
    return p.k if p.k > 0 else length


def _top_shape(p, data):
    if p.ret_typ == "mask":
        _taken(p, data)
        return data
    lines = list(_line_shape(p, data))
    lines[0 if p.axis is None else p.axis] = _taken(p, data)
    shape = tuple(lines)
    return [shape, shape] if p.ret_typ == "both" else shape


@operator(
    "topk",
    LINE,
    Int("k", 1, doc="How many elements; all when 0 or less."),
    Enum(
        "ret_typ",
        ("value", "indices", "mask", "both"),
        "indices",
        doc="The elements, their positions, ones at their places, or elements and positions.",
    ),
    Bool("is_ascend", False, doc="The smallest in place of the largest."),
    POSITION_TYPE,
    aliases=("_npx_topk",),
    outputs=lambda p: ("output0", "output1") if p and p.ret_typ == "both" else ("output",),
    cost=sort_cost,
)
def topk(k, p, data):
    """The largest `k` elements along an axis in descending order.

    `(2, 5)` with `k=3` gives `(2, 3)`; the mask has the shape of the input.

    Errors: ParameterError for a `k` beyond the axis.  Source: MXNet 1.6, `mx.nd.topk`.
    """
    xp = k.xp
    lines, axis = _lines(p, data)
    count = _taken(p, data.shape)
    if p.ret_typ == "mask":
        rank = xp.argsort(ordered(k, lines, axis, p.is_ascend), axis=axis)
        return (rank < count).astype(data.dtype, order="C").reshape(data.shape)
    order = first_ordered(k, lines, axis, p.is_ascend, count)
    positions = None if p.ret_typ == "value" else order.astype(p.dtype, order="C")
    if p.ret_typ == "indices":
        return positions
    values = xp.ascontiguousarray(xp.take_along_axis(lines, order, axis))
    return values if p.ret_typ == "value" else (values, positions)


topk.shapes(forward(_top_shape))


@topk.types
def _(p, dtype):
    outputs = {"value": [dtype], "mask": [dtype], "indices": [p.dtype], "both": [dtype, p.dtype]}
    return [dtype], outputs[p.ret_typ]


@topk.gradient("data", ("dy", "data", "data_shape"))
def _(F, p, dy, data, data_shape):
    if p.ret_typ in ("indices", "mask"):
        return F.zeros_like(data)
    order = F.topk(data, axis=p.axis, k=p.k, is_ascend=p.is_ascend, dtype="int64")
    return _put_back(F, p, dy, order, data_shape)


DISTINCT = [[0.5, -1.0, 3.0, 2.0], [2.5, 1.0, -0.2, 0.3]]
topk.example(DISTINCT, k=2, ret_typ="value").gives(lambda x: np.sort(x)[:, :1:-1])
topk.example(DISTINCT, k=3, ret_typ="both", axis=None).gives(
    lambda x: [np.array([3, 2.5, 2]), np.array([2, 4, 3])]
)
topk.example(DISTINCT, k=1, axis=0, is_ascend=True, dtype="int32").gives(
    lambda x: np.array([[0, 0, 1, 1]])
).not_smooth(STEPS)
topk.example(DISTINCT, k=2, ret_typ="mask").gives(lambda x: np.array([[0, 0, 1, 1], [1, 1, 0, 0]]))
