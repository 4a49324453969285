"""Optimizer steps: how a weight changes, given its gradient.  Here gradient descent.

Called as `sgd_update(weight, grad, lr=0.1, out=weight)`.  States (momentum, moving averages) are
inputs that the step changes in place.

Each rule is a formula on raw arrays, such as `sgd`, which `in_blocks` runs on one part after the
other: the same for one weight, for many (optimizer_many.py), for a float16 weight with a float32
copy (`on_master`), or for some rows of a weight.  Its arguments are `xp`, the parameters, where the
new weight goes, the weight, its gradient, states, and spare arrays (`g`, `t`).
"""

import numpy as np

from mxbook.base.dtypes import DEFAULT, TYPES
from mxbook.base.errors import DTypeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels.blocks import in_blocks
from mxbook.ops.kernels.twins import compiled
from mxbook.ops.params import Bool, Single
from mxbook.ops.registry import operator

LR = Single("lr", doc="Learning rate.")
WD = Single("wd", 0.0, doc="Weight decay: `wd * weight` is added to the gradient.")
RESCALE = Single("rescale_grad", 1.0, doc="The gradient is multiplied by this first.")
CLIP = Single("clip_gradient", -1.0, doc="Then cut off beyond +- this; not at all below 0.")
LAZY = Bool("lazy_update", True, doc="With sparse gradients: leave rows without gradient alone.")
MOMENTUM = Single("momentum", 0.0, doc="How much of the last step is kept.")
HALF = TYPES["float16"]
STEP = {"shape": rules.same_shape, "type": rules.float_type, "in_place": True}


def in_float32(dtypes):
    """The types of states kept in float32; DTypeError for others."""
    for dtype in dtypes:
        if dtype is not None and dtype != DEFAULT:
            raise DTypeError(
                f"a state is {dtype}",
                rule="states beside a weight with a float32 copy, and the copy, are float32",
            )
    return [DEFAULT] * len(dtypes)


def mixed_types(*names):
    """A type rule: float32 for the inputs named, one common type for the others and the result."""

    def rule(p, *dtypes):
        end = len(dtypes) - len(names)
        low, outs = rules.float_type(p, *dtypes[:end])
        return [*low, *in_float32(dtypes[end:])], outs

    return rule


# ---- formulas


def clipped(x, limit):
    """`x`, cut off in place beyond +- limit; not at all where that is below 0."""
    return x.clip(-limit, limit, out=x) if limit >= 0 else x


def rescaled(xp, p, grad, g):
    """`g = rescale_grad * grad`, clipped."""
    xp.multiply(grad, p.rescale_grad, out=g, dtype=g.dtype)
    return clipped(g, p.clip_gradient)


def scaled_by_rate(xp, p, grad, g):
    """`g = lr * rescale_grad * grad`, the gradient clipped before."""
    if p.clip_gradient < 0 and g.dtype != HALF:  # once over the array in place of twice
        return xp.multiply(grad, p.lr * p.rescale_grad, out=g, dtype=g.dtype)
    g = rescaled(xp, p, grad, g)
    g *= p.lr
    return g


@compiled
def sgd(xp, p, out, weight, grad, g):
    """`(1 - lr * wd) * weight - lr * g`, with `g` the gradient rescaled and clipped."""
    g = scaled_by_rate(xp, p, grad, g)
    if p.wd:
        weight = xp.multiply(weight, 1 - p.lr * p.wd, out=out)
    xp.subtract(weight, g, out=out)


@compiled
def momentum_sgd(xp, p, out, weight, grad, mom, g):
    """`mom = momentum * mom - lr * wd * weight - lr * g`, then `weight + mom`."""
    mom *= p.momentum
    if p.wd:
        mom -= xp.multiply(weight, p.lr * p.wd, out=g)
    g = scaled_by_rate(xp, p, grad, g)
    mom -= g
    xp.add(weight, mom, out=out)


def nesterov(xp, p, out, weight, grad, mom, g, t):
    """`mom = momentum * mom - lr * (g + wd * weight)`, then `weight + momentum * mom - lr * (...)`.

    What stays in `mom` has the decay of the new weight where that takes the old one's place.
    """
    g = scaled_by_rate(xp, p, grad, g)
    mom *= p.momentum
    mom -= g
    if not p.wd:
        xp.multiply(mom, p.momentum, out=t)
        t -= g
        xp.add(weight, t, out=out)
        return
    g += xp.multiply(weight, p.lr * p.wd, out=t)
    xp.subtract(mom, t, out=t)
    t *= p.momentum
    t -= g
    t += weight
    left = t if xp.may_share_memory(out, weight) else weight
    mom -= xp.multiply(left, p.lr * p.wd, out=g)
    xp.copyto(out, t)


