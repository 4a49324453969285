"""Making arrays, copying them, changing their element type, stopping gradients."""

import math
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS, TYPES
from mxbook.base.errors import ParameterError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Device, DType, Float, Int, Real, Shape, Text
from mxbook.ops.registry import operator
from mxbook.ops.tables import as_scalar, unary

SHAPE = Shape("shape", (), doc="Shape of the result.")
CTX = Device("ctx", "", doc="Device, as in `cpu(0)`; the current one when empty.")
DTYPE = DType("dtype", "float32", doc="Element type of the result.")
CREATION = {"type": rules.parameter_type}


def _given_shape(p):
    return [], [p.shape]


@operator("_zeros", SHAPE, CTX, DTYPE, shape=_given_shape, aliases=("_npi_zeros",), **CREATION)
def zeros(k, p):
    """An array of zeros."""
    return k.xp.zeros(p.shape, p.dtype)


zeros.example(shape=(2, 3)).gives(lambda: np.zeros((2, 3)))


@operator("_ones", SHAPE, CTX, DTYPE, shape=_given_shape, aliases=("_npi_ones",), **CREATION)
def ones(k, p):
    """An array of ones."""
    return _filled(k, p, 1)


def _filled(k, p, value):
    whole = k.xp.empty(p.shape, p.dtype)
    whole.fill(value)
    return whole


ones.example(shape=(2, 3), dtype="float64").gives(lambda: np.ones((2, 3)))


@operator(
    "_full",
    SHAPE,
    CTX,
    DTYPE,
    Float("value", doc="The value of every element."),
    shape=_given_shape,
    aliases=("_npi_full",),
    **CREATION,
)
def full(k, p):
    """An array with the same value everywhere."""
    return _filled(k, p, as_scalar(p.value, p.dtype))


full.example(shape=(3,), value=1.5).gives(lambda: np.full(3, 1.5))


def _arange_count(p):
    """Number of different values; one number given alone is the end."""
    if not p.step:
        raise ParameterError("a range with step 0", rule="step is not 0")
    start, stop = (0.0, p.start) if p.stop is None else (p.start, p.stop)
    return max(0, math.ceil((stop - start) / p.step))


def _arange_shape(p):
    follows = p.infer_range and p.stop is None
    return [], [(None if follows else _arange_count(p) * p.repeat,)]


@operator(
    "_arange",
    Real("start", doc="First value; the end of the range from 0 where `stop` is None."),
    Real("stop", None, doc="The values stay below it."),
    Real("step", 1.0, doc="Distance of neighbours."),
    Int("repeat", 1, low=1, doc="How often each value is repeated."),
    Bool("infer_range", False, doc="In a graph: take the length from where the result is used."),
    CTX,
    DTYPE,
    shape=_arange_shape,
    aliases=("_npi_arange",),
    **CREATION,
)
def arange(k, p):
    """Evenly spaced numbers from `start` to below `stop`, each repeated `repeat` times.

    `out[i] = start + i * step` is computed in the element type, where whole numbers cut fractions
    of `start` and `step` off.
    """
    start = as_scalar(0.0 if p.stop is None else p.start, p.dtype)
    step = as_scalar(p.step, p.dtype)
    direct = p.dtype.name in ("float32", "float64")
    wide = p.dtype if direct else "float64" if p.dtype in FLOATS else "int64"
    values = k.xp.arange(_arange_count(p), dtype=wide)
    if step != 1:
        values *= step
    if start != 0:
        values += start
    values = values if p.repeat == 1 else k.xp.repeat(values, p.repeat)
    return values.astype(p.dtype, copy=False)


arange.example(start=1, stop=3, step=0.5, repeat=2).gives(lambda: np.repeat([1, 1.5, 2, 2.5], 2))


@operator(
    "_eye",
    Int("N", low=1, doc="Rows."),
    Int("M", 0, low=0, doc="Columns; as many as rows when 0."),
    Int("k", 0, doc="Which diagonal; above 0 upper ones."),
    CTX,
    DTYPE,
    shape=lambda p: ([], [(p.N, p.M or p.N)]),
    **CREATION,
)
def eye(k, p):
    """Ones on a diagonal, zeros elsewhere."""
    columns = p.M or p.N
    flat = k.xp.zeros(p.N * columns, p.dtype)
    first = max(p.k, 0) - min(p.k, 0) * columns
    flat[first : max(columns - p.k, 0) * columns : columns + 1] = 1
    return flat.reshape(p.N, columns)


eye.example(N=3, M=4, k=1).gives(lambda: np.eye(3, 4, 1))


def _zeros_like(k, _p, data):
    return k.xp.zeros_like(data)


def _ones_like(k, _p, data):
    return k.xp.ones_like(data)


unary(
    "zeros_like",
    _zeros_like,
    None,
    "Zeros of the same shape and type.",
    value=np.zeros_like,
    bools=True,
)
unary(
    "ones_like",
    _ones_like,
    None,
    "Ones of the same shape and type.",
    value=np.ones_like,
    bools=True,
)


