"""Optimizer steps that adapt to the size of past gradients: Adam, RMSProp and their relatives.

The formulas work as described in optimizer.py.
"""

from types import SimpleNamespace

import numpy as np

from mxbook.base.errors import ShapeError
from mxbook.base.shapes import known, size, text, unify
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels.blocks import in_blocks
from mxbook.ops.kernels.twins import compiled
from mxbook.ops.params import Int, Single
from mxbook.ops.registry import operator

from .optimizer import (
    CLIP,
    LAZY,
    LR,
    OPTIONS,
    RESCALE,
    STEP,
    WD,
    WHY,
    clipped,
    mixed_types,
    on_master,
    rescaled,
)

BETA1 = Single("beta1", 0.9, doc="How much of the mean of gradients is kept.")
BETA2 = Single("beta2", 0.999, doc="How much of the mean of their squares is kept.")
EPSILON = Single("epsilon", 1e-8, doc="Keeps the divisor away from 0.")
ETA = Single("eta", doc="The learning rate's schedule: factor of the whole step, decay included.")
CLIP_WEIGHTS = Single(
    "clip_weights", -1.0, doc="The result is cut off beyond +- this; not at all below 0."
)
GAMMA1 = Single("gamma1", 0.95, doc="How much of the means is kept.")
STEP_COUNT = Int("t", low=0, doc="Number of this step; the first one is 1.")


# ---- formulas


def decayed(xp, p, weight, grad, g, t, limit):
    """`g = rescale_grad * grad + wd * weight`, clipped (as Adam and RMSProp do it)."""
    xp.multiply(grad, p.rescale_grad, out=g)
    if p.wd:
        g += xp.multiply(weight, p.wd, out=t)
    return clipped(g, limit)


def keep_means(xp, g, mean, var, beta1, beta2, t):
    """`mean = beta1 * mean + (1 - beta1) * g`, `var = beta2 * var + (1 - beta2) * g^2`."""
    mean *= beta1
    mean += xp.multiply(g, 1 - beta1, out=t)
    var *= beta2
    xp.multiply(g, 1 - beta2, out=t)
    t *= g
    var += t


@compiled
def adam(xp, p, out, weight, grad, mean, var, g, t):
    """Means of `g` and `g^2`, then `weight - lr * mean / (sqrt(var) + epsilon)`."""
    decayed(xp, p, weight, grad, g, t, p.clip_gradient)
    keep_means(xp, g, mean, var, p.beta1, p.beta2, t)
    xp.sqrt(var, out=t)
    t += p.epsilon
    xp.true_divide(mean, t, out=t)
    t *= p.lr
    xp.subtract(weight, t, out=out)


def adamw(xp, p, out, weight, grad, mean, var, g, t):
    """`adam` without decay in `g`; `weight - eta * (lr * mean / (...) + wd * weight)`."""
    rescaled(xp, p, grad, g)
    keep_means(xp, g, mean, var, p.beta1, p.beta2, t)
    xp.sqrt(var, out=t)
    t += p.epsilon
    xp.true_divide(mean, t, out=t)
    t *= p.lr
    t += xp.multiply(weight, p.wd, out=g)
    t *= p.eta
    xp.subtract(weight, t, out=out)


def rmsprop(xp, p, out, weight, grad, n, g, t):
    """`n = gamma1 * n + (1 - gamma1) * g^2`, then `weight - lr * g / sqrt(n + epsilon)`."""
    decayed(xp, p, weight, grad, g, t, p.clip_gradient)
    n *= p.gamma1
    xp.multiply(g, g, out=t)
    t *= 1 - p.gamma1
    n += t
    xp.add(n, p.epsilon, out=t)
    g /= xp.sqrt(t, out=t)
    g *= p.lr
    xp.subtract(weight, g, out=out)
    clipped(out, p.clip_weights)


