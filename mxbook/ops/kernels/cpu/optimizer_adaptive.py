"""A step of Adam, in one pass over weight, gradient and states."""

import numpy as np

from .jit import EXACT, kernel
from .optimizer import limit, start


@kernel(
    "void(f4[::1], f4[::1], f4[::1], f4[::1], f4, f4, f4, f4, f4, f4, f4, f4, f4)", fastmath=EXACT
)
def adam_kernel(weight, grad, mean, var, lr, keep1, new1, keep2, new2, epsilon, wd, rescale, most):
    """Means of g and g^2, then `weight - lr * mean / (sqrt(var) + epsilon)`."""
    for i in range(weight.size):
        g = grad[i] * rescale + weight[i] * wd
        g = max(min(g, most), -most)
        a, b = mean[i] * keep1 + g * new1, var[i] * keep2 + g * new2 * g
        mean[i], var[i] = a, b
        weight[i] -= a / (np.sqrt(b) + epsilon) * lr


def adam(_xp, p, out, weight, grad, mean, var, _g, _t):
    """Means of `g` and `g^2`, then `weight - lr * mean / (sqrt(var) + epsilon)`."""
    arrays = start(out, weight), grad.reshape(-1), mean.reshape(-1), var.reshape(-1)
    means = p.beta1, 1 - p.beta1, p.beta2, 1 - p.beta2
    adam_kernel(*arrays, p.lr, *means, p.epsilon, p.wd, p.rescale_grad, limit(p))