def _copy(k, _p, data):
    return data.copy()


def _pass(F, _p, dy):
    return dy


COPY: dict[str, Any] = {"value": lambda x: x, "bools": True}
unary("_copy", _copy, _pass, "A copy.", aliases=("identity",), **COPY)
unary("_copyto", _copy, _pass, "A copy, written to `out`.", aliases=("_npi_copyto",), **COPY)
unary(
    "BlockGrad",
    _copy,
    None,
    "A copy through which no gradient flows.",
    aliases=("stop_gradient",),
    **COPY,
    why="its gradient is 0 by definition",
)


def _ones(F, _p, data):
    return F.ones_like(data)


unary(
    "make_loss",
    _copy,
    _ones,
    "A copy that marks its input as a loss: its gradient is 1, whatever arrives.",
    **COPY,
    why="its gradient is 1 by definition",
)


@operator(
    "_CrossDeviceCopy",
    CTX,
    Text("source", "", doc="Device of the input."),
    shape=rules.same_shape,
    crosses_devices=True,
    bools=True,
)
def cross_device_copy(k, p, data):
    """A copy on another device; the gradient travels the other way."""
    return k.transfer(data, p.source)


@cross_device_copy.gradient("data")
def _(F, p, dy):
    return F._CrossDeviceCopy(dy, ctx=p.source, source=p.ctx)


cross_device_copy.example((2, 3)).gives(lambda x: x)


@operator(
    "Cast",
    DType("dtype", doc="Element type of the result."),
    shape=rules.same_shape,
    type=rules.parameter_type,
    aliases=("cast", "_npi_cast", "_npx_cast"),
    bools=True,
)
def cast(k, p, data):
    """The same values in another element type; fractions are cut off, whole numbers wrap around."""
    return convert(k.xp, data, p.dtype)


def convert(xp, data, dtype):
    """Like `astype`; of fractions int8 and uint8 take the lowest byte of int32, as C does."""
    if data.dtype.kind == "f" and dtype.kind in "iu" and dtype.itemsize == 1:
        return data.astype("int32").astype(dtype)
    return data.astype(dtype)


@cast.types
def _(p, dtype):
    return [dtype], [p.dtype]


@cast.gradient("data")
def _(F, p, dy, data_dtype):
    return F.Cast(dy, dtype=data_dtype)


cast.example((2, 3), dtype="float64").gives(lambda x: x)
cast.example([300.0, 10.1, 15.4, -1.0, -2.0], dtype="uint8").gives(
    lambda x: np.array([44, 10, 15, 255, 254])
).not_smooth("whole numbers")


@operator(
    "shape_array", shape=rules.forward(lambda p, data: (len(data),)), zero_gradient=True, bools=True
)
def shape_array(k, _p, data):
    """The shape of the input as an array of int64."""
    return k.to_device(np.array(data.shape, "int64"))


@operator("size_array", shape=rules.forward(lambda p, data: (1,)), zero_gradient=True, bools=True)
def size_array(k, _p, data):
    """The number of elements as an array of int64."""
    return k.to_device(np.array([shapes.size(data.shape)], "int64"))


@shape_array.types
@size_array.types
def _(p, dtype):
    return [dtype], [TYPES["int64"]]


shape_array.example((2, 3)).gives(lambda x: np.array([2, 3]))
size_array.example((2, 3)).gives(lambda x: np.array([6]))


def _like_length(p, data):
    """How many numbers: the length of the axis, or the number of elements."""
    return shapes.size(data) if p.axis is None else data[shapes.axis_index(p.axis, len(data))]


@operator(
    "_contrib_arange_like",
    Real("start", 0.0, doc="First value."),
    Real("step", 1.0, doc="Distance of neighbours."),
    Int("repeat", 1, low=1, doc="How often each value is repeated."),
    CTX,
    Int("axis", None, doc="The axis that gives the length; the whole shape when None."),
    aliases=("_npx_arange_like",),
    zero_gradient=True,
)
def arange_like(k, p, data):
    """Evenly spaced numbers, as many as the input has elements (or along an axis), in its type.

    `(2, 3)` gives `[[0, 1, 2], [3, 4, 5]]`, with `axis=1` `[0, 1, 2]`.
    """
    count = _like_length(p, data.shape)
    steps = np.arange(count, dtype="int64") // min(p.repeat, max(count, 1))
    values = as_scalar(p.start, data.dtype) + as_scalar(p.step, data.dtype) * steps
    shape = data.shape if p.axis is None else count
    return k.to_device(values.astype(data.dtype).reshape(shape))


arange_like.shapes(
    rules.forward(lambda p, data: data if p.axis is None else (_like_length(p, data),))
)
arange_like.example((2, 3), start=1, step=0.5, repeat=2).gives(
    lambda x: np.array([[1, 1, 1.5], [1.5, 2, 2]])
)
arange_like.example((2, 3), axis=-1).gives(lambda x: np.arange(3))
