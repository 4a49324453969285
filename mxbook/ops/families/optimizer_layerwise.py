"""Optimizer steps for large batches: the step of a layer is as long as its weights allow.

The formulas work as described in optimizer.py.
"""

from types import SimpleNamespace

import numpy as np

from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.base.shapes import known, size, text
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels.blocks import in_blocks
from mxbook.ops.params import Bool, Count, Single
from mxbook.ops.registry import operator

from .optimizer import CLIP, HALF, LR, RESCALE, STEP, WHY, in_float32, mixed_types, rescaled
from .optimizer_adaptive import BETA1, BETA2, STEP_COUNT, keep_means, means_value

# ---- formulas


def lamb(xp, p, out, weight, grad, mean, var, g, t):
    """Adam's step, without learning rate, plus `wd * weight`."""
    rescaled(xp, p, grad, g)
    number = var.dtype.type  # so that 1 - beta is rounded as beta is
    beta1, beta2 = number(p.beta1), number(p.beta2)
    keep_means(xp, g, mean, var, beta1, beta2, t)
    if p.bias_correction:
        xp.true_divide(var, 1 - number(p.beta2**p.t), out=t)
        xp.sqrt(t, out=t)
        t += p.epsilon
        xp.true_divide(mean, 1 - number(p.beta1**p.t), out=g)
        g /= t
    else:
        xp.sqrt(var, out=t)
        t += p.epsilon
        xp.true_divide(mean, t, out=g)
    xp.multiply(weight, p.wd, out=t)
    xp.add(g, t, out=out)


def along(xp, p, out, weight, step, t):
    """`weight - rate * step`."""
    xp.multiply(step, p.rate, out=t)
    xp.subtract(weight, t, out=out)


# ---- operators

LAMB = (
    BETA1,
    BETA2,
    Single("epsilon", 1e-6, doc="Keeps the divisor away from 0."),
    STEP_COUNT,
    Bool("bias_correction", True, doc="Divide the means by `1 - beta^t`: they started at 0."),
    Single("wd", doc="Weight decay: `wd * weight` is added to the step."),
    RESCALE,
    CLIP,
)


@operator("lamb_update_phase1", *LAMB, mutates=("mean", "var"), **STEP)
def lamb_update_phase1(k, p, weight, grad, mean, var, *, out=None):
    """The first half of a step of LAMB: the direction, with `g = rescale_grad * grad`, clipped.

    `mean = beta1 * mean + (1 - beta1) * g`, `var = beta2 * var + (1 - beta2) * g^2`; the result is
    `m / (sqrt(v) + epsilon) + wd * weight`, with `m = mean / (1 - beta1^t)` and
    `v = var / (1 - beta2^t)`.

    Source: MXNet 1.6, `mx.nd.lamb_update_phase1`; You et al., Large Batch Optimization for Deep
    Learning: Training BERT in 76 minutes, 2020.
    """
    return in_blocks(k, p, lamb, 2, out, weight, grad, mean, var)


def _half_types(_p, weight, grad, *states):
    """Weight and gradient are float16, all others and the result float32."""
    for dtype in (weight, grad):
        if dtype is not None and dtype != HALF:
            raise DTypeError(
                f"the weight or its gradient is {dtype}",
                rule="float16",
                hint="lamb_update_phase1 is for weights without a float32 copy",
            )
    return [HALF, HALF, *in_float32(states)], [DEFAULT]


@operator(
    "mp_lamb_update_phase1",
    *LAMB,
    mutates=("mean", "var"),
    shape=rules.same_shape,
    type=_half_types,
    in_place=True,
)
def mp_lamb_update_phase1(k, p, weight, grad, mean, var, weight32, *, out=None):
    """`lamb_update_phase1` of a float16 weight; states, the copy and the result are float32.

    Source: MXNet 1.6, `mx.nd.mp_lamb_update_phase1`.
    """
    return in_blocks(k, p, lamb, 2, out, weight32, grad, mean, var)


