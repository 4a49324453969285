"""Normalisation: mean 0 and variance 1, over a batch, over a layer, or to length 1."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels import batch_norm as kernels
from mxbook.ops.params import Bool, Enum, Float, Int, Real
from mxbook.ops.registry import operator

STATISTICS_COST = 6  # passes over the data
SHARED_COST = 2  # passes that workers share at a time


def _cost(p, ins, outs):
    return STATISTICS_COST * max(shapes.size(ins[0]), shapes.size(outs[0]))


def _others(axis, ndim):
    """All axes but one."""
    return tuple(i for i in range(ndim) if i != axis % ndim)


def _along(axis, ndim, length=-1):
    """The shape in which a vector lies along an axis."""
    return tuple(length if i == axis % ndim else 1 for i in range(ndim))


BATCH_NORM = (
    Real("eps", 1e-3, doc="Added to the variance, against division by 0."),
    Real("momentum", 0.9, doc="How much of the moving averages is kept in a step of training."),
    Bool("fix_gamma", True, doc="Take 1 for gamma and do not train it."),
    Bool("use_global_stats", False, doc="Use the moving averages also in training."),
    Bool("output_mean_var", False, doc="Return mean and 1 / standard deviation, too."),
    Int("axis", 1, doc="The axis of channels."),
    Bool("cudnn_off", False, doc="Has no effect here."),
    Float("min_calib_range", None, doc="Has no effect here; for quantized models."),
    Float("max_calib_range", None, doc="Has no effect here; for quantized models."),
)


@operator(
    "BatchNorm",
    *BATCH_NORM,
    aliases=("_npx_batch_norm",),
    outputs=("output", "mean", "var"),
    visible=lambda p: 3 if p.output_mean_var else 1,
    aux=("moving_mean", "moving_var"),
    mutates=("gamma",),
    uses_train=True,
    cost=_cost,
    onnx="BatchNormalization",
)
def batch_norm(k, p, data, gamma, beta, moving_mean, moving_var, *, outs=None):
    """Each channel with mean 0 and variance 1 over the batch, then scaled and shifted.

    `output = gamma * (data - mean) / sqrt(var + eps) + beta`; with `fix_gamma`, gamma is set to 1.

    In training mean and variance are those of the batch, otherwise the moving averages.  As in
    MXNet it is the backward pass of training that moves them:
    `moving = momentum * moving + (1 - momentum) * batch`.

    ======================= =============================================
    data                    (n, c, ...), channels along `axis`
    gamma, beta             (c,)
    moving_mean, moving_var (c,) auxiliary states
    output                  like data
    mean, var               (c,) with output_mean_var; `var` is `1 / sqrt(variance + eps)`
    ======================= =============================================

    Source: MXNet 1.6, `mx.nd.BatchNorm`; Ioffe and Szegedy, 2015.
    """
    xp, work = k.xp, SHARED_COST * data.size
    last, x = kernels.by_channel(p.axis, data)
    if k.is_train and not p.use_global_stats:
        mean, var = kernels.joined(
            k.share(len(x), work, lambda i, j: (j - i, *kernels.moments(xp, x[i:j], last)))
        )
    else:
        mean, var = moving_mean.copy(), moving_var
    inverse = 1 / xp.sqrt(var + p.eps)
    if p.fix_gamma:
        gamma[...] = 1
    factor = inverse * gamma
    shift = beta - mean * factor
    output = _room(xp, data, factor.dtype, outs)
    _, y = kernels.by_channel(p.axis, output)
    k.share(len(x), work, lambda i, j: kernels.line(xp, x[i:j], last, factor, shift, y[i:j]))
    return output.astype(data.dtype, copy=False), mean, inverse


def _room(xp, data, dtype, outs):
    """Where a result like `data` is computed in this type: in the first of `outs` if that fits."""
    fits = outs is not None and outs[0].dtype == dtype
    return outs[0] if fits else xp.empty(data.shape, dtype)


@batch_norm.shapes
def _(p, data, gamma, beta, moving_mean, moving_var):
    vector: shapes.Shape | None = (None,)
    if data is not None:
        vector = (data[shapes.axis_index(p.axis, len(data))],)
    try:
        for other in (gamma, beta, moving_mean, moving_var):
            vector = shapes.unify(vector, other)
    except ShapeError as error:
        raise ShapeError(
            f"data and vectors do not fit: {error.message}",
            rule="gamma, beta and moving averages have one number for each channel",
            values=[("data", shapes.text(data)), ("axis", str(p.axis))],
        ) from None
    return [data, vector, vector, vector, vector], [data, vector, vector]


def _batch_norm_types(p, data, *vectors):
    """Vectors are float32 for data of float16."""
    _, (data,) = rules.float_type(p, data)
    wanted = np.dtype("float32") if data is not None and data.itemsize == 2 else data
    found, _ = rules.same_type(p, wanted, *vectors)
    return [data, *found[1:]], [data, found[0], found[0]]


batch_norm.types(_batch_norm_types)


@batch_norm.gradient
def _(F, p, dys, data, gamma, moving_mean, moving_var, mean, var):
    if dys[0] is None:
        return [None]
    found = F._backward_BatchNorm(
        dys[0], data, gamma, mean, var, moving_mean, moving_var, **_options(p)
    )
    return list(found)


def _options(p):
    return {param.name: getattr(p, param.name) for param in BATCH_NORM}


@operator(
    "_backward_BatchNorm",
    *BATCH_NORM,
    outputs=("d_data", "d_gamma", "d_beta", "batch"),
    visible=lambda p: 3,
    aux=("moving_mean", "moving_var"),
    uses_train=True,
    cost=_cost,
)
def batch_norm_gradient(
    k, p, delta, data, gamma, mean, inverse, moving_mean, moving_var, *, outs=None
):
    """The gradients of BatchNorm for data, gamma and beta; in training it moves the averages.

    With `x = (data - mean) * inverse`, the normalised data, and means over all but the channel:
    `d_beta = sum(delta)`, `d_gamma = sum(delta * x)`, and
    `d_data = gamma * inverse * (delta - batch * (mean(delta) + x * mean(delta * x)))`,
    where `batch` is 1 in training and 0 otherwise; mean and variance are then the moving averages.
    """
    xp, count, work = k.xp, data.size // len(mean), SHARED_COST * data.size
    last, dy, x = kernels.by_channel(p.axis, delta, data)
    training = k.is_train and not p.use_global_stats
    if training:
        variance = 1 / (inverse * inverse) - p.eps
        for moving, now in ((moving_mean, mean), (moving_var, variance)):
            moving *= p.momentum
            moving += now * (1 - p.momentum)
    else:  # also where mean and inverse are those of a batch, because forward was in training
        mean, inverse = moving_mean, 1 / xp.sqrt(moving_var + p.eps)
    sums = k.share(
        len(x), work, lambda i, j: kernels.gradient_sums(xp, dy[i:j], x[i:j], last, mean)
    )
    d_beta, product = map(sum, zip(*sums, strict=True))
    d_gamma = product * inverse
    factor = inverse if p.fix_gamma else inverse * gamma
    slope = -factor * inverse * d_gamma / count
    shift = -factor * d_beta / count - slope * mean
    d_data = _room(xp, data, factor.dtype, outs)
    _, dx = kernels.by_channel(p.axis, d_data)

    def examples(i, j):
        if training:
            kernels.plane(xp, dy[i:j], x[i:j], last, factor, slope, shift, dx[i:j])
        else:
            kernels.line(xp, dy[i:j], last, factor, xp.zeros_like(shift), dx[i:j])

    k.share(len(x), work, examples)
    d_gamma = xp.zeros_like(d_gamma) if p.fix_gamma else d_gamma
    batch = xp.full((1,), float(training), mean.dtype)
    return d_data.astype(data.dtype, copy=False), d_gamma, d_beta, batch


@batch_norm_gradient.shapes
@rules.forward
def _(p, delta, data, *vectors):
    shapes.check_fits(delta, data, "delta")
    batch_norm.shape_rule(p, data, *vectors[:4])
    shapes.check_fits(vectors[-1], vectors[0], "moving_var")
    return [data, vectors[0], vectors[0], (1,)]


@batch_norm_gradient.types
def _(p, delta, data, *vectors):
    (data, _), _ = rules.same_type(p, data, delta)
    (data, *vectors), (_, vector, _) = _batch_norm_types(p, data, *vectors)
    return [data, data, *vectors], [data, vector, vector, vector]


@batch_norm_gradient.gradient
def _(F, p, dys, delta, data, gamma, mean, inverse, moving_mean, moving_var, batch, data_shape):
    """Second order.  With x and means as above, and u, v, w arriving at d_data, d_gamma, d_beta.

    Mean and inverse are functions of the data: what flows to them is part of the data's gradient.
    """
    ndim, others = len(data_shape), _others(p.axis, len(data_shape))
    lie = _along(p.axis, ndim)
    u, v, w = dys[:3]

    def stretched(vector):
        return F.Reshape(vector, shape=lie)

    def average(value):
        return F.mean(value, axis=others, keepdims=True)

    zero = F.zeros_like(delta)
    u = zero if u is None else u
    v = F.zeros_like(gamma) if v is None or p.fix_gamma else v
    w = F.zeros_like(gamma) if w is None else w
    mean = batch * mean + (1 - batch) * moving_mean
    inverse = batch * inverse + (1 - batch) * F.rsqrt(moving_var + p.eps)
    b, r = F.Reshape(batch, shape=(1,) * ndim), stretched(inverse)
    g = F.ones_like(r) if p.fix_gamma else stretched(gamma)
    v, w = stretched(v), stretched(w)
    x = (data - stretched(mean)) * r
    dx, ux = average(delta * x), average(u * x)
    centred_u = u - b * (average(u) + x * ux)
    d_delta = g * r * centred_u + v * x + w
    d_gamma = F.Reshape(F.sum(centred_u * delta * r, axis=others), shape=(-1,))
    # For x itself, then back through the normalisation x = (data - mean) * r, and through r.
    d_x = v * delta - b * g * r * (u * dx + delta * ux)
    through_x = r * (d_x - b * (average(d_x) + x * average(d_x * x)))
    through_r = b * g * r * r * x * average(centred_u * delta)
    d_gamma = F.zeros_like(gamma) if p.fix_gamma else d_gamma
    return [d_delta, through_x - through_r, d_gamma]


@operator(
    "LayerNorm",
    Int("axis", -1, doc="The axis that is normalised."),
    Real("eps", 1e-5, doc="Added to the variance, against division by 0."),
    Bool("output_mean_var", False, doc="Return mean and standard deviation, too."),
    aliases=("_npx_layer_norm",),
    outputs=("output", "mean", "std"),
    visible=lambda p: 3 if p.output_mean_var else 1,
    cost=_cost,
)
def layer_norm(k, p, data, gamma, beta):
    """Every example by itself with mean 0 and variance 1 along an axis, then scaled and shifted.

    `output = gamma * (data - mean) / std + beta` with `std = sqrt(variance + eps)`

    data         any shape
    gamma, beta  (length of the axis,)
    output       like data; mean and std with length 1 along the axis

    Source: MXNet 1.6, `mx.nd.LayerNorm`; Ba, Kiros and Hinton, 2016.
    """
    xp, lie = k.xp, _along(p.axis, data.ndim)
    wide = data.astype("float32") if data.dtype.itemsize == 2 else data
    mean = wide.mean(axis=p.axis, keepdims=True)
    output = wide - mean
    std = xp.sqrt((output * output).mean(axis=p.axis, keepdims=True) + p.eps)
    output /= std
    output *= gamma.reshape(lie)
    output += beta.reshape(lie)
    return tuple(a.astype(data.dtype, copy=False) for a in (output, mean, std))


@layer_norm.shapes
def _(p, data, gamma, beta):
    vector: shapes.Shape | None = (None,)
    single = None
    if data is not None:
        axis = shapes.axis_index(p.axis, len(data))
        vector, single = (data[axis],), (*data[:axis], 1, *data[axis + 1 :])
    vector = shapes.unify(shapes.unify(vector, gamma), beta)
    return [data, vector, vector], [data, single, single]


layer_norm.types(rules.float_type)


@layer_norm.gradient
def _(F, p, dys, data, gamma, mean, std, data_shape):
    axis, ndim = p.axis % len(data_shape), len(data_shape)
    length = data_shape[axis]
    x = (data - mean) / std
    dy, to_mean, to_std = dys
    dx = dgamma = dbeta = None
    if dy is not None:
        others = _others(axis, ndim)
        g = dy * F.Reshape(gamma, shape=_along(axis, ndim))
        shift = F.mean(g, axis=axis, keepdims=True) + x * F.mean(g * x, axis=axis, keepdims=True)
        dx = (g - shift) / std
        dgamma = F.sum(dy * x, axis=others) if others else dy * x
        dbeta = F.sum(dy, axis=others) if others else dy
    for part in (to_mean, None if to_std is None else to_std * x):
        if part is not None:
            part = F.broadcast_to(part, shape=data_shape) / length
            dx = part if dx is None else dx + part
    return [dx, dgamma, dbeta]


@operator(
    "L2Normalization",
    Real("eps", 1e-10, doc="Added to the sum of squares, against division by 0."),
    Enum(
        "mode",
        ("channel", "instance", "spatial"),
        "instance",
        doc="What has length 1: the channels at a position, an example, or a channel's positions.",
    ),
    cost=_cost,
)
def l2_normalization(k, p, data):
    """Numbers divided by their length, `x / sqrt(sum(x^2) + eps)`.

    The sum is over all axes but the first (instance), over axis 1 (channel), or over the axes from
    the third on (spatial).  Raises ShapeError when there are fewer than 3 axes in the latter two.

    Source: MXNet 1.6, `mx.nd.L2Normalization`.
    """
    wide = data.astype("float32") if data.dtype.itemsize == 2 else data
    total = (wide * wide).sum(axis=_summed(p, data.ndim), keepdims=True) + p.eps
    return (wide / k.xp.sqrt(total)).astype(data.dtype, copy=False)


def _summed(p, ndim):
    """The axes of the sum."""
    return {"instance": tuple(range(1, ndim)), "channel": (1,), "spatial": tuple(range(2, ndim))}[
        p.mode
    ]


@l2_normalization.shapes
@rules.forward
def _(p, data):
    least = 2 if p.mode == "instance" else 3
    if len(data) < least:
        raise ShapeError(
            f"data has the shape {shapes.text(data)}",
            rule=f"at least {least} axes in mode {p.mode}",
        )
    return data


l2_normalization.types(rules.float_type)


@l2_normalization.gradient("data")
def _(F, p, dy, data, output, data_shape):
    axes = _summed(p, len(data_shape))
    norm = F.sqrt(F.sum(data * data, axis=axes, keepdims=True) + p.eps)
    return (dy - output * F.sum(dy * output, axis=axes, keepdims=True)) / norm


# ---- examples


def _normalised(x, axes, eps):
    centred = x - x.mean(axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + eps)


def _by_averages(axis=1, fixed=False):
    """BatchNorm without training, which is how the automatic tests ask for values."""

    def value(x, *vectors):
        g, b, m, v = (vector.reshape(_along(axis, x.ndim)) for vector in vectors)
        return (1 if fixed else g) * (x - m) / np.sqrt(v + 1e-3) + b

    return value


_VECTORS = (In((3,), 0.5, 1.5), (3,), (3,), In((3,), 0.5, 1.5))
batch_norm.example((4, 3, 2), *_VECTORS, fix_gamma=False).gives(_by_averages())
batch_norm.example((4, 3, 2, 2), *_VECTORS).gives(_by_averages(fixed=True))
batch_norm.example((4, 2, 3), *_VECTORS, axis=-1, fix_gamma=False).gives(_by_averages(-1))
batch_norm.example((5, 3), *_VECTORS, fix_gamma=False, use_global_stats=True).gives(_by_averages())
batch_norm_gradient.example(
    (4, 3), (4, 3), In((3,), 0.5, 1.5), (3,), In((3,), 0.5, 1.5), (3,), In((3,), 0.5, 1.5)
).not_smooth("mean and inverse belong to the data, and cannot be varied alone")
layer_norm.example((2, 3, 4), (4,), (4,)).gives(lambda x, g, b: g * _normalised(x, (2,), 1e-5) + b)
layer_norm.example((2, 3, 4), (3,), (3,), axis=1, eps=1e-3, output_mean_var=True).gives(
    lambda x, g, b: [
        g[:, None] * _normalised(x, (1,), 1e-3) + b[:, None],
        x.mean(1, keepdims=True),
        np.sqrt(x.var(1, keepdims=True) + 1e-3),
    ]
)
for _mode, _axes in (("instance", (1, 2, 3)), ("channel", (1,)), ("spatial", (2, 3))):
    l2_normalization.example((2, 3, 2, 2), mode=_mode).gives(
        lambda x, axes=_axes: x / np.sqrt((x * x).sum(axes, keepdims=True))
    )
