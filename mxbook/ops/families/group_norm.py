"""Normalisation of parts of each example: channels by themselves, groups of them, or neighbours.

InstanceNorm is GroupNorm with a group for each channel, so that they share kernel and gradient.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Int, Real
from mxbook.ops.registry import operator

COST = 6  # passes over the data


def _cost(p, ins, outs):
    return COST * shapes.size(ins[0])


def _normalised(k: Any, data: Any, gamma: Any, beta: Any, eps: float) -> tuple:
    """The result, and mean and standard deviation of each part (n, parts); there are as many parts
    as numbers in gamma.  float16 is added up in float32."""
    wide = data.astype("float32") if data.dtype.itemsize == 2 else data
    parts = wide.reshape(len(data), len(gamma), -1)
    mean = parts.mean(axis=2, keepdims=True)
    output = parts - mean
    std = k.xp.sqrt((output * output).mean(axis=2, keepdims=True) + eps)
    output /= std
    output *= gamma[:, None]
    output += beta[:, None]
    found = output.reshape(data.shape), mean[:, :, 0], std[:, :, 0]
    return tuple(a.astype(data.dtype, copy=False) for a in found)


def _gradients(F: Any, dy: Any, data: Any, gamma: Any, shape: tuple, parts: int, eps: float):
    """The gradients of data, gamma and beta.

    With `x` the normalised data, `g = dy * gamma` and means over a part:
    `d_data = (g - mean(g) - x * mean(g * x)) / std`.  Mean and std are computed once more, so that
    this can be differentiated, too.
    """

    def average(value):
        return F.mean(value, axis=2, keepdims=True)

    together = (shape[0], parts, shapes.size(shape[1:]) // parts)
    dy, data = F.Reshape(dy, shape=together), F.Reshape(data, shape=together)
    x = data - average(data)
    std = F.sqrt(average(x * x) + eps)
    x = x / std
    g = dy * F.Reshape(gamma, shape=(1, parts, 1))
    d_data = (g - average(g) - x * average(g * x)) / std
    return [F.Reshape(d_data, shape=shape), F.sum(dy * x, axis=(0, 2)), F.sum(dy, axis=(0, 2))]


def _vectors(parts: int | None, gamma: Any, beta: Any) -> Any:
    return shapes.unify(shapes.unify((parts,), gamma), beta)


def _check_axes(data: tuple, least: int = 3) -> None:
    if len(data) < least:
        raise ShapeError(
            f"data has the shape {shapes.text(data)}",
            rule="(n, channels, ...), with at least one axis behind the channels",
        )


@operator(
    "InstanceNorm",
    Real("eps", 1e-3, doc="Added to the variance, against division by 0."),
    type=rules.float_type,
    cost=_cost,
    onnx="InstanceNormalization",
)
def instance_norm(k, p, data, gamma, beta):
    """Each channel of each example with mean 0 and variance 1, then scaled and shifted.

    `output = gamma * (data - mean) / sqrt(variance + eps) + beta`

    data         (n, c, ...), at least three axes
    gamma, beta  (c,)
    output       like data

    Errors: ShapeError where these do not fit.
    Source: MXNet 1.6, `mx.nd.InstanceNorm`; Ulyanov, Vedaldi and Lempitsky, 2016.
    """
    return _normalised(k, data, gamma, beta, p.eps)[0]


@instance_norm.shapes
def _(p, data, gamma, beta):
    if data is not None:
        _check_axes(data)
    vector = _vectors(data and data[1], gamma, beta)
    return [data, vector, vector], [data]


@instance_norm.gradient
def _(F, p, dys, data, gamma, data_shape):
    return _gradients(F, dys[0], data, gamma, data_shape, data_shape[1], p.eps)


@operator(
    "GroupNorm",
    Int("num_groups", 1, low=1, doc="Into so many groups the channels are divided."),
    Real("eps", 1e-5, doc="Added to the variance, against division by 0."),
    Bool("output_mean_var", False, doc="Return mean and standard deviation, too."),
    outputs=("output", "mean", "std"),
    visible=lambda p: 3 if p.output_mean_var else 1,
    type=rules.float_type,
    cost=_cost,
)
def group_norm(k, p, data, gamma, beta):
    """Each group of channels of each example with mean 0 and variance 1, then scaled and shifted.

    `output = gamma * (data - mean) / std + beta` with `std = sqrt(variance + eps)`

    data         (n, c, ...), at least three axes; num_groups divides c
    gamma, beta  (num_groups,): as in MXNet 1.6 one number for a group, not for a channel
    output       like data
    mean, std    (n, num_groups) with output_mean_var; no gradient flows back from them

    Errors: ShapeError where these do not fit.
    Source: MXNet 1.6, `mx.nd.GroupNorm`; Wu and He, 2018.
    """
    return _normalised(k, data, gamma, beta, p.eps)


@group_norm.shapes
def _(p, data, gamma, beta):
    single = None
    if data is not None:
        _check_axes(data)
        if data[1] is not None and data[1] % p.num_groups:
            raise ShapeError(
                f"{data[1]} channels cannot be divided into {p.num_groups} groups",
                rule="num_groups divides the number of channels",
            )
        single = (data[0], p.num_groups)
    vector = _vectors(p.num_groups, gamma, beta)
    return [data, vector, vector], [data, single, single]


@group_norm.gradient
def _(F, p, dys, data, gamma, data_shape):
    if dys[0] is None:
        return [None]
    return _gradients(F, dys[0], data, gamma, data_shape, p.num_groups, p.eps)


def _window(xp: Any, data: Any, size: int) -> Any:
    """For each channel the sum over it and its neighbours, `size` channels together."""
    half, channels = size // 2, data.shape[1]
    total = data.copy()
    for distance in range(1, min(half, channels - 1) + 1):
        total[:, distance:] += data[:, :-distance]
        total[:, :-distance] += data[:, distance:]
    return total


SIZE = Int("nsize", low=0, doc="Number of neighbouring channels, the middle one included; odd.")


@operator("_channel_window", SIZE, shape=rules.same_shape, type=rules.float_type, cost=_cost)
def channel_window(k, p, data):
    """For each channel the sum over it and its neighbours."""
    return _window(k.xp, data, p.nsize)


@channel_window.gradient("data")
def _(F, p, dy):
    return F._channel_window(dy, nsize=p.nsize)


@operator(
    "LRN",
    Real("alpha", 1e-4, doc="Weight of the squares."),
    Real("beta", 0.75, doc="The power."),
    Real("knorm", 2.0, doc="What is there without neighbours."),
    SIZE,
    type=rules.float_type,
    cost=_cost,
    onnx="LRN",
)
def lrn(k, p, data):
    """Local response normalisation: strong responses of neighbouring channels weaken each other.

    `output[:, i] = data[:, i] / (knorm + alpha / nsize * sum_j data[:, j]^2) ^ beta`, where `j` are
    the `nsize` channels around `i`, fewer at both ends

    data    (n, channels, height, width)
    output  like data

    Errors: ShapeError for other shapes or fewer channels than nsize, ParameterError for an even
    nsize.  Source: MXNet 1.6, `mx.nd.LRN`; Krizhevsky, Sutskever and Hinton, 2012.
    """
    wide = data.astype("float32") if data.dtype.itemsize == 2 else data
    norm = _window(k.xp, wide * wide, p.nsize)
    norm *= p.alpha / p.nsize
    norm += p.knorm
    return (wide * norm**-p.beta).astype(data.dtype, copy=False)


@lrn.shapes
def _(p, data):
    if p.nsize % 2 == 0:
        raise ParameterError(f"nsize cannot be {p.nsize}", rule="an odd number")
    if data is not None and (len(data) != 4 or (data[1] is not None and data[1] < p.nsize)):
        raise ShapeError(
            f"data has the shape {shapes.text(data)}",
            rule=f"(n, channels, height, width) with at least {p.nsize} channels",
        )
    return [data], [data]


@lrn.gradient("data")
def _(F, p, dy, data):
    weight = p.alpha / p.nsize
    norm = F._channel_window(data * data, nsize=p.nsize) * weight + p.knorm
    scaled = dy * norm**-p.beta
    crossed = F._channel_window(scaled * data / norm, nsize=p.nsize)
    return scaled - data * crossed * (2 * p.beta * weight)


# ---- examples


def _parts(x, parts):
    return x.reshape(len(x), parts, -1)


def _by_hand(parts: int, eps: float):
    """The formula, for inputs with so many parts in an example."""

    def value(x, gamma, beta):
        seen = _parts(x, parts)
        centred = seen - seen.mean(2, keepdims=True)
        found = centred / np.sqrt((centred**2).mean(2, keepdims=True) + eps)
        return (found * gamma[:, None] + beta[:, None]).reshape(x.shape)

    return value


def _neighbours(x, size, alpha, beta, knorm):
    reach = np.abs(np.subtract.outer(np.arange(x.shape[1]), np.arange(x.shape[1]))) <= size // 2
    total = np.einsum("ij,njhw->nihw", reach.astype(float), x * x)
    return x / (knorm + alpha / size * total) ** beta


instance_norm.example((2, 3, 4), (3,), (3,)).gives(_by_hand(3, 1e-3))
instance_norm.example((2, 2, 3, 2), (2,), (2,), eps=0.1).gives(_by_hand(2, 0.1))
group_norm.example((2, 4, 3), (2,), (2,), num_groups=2).gives(_by_hand(2, 1e-5))
group_norm.example((2, 3, 2, 2), (1,), (1,), eps=0.1).gives(_by_hand(1, 0.1))
group_norm.example((2, 4, 3), (2,), (2,), num_groups=2, output_mean_var=True).gives(
    lambda x, g, b: [
        _by_hand(2, 1e-5)(x, g, b),
        _parts(x, 2).mean(2),
        np.sqrt(_parts(x, 2).var(2) + 1e-5),
    ]
).not_smooth("as in MXNet, no gradient flows back from mean and std")
lrn.example((2, 5, 2, 2), nsize=3).gives(lambda x: _neighbours(x, 3, 1e-4, 0.75, 2))
lrn.example((1, 5, 2, 1), nsize=5, alpha=2, beta=0.5, knorm=1).gives(
    lambda x: _neighbours(x, 5, 2, 0.5, 1)
)
channel_window.example((1, 4, 2), nsize=3).gives(
    lambda x: np.stack([x[:, max(i - 1, 0) : i + 2].sum(1) for i in range(4)], 1)
)
