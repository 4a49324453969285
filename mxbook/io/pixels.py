"""What is done with the pixels of an image, (height, width, channels) of uint8, on the host.

OpenCV does the work where it is installed; otherwise NumPy does, by the same rules.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from mxbook.formats.pictures import opencv
from mxbook.ops.kernels import opencv_resize
from mxbook.ops.kernels.opencv_resize import CUBIC, LANCZOS, NEAREST

Size = tuple[int, int]  # width, height
Change = Callable[[np.ndarray, np.float32], np.ndarray]


class _Host:
    """What kernels ask for, where everything is on the host."""

    xp = np

    @staticmethod
    def to_device(array: Any) -> Any:
        return array


def resized(
    pixels: np.ndarray, size: Size, interp: int, part: tuple[int, int, int, int] | None = None
) -> np.ndarray:
    """An image with another width and height, or a part of it: x, y, width, height.

    `interp` is 0 to 4, see `mx.image.imresize`.
    """
    x, y, width, height = part or (0, 0, *size)
    rows, columns = slice(y, y + height), slice(x, x + width)
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels[rows, columns]
    if opencv():
        found = opencv().resize(np.ascontiguousarray(pixels), size, interpolation=interp)
        return found.reshape(size[1], size[0], pixels.shape[2])[rows, columns]
    return opencv_resize.resized(_Host, pixels, (size[1], size[0]), interp, (rows, columns))


def short_side(pixels: np.ndarray, length: int) -> Size:
    """The size in which the shorter side has this length, in proportion."""
    height, width = pixels.shape[:2]
    if height > width:
        return length, length * height // width
    return length * width // height, length


def with_border(pixels: np.ndarray, pad: int, fill: int) -> np.ndarray:
    """An image with `pad` rows and columns of this value on each side."""
    return np.pad(pixels, ((pad, pad), (pad, pad), (0, 0)), constant_values=fill)


# ---- turned, stretched and sheared images

# OpenCV counts places in 1/1024 of a pixel and then in 1/32; its weights are multiples of 1/32768.
_FINE, _STEPS, _WEIGHTS = 10, 5, 15


def warped(
    pixels: np.ndarray, matrix: np.ndarray, size: Size, interp: int, fill: int
) -> np.ndarray:
    """An image under an affine map: pixel (x, y) goes to `matrix @ (x, y, 1)`.

    `matrix` is (2, 3), `size` the width and height of the result, `fill` the value around the
    image.  As OpenCV's `warpAffine` does it; few pixels differ from it, by one.
    """
    if opencv():
        cv2 = opencv()
        found = cv2.warpAffine(
            np.ascontiguousarray(pixels), matrix, size, flags=interp,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(fill,) * 4,
        )  # fmt: skip
        return found.reshape(size[1], size[0], pixels.shape[2])
    back = _inverse(matrix)
    scale = 1 << _FINE
    half = scale // 2 if interp == NEAREST else scale >> _STEPS + 1
    across = [np.rint(back[i, 0] * np.arange(size[0]) * scale).astype("int64") for i in (0, 1)]
    down = [
        np.rint((back[i, 1] * np.arange(size[1]) + back[i, 2]) * scale).astype("int64") + half
        for i in (0, 1)
    ]
    x, y = (down[i][:, None] + across[i] for i in (0, 1))
    if interp == NEAREST:
        return _taken(pixels, y >> _FINE, x >> _FINE, fill)
    x, y = x >> _FINE - _STEPS, y >> _FINE - _STEPS
    return _mixed(pixels, x, y, interp, fill)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """The affine map back, in OpenCV's order of operations."""
    (a, b, x), (c, d, y) = matrix
    unit = 1 / (a * d - b * c)
    a, b, c, d = d * unit, -b * unit, -c * unit, a * unit
    return np.array([[a, b, -a * x - b * y], [c, d, -c * x - d * y]])


def _mixed(pixels: np.ndarray, x: np.ndarray, y: np.ndarray, interp: int, fill: int) -> np.ndarray:
    """The pixels around each place (in 1/32 of a pixel), with their weights."""
    weights = _weights(interp)
    first = 1 - weights.shape[1] // 2
    part_x, part_y = (weights[v & (1 << _STEPS) - 1] for v in (x, y))
    total = np.full((*x.shape, pixels.shape[2]), 1 << _WEIGHTS - 1, "int32")  # for rounding
    for i in range(weights.shape[1]):
        for j in range(weights.shape[1]):
            near = _taken(pixels, (y >> _STEPS) + first + i, (x >> _STEPS) + first + j, fill)
            share = np.rint(part_y[..., i] * part_x[..., j] * (1 << _WEIGHTS)).astype("int32")
            total += share[..., None] * near
    return np.clip(total >> _WEIGHTS, 0, 255).astype("uint8")


