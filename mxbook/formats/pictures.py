"""Pictures: the bytes of PNG, JPEG and other files to pixels and back.

The work is done by OpenCV where the package is installed (`opencv-python-headless`), otherwise by
Pillow.  Pixels are uint8 (height, width, channels).  Both give the same, except that JPEG files may
differ by 3, since their decoders round differently.
"""

import importlib
import io
from typing import Any

import numpy as np

from mxbook.base.errors import FileFormatError, MXNetError, ParameterError

_UNKNOWN: Any = object()
_opencv: Any = _UNKNOWN  # the module, or None, once somebody has asked

# How much of red, green and blue is in gray: libpng's numbers (of 2^15) and OpenCV's (of 2^14),
# each with what it adds before cutting off.
PNG_GRAY, OTHER_GRAY = ((9797, 19234, 3737), 0, 15), ((4899, 9617, 1868), 1 << 13, 14)


def opencv() -> Any:
    """The package OpenCV, or None where it is not installed."""
    global _opencv
    if _opencv is _UNKNOWN:
        try:
            _opencv = importlib.import_module("cv2")
        except ImportError:
            _opencv = None
    return _opencv


def pillow() -> Any:
    """The package Pillow.  Raises MXNetError where it is missing."""
    try:
        return importlib.import_module("PIL.Image")
    except ImportError as error:
        raise MXNetError(
            "reading and writing pictures needs the package Pillow or opencv-python-headless",
            hint="pip install pillow",
        ) from error


def decode(
    content: bytes, colour: bool = True, red_first: bool = True, upright: bool = False
) -> np.ndarray:
    """The pixels of a picture (height, width, 3), or one channel of gray (height, width, 1).

    Transparency is dropped, and of 16 bits the upper 8 are kept.  A note in the file on how the
    camera was held has an effect only if the picture is to be `upright`.

    Raises FileFormatError for what is no picture, MXNetError where no package can read it.

    >>> decode(encode(np.full((2, 3, 3), 7, "uint8"), ".png"))[0, 0]
    array([7, 7, 7], dtype=uint8)
    """
    if opencv():
        return _decode_by_opencv(content, colour, red_first, upright)
    picture = opened(content, colour)
    if upright:
        picture = importlib.import_module("PIL.ImageOps").exif_transpose(picture)
    if not colour:
        return _gray(picture)
    pixels = np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return pixels if red_first else np.ascontiguousarray(pixels[..., ::-1])


def opened(content: bytes, colour: bool = True) -> Any:
    """Pillow's image of a picture, with 8 bits.  Raises FileFormatError for what is none."""
    image = pillow()
    try:
        picture = image.open(io.BytesIO(content))
        if not colour:
            picture.draft("L", picture.size)  # a JPEG file holds the brightness itself
        picture.load()
    # What Pillow raises for damaged files, and for pictures that would fill the memory:
    except (OSError, ValueError, SyntaxError, image.DecompressionBombError) as error:
        raise _no_picture(content, ("Pillow", str(error))) from error
    if picture.mode.startswith("I"):  # 16 bits of gray: the upper 8 count
        picture = image.fromarray((np.asarray(picture) >> 8).astype("uint8"))
    return picture


def _no_picture(content: bytes, reason: tuple[str, str]) -> FileFormatError:
    return FileFormatError(
        "the bytes are no picture",
        rule="PNG, JPEG, BMP and what else the package reads",
        values=[reason, ("length", f"{len(content)} bytes")],
    )


def _gray(picture: Any) -> np.ndarray:
    """One channel of gray, to the last bit as OpenCV has it."""
    if picture.mode == "L":
        return np.array(picture)[..., None]
    weights, extra, shift = PNG_GRAY if picture.format == "PNG" else OTHER_GRAY
    pixels = np.array(picture.convert("RGB")).astype("int32") @ np.array(weights, "int32")
    return (pixels + extra >> shift).astype("uint8")[..., None]