PHASE2 = (
    LR,
    Single("lower_bound", -1.0, doc="`r1` is at least this; no bound below 0."),
    Single("upper_bound", -1.0, doc="`r1` is at most this; no bound below 0."),
)


def trusted(k, p, r1, r2):
    """The parameter `rate`: `lr`, times `r1 / r2` where both are not 0."""
    xp = k.xp
    r1, r2 = r1.reshape(1), r2.reshape(1)
    if p.lower_bound >= 0:
        r1 = xp.maximum(r1, p.lower_bound)
    if p.upper_bound >= 0:
        r1 = xp.minimum(r1, p.upper_bound)
    ratio = xp.where((r1 == 0) | (r2 == 0), xp.ones_like(r1), r1 / r2)
    return SimpleNamespace(rate=ratio * p.lr)


def _phase2_shape(_p, weight, step, r1, r2, *master):
    (weight, *_), outs = rules.same_shape(_p, weight, step, *master)
    for name, norm in (("r1", r1), ("r2", r2)):
        if known(norm) and size(norm) != 1:
            raise ShapeError(f"{name} is {text(norm)}", rule=f"{name} is an array of one number")
    return [weight, weight, r1 or (1,), r2 or (1,), *[weight] * len(master)], outs


@operator(
    "lamb_update_phase2",
    *PHASE2,
    shape=_phase2_shape,
    type=rules.float_type,
    in_place=True,
    zero_gradient=True,
)
def lamb_update_phase2(k, p, weight, g, r1, r2, *, out=None):
    """The second half of a step of LAMB: `weight - lr * r1 / r2 * g`.

    `g` is the direction from `lamb_update_phase1`, `r1` the norm of the weight, within the bounds,
    and `r2` that of `g`, arrays of one number.  Where one is 0 the step is `lr * g`.

    Errors: ShapeError for other shapes.  Source: MXNet 1.6, `mx.nd.lamb_update_phase2`.
    """
    return in_blocks(k, trusted(k, p, r1, r2), along, 1, out, weight, g)


@operator(
    "mp_lamb_update_phase2",
    *PHASE2,
    shape=_phase2_shape,
    type=mixed_types("g", "r1", "r2", "weight32"),
    in_place=True,
    zero_gradient=True,
)
def mp_lamb_update_phase2(k, p, weight, g, r1, r2, weight32, *, out=None):
    """`lamb_update_phase2` of a float16 weight, computed on its float32 copy `weight32`.

    As in MXNet 1.6 the copy stays as it is: give it the new value yourself.

    Source: MXNet 1.6, `mx.nd.mp_lamb_update_phase2`.
    """
    if out is None:
        out = k.xp.empty(weight.shape, weight.dtype)
    return in_blocks(k, trusted(k, p, r1, r2), along, 1, out, weight32, g)


@operator(
    "multi_sum_sq",
    Count("num_arrays", doc="How many arrays."),
    variadic="num_arrays",
    counts=False,
    zero_gradient=True,
)
def multi_sum_sq(k, p, *data, out=None):
    """The sum of the squares of each array, as one float32 array of `num_arrays` numbers.

    All arrays have the same element type, with fractions.  Squares are rounded to that type, and
    added up in float32.  Source: MXNet 1.6, `mx.nd.multi_sum_sq`.
    """
    xp = k.xp
    if out is None:
        out = xp.empty(len(data), DEFAULT)
    for i, array in enumerate(data):
        flat = array.reshape(-1)
        if flat.dtype == HALF:
            out[i] = xp.sum(flat * flat, dtype=DEFAULT)
        else:
            out[i] = xp.dot(flat, flat)
    return out


@multi_sum_sq.shapes
def _(_p, *ins):
    return list(ins), [(len(ins),)]


@multi_sum_sq.types
def _(p, *ins):
    full, _ = rules.float_type(p, *ins)
    return full, [DEFAULT]