def centered_rmsprop(xp, p, out, weight, grad, n, mean, delta, g, t):
    """`delta = gamma2 * delta - lr * g / sqrt(n - mean^2 + epsilon)`, then `weight + delta`."""
    decayed(xp, p, weight, grad, g, t, p.clip_gradient)
    rest = 1 - p.gamma1
    n *= p.gamma1
    xp.multiply(g, g, out=t)
    t *= rest
    n += t
    mean *= p.gamma1
    mean += xp.multiply(g, rest, out=t)
    xp.multiply(mean, mean, out=t)
    xp.subtract(n, t, out=t)
    t += p.epsilon
    g /= xp.sqrt(t, out=t)
    g *= p.lr
    delta *= p.gamma2
    delta -= g
    xp.add(weight, delta, out=out)
    clipped(out, p.clip_weights)


def ftml(xp, p, out, weight, grad, d, v, z, g, t):
    """Follow the moving leader: `d` is the step's inverse, `-z / d` the new weight."""
    decayed(xp, p, weight, grad, g, t, p.clip_grad)
    number = v.dtype.type  # so that 1 - beta is rounded as beta is
    beta1, beta2 = number(p.beta1), number(p.beta2)
    z *= beta1
    z += xp.multiply(g, 1 - beta1, out=t)
    v *= beta2
    g *= g
    g *= 1 - beta2
    v += g
    xp.true_divide(v, 1 - beta2 ** number(p.t), out=t)
    xp.sqrt(t, out=t)
    t += p.epsilon
    t *= (1 - beta1 ** number(p.t)) / number(p.lr)
    d *= beta1
    xp.subtract(t, d, out=d)
    d *= weight
    z -= d
    xp.copyto(d, t)
    xp.true_divide(z, t, out=t)
    xp.negative(t, out=out)


def ftrl(xp, p, out, weight, grad, z, n, g, t):
    """Follow the regularized leader: small sums `z` of gradients give weights of exactly 0."""
    rescaled(xp, p, grad, g)
    xp.sqrt(n, out=t)
    z += g
    g *= g
    n += g
    xp.sqrt(n, out=g)
    t -= g  # sqrt(n before) - sqrt(n now)
    t /= p.lr
    t *= weight
    z += t
    g += p.beta
    g /= p.lr
    g += p.wd
    xp.absolute(z, out=t)
    t -= p.lamda1
    xp.maximum(t, 0, out=t)
    t /= g
    xp.sign(z, out=g)
    g *= t
    xp.negative(g, out=out)


# ---- operators


@operator(
    "adam_update",
    LR,
    BETA1,
    BETA2,
    EPSILON,
    WD,
    RESCALE,
    CLIP,
    LAZY,
    mutates=("mean", "var"),
    **STEP,
)
def adam_update(k, p, weight, grad, mean, var, *, out=None):
    """A step of Adam, with `g = rescale_grad * grad + wd * weight`, clipped:

    `mean = beta1 * mean + (1 - beta1) * g`, `var = beta2 * var + (1 - beta2) * g^2`,
    then `weight - lr * mean / (sqrt(var) + epsilon)`.  The bias correction is part of `lr`.

    Source: MXNet 1.6, `mx.nd.adam_update`; Kingma and Ba, 2014.
    """
    return in_blocks(k, p, adam, 2, out, weight, grad, mean, var)


def usable_scale(k, rescale_grad):
    """The number in the array `rescale_grad`; None where a step is to be skipped.

    That is so where it is 0, infinite or NaN: dynamic loss scaling skips a step in that way.
    """
    scale = float(k.to_host(rescale_grad).reshape(-1)[0])
    return scale if np.isfinite(scale) and scale != 0 else None


def unchanged(k, weight, out):
    """The weight as the result of a step that is skipped."""
    if out is None:
        return weight.copy()
    k.xp.copyto(out, weight)
    return out


def scale_shape(shape):
    """The shape of `rescale_grad`; ShapeError where it is empty."""
    if known(shape) and size(shape) == 0:
        raise ShapeError("rescale_grad is empty", rule="rescale_grad is an array of one number")
    return (1,) if shape is None else shape


