"""Batch normalisation: sums over everything but the channels, and lines through the data.

Arrays come as `by_channel` gives them: (n, c, p), or (n, p, c) where `last` is true.  Vectors have
one number for each of the c channels.  float16 is added up in float32.
"""

import math
from typing import Any

from .scratch import scratch
from .twins import compiled

Array = Any


def by_channel(axis: int, *arrays: Array) -> tuple:
    """`last`, and views of arrays of one shape in which the channels, those of `axis`, are axis 1,
    or the last one.

    >>> import numpy
    >>> last, view = by_channel(1, numpy.zeros((2, 3, 4, 5)))
    >>> last, view.shape
    (False, (2, 3, 20))
    """
    shape = arrays[0].shape
    axis %= len(shape)
    before, behind = shape[:axis], math.prod(shape[axis + 1 :])
    last = axis > 0 and behind == 1
    if last:
        shape = (before[0], math.prod(before[1:]), shape[axis])
    else:
        shape = (math.prod(before), shape[axis], behind)
    return last, *(a.reshape(shape) for a in arrays)


def _along(vector: Array, last: bool) -> Array:
    """A vector, so that it is stretched over the array."""
    return vector if last else vector[:, None]


def _sum(xp, data, last, other=None):
    """The sum of `data` (or of `data * other`) for each channel.

    In two steps, first within and then over the examples: fewer rounding errors add up.
    """
    wide = "float32" if data.dtype.itemsize == 2 else data.dtype
    if other is None:
        return data.sum(axis=1 if last else 2, dtype=wide).sum(axis=0)
    product = "npc,npc->nc" if last else "ncp,ncp->nc"
    return xp.einsum(product, data, other, dtype=wide).sum(axis=0)


@compiled
def moments(xp, data, last: bool) -> tuple[Array, Array]:
    """Mean and variance of each channel."""
    count = data.size // data.shape[2 if last else 1]
    mean = _sum(xp, data, last) / count
    centred = scratch(xp, "centred", data.shape, mean.dtype)
    xp.subtract(data, _along(mean, last), out=centred)
    return mean, _sum(xp, centred, last, centred) / count


def joined(parts: list[tuple[int, Array, Array]]) -> tuple[Array, Array]:
    """Mean and variance of the whole from those of its parts, each with its number of examples.

    Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for variances, 1979.
    """
    if len(parts) == 1:
        return parts[0][1:]
    total = sum(n for n, _, _ in parts)
    mean = sum(mean * (n / total) for n, mean, _ in parts)
    return mean, sum((var + (part - mean) ** 2) * (n / total) for n, part, var in parts)


@compiled
def line(xp, data, last: bool, factor, shift, out) -> None:
    """`out = data * factor + shift`."""
    xp.multiply(data, _along(factor, last), out=out, dtype=out.dtype)
    out += _along(shift, last)


@compiled
def gradient_sums(xp, delta, data, last: bool, mean) -> tuple[Array, Array]:
    """For each channel `sum(delta)` and `sum(delta * (data - mean))`."""
    total = _sum(xp, delta, last)
    return total, _sum(xp, delta, last, data) - mean * total


@compiled
def plane(xp, delta, data, last: bool, factor, slope, shift, out) -> None:
    """`out = delta * factor + data * slope + shift`."""
    xp.multiply(delta, _along(factor, last), out=out, dtype=out.dtype)
    out += data * _along(slope, last)
    out += _along(shift, last)
