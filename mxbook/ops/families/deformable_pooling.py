"""Pooling of regions of interest with one map for each part of a region, whose parts may move.

Dai and others, R-FCN, 2016, and Deformable convolutional networks, 2017.
"""

from functools import partial

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, Float, Int, Shape
from mxbook.ops.registry import operator

from .convolution import widened
from .spatial import mixed, neighbours, pick, slopes, spread

POOLING = (
    Float("spatial_scale", doc="Pixels of the data for one unit of the regions' coordinates."),
    Int("output_dim", low=1, doc="Channels of the output."),
    Int("group_size", low=1, doc="The data has group_size * group_size maps for each of them."),
    Int("pooled_size", low=1, doc="Height and width of the output."),
    Int("part_size", 0, low=0, doc="Height and width of trans; as pooled_size when 0."),
    Int(
        "sample_per_part",
        1,
        low=1,
        high=1000,
        doc="Rows and columns of places at which a part is looked at.",
    ),
    Float("trans_std", 0.0, doc="Factor of trans."),
    Bool("no_trans", False, doc="Leave out trans: nothing moves."),
)
MAPS = Shape("shape", doc="Shape of the data.")


def _corners(xp, p, rois):
    """The upper left corner and the size of each region in pixels of the data, (regions, 2), both
    as (x, y)."""
    scale = float(np.float32(p.spatial_scale))  # as in MXNet, for float64 as well
    rounded = xp.sign(rois) * xp.floor(abs(rois) + 0.5)
    start = rounded[:, 1:3] * scale - 0.5
    size = (rounded[:, 3:5] + 1) * scale - 0.5 - start
    return start, xp.maximum(size, 0.1)


def _parts(k, p, dtype):
    """Which part of trans belongs to each row (column) of the output, as a 0-1 matrix."""
    count = p.part_size or p.pooled_size
    rows = np.arange(p.pooled_size, dtype="float32") / np.float32(p.pooled_size)
    index = np.floor(rows * np.float32(count)).astype(int)
    return k.to_device(np.eye(count, dtype=dtype)[index])


def _along(xp, p, start, size):
    """Where all samples lie along one axis before they move, (regions, parts, samples)."""
    step = (size / p.pooled_size)[:, None, None]
    parts, samples = (xp.arange(n, dtype=size.dtype) for n in (p.pooled_size, p.sample_per_part))
    return start[:, None, None] + parts[:, None] * step + samples * (step / p.sample_per_part)


def _places(k, p, rois, trans=None):
    """Where each part of each region is looked at: (2, classes, regions * parts, samples).

    First the rows, then the columns.
    """
    (left, top), (width, height) = (a.T for a in _corners(k.xp, p, rois))
    rows = _along(k.xp, p, top, height)[:, :, None, :, None]
    columns = _along(k.xp, p, left, width)[:, None, :, None, :]
    shape = (len(rois), *(p.pooled_size,) * 2, *(p.sample_per_part,) * 2)
    places = k.xp.stack([k.xp.broadcast_to(a, shape) for a in (rows, columns)])[:, None]
    if trans is not None:
        places = places + _moved(k, p, rois, trans)[..., None, None]
    return places.reshape(*places.shape[:2], -1, p.sample_per_part**2)


