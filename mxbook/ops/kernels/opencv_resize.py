"""Images of another size: each new row (and column) is a sum of old ones with weights.

OpenCV's rules, by its numbers: 0 the nearest row, 1 the two nearest ones, 2 four of a cubic curve,
3 the mean of all that the new row covers, 4 eight of a windowed sinc curve.  The center of the
first new row lies at `0.5 * old / new - 0.5`, counted in old rows.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .twins import compiled

Array = Any
NEAREST, LINEAR, CUBIC, AREA, LANCZOS, LINEAR_EXACT = range(6)


class Taps(NamedTuple):
    """For each new row the old rows that it is made of: both (new rows, taps)."""

    source: np.ndarray
    weight: np.ndarray

    def of(self, some: slice) -> "Taps":
        """Those of some of the new rows."""
        return Taps(self.source[some], self.weight[some])


def taps(interp: int, old: int, new: int, shrinks: bool) -> Taps:
    """The rows and weights along one axis.  `shrinks` says that no axis grows: for `AREA`."""
    scale = 1 / (new / old)  # as OpenCV rounds it
    if interp == NEAREST:
        return Taps(_inside(np.floor(np.arange(new) * scale)[:, None], old), np.ones((new, 1)))
    if interp == AREA:
        return _covered(old, new) if shrinks else _stretched(old, new)
    center = (np.arange(new) + 0.5) * scale - 0.5
    first = np.floor(center)
    part = (center - first)[:, None]
    if interp == CUBIC:
        return Taps(_inside(first[:, None] + np.arange(-1, 3), old), _cubic(part))
    if interp == LANCZOS:
        return Taps(_inside(first[:, None] + np.arange(-3, 5), old), _lanczos(part))
    return Taps(_inside(first[:, None] + [0, 1], old), np.concatenate([1 - part, part], axis=1))


def _inside(index: np.ndarray, length: int) -> np.ndarray:
    """Rows outside are the nearest one inside."""
    return np.clip(index, 0, length - 1).astype("int64")


def _cubic(part: np.ndarray) -> np.ndarray:
    """The cubic curve with slope -0.75 at its first zero, at distances 1 + x, x, 1 - x, 2 - x."""
    a, x = -0.75, np.abs(part - np.arange(-1, 3))
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, far)


def _lanczos(part: np.ndarray) -> np.ndarray:
    """sinc(x) sinc(x / 4), with a sum of 1."""
    x = part - np.arange(-3, 5)
    weight = np.sinc(x) * np.sinc(x / 4)
    return weight / weight.sum(axis=1, keepdims=True)


def _covered(old: int, new: int) -> Taps:
    """How much of each old row a new row covers."""
    edges = np.arange(new + 1) * (old / new)
    low = np.floor(edges[:-1] + 1e-9)
    rows = low[:, None] + np.arange(int((np.ceil(edges[1:] - 1e-9) - low).max()))
    common = np.minimum(edges[1:, None], rows + 1) - np.maximum(edges[:-1, None], rows)
    weight = np.maximum(common, 0)
    return Taps(_inside(rows, old), weight / weight.sum(axis=1, keepdims=True))


def _stretched(old: int, new: int) -> Taps:
    """Old rows stretched, with a slope only where a new row covers two of them."""
    growth = new / old
    first = np.floor(np.arange(new) * (1 / growth))
    part = (np.arange(new) + 1) - (first + 1) * growth
    part = np.where(part <= 0, 0, part - np.floor(part))[:, None]
    return Taps(_inside(first[:, None] + [0, 1], old), np.concatenate([1 - part, part], axis=1))


def resized(
    k: Any,
    images: Array,
    size: tuple[int, int],
    interp: int,
    part: tuple[slice, slice] = (slice(None), slice(None)),
) -> Array:
    """Images (..., h, w, c) in another size (height, width), of the same type.

    With `part` only these rows and columns of the result are computed.

    Bytes are computed in whole numbers as OpenCV does it: the same to the last bit with NEAREST,
    LINEAR and LINEAR_EXACT; with the others fewer than one in 3,000 is off by one.
    """
    old = images.shape[-3:-1]
    shrinks = size[0] <= old[0] and size[1] <= old[1]
    halves = interp == AREA and images.dtype == np.uint8 and old == (2 * size[0], 2 * size[1])
    rows, columns = (
        taps(interp, m, n, shrinks).of(some) for m, n, some in zip(old, size, part, strict=True)
    )
    down, across = images.ndim - 3, images.ndim - 2
    if interp == NEAREST:
        index = [k.to_device(one.source[:, 0]) for one in (rows, columns)]
        return k.xp.take(k.xp.take(images, index[0], axis=down), index[1], axis=across)
    first = int(rows.source.min())  # rows that nobody needs are not worked on
    images = images[..., first : int(rows.source.max()) + 1, :, :]
    rows = Taps(rows.source - first, rows.weight)
    if images.dtype == np.uint8 and not (interp == AREA and shrinks):
        return _bytes(k, images, rows, columns, interp)
    wide = "float64" if images.dtype == np.float64 else "float32"
    found = _summed(k, images, down, rows.source, rows.weight.astype(wide))
    found = _summed(k, found, across, columns.source, columns.weight.astype(wide))
    if images.dtype.kind == "f":
        return found.astype(images.dtype, copy=False)
    limits = np.iinfo(images.dtype)
    # Half the size is OpenCV's special case, in which halves are rounded up, not to even.
    found = k.xp.floor(found + 0.5) if halves else k.xp.rint(found)
    return k.xp.clip(found, limits.min, limits.max).astype(images.dtype)


def _products(
    k: Any, images: Array, axis: int, source: np.ndarray, weight: np.ndarray
) -> Iterator[Array]:
    """For each tap the rows it takes along an axis, times their weights."""
    shape = [-1 if i == axis else 1 for i in range(images.ndim)]
    for at, factor in zip(source.T, weight.T, strict=True):
        part = k.xp.take(images, k.to_device(at), axis=axis)
        part = part.astype(factor.dtype, copy=False)  # quicker than mixing types below
        part *= k.to_device(factor.reshape(shape))
        yield part


def _summed(k: Any, images: Array, axis: int, source: np.ndarray, weight: np.ndarray) -> Array:
    """The weighted sums along one axis, in the type of the weights."""
    total, *others = _products(k, images, axis, source, weight)
    for part in others:
        total += part
    return total


def _bytes(k: Any, images: Array, rows: Taps, columns: Taps, interp: int) -> Array:
    """The sums in whole numbers: weights are multiples of 1 / 2048 (1 / 256 with LINEAR_EXACT)."""
    bits = 8 if interp == LINEAR_EXACT else 11
    down, across = (
        np.rint(t.weight.astype("float32") * 2**bits).astype("int32") for t in (rows, columns)
    )
    if down.shape[1] == 2 and bits == 11:
        return _two_each_way(k, images, Taps(rows.source, down), Taps(columns.source, across))
    axis = images.ndim - 3
    found = _summed(k, images, axis + 1, columns.source, across)
    if interp == CUBIC:  # OpenCV goes on with real numbers
        real = down.astype("float32") / np.float32(4**bits)
        found = k.xp.rint(_summed(k, found.astype("float32"), axis, rows.source, real))
    else:
        found = (_summed(k, found, axis, rows.source, down) + (1 << (2 * bits - 1))) >> (2 * bits)
    return k.xp.clip(found, 0, 255).astype("uint8")


def _two_each_way(k: Any, images: Array, rows: Taps, columns: Taps) -> Array:
    """Bytes made of two old rows and two old columns each, with weights in 1 / 2048."""
    *batch, height, width, channels = images.shape
    # A part of an image is copied: compiled kernels want arrays in one piece.
    flat = k.xp.ascontiguousarray(images).reshape(*batch, height, width * channels)
    places = columns.source[:, None, :] * channels + np.arange(channels)[:, None]
    found = two_each_way(
        k.xp, k, flat, rows.source, rows.weight,
        places.reshape(-1, 2), columns.weight.repeat(channels, axis=0),
    )  # fmt: skip
    return found.reshape(*batch, len(rows.source), len(columns.source), channels)


@compiled(least=2**13)  # a small part may become a large image
def two_each_way(
    _xp: Any,
    k: Any,
    images: Array,
    rows: np.ndarray,
    down: np.ndarray,
    places: np.ndarray,
    across: np.ndarray,
) -> Array:
    """Number x of row i is made of the numbers `places[x]` of the rows `rows[i]` of the images.

    The weights are `across[x]` and `down[i]`.  OpenCV drops digits on the way: 4 bits between the
    two directions, 16 behind the second.
    """
    axis = images.ndim - 2
    found = _summed(k, images, axis + 1, places, across)
    found >>= 4
    first, second = _products(k, found, axis, rows, down)
    first >>= 16
    second >>= 16
    first += second
    first += 2
    first >>= 2
    return first.astype("uint8")


def matrix(rows: Taps, old: int) -> np.ndarray:
    """The weights as a matrix (new rows, old rows)."""
    found = np.zeros((len(rows.source), old))
    np.add.at(found, (np.arange(len(found))[:, None], rows.source), rows.weight)
    return found
