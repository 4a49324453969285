"""Max pooling's way back on a CUDA device."""

import numpy as np

from mxbook.base.config import config
from mxbook.ops.kernels.pooling import Axis, windows

from . import launch, module


def images(array, axes: list[Axis]):
    """An array as (n, height, width, c); with channels first each one is an image."""
    return array if axes[0].axis == 1 else array.reshape(-1, *array.shape[2:], 1)


def to_maxima(xp, delta, data, axes: list[Axis], out=None):
    """Every number of `delta` added to the largest element of its window (the first of equals).

    Left to CuPy where numbers must be added in an order that does not depend on timing.
    """
    found = windows(axes)
    shared = not all(a.apart for a in axes)
    if found is None or (shared and config.enforce_determinism):
        return NotImplemented
    compiled = module(xp, "pooling", str(data.dtype))
    if compiled is None:
        return NotImplemented
    out = xp.empty(data.shape, data.dtype) if out is None else out
    out.fill(0)
    dy, x = images(delta, axes), images(data, axes)
    lengths = (*x.shape[1:], *dy.shape[1:3])
    sizes = map(np.int32, (*lengths, *found))
    launch(compiled.get_function("to_maxima"), delta.size, dy, x, out, np.int64(delta.size), *sizes)
    return out
