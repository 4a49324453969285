"""Optimizer steps: how a weight changes, given its gradient.

Called as `sgd_update(weight, grad, lr=0.1, out=weight)`.  States (momentum, moving averages) are
inputs that the step changes in place.
"""

import numpy as np

from mxbook.base.dtypes import DEFAULT
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, Float
from mxbook.ops.registry import operator

LR = Float("lr", doc="Learning rate.")
WD = Float("wd", 0.0, doc="Weight decay: `wd * weight` is added to the gradient.")
RESCALE = Float("rescale_grad", 1.0, doc="The gradient is multiplied by this first.")
CLIP = Float("clip_gradient", -1.0, doc="Then cut off beyond +- this; not at all below 0.")
LAZY = Bool("lazy_update", True, doc="With sparse gradients: leave rows without gradient alone.")
MOMENTUM = Float("momentum", 0.0, doc="How much of the last step is kept.")
STEP = {"shape": rules.same_shape, "type": rules.float_type, "in_place": True}


def _gradient(k, p, grad, dtype=None):
    """A new array: the gradient scaled and, where asked for, clipped."""
    grad = k.xp.multiply(grad, p.rescale_grad, dtype=dtype or grad.dtype)
    return _clipped(k, p, grad)


def _clipped(k, p, grad):
    limit = p.clip_gradient
    return k.xp.clip(grad, -limit, limit, out=grad) if limit >= 0 else grad


def _decayed(k, p, weight, grad):
    """A new array: scaled gradient plus weight decay, then clipped (as Adam and RMSProp do it)."""
    grad = k.xp.multiply(grad, p.rescale_grad)
    if p.wd:
        grad += weight * p.wd
    return _clipped(k, p, grad)


def _sgd(k, p, weight, grad, out):
    """`(1 - lr * wd) * weight - lr * grad`; `grad` is used up."""
    grad *= p.lr
    out = k.xp.multiply(weight, 1 - p.lr * p.wd, out=out)
    out -= grad
    return out


def _momentum(k, p, weight, grad, mom, out):
    """`mom = momentum * mom - lr * wd * weight - lr * grad`, then `weight + mom`."""
    mom *= p.momentum
    if p.wd:
        mom -= weight * (p.lr * p.wd)
    grad *= p.lr
    mom -= grad
    return k.xp.add(weight, mom, out=out)


@operator("sgd_update", LR, WD, RESCALE, CLIP, LAZY, **STEP)
def sgd_update(k, p, weight, grad, *, out=None):
    """A step of stochastic gradient descent: `weight - lr * (grad + wd * weight)`.

    `grad` is rescaled and clipped before.

    Source: MXNet 1.6, `mx.nd.sgd_update`.
    """
    return _sgd(k, p, weight, _gradient(k, p, grad), out)


@operator("sgd_mom_update", LR, MOMENTUM, WD, RESCALE, CLIP, LAZY, mutates=("mom",), **STEP)
def sgd_mom_update(k, p, weight, grad, mom, *, out=None):
    """A step with momentum: `mom = momentum * mom - lr * (grad + wd * weight)`, `weight + mom`.

    `grad` is rescaled and clipped before; `mom` is changed in place.

    Source: MXNet 1.6, `mx.nd.sgd_mom_update`; Polyak, 1964.
    """
    return _momentum(k, p, weight, _gradient(k, p, grad), mom, out)


def _mixed_types(*names):
    """A type rule: float32 for the inputs named, one common type for the others and the result."""

    def rule(_p, *dtypes):
        low, outs = rules.float_type(_p, *dtypes[: len(dtypes) - len(names)])
        return [*low, *[DEFAULT] * len(names)], outs[:1]

    return rule


@operator(
    "mp_sgd_update",
    LR,
    WD,
    RESCALE,
    CLIP,
    LAZY,
    mutates=("weight32",),
    **{**STEP, "type": _mixed_types("weight32")},
)
def mp_sgd_update(k, p, weight, grad, weight32):
    """`sgd_update` of a float16 weight, computed on `weight32`, its float32 master copy.

    Source: MXNet 1.6, `mx.nd.mp_sgd_update`.
    """
    _sgd(k, p, weight32, _gradient(k, p, grad, DEFAULT), weight32)
    return weight32.astype(weight.dtype)


@operator(
    "mp_sgd_mom_update",
    LR,
    MOMENTUM,
    WD,
    RESCALE,
    CLIP,
    LAZY,
    mutates=("mom", "weight32"),
    **{**STEP, "type": _mixed_types("mom", "weight32")},
)
def mp_sgd_mom_update(k, p, weight, grad, mom, weight32):
    """`sgd_mom_update` of a float16 weight; momentum and master copy are float32.

    Source: MXNet 1.6, `mx.nd.mp_sgd_mom_update`.
    """
    _momentum(k, p, weight32, _gradient(k, p, grad, DEFAULT), mom, weight32)
    return weight32.astype(weight.dtype)


