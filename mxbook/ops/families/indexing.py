"""Reading at positions that are data: take, pick, gather, embeddings, choosing by a condition.

Positions may have any element type; fractions are cut off.  Every reader has its writer, which adds
up what is written to the same place, and each is the gradient of the other.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import IndexingError, ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels.choosing import choose
from mxbook.ops.params import Bool, DType, Enum, Float, Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward
from mxbook.ops.tables import as_scalar

from .shape import copied, result_cost

MODES = "What to do with positions outside: `clip` takes the nearest one, `wrap` counts round"
CLIP = Enum("mode", ("clip", "wrap"), "clip", doc=MODES + ".")
RAISE = Enum("mode", ("clip", "raise", "wrap"), "clip", doc=MODES + ", `raise` is an error.")
WHOLE = Shape("shape", doc="Shape of the array that was read from.")
STEPS = "positions are not smooth"
HALF = TYPES["float16"]


def positions(k: Any, index: Any, length: int, mode: str) -> Any:
    """Positions from 0 to `length - 1` as int64; IndexingError outside with the mode `raise`.

    IndexingError also where there are no positions at all.
    """
    xp = k.xp
    index = index.astype("int64", copy=False)
    if not length and index.size:
        raise IndexingError("an axis of length 0 has no positions")
    if mode == "wrap":
        return xp.remainder(index, length)
    if mode == "raise":
        return checked(index, 0, length)
    return xp.minimum(xp.maximum(index, 0), length - 1)  # sooner than `clip` for few positions


def checked(index: Any, low: int, high: int) -> Any:
    """The positions themselves, from `low` to `high - 1`; raises IndexingError for others.

    On a GPU this waits for the positions.
    """
    # Below `low` is far above `high` without a sign.
    if index.size and (index - low if low else index).view("uint64").max() >= high - low:
        outside = (index < low) | (index >= high)
        worst = int(index[outside].reshape(-1)[0])
        raise IndexingError(
            f"position {worst} lies outside", rule=f"positions from {low} to {high - 1}"
        )
    return index


def scattered_sum(k: Any, shape: tuple[int, ...], places: Any, values: Any) -> Any:
    """Zeros of `shape` with values added at places of the flat array; places may come again."""
    kind = "float32" if values.dtype == HALF else values.dtype
    total = k.xp.zeros(shapes.size(shape), kind)
    k.xp.add.at(total, places.reshape(-1), values.reshape(-1).astype(kind, copy=False))
    return total.astype(values.dtype, copy=False).reshape(shape)


def places_along(k: Any, shape: tuple[int, ...], axis: int, index: Any) -> Any:
    """Places in the flat array of positions along an axis; `index` has an axis on either side."""
    length = shape[axis]
    outer, inner = shapes.size(shape[:axis]), shapes.size(shape[axis + 1 :])
    if outer > 1:
        index = index + k.xp.arange(0, outer * length, length).reshape(-1, 1, 1)
    return index * inner + k.xp.arange(inner) if inner > 1 else index


def _taken_shape(axis, data, index):
    axis = shapes.axis_index(axis, len(data))
    return (*data[:axis], *index, *data[axis + 1 :])


@operator(
    "take",
    Int("axis", 0, doc="The axis to read along."),
    RAISE,
    aliases=("_npi_take",),
    type=rules.first_type,
    cost=result_cost,
)
def take(k, p, a, indices):
    """Slices of `a` at the given positions of an axis.

    `a` of shape `(2, 5, 3)` and `indices` of shape `(4, 6)` give `(2, 4, 6, 3)` with `axis=1`.

    Errors: IndexingError for positions outside with `mode="raise"`.
    Source: MXNet 1.6, `mx.nd.take`.
    """
    return a.take(positions(k, indices, a.shape[p.axis], p.mode), axis=p.axis)


take.shapes(forward(lambda p, a, indices: _taken_shape(p.axis, a, indices)))


@take.gradient("a")
def _(F, p, dy, indices, a_shape):
    return F._backward_take(dy, indices, shape=a_shape, axis=p.axis, mode=p.mode)


@operator(
    "_backward_take",
    WHOLE,
    Int("axis", 0, doc="The axis that was read along."),
    RAISE,
    type=rules.first_type,
)
def backward_take(k, p, part, indices):
    """Zeros of `shape` to which slices are added at the given positions; the reverse of `take`."""
    axis = shapes.axis_index(p.axis, len(p.shape))
    index = positions(k, indices, p.shape[axis], p.mode).reshape(1, -1, 1)
    return scattered_sum(k, p.shape, places_along(k, p.shape, axis, index), part)


def _untaken_shape(p, part, indices):
    shapes.check_fits(part, _taken_shape(p.axis, p.shape, indices), "the gradient")
    return p.shape


backward_take.shapes(forward(_untaken_shape))


@backward_take.gradient("part")
def _(F, p, dy, indices):
    return F.take(dy, indices, axis=p.axis, mode=p.mode)


take.example((4, 3), [0, 3, 3]).gives(lambda a, i: a[[0, 3, 3]])
take.example((2, 4), [[-1, 1], [2, 9]], axis=-1).gives(lambda a, i: a[:, [[0, 1], [2, 3]]])
take.example((4, 3), [-1, 5], mode="wrap").gives(lambda a, i: a[[3, 1]])
take.example((4, 3), [3, 0], mode="raise").gives(lambda a, i: a[[3, 0]])
backward_take.example((2, 3, 2), [1, 1, 0], shape=(2, 4, 2), axis=1).gives(
    lambda part, i: np.stack([part[:, 2], part[:, 0] + part[:, 1], *np.zeros((2, 2, 2))], 1)
)


@operator(
    "Embedding",
    Int("input_dim", low=1, doc="Number of rows of the table."),
    Int("output_dim", low=1, doc="Length of each row."),
    DType("dtype", "float32", doc="Element type of the table."),
    Bool("sparse_grad", False, doc="Whether the gradient names only the rows that were read."),
    aliases=("_npx_embedding",),
    cost=result_cost,
)
def embedding(k, p, data, weight):
    """Rows of a table: `out[i, j] = weight[data[i, j]]`; positions outside take the nearest row.

    `data` of shape `(n, t)` and `weight` of shape `(input_dim, output_dim)` give
    `(n, t, output_dim)`.

    Source: MXNet 1.6, `mx.nd.Embedding`.
    """
    return weight.take(positions(k, data, p.input_dim, "clip"), axis=0)


@embedding.shapes
def _(p, data, weight):
    weight = shapes.unify(weight, (p.input_dim, p.output_dim))
    return [data, weight], [None if data is None else (*data, p.output_dim)]


@embedding.types
def _(p, data, weight):
    weight = weight or p.dtype
    return [data, weight], [weight]


@embedding.gradient("weight")
def _(F, p, dy, data, weight_shape):
    if p.sparse_grad:
        return F._backward_embedding(dy, data, shape=weight_shape)
    return F._backward_take(dy, data, shape=weight_shape)


embedding.example([[0, 3], [3, 9]], (4, 2), input_dim=4, output_dim=2).gives(
    lambda data, w: w[[[0, 3], [3, 3]]]
)


def _along_places(k, shape, axis, index, mode):
    """Places in the flat array of what `index` names along an axis, line by line."""
    lines = shapes.size(shape[:axis]), -1, shapes.size(shape[axis + 1 :])
    found = positions(k, index, shape[axis], mode).reshape(lines)
    return places_along(k, shape, axis, found)


def _along_shape(axis, data, index):
    """The shape of positions along an axis; the other axes must be those of the data."""
    axis = shapes.axis_index(axis, len(data))
    if len(index) != len(data) or _taken_shape(axis, data, (index[axis],)) != index:
        raise ShapeError(
            f"positions of shape {shapes.text(index)} for data of shape {shapes.text(data)}",
            rule=f"all axes but axis {axis} agree",
        )
    return index


AXIS = Int("axis", doc="The axis to read along.")


@operator("_take_along_axis", AXIS, CLIP, type=rules.first_type, cost=result_cost)
def take_along_axis(k, p, data, index):
    """Elements along an axis, with positions for each line: `out[i, j] = data[i, index[i, j]]`."""
    axis = shapes.axis_index(p.axis, data.ndim)
    places = _along_places(k, data.shape, axis, index, p.mode)
    return k.xp.take(data.reshape(-1), places).reshape(index.shape)


take_along_axis.shapes(forward(lambda p, data, index: _along_shape(p.axis, data, index)))


@take_along_axis.gradient("data")
def _(F, p, dy, index, data_shape):
    return F._backward_take_along_axis(dy, index, shape=data_shape, axis=p.axis, mode=p.mode)


@operator("_backward_take_along_axis", WHOLE, AXIS, CLIP, type=rules.first_type)
def backward_take_along_axis(k, p, part, index):
    """Zeros of `shape` to which elements are added at positions along an axis."""
    axis = shapes.axis_index(p.axis, len(p.shape))
    places = _along_places(k, p.shape, axis, index, p.mode)
    if index.shape[axis] > 1:
        return scattered_sum(k, p.shape, places, part)
    total = k.xp.zeros(shapes.size(p.shape), part.dtype)  # one for each line: no place comes twice
    total[places.reshape(-1)] = part.reshape(-1)
    return total.reshape(p.shape)


@backward_take_along_axis.shapes
@forward
def _(p, part, index):
    _along_shape(p.axis, p.shape, index)
    return p.shape


@backward_take_along_axis.gradient("part")
def _(F, p, dy, index):
    return F._take_along_axis(dy, index, axis=p.axis, mode=p.mode)


ORDER = np.array([[2, 0], [1, 1]])
take_along_axis.example((2, 3), ORDER, axis=1).gives(lambda x, i: np.take_along_axis(x, ORDER, 1))
backward_take_along_axis.example((2, 2), ORDER, axis=-1, shape=(2, 3)).gives(
    lambda x, i: np.array([[x[0, 1], 0, x[0, 0]], [0, x[1].sum(), 0]])
)


@operator(
    "pick",
    Int("axis", -1, doc="The axis to read along.", optional=True),
    Bool("keepdims", False, doc="Leave the axis as one of length 1."),
    CLIP,
    aliases=("choose_element_0index", "_npx_pick"),
    type=rules.first_type,
    cost=result_cost,
)
def pick(k, p, data, index):
    """One element of each line along an axis: `out[i] = data[i, index[i]]`.

    `data` of shape `(n, c)` and `index` of shape `(n,)` or `(n, 1)` give `(n,)`, with `keepdims`
    `(n, 1)`.

    Source: MXNet 1.6, `mx.nd.pick`.
    """
    axis = shapes.axis_index(p.axis, data.ndim)
    places = _along_places(k, data.shape, axis, index, p.mode)
    return data.reshape(-1).take(places).reshape(_picked_shape(p, data.shape, index.shape))


def _picked_shape(p, data, index):
    if p.axis is None:
        raise ParameterError("pick needs an axis", rule="axis is a whole number")
    axis = shapes.axis_index(p.axis, len(data))
    kept, removed = _taken_shape(axis, data, (1,)), _taken_shape(axis, data, ()) or (1,)
    if index not in (kept, removed):
        raise ShapeError(
            f"positions of shape {shapes.text(index)} for data of shape {shapes.text(data)}",
            rule=f"{shapes.text(removed)} or {shapes.text(kept)}: one for each line",
        )
    return kept if p.keepdims else removed


pick.shapes(forward(_picked_shape))


@pick.gradient("data")
def _(F, p, dy, index, data_shape):
    kept = _taken_shape(shapes.axis_index(p.axis, len(data_shape)), data_shape, (1,))
    dy, index = F._np_reshape(dy, newshape=kept), F._np_reshape(index, newshape=kept)
    return F._backward_take_along_axis(dy, index, shape=data_shape, axis=p.axis, mode=p.mode)


pick.example((3, 4), [0, 9, 2]).gives(lambda x, i: x[[0, 1, 2], [0, 3, 2]])
pick.example((3, 2), [[-1, 1]], axis=0, keepdims=True, mode="wrap").gives(
    lambda x, i: x[[[2, 1]], [[0, 1]]]
)


@operator("batch_take", type=rules.first_type, cost=result_cost)
def batch_take(k, _p, a, indices):
    """One element of each row: `out[i] = a[i, indices[i]]`.  Old name; `pick` has a gradient.

    `a` of shape `(n, c)` and `indices` of `n` positions give the shape of `indices`.
    """
    places = _along_places(k, a.shape, 1, indices, "clip")
    return k.xp.take(a.reshape(-1), places).reshape(indices.shape)


@batch_take.shapes
@forward
def _(p, a, indices):
    if len(a) != 2 or shapes.size(indices) != a[0]:
        raise ShapeError(
            f"{shapes.text(indices)} positions for an array of shape {shapes.text(a)}",
            rule="a matrix, and one position for each row",
        )
    return indices


batch_take.example((3, 4), [0, -1, 9]).gives(lambda x, i: x[[0, 1, 2], [0, 0, 3]]).not_smooth(STEPS)


@operator(
    "one_hot",
    Int("depth", low=1, doc="Length of the new axis."),
    Float("on_value", 1.0, doc="Value at the position."),
    Float("off_value", 0.0, doc="Value elsewhere."),
    DType("dtype", "float32", doc="Element type of the result."),
    aliases=("_npx_one_hot",),
    type=rules.parameter_type,
    zero_gradient=True,
)
def one_hot(k, p, indices):
    """A last axis of length `depth` with `on_value` at the position and `off_value` elsewhere.

    Positions outside give `off_value` everywhere.  Source: MXNet 1.6, `mx.nd.one_hot`.
    """
    xp, size = k.xp, indices.size * p.depth
    on, off = as_scalar(p.on_value, p.dtype), as_scalar(p.off_value, p.dtype)
    result = xp.full(size, off, p.dtype) if off else xp.zeros(size, p.dtype)
    index = indices.reshape(-1).astype("int64")
    if size and index.view("uint64").max() < p.depth:  # all of them lie inside
        index += xp.arange(0, size, p.depth)
        result[index] = on
    else:
        place = xp.minimum(xp.maximum(index, 0), p.depth - 1)
        result[xp.arange(0, size, p.depth) + place] = xp.where(place == index, on, off)
    return result.reshape(*indices.shape, p.depth)


one_hot.shapes(forward(lambda p, indices: (*indices, p.depth)))
one_hot.example([0, 2, -1], depth=3).gives(
    lambda i: np.array([[1, 0, 0], [0, 0, 1], [0, 0, 0]])
).not_smooth(STEPS)
one_hot.example([[1.7]], depth=2, on_value=5, off_value=-1, dtype="float64").gives(
    lambda i: np.array([[[-1, 5]]])
).not_smooth(STEPS)


def _shaped_like(condition, x):
    """The condition with axes of length 1 behind it where it speaks about the first axis only."""
    return condition.reshape(-1, *(1,) * (x.ndim - 1)) if condition.shape != x.shape else condition


@operator("where", bools=("condition",))
def where(k, _p, condition, x, y):
    """`x` where the condition is not 0, `y` elsewhere.

    The condition has the shape of `x`, or names rows: shape `(n,)` for `x` of shape `(n, ...)`.
    Source: MXNet 1.6, `mx.nd.where`.
    """
    return choose(k.xp, k.xp.not_equal(_shaped_like(condition, x), 0), x, y)


@where.shapes
def _(p, condition, x, y):
    common = shapes.unify(x, y)
    if common and condition:
        shapes.unify(condition, common[:1] if len(condition) == 1 else common)
    return [condition, common, common], [common]


@where.types
def _(p, condition, x, y):
    pair, out = rules.same_type(p, x, y)
    return [condition, *pair], out


@where.gradient("x")
def _(F, p, dy, condition):
    return F.where(condition, dy, F.zeros_like(dy))


@where.gradient("y")
def _(F, p, dy, condition):
    return F.where(condition, F.zeros_like(dy), dy)


where.example([[1, 0, 2], [0, 0, 1]], (2, 3), (2, 3)).gives(np.where)
where.example([1, 0], (2, 3), (2, 3)).gives(lambda c, x, y: np.stack([x[0], y[1]]))


@operator("_contrib_index_copy")
def index_copy(k, _p, old_tensor, index_vector, new_tensor, *, out=None):
    """A copy of `old_tensor` whose rows at `index_vector` are those of `new_tensor`.

    Errors: IndexingError for positions outside.  Source: MXNet 1.6, `mx.nd.contrib.index_copy`.
    """
    rows = checked(index_vector.astype("int64"), 0, old_tensor.shape[0])
    copy = copied(k, old_tensor, out)
    copy[rows] = new_tensor
    return copy


@index_copy.shapes
@forward
def _(p, old, index, new):
    if new != (*index, *old[1:]) or len(index) != 1:
        raise ShapeError(
            f"rows of shape {shapes.text(new)} at {shapes.text(index)} positions",
            rule=f"a vector of positions, and for each a row of shape {shapes.text(old[1:])}",
        )
    return old


@index_copy.types
def _(p, old, index, new):
    (old, new), out = rules.same_type(p, old, new)
    return [old, index, new], out


@index_copy.gradient("old_tensor")
def _(F, p, dy, index_vector):
    erased = F.zeros_like(F.take(dy, index_vector))
    return F._contrib_index_copy(dy, index_vector, erased)


@index_copy.gradient("new_tensor")
def _(F, p, dy, index_vector):
    return F.take(dy, index_vector)


index_copy.example((4, 2), [3, 0], (2, 2)).gives(
    lambda old, i, new: np.stack([new[1], *old[1:3], new[0]])
)
