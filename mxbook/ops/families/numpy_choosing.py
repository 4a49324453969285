"""Finding elements, writing by masks, and telling whether memory is shared: `mx.np`'s own."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Float, Int
from mxbook.ops.registry import operator
from mxbook.ops.tables import as_scalar

INT64, BOOL = TYPES["int64"], TYPES["bool"]


@operator(
    "_npx_nonzero",
    aliases=("_npi_nonzero",),
    type=lambda p, dtype: ([dtype], [INT64]),
    dynamic_shape=True,
    bools=True,
    zero_gradient=True,
)
def nonzero(k, _p, x):
    """The positions of the elements that are not 0: `(count, axes)`, in int64."""
    found = k.xp.nonzero(x if x.ndim else x.reshape(1))
    return k.xp.ascontiguousarray(k.xp.stack(found, axis=1)).astype(INT64)


nonzero.shapes(lambda p, x: ([x], [None]))
nonzero.example([[1.0, 0.0], [0.0, 2.0]]).gives(np.argwhere).not_smooth("positions")

OPTIONS = ("return_index", "return_inverse", "return_counts")


def _unique_outputs(p):
    return ["output0", *(f"output{i + 1}" for i in range(sum(getattr(p, o) for o in OPTIONS)))]


@operator(
    "_npi_unique",
    Bool("return_index", False, doc="Also where each value comes first."),
    Bool("return_inverse", False, doc="Also which value each element has."),
    Bool("return_counts", False, doc="Also how often each value comes."),
    Int("axis", None, doc="Compare the parts along this axis; elements when None."),
    outputs=lambda p: ["output0"] if p is None else _unique_outputs(p),
    dynamic_shape=True,
    zero_gradient=True,
)
def unique(k, p, data):
    """The different values in ascending order, and up to three arrays of int64 about them."""
    asked = {o: getattr(p, o) for o in OPTIONS}
    found = k.xp.unique(data, axis=p.axis, **asked)
    if not isinstance(found, tuple):
        return [k.xp.ascontiguousarray(found)]
    return [k.xp.ascontiguousarray(found[0]), *(f.reshape(-1).astype(INT64) for f in found[1:])]


@unique.shapes
def _(p, data):
    if p.axis is not None and shapes.known(data):
        shapes.axis_index(p.axis, len(data))
    return [data], [None] * len(_unique_outputs(p))


@unique.types
def _(p, dtype):
    return [dtype], [dtype, *[INT64] * (len(_unique_outputs(p)) - 1)]


unique.example([3.0, 1.0, 3.0], return_counts=True).gives(
    lambda x: list(np.unique(x, return_counts=True))
).not_smooth("a choice")
unique.example([[1.0, 2.0], [1.0, 2.0]], axis=0).gives(lambda x: [np.unique(x, axis=0)]).not_smooth(
    "a choice"
)


def _check_mask(data, mask):
    if mask != data[: len(mask)]:
        raise ShapeError(
            f"a mask of shape {shapes.text(mask)} does not fit {shapes.text(data)}",
            rule="it has the shape of the data, or of its leading axes",
        )


def _masked_shape(p, data, mask, *rest):
    if shapes.known(data) and shapes.known(mask):
        _check_mask(data, mask)
    return [data, mask, *rest], [data]


@operator(
    "_npi_boolean_mask_assign_scalar",
    Float("value", doc="The number to write."),
    shape=_masked_shape,
    type=rules.first_type,
    bools=True,
)
def mask_assign_scalar(k, p, data, mask):
    """A copy of the data with a number where the mask is true."""
    found = data.copy()
    number = p.value if data.dtype == BOOL else as_scalar(p.value, data.dtype)
    found[mask.astype(bool)] = number
    return found


@operator(
    "_npi_boolean_mask_assign_tensor",
    shape=_masked_shape,
    type=lambda p, data, mask, value: ([data, mask, value], [data]),
    bools=True,
)
def mask_assign_tensor(k, _p, data, mask, value):
    """A copy of the data with values, one after the other, where the mask is true."""
    found = data.copy()
    found[mask.astype(bool)] = value
    return found


def _unwritten(F, dy, mask, data_shape, mask_shape):
    """The gradient of what was not written."""
    kept = F.Cast(F._npi_logical_not(mask), dtype="float32")
    full = mask_shape + (1,) * (len(data_shape) - len(mask_shape))
    kept = F._np_broadcast_to(F._np_reshape(kept, newshape=full), shape=data_shape)
    return F._npi_multiply(dy, kept)


@mask_assign_scalar.gradient("data")
def _(F, p, dy, mask, data_shape, mask_shape):
    return _unwritten(F, dy, mask, data_shape, mask_shape)


@mask_assign_tensor.gradient
def _(F, p, dy, mask, data_shape, mask_shape):
    return [_unwritten(F, dy, mask, data_shape, mask_shape), None, None]


MASK = np.array([[True, False], [False, True]])
DATA = np.array([[1.0, 2.0], [3.0, 4.0]])
mask_assign_scalar.example(DATA, MASK, value=5.0).gives(
    lambda x, m: np.where(m, 5.0, x)
).not_smooth("a mask is no number to move a little")
mask_assign_tensor.example(DATA, MASK, [7.0, 8.0]).gives(
    lambda x, m, v: np.array([[7.0, 2.0], [3.0, 8.0]])
).not_smooth("a mask is no number to move a little")


@operator(
    "_npi_share_memory",
    shape=lambda p, a, b: ([a, b], [(1,)]),
    type=lambda p, a, b: ([a, b], [BOOL]),
    bools=True,
    zero_gradient=True,
)
def share_memory(k, _p, a, b):
    """Whether two arrays share memory."""
    return k.to_device(np.array([bool(k.xp.may_share_memory(a, b))]))


share_memory.example((2,), (2,)).gives(lambda a, b: np.array([False])).not_smooth("no number")