def _adamw_shape(p, *ins):
    full, outs = rules.same_shape(p, *ins[:-1])
    return [*full, scale_shape(ins[-1])], outs


def _adamw_step(k, p, formula, rescale_grad, out, weight, *others):
    """A step with the number in the array `rescale_grad`, or none."""
    scale = usable_scale(k, rescale_grad)
    if scale is None:
        return unchanged(k, weight, out)
    p = SimpleNamespace(**dict(p.items()), rescale_grad=scale)
    return in_blocks(k, p, formula, 2, out, weight, *others)


ADAMW = (LR, BETA1, BETA2, EPSILON, WD, ETA, CLIP)


@operator(
    "_adamw_update",
    *ADAMW,
    mutates=("mean", "var"),
    shape=_adamw_shape,
    type=mixed_types("rescale_grad"),
    in_place=True,
)
def adamw_update(k, p, weight, grad, mean, var, rescale_grad, *, out=None):
    """A step of Adam with decoupled weight decay, with `g = rescale_grad * grad`, clipped:

    `mean = beta1 * mean + (1 - beta1) * g`, `var = beta2 * var + (1 - beta2) * g^2`,
    then `weight - eta * (lr * mean / (sqrt(var) + epsilon) + wd * weight)`.

    `rescale_grad` is a float32 array of one number.  Where it is 0, infinite or NaN, nothing is
    changed.  Source: MXNet 1.6, `mx.nd.contrib.adamw_update`; Loshchilov and Hutter, Decoupled
    Weight Decay Regularization, 2019.
    """
    return _adamw_step(k, p, adamw, rescale_grad, out, weight, grad, mean, var)


@operator(
    "_mp_adamw_update",
    *ADAMW,
    mutates=("mean", "var", "weight32"),
    shape=_adamw_shape,
    type=mixed_types("mean", "var", "weight32", "rescale_grad"),
    in_place=True,
)
def mp_adamw_update(k, p, weight, grad, mean, var, weight32, rescale_grad, *, out=None):
    """`adamw_update` of a float16 weight; all states and the copy `weight32` are float32.

    Source: MXNet 1.6, `mx.nd.contrib.mp_adamw_update`.
    """
    step = on_master(adamw)
    return _adamw_step(k, p, step, rescale_grad, out, weight, grad, weight32, mean, var)


@operator(
    "rmsprop_update",
    LR,
    GAMMA1,
    EPSILON,
    WD,
    RESCALE,
    CLIP,
    CLIP_WEIGHTS,
    mutates=("n",),
    **STEP,
)
def rmsprop_update(k, p, weight, grad, n, *, out=None):
    """A step of RMSProp, with `g = rescale_grad * grad + wd * weight`, clipped:

    `n = gamma1 * n + (1 - gamma1) * g^2`, then `weight - lr * g / sqrt(n + epsilon)`.

    Source: MXNet 1.6, `mx.nd.rmsprop_update`; Tieleman and Hinton, 2012.
    """
    return in_blocks(k, p, rmsprop, 2, out, weight, grad, n)


@operator(
    "rmspropalex_update",
    LR,
    GAMMA1,
    Single("gamma2", 0.9, doc="How much of the last step is kept."),
    EPSILON,
    WD,
    RESCALE,
    CLIP,
    CLIP_WEIGHTS,
    mutates=("n", "g", "delta"),
    **STEP,
)
def rmspropalex_update(k, p, weight, grad, n, g, delta, *, out=None):
    """A step of RMSProp with variance and momentum; `h = rescale_grad * grad + wd * weight`,
    clipped:

    `n = gamma1 * n + (1 - gamma1) * h^2`, `g = gamma1 * g + (1 - gamma1) * h`,
    `delta = gamma2 * delta - lr * h / sqrt(n - g^2 + epsilon)`, then `weight + delta`.

    Source: MXNet 1.6, `mx.nd.rmspropalex_update`; Graves, Generating Sequences With Recurrent
    Neural Networks, 2013, equations 38 to 45.
    """
    return in_blocks(k, p, centered_rmsprop, 2, out, weight, grad, n, g, delta)


