"""Regions of interest: a part of an image, however large, as a small array of one size.

Regions are rows (image, left, top, right, bottom) in pixels of the original picture, which
`spatial_scale` turns into those of the feature map.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import regions as kernels
from mxbook.ops.operator import Operator
from mxbook.ops.params import Bool, Int, Param, Real, Shape
from mxbook.ops.registry import operator, register


class Pair(Shape):
    """Two whole numbers, at least 1."""

    kind = "two whole numbers, at least 1"

    def convert(self, value):
        """Height, then width."""
        value = super().convert(value)
        if len(value) != 2 or min(value) < 1:
            raise ValueError
        return value


class Scale(Real):
    """A number from 0 to 1."""

    kind = "a number from 0 to 1"

    def convert(self, value):
        """Both ends are allowed."""
        value = super().convert(value)
        if not 0 <= value <= 1:
            raise ValueError
        return value


SIZE = Pair("pooled_size", doc="Height and width of the result.")
SCALE = Scale("spatial_scale", doc="Size of the feature map divided by that of the picture.")


def wide(data: Any) -> Any:
    """float16 as float32, for sums."""
    return data.astype("float32") if data.dtype == np.float16 else data


def check_shapes(data, rois, width):
    """Raise ShapeError unless data are images and regions rows of `width` numbers."""
    if len(data) != 4:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(n, c, h, w)")
    if len(rois) != 2 or rois[1] != width:
        raise ShapeError(f"rois has the shape {shapes.text(rois)}", rule=f"(regions, {width})")


def _regions(p, data, rois, width=5):
    check_shapes(data, rois, width)
    return (rois[0], data[1], *p.pooled_size)


def parts_first(xp, rows, regions, size):
    """Rows of channels, one for each part, as an array (regions, channels, *size)."""
    return xp.ascontiguousarray(rows.reshape(regions, *size, -1).transpose(0, 3, 1, 2))


# ---- the largest number


def _rounded(value):
    """Half a pixel is rounded away from 0, as in C."""
    return np.copysign(np.floor(np.abs(value) + 0.5), value)


def _windows(p, shape, rois):
    """The pixels of each part of each region, one after the other."""
    left, top, right, bottom = (_rounded(x * x.dtype.type(p.spatial_scale)) for x in rois[:, 1:].T)
    limits = []
    for start, end, count, length in (
        (top, bottom, p.pooled_size[0], shape[2]),
        (left, right, p.pooled_size[1], shape[3]),
    ):
        low, high = kernels.edges(np.maximum(end - start + 1, 1), count)
        both = np.floor(low) + start[:, None], np.ceil(high) + start[:, None]
        limits.append([np.clip(one, 0, length).astype("int64") for one in both])
    first = kernels.first_rows(rois, shape, p.pooled_size)
    return kernels.windows(first, shape[3], *limits)


def _with_places(p, *ins):
    found, outs = rules.float_type(p, *ins)
    return found, [*outs, np.dtype("int64")]


@operator(
    "ROIPooling",
    SIZE,
    SCALE,
    type=_with_places,
    shape=rules.forward(lambda p, data, rois: [_regions(p, data, rois)] * 2),
    outputs=("output", "places"),
    visible=lambda p: 1,
    cost=lambda p, ins, outs: 8 * shapes.size(outs[0]),
)
def roi_pooling(k, p, data, rois):
    """Regions of images, cut into parts of about equal size; of each part the largest number.

    ======== ======================================================================
    data     (n, c, h, w)
    rois     (regions, 5): image, left, top, right, bottom; both ends belong to it
    output   (regions, c, *pooled_size)
    ======== ======================================================================

    Corners are scaled and rounded to whole pixels; a region is at least one pixel large.  Parts are
    rounded outwards, so that neighbours may overlap; those outside the image give 0.  The gradient
    goes to the largest number of each part, none to the regions.  The hidden second output says
    where in the (flattened) data that number stands, or -1.

    Errors: ShapeError where the inputs do not fit; IndexingError for an image that does not exist.

    Source: MXNet 1.6, `mx.nd.ROIPooling`; Girshick, Fast R-CNN, 2015.
    """
    xp, rois = k.xp, k.to_host(rois)
    rows, (_, channels, height, width) = kernels.rows_of(xp, data), data.shape
    count = len(rois) * shapes.size(p.pooled_size)
    largest, where = kernels.maxima(k, rows, _windows(p, data.shape, rois), count)
    image, pixel = xp.divmod(where, height * width)
    flat = (image * channels + xp.arange(channels)) * (height * width) + pixel
    flat = xp.where(where < 0, -1, flat)
    return tuple(parts_first(xp, x, len(rois), p.pooled_size) for x in (largest, flat))


@roi_pooling.gradient("data")
def _(F, p, dy, places, data_shape, data_dtype):
    dy = dy * F.Cast(places >= 0, dtype=data_dtype)
    found = F._backward_take(dy, places, shape=(shapes.size(data_shape),))
    return F._np_reshape(found, newshape=data_shape)


# ---- weighted sums


class Kind:
    """What tells one weighted sum from another.

    `places(p, shape, rois)` gives rows of pixels and their weights, see `kernels.regions`;
    `groups(p)` how the channels are split; `shape(p, data, rois)` the result's.
    """

    def __init__(self, places: Callable, shape: Callable, groups: Callable = lambda p: (1, 1)):
        self.places, self.shape, self.groups = places, shape, groups


def weighted(name: str, params: tuple[Param, ...], kind: Kind, doc: str) -> tuple[Operator, ...]:
    """Register an operator that sums pixels of regions with weights, and the one for its gradient.

    Both are linear in the images, so that each is the gradient of the other.
    """
    gradient_name = f"_backward_{name.removeprefix('_contrib_')}"

    def forward(k, p, data, rois):
        rois = k.to_host(rois)
        _, _, *size = shape = kind.shape(p, data.shape, rois.shape)
        rows = kernels.rows_of(k.xp, wide(data), kind.groups(p))
        places = kind.places(p, data.shape, rois)
        found = kernels.weighted_sums(k, rows, places, shape[0] * shapes.size(size))
        return parts_first(k.xp, found, shape[0], size).astype(data.dtype, copy=False)

    def backward(k, p, delta, rois):
        rows = kernels.rows_of(k.xp, wide(delta))
        n, channels, height, width = p.shape
        places = kind.places(p, p.shape, k.to_host(rois))
        count = n * channels * height * width // rows.shape[1]
        found = kernels.spread(k, rows, places, count)
        images = kernels.images_of(k.xp, found, p.shape, kind.groups(p))
        return images.astype(delta.dtype, copy=False)

    def options(p):
        return {param.name: getattr(p, param.name) for param in params}

    fields: dict[str, Any] = {"type": rules.float_type, "source": weighted, "cost": _cost}
    op = register(
        Operator(name, forward, params, doc=doc, shape=rules.forward(kind.shape), **fields)
    )
    back = register(
        Operator(
            gradient_name,
            backward,
            (*params, Shape("shape", doc="Shape of the data.")),
            doc=f"The gradient of {name.removeprefix('_contrib_')}: each number of the result is "
            "added to the pixels it came from, with the same weights.",
            shape=rules.forward(lambda p, delta, rois: p.shape),
            **fields,
        )
    )

    @op.gradient("data")
    def _(F, p, dy, rois, data_shape):
        return getattr(F, gradient_name)(dy, rois, shape=data_shape, **options(p))

    @back.gradient("delta")
    def _(F, p, dy, rois):
        return getattr(F, name)(dy, rois, **options(p))

    return op, back


def _cost(p, ins, outs):
    return 32 * max(map(shapes.size, ins + outs))


def _samples(ratio, size, count):
    """How many samples along an axis each part of a region of this size has, as numbers."""
    return np.full_like(size, ratio) if ratio > 0 else np.ceil(size / count)


def _grid(p, ratio, start, size):
    """The samples of all parts, one of each part at a time: their places and weights.

    `start` and `size` hold y and x of the regions.  Yields y (regions, rows), x (regions, columns)
    and weights (regions,), which are 0 where a region has no such sample.
    """
    counts = [_samples(ratio, s, n) for s, n in zip(size, p.pooled_size, strict=True)]
    share = 1 / np.maximum(counts[0] * counts[1], 1)
    steps = [s / s.dtype.type(n) for s, n in zip(size, p.pooled_size, strict=True)]
    corners = [
        first[:, None] + np.arange(n, dtype=s.dtype) * s[:, None]
        for n, first, s in zip(p.pooled_size, start, steps, strict=True)
    ]
    for i in range(int(counts[0].max(initial=0))):
        for j in range(int(counts[1].max(initial=0))):
            y, x = (
                corner + ((m + 0.5) * s / count)[:, None]
                for corner, m, s, count in zip(corners, (i, j), steps, counts, strict=True)
            )
            yield y, x, share * (i < counts[0]) * (j < counts[1])


def _align_groups(p):
    return p.pooled_size if p.position_sensitive else (1, 1)


def _aligned(p, shape, rois):
    """Where ROIAlign looks."""
    left, top, right, bottom = (rois[:, 1:] * rois.dtype.type(p.spatial_scale)).T
    size = np.maximum(bottom - top, 1), np.maximum(right - left, 1)
    there = rois[:, 0] >= 0
    rois = np.where(there[:, None], rois, 0)
    first = kernels.first_rows(rois, shape, p.pooled_size, _align_groups(p))
    for y, x, share in _grid(p, p.sample_ratio, (top, left), size):
        weight = (share * there)[:, None, None]
        yield from kernels.between(first, shape, y[:, :, None], x[:, None, :], weight)


def _aligned_shape(p, data, rois):
    n, channels, *size = _regions(p, data, rois)
    if not p.position_sensitive:
        return (n, channels, *size)
    if channels % shapes.size(size):
        raise ShapeError(
            f"{channels} channels cannot be split into groups for {size[0]} x {size[1]} parts",
            rule="with position_sensitive a multiple of the number of parts",
        )
    return (n, channels // shapes.size(size), *size)


ALIGN = (
    SIZE,
    SCALE,
    Int(
        "sample_ratio",
        -1,
        high=100,
        doc="Samples along each axis of a part; one a pixel when 0 or less.",
    ),
    Bool("position_sensitive", False, doc="Whether each part has channels of its own."),
)
roi_align, roi_align_gradient = weighted(
    "_contrib_ROIAlign",
    ALIGN,
    Kind(_aligned, _aligned_shape, _align_groups),
    """Regions of images, cut into parts of equal size; of each part the mean of a few samples.

    ======== ======================================================================
    data     (n, c, h, w)
    rois     (regions, 5): image, left, top, right, bottom; nothing is rounded
    output   (regions, c, *pooled_size); c / parts channels with `position_sensitive`
    ======== ======================================================================

    Samples lie evenly spread in a part, between pixels, and are the means of the four neighbours,
    the nearer the more weight.  Those more than a pixel outside the image are 0.  A region is at
    least one pixel large; one of a negative image gives 0.  With `position_sensitive`, part (i, j)
    of channel k is taken from channel `(k * pooled_size[0] + i) * pooled_size[1] + j`.
    No gradient flows to the regions.

    Errors: ShapeError where the inputs do not fit; IndexingError for an image that does not exist.

    Source: MXNet 1.6, `mx.nd.contrib.ROIAlign`; He and others, Mask R-CNN, 2017.
    """,
)


def _rotated(p, shape, rois):
    """Where RROIAlign looks."""
    scale = rois.dtype.type(p.spatial_scale)
    center_x, center_y, width, height = (rois[:, 1:5] * scale).T
    size = np.maximum(height, 1), np.maximum(width, 1)
    angle = rois[:, 5] * rois.dtype.type(np.pi / 180)
    cos, sin = (f(angle)[:, None, None] for f in (np.cos, np.sin))
    first = kernels.first_rows(rois, shape, p.pooled_size)
    for v, u, share in _grid(p, p.sampling_ratio, (-size[0] / 2, -size[1] / 2), size):
        v, u = v[:, :, None], u[:, None, :]
        y = v * cos - u * sin + center_y[:, None, None]
        x = u * cos + v * sin + center_x[:, None, None]
        yield from kernels.between(first, shape, y, x, share[:, None, None])


ROTATED = (
    SIZE,
    SCALE,
    Int(
        "sampling_ratio",
        -1,
        high=100,
        doc="Samples along each axis of a part; one a pixel when 0 or less.",
    ),
)
rroi_align, rroi_align_gradient = weighted(
    "_contrib_RROIAlign",
    ROTATED,
    Kind(_rotated, lambda p, data, rois: _regions(p, data, rois, 6)),
    """ROIAlign for regions that are turned.

    ======== ===========================================================================
    data     (n, c, h, w)
    rois     (regions, 6): image, center x, center y, width, height, angle in degrees
    output   (regions, c, *pooled_size)
    ======== ===========================================================================

    Positive angles turn the region against the clock.  See ROIAlign for the rest.

    Errors: ShapeError where the inputs do not fit; IndexingError for an image that does not exist.

    Source: MXNet 1.6, `mx.nd.contrib.RROIAlign` (where it has no gradient); Ma and others, 2018.
    """,
)


def _group(p):
    return p.group_size or p.pooled_size


def _averaged_groups(p):
    return _group(p), _group(p)


def _averaged(p, shape, rois):
    """The pixels of each part of each region with equal weights, one after the other."""
    scale, size = rois.dtype.type(p.spatial_scale), (p.pooled_size, p.pooled_size)
    left, top = (_rounded(x) * scale for x in rois[:, 1:3].T)
    right, bottom = (_rounded(x + 1) * scale for x in rois[:, 3:5].T)
    limits = []
    for start, end, length in ((top, bottom, shape[2]), (left, right, shape[3])):
        low, high = kernels.edges(np.maximum(end - start, rois.dtype.type(0.1)), p.pooled_size)
        both = np.floor(low + start[:, None]), np.ceil(high + start[:, None])
        limits.append([np.clip(one, 0, length).astype("int64") for one in both])
    heights, widths = (np.maximum(high - low, 0) for low, high in limits)
    share = 1 / np.maximum(heights[:, :, None] * widths[:, None, :], 1).reshape(-1)
    first = kernels.first_rows(rois, shape, size, _averaged_groups(p))
    for source, inside in kernels.windows(first, shape[3], *limits):
        yield source, inside * share


def _averaged_shape(p, data, rois):
    check_shapes(data, rois, 5)
    if data[1] != p.output_dim * _group(p) ** 2:
        raise ShapeError(
            f"{data[1]} channels for output_dim={p.output_dim} and group_size={_group(p)}",
            rule="c = output_dim * group_size * group_size",
        )
    return (rois[0], p.output_dim, p.pooled_size, p.pooled_size)


psroi_pooling, psroi_pooling_gradient = weighted(
    "_contrib_PSROIPooling",
    (
        SCALE,
        Int("output_dim", low=1, doc="Number of channels of the result."),
        Int("pooled_size", low=1, doc="Height and width of the result."),
        Int("group_size", 0, low=0, doc="Groups of channels along each axis; pooled_size when 0."),
    ),
    Kind(_averaged, _averaged_shape, _averaged_groups),
    """Regions of images, cut into parts of equal size; of each part the mean in its own channels.

    ======== ======================================================================
    data     (n, output_dim * group_size * group_size, h, w)
    rois     (regions, 5): image, left, top, right, bottom; both ends belong to it
    output   (regions, output_dim, pooled_size, pooled_size)
    ======== ======================================================================

    Part (i, j) of channel k is taken from channel `(k * group_size + a) * group_size + b`, where
    a and b are i and j as fractions of pooled_size, times group_size, rounded down.  Corners are
    rounded to whole pixels, then scaled; parts are rounded outwards.  Parts outside the image are
    0.  No gradient flows to the regions.

    Errors: ShapeError where the inputs do not fit; IndexingError for an image that does not exist.

    Source: MXNet 1.6, `mx.nd.contrib.PSROIPooling`; Dai and others, R-FCN, 2016.
    """,
)


# ---- examples


def _each_part(data, rois, size, value):
    """`value(channels, y, x, i, j)` of each part: its edges in the region's image."""
    found = []
    for image, left, top, right, bottom in rois:
        edges = np.linspace(top, bottom, size[0] + 1), np.linspace(left, right, size[1] + 1)
        for i, j in np.ndindex(*size):
            y, x = edges[0][i : i + 2], edges[1][j : j + 2]
            found.append(value(data[int(image)], y, x, i, j))
    return np.moveaxis(np.reshape(found, (len(rois), *size, -1)), -1, 1)


