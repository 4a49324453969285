"""Moving pixels: making a grid of places, sampling an image at them, and both in one."""

from functools import partial

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, Enum, Shape
from mxbook.ops.registry import operator

GRID = (
    Enum("transform_type", ("affine", "warp"), doc="What the data is: a matrix, or a flow."),
    Shape("target_shape", (0, 0), doc="With affine: height and width of the grid."),
)


def _places(xp, height, width, dtype):
    """Coordinates of all pixels as (2, height * width), x before y, both from -1 to 1."""
    y, x = (
        xp.arange(n, dtype=dtype) * (2 / (n - 1) if n > 1 else xp.nan) - 1 for n in (height, width)
    )
    return xp.stack([xp.tile(x, height), xp.repeat(y, width)])


def _pixel_sizes(height, width):
    """Half the size of the picture, in pixels, along x and y."""
    return [(width - 1) / 2, (height - 1) / 2]


@operator("GridGenerator", *GRID)
def grid_generator(k, p, data):
    """The places at which BilinearSampler looks, as coordinates from -1 (left, top) to 1.

    ========= ===================== =============================================================
    affine    data (n, 6)           a matrix [[a, b, c], [d, e, f]] for each example; the place
                                    (x, y) of the grid becomes (a x + b y + c, d x + e y + f)
    warp      data (n, 2, h, w)     how far from itself each pixel looks, in pixels
    output    (n, 2, h, w)          x coordinates, then y coordinates
    ========= ===================== =============================================================

    Source: MXNet 1.6, `mx.nd.GridGenerator`; Jaderberg and others, 2015.
    """
    xp = k.xp
    if p.transform_type == "warp":
        height, width = data.shape[2:]
        return _in_halves(xp, data) + _places(xp, height, width, data.dtype).reshape(
            2, height, width
        )
    height, width = p.target_shape
    places = _places(xp, height, width, data.dtype)
    matrix = data.reshape(-1, 2, 3)
    grid = xp.matmul(matrix[:, :, :2], places) + matrix[:, :, 2:]
    return grid.reshape(-1, 2, height, width)


def _in_halves(xp, flow):
    """Pixels as coordinates from -1 to 1."""
    halves = xp.asarray(_pixel_sizes(*flow.shape[2:]), flow.dtype)
    return flow / halves.reshape(2, 1, 1)


@grid_generator.shapes
@rules.forward
def _(p, data):
    if p.transform_type == "warp":
        if len(data) != 4 or data[1] != 2:
            raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(n, 2, h, w)")
        return data
    if len(data) != 2 or data[1] != 6:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(n, 6)")
    if len(p.target_shape) != 2 or min(p.target_shape) < 1:
        raise ParameterError(f"target_shape cannot be {p.target_shape}", rule="(height, width)")
    return (data[0], 2, *p.target_shape)


grid_generator.types(rules.float_type)


@grid_generator.gradient("data")
def _(F, p, dy):
    return F._grid_gradient(dy, transform_type=p.transform_type)


@operator("_grid_gradient", GRID[0], type=rules.float_type)
def grid_gradient(k, p, delta):
    """The gradient of GridGenerator."""
    xp = k.xp
    if p.transform_type == "warp":
        return _in_halves(xp, delta)
    n, _, height, width = delta.shape
    places = _places(xp, height, width, delta.dtype)
    places = xp.concatenate([places, xp.ones_like(places[:1])])
    return xp.matmul(delta.reshape(n, 2, -1), places.T).reshape(n, 6)


@grid_gradient.shapes
@rules.forward
def _(p, delta):
    if len(delta) != 4 or delta[1] != 2:
        raise ShapeError(f"delta has the shape {shapes.text(delta)}", rule="(n, 2, h, w)")
    return delta if p.transform_type == "warp" else (delta[0], 6)


@grid_gradient.gradient("delta")
def _(F, p, dy, delta_shape):
    if p.transform_type == "warp":
        return F._grid_gradient(dy, transform_type="warp")
    return F.GridGenerator(dy, transform_type="affine", target_shape=delta_shape[2:])


def neighbours(y, x, top, left, below, right):
    """The four pixels around each place (y, x), as (weight, y, x), and how far it is from them.

    Rows `top` and `below`, columns `left` and `right` are beside it; works for arrays and in rules.
    """
    u, v = x - left, y - top
    corners = [
        ((1 - v) * (1 - u), top, left),
        ((1 - v) * u, top, right),
        (v * (1 - u), below, left),
        (v * u, below, right),
    ]
    return corners, u, v


def mixed(pick, corners):
    """The weighted sum of the pixels at the corners; `pick(y, x)` reads one for each place."""
    a, b, c, d = (weight * pick(y, x) for weight, y, x in corners)
    return a + b + c + d