@operator(
    "ftml_update",
    LR,
    Single("beta1", 0.6, low=0, high=1, doc="How much of `z` is kept."),
    Single("beta2", 0.999, low=0, high=1, doc="How much of the mean of squares `v` is kept."),
    EPSILON,
    STEP_COUNT,
    WD,
    RESCALE,
    Single("clip_grad", -1.0, doc="The gradient is cut off beyond +- this; not at all below 0."),
    mutates=("d", "v", "z"),
    **STEP,
)
def ftml_update(k, p, weight, grad, d, v, z, *, out=None):
    """A step of "follow the moving leader", with `g = rescale_grad * grad + wd * weight`, clipped:

    `v = beta2 * v + (1 - beta2) * g^2`,
    `new_d = (1 - beta1^t) / lr * (sqrt(v / (1 - beta2^t)) + epsilon)`,
    `z = beta1 * z + (1 - beta1) * g - (new_d - beta1 * d) * weight`, `d = new_d`, then `-z / d`.

    Source: MXNet 1.6, `mx.nd.ftml_update`; Zheng and Kwok, Follow the Moving Leader in Deep
    Learning, 2017.
    """
    return in_blocks(k, p, ftml, 2, out, weight, grad, d, v, z)


@operator(
    "ftrl_update",
    LR,
    Single("lamda1", 0.01, doc="Sums of gradients `z` up to this size give a weight of 0 (L1)."),
    Single("beta", 1.0, doc="Slows down the first steps."),
    WD,
    RESCALE,
    CLIP,
    mutates=("z", "n"),
    **STEP,
)
def ftrl_update(k, p, weight, grad, z, n, *, out=None):
    """A step of "follow the regularized leader", with `g = rescale_grad * grad`, clipped:

    `z = z + g - (sqrt(n + g^2) - sqrt(n)) * weight / lr`, `n = n + g^2`, then
    `-sign(z) * max(|z| - lamda1, 0) / ((beta + sqrt(n)) / lr + wd)`.

    Source: MXNet 1.6, `mx.nd.ftrl_update`; McMahan et al., Ad Click Prediction: a View from the
    Trenches, 2013.
    """
    return in_blocks(k, p, ftrl, 2, out, weight, grad, z, n)


@operator(
    "_contrib_group_adagrad_update",
    LR,
    RESCALE,
    CLIP,
    Single("epsilon", 1e-5, doc="Keeps the divisor away from 0."),
    mutates=("history",),
    type=rules.float_type,
    in_place=True,
)
def group_adagrad_update(k, p, weight, grad, history, *, out=None):
    """A step of AdaGrad with one learning rate for a row, with `g = rescale_grad * grad`, clipped:

    `history = history + mean(g^2 of the row)`, then `weight - lr * g / sqrt(history + epsilon)`.

    `history` has one number for each row of the weight: `(rows,)` or `(rows, 1, ...)`.  MXNet 1.6
    has only the form for row_sparse gradients; this is the same with all rows.

    Errors: ShapeError for another `history`.  Source: MXNet 1.6, `contrib.group_adagrad_update`.
    """
    xp = k.xp
    g = rescaled(xp, p, grad, xp.empty_like(grad)).reshape(len(weight), -1)
    rows = history.reshape(-1, 1)
    rows += xp.mean(g * g, axis=1, keepdims=True)
    g /= xp.sqrt(rows + p.epsilon)
    g *= p.lr
    return xp.subtract(weight, g.reshape(weight.shape), out=out)


@group_adagrad_update.shapes
def _(_p, weight, grad, history):
    weight = unify(weight, grad)
    if known(history) and weight and size(history) != (weight[0] or history[0]):
        raise ShapeError(
            f"history {text(history)} does not fit the weight {text(weight)}",
            rule="history has one number for each row of the weight",
        )
    return [weight, weight, history or (weight and weight[:1])], [weight]


