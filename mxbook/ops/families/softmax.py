"""Softmax and its relatives: the numbers along an axis as probabilities."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, DType, Enum, Int, Real
from mxbook.ops.registry import operator

AXIS = Int("axis", -1, doc="The axis along which the probabilities add up to 1.")
TEMPERATURE = Real(
    "temperature", None, doc="Divides the input: above 1 evens the probabilities out."
)
DTYPE = DType("dtype", None, doc="Element type of the result; that of the input by default.")


BLOCK = 2**17  # elements from which on rows are worked off in parts, which workers share
COST = 16  # an element costs about as much as so many additions


def _by_rows(k, p, part, out, *arrays):
    """`part(k, p, out, *arrays)`; for large arrays some rows at a time, shared among workers.

    The arrays have one shape and type, and rows are what stands along the axis.
    """
    first = arrays[0]
    rows_last = p.axis == -1 or (p.axis == 1 and first.ndim == 2)
    kept = getattr(p, "dtype", None) in (None, first.dtype)
    if first.size <= BLOCK or not (rows_last and kept and first.dtype.itemsize > 2):
        return part(k, p, out, *arrays)
    out = k.xp.empty(first.shape, first.dtype) if out is None else out
    length = first.shape[-1]
    flat = [a.reshape(-1, length) for a in (out, *arrays)]
    step = max(1, BLOCK // length) if k.xp is np else len(flat[0])

    def some(begin, end):
        for at in range(begin, end, step):
            part(k, p, *[a[at : min(at + step, end)] for a in flat])

    k.share(len(flat[0]), COST * first.size, some)
    return out


def _use_length(doc):
    return Bool("use_length", False, optional=True, doc=doc)


def _shifted(k, p, data, sign=1):
    """`sign * data / temperature`, lowered so that the largest is 0.

    Softmax does not change when the same number is added to all its inputs; this way `exp` cannot
    overflow.  float16 is computed in float32 from here on.
    """
    if sign > 0:
        shifted = data - data.max(axis=p.axis, keepdims=True)
    else:
        shifted = data.min(axis=p.axis, keepdims=True) - data
    if data.dtype.itemsize == 2:
        shifted = shifted.astype("float32")
    if p.temperature is not None:
        shifted /= p.temperature
    return shifted


def _normalized(k, p, weights, data, out):
    """The weights divided by their sum along the axis."""
    total = _total(k, p, weights, data.dtype)
    target = out if out is not None and out.dtype == weights.dtype else weights
    return _rounded(p, k.xp.true_divide(weights, total, out=target), data)


def _total(k, p, weights, dtype):
    """The sum along the axis; for float16 added up one by one, rounding each time, as in MXNet."""
    if dtype.itemsize > 2:
        return weights.sum(axis=p.axis, keepdims=True)
    total = k.xp.zeros_like(weights.take([0], axis=p.axis))
    for i in range(weights.shape[p.axis]):
        total = (total + weights.take([i], axis=p.axis)).astype(dtype).astype(weights.dtype)
    return total


def _rounded(p, result, data):
    """The result in the type of the input, and only then in the type asked for, as in MXNet."""
    result = result.astype(data.dtype, copy=False)
    return result.astype(p.dtype or data.dtype, copy=False)


def _checked_axis(p, data):
    shapes.axis_index(p.axis, len(data))
    return data


def _type(p, *dtypes):
    out = p.dtype or dtypes[0]
    if any(t is not None and t not in FLOATS for t in (out, dtypes[0])):
        raise DTypeError("softmax needs numbers with fractions", rule="float16, float32 or float64")
    return list(dtypes), [out]


@operator(
    "softmax",
    AXIS,
    TEMPERATURE,
    DTYPE,
    _use_length("Whether `length` is given."),
    aliases=("_npx_softmax",),
    input_count=lambda p: 2 if p.use_length else 1,
)
def softmax(k, p, data, length=None, *, out=None):
    """Probabilities `exp(x) / sum(exp(x))` along an axis.

    data    any shape
    length  the shape of data without the axis: only so many elements count, the rest becomes 0

    Raises DTypeError for whole numbers, ShapeError when there is no such axis.

    Source: MXNet 1.6, `mx.nd.softmax`.
    """
    if length is None:
        return _by_rows(k, p, _probabilities, out, data)
    counts = _counts(k, p, data, length)
    weights = k.xp.exp(_shifted(k, p, k.xp.where(counts, data, -k.xp.inf)))
    result = _normalized(k, p, weights, data, out)
    # Where nothing counts the sum is 0 and the quotient NaN.
    k.xp.copyto(result, 0, where=~counts)
    return result


def _probabilities(k, p, out, data):
    weights = _shifted(k, p, data)
    return _normalized(k, p, k.xp.exp(weights, out=weights), data, out)


def _counts(k, p, data, length):
    """Whether each element's place along the axis is below the length."""
    axis = p.axis % data.ndim
    place = k.xp.arange(data.shape[axis]).reshape(-1, *(1,) * (data.ndim - axis - 1))
    return k.xp.broadcast_to(place < k.xp.expand_dims(length, axis), data.shape)


