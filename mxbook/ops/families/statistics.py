"""What numbers look like as a whole: moments, running sums, histograms."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS, TYPES
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, DType, Floats, Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .creation import convert
from .reduce import accumulator

INT64 = TYPES["int64"]


def _axes(p, ndim):
    """The axes to reduce, in order."""
    if not p.axes:
        raise ParameterError("no axes are given", rule="at least one axis; name all for all")
    axes = sorted(shapes.axis_index(a, ndim) for a in p.axes)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axes={p.axes} name an axis twice", rule="each axis once")
    return tuple(axes)


def _kept(axes, shape):
    """The shape with the reduced axes as axes of length 1."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _moments_shape(p, data):
    axes = _axes(p, len(data))
    if p.keepdims:
        return _kept(axes, data)
    return tuple(n for i, n in enumerate(data) if i not in axes) or (1,)


@operator(
    "moments",
    Shape("axes", None, doc="Axes to take the mean over; at least one."),
    Bool("keepdims", False, doc="Leave the reduced axes as axes of length 1."),
    outputs=("output0", "output1"),
)
def moments(k, p, data):
    """Mean and variance over axes: two results, `mean(x)` and `mean((x - mean(x))^2)`.

    `(2, 3, 4)` with `axes=(0, 2)` gives twice `(3,)`, with `keepdims` `(1, 3, 1)`.

    Errors: ParameterError without axes, ShapeError for axes that do not exist.
    Source: MXNet 1.6, `mx.nd.moments`.
    """
    axes, shape = _axes(p, data.ndim), _moments_shape(p, data.shape)
    mean = _mean(k, data, axes)
    return [m.reshape(shape) for m in (mean, _mean(k, k.xp.square(data - mean), axes))]


def _mean(k, data, axes):
    """The mean with the axes kept; that of whole numbers is cut off."""
    if data.dtype in FLOATS:
        found = data.mean(axis=axes, keepdims=True, dtype=accumulator(data.dtype))
    else:
        count = shapes.size(data.shape[a] for a in axes)
        found = k.xp.trunc(data.sum(axis=axes, keepdims=True, dtype=data.dtype) / count)
    return found.astype(data.dtype, copy=False)


moments.shapes(forward(lambda p, data: [_moments_shape(p, data)] * 2))


@moments.gradient("data", ("dys", "data", "output0", "data_shape"))
def _(F, p, dys, data, mean, shape):
    axes = _axes(p, len(shape))
    kept, count = _kept(axes, shape), shapes.size(shape[a] for a in axes)
    dmean, dvar, mean = (x if x is None else F._np_reshape(x, newshape=kept) for x in (*dys, mean))
    found = None if dmean is None else F._np_broadcast_to(dmean / count, shape=shape)
    if dvar is not None:
        far = F.broadcast_mul(F.broadcast_sub(data, mean), dvar * (2 / count))
        found = far if found is None else found + far
    return found


def _both(axes, keepdims=False):
    def value(x):
        found = x.mean(axes, keepdims=keepdims), x.var(axes, keepdims=keepdims)
        return [np.atleast_1d(f) for f in found]

    return value


moments.example((2, 3, 4), axes=(0, 2)).gives(_both((0, 2)))
moments.example((2, 3), axes=-1, keepdims=True).gives(_both(1, True))
moments.example((2, 3), axes=(0, 1)).gives(_both(None))


def _summed_shape(p, a):
    return (shapes.size(a),) if p.axis is None else a


def _summed_type(p, a):
    whole = INT64 if a == TYPES["bool"] else a
    return [a], [p.dtype or whole]


@operator(
    "_np_cumsum",
    Int("axis", None, doc="The axis to sum along; all elements in order when None."),
    DType("dtype", None, doc="Element type to sum in; that of the input when None."),
    aliases=("cumsum",),
    type=_summed_type,
    bools=True,
)
def cumsum(k, p, a, *, out=None):
    """Running sums: `out[i] = a[0] + ... + a[i]`.

    Along an axis the shape stays; without one the elements are summed in the order of memory, and
    `(2, 3)` gives `(6,)`.

    Errors: ShapeError for axes that do not exist.  Source: MXNet 1.6, `mx.nd.cumsum`.
    """
    dtype = _summed_type(p, a.dtype)[1][0]
    return k.xp.cumsum(convert(k.xp, a, dtype), axis=p.axis, dtype=dtype, out=out)


@cumsum.shapes
@forward
def _(p, a):
    if p.axis is not None:
        shapes.axis_index(p.axis, len(a))
    return _summed_shape(p, a)