# ---- examples: formulas in float64


def _decay_first(weight, grad):
    return np.clip(0.5 * grad + 0.01 * weight, -0.3, 0.3)


def means_value(g, m, v):
    """Adam's means of `g` and of its square."""
    return 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g


def adam_value(w, g, m, v):
    """A step of Adam."""
    m, v = means_value(_decay_first(w, g), m, v)
    return w - 0.1 * m / (np.sqrt(v) + 1e-8)


def adamw_value(w, g, m, v, *others):
    """A step of AdamW; `others` are a float32 copy, perhaps, and the scale of the gradient."""
    w, scale = others[0] if len(others) == 2 else w, others[-1]
    m, v = means_value(np.clip(scale * g, -0.3, 0.3), m, v)
    return w - 0.5 * (0.1 * m / (np.sqrt(v) + 1e-8) + 0.01 * w)


def _rmsprop_value(w, g, n):
    g = _decay_first(w, g)
    return w - 0.1 * g / np.sqrt(0.95 * n + 0.05 * g * g + 1e-8)


def _centered_value(w, g, n, mean, delta):
    g = _decay_first(w, g)
    n, mean = 0.95 * n + 0.05 * g * g, 0.95 * mean + 0.05 * g
    return w + 0.9 * delta - 0.1 * g / np.sqrt(n - mean**2 + 1e-8)


def _ftml_value(w, g, d, v, z):
    g = _decay_first(w, g)
    v = 0.999 * v + 0.001 * g * g
    new_d = (1 - 0.6**3) / 0.1 * (np.sqrt(v / (1 - 0.999**3)) + 1e-8)
    return -(0.6 * z + 0.4 * g - (new_d - 0.6 * d) * w) / new_d


def _ftrl_value(w, g, z, n):
    g = np.clip(0.5 * g, -0.3, 0.3)
    z = z + g - (np.sqrt(n + g * g) - np.sqrt(n)) * w / 0.1
    return -np.sign(z) * np.maximum(abs(z) - 0.2, 0) / ((1 + np.sqrt(n + g * g)) / 0.1 + 0.01)


def _group_value(w, g, h):
    g = np.clip(0.5 * g, -0.3, 0.3)
    rows = h.reshape(len(w), 1) + (g * g).mean(1, keepdims=True)
    return w - 0.1 * g / np.sqrt(rows + 1e-5)


_W, _POSITIVE, _HALF = (2, 3), In((2, 3), 0.1, 1), In((2, 3), dtype="float16")
_STATES = (_W, _POSITIVE)
_ADAMW = {"lr": 0.1, "eta": 0.5, "wd": 0.01, "clip_gradient": 0.3}
_FTML = {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5, "clip_grad": 0.3, "t": 3}
for _op, _inputs, _params, _value in (
    (adam_update, (_W, _W, *_STATES), OPTIONS, adam_value),
    (adamw_update, (_W, _W, *_STATES, [0.5]), _ADAMW, adamw_value),
    (adamw_update, (_W, _W, *_STATES, [np.inf]), _ADAMW, lambda w, *_: w),
    (mp_adamw_update, (_HALF, _HALF, *_STATES, _W, [0.5]), _ADAMW, adamw_value),
    (rmsprop_update, (_W, _W, _POSITIVE), OPTIONS, _rmsprop_value),
    (rmspropalex_update, (_W, _W, In(_W, 1, 2), _W, _W), OPTIONS, _centered_value),
    (ftml_update, (_W, _W, _POSITIVE, _POSITIVE, _W), _FTML, _ftml_value),
    (ftrl_update, (_W, _W, _W, _POSITIVE), {**OPTIONS, "lamda1": 0.2}, _ftrl_value),
    (
        group_adagrad_update,
        (_W, _W, In((2, 1), 0.1, 1)),
        {"lr": 0.1, "rescale_grad": 0.5, "clip_gradient": 0.3},
        _group_value,
    ),
):
    _op.example(*_inputs, **_params).gives(_value).not_smooth(WHY)
