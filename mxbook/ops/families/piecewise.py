"""Elementwise functions in pieces: cutting off at bounds, and the loss that is square near 0."""

import math

import numpy as np

from mxbook.base.dtypes import FLOATS
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Float
from mxbook.ops.registry import operator


def _bounds(p, dtype):
    """The bounds as numbers of the element type; one that is NaN is none."""
    if dtype in FLOATS:
        return p.a_min, p.a_max
    info = np.iinfo(dtype)
    low = info.min if math.isnan(p.a_min) else p.a_min
    high = info.max if math.isnan(p.a_max) else p.a_max
    return tuple(int(min(max(b, info.min), info.max)) for b in (low, high))


@operator(
    "clip",
    Float("a_min", doc="The smallest value that stays."),
    Float("a_max", doc="The largest value that stays."),
    shape=rules.same_shape,
    aliases=("_npi_clip",),
    in_place=True,
)
def clip(k, p, data, *, out=None):
    """Values below `a_min` become `a_min`, values above `a_max` become `a_max`; NaN stays.

    The gradient passes where the value stays, bounds included.  Source: MXNet 1.6, `mx.nd.clip`.
    """
    low, high = _bounds(p, data.dtype)
    return k.xp.clip(data, low, high, out=out)


@clip.gradient("data")
def _(F, p, dy, data):
    return dy * (1 - (data < p.a_min)) * (1 - (data > p.a_max))


clip.example(In((4, 5), -3, 3), a_min=-1.5, a_max=2).gives(lambda x: np.clip(x, -1.5, 2))
clip.example([1.0, 2.0, 3.0], a_min=1, a_max=2).gives(lambda x: np.array([1, 2, 2])).not_smooth(
    "at the bounds"
)


@operator(
    "smooth_l1",
    Float("scalar", 1.0, doc="Where the pieces meet: at 1 / scalar^2."),
    shape=rules.same_shape,
    aliases=("_npx_smooth_l1",),
)
def smooth_l1(k, p, data):
    """Square near 0, linear outside: with `s` = `scalar`,

    `(s x)^2 / 2` where `|x| < 1 / s^2`, and `|x| - 1 / (2 s^2)` elsewhere.

    Source: R. Girshick, Fast R-CNN, 2015; MXNet 1.6, `mx.nd.smooth_l1`.
    """
    square = p.scalar * p.scalar
    edge = 1 / square if square else math.inf
    size = k.xp.abs(data)
    near, far = size * size * (square / 2), size - edge / 2
    return k.xp.where(size < edge, near, far).astype(data.dtype)


@smooth_l1.gradient("data")
def _(F, p, dy, data):
    near = data * (p.scalar * p.scalar)
    return dy * F.clip(near, a_min=-1, a_max=1)


def _smooth(s):
    return lambda x: np.where(np.abs(x) < 1 / s**2, (s * x) ** 2 / 2, np.abs(x) - 0.5 / s**2)


smooth_l1.example([[0.3, -0.9, 1.7], [-2.5, 0.1, 0.5]]).gives(_smooth(1))
smooth_l1.example([0.1, -0.2, 0.4, -1.0], scalar=2).gives(_smooth(2))