@cumsum.gradient("a")
def _(F, p, dy, a_shape, a_dtype):
    axis = p.axis or 0
    dy = F.Cast(dy, dtype=a_dtype) if p.dtype else dy
    found = F.reverse(F._np_cumsum(F.reverse(dy, axis=axis), axis=axis), axis=axis)
    return F._np_reshape(found, newshape=a_shape) if p.axis is None else found


cumsum.example((2, 3)).gives(np.cumsum)
cumsum.example((2, 3, 2), axis=1).gives(lambda x: np.cumsum(x, 1))
cumsum.example((2, 3), axis=-1, dtype="float64").gives(lambda x: np.cumsum(x, -1))


def _histogram_shapes(p, data, bins=None):
    if p.bin_cnt is not None:
        return [data], [(p.bin_cnt,), (p.bin_cnt + 1,)]
    if bins is None:
        return [data, bins], [None, None]
    if len(bins) != 1 or (bins[0] is not None and bins[0] < 2):
        raise ShapeError(f"bins of shape {shapes.text(bins)}", rule="a vector of at least 2 edges")
    return [data, bins], [(None if bins[0] is None else bins[0] - 1,), bins]


def _histogram_types(p, data, bins=None):
    known, (common,) = rules.same_type(p, data, bins)
    return known[: _histogram_inputs(p)], [INT64, common]


def _histogram_inputs(p: Any) -> int:
    """1 where the bins are counted, 2 where their edges are given; raises ParameterError."""
    if (p.bin_cnt is None) != (p.range is None):
        raise ParameterError(
            "_histogram needs both bin_cnt and range, or neither",
            rule="bin_cnt bins of one width over a range, or edges as an array",
        )
    if p.range is not None and (len(p.range) != 2 or p.range[0] > p.range[1]):
        raise ParameterError(f"range={p.range} is no range", rule="two numbers in order")
    return 2 if p.bin_cnt is None else 1


@operator(
    "_histogram",
    Int("bin_cnt", None, low=1, doc="Number of bins of one width; the edges are given when None."),
    Floats("range", None, doc="Where the first bin begins and the last one ends."),
    shape=_histogram_shapes,
    type=_histogram_types,
    outputs=("output0", "output1"),
    input_count=_histogram_inputs,
)
def histogram(k, p, data, bins=None):
    """How many elements lie in each bin: two results, the counts (int64) and the edges.

    A bin has its left edge and not its right one; the last bin has both.  Elements outside and NaN
    are not counted.  The bins have one width (`bin_cnt` and `range`), or the edges are given in
    ascending order (`bins` of shape `(n + 1,)`, of the type of the data).

    Errors: ParameterError for a range that is none, ShapeError for fewer than two edges.
    Source: MXNet 1.6, `mx.nd.histogram`.
    """
    edges = k.to_device(_even_edges(p, data.dtype)) if bins is None else bins.copy()
    count = len(edges) - 1
    x, exact = data.reshape(-1).astype("float64"), edges.astype("float64")
    low, high = _widened(p.range) if bins is None else (exact[0], exact[-1])
    inside = (x >= low) & (x <= high)
    x = k.xp.where(inside, x, low)
    if bins is None:  # of whole numbers several edges can be equal, so they alone do not decide
        place = k.xp.floor((x - low) * count / (high - low)).astype("int64")
        place = k.xp.minimum(place, count - 1)
        place = place - (x < exact[place])
        place = place + ((x >= exact[place + 1]) & (place != count - 1))
    else:
        place = k.xp.minimum(k.xp.searchsorted(exact, x, side="right") - 1, count - 1)
    place = k.xp.where(inside, place + 1, 0)  # a bin before the first one for all others
    return [k.xp.bincount(place, minlength=count + 1)[1:], edges]


def _widened(span):
    """The range; one of no width gets the width 1."""
    low, high = span
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _even_edges(p, dtype):
    low, high = _widened(p.range)
    steps = np.arange(p.bin_cnt + 1)
    return convert(np, (high * steps + low * (p.bin_cnt - steps)) / p.bin_cnt, dtype)


SOME = [0.0, 0.5, 1.0, 1.1, 2.9, 3.0, 3.1, -1.0, np.nan]
COUNTING = "counts"
histogram.example(SOME, bin_cnt=3, range=(0, 3)).gives(
    lambda x: [np.array([2, 2, 2]), np.arange(4)]
).not_smooth(COUNTING)
histogram.example([[0.0, 1.0], [2.0, 2.0]], [0.0, 2.1, 3.0]).gives(
    lambda x, edges: [np.array([4, 0]), edges]
).not_smooth(COUNTING)
