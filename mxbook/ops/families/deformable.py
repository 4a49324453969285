"""Convolution whose windows bend: the places at which they look are moved by learned numbers.

It looks at pictures between the pixels, as BilinearSampler does, so that there is a gradient for
the places.  Dai and others, Deformable convolutional networks, 2017.
"""

from functools import partial

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Enum, Int
from mxbook.ops.registry import operator

from .convolution import CONVOLUTION, bias_gradient, convolution, geometry_of, widened, work
from .spatial import mixed, neighbours, pick, slopes, spread

_CONVOLUTION = {param.name: param for param in CONVOLUTION}
WINDOW = tuple(_CONVOLUTION[name] for name in ("kernel", "stride", "dilate", "pad"))
GROUPS = Int(
    "num_deformable_group", 1, low=1, doc="Channels are cut into so many groups with own offsets."
)
DEFORMABLE = (
    *WINDOW,
    _CONVOLUTION["num_filter"],
    _CONVOLUTION["num_group"],
    GROUPS,
    _CONVOLUTION["workspace"],
    _CONVOLUTION["no_bias"],
    Enum("layout", (None, "NCDHW", "NCHW", "NCW"), None, doc="Only NCHW, also when left out."),
)


def _grid(window, places):
    """Where each pixel of the window is without offsets: rows and columns, (2, k * k, h', w')."""
    along = zip(window.kernel, window.stride, window.dilate, window.pad, places, strict=True)
    rows, columns = (
        np.arange(k)[:, None] * d + np.arange(n) * s - pad for k, s, d, pad, n in along
    )
    shape = (len(rows), len(columns), *places)
    grid = np.stack(
        [
            np.broadcast_to(rows[:, None, :, None], shape),
            np.broadcast_to(columns[None, :, None, :], shape),
        ]
    )
    return grid.reshape(2, -1, *places)


def _places(k, window, groups, offset):
    """Where each window looks, (n * groups, 2, k * k * h', w'): the grid and the offsets."""
    n, _, height, width = offset.shape
    grid = k.to_device(_grid(window, (height, width)).astype(offset.dtype))
    places = offset.reshape(n * groups, -1, 2, height, width).swapaxes(1, 2) + grid
    return places.reshape(n * groups, 2, -1, width)


@operator("_window_places", *WINDOW, GROUPS, type=rules.float_type)
def window_places(k, p, offset):
    """The places (n * groups, 2, k * k * h', w') at which DeformableConvolution looks."""
    return _places(k, p, p.num_deformable_group, offset)


@window_places.shapes
@rules.forward
def _(p, offset):
    n, channels, height, width = offset
    wanted = 2 * p.num_deformable_group * shapes.size(p.kernel)
    shapes.check_fits(offset, (n, wanted, height, width), "offset")
    rows = channels // (2 * p.num_deformable_group) * height
    return (n * p.num_deformable_group, 2, rows, width)


@window_places.gradient("offset")
def _to_offset(F, p, dy, offset_shape):
    n, _, height, width = offset_shape
    apart = F._np_reshape(dy, newshape=(n * p.num_deformable_group, 2, -1, height * width))
    return F._np_reshape(F.transpose(apart, axes=(0, 2, 1, 3)), newshape=offset_shape)


def _around(y, x, lengths, floor, least):
    """The pixels around places, and whether these lie in the picture.

    Behind the last row and column the picture goes on for nearly a pixel with the same values.
    """
    h, w = lengths
    inside = (y >= 0) * (y < h) * (x >= 0) * (x < w)
    y, x = least(y, h - 1), least(x, w - 1)
    top, left = floor(y), floor(x)
    below, right = least(top + 1, h - 1), least(left + 1, w - 1)
    return inside, neighbours(y, x, top, left, below, right)