def spread(F, dy, corners, shape):
    """The gradient of `mixed` for the data."""
    parts = [F._put_pixels(dy * weight, y, x, shape=shape) for weight, y, x in corners]
    return parts[0] + parts[1] + parts[2] + parts[3]


def slopes(pick, corners, u, v):
    """How fast `mixed` changes when places move down and when they move right."""
    a, b, c, d = (pick(y, x) for _, y, x in corners)
    return (c - a) * (1 - u) + (d - b) * u, (b - a) * (1 - v) + (d - c) * v


def _around(grid, shape, floor, part):
    """`neighbours` of the places of a grid, given functions of arrays or of rules.

    `part(grid, i)` gives (n, 1, h, w), `floor` rounds down.
    """
    half_x, half_y = _pixel_sizes(*shape[2:])
    x, y = (part(grid, 0) + 1) * half_x, (part(grid, 1) + 1) * half_y
    left, top = floor(x), floor(y)
    return neighbours(y, x, top, left, top + 1, left + 1)


def _around_in_rule(F, grid, shape):
    def part(g, i):
        return F.slice_axis(g, axis=1, begin=i, end=i + 1)

    return _around(grid, shape, F.floor, part)


@operator("BilinearSampler", Bool("cudnn_off", None, doc="Has no effect here."))
def bilinear_sampler(k, p, data, grid):
    """An image looked at in places between its pixels; outside of it everything is 0.

    ========= ================ ===========================================================
    data      (n, c, h, w)
    grid      (n, 2, h', w')   x and y from -1 (left, top) to 1 (right, bottom)
    output    (n, c, h', w')   the mean of the four neighbours, the nearer the more weight
    ========= ================ ===========================================================

    Source: MXNet 1.6, `mx.nd.BilinearSampler`; Jaderberg and others, 2015.
    """
    corners, _, _ = _around(grid, data.shape, k.xp.floor, lambda g, i: g[:, i : i + 1])
    return mixed(partial(pick, k.xp, data), corners)


def _flat_index(xp, y, x, height, width):
    """Index into an image as one row, and whether the place lies inside."""
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    index = xp.where(inside, y * width + x, 0).astype("int64")
    return index.reshape(len(y), 1, -1), inside


def pick(xp, data, y, x):
    """`data[n, :, y, x]`, 0 outside."""
    n, channels, height, width = data.shape
    index, inside = _flat_index(xp, y, x, height, width)
    index = xp.broadcast_to(index, (n, channels, index.shape[2]))
    found = xp.take_along_axis(data.reshape(n, channels, -1), index, axis=2)
    return found.reshape(n, channels, *y.shape[2:]) * inside


@bilinear_sampler.shapes
@rules.forward
def _(p, data, grid):
    if len(data) != 4 or len(grid) != 4 or grid[1] != 2 or grid[0] != data[0]:
        raise ShapeError("data and grid do not fit", rule="data (n, c, h, w), grid (n, 2, h', w')")
    shapes.check_filled(data[2:], "a picture")
    return (*data[:2], *grid[2:])


bilinear_sampler.types(rules.float_type)


@bilinear_sampler.gradient("data")
def _data_gradient(F, p, dy, grid, data_shape):
    return spread(F, dy, _around_in_rule(F, grid, data_shape)[0], data_shape)


@bilinear_sampler.gradient("grid")
def _places_gradient(F, p, dy, data, grid, data_shape):
    down, right = slopes(partial(F._pick_pixels, data), *_around_in_rule(F, grid, data_shape))
    half_x, half_y = _pixel_sizes(*data_shape[2:])
    along = [F.sum(dy * right, axis=1, keepdims=True) * half_x]
    along += [F.sum(dy * down, axis=1, keepdims=True) * half_y]
    return F.Concat(*along, dim=1)


@operator("_pick_pixels")
def pick_pixels(k, _p, data, y, x):
    """The pixels (y, x) of images, 0 outside: data (n, c, h, w), y and x (n, 1, h', w')."""
    return pick(k.xp, data, y, x)


@pick_pixels.shapes
@rules.forward
def _(p, data, y, x):
    return _picked_shape(data, y, x)


def _picked_shape(data, y, x):
    if len(data) != 4 or y != x or len(y) != 4 or y[:2] != (data[0], 1):
        raise ShapeError(
            f"places of shape {shapes.text(y)} in pictures of shape {shapes.text(data)}",
            rule="pictures (n, c, h, w), y and x (n, 1, h', w')",
        )
    shapes.check_filled(data[2:], "a picture")
    return (*data[:2], *y[2:])


@pick_pixels.gradient("data")
def _(F, p, dy, y, x, data_shape):
    return F._put_pixels(dy, y, x, shape=data_shape)


