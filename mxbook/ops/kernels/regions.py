"""Regions of images: which pixels lie in a part of a region, and with which weights.

A region is cut into parts, `pooled[0]` rows of `pooled[1]`; each part makes one number for each
channel.  Images are looked at as rows of channels, one row for a pixel; with `groups` (a, b) the
channels are split into a * b groups, and the rows of a pixel in the groups are apart.

Where the pixels are is worked out on the host: regions are few, pixels many.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from mxbook.base.errors import IndexingError

Array = Any
Places = tuple[np.ndarray, np.ndarray]  # for each part a row and its weight


class Axis(NamedTuple):
    """Neighbours of places along an axis: two positions and their weights."""

    low: np.ndarray
    high: np.ndarray
    low_weight: np.ndarray
    high_weight: np.ndarray


def rows_of(xp: Any, data: Array, groups: tuple[int, int] = (1, 1)) -> Array:
    """The pixels of images (n, c, h, w) as rows of channels."""
    n, channels, height, width = data.shape
    split = data.reshape(n, channels // (groups[0] * groups[1]), *groups, height, width)
    rows = xp.ascontiguousarray(split.transpose(0, 2, 3, 4, 5, 1))
    return rows.reshape(-1, rows.shape[-1])


def images_of(
    xp: Any, rows: Array, shape: tuple[int, ...], groups: tuple[int, int] = (1, 1)
) -> Array:
    """The reverse of `rows_of` for images of a shape."""
    n, _, height, width = shape
    split = rows.reshape(n, *groups, height, width, -1).transpose(0, 5, 1, 2, 3, 4)
    return xp.ascontiguousarray(split).reshape(shape)


def weighted_sums(k: Any, rows: Array, places: Iterable[Places], parts: int) -> Array:
    """For each part the sum of the rows at its places, times their weights."""
    total = k.xp.zeros((parts, rows.shape[1]), rows.dtype)
    for source, weight in places:
        used = np.flatnonzero(weight)
        at, factor = k.to_device(source[used]), k.to_device(weight[used, None].astype(rows.dtype))
        part = slice(None) if len(used) == parts else k.to_device(used)
        total[part] += rows[at] * factor
    return total


def spread(k: Any, total: Array, places: Iterable[Places], count: int) -> Array:
    """The reverse of `weighted_sums`: each part's numbers are added to its rows, times weights."""
    channels = total.shape[1]
    rows = k.xp.zeros(count * channels, total.dtype)
    for source, weight in places:
        used = np.flatnonzero(weight)
        at = k.to_device(source[used, None] * channels + np.arange(channels))
        factor = k.to_device(weight[used, None].astype(total.dtype))
        k.xp.add.at(rows, at.reshape(-1), (total[k.to_device(used)] * factor).reshape(-1))
    return rows.reshape(count, channels)


def first_rows(
    rois: np.ndarray,
    shape: tuple[int, ...],
    pooled: tuple[int, int],
    groups: tuple[int, int] = (1, 1),
) -> np.ndarray:
    """The row of the first pixel in the image and the group of each part: (regions, *pooled).

    The groups are spread evenly over the parts.  Raises IndexingError for a region in an image that
    does not exist.
    """
    image = rois[:, 0].astype("int64")
    if len(rois) and not 0 <= image.min() <= image.max() < shape[0]:
        raise IndexingError(
            f"there are regions in the images {image.min()} to {image.max()}",
            rule=f"from 0 to {shape[0] - 1}, as there are {shape[0]} images",
        )
    row, column = (np.arange(n) * g // n for n, g in zip(pooled, groups, strict=True))
    group = row[:, None] * groups[1] + column
    return (image[:, None, None] * (groups[0] * groups[1]) + group) * (shape[2] * shape[3])


def neighbours(place: np.ndarray, length: int) -> Axis:
    """The two neighbours of each place; weights are 0 for places more than 1 outside."""
    inside = (place >= -1) & (place <= length)
    place = np.where(inside, np.clip(place, 0, length - 1), 0)
    low = place.astype("int64")
    fraction = (place - low).astype(place.dtype)
    return Axis(low, np.minimum(low + 1, length - 1), (1 - fraction) * inside, fraction * inside)


def between(
    first: np.ndarray, shape: tuple[int, ...], y: np.ndarray, x: np.ndarray, weight: np.ndarray
) -> Iterator[Places]:
    """The four neighbours of one place (y, x) in each part, which has this weight."""
    down, right = neighbours(y, shape[2]), neighbours(x, shape[3])
    for row, row_weight in ((down.low, down.low_weight), (down.high, down.high_weight)):
        for column, column_weight in (
            (right.low, right.low_weight),
            (right.high, right.high_weight),
        ):
            source = first + (row * shape[3] + column)
            share = np.broadcast_to(row_weight * column_weight * weight, first.shape)
            yield source.reshape(-1), share.reshape(-1)


def windows(
    first: np.ndarray, width: int, rows: Sequence[np.ndarray], columns: Sequence[np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pixels of windows, one of each window at a time: their rows, and whether they exist.

    `rows` are the first row and the first behind, (regions, pooled[0]); so are the columns.
    """
    heights, widths = rows[1] - rows[0], columns[1] - columns[0]
    for i in range(max(0, heights.max(initial=0))):
        for j in range(max(0, widths.max(initial=0))):
            inside = (i < heights)[:, :, None] & (j < widths)[:, None, :]
            place = (rows[0] + i)[:, :, None] * width + (columns[0] + j)[:, None, :]
            yield (first + np.where(inside, place, 0)).reshape(-1), inside.reshape(-1)


def edges(size: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where `count` equal parts of each size begin and end: two arrays (regions, count)."""
    found = np.arange(count + 1, dtype=size.dtype) * (size / size.dtype.type(count))[:, None]
    return found[:, :-1], found[:, 1:]


def maxima(k: Any, rows: Array, places: Iterable[Places], parts: int) -> tuple[Array, Array]:
    """For each part the largest of the rows at its places, and the row where that stands.

    Of equal numbers the first counts.  A part without places has 0, in row -1.
    """
    xp, shape = k.xp, (parts, rows.shape[1])
    largest = xp.full(shape, np.finfo(rows.dtype).min, rows.dtype)
    where, seen = xp.full(shape, -1, "int64"), np.zeros(parts, bool)
    for source, inside in places:
        seen |= inside
        used = k.to_device(np.flatnonzero(inside))
        at = k.to_device(source[inside])
        numbers, before = rows[at], largest[used]
        better = numbers > before
        largest[used] = xp.where(better, numbers, before)
        where[used] = xp.where(better, at[:, None], where[used])
    largest[k.to_device(~seen)] = 0
    return largest, where
