"""Layers on numbers of 8 bits: whole numbers are multiplied and added exactly, as int32.

What a quantized array is, is told in `quantization.py`.  Here the limits of int8 and uint8 stand
for the largest absolute value of the range, so that 0 is the real number 0 in both.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError
from mxbook.ops.examples import In
from mxbook.ops.params import Enum, Int, Real
from mxbook.ops.registry import operator
from mxbook.ops.rules import elementwise_cost

from .convolution import convolution
from .dense import fully_connected
from .joining import NUM_ARGS, concat
from .normalization import batch_norm
from .pooling import pooling
from .quantization import FLOAT32, INT8, INT32, SUMS, UINT8, largest_of, single, typed
from .shape import copied, flatten

OUTPUTS = ("output", "min_output", "max_output")
EXACT = 2**24  # up to here float32 holds every whole number


def limit_of(dtype: np.dtype) -> float:
    """How many units the largest real number is.

    Half a unit more than the largest whole number, as in MXNet since its kernels round to nearest.
    """
    return 127.5 if dtype == INT8 else 255.5


def rounded(xp: Any, data: Any, dtype: np.dtype) -> Any:
    """Units as whole numbers of 8 bits, those beyond the limits at the limits."""
    info = np.iinfo(dtype)
    return xp.clip(xp.rint(data), info.min, info.max).astype(dtype)


def saturated(xp: Any, sums: Any) -> Any:
    """float64 as int32; what is too large for it becomes the largest int32."""
    return xp.clip(xp.rint(sums), -SUMS - 1, SUMS).astype("int32")


def _types(names, dtypes, heads, out):
    """Types of an operator whose first inputs are quantized (`heads`: allowed types of each) and
    whose others are ends of ranges."""
    allowed = [*heads, *[(FLOAT32,)] * (len(dtypes) - len(heads))]
    ins = [typed(n, t, *a) for n, t, a in zip(names, dtypes, allowed, strict=True)]
    return ins, [ins[0] if out is None else out, FLOAT32, FLOAT32]


def _one_input(op):
    """Type rule: 8-bit data and its range."""

    def rule(_p, *dtypes):
        return _types(op.inputs, dtypes, [(INT8, UINT8)], None)

    op.types(rule)


# ---- the range stays


@operator(
    "_contrib_quantized_act",
    Enum(
        "act_type",
        ("relu", "sigmoid", "softrelu", "softsign", "tanh"),
        doc="The activation; only relu can be computed on whole numbers.",
    ),
    outputs=OUTPUTS,
    zero_gradient=True,
)
def quantized_act(k, _p, data, min_data, max_data):
    """The activation relu, `max(data, 0)`, on whole numbers; the range stays.

    data                     int8 or uint8, any shape
    min_data, max_data       float32, (1,)
    output                   like data
    min_output, max_output   (1,), the range of data

    Errors: ParameterError for other activations.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_act`.
    """
    return k.xp.maximum(data, 0), min_data.copy(), max_data.copy()


@quantized_act.shapes
def _(p, data, *ranges):
    if p.act_type != "relu":
        raise ParameterError(
            f"{p.act_type} cannot be computed on whole numbers",
            rule="act_type relu",
            hint="dequantize first",
        )
    return [data, *single(*ranges)], [data, (1,), (1,)]


@operator("_contrib_quantized_flatten", outputs=OUTPUTS, zero_gradient=True)
def quantized_flatten(k, p, data, min_data, max_data):
    """All axes but the first put together, `(n, a, b)` becomes `(n, a * b)`; the range stays.

    data                     int8 or uint8
    min_data, max_data       float32, (1,)
    output                   (n, ...)
    min_output, max_output   (1,), the range of data

    Source: MXNet 1.6, `mx.nd.contrib.quantized_flatten`.
    """
    flat = data.reshape(len(data), shapes.size(data.shape[1:]))
    return copied(k, flat), min_data.copy(), max_data.copy()


@quantized_flatten.shapes
def _(p, data, *ranges):
    (data,), (out,) = flatten.shape_rule(p, data)
    return [data, *single(*ranges)], [out, (1,), (1,)]


@operator(
    "_contrib_quantized_pooling",
    *pooling.params,
    outputs=OUTPUTS,
    zero_gradient=True,
    cost=pooling.cost,
)
def quantized_pooling(k, p, data, min_data, max_data):
    """The largest number under a window, or the mean, rounded; the range stays.

    data                     int8 or uint8, (n, c, h, w)
    min_data, max_data       float32, (1,)
    output                   (n, c, h', w') as from Pooling
    min_output, max_output   (1,), the range of data

    Errors: ParameterError for other kinds than max and avg.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_pooling`.
    """
    found = pooling.kernel(k, p, data.astype("float32"))
    return rounded(k.xp, found, data.dtype), min_data.copy(), max_data.copy()


@quantized_pooling.shapes
def _(p, data, *ranges):
    if p.pool_type not in ("max", "avg"):
        raise ParameterError(
            f"pool_type {p.pool_type} of quantized numbers", rule="pool_type max or avg"
        )
    ins, (out,) = pooling.shape_rule(p, data)
    return [*ins, *single(*ranges)], [out, (1,), (1,)]


for one_input in (quantized_act, quantized_flatten, quantized_pooling):
    _one_input(one_input)


# ---- the range of the result is another


def _batch_norm_params():
    kept = [param for param in batch_norm.params if not param.name.endswith("_calib_range")]
    doc = "{} real number of the result; needed."
    ends = (("min_calib_range", "Smallest"), ("max_calib_range", "Largest"))
    return (*kept, *(Real(name, None, doc=doc.format(word)) for name, word in ends))


@operator(
    "_contrib_quantized_batch_norm",
    *_batch_norm_params(),
    outputs=OUTPUTS,
    aux=("moving_mean", "moving_var"),
    mutates=(),
    zero_gradient=True,
    cost=lambda p, ins, outs: 4 * elementwise_cost(p, ins, outs),
)
def quantized_batch_norm(k, p, data, gamma, beta, moving_mean, moving_var, min_data, max_data):
    """BatchNorm with the moving averages, from 8-bit numbers to 8-bit numbers of a given range.

    `output = gamma * (data - moving_mean) / sqrt(moving_var + eps) + beta`, in real numbers.  As in
    MXNet the slope is smaller by `sqrt(1 + eps)`, and gamma counts with fix_gamma, too.

    ======================= ===================================================
    data                    int8 or uint8, (n, c, ...), channels along `axis`
    gamma, beta             float32, (c,)
    moving_mean, moving_var float32, (c,), auxiliary states; stay as they are
    min_data, max_data      float32, (1,)
    output                  int8, like data
    min_output, max_output  (1,): min_calib_range, max_calib_range
    ======================= ===================================================

    Errors: ParameterError without min_calib_range and max_calib_range.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_batch_norm`.
    """
    xp, axis = k.xp, p.axis % data.ndim
    lie = [-1 if i == axis else 1 for i in range(data.ndim)]
    largest = max(abs(p.min_calib_range), abs(p.max_calib_range))
    limit, unit = limit_of(INT8), largest_of(xp, min_data, max_data) / limit_of(data.dtype)
    slope = gamma / xp.sqrt(moving_var + p.eps)
    shift = (beta - moving_mean * slope) / largest * limit
    slope = slope * unit / largest * limit / (1 + p.eps) ** 0.5
    output = data.astype("float32") * slope.reshape(lie) + shift.reshape(lie)
    ends = (xp.full(1, end, "float32") for end in (p.min_calib_range, p.max_calib_range))
    return rounded(xp, output, INT8), *ends


@quantized_batch_norm.shapes
def _(p, data, gamma, beta, mean, var, *ranges):
    if p.min_calib_range is None or p.max_calib_range is None:
        raise ParameterError(
            "the range of the result is not given",
            rule="min_calib_range and max_calib_range",
            hint="the smallest and the largest result on some data",
        )
    ins, (out, *_) = batch_norm.shape_rule(p, data, gamma, beta, mean, var)
    return [*ins, *single(*ranges)], [out, (1,), (1,)]


@quantized_batch_norm.types
def _(_p, *dtypes):
    return _types(quantized_batch_norm.inputs, dtypes, [(INT8, UINT8)], INT8)


def _concat_inputs(p):
    arrays = [f"data{i}" for i in range(p.num_args)]
    return arrays + [f"arg{i}_{end}" for i in range(p.num_args) for end in ("min", "max")]


@operator(
    "_contrib_quantized_concat",
    NUM_ARGS,
    Int("dim", 1, doc="The axis along which they are put together."),
    variadic="num_args",
    takes=_concat_inputs,
    outputs=OUTPUTS,
    zero_gradient=True,
)
def quantized_concat(k, p, *data):
    """Quantized arrays put together along an axis, all in the units of the widest range.

    `quantized_concat(a, b, a_min, a_max, b_min, b_max, num_args=2)`: first the arrays, then the
    ends of their ranges in pairs.

    data                     int8 or uint8, which may differ along `dim` only; then (1,) float32
    output                   int8, or uint8 where all arrays are
    min_output, max_output   (1,): from the smallest to the largest end, 0 included

    Errors: ParameterError where the number of inputs is not `3 * num_args`.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_concat`.
    """
    xp, n = k.xp, p.num_args
    ends = xp.concatenate(data[n:])
    low = xp.minimum(ends[0::2].min(keepdims=True), 0)
    high = xp.maximum(ends[1::2].max(keepdims=True), 0)
    dtype = _joined_type([x.dtype for x in data[:n]])
    unit = limit_of(dtype) / largest_of(xp, low, high)
    parts = []
    for i, x in enumerate(data[:n]):
        own = limit_of(x.dtype) / largest_of(xp, *data[n + 2 * i : n + 2 * i + 2])
        parts.append(rounded(xp, x.astype("float32") * (unit / own), dtype))
    return concat.kernel(k, p, *parts), low, high


def _joined_type(dtypes):
    return UINT8 if all(t == UINT8 for t in dtypes) else INT8


@quantized_concat.shapes
def _(p, *ins):
    arrays, (out,) = concat.shape_rule(p, *ins[: p.num_args])
    return [*arrays, *single(*ins[p.num_args :])], [out, (1,), (1,)]


@quantized_concat.types
def _(p, *dtypes):
    heads = dtypes[: p.num_args]
    out = None if None in heads else _joined_type(heads)
    ins, _ = _types(_concat_inputs(p), dtypes, [(INT8, UINT8)] * p.num_args, out)
    return ins, [out, FLOAT32, FLOAT32]


@operator("_contrib_quantized_elemwise_add", outputs=OUTPUTS, zero_gradient=True)
def quantized_elemwise_add(k, _p, lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max):
    """The sum of two quantized arrays of one shape, as int32.

    lhs, rhs                              int8 or uint8
    lhs_min, lhs_max, rhs_min, rhs_max    float32, (1,)
    output                                int32
    min_output, max_output                (1,): -m and m, `m = largest of lhs + largest of rhs`

    Errors: ShapeError for different shapes.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_elemwise_add` (which loses the uint8 side of a uint8 and an int8).
    """
    xp = k.xp
    left, right = largest_of(xp, lhs_min, lhs_max), largest_of(xp, rhs_min, rhs_max)
    most = left + right
    total = lhs.astype("float32") * (left * SUMS / (limit_of(lhs.dtype) * most))
    total += rhs.astype("float32") * (right * SUMS / (limit_of(rhs.dtype) * most))
    return saturated(xp, total.astype("float64")), -most, most


@quantized_elemwise_add.shapes
def _(_p, lhs, rhs, *ranges):
    common = shapes.unify(lhs, rhs)
    return [common, common, *single(*ranges)], [common, (1,), (1,)]


@quantized_elemwise_add.types
def _(_p, *dtypes):
    return _types(quantized_elemwise_add.inputs, dtypes, [(INT8, UINT8)] * 2, INT32)


# ---- sums of products


WEIGHTED = (
    *("data", "weight", "bias", "min_data", "max_data", "min_weight", "max_weight"),
    *("min_bias", "max_bias"),
)


def _weighted_inputs(p):
    return [name for name in WEIGHTED if not (p.no_bias and name.endswith("bias"))]


def _weighted(name: str, layer: Any):
    """Decorator: a layer with weights on quantized numbers, from the layer on real numbers."""

    def define(kernel):
        op = operator(
            name,
            *layer.params,
            inputs=WEIGHTED,
            takes=_weighted_inputs,
            outputs=OUTPUTS,
            zero_gradient=True,
            cost=lambda p, ins, outs: layer.cost(p, ins[:2], outs[:1]),
        )(kernel)

        @op.shapes
        def _(p, *ins):
            heads = 2 if p.no_bias else 3
            found, (out,) = layer.shape_rule(p, *ins[:heads])
            return [*found, *single(*ins[heads:])], [out, (1,), (1,)]

        @op.types
        def _(p, *dtypes):
            heads = [(INT8, UINT8), (INT8,), (INT8,)][: 2 if p.no_bias else 3]
            return _types(_weighted_inputs(p), dtypes, heads, INT32)

        return op

    return define


def _sums(k, p, layer, inputs, channel):
    """The sums of products of a layer, its bias added along the axis `channel`, and their range."""
    xp, (data, weight, *rest) = k.xp, inputs
    bias = None if p.no_bias else rest.pop(0)
    # Floats, because BLAS has no whole numbers: as wide as the largest sum needs.
    largest = shapes.size(weight.shape[1:]) * 2**7 * (2**7 if data.dtype == INT8 else 2**8)
    wide = "float32" if largest <= EXACT else "float64"
    sums = layer.kernel(k, p, data.astype(wide), weight.astype(wide))
    most_data, most_weight = largest_of(xp, *rest[:2]), largest_of(xp, *rest[2:4])
    if bias is not None:
        own = limit_of(INT8) / largest_of(xp, *rest[4:6])
        unit = (limit_of(data.dtype) / most_data) * (limit_of(INT8) / most_weight)
        units = xp.trunc(bias.astype("float32") * (unit / own)).astype("float64")
        lie = [-1 if i == channel % sums.ndim else 1 for i in range(sums.ndim)]
        sums = sums + units.reshape(lie)
    # A unit of a sum is a unit of the data times one of the weight.
    most = (most_data / np.iinfo(data.dtype).max) * (most_weight / 127) * SUMS
    return saturated(xp, sums), -most, most


@_weighted("_contrib_quantized_fully_connected", fully_connected)
def quantized_fully_connected(k, p, *inputs):
    """The fully connected layer on whole numbers, `data . weight^T + bias`, exact.

    =========================== ======================================================
    data                        int8 or uint8, (n, ...)
    weight                      int8, (num_hidden, features)
    bias                        int8, (num_hidden,); left out with no_bias
    min_data, ..., max_weight   float32, (1,); then min_bias, max_bias if there is a bias
    output                      int32, (n, num_hidden)
    min_output, max_output      (1,): what the limits of int32 stand for
    =========================== ======================================================

    The bias is brought to the units of the sums first.  With no_bias the inputs are data, weight,
    min_data, max_data, min_weight, max_weight.

    Errors: ShapeError, DTypeError for inputs that do not fit.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_fully_connected`.
    """
    return _sums(k, p, fully_connected, inputs, -1)


@_weighted("_contrib_quantized_conv", convolution)
def quantized_conv(k, p, *inputs):
    """Convolution on whole numbers, exact.

    =========================== ======================================================
    data                        int8 or uint8, (n, c, h, w), or as Convolution takes it
    weight                      int8, (num_filter, c / num_group, *kernel)
    bias                        int8, (num_filter,); left out with no_bias
    min_data, ..., max_weight   float32, (1,); then min_bias, max_bias if there is a bias
    output                      int32, (n, num_filter, h', w')
    min_output, max_output      (1,): what the limits of int32 stand for
    =========================== ======================================================

    The bias is brought to the units of the sums first.  With no_bias the inputs are data, weight,
    min_data, max_data, min_weight, max_weight.

    Errors: ShapeError, DTypeError for inputs that do not fit.  Source: MXNet 1.6,
    `mx.nd.contrib.quantized_conv` (whose MKL-DNN form takes the units of uint8 data for those of
    int8, and adds the bias without regard to its range).
    """
    last = bool(p.layout) and p.layout.endswith("C")
    return _sums(k, p, convolution, inputs, -1 if last else 1)


# ---- examples

FIXED = "as in MXNet, nothing has a gradient here"
LOW, HIGH = [-1.0], [2.0]


def bytes_of(*shape, dtype="int8"):
    """An input of random numbers of 8 bits."""
    return In(shape, *((-127, 127) if dtype == "int8" else (0, 255)), dtype)


def _windows(x, reduce, size):
    """`reduce(window, axes)` for square windows side by side."""
    n, c, h, w = x.shape
    cells = x.reshape(n, c, h // size, size, w // size, size)
    return reduce(cells, (3, 5))


quantized_act.example(bytes_of(2, 3), LOW, HIGH, act_type="relu").not_smooth(FIXED).gives(
    lambda x, a, b: [np.maximum(x, 0), a, b]
)
quantized_flatten.example(bytes_of(2, 3, 2), LOW, HIGH).not_smooth(FIXED).gives(
    lambda x, a, b: [x.reshape(2, 6), a, b]
)
quantized_pooling.example(bytes_of(1, 2, 4, 4), LOW, HIGH, kernel=(2, 2), stride=(2, 2)).not_smooth(
    FIXED
).gives(lambda x, a, b: [_windows(x, np.max, 2), a, b])
quantized_pooling.example(
    bytes_of(1, 2, 4, 4, dtype="uint8"), LOW, HIGH, kernel=(2, 2), stride=(2, 2), pool_type="avg"
).not_smooth(FIXED).gives(lambda x, a, b: [np.rint(_windows(x, np.mean, 2)), a, b])
quantized_batch_norm.example(
    bytes_of(2, 3, 4), (3,), (3,), (3,), In((3,), 0.5, 2), LOW, HIGH, eps=0.01,
    min_calib_range=-1.0, max_calib_range=2.5,
).not_smooth(FIXED).gives(
    lambda x, g, b, m, v, *_: [
        np.clip(
            np.rint(
                (x * 2 / 127.5 * (g / np.sqrt((v + 0.01) * 1.01))[:, None]
                 + (b - m * g / np.sqrt(v + 0.01))[:, None]) / 2.5 * 127.5
            ), -128, 127,
        ), [-1], [2.5],
    ]
)  # fmt: skip
quantized_concat.example(
    bytes_of(2, 2), bytes_of(2, 3), LOW, HIGH, [-4.0], [1.0], num_args=2
).not_smooth(FIXED).gives(lambda x, y, *_: [np.concatenate([np.rint(x / 2), y], 1), [-4], [2]])
quantized_concat.example(
    bytes_of(2, 2, dtype="uint8"), bytes_of(1, 2), LOW, HIGH, LOW, HIGH, num_args=2, dim=0
).not_smooth(FIXED).gives(
    lambda x, y, *_: [np.concatenate([np.minimum(np.rint(x * 127.5 / 255.5), 127), y]), [-1], [2]]
)
quantized_elemwise_add.example(
    bytes_of(2, 3), bytes_of(2, 3, dtype="uint8"), LOW, HIGH, [-4.0], [1.0]
).not_smooth(FIXED)

BIAS = bytes_of(4), [-1.0], [0.5]


def _bias(largest):
    """A bias of BIAS in units of int8 data of this largest number times int8 weights up to 2."""
    return 1 / 127.5 / (largest / 127.5 * 2 / 127.5)


quantized_fully_connected.example(
    bytes_of(2, 3, 2), bytes_of(4, 6), BIAS[0], LOW, HIGH, LOW, HIGH, *BIAS[1:], num_hidden=4
).not_smooth(FIXED).gives(
    lambda x, w, b, *_: [
        x.reshape(2, 6) @ w.T + np.trunc(b * _bias(2)), [-SUMS * 4 / 127**2], [SUMS * 4 / 127**2]
    ]
)  # fmt: skip
quantized_fully_connected.example(
    bytes_of(2, 600, dtype="uint8"), bytes_of(3, 600), LOW, HIGH, [-1.0], [1.0], num_hidden=3,
    no_bias=True,
).not_smooth(FIXED).gives(
    lambda x, w, *_: [x @ w.T, [-SUMS * 2 / 255 / 127], [SUMS * 2 / 255 / 127]]
)  # fmt: skip
quantized_conv.example(
    bytes_of(2, 3, 1, 4), bytes_of(4, 3, 1, 2), BIAS[0], LOW, HIGH, LOW, HIGH, *BIAS[1:],
    kernel=(1, 2), num_filter=4,
).not_smooth(FIXED).gives(
    lambda x, w, b, *_: [
        np.stack([np.einsum("nchi,fchi->nfh", x[..., i : i + 2], w) for i in range(3)], -1)
        + np.trunc(b * _bias(2))[:, None, None],
        [-SUMS * 4 / 127**2], [SUMS * 4 / 127**2],
    ]
)  # fmt: skip
quantized_conv.example(
    bytes_of(1, 2, 2, 4, dtype="uint8"), bytes_of(3, 1, 1, 4), LOW, HIGH, LOW, HIGH, kernel=(1, 1),
    num_filter=3, layout="NHWC", no_bias=True,
).not_smooth(FIXED)  # fmt: skip
