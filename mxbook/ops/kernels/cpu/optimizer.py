"""Steps of gradient descent, in one pass over weight, gradient and state.

The kernels change the weight in place, so that arrays never overlap.  They compute number by number
what NumPy computes, to the last digit.
"""

import math

import numpy as np

from .jit import EXACT, kernel


def start(out, weight) -> np.ndarray:
    """The new weight's memory with the old weight in it, as a vector."""
    if not np.may_share_memory(out, weight):
        np.copyto(out, weight)
    return out.reshape(-1)


def limit(p) -> float:
    """Where gradients are cut off."""
    return p.clip_gradient if p.clip_gradient >= 0 else math.inf


def scales(p) -> tuple[float, float]:
    """What the gradient is multiplied by before and after it is cut off; at once if it is not."""
    return (p.rescale_grad, p.lr) if p.clip_gradient >= 0 else (p.lr * p.rescale_grad, 1.0)


@kernel("void(f4[::1], f4[::1], f4, f4, f4, f4)", fastmath=EXACT)
def sgd_kernel(weight, grad, keep, before, most, after):
    """`weight = keep * weight - g`."""
    for i in range(weight.size):
        g = grad[i] * before
        g = max(min(g, most), -most)
        weight[i] = weight[i] * keep - g * after


def sgd(_xp, p, out, weight, grad, _g):
    """`(1 - lr * wd) * weight - lr * g`, with `g` the gradient rescaled and clipped."""
    before, after = scales(p)
    sgd_kernel(start(out, weight), grad.reshape(-1), 1 - p.lr * p.wd, before, limit(p), after)


@kernel("void(f4[::1], f4[::1], f4[::1], f4, f4, f4, f4, f4)", fastmath=EXACT)
def momentum_kernel(weight, grad, mom, momentum, decay, before, most, after):
    """`mom = momentum * mom - decay * weight - g`, then `weight + mom`."""
    for i in range(weight.size):
        g = grad[i] * before
        g = max(min(g, most), -most)
        new = mom[i] * momentum - weight[i] * decay - g * after
        mom[i] = new
        weight[i] += new


def momentum_sgd(_xp, p, out, weight, grad, mom, _g):
    """`mom = momentum * mom - lr * wd * weight - lr * g`, then `weight + mom`."""
    before, after = scales(p)
    arrays = start(out, weight), grad.reshape(-1), mom.reshape(-1)
    momentum_kernel(*arrays, p.momentum, p.lr * p.wd, before, limit(p), after)