@operator(
    "multi_lars",
    Single("eta", doc="The trust: which part of its norm a weight may change in a step."),
    Single("eps", doc="Keeps the divisor away from 0."),
    RESCALE,
    shape=rules.same_shape,
    in_place=True,
    zero_gradient=True,
)
def multi_lars(k, p, lrs, weights_sum_sq, grads_sum_sq, wds, *, out=None):
    """Learning rates that suit the norms of the weights and their gradients, one a weight:

    `lr * eta * |w| / (rescale_grad * |grad| + wd * |w| + eps)`, or `lr` where `|w|` or `|grad|` is
    0.  The norms come as sums of squares (from `multi_sum_sq`).  All arrays are float32, of one
    shape.

    Source: MXNet 1.6, `mx.nd.multi_lars`; You, Gitman and Ginsburg, Large Batch Training of
    Convolutional Networks, 2017.
    """
    xp = k.xp
    norms = xp.sqrt(weights_sum_sq)
    divisor = xp.sqrt(grads_sum_sq) * p.rescale_grad + wds * norms + p.eps
    valid = (norms > 0) & (grads_sum_sq > 0)
    rates = xp.where(valid, lrs * p.eta * norms / divisor, lrs)
    if out is None:
        return rates
    xp.copyto(out, rates)
    return out


@multi_lars.types
def _(p, *ins):
    full, (common,) = rules.same_type(p, *ins)
    if common is not None and common != DEFAULT:
        raise DTypeError(f"the arrays are {common}", rule="float32")
    return [DEFAULT] * len(full), [DEFAULT]


# ---- examples: formulas in float64


def _lamb_value(t, w, g, m, v, master=None):
    m, v = means_value(np.clip(0.5 * g, -0.3, 0.3), m, v)
    m, v = (m / (1 - 0.9**t), v / (1 - 0.999**t)) if t else (m, v)
    return m / (np.sqrt(v) + 1e-6) + 0.01 * (w if master is None else master)


_W, _POSITIVE, _HALF = (2, 3), In((2, 3), 0.1, 1), In((2, 3), dtype="float16")
_LAMB = {"t": 3, "wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.3}
lamb_update_phase1.example(_W, _W, _W, _POSITIVE, **_LAMB).gives(
    lambda *a: _lamb_value(3, *a)
).not_smooth(WHY)
lamb_update_phase1.example(_W, _W, _W, _POSITIVE, bias_correction=False, **_LAMB).gives(
    lambda *a: _lamb_value(0, *a)
).not_smooth(WHY)
mp_lamb_update_phase1.example(_HALF, _HALF, _W, _POSITIVE, _W, **_LAMB).gives(
    lambda *a: _lamb_value(3, *a)
).not_smooth(WHY)
lamb_update_phase2.example(_W, _W, [2], [4], lr=0.1, upper_bound=1).gives(
    lambda w, g, *_: w - 0.1 / 4 * g
).not_smooth(WHY)
lamb_update_phase2.example(_W, _W, [2], [0], lr=0.1).gives(lambda w, g, *_: w - 0.1 * g).not_smooth(
    WHY
)
mp_lamb_update_phase2.example(_HALF, _W, [2], [4], _W, lr=0.1, lower_bound=3).gives(
    lambda w, g, r1, r2, w32: w32 - 0.1 * 3 / 4 * g
).not_smooth(WHY)
multi_sum_sq.example(_W, (4,), num_arrays=2).gives(
    lambda *a: np.array([(x * x).sum() for x in a])
).not_smooth("MXNet has no gradient for it")
multi_sum_sq.example(_HALF, num_arrays=1).gives(lambda x: (x * x).sum()[None]).not_smooth(
    "MXNet has no gradient for it"
)
multi_lars.example([0.1, 0.2], [4, 0], [1, 1], [0.5, 0], eta=0.1, eps=1e-3, rescale_grad=2).gives(
    lambda lr, w, g, wd: np.array([0.1 * 0.1 * 2 / (2 + 0.5 * 2 + 1e-3), 0.2])
).not_smooth("MXNet has no gradient for it")