def _moved(k, p, rois, trans):
    """How far the parts are moved by trans, (2, classes, regions, parts, parts)."""
    regions, channels, *size = trans.shape
    which = _parts(k, p, trans.dtype)
    moves = k.xp.matmul(which, trans.reshape(regions, channels // 2, 2, *size))
    moves = k.xp.matmul(moves, which.T) * _scale(k.xp, p, rois)
    return moves.transpose(2, 1, 0, 3, 4)[::-1]


def _scale(xp, p, rois):
    """What trans is multiplied with, (regions, 1, 2, 1, 1), x before y."""
    return (_corners(xp, p, rois)[1] * p.trans_std)[:, None, :, None, None]


def _first_rows(xp, p, rois, height):
    """Where the map of each part begins when all maps of all pictures stand in one column.

    (1, 1, regions * parts, 1), for maps of that many rows.
    """
    group = xp.arange(p.pooled_size) * p.group_size // p.pooled_size
    maps = group[:, None] * p.group_size + group
    picture = rois[:, 0].astype("int64")[:, None, None]
    return ((picture * p.group_size**2 + maps) * height).reshape(1, 1, -1, 1)


def _classes(trans_shape):
    return trans_shape[1] // 2 if trans_shape else 1


def _column(data, classes, dim):
    """The shape with all maps by themselves: (pictures, classes, channels, maps, height, width)."""
    n, channels, height, width = data
    return (n, classes, dim // classes, channels // dim, height, width)


def _around(y, x, lengths, floor, ceil, clip):
    """The pixels around places, and whether they lie in the picture (or less than half a pixel
    beside it)."""
    h, w = lengths
    inside = (y >= -0.5) * (y <= h - 0.5) * (x >= -0.5) * (x <= w - 0.5)
    y, x = clip(y, 0, h - 1), clip(x, 0, w - 1)
    return inside, neighbours(y, x, floor(y), floor(x), ceil(y), ceil(x))


def _lowered(corners, first_rows):
    """The corners with rows counted in the column of all maps."""
    return [(weight, y + first_rows, x) for weight, y, x in corners]


def _cost(p, ins, outs):
    return 20 * shapes.size(outs[0]) * p.sample_per_part**2


@operator(
    "_contrib_DeformablePSROIPooling",
    *POOLING,
    input_count=lambda p: 2 if p.no_trans else 3,
    type=rules.float_type,
    cost=_cost,
)
def deformable_pooling(k, p, data, rois, trans=None):
    """Regions of pictures as small pictures of one size, each pixel from a map of its own.

    A region is cut into pooled_size by pooled_size parts.  Each is moved by trans, looked at in
    sample_per_part by sample_per_part places, between the pixels if need be, and the mean of those
    places that lie in the picture is taken (0 when there are none).

    ========= ====================================================================================
    data      (n, output_dim * group_size^2, h, w): a map for each position in the region
    rois      (regions, 5): number of the picture, left, top, right, bottom
    trans     (regions, 2 * classes, part_size, part_size): moves along x and y in units of
              trans_std times width and height of the region; output_dim is cut into the classes
    output    (regions, output_dim, pooled_size, pooled_size)
    ========= ====================================================================================

    Raises ShapeError when shapes do not fit.

    Source: MXNet 1.6, `mx.nd.contrib.DeformablePSROIPooling`; Dai and others, 2017.
    """
    xp, (pictures, regions, moves) = k.xp, widened(data, rois, trans)
    places = _places(k, p, regions, moves)
    y, x = places[:, :, None]
    inside, (corners, _, _) = _around(y, x, data.shape[2:], xp.floor, xp.ceil, xp.clip)
    corners = _lowered(corners, _first_rows(xp, p, regions, data.shape[2]))
    classes = places.shape[1]
    maps = pictures.reshape(_column(data.shape, classes, p.output_dim))
    maps = maps.transpose(1, 2, 0, 3, 4, 5)
    maps = maps.reshape(classes, p.output_dim // classes, -1, data.shape[3])
    total = (mixed(partial(pick, xp, maps), corners) * inside).sum(3)
    total /= xp.maximum(inside.sum(3), 1)
    total = total.reshape(p.output_dim, len(rois), p.pooled_size, p.pooled_size)
    return xp.ascontiguousarray(total.swapaxes(0, 1).astype(data.dtype))


@deformable_pooling.shapes
@rules.forward
def _(p, data, rois, trans=None):
    maps = p.output_dim * p.group_size**2
    if len(data) != 4 or data[1] != maps or len(rois) != 2 or rois[1] != 5:
        raise ShapeError("data and rois do not fit", rule=f"data (n, {maps}, h, w), rois (.., 5)")
    shapes.check_filled(data, "a picture")
    _checked_classes(p, rois, trans)
    return (rois[0], p.output_dim, p.pooled_size, p.pooled_size)


def _checked_classes(p, rois, trans):
    """The number of classes; raises ShapeError where trans does not fit the regions."""
    if trans is None:
        return 1
    parts = p.part_size or p.pooled_size
    classes = trans[1] // 2 if len(trans) == 4 else 0
    if not classes or trans != (rois[0], 2 * classes, parts, parts) or p.output_dim % classes:
        raise ShapeError(
            f"trans has the shape {shapes.text(trans)}",
            rule=f"({rois[0]}, 2 * classes, {parts}, {parts}); the classes divide output_dim",
        )
    return classes


# The gradient goes the way of the kernel, with registered operators that have gradients in turn.


def _options(p):
    return {param.name: getattr(p, param.name) for param in POOLING}


@operator(
    "_region_places",
    *POOLING,
    input_count=lambda p: 1 if p.no_trans else 2,
    type=rules.float_type,
)
def region_places(k, p, rois, trans=None):
    """Where DeformablePSROIPooling looks: (2, classes, regions * parts, samples)."""
    return _places(k, p, rois, trans)


def _check_rois(rois):
    if len(rois) != 2 or rois[1] != 5:
        raise ShapeError(f"rois has the shape {shapes.text(rois)}", rule="(regions, 5)")


@region_places.shapes
@rules.forward
def _(p, rois, trans=None):
    _check_rois(rois)
    classes = _checked_classes(p, rois, trans)
    return (2, classes, rois[0] * p.pooled_size**2, p.sample_per_part**2)


@region_places.gradient("trans")
def _(F, p, dy, rois, trans_shape):
    return F._region_moves(dy, rois, shape=trans_shape, **_options(p))


@operator(
    "_region_moves",
    *POOLING,
    Shape("shape", doc="Shape of trans."),
    type=rules.float_type,
)
def region_moves(k, p, delta, rois):
    """The gradient of `_region_places` for trans."""
    parts, which = p.pooled_size, _parts(k, p, delta.dtype)
    moves = delta.reshape(*delta.shape[:2], len(rois), parts, parts, -1).sum(5)
    moves = moves[::-1].transpose(2, 1, 0, 3, 4) * _scale(k.xp, p, rois)
    return k.xp.matmul(which.T, k.xp.matmul(moves, which)).reshape(p.shape)


@region_moves.shapes
@rules.forward
def _(p, delta, rois):
    _check_rois(rois)
    classes = _checked_classes(p, rois, p.shape)
    wanted = (2, classes, rois[0] * p.pooled_size**2, p.sample_per_part**2)
    shapes.check_fits(delta, wanted, "delta")
    return p.shape


@region_moves.gradient("delta")
def _(F, p, dy, rois):
    moved = F._region_places(rois, dy, **_options(p))
    return moved - F._region_places(rois, **_options(p) | {"no_trans": True})


@operator(
    "_region_maps",
    *POOLING,
    Int("height", low=1, doc="Rows of a map."),
    type=rules.float_type,
    zero_gradient=True,
)
def region_maps(k, p, rois):
    """In which row the map of each part begins when all maps stand in one column."""
    return _first_rows(k.xp, p, rois, p.height).astype(rois.dtype)


@region_maps.shapes
@rules.forward
def _(p, rois):
    _check_rois(rois)
    return (1, 1, rois[0] * p.pooled_size**2, 1)


def _in_rule(F, p, rois, trans, classes, data_shape):
    """What each place contributes, and the pixels around it, in a rule."""
    moves = () if trans is None else (trans,)
    places = F._region_places(rois, *moves, **_options(p))
    shape = (classes, 1, -1, p.sample_per_part**2)
    y, x = (
        F._np_reshape(F.slice_axis(places, axis=0, begin=i, end=i + 1), newshape=shape)
        for i in (0, 1)
    )

    def clip(place, low, high):
        return F.clip(place, a_min=low, a_max=high)

    inside, (corners, u, v) = _around(y, x, data_shape[2:], F.floor, F.ceil, clip)
    count = F._maximum_scalar(F.sum(inside, axis=3, keepdims=True), scalar=1)
    first_rows = F._region_maps(rois, height=data_shape[2], **_options(p))
    return inside / count, _lowered(corners, first_rows), u, v


def _delta(F, p, dy, share, classes):
    """The gradient at what was found at each place."""
    own = F.transpose(dy, axes=(1, 0, 2, 3))
    return F._np_reshape(own, newshape=(classes, p.output_dim // classes, -1, 1)) * share


@deformable_pooling.gradient("data")
def _(F, p, dy, rois, trans, data_shape, trans_shape):
    classes = _classes(trans_shape)
    share, corners, _, _ = _in_rule(F, p, rois, trans, classes, data_shape)
    delta = _delta(F, p, dy, share, classes)
    n, *rest = _column(data_shape, classes, p.output_dim)
    maps = (*rest[:2], n * rest[2] * rest[3], rest[4])
    found = F._np_reshape(spread(F, delta, corners, maps), newshape=(*rest[:2], n, *rest[2:]))
    return F._np_reshape(F.transpose(found, axes=(2, 0, 1, 3, 4, 5)), newshape=data_shape)


@deformable_pooling.gradient("trans")
def _(F, p, dy, data, rois, trans, data_shape, trans_shape):
    classes = _classes(trans_shape)
    share, *around = _in_rule(F, p, rois, trans, classes, data_shape)
    delta = _delta(F, p, dy, share, classes)
    column = _column(data_shape, classes, p.output_dim)
    maps = F.transpose(F._np_reshape(data, newshape=column), axes=(1, 2, 0, 3, 4, 5))
    maps = F._np_reshape(maps, newshape=(*column[1:3], -1, column[5]))
    along = slopes(partial(F._pick_pixels, maps), *around)
    down, right = (F.sum(delta * slope, axis=1) for slope in along)
    return F._region_moves(F.stack(down, right, axis=0), rois, shape=trans_shape, **_options(p))


# ---- examples


def _bilinear(picture, y, x):
    height, width = picture.shape
    rows = np.maximum(0, 1 - abs(np.arange(height) - y))
    columns = np.maximum(0, 1 - abs(np.arange(width) - x))
    return rows @ picture @ columns


def _pooled(scale, dim, group, parts, samples=1, std=0.0):
    """Place by place; trans has as many parts as the output."""

    def value(data, rois, trans=None):
        height, width = data.shape[2:]
        out = np.zeros((len(rois), dim, parts, parts))
        for r, o, i, j in np.ndindex(*out.shape):
            picture, *box = rois[r]
            left, top, right, bottom = np.round(box)
            start = np.array([top, left]) * scale - 0.5
            size = np.maximum(np.array([bottom + 1, right + 1]) * scale - 0.5 - start, 0.1)
            if trans is not None:
                c = o * trans.shape[1] // (2 * dim)
                start = start + trans[r, [2 * c + 1, 2 * c], i, j] * std * size
            maps = (o * group + i * group // parts) * group + j * group // parts
            seen = []
            for a, b in np.ndindex(samples, samples):
                y, x = start + (np.array([i, j]) + np.array([a, b]) / samples) * size / parts
                if -0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5:
                    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
                    seen.append(_bilinear(data[int(picture), maps], y, x))
            out[r, o, i, j] = np.mean(seen) if seen else 0
        return out

    return value


_ROIS = [[1, 1, 0, 4, 5], [0, 2, 2, 7, 6], [1, 3, 1, 3, 1]]
deformable_pooling.example(
    (2, 8, 5, 6), _ROIS, spatial_scale=0.7, output_dim=2, group_size=2, pooled_size=2,
    sample_per_part=2, no_trans=True,
).gives(_pooled(0.7, 2, 2, 2, 2))  # fmt: skip
deformable_pooling.example(
    (2, 16, 5, 6), _ROIS, In((3, 4, 3, 3), -1, 1), spatial_scale=0.9, output_dim=4, group_size=2,
    pooled_size=3, sample_per_part=2, trans_std=0.1,
).gives(_pooled(0.9, 4, 2, 3, 2, 0.1))  # fmt: skip
_SIZES = {"spatial_scale": 1.0, "output_dim": 2, "group_size": 1, "pooled_size": 4}
region_places.example(_ROIS, (3, 4, 2, 2), part_size=2, sample_per_part=2, trans_std=0.1, **_SIZES)
region_moves.example(
    (2, 2, 48, 4), _ROIS, shape=(3, 4, 2, 2), part_size=2, sample_per_part=2, trans_std=0.1,
    **_SIZES,
)  # fmt: skip
region_maps.example(_ROIS, height=5, **_SIZES).not_smooth("row numbers are whole")
