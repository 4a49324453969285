"""Relatives of relu that let something through below 0."""

import math

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels import special
from mxbook.ops.kernels.choosing import choose
from mxbook.ops.params import Enum, Float
from mxbook.ops.registry import operator

from .activation import BOTH_SIDES

# Chosen so that layers keep mean 0 and variance 1 (Klambauer and others, 2017).
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _per_channel(array, ndim):
    """A vector shaped so that it stretches along axis 1 of an array with so many axes."""
    return array.reshape(_channel_shape(array.shape, ndim))


def _channel_shape(shape, ndim):
    return (shape[0],) if ndim == 1 else (1, shape[0], *(1,) * (ndim - 2))


def _elu(xp, data, alpha):
    """`alpha * (exp(x) - 1)` below 0."""
    return choose(xp, data > 0, data, alpha * xp.expm1(xp.minimum(data, 0)))


def _gelu(xp, data):
    wide = data.astype("float32") if data.dtype.itemsize == 2 else data
    return (0.5 * wide * (1 + special.erf(xp, wide * math.sqrt(0.5)))).astype(data.dtype)


@operator(
    "LeakyReLU",
    Enum(
        "act_type",
        ("elu", "gelu", "leaky", "prelu", "rrelu", "selu"),
        "leaky",
        doc="Which function.",
    ),
    Float("slope", 0.25, doc="Slope below 0 (leaky); factor (elu)."),
    Float("lower_bound", 0.125, doc="Smallest slope below 0 (rrelu)."),
    Float("upper_bound", 0.334, doc="Largest slope below 0 (rrelu)."),
    aliases=("_npx_leaky_relu",),
    input_count=lambda p: 2 if p.act_type == "prelu" else 1,
    outputs=lambda p: ("output", "mask") if p is None or p.act_type == "rrelu" else ("output",),
    uses_random=True,
    uses_train=True,
    draws=lambda p, train: train and p.act_type == "rrelu",
)
def leaky_relu(k, p, data, gamma=None):
    """`x` above 0; below 0 something smaller.

    ========= =======================================================================
    leaky     `slope * x`
    prelu     `gamma * x`, one learned slope for each channel (axis 1), or one for all
    rrelu     a random slope between the bounds for each element in training, their mean
              otherwise; the second output holds the slopes
    elu       `slope * (exp(x) - 1)`
    selu      `1.0507 * x` above 0, `1.0507 * 1.6733 * (exp(x) - 1)` below
    gelu      `x` times the probability of a standard normal number below `x`
    ========= =======================================================================

    Source: MXNet 1.6, `mx.nd.LeakyReLU`.
    """
    xp = k.xp
    if p.act_type == "elu":
        return _elu(xp, data, p.slope)
    if p.act_type == "selu":
        return SELU_SCALE * _elu(xp, data, SELU_ALPHA)
    if p.act_type == "gelu":
        return _gelu(xp, data)
    if p.act_type == "rrelu":
        slope = _random_slopes(k, p, data)
        return choose(xp, data > 0, data, data * slope), slope
    if p.act_type == "leaky" and 0 < p.slope <= 1:
        return xp.maximum(data, data * p.slope)
    slope = _per_channel(gamma, data.ndim) if p.act_type == "prelu" else p.slope
    return choose(xp, data > 0, data, data * slope)


def _random_slopes(k, p, data):
    if not k.is_train:
        return k.xp.full_like(data, (p.lower_bound + p.upper_bound) / 2)
    return k.to_device(k.random.uniform(p.lower_bound, p.upper_bound, data.shape, data.dtype))


@leaky_relu.shapes
def _(p, data, gamma=None):
    outs = [data, data] if p.act_type == "rrelu" else [data]
    if p.act_type != "prelu":
        return [data], outs
    shapes.check_axes((None,) if data is None else data, 1)
    if gamma is None and data is not None:
        gamma = (data[1 if len(data) > 1 else 0],)
    both_known = shapes.known(data) and shapes.known(gamma)
    if both_known and gamma not in ((1,), (data[1 if len(data) > 1 else 0],)):
        raise ShapeError(
            f"gamma has the shape {shapes.text(gamma)}",
            rule="one number, or one for each channel (axis 1 of data)",
        )
    return [data, gamma], outs


@leaky_relu.types
def _(p, dtype, gamma=None):
    ins = [dtype, gamma or dtype][: 2 if p.act_type == "prelu" else 1]
    _, outs = rules.float_type(p, *ins)
    return ins, outs * (2 if p.act_type == "rrelu" else 1)


@leaky_relu.gradient("data")
def _(F, p, dy, data, gamma, mask, output, data_shape):
    if p.act_type == "gelu":
        below = F.erf(data * math.sqrt(0.5)) * 0.5 + 0.5
        return dy * (below + data * F.exp(data * data * -0.5) / math.sqrt(2 * math.pi))
    if p.act_type == "elu":
        return F.where(data > 0, dy, dy * F.exp(F._minimum_scalar(data, scalar=0)) * p.slope)
    if p.act_type == "selu":  # MXNet's formula, which is a little below the derivative
        return F.where(data > 0, dy, dy * (output + SELU_ALPHA)) * SELU_SCALE
    slope = p.slope if p.act_type == "leaky" else mask
    if p.act_type == "prelu":
        slope = F.Reshape(gamma, shape=_channel_shape((-1,), len(data_shape)))
    return F.where(data > 0, dy, dy * slope)


@leaky_relu.gradient("gamma")
def _(F, p, dy, data, data_shape, gamma_shape):
    weighted = dy * data * (data <= 0)
    if gamma_shape[0] == 1:
        return F.sum(weighted)
    others = tuple(i for i in range(len(data_shape)) if i != 1)
    return F.sum(weighted, axis=others) if len(data_shape) > 1 else weighted


def _leaky(x, slope=0.25):
    return np.where(x > 0, x, slope * x)


leaky_relu.example(BOTH_SIDES, slope=0.1).gives(lambda x: _leaky(x, 0.1))
leaky_relu.example(BOTH_SIDES, act_type="elu", slope=0.5).gives(
    lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))
)
leaky_relu.example(BOTH_SIDES, act_type="selu").gives(
    lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x))
).not_smooth("MXNet's gradient is not the derivative")
leaky_relu.example((2, 3), act_type="gelu").gives(
    lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
)
leaky_relu.example(BOTH_SIDES, [0.1, 0.2, 0.3], act_type="prelu").gives(_leaky)
leaky_relu.example(In((2, 3, 2), -1, -0.1), [0.3], act_type="prelu").gives(_leaky)
leaky_relu.example(BOTH_SIDES, act_type="rrelu").not_smooth("random slopes")
