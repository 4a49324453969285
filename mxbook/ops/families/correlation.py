"""Comparing the neighbourhoods of two pictures, to find out where things have moved."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Int
from mxbook.ops.registry import operator

from .convolution import widened

CORRELATION = (
    Int("kernel_size", 1, low=1, doc="Height and width of the patches; an odd number."),
    Int("max_displacement", 1, low=0, doc="How far patches are moved at most, in pixels."),
    Int("stride1", 1, low=1, doc="Distance of the patches of the first picture."),
    Int("stride2", 1, low=1, doc="Distance of the places to which they are moved."),
    Int("pad_size", 0, low=0, doc="Zeros put around both pictures."),
    Bool("is_multiply", True, doc="Multiply pixels; otherwise take distances."),
)
SIDE = Int("side", low=1, high=2, doc="Which input is meant, data1 or data2.")


def _output_shape(p, data1, data2):
    if len(data1) != 4 or data1 != data2:
        raise ShapeError(
            f"the pictures have the shapes {shapes.text(data1)} and {shapes.text(data2)}",
            rule="twice the same shape (n, c, h, w)",
        )
    if p.kernel_size % 2 == 0:
        raise ParameterError(f"kernel_size={p.kernel_size}", rule="an odd number")
    border = p.max_displacement + p.kernel_size // 2
    inner = [n + 2 * p.pad_size - 2 * border for n in data1[2:]]
    if min(inner) < 1:
        raise ShapeError(
            f"pictures of {shapes.text(data1)} are too small",
            rule="length + 2 * pad_size is more than 2 * max_displacement + kernel_size - 1",
            hint="a larger pad_size",
        )
    steps = 2 * (p.max_displacement // p.stride2) + 1
    return (data1[0], steps * steps, *(-(-n // p.stride1) for n in inner))


def _moves(p, height: int, width: int):
    """For each move and each place in the patch: the channel of the output, and the indices of the
    pixels of all patches in the first picture and in the second one (both padded)."""
    radius = p.max_displacement // p.stride2
    steps = [i * p.stride2 for i in range(-radius, radius + 1)]
    for channel, (down, right) in enumerate((i, j) for i in steps for j in steps):
        for y, x in np.ndindex(p.kernel_size, p.kernel_size):
            top, left = y + p.max_displacement, x + p.max_displacement
            first = _region(p, top, left, height, width)
            yield channel, first, _region(p, top + down, left + right, height, width)


def _region(p, top, left, height, width):
    rows = slice(top, top + (height - 1) * p.stride1 + 1, p.stride1)
    columns = slice(left, left + (width - 1) * p.stride1 + 1, p.stride1)
    return (slice(None), slice(None), rows, columns)


def _padded(k, p, *pictures):
    """The pictures with zeros around them."""
    pad = ((0, 0), (0, 0), *((p.pad_size, p.pad_size),) * 2)
    return [k.xp.pad(x, pad) for x in widened(*pictures)]


def _patch_size(p, shape) -> int:
    """How many products (distances) make a number of the output."""
    return p.kernel_size**2 * shape[1]


def _cost(p, ins, outs):
    height, width = outs[0][2:] if len(ins) == 2 else ins[0][2:]
    moves = (2 * (p.max_displacement // p.stride2) + 1) ** 2 * p.kernel_size**2
    return moves * shapes.size(ins[-1][:2]) * height * width


@operator("Correlation", *CORRELATION, type=rules.float_type, cost=_cost)
def correlation(k, p, data1, data2):
    """How well patches of a picture agree with patches of another one around the same place.

    `out[n, m, y, x]` is the mean, over all channels and all pixels of a patch, of `data1 * data2`
    (or of `abs(data1 - data2)`), where the patch of data1 is that around (y, x) and the patch of
    data2 is moved by the move number m: from max_displacement up and left, row by row, to
    max_displacement down and right, in steps of stride2.

    ========= ================================================================================
    data1     (n, c, h, w)
    data2     (n, c, h, w)
    output    (n, m, h', w')  with `m = (2 * (max_displacement // stride2) + 1)^2` and
              `h' = ceil((h + 2 * pad_size - 2 * max_displacement - kernel_size + 1) / stride1)`
    ========= ================================================================================

    Raises ShapeError for pictures too small, ParameterError for an even kernel_size.

    Source: MXNet 1.6, `mx.nd.Correlation`; Dosovitskiy and others, FlowNet, 2015.
    """
    shape = _output_shape(p, data1.shape, data2.shape)
    first, second = _padded(k, p, data1, data2)
    total = k.xp.zeros(shape, first.dtype)
    for channel, here, there in _moves(p, *shape[2:]):
        a, b = first[here], second[there]
        if p.is_multiply:
            total[:, channel] += k.xp.einsum("nchw,nchw->nhw", a, b)
        else:
            total[:, channel] += abs(a - b).sum(1)
    total /= _patch_size(p, data1.shape)
    return total.astype(data1.dtype, copy=False)


correlation.shapes(rules.forward(_output_shape))


def _options(p):
    return {param.name: getattr(p, param.name) for param in CORRELATION}


@correlation.gradient("data1")
def _(F, p, dy, data1, data2):
    return F._correlation_slope(dy, data1, data2, side=1, **_options(p))


@correlation.gradient("data2")
def _(F, p, dy, data1, data2):
    return F._correlation_slope(dy, data1, data2, side=2, **_options(p))


def _slope(k, p, a, b):
    """How fast `a * b` or `abs(a - b)` changes with a (side 1) or b; 1 or -1 where equal."""
    if p.is_multiply:
        return b if p.side == 1 else a
    sign = 1 if p.side == 1 else -1
    return k.xp.where(a >= b, sign, -sign).astype(a.dtype)


@operator("_correlation_slope", *CORRELATION, SIDE, type=rules.float_type, cost=_cost)
def correlation_slope(k, p, delta, data1, data2):
    """The gradient of Correlation for one of the pictures."""
    (dy,), (first, second) = widened(delta), _padded(k, p, data1, data2)
    total = k.xp.zeros_like(first)
    for channel, here, there in _moves(p, *dy.shape[2:]):
        part = total[here if p.side == 1 else there]
        part += dy[:, channel, None] * _slope(k, p, first[here], second[there])
    inner = (slice(p.pad_size, p.pad_size + n) for n in data1.shape[2:])
    found = total[(..., *inner)] / _patch_size(p, data1.shape)
    return found.astype(data1.dtype, copy=False)


@correlation_slope.shapes
@rules.forward
def _(p, delta, data1, data2):
    shapes.check_fits(delta, _output_shape(p, data1, data2), "delta")
    return data1


@correlation_slope.gradient("delta")
def _(F, p, dy, data1, data2):
    if not p.is_multiply:
        return F._correlation_change(dy, data1, data2, side=p.side, **_options(p))
    return F.Correlation(*((dy, data2) if p.side == 1 else (data1, dy)), **_options(p))


@correlation_slope.gradient("data1")
def _(F, p, dy, delta, data2):
    if p.is_multiply and p.side == 2:
        return F._correlation_slope(delta, dy, dy, side=1, **_options(p))
    return None


@correlation_slope.gradient("data2")
def _(F, p, dy, delta):
    if p.is_multiply and p.side == 1:
        return F._correlation_slope(delta, dy, dy, side=2, **_options(p))
    return None


@operator("_correlation_change", *CORRELATION, SIDE, type=rules.float_type, cost=_cost)
def correlation_change(k, p, values, data1, data2):
    """How Correlation of distances changes when one of the pictures changes by `values`."""
    shape = _output_shape(p, data1.shape, data2.shape)
    first, second, change = _padded(k, p, data1, data2, values)
    total = k.xp.zeros(shape, first.dtype)
    for channel, here, there in _moves(p, *shape[2:]):
        part = change[here if p.side == 1 else there]
        total[:, channel] += (part * _slope(k, p, first[here], second[there])).sum(1)
    total /= _patch_size(p, data1.shape)
    return total.astype(data1.dtype, copy=False)


@correlation_change.shapes
@rules.forward
def _(p, values, data1, data2):
    shapes.check_fits(values, data1, "values")
    return _output_shape(p, data1, data2)


@correlation_change.gradient("values")
def _(F, p, dy, data1, data2):
    return F._correlation_slope(dy, data1, data2, side=p.side, **_options(p))


# ---- examples


def _compared(compare, kernel=1, reach=1, stride1=1, stride2=1, pad=0):
    """The formula, number by number."""

    def value(a, b):
        a, b = (np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))) for x in (a, b))
        steps = range(-(reach // stride2) * stride2, reach + 1, stride2)
        border = reach + kernel // 2
        rows, columns = (range(border, n - border, stride1) for n in a.shape[2:])

        def patch(x, i, j):
            return x[:, :, i - kernel // 2 :, j - kernel // 2 :][..., :kernel, :kernel]

        found = [
            compare(patch(a, i, j), patch(b, i + down, j + right)).mean((1, 2, 3))
            for down in steps
            for right in steps
            for i in rows
            for j in columns
        ]
        return np.stack(found, -1).reshape(len(a), len(steps) ** 2, len(rows), len(columns))

    return value


def _product(a, b):
    return a * b


def _distance(a, b):
    return abs(a - b)


correlation.example((2, 2, 4, 3), (2, 2, 4, 3), pad_size=1).gives(_compared(_product, pad=1))
correlation.example(
    (1, 2, 7, 8), (1, 2, 7, 8), kernel_size=3, max_displacement=3, stride1=2, stride2=2, pad_size=2
).gives(_compared(_product, 3, 3, 2, 2, 2))
correlation.example(
    (1, 2, 5, 5), (1, 2, 5, 5), max_displacement=2, stride2=2, is_multiply=False, pad_size=1
).gives(_compared(_distance, reach=2, stride2=2, pad=1))
for _multiply in (True, False):
    for _side in (1, 2):
        correlation_slope.example(
            (1, 9, 2, 3), (1, 2, 4, 5), (1, 2, 4, 5), side=_side, is_multiply=_multiply
        )
correlation_change.example(*[(1, 1, 3, 3)] * 3, side=1, is_multiply=False)
correlation_change.example(*[(1, 1, 3, 3)] * 3, side=2, is_multiply=False)