def signs(xp, x, g, t):
    """`g = sign(x)`: 1, -1, or 0, also where `x` is NaN."""
    xp.greater(x, 0, out=g)
    g -= xp.less(x, 0, out=t)
    return g


def sign_sgd(xp, p, out, weight, grad, g, t):
    """`(1 - lr * wd) * weight - lr * sign(grad)`."""
    g = signs(xp, grad, g, t)
    g *= p.lr
    xp.multiply(weight, 1 - p.lr * p.wd, out=out)
    out -= g


def signum(xp, p, out, weight, grad, mom, g, t):
    """`mom = momentum * mom - (1 - momentum) * (g + wd * weight)`, then a step of its signs."""
    rest = 1 - mom.dtype.type(p.momentum)
    mom *= p.momentum
    if p.wd:
        mom -= xp.multiply(weight, rest * p.wd, out=g)
    g = rescaled(xp, p, grad, g)
    g *= rest
    mom -= g
    g = signs(xp, mom, g, t)
    g *= p.lr
    xp.multiply(weight, 1 - p.lr * p.wd_lh, out=out)
    out += g


def on_master(formula):
    """The formula on `weight32`, the weight's float32 copy, which is then rounded to the weight.

    Its arrays are the weight, its gradient, the copy, and the states.
    """

    def step(xp, p, out, _weight, grad, weight32, *states):
        formula(xp, p, weight32, weight32, grad, *states)
        xp.copyto(out, weight32, casting="same_kind")

    return step


# ---- operators


@operator("sgd_update", LR, WD, RESCALE, CLIP, LAZY, **STEP)
def sgd_update(k, p, weight, grad, *, out=None):
    """A step of stochastic gradient descent: `weight - lr * (grad + wd * weight)`.

    `grad` is rescaled and clipped before.

    Source: MXNet 1.6, `mx.nd.sgd_update`.
    """
    return in_blocks(k, p, sgd, 1, out, weight, grad)


@operator("sgd_mom_update", LR, MOMENTUM, WD, RESCALE, CLIP, LAZY, mutates=("mom",), **STEP)
def sgd_mom_update(k, p, weight, grad, mom, *, out=None):
    """A step with momentum: `mom = momentum * mom - lr * (grad + wd * weight)`, `weight + mom`.

    `grad` is rescaled and clipped before; `mom` is changed in place.

    Source: MXNet 1.6, `mx.nd.sgd_mom_update`; Polyak, 1964.
    """
    return in_blocks(k, p, momentum_sgd, 1, out, weight, grad, mom)


@operator(
    "mp_sgd_update",
    LR,
    WD,
    RESCALE,
    CLIP,
    LAZY,
    mutates=("weight32",),
    **{**STEP, "type": mixed_types("weight32")},
)
def mp_sgd_update(k, p, weight, grad, weight32, *, out=None):
    """`sgd_update` of a float16 weight, computed on `weight32`, its float32 master copy.

    Source: MXNet 1.6, `mx.nd.mp_sgd_update`.
    """
    return in_blocks(k, p, on_master(sgd), 1, out, weight, grad, weight32)


@operator(
    "mp_sgd_mom_update",
    LR,
    MOMENTUM,
    WD,
    RESCALE,
    CLIP,
    LAZY,
    mutates=("mom", "weight32"),
    **{**STEP, "type": mixed_types("mom", "weight32")},
)
def mp_sgd_mom_update(k, p, weight, grad, mom, weight32, *, out=None):
    """`sgd_mom_update` of a float16 weight; momentum and master copy are float32.

    Source: MXNet 1.6, `mx.nd.mp_sgd_mom_update`.
    """
    return in_blocks(k, p, on_master(momentum_sgd), 1, out, weight, grad, weight32, mom)


@operator("nag_mom_update", LR, MOMENTUM, WD, RESCALE, CLIP, mutates=("mom",), **STEP)
def nag_mom_update(k, p, weight, grad, mom, *, out=None):
    """A step of Nesterov's accelerated gradient, with `g = grad + wd * weight`:

    `mom = momentum * mom - lr * g`, then `weight + momentum * mom - lr * g`.  As in MXNet, what
    stays in `mom` has the decay of the weight as it is *after* the step where `out` is the weight.

    Source: MXNet 1.6, `mx.nd.nag_mom_update`; Nesterov, 1983.
    """
    return in_blocks(k, p, nesterov, 2, out, weight, grad, mom)