@operator("nag_mom_update", LR, MOMENTUM, WD, RESCALE, CLIP, mutates=("mom",), **STEP)
def nag_mom_update(k, p, weight, grad, mom, *, out=None):
    """A step of Nesterov's accelerated gradient, with `g = grad + wd * weight`:

    `mom = momentum * mom - lr * g`, then `weight + momentum * mom - lr * g`.  As in MXNet, what
    stays in `mom` has the decay of the weight as it is *after* the step where `out` is the weight.

    Source: MXNet 1.6, `mx.nd.nag_mom_update`; Nesterov, 1983.
    """
    step = _gradient(k, p, grad)
    step *= p.lr
    mom *= p.momentum
    mom -= step
    decay = p.lr * p.wd
    step += weight * decay - (mom - weight * decay) * p.momentum
    result = k.xp.subtract(weight, step, out=out)
    if p.wd and result is not mom:
        mom -= weight * decay
    return result


@operator(
    "adam_update",
    LR,
    Float("beta1", 0.9, doc="How much of the mean of gradients is kept."),
    Float("beta2", 0.999, doc="How much of the mean of their squares is kept."),
    Float("epsilon", 1e-8, doc="Keeps the divisor away from 0."),
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
    xp = k.xp
    grad = _decayed(k, p, weight, grad)
    mean *= p.beta1
    mean += grad * (1 - p.beta1)
    xp.multiply(grad, grad, out=grad)
    grad *= 1 - p.beta2
    var *= p.beta2
    var += grad
    step = xp.sqrt(var, out=grad)
    step += p.epsilon
    xp.true_divide(mean, step, out=step)
    step *= p.lr
    return xp.subtract(weight, step, out=out)


@operator(
    "rmsprop_update",
    LR,
    Float("gamma1", 0.95, doc="How much of the mean of squares is kept."),
    Float("epsilon", 1e-8, doc="Keeps the divisor away from 0."),
    WD,
    RESCALE,
    CLIP,
    Float("clip_weights", -1.0, doc="The result is cut off beyond +- this; not at all below 0."),
    mutates=("n",),
    **STEP,
)
def rmsprop_update(k, p, weight, grad, n, *, out=None):
    """A step of RMSProp, with `g = rescale_grad * grad + wd * weight`, clipped:

    `n = gamma1 * n + (1 - gamma1) * g^2`, then `weight - lr * g / sqrt(n + epsilon)`.

    Source: MXNet 1.6, `mx.nd.rmsprop_update`; Tieleman and Hinton, 2012.
    """
    xp = k.xp
    grad = _decayed(k, p, weight, grad)
    n *= p.gamma1
    n += xp.multiply(grad, grad) * (1 - p.gamma1)
    divisor = n + p.epsilon
    grad /= xp.sqrt(divisor, out=divisor)
    grad *= p.lr
    out = xp.subtract(weight, grad, out=out)
    limit = p.clip_weights
    return xp.clip(out, -limit, limit, out=out) if limit > 0 else out


# ---- examples: formulas in float64

OPTIONS = {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.3}
WHY = "a step, not a function to be differentiated"


def _options(weight, grad):
    """The gradient of OPTIONS: scaled, clipped, decayed."""
    return np.clip(0.5 * grad, -0.3, 0.3) + 0.01 * weight


def _decay_first(weight, grad):
    return np.clip(0.5 * grad + 0.01 * weight, -0.3, 0.3)


def _adam_value(w, g, m, v):
    g = _decay_first(w, g)
    return w - 0.1 * (0.9 * m + 0.1 * g) / (np.sqrt(0.999 * v + 0.001 * g * g) + 1e-8)


def _rmsprop_value(w, g, n):
    g = _decay_first(w, g)
    return w - 0.1 * g / np.sqrt(0.95 * n + 0.05 * g * g + 1e-8)


def _nag_value(w, g, m):
    g = _options(w, g)
    return w + 0.9 * (0.9 * m - 0.1 * g) - 0.1 * g


_W, _HALF, _POSITIVE = (2, 3), In((2, 3), dtype="float16"), In((2, 3), 0.1, 1)
sgd_update.example(_W, _W, **OPTIONS).gives(lambda w, g: w - 0.1 * _options(w, g)).not_smooth(WHY)
sgd_mom_update.example(_W, _W, _W, momentum=0.9, **OPTIONS).gives(
    lambda w, g, m: w + 0.9 * m - 0.1 * _options(w, g)
).not_smooth(WHY)
mp_sgd_update.example(_HALF, _HALF, _W, **OPTIONS).gives(
    lambda w, g, w32: w32 - 0.1 * _options(w32, g)
).not_smooth(WHY)
mp_sgd_mom_update.example(_HALF, _HALF, _W, _W, momentum=0.9, **OPTIONS).gives(
    lambda w, g, m, w32: w32 + 0.9 * m - 0.1 * _options(w32, g)
).not_smooth(WHY)
nag_mom_update.example(_W, _W, _W, momentum=0.9, **OPTIONS).gives(_nag_value).not_smooth(WHY)
adam_update.example(_W, _W, _W, _POSITIVE, **OPTIONS).gives(_adam_value).not_smooth(WHY)
rmsprop_update.example(_W, _W, _POSITIVE, **OPTIONS).gives(_rmsprop_value).not_smooth(WHY)
