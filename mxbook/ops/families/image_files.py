"""Pictures from files and bytes, in another size, and with a border; what `mx.image` is built on.

Files are read on the host, by OpenCV or Pillow.  Pictures are (h, w, c), red, green and blue.
"""

import os
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT, TYPES
from mxbook.base.errors import DTypeError, MXNetError, ShapeError
from mxbook.formats import pictures
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels import opencv_resize
from mxbook.ops.params import Bool, Float, Floats, Int, Param, Text
from mxbook.ops.registry import operator

from .image_geometry import INTERP, check_image
from .shape import result_cost

BYTES = TYPES["uint8"]
FLAG = Int("flag", 1, low=0, doc="0: one channel of gray; otherwise three of colour.")
TO_RGB = Bool("to_rgb", True, doc="Red first; otherwise blue first, as OpenCV has it.")


class Raw(Param):
    """Bytes; as text each one is a character."""

    kind = "bytes"

    def convert(self, value):
        """Bytes, or their text form."""
        return value.encode("latin-1") if isinstance(value, str) else bytes(memoryview(value))

    def format(self, value):
        """One character for each byte."""
        return value.decode("latin-1")


def _unknown_size(channels):
    """A shape rule: height and width are known only when the picture has been read."""
    return lambda p, *ins: (list(ins), [(None, None, channels(p))])


def _as_bytes(p, *ins):
    """The type rule of pictures made of bytes."""
    for dtype in ins:
        if dtype is not None and dtype != BYTES:
            raise DTypeError(f"the bytes of a picture are {dtype}", rule="uint8")
    return [BYTES] * len(ins), [BYTES]


PICTURE = {
    "shape": _unknown_size(lambda p: 3 if p.flag else 1),
    "type": _as_bytes,
    "dynamic_shape": True,
}


@operator("_cvimdecode", FLAG, TO_RGB, zero_gradient=True, **PICTURE)
def cvimdecode(k, p, buf):
    """The pixels of a picture whose file is given as bytes.

    ======== ================================================
    buf      (n,), uint8: a PNG, JPEG, BMP or other file
    output   (h, w, 3), uint8; (h, w, 1) with `flag=0`
    ======== ================================================

    This waits for its input; the picture is decoded on the host.  Transparency is dropped, and of
    16 bits the upper 8 are kept.

    Errors: FileFormatError for bytes that are no picture; MXNetError where Pillow is missing.

    Source: MXNet 1.6, `mx.image.imdecode` (there by OpenCV; JPEG files may differ by 3).
    """
    return k.to_device(pictures.decode(k.to_host(buf).tobytes(), p.flag != 0, p.to_rgb))


@operator("_cvimread", Text("filename", doc="The file's name."), FLAG, TO_RGB, **PICTURE)
def cvimread(k, p):
    """The pixels of a picture in a file.

    output   (h, w, 3), uint8; (h, w, 1) with `flag=0`

    Errors: FileFormatError for a file that is no picture; MXNetError for one that cannot be read,
    or where Pillow is missing.

    Source: MXNet 1.6, `mx.image.imread`.
    """
    try:
        with open(p.filename, "rb") as file:
            content = file.read()
    except OSError as error:
        raise MXNetError(f"cannot read {p.filename!r}: {error.strerror}") from error
    return k.to_device(pictures.decode(content, p.flag != 0, p.to_rgb))


@operator(
    "_cvimresize",
    Int("w", low=1, doc="New width."),
    Int("h", low=1, doc="New height."),
    INTERP,
    zero_gradient=True,
    cost=lambda p, ins, outs: 8 * max(map(shapes.size, ins + outs)),
)
def cvimresize(k, p, src):
    """A picture in another size: (h, w, c) of any type becomes (p.h, p.w, c).

    Raises ShapeError for other shapes.  `mx.nd.image.resize` has a gradient and takes batches.

    Source: MXNet 1.6, `mx.image.imresize` (OpenCV's `resize`).
    """
    return opencv_resize.resized(k, src, (p.h, p.w), p.interp)


@cvimresize.shapes
@rules.forward
def _(p, src):
    check_image(src, (3,))
    return (p.h, p.w, src[2])


# OpenCV's number of a border: NumPy's name for it.
BORDERS: dict[int, Any] = {1: "edge", 2: "symmetric", 3: "wrap", 4: "reflect"}