@operator(
    "mp_nag_mom_update",
    LR,
    MOMENTUM,
    WD,
    RESCALE,
    CLIP,
    mutates=("mom", "weight32"),
    **{**STEP, "type": mixed_types("mom", "weight32")},
)
def mp_nag_mom_update(k, p, weight, grad, mom, weight32, *, out=None):
    """`nag_mom_update` of a float16 weight; momentum and master copy are float32.

    Source: MXNet 1.6, `mx.nd.mp_nag_mom_update`.
    """
    return in_blocks(k, p, on_master(nesterov), 2, out, weight, grad, weight32, mom)


@operator("signsgd_update", LR, WD, RESCALE, CLIP, **STEP)
def signsgd_update(k, p, weight, grad, *, out=None):
    """A step of one length for all: `(1 - lr * wd) * weight - lr * sign(grad)`.

    `rescale_grad` and `clip_gradient` are taken, but as in MXNet nothing is done with them.

    Source: MXNet 1.6, `mx.nd.signsgd_update`; Bernstein et al., signSGD: Compressed Optimisation
    for Non-Convex Problems, 2018.
    """
    return in_blocks(k, p, sign_sgd, 2, out, weight, grad)


@operator(
    "signum_update",
    LR,
    MOMENTUM,
    WD,
    RESCALE,
    CLIP,
    Single("wd_lh", 0.0, doc="Weight decay outside of the sign: `lr * wd_lh * weight`."),
    mutates=("mom",),
    **STEP,
)
def signum_update(k, p, weight, grad, mom, *, out=None):
    """A step in the direction of the momentum's signs.

    `mom = momentum * mom - (1 - momentum) * (grad + wd * weight)`, then
    `(1 - lr * wd_lh) * weight + lr * sign(mom)`.  `grad` is rescaled and clipped before.

    Source: MXNet 1.6, `mx.nd.signum_update`; Bernstein et al., 2018.
    """
    return in_blocks(k, p, signum, 2, out, weight, grad, mom)


# ---- examples: formulas in float64

OPTIONS = {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.3}
WHY = "a step, not a function to be differentiated"


def options_value(weight, grad):
    """The gradient of OPTIONS: scaled, clipped, decayed."""
    return np.clip(0.5 * grad, -0.3, 0.3) + 0.01 * weight


def _nag_value(w, g, m, master=None):
    w = w if master is None else master
    g = options_value(w, g)
    return w + 0.9 * (0.9 * m - 0.1 * g) - 0.1 * g


_W, _HALF = (2, 3), In((2, 3), dtype="float16")
sgd_update.example(_W, _W, **OPTIONS).gives(lambda w, g: w - 0.1 * options_value(w, g)).not_smooth(
    WHY
)
sgd_mom_update.example(_W, _W, _W, momentum=0.9, **OPTIONS).gives(
    lambda w, g, m: w + 0.9 * m - 0.1 * options_value(w, g)
).not_smooth(WHY)
mp_sgd_update.example(_HALF, _HALF, _W, **OPTIONS).gives(
    lambda w, g, w32: w32 - 0.1 * options_value(w32, g)
).not_smooth(WHY)
mp_sgd_mom_update.example(_HALF, _HALF, _W, _W, momentum=0.9, **OPTIONS).gives(
    lambda w, g, m, w32: w32 + 0.9 * m - 0.1 * options_value(w32, g)
).not_smooth(WHY)
nag_mom_update.example(_W, _W, _W, momentum=0.9, **OPTIONS).gives(_nag_value).not_smooth(WHY)
mp_nag_mom_update.example(_HALF, _HALF, _W, _W, momentum=0.9, **OPTIONS).gives(
    _nag_value
).not_smooth(WHY)
signsgd_update.example(_W, _W, **OPTIONS).gives(
    lambda w, g: (1 - 0.001) * w - 0.1 * np.sign(g)
).not_smooth(WHY)
signum_update.example(_W, _W, _W, momentum=0.9, wd_lh=0.2, **OPTIONS).gives(
    lambda w, g, m: (1 - 0.02) * w + 0.1 * np.sign(0.9 * m - 0.1 * options_value(w, g))
).not_smooth(WHY)
