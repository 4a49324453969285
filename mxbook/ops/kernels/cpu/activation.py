"""Gradients of activations, in one pass."""

import numpy as np

from .jit import kernel


@kernel("void(f4[::1], f4[::1], f4[::1])")
def gate_kernel(delta, data, out):
    """`out = delta * (data > 0)`."""
    for i in range(out.size):
        out[i] = delta[i] * np.float32(data[i] > 0)


@kernel("void(f4[::1], f4[::1])")
def gate_in_place(delta, data):
    """`delta *= data > 0`.  (Where arrays may overlap a loop is compiled for the worst case.)"""
    for i in range(delta.size):
        delta[i] *= np.float32(data[i] > 0)


def gate(_xp, delta, data, out=None):
    """`delta` where `data` is above 0, and 0 elsewhere."""
    out = np.empty(delta.shape, delta.dtype) if out is None else out
    if np.may_share_memory(out, data):
        return NotImplemented
    if np.may_share_memory(out, delta):
        gate_in_place(out.reshape(-1), data.reshape(-1))
    else:
        gate_kernel(delta.reshape(-1), data.reshape(-1), out.reshape(-1))
    return out
