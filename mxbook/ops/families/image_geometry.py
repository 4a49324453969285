"""Images cut, turned over, put in another size, and with a border.  Always (h, w, c)."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels import opencv_resize
from mxbook.ops.params import Bool, Int, Shape
from mxbook.ops.registry import operator

from .shape import result_cost


def check_image(data: Any, axes: tuple[int, ...], channels: tuple[int, ...] = ()) -> None:
    """Raise ShapeError unless data is an image, or a batch of images where `axes` allows it."""
    if len(data) not in axes:
        raise ShapeError(
            f"an image has the shape {shapes.text(data)}",
            rule="(h, w, c)" + (" or (n, h, w, c)" if 4 in axes else ""),
        )
    shapes.check_filled(data[-3:], "an image")
    if channels and data[-1] not in channels:
        raise ShapeError(
            f"an image has {data[-1]} channels", rule=" or ".join(map(str, channels)) + " channels"
        )


@operator(
    "_image_crop",
    Int("x", low=0, doc="Left edge."),
    Int("y", low=0, doc="Upper edge."),
    Int("width", low=1, doc="Width of the part."),
    Int("height", low=1, doc="Height of the part."),
    cost=result_cost,
)
def image_crop(k, p, data):
    """A part of an image: `data[y : y + height, x : x + width]`.

    data    (h, w, c) or (n, h, w, c), 1 or 3 channels, any type
    output  (height, width, c) or (n, height, width, c)

    Raises ShapeError for other shapes, ParameterError where the part reaches beyond the image.

    Source: MXNet 1.6, `mx.nd.image.crop`.
    """
    return data[..., p.y : p.y + p.height, p.x : p.x + p.width, :].copy()


@image_crop.shapes
@rules.forward
def _(p, data):
    check_image(data, (3, 4), (1, 3))
    if p.y + p.height > data[-3] or p.x + p.width > data[-2]:
        raise ParameterError(
            f"rows {p.y} to {p.y + p.height} and columns {p.x} to {p.x + p.width} are asked for",
            rule=f"at most {data[-3]} rows and {data[-2]} columns",
        )
    return (*data[:-3], p.height, p.width, data[-1])


@image_crop.gradient("data")
def _(F, p, dy, data_shape):
    before = (None,) * (len(data_shape) - 3)
    return F._backward_slice(
        dy,
        shape=data_shape,
        begin=(*before, p.y, p.x),
        end=(*before, p.y + p.height, p.x + p.width),
    )


def _resized_shape(p, data):
    """The new height and width."""
    if len(p.size) not in (1, 2) or min(p.size) < 1:
        raise ParameterError(
            f"size cannot be {p.size}", rule="a number or (width, height), at least 1"
        )
    if len(p.size) == 2:
        return p.size[1], p.size[0]
    size, (height, width) = p.size[0], data[-3:-1]
    if not p.keep_ratio:
        return size, size
    if height > width:
        return size * height // width, size
    return size, size * width // height


INTERP = Int(
    "interp",
    1,
    low=0,
    high=5,
    doc="Made of: 0 the nearest pixel, 1 two each way, 2 four (cubic), 3 all it covers, 4 eight "
    "(Lanczos), 5 as 1 (with bytes rounded better).",
)


@operator(
    "_image_resize",
    Shape("size", (), doc="(width, height), or one number for both."),
    Bool(
        "keep_ratio", False, doc="With one number: whether it is the shorter side, in proportion."
    ),
    INTERP,
    cost=lambda p, ins, outs: 8 * max(map(shapes.size, ins + outs)),
)
def image_resize(k, p, data):
    """An image in another size.

    data    (h, w, c) or (n, h, w, c)
    output  (height, width, c) or (n, height, width, c)

    Errors: ShapeError for other shapes, ParameterError for a size that is none.

    Source: MXNet 1.6, `mx.nd.image.resize` (OpenCV's `resize`; MXNet's gradient fails).
    """
    return opencv_resize.resized(k, data, _resized_shape(p, data.shape), p.interp)


@image_resize.shapes
@rules.forward
def _(p, data):
    check_image(data, (3, 4))
    return (*data[:-3], *_resized_shape(p, data), data[-1])


@image_resize.gradient("data")
def _(F, p, dy, data_shape):
    return F._backward_image_resize(dy, shape=data_shape, interp=p.interp)


@operator(
    "_backward_image_resize",
    Shape("shape", doc="Shape of the image."),
    INTERP,
    cost=lambda p, ins, outs: 64 * max(map(shapes.size, ins + outs)),
)
def image_resize_gradient(k, p, delta):
    """Each number goes back to the pixels it was made of, in the same proportions."""
    old, new = p.shape[-3:-1], delta.shape[-3:-1]
    shrinks = new[0] <= old[0] and new[1] <= old[1]
    wide = "float64" if delta.dtype.itemsize == 8 else "float32"
    rows, columns = (
        k.to_device(
            opencv_resize.matrix(opencv_resize.taps(p.interp, a, b, shrinks), a).T.astype(wide)
        )
        for a, b in zip(old, new, strict=True)
    )
    *batch, height, width, channels = delta.shape
    found = delta.astype(wide, copy=False).reshape(*batch, height, width * channels)
    found = k.xp.matmul(rows, found).reshape(*batch, old[0], width, channels)
    return k.xp.ascontiguousarray(k.xp.matmul(columns, found)).astype(delta.dtype, copy=False)


@image_resize_gradient.shapes
@rules.forward
def _(p, delta):
    check_image(p.shape, (3, 4))
    shapes.check_fits(delta, (*p.shape[:-3], *delta[-3:-1], p.shape[-1]), "delta")
    return p.shape


@image_resize_gradient.gradient("delta")
def _(F, p, dy, delta_shape):
    height, width = delta_shape[-3:-1]
    return F._image_resize(dy, size=(width, height), interp=p.interp)


def _flipped_shape(p, data):
    check_image(data, (3,), (1, 3))
    return data


@operator("_image_flip_left_right", shape=rules.forward(_flipped_shape))
def flip_left_right(k, _p, data):
    """An image turned over, left to right: (h, w, c), 1 or 3 channels, any type.

    Source: MXNet 1.6, `mx.nd.image.flip_left_right` (whose gradient is not turned over).
    """
    return k.xp.ascontiguousarray(k.xp.flip(data, 1))


@operator("_image_flip_top_bottom", shape=rules.forward(_flipped_shape))
def flip_top_bottom(k, _p, data):
    """An image turned over, top to bottom: (h, w, c), 1 or 3 channels, any type.

    Source: MXNet 1.6, `mx.nd.image.flip_top_bottom` (whose gradient is not turned over).
    """
    return k.xp.ascontiguousarray(k.xp.flip(data, 0))


flip_left_right.gradient("data")(lambda F, p, dy: F._image_flip_left_right(dy))
flip_top_bottom.gradient("data")(lambda F, p, dy: F._image_flip_top_bottom(dy))


# ---- examples


def _stretched(x, rows, columns):
    """An image made of these mixtures of rows and columns."""
    return np.einsum("ih,jw,...hwc->...ijc", rows, columns, x)


_HALVES = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
_PAIRS = np.array([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
image_crop.example((4, 5, 3), x=1, y=0, width=2, height=3).gives(lambda x: x[:3, 1:3])
image_crop.example(In((2, 3, 3, 1), 0, 255, "uint8"), x=0, y=1, width=3, height=2).gives(
    lambda x: x[:, 1:]
)
image_resize.example((2, 4, 3), size=(2, 4)).gives(lambda x: _stretched(x, _HALVES, _PAIRS))
image_resize.example((2, 4, 2, 1), size=2, interp=3).gives(
    lambda x: _stretched(x, _PAIRS, np.eye(2))
)
image_resize.example((3, 6, 3), size=6, keep_ratio=True, interp=0).gives(
    lambda x: x.repeat(2, 0).repeat(2, 1)
)
for interp in (2, 4):
    image_resize.example((4, 3, 3), size=(5, 3), interp=interp)
for interp in range(6):
    image_resize.example(In((5, 6, 3), 0, 255, "uint8"), size=(4, 8), interp=interp)
image_resize_gradient.example((3, 5, 2), shape=(4, 3, 2), interp=2)
image_resize_gradient.example((2, 2, 2, 1), shape=(2, 4, 2, 1), interp=3).gives(
    lambda x: x.repeat(2, 1) / 2
)
flip_left_right.example((2, 3, 3)).gives(lambda x: x[:, ::-1])
flip_top_bottom.example(In((3, 2, 1), 0, 255, "uint8")).gives(lambda x: x[::-1])
flip_top_bottom.example((2, 3, 3)).gives(lambda x: x[::-1])