@softmax.types
def _(p, dtype, length=None):
    _, outs = _type(p, dtype)
    return [dtype, length][: 2 if p.use_length else 1], outs


@softmax.shapes
@rules.forward
def _(p, data, length=None):
    axis = shapes.axis_index(p.axis, len(data))
    rest = (*data[:axis], *data[axis + 1 :])
    if length is not None and length != rest:
        raise ShapeError(
            f"length has the shape {shapes.text(length)}",
            rule=f"the shape of data without the axis, {shapes.text(rest)}",
        )
    return data


def _softmax_gradient(F, p, dy, out, dtype, sign=1):
    weighted = dy * out
    dx = weighted - out * F.sum(weighted, axis=p.axis, keepdims=True)
    return _scaled(F, p, dx, dtype, sign)


def _scaled(F, p, dx, dtype, sign=1):
    """The gradient of what stands before the exponential, turned into that of `data`."""
    factor = sign if p.temperature is None else sign / p.temperature
    dx = dx if factor == 1 else dx * factor
    return dx if p.dtype is None or p.dtype == dtype else F.Cast(dx, dtype=dtype)


@softmax.gradient("data")
def _(F, p, dy, out, data_dtype):
    return _softmax_gradient(F, p, dy, out, data_dtype)


def _softmax(x, axis=-1):
    e = np.exp(x)
    return e / e.sum(axis, keepdims=True)


softmax.example((2, 3, 4)).gives(_softmax)
softmax.example((2, 3, 4), axis=1, temperature=2.0).gives(lambda x: _softmax(x / 2, 1))
softmax.example(In((2, 3), dtype="float64"), axis=0).gives(lambda x: _softmax(x, 0))
softmax.example((2, 4), np.array([1, 3], "int32"), axis=1, use_length=True).gives(
    lambda x, n: _softmax(np.where(np.arange(4) < n[:, None], x, -np.inf))
)


@operator(
    "log_softmax",
    AXIS,
    TEMPERATURE,
    DTYPE,
    _use_length("Not available here; see softmax."),
    aliases=("_npx_log_softmax",),
)
def log_softmax(k, p, data, *, out=None):
    """The logarithm of `softmax`, `x - log(sum(exp(x)))`, exact also where softmax is nearly 0.

    Source: MXNet 1.6, `mx.nd.log_softmax`.
    """
    return _by_rows(k, p, _logarithms, out, data)


def _logarithms(k, p, out, data):
    shifted = _shifted(k, p, data)
    total = _total(k, p, k.xp.exp(shifted), data.dtype)
    target = out if out is not None and out.dtype == shifted.dtype else shifted
    return _rounded(p, k.xp.subtract(shifted, k.xp.log(total, out=total), out=target), data)


@log_softmax.gradient("data")
def _(F, p, dy, out, data_dtype):
    return _scaled(F, p, F._backward_log_softmax(dy, out, axis=p.axis), data_dtype)


@operator("_backward_log_softmax", AXIS)
def backward_log_softmax(k, p, delta, logs, *, out=None):
    """`delta - exp(logs) * sum(delta)`, the sum along the axis: the gradient of `log_softmax`."""
    return _by_rows(k, p, _logarithms_back, out, delta, logs)


def _logarithms_back(k, p, out, delta, logs):
    weights = k.xp.exp(logs)
    weights *= delta.sum(axis=p.axis, keepdims=True)
    return k.xp.subtract(delta, weights, out=out)


@backward_log_softmax.gradient("delta")
def _(F, p, dy, logs):
    return dy - F.sum(dy * F.exp(logs), axis=p.axis, keepdims=True)


@backward_log_softmax.gradient("logs")
def _(F, p, dy, delta, logs):
    return -(dy * F.exp(logs)) * F.sum(delta, axis=p.axis, keepdims=True)