@operator(
    "_cvcopyMakeBorder",
    Int("top", low=0, doc="Rows above."),
    Int("bot", low=0, doc="Rows below."),
    Int("left", low=0, doc="Columns on the left."),
    Int("right", low=0, doc="Columns on the right."),
    Int(
        "type",
        0,
        low=0,
        high=4,
        doc="What is there: 0 a number, 1 the outermost pixel, 2 the picture mirrored, "
        "3 the picture again, 4 mirrored without doubling the outermost pixel.",
    ),
    Float("value", 0.0, doc="The number of type 0, for all channels."),
    Floats("values", (), doc="A number for each channel (0 for those left out) in its place."),
    zero_gradient=True,
    cost=result_cost,
)
def copy_make_border(k, p, src):
    """A picture with a border: (h, w, c) becomes (top + h + bot, left + w + right, c), any type.

    Raises ShapeError for other shapes.

    Source: MXNet 1.6, `mx.image.copyMakeBorder` (OpenCV's `copyMakeBorder`).
    """
    pads = (p.top, p.bot), (p.left, p.right)
    if p.type:
        for axis, pad in enumerate(pads):
            index = np.pad(np.arange(src.shape[axis]), pad, BORDERS[p.type])
            src = k.xp.take(src, k.to_device(index), axis=axis)
        return src
    channels = src.shape[2]
    values = (*p.values, *(0,) * channels)[:channels] if p.values else (p.value,) * channels
    values = np.array(values)
    if src.dtype.kind in "iu":
        limits = np.iinfo(src.dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    shape = [n + sum(pad) for n, pad in zip(src.shape, pads, strict=False)]
    found = k.xp.empty((*shape, channels), src.dtype)
    found[...] = k.to_device(values.astype(src.dtype))
    found[p.top : p.top + src.shape[0], p.left : p.left + src.shape[1]] = src
    return found


@copy_make_border.shapes
@rules.forward
def _(p, src):
    check_image(src, (3,))
    return (p.top + src[0] + p.bot, p.left + src[1] + p.right, src[2])


@operator(
    "_imdecode",
    Int("index", 0, doc="Has no effect here: the result is an array of its own."),
    Int("x0", 0, low=0, doc="Left edge of the part that is wanted."),
    Int("y0", 0, low=0, doc="Upper edge."),
    Int("x1", 0, low=0, doc="Right edge; that of the picture when 0."),
    Int("y1", 0, low=0, doc="Lower edge; that of the picture when 0."),
    Int("c", 3, low=1, high=3, doc="Number of channels: 1 for gray, 3 for colour."),
    Int("size", 0, low=0, doc="Length of the file; all of `str_img` when 0."),
    Raw("str_img", doc="The picture's file as bytes."),
    shape=lambda p, mean: ([mean], [(p.c, None, None)]),
    type=lambda p, mean: ([mean], [DEFAULT]),
    dynamic_shape=True,
    zero_gradient=True,
)
def imdecode(k, p, mean):
    """A part of a picture as a network's input: channels in front, minus a mean.

    ======== ====================================================
    mean     (c, h, w), or an array that can be stretched to that
    output   (c, h, w), float32
    ======== ====================================================

    Old; see `mx.image.imdecode`.  Errors: FileFormatError for bytes that are no picture.

    Source: MXNet's documentation of `mx.nd.imdecode`, which fails in MXNet 1.6.
    """
    content = p.str_img[: p.size] if p.size else p.str_img
    pixels = pictures.decode(content, p.c > 1)
    part = pixels[p.y0 : p.y1 or None, p.x0 : p.x1 or None].transpose(2, 0, 1)
    if shapes.broadcast(part.shape, mean.shape) != part.shape:
        raise ShapeError(f"the mean has the shape {mean.shape}", rule=f"that of {part.shape}")
    return k.to_device(np.ascontiguousarray(part, DEFAULT)) - mean.astype(DEFAULT)


# ---- examples

_FILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d000000164944415478da63"
    "f8cfc0c000c30c0d0d0dffffff07003a61077b029fdff40000000049454e44ae426082"
)
_PIXELS = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0] * 3, [128] * 3, [255] * 3]], "uint8"
)
_WHY = "pixels are whole numbers"
_SAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "testing", "picture.png")
cvimdecode.example(np.frombuffer(_FILE, "uint8")).gives(lambda x: _PIXELS).not_smooth(_WHY)
cvimdecode.example(np.frombuffer(_FILE, "uint8"), to_rgb=False).gives(
    lambda x: _PIXELS[..., ::-1]
).not_smooth(_WHY)
cvimdecode.example(np.frombuffer(_FILE, "uint8"), flag=0).gives(
    lambda x: np.array([[[76], [149], [29]], [[0], [128], [255]]])
).not_smooth(_WHY)
cvimread.example(filename=os.path.normpath(_SAMPLE)).gives(lambda: _PIXELS)
cvimresize.example(_PIXELS, w=6, h=4, interp=0).gives(
    lambda x: x.repeat(2, 0).repeat(2, 1)
).not_smooth(_WHY)
cvimresize.example(In((4, 6, 3), 0, 255), w=3, h=2, interp=3).gives(
    lambda x: x.reshape(2, 2, 3, 2, 3).mean((1, 3))
).not_smooth("no gradient flows back, as in MXNet")
copy_make_border.example(_PIXELS, top=1, bot=0, left=0, right=2, values=(1, 2.6, 300)).gives(
    lambda x: np.concatenate(
        [np.full((1, 5, 3), [1, 3, 255]), np.concatenate([x, np.full((2, 2, 3), [1, 3, 255])], 1)]
    )
).not_smooth(_WHY)
for number, mode in BORDERS.items():
    copy_make_border.example((2, 3, 1), top=1, bot=2, left=3, right=0, type=number).gives(
        lambda x, mode=mode: np.pad(x, ((1, 2), (3, 0), (0, 0)), mode)
    ).not_smooth("no gradient flows back, as in MXNet")
imdecode.example([[[1.0]], [[2.0]], [[3.0]]], x0=1, y1=1, str_img=_FILE).gives(
    lambda mean: _PIXELS[:1, 1:].transpose(2, 0, 1) - mean
).not_smooth(_WHY)