@operator(
    "_contrib_DeformableConvolution",
    *DEFORMABLE,
    input_count=lambda p: 3 if p.no_bias else 4,
    type=rules.float_type,
    cost=lambda p, ins, outs: work(ins[2], outs[0]) + 20 * shapes.size(ins[1]) * ins[0][1],
)
def deformable_convolution(k, p, data, offset, weight, bias=None):
    """A Convolution that looks beside the places of its window, at distances that are an input.

    `out[n, o, y, x] = bias[o] + sum over c, i, j of weight[o, c, i, j] *
    data[n, c, y * stride + i * dilate - pad + dy, x * stride + j * dilate - pad + dx]` with
    `dy, dx = offset[n, 2 * (i * kernel + j) + (0, 1), y, x]`: between the pixels the mean of the
    four neighbours, the nearer the more weight, and 0 outside of the picture (which goes on for
    nearly a pixel behind its last row and column).

    ========= ====================================================================================
    data      (n, c, h, w)
    offset    (n, groups * 2 * kernel * kernel, h', w'), for num_deformable_group groups of channels
    weight    (num_filter, c / num_group, *kernel)
    bias      (num_filter,), left out with no_bias
    output    (n, num_filter, h', w'), as for Convolution
    ========= ====================================================================================

    Raises ShapeError when shapes do not fit.

    Source: MXNet 1.6, `mx.nd.contrib.DeformableConvolution`; Dai and others, 2017.
    """
    wide, shifts, w, b = widened(data, offset, weight, bias)
    places = _places(k, geometry_of(p), p.num_deformable_group, shifts)
    y, x = places[:, :1], places[:, 1:]
    inside, around = _around(y, x, data.shape[2:], k.xp.floor, k.xp.minimum)
    pictures = wide.reshape(_pictures(p, data.shape))
    columns = mixed(partial(pick, k.xp, pictures), around[0]) * inside
    columns = columns.reshape(len(data), p.num_group, w[0].size, -1)
    found = k.xp.matmul(w.reshape(p.num_group, -1, w[0].size), columns)
    found = found.reshape(len(data), len(w), *offset.shape[2:])
    if b is not None:
        found += b.reshape(-1, 1, 1)
    return found.astype(data.dtype, copy=False)