backward_log_softmax.shapes(rules.same_shape)
backward_log_softmax.types(rules.float_type)
backward_log_softmax.example((2, 3, 4), (2, 3, 4)).gives(
    lambda d, x: d - np.exp(x) * d.sum(-1, keepdims=True)
)
backward_log_softmax.example((2, 3), (2, 3), axis=0).gives(
    lambda d, x: d - np.exp(x) * d.sum(0, keepdims=True)
)


log_softmax.example((2, 3, 4)).gives(lambda x: np.log(_softmax(x)))
log_softmax.example((2, 3, 4), axis=1, temperature=0.5).gives(lambda x: np.log(_softmax(x * 2, 1)))


@operator("softmin", AXIS, TEMPERATURE, DTYPE, _use_length("Not available here; see softmax."))
def softmin(k, p, data, *, out=None):
    """Softmax of the negated numbers: small ones get the large probabilities.

    Source: MXNet 1.6, `mx.nd.softmin`.
    """
    weights = _shifted(k, p, data, sign=-1)
    return _normalized(k, p, k.xp.exp(weights, out=weights), data, out)


@softmin.gradient("data")
def _(F, p, dy, out, data_dtype):
    return _softmax_gradient(F, p, dy, out, data_dtype, sign=-1)


softmin.example((2, 3, 4), axis=1, temperature=2.0).gives(lambda x: _softmax(-x / 2, 1))


@log_softmax.shapes
@softmin.shapes
@rules.forward
def _(p, data):
    if p.use_length:
        raise ParameterError("use_length needs the input `length`", rule="only softmax has it")
    return _checked_axis(p, data)


log_softmax.types(_type)
softmin.types(_type)


@operator(
    "SoftmaxActivation",
    Enum("mode", ("channel", "instance"), "instance", doc="What is normalised."),
    type=rules.float_type,
)
def softmax_activation(k, p, data):
    """Softmax over the last axis (`instance`) or over axis 1 (`channel`).

    Source: MXNet 1.6, `mx.nd.SoftmaxActivation`.
    """
    flat = data.reshape(_flat_shape(p, data.shape))
    weights = k.xp.exp(flat - flat.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.reshape(data.shape)


def _flat_shape(p, shape):
    """The shape in which the normalised elements lie along axis 1."""
    shapes.check_axes(shape, 3 if p.mode == "channel" else 1)
    return shape if p.mode == "channel" else (shapes.size(shape[:-1]), shape[-1])


@softmax_activation.shapes
@rules.forward
def _(p, data):
    _flat_shape(p, data)
    return data


@softmax_activation.gradient("data")
def _(F, p, dy, out, out_shape):
    weighted = F._np_reshape(dy * out, newshape=_flat_shape(p, out_shape))
    total = F.sum(weighted, axis=1, keepdims=True)
    dx = weighted - F._np_reshape(out, newshape=_flat_shape(p, out_shape)) * total
    return F._np_reshape(dx, newshape=out_shape)


softmax_activation.example((3, 4)).gives(_softmax)
softmax_activation.example((2, 3, 4), mode="channel").gives(lambda x: _softmax(x, 1))


@operator("softmax_cross_entropy")
def softmax_cross_entropy(k, _p, data, label):
    """The sum over all examples of `-log(softmax(data)[label])`, as an array of one element.

    data    (n, classes)
    label   (n,) class numbers; numbers outside the range count as the nearest class

    Source: MXNet 1.6, `mx.nd.softmax_cross_entropy`.
    """
    xp = k.xp
    index = xp.clip(label.astype("int64"), 0, data.shape[1] - 1)
    shifted = data - data.max(axis=1, keepdims=True)
    total = xp.log(xp.exp(shifted).sum(axis=1))
    chosen = xp.take_along_axis(shifted, index[:, None], axis=1)[:, 0]
    return (total - chosen).sum().reshape(1).astype(data.dtype)


@softmax_cross_entropy.shapes
@rules.forward
def _(p, data, label):
    if len(data) != 2 or label != data[:1]:
        raise ShapeError("data and label do not fit", rule="data (n, classes), label (n,)")
    shapes.check_filled(data[1:], "the classes")
    return (1,)


@softmax_cross_entropy.gradient("data")
def _(F, p, dy, data, label, data_shape, data_dtype):
    chosen = F.one_hot(label, depth=data_shape[1], dtype=data_dtype)
    return F._np_reshape(dy, newshape=(1, 1)) * (F.softmax(data) - chosen)


softmax_cross_entropy.example((3, 4), np.array([0, 3, 1], "float32")).gives(
    lambda x, n: -np.log(_softmax(x)[np.arange(3), n.astype(int)]).sum().reshape(1)
)