@operator(
    "_put_pixels",
    Shape("shape", doc="Shape of the images."),
)
def put_pixels(k, p, delta, y, x):
    """The reverse of `_pick_pixels`: numbers added to the pixels (y, x) of empty images."""
    xp, (n, channels, height, width) = k.xp, p.shape
    index, inside = _flat_index(xp, y, x, height, width)
    planes = xp.arange(n * channels).reshape(n, channels, 1) * (height * width)
    total = xp.bincount(
        (planes + index).ravel(), (delta * inside).ravel(), n * channels * height * width
    )
    return total.astype(delta.dtype).reshape(p.shape)


@put_pixels.shapes
@rules.forward
def _(p, delta, y, x):
    shapes.check_fits(delta, _picked_shape(p.shape, y, x), "delta")
    return p.shape


@put_pixels.gradient("delta")
def _(F, p, dy, y, x):
    return F._pick_pixels(dy, y, x)


@operator(
    "SpatialTransformer",
    GRID[1],
    Enum("transform_type", ("affine",), doc="What `loc` is: a matrix."),
    Enum("sampler_type", ("bilinear",), doc="How values between the pixels are found."),
    Bool("cudnn_off", None, doc="Has no effect here."),
    type=rules.float_type,
)
def spatial_transformer(k, p, data, loc):
    """Images moved, turned, stretched and cut by a matrix for each of them, which may be learned.

    ========= ================ =====================================================================
    data      (n, c, h, w)
    loc       (n, 6)           matrices [[a, b, c], [d, e, f]]: the pixel at (x, y) of the output is
                               looked up at (a x + b y + c, d x + e y + f); all coordinates from -1
                               (left, top) to 1
    output    (n, c, h', w')   h' and w' from target_shape; 0 where the place is outside of data
    ========= ================ =====================================================================

    It is GridGenerator and BilinearSampler in one.

    Source: MXNet 1.6, `mx.nd.SpatialTransformer`; Jaderberg and others, 2015.
    """
    return bilinear_sampler.kernel(k, p, data, grid_generator.kernel(k, p, loc))


@spatial_transformer.shapes
@rules.forward
def _(p, data, loc):
    grid = grid_generator.shape_rule(p, loc)[1][0]
    return bilinear_sampler.shape_rule(p, data, grid)[1][0]


@spatial_transformer.gradient("data")
def _(F, p, dy, loc, data_shape):
    grid = F.GridGenerator(loc, transform_type="affine", target_shape=p.target_shape)
    return _data_gradient(F, p, dy, grid, data_shape)


@spatial_transformer.gradient("loc")
def _(F, p, dy, data, loc, data_shape):
    grid = F.GridGenerator(loc, transform_type="affine", target_shape=p.target_shape)
    along = _places_gradient(F, p, dy, data, grid, data_shape)
    return F._grid_gradient(along, transform_type="affine")


# ---- examples


def _affine_value(m):
    y, x = np.mgrid[-1:1:3j, -1:1:4j]
    places = np.stack([x.ravel(), y.ravel(), np.ones(12)])
    return (m.reshape(-1, 2, 3) @ places).reshape(-1, 2, 3, 4)


def _sampled(data, grid):
    """One place after the other."""
    n, channels, height, width = data.shape
    result = np.zeros((n, channels, *grid.shape[2:]))
    for i, row, column in np.ndindex(n, *grid.shape[2:]):
        x = (grid[i, 0, row, column] + 1) * (width - 1) / 2
        y = (grid[i, 1, row, column] + 1) * (height - 1) / 2
        for a, b in np.ndindex(height, width):
            weight = max(0, 1 - abs(x - b)) * max(0, 1 - abs(y - a))
            result[i, :, row, column] += weight * data[i, :, a, b]
    return result


_INDEX = np.array([[[[0, 1], [2, -1]]]], "float32")
grid_generator.example((2, 6), transform_type="affine", target_shape=(3, 4)).gives(_affine_value)
grid_generator.example((1, 2, 3, 3), transform_type="warp").gives(
    lambda flow: flow + np.stack([*np.mgrid[-1:1:3j, -1:1:3j]][::-1])
)
grid_gradient.example((2, 2, 3, 4), transform_type="affine")
grid_gradient.example((1, 2, 3, 3), transform_type="warp").gives(lambda delta: delta)
bilinear_sampler.example((1, 2, 3, 4), In((1, 2, 2, 3), -1.2, 1.2)).gives(_sampled)
pick_pixels.example((1, 2, 2, 3), _INDEX, _INDEX)
put_pixels.example((1, 2, 2, 2), _INDEX, _INDEX, shape=(1, 2, 2, 3))
spatial_transformer.example(
    (2, 2, 4, 5), (2, 6), target_shape=(3, 4), transform_type="affine", sampler_type="bilinear"
).gives(lambda data, loc: _sampled(data, _affine_value(loc)))
