"""Reading, resizing and cutting images; what `mx.image` is made of.

An image is an NDArray (height, width, channels), red first; sizes are (width, height).  Everything
random is drawn by Python's `random`, in the order in which MXNet draws it.

Source: MXNet 1.6, `mxnet.image.image`.
"""

import math
import warnings
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.errors import ParameterError
from mxbook.formats import pictures
from mxbook.ndarray import NDArray
from mxbook.resource.chance import python as random

_internal: Any = nd._internal  # type: ignore[attr-defined]
Size = tuple[int, int]
Box = tuple[int, int, int, int]  # x, y, width, height


def imread(filename: str, *args: Any, **kwargs: Any) -> NDArray:
    """The image in a file: `imread(filename, flag=1, to_rgb=1, out=None)`.

    `flag`: 1 for three channels, 0 for one channel of gray.  `to_rgb`: whether red comes first.

    Raises MXNetError for a file that cannot be read, FileFormatError for one that is no picture.

    >>> from pathlib import Path
    >>> _ = Path("a.png").write_bytes(imencode(nd.zeros((2, 3, 3), dtype="uint8"), ".png"))
    >>> imread("a.png").shape, imread("a.png", 0).shape
    ((2, 3, 3), (2, 3, 1))

    Source: MXNet 1.6, `mxnet.image.imread`.
    """
    return _internal._cvimread(filename, *args, **kwargs)


def imdecode(buf: Any, *args: Any, **kwargs: Any) -> NDArray:
    """The image whose file is given as bytes: `imdecode(buf, flag=1, to_rgb=1, out=None)`.

    `buf` is bytes, a bytearray, or a NumPy array or NDArray of uint8; the options are those of
    `imread`.

    Raises ParameterError for anything else, FileFormatError for what is no picture.

    Source: MXNet 1.6, `mxnet.image.imdecode`.
    """
    if not isinstance(buf, NDArray):
        if not isinstance(buf, bytes | bytearray | memoryview | np.ndarray):
            raise ParameterError(
                "buf must be of type bytes, bytearray or numpy.ndarray",
                values=[("given", type(buf).__name__)],
                hint="convert text to bytes",
            )
        buf = nd.array(np.frombuffer(buf, dtype=np.uint8), dtype=np.uint8)
    return _internal._cvimdecode(buf, *args, **kwargs)


def imencode(img: Any, img_fmt: str = ".jpg", quality: int = 95) -> bytes:
    """The bytes of a picture file: the other way round than `imdecode`.

    `img` is uint8, (height, width, channels) with 1, 3 or 4 channels; `quality` is 1 to 100 for
    `.jpg`, and 0 to 9, how small the file is to be, for `.png`.  (MXNet 1.6 has no such function.)

    Raises ParameterError for other arrays and unknown endings.

    >>> imdecode(imencode(nd.ones((2, 2, 3), dtype="uint8"), ".png"))[0, 0].asnumpy()
    array([1, 1, 1], dtype=uint8)
    """
    pixels = img.asnumpy() if isinstance(img, NDArray) else np.asarray(img)
    return pictures.encode(pixels, img_fmt, quality)


def imresize(src: NDArray, w: int, h: int, *args: Any, **kwargs: Any) -> NDArray:
    """An image with the width `w` and the height `h`: `imresize(src, w, h, interp=1, out=None)`.

    What a new pixel is made of, `interp`: 0 the nearest pixel, 1 two each way (bilinear), 2 four
    (cubic), 3 all it covers (area), 4 eight (Lanczos); 9 what suits the sizes, 10 any of these.

    Source: MXNet 1.6, `mxnet.image.imresize`.
    """
    interp = args[0] if args else kwargs.pop("interp", 1)
    if interp in (9, 10):
        interp = _get_interp_method(interp, (*src.shape[:2], h, w))
    return _internal._cvimresize(src, w, h, interp, *args[1:], **kwargs)


def copyMakeBorder(  # noqa: N802 - MXNet's name
    src: NDArray, top: int, bot: int, left: int, right: int, *args: Any, **kwargs: Any
) -> NDArray:
    """An image with a border: `copyMakeBorder(src, top, bot, left, right, type=0, value=0, ...)`.

    `values` has a number for each channel, `type` says what else there may be: see
    `mx.nd.image` and the operator `_cvcopyMakeBorder`.

    Source: MXNet 1.6, `mxnet.image.copyMakeBorder`.
    """
    return _internal._cvcopyMakeBorder(src, top, bot, left, right, *args, **kwargs)


def scale_down(src_size: Size, size: Size) -> Size:
    """`size` made smaller, with its proportions, until it fits into `src_size`.

    >>> scale_down((640, 480), (720, 120))
    (640, 106)

    Source: MXNet 1.6, `mxnet.image.scale_down`.
    """
    width, height = size
    most_width, most_height = src_size
    if most_height < height:
        width, height = float(width * most_height) / height, most_height
    if most_width < width:
        width, height = most_width, float(height * most_width) / width
    return int(width), int(height)