def _pictures(p, data):
    """The shape of the data with each group of channels as an example of its own."""
    n, channels, height, width = data
    return (n * p.num_deformable_group, channels // p.num_deformable_group, height, width)


@deformable_convolution.shapes
def _(p, data, offset, weight, bias=None):
    if len(p.kernel) != 2 or p.layout not in (None, "NCHW"):
        raise ParameterError(
            f"kernel={p.kernel}, layout={p.layout}",
            rule="two lengths in kernel, and the layout NCHW",
        )
    (data, weight, *bias), (out,) = convolution.shape_rule(p, data, weight, bias)
    if data is not None and data[1] is not None and data[1] % p.num_deformable_group:
        raise ShapeError(
            f"{data[1]} channels cannot be cut into {p.num_deformable_group} groups",
            rule="num_deformable_group divides the channels of the data",
        )
    n, _, *places = out or (None,) * 4
    numbers = 2 * p.num_deformable_group * p.kernel[0] * p.kernel[1]
    try:
        offset = shapes.unify(offset, (n, numbers, *places))
    except ShapeError as error:
        raise ShapeError(
            f"offset does not fit: {error.message}",
            rule=f"two numbers for each pixel of the window and place: {(n, numbers, *places)}",
        ) from None
    return [data, offset, weight, *bias], [out]


# The gradient goes the way of the kernel, with registered operators that have gradients in turn.


def _in_rule(F, p, offset, data_shape):
    """`_around` the places of all windows, in a rule."""
    window = geometry_of(p)
    names = ("kernel", "stride", "dilate", "pad")
    places = F._window_places(
        offset,
        num_deformable_group=p.num_deformable_group,
        **{name: getattr(window, name) for name in names},
    )
    y, x = (F.slice_axis(places, axis=1, begin=i, end=i + 1) for i in (0, 1))

    def least(place, number):
        return F._minimum_scalar(place, scalar=number)

    return _around(y, x, data_shape[2:], F.floor, least)


class _Sizes:
    """The shapes between which the gradient goes back and forth.

    output    of the layer: (n, groups, filters of a group, places)
    columns   what the windows see: (n, groups, inputs of a window, places)
    weight    (groups, filters of a group, inputs of a window)
    pictures  see `_pictures`
    found     what is found in the pictures at all places of all windows
    """

    def __init__(self, p, data, offset, weight):
        (n, _, height, width), groups = offset, p.num_group
        inputs, filters = shapes.size(weight[1:]), weight[0] // groups
        self.output = (n, groups, filters, height * width)
        self.columns = (n, groups, inputs, height * width)
        self.weight = (groups, filters, inputs)
        self.pictures = _pictures(p, data)
        window = p.kernel[0] * p.kernel[1]
        self.found = (*self.pictures[:2], window * height, width)


def _matrices(F, array, sizes):
    """An array (n, groups, rows, places) as one matrix (rows, n * places) for each group."""
    n, groups, rows, places = sizes
    swapped = F.transpose(F._np_reshape(array, newshape=sizes), axes=(1, 2, 0, 3))
    return F._np_reshape(swapped, newshape=(groups, rows, n * places))


def _delta(F, dy, weight, sizes):
    """The gradient for what was found at the places: the transposed weight times that of the
    output."""
    n, groups, inputs, places = sizes.columns
    matrices = F._np_reshape(weight, newshape=sizes.weight)
    found = F.batch_dot(matrices, _matrices(F, dy, sizes.output), transpose_a=True)
    found = F._np_reshape(found, newshape=(groups, inputs, n, places))
    return F._np_reshape(F.transpose(found, axes=(2, 0, 1, 3)), newshape=sizes.found)


@deformable_convolution.gradient("data")
def _(F, p, dy, offset, weight, data_shape, offset_shape, weight_shape):
    sizes = _Sizes(p, data_shape, offset_shape, weight_shape)
    inside, (corners, _, _) = _in_rule(F, p, offset, data_shape)
    found = spread(F, _delta(F, dy, weight, sizes) * inside, corners, sizes.pictures)
    return F._np_reshape(found, newshape=data_shape)


@deformable_convolution.gradient("offset")
def _(F, p, dy, data, offset, weight, data_shape, offset_shape, weight_shape):
    sizes = _Sizes(p, data_shape, offset_shape, weight_shape)
    inside, around = _in_rule(F, p, offset, data_shape)
    pictures = F._np_reshape(data, newshape=sizes.pictures)
    delta = _delta(F, dy, weight, sizes) * inside
    along = slopes(partial(F._pick_pixels, pictures), *around)
    found = [F.sum(delta * slope, axis=1, keepdims=True) for slope in along]
    return _to_offset(F, p, F.Concat(*found, dim=1), offset_shape)


@deformable_convolution.gradient("weight")
def _(F, p, dy, data, offset, data_shape, offset_shape, weight_shape):
    sizes = _Sizes(p, data_shape, offset_shape, weight_shape)
    inside, (corners, _, _) = _in_rule(F, p, offset, data_shape)
    pictures = F._np_reshape(data, newshape=sizes.pictures)
    columns = mixed(partial(F._pick_pixels, pictures), corners) * inside
    columns = _matrices(F, columns, sizes.columns)
    found = F.batch_dot(_matrices(F, dy, sizes.output), columns, transpose_b=True)
    return F._np_reshape(found, newshape=weight_shape)


deformable_convolution.gradient("bias")(bias_gradient)


# ---- examples


def _sampled(picture, y, x):
    """A picture (c, h, w) looked at in one place."""
    height, width = picture.shape[1:]
    if not (0 <= y < height and 0 <= x < width):
        return 0
    y, x = min(y, height - 1), min(x, width - 1)
    rows = np.maximum(0, 1 - abs(np.arange(height) - y))
    columns = np.maximum(0, 1 - abs(np.arange(width) - x))
    return rows @ picture @ columns


def _bent(stride=1, pad=0, dilate=1, groups=1, bends=1):
    """The formula of DeformableConvolution, place by place."""

    def value(data, offset, weight, bias=0.0):
        n, _, *places = offset.shape
        filters, inner, kh, kw = weight.shape
        out = np.empty((n, filters, *places))
        shift = offset.reshape(n, bends, kh, kw, 2, *places)
        parts = data.reshape(n, bends, -1, *data.shape[2:])
        for e, y, x in np.ndindex(n, *places):
            window = np.empty((bends, parts.shape[2], kh, kw))
            for g, i, j in np.ndindex(bends, kh, kw):
                dy, dx = shift[e, g, i, j, :, y, x]
                row, column = y * stride - pad + i * dilate, x * stride - pad + j * dilate
                window[g, :, i, j] = _sampled(parts[e, g], row + dy, column + dx)
            own = window.reshape(groups, 1, inner, kh, kw)
            products = own * weight.reshape(groups, -1, inner, kh, kw)
            out[e, :, y, x] = products.sum((2, 3, 4)).ravel()
        return out + np.reshape(bias, (-1, 1, 1))

    return value


deformable_convolution.example(
    (2, 2, 4, 5), In((2, 12, 2, 4), -2, 2), (3, 2, 3, 2), (3,), kernel=(3, 2), num_filter=3
).gives(_bent())
deformable_convolution.example(
    (1, 4, 5, 4), In((1, 16, 3, 2), -1.5, 1.5), (2, 2, 2, 2), kernel=(2, 2), stride=(2, 2),
    pad=(1, 1), dilate=(2, 2), num_filter=2, num_group=2, num_deformable_group=2, no_bias=True,
).gives(_bent(2, 1, 2, 2, 2))  # fmt: skip
window_places.example(
    (1, 8, 2, 2), kernel=(2, 1), stride=(1, 1), dilate=(1, 1), pad=(0, 0), num_deformable_group=2
)