def _weights(interp: int) -> np.ndarray:
    """For each 32nd of a pixel the weights of the 2, 4 or 8 pixels around it."""
    part = (np.arange(1 << _STEPS) / (1 << _STEPS))[:, None]
    if interp == CUBIC:
        return opencv_resize._cubic(part)
    if interp == LANCZOS:
        return opencv_resize._lanczos(part)
    return np.concatenate([1 - part, part], axis=1)


def _taken(pixels: np.ndarray, y: np.ndarray, x: np.ndarray, fill: int) -> np.ndarray:
    """The pixels at these places; outside there is `fill`."""
    height, width = pixels.shape[:2]
    found = pixels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    found[(y < 0) | (y >= height) | (x < 0) | (x >= width)] = fill
    return found


# ---- colours

GRAY = np.array([0.299, 0.587, 0.114], "float32")  # how bright red, green and blue look
# The directions in which the colours of ImageNet vary, each times its standard deviation.
LIGHT = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]], "float32"
) * np.array([55.46, 4.794, 1.148], "float32")


def as_bytes(numbers: np.ndarray) -> np.ndarray:
    """Numbers as bytes: rounded, and cut off at 0 and 255."""
    return np.clip(np.rint(numbers), 0, 255).astype("uint8")


def coloured(pixels: np.ndarray, changes: Iterable[tuple[Change, float]]) -> np.ndarray:
    """Pixels after changes, each with its factor: `brighter`, `contrasted`, `saturated`.

    After each of them numbers are cut off at 0 and 255; rounded they are once, at the end.
    """
    numbers = pixels.astype("float32")
    for change, factor in changes:
        numbers = change(numbers, np.float32(factor))
        np.clip(numbers, 0, 255, out=numbers)
    np.rint(numbers, out=numbers)
    return numbers.astype("uint8")


# These three write into the numbers they are given, float32, where they can.


def brighter(numbers: np.ndarray, factor: np.float32) -> np.ndarray:
    """All numbers times the factor."""
    numbers *= factor
    return numbers


def contrasted(numbers: np.ndarray, factor: np.float32) -> np.ndarray:
    """All numbers moved away from the mean brightness of the image, or towards it."""
    mean = gray(numbers).mean()
    numbers *= factor
    numbers += (1 - factor) * mean
    return numbers


def saturated(numbers: np.ndarray, factor: np.float32) -> np.ndarray:
    """Each pixel moved away from the gray of its brightness, or towards it."""
    if numbers.shape[2] == 1:
        return numbers
    # One product with a small matrix; adding a gray channel to three would take longer.
    return numbers @ (factor * np.eye(3, dtype="float32") + (1 - factor) * GRAY[:, None])


def lit(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Each pixel moved along the directions in which colours vary."""
    return as_bytes(pixels + LIGHT @ np.asarray(alpha, "float32"))


def gray(numbers: np.ndarray) -> np.ndarray:
    """How bright each pixel looks."""
    return numbers if numbers.shape[2] == 1 else numbers @ GRAY


def toned(pixels: np.ndarray, hue: float, lightness: float, saturation: float) -> np.ndarray:
    """Hue (in degrees / 2), lightness and saturation (of 255) raised by these."""
    if pixels.shape[2] == 1:
        return as_bytes(pixels + np.float32(lightness))
    h, light, colour = _to_hls(pixels.astype("float32") / 255)
    h = np.mod(h + hue / 30, 6)  # in sixths of the wheel
    light = np.clip(light + lightness / 255, 0, 1)
    colour = np.where(colour > 0, np.clip(colour + saturation / 255, 0, 1), colour)
    return as_bytes(_from_hls(h, light, colour) * 255)


def _to_hls(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue in sixths of the colour wheel, lightness and saturation of each pixel."""
    red, green, blue = (image[..., i] for i in range(3))
    high, low = image.max(axis=2), image.min(axis=2)
    light, spread = (high + low) / 2, high - low
    safe = np.where(spread == 0, 1, spread)
    colour = spread / np.where(spread == 0, 1, np.where(light < 0.5, high + low, 2 - high - low))
    sector = np.where(
        high == red,
        (green - blue) / safe,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return np.mod(sector, 6), light, colour


def _from_hls(h: np.ndarray, light: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Red, green and blue from 0 to 1."""
    reach = colour * np.minimum(light, 1 - light)
    channels = []
    for shift in (2, 0, -2):
        place = np.mod(h + shift, 6)  # up, full, down, and nothing
        channels.append(light - reach + 2 * reach * np.clip(np.minimum(place, 4 - place), 0, 1))
    return np.stack(channels, axis=2)