def _decode_by_opencv(content: bytes, colour: bool, red_first: bool, upright: bool) -> np.ndarray:
    cv2 = opencv()
    kind = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
    pixels = _opencv_pixels(content, kind if upright else kind | cv2.IMREAD_IGNORE_ORIENTATION)
    if not colour:
        return pixels[..., None]
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if red_first else pixels


def _opencv_pixels(content: bytes, flags: int) -> np.ndarray:
    cv2 = opencv()
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:  # no bytes at all
        raise _no_picture(content, ("OpenCV", str(error).strip())) from error
    if pixels is None:
        raise _no_picture(content, ("OpenCV", "knows no such file"))
    return pixels


def decode_unchanged(content: bytes, iscolor: int = -1) -> np.ndarray:
    """The pixels in OpenCV's form: blue, green, red (height, width, 3), or gray (height, width).

    `iscolor`: 1 always colour, 0 always gray, -1 as in the file, with transparency as a fourth
    channel where there is one.

    Raises FileFormatError for what is no picture, MXNetError where no package can read it.
    """
    if iscolor >= 0:
        pixels = decode(content, iscolor > 0, red_first=False)
        return pixels if iscolor else pixels[..., 0]
    if opencv():
        return _opencv_pixels(content, opencv().IMREAD_UNCHANGED)
    picture = opened(content)
    if picture.mode in ("L", "1"):
        return np.array(picture.convert("L"))
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    pixels = np.array(picture.convert("RGBA" if clear else "RGB"))
    return np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])


# ---- writing

_QUALITY = {
    "JPEG": ("quality", 1, 100),
    "PNG": ("compress_level", 0, 9),
    "WEBP": ("quality", 1, 100),
}


def encode(
    pixels: np.ndarray, ending: str = ".jpg", quality: int = 95, red_first: bool = True
) -> bytes:
    """The bytes of a picture file; `ending` says which, such as `.jpg` or `.png`.

    `pixels` are uint8: (height, width) or one channel for gray, 3 for colour, 4 with transparency
    (not for `.jpg`).  `quality` is 1 to 100 for JPEG; for PNG 0 to 9, where 9 takes longest and
    gives the smallest file.  Numbers beyond count as the largest.

    Raises ParameterError for other pixels and unknown endings, MXNetError where no package can
    write it.
    """
    _check_pixels(pixels)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if opencv():
        return _encode_by_opencv(pixels, ending.lower(), quality, red_first)
    image = pillow()
    image.init()
    kind = image.EXTENSION.get(ending.lower())
    if kind not in image.SAVE:
        raise _unknown_ending(ending)
    if pixels.ndim == 3 and not red_first:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    options = {}
    if kind in _QUALITY:
        name, low, high = _QUALITY[kind]
        options[name] = min(max(int(quality), low), high)
    file = io.BytesIO()
    try:
        image.fromarray(np.ascontiguousarray(pixels)).save(file, kind, **options)
    except (OSError, ValueError) as error:
        raise ParameterError(f"a {ending} file cannot hold this picture", rule=str(error)) from None
    return file.getvalue()


def _check_pixels(pixels: np.ndarray) -> None:
    good = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4))
    if pixels.dtype != np.uint8 or not good or not pixels.size:
        raise ParameterError(
            f"{pixels.dtype} {pixels.shape} is no picture",
            rule="uint8 (height, width) or (height, width, 1, 3 or 4)",
        )


def _unknown_ending(ending: str) -> ParameterError:
    return ParameterError(
        f"there is no picture file {ending!r}",
        rule=".jpg, .png, .bmp and what else the package writes",
    )


def _encode_by_opencv(pixels: np.ndarray, ending: str, quality: int, red_first: bool) -> bytes:
    cv2 = opencv()
    options = {
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, min(max(quality, 0), 9)],
    }
    if pixels.ndim == 3 and red_first:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    try:
        done, content = cv2.imencode(ending, np.ascontiguousarray(pixels), options.get(ending, []))
    except cv2.error:
        raise _unknown_ending(ending) from None
    if not done:
        raise ParameterError(f"a {ending} file cannot hold this picture", rule="see OpenCV")
    return content.tobytes()