def _window(y, x):
    return slice(*map(int, (np.floor(y[0]), np.ceil(y[1])))), slice(
        *map(int, (np.floor(x[0]), np.ceil(x[1])))
    )


def _at(image, y, x):
    """Between pixels: the sum of all, each with its share of the place."""
    rows, columns = (
        np.maximum(0, 1 - abs(np.arange(n) - c))
        for n, c in zip(image.shape[1:], (y, x), strict=True)
    )
    return np.einsum("chw,h,w->c", image, rows, columns)


def _mean(count):
    """The mean of `count` x `count` samples."""

    def value(image, y, x, i, j):
        places = (np.arange(count) + 0.5) / count
        grid = [
            (y[0] + a * (y[1] - y[0]), x[0] + b * (x[1] - x[0])) for a in places for b in places
        ]
        return np.mean([_at(image, *place) for place in grid], axis=0)

    return value


_BOTH_ENDS = [0, 0, 0, 1, 1]  # right and bottom belong to a region
_ROIS = [[0, 0, 0, 3, 2], [1, 1, 1, 2, 2]]
_INSIDE = [[0, 0.5, 0.5, 3.5, 2.5], [1, 1, 0.25, 2, 2.25]]
roi_pooling.example((2, 3, 4, 5), _ROIS, pooled_size=(2, 2), spatial_scale=1).gives(
    lambda x, r: _each_part(
        x, np.add(r, _BOTH_ENDS), (2, 2), lambda d, v, u, *_: d[:, *_window(v, u)].max((1, 2))
    )
)
roi_pooling.example((1, 2, 4, 5), [[0, 12, 2, 16, 6]], pooled_size=(1, 3), spatial_scale=0.5)
roi_align.example((2, 3, 4, 5), _INSIDE, pooled_size=(2, 3), spatial_scale=1, sample_ratio=2).gives(
    lambda x, r: _each_part(x, r, (2, 3), _mean(2))
)
roi_align.example(
    (2, 8, 4, 5),
    _INSIDE,
    pooled_size=(2, 2),
    spatial_scale=1,
    position_sensitive=True,
    sample_ratio=1,
).gives(
    lambda x, r: _each_part(
        x, r, (2, 2), lambda d, v, u, i, j: _mean(1)(d[2 * i + j :: 4], v, u, i, j)
    )
)
roi_align.example(
    (1, 2, 3, 3), [[0, -2, -2, 8, 4], [-1, 0, 0, 1, 1]], pooled_size=(2, 2), spatial_scale=0.5
)
rroi_align.example(
    (2, 2, 5, 5), [[1, 2, 2, 2, 1, 0]], pooled_size=(1, 2), spatial_scale=1, sampling_ratio=2
).gives(lambda x, r: _each_part(x, np.array([[1, 1, 1.5, 3, 2.5]]), (1, 2), _mean(2)))
rroi_align.example((1, 2, 5, 5), [[0, 4, 4, 4, 2, 30]], pooled_size=(2, 2), spatial_scale=0.5)
psroi_pooling.example((2, 8, 4, 5), _ROIS, output_dim=2, pooled_size=2, spatial_scale=1).gives(
    lambda x, r: _each_part(
        x,
        np.add(r, _BOTH_ENDS),
        (2, 2),
        lambda d, v, u, i, j: d[2 * i + j :: 4, *_window(v, u)].mean((1, 2)),
    )
)
psroi_pooling.example(
    (1, 4, 4, 5), [[0, 1, 1, 6, 6]], output_dim=1, pooled_size=3, group_size=2, spatial_scale=0.5
)
for operation, channels, options in (
    (roi_align_gradient, 2, {"pooled_size": (2, 2)}),
    (psroi_pooling_gradient, 2, {"pooled_size": 2, "output_dim": 2, "group_size": 1}),
):
    operation.example((2, channels, 2, 2), _ROIS, spatial_scale=1, shape=(2, 2, 4, 5), **options)
rroi_align_gradient.example(
    (1, 2, 1, 2), [[0, 2, 2, 2, 1, 30]], pooled_size=(1, 2), spatial_scale=1, shape=(1, 2, 4, 4)
)
