"""Choosing by a mask, and the coordinates of all elements."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Int, Shape
from mxbook.ops.registry import operator

from .shape import result_cost

AXIS = Int("axis", 0, doc="The axis along which is chosen, always 0.")


def _check_mask(p, data, index):
    """Raise unless there is a number of the mask for each part of the data."""
    if p.axis != 0:
        raise ParameterError(f"axis cannot be {p.axis}", rule="0, as in MXNet 1.6")
    if len(index) != 1 or index != data[:1]:
        raise ShapeError(
            f"the index has the shape {shapes.text(index)}, the data {shapes.text(data)}",
            rule="one number for each part of the data along its first axis",
        )


@operator("_contrib_boolean_mask", AXIS, type=rules.first_type, dynamic_shape=True, bools=True)
def boolean_mask(k, _p, data, index):
    """The parts of the data along its first axis where the mask is not 0.

    data    (n, ...)
    index   (n,) of any type; NaN counts as not 0
    output  (chosen, ...): how many are chosen is known only when it has been counted, so this
            operator waits for its inputs, and a Symbol does not know its shape beforehand

    Errors: ShapeError where there is not one number for each part, ParameterError for other axes.
    Source: MXNet 1.6, `mx.nd.contrib.boolean_mask`.
    """
    return data[index != 0]


@boolean_mask.shapes
@rules.forward
def _(p, data, index):
    _check_mask(p, data, index)
    return (None, *data[1:])


@boolean_mask.gradient("data")
def _(F, p, dy, index, data_shape):
    return F._backward_boolean_mask(dy, index, length=data_shape[0])


@operator("_backward_boolean_mask", Int("length", doc="Parts of the data."), type=rules.first_type)
def boolean_mask_gradient(k, p, chosen, index):
    """Zeros, but `chosen` where the mask is not 0: the opposite of `boolean_mask`."""
    result = k.xp.zeros((p.length, *chosen.shape[1:]), chosen.dtype)
    result[index != 0] = chosen
    return result


@boolean_mask_gradient.shapes
@rules.forward
def _(p, chosen, index):
    return (p.length, *chosen[1:])


@boolean_mask_gradient.gradient("chosen")
def _(F, p, dy, index):
    return F._contrib_boolean_mask(dy, index)


@operator(
    "_contrib_index_array",
    Shape("axes", None, doc="Which coordinates, in this order; all when not given."),
    zero_gradient=True,
    cost=result_cost,
    bools=True,
)
def index_array(k, p, data):
    """Where each element is: its coordinates along a new last axis.

    `output[i, j, :] = [i, j]`, or, with `axes=(1,)`, `output[i, j, :] = [j]`

    data    any shape; the values do not matter
    output  (*shape, number of axes), int64

    As in MXNet, axes beyond the last one begin again with the first.
    Source: MXNet 1.6, `mx.nd.contrib.index_array`.
    """
    xp, ndim = k.xp, data.ndim
    axes = _axes(p, ndim)
    result = xp.empty((*data.shape, len(axes)), "int64")
    for i, axis in enumerate(axes):
        along = (-1 if j == axis else 1 for j in range(ndim))
        result[..., i] = xp.arange(data.shape[axis]).reshape(*along)
    return result


def _axes(p, ndim):
    return tuple(range(ndim)) if p.axes is None else tuple(axis % ndim for axis in p.axes)


@index_array.shapes
@rules.forward
def _(p, data):
    shapes.check_axes(data, 1)
    return (*data, len(_axes(p, len(data))))


@index_array.types
def _(p, data):
    return [data], [TYPES["int64"]]


MASK = [1.0, 0.0, -2.0, 3.0]
boolean_mask.example((4, 3), MASK).gives(lambda x, m: x[m != 0])
boolean_mask.example((4,), np.array([0, 0, 1, 0], "int32")).gives(lambda x, m: x[m != 0])
boolean_mask.example((3, 2, 2), [0.0, 0.0, 0.0]).gives(lambda x, m: x[:0])
boolean_mask_gradient.example((3, 2), MASK, length=4).gives(
    lambda x, m: np.stack([x[0], 0 * x[0], x[1], x[2]])
)
index_array.example((3, 2, 2)).gives(lambda x: np.moveaxis(np.indices(x.shape), 0, -1))
index_array.example((3, 2), axes=(1, 0, -1)).gives(
    lambda x: np.moveaxis(np.indices(x.shape), 0, -1)[..., [1, 0, 1]]
)