def _get_interp_method(interp: int, sizes: tuple = ()) -> int:
    """A way of resizing for one that says "what suits" (9) or "any" (10).  (gluoncv uses it.)

    `sizes` are old height, old width, new height and new width.
    """
    if interp == 9:
        if not sizes:
            return 2
        if len(sizes) != 4:
            raise ParameterError(f"sizes cannot be {sizes}", rule="old and new height and width")
        old_height, old_width, new_height, new_width = sizes
        if new_height > old_height and new_width > old_width:
            return 2
        return 3 if new_height < old_height and new_width < old_width else 1
    if interp == 10:
        return random.randint(0, 4)
    if interp not in (0, 1, 2, 3, 4):
        raise ParameterError(f"Unknown interp method {interp}", rule="0 to 4, 9 or 10")
    return interp


def _resized(src: NDArray, size: Size, interp: int) -> NDArray:
    """The image with this (width, height), by a method that may be 9 or 10."""
    return imresize(src, *size, _get_interp_method(interp, (*src.shape[:2], size[1], size[0])))


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """The image with its shorter side `size` long, in proportion.

    >>> resize_short(nd.zeros((20, 30, 3), dtype="uint8"), 10).shape
    (10, 15, 3)

    Source: MXNet 1.6, `mxnet.image.resize_short`.
    """
    height, width = src.shape[:2]
    if height > width:
        return _resized(src, (size, size * height // width), interp)
    return _resized(src, (size * width // height, size), interp)


def fixed_crop(
    src: NDArray, x0: int, y0: int, w: int, h: int, size: Size | None = None, interp: int = 2
) -> NDArray:
    """The part of an image with the corner (x0, y0), resized where `size` is another one.

    >>> fixed_crop(nd.zeros((20, 30, 3)), 2, 3, 10, 8).shape
    (8, 10, 3)

    Source: MXNet 1.6, `mxnet.image.fixed_crop`.
    """
    out = src[y0 : y0 + h, x0 : x0 + w]
    if size is not None and (w, h) != tuple(size):
        out = _resized(out, tuple(size), interp)
    return out


def _anywhere(width: int, height: int, part: Size) -> Box:
    """A part of this size somewhere in an image."""
    x = random.randint(0, width - part[0])
    y = random.randint(0, height - part[1])
    return (x, y, *part)


def random_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Box]:
    """A part of an image somewhere in it, and its place (x, y, width, height).

    Where the image is smaller than `size`, the part is as large as possible and then resized.

    >>> part, place = random_crop(nd.zeros((20, 30, 3)), (10, 10))
    >>> part.shape, place[2:]
    ((10, 10, 3), (10, 10))

    Source: MXNet 1.6, `mxnet.image.random_crop`.
    """
    height, width = src.shape[:2]
    place = _anywhere(width, height, scale_down((width, height), size))
    return fixed_crop(src, *place, size, interp), place


def center_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Box]:
    """The middle of an image, and its place (x, y, width, height); see `random_crop`.

    >>> center_crop(nd.zeros((20, 30, 3)), (10, 8))[1]
    (10, 6, 10, 8)

    Source: MXNet 1.6, `mxnet.image.center_crop`.
    """
    height, width = src.shape[:2]
    part = scale_down((width, height), size)
    place = (int((width - part[0]) / 2), int((height - part[1]) / 2), *part)
    return fixed_crop(src, *place, size, interp), place


def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """`(src - mean) / std`, each None to leave it out; `src` is changed, as in MXNet.

    Source: MXNet 1.6, `mxnet.image.color_normalize`.
    """
    if mean is not None:
        src -= mean
    if std is not None:
        src /= std
    return src


def random_size_crop(
    src: NDArray, size: Size, area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any
) -> tuple[NDArray, Box]:
    """A part of random size and proportions, resized to `size`, and its place.

    `area` is the range of the part's share of the image (a number: from there to all), `ratio` that
    of width by height.  When none of ten tries fits, it is `center_crop`.

    Source: MXNet 1.6, `mxnet.image.random_size_crop`.
    """
    if "min_area" in kwargs:
        warnings.warn(
            "`min_area` is deprecated. Please use `area` instead.", DeprecationWarning, stacklevel=2
        )
        area = kwargs.pop("min_area")
    if kwargs:
        raise ParameterError(
            "unexpected keyword arguments for `random_size_crop`.", rule="only min_area",
            values=[("given", ", ".join(kwargs))],
        )  # fmt: skip
    if isinstance(area, int | float | np.generic):
        area = (area, 1.0)
    height, width = src.shape[:2]
    low, high = (math.log(r) for r in ratio)
    for _ in range(10):
        pixels = random.uniform(*area) * height * width
        shape = math.exp(random.uniform(low, high))
        part = round(math.sqrt(pixels * shape)), round(math.sqrt(pixels / shape))
        if part[0] <= width and part[1] <= height:
            place = _anywhere(width, height, part)
            return fixed_crop(src, *place, size, interp), place
    return center_crop(src, size, interp)
