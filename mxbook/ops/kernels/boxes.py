"""Boxes in images: their corners, how much two of them overlap, and which ones of many to keep.

A box is four numbers along the last axis: left, top, right and bottom, or, with `center`, the
coordinates of its center, width and height.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .twins import compiled

Array = Any
Parts = tuple[Array, Array, Array, Array]


def parts(boxes: Array) -> Parts:
    """The four numbers of each box as arrays of their own."""
    return boxes[..., 0], boxes[..., 1], boxes[..., 2], boxes[..., 3]


def corners(boxes: Array) -> Parts:
    """Left, top, right and bottom of boxes that are given by center, width and height."""
    x, y, width, height = parts(boxes)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def centers(boxes: Array) -> Parts:
    """Center, width and height of boxes that are given by their corners."""
    left, top, right, bottom = parts(boxes)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def areas(xp: Any, boxes: Array, center: bool = False, pixel: int = 0) -> Array:
    """The area of each box; 0 where a side has a negative length.

    `pixel` is 1 where right and bottom name the last column and row, not what is behind them.
    """
    x, y, width, height = parts(boxes)
    if not center:
        width, height = width - x + pixel, height - y + pixel
    return xp.where((width < 0) | (height < 0), 0, width * height)


def common_area(xp: Any, a: Parts, b: Parts, pixel: int = 0) -> Array:
    """The area that boxes share; see `areas` for `pixel`."""
    width = xp.minimum(a[2], b[2]) - xp.maximum(a[0], b[0]) + pixel
    height = xp.minimum(a[3], b[3]) - xp.maximum(a[1], b[1]) + pixel
    return xp.fmax(width, 0) * xp.fmax(height, 0)  # 0 for what is not a number, too


def share(xp: Any, common: Array, a_area: Array, b_area: Array) -> Array:
    """Intersection over union: the shared area divided by the area that one or both cover."""
    union = a_area + b_area - common
    return xp.where(union > 0, common, 0) / xp.where(union > 0, union, 1)


def overlap(xp: Any, a: Array, b: Array, center: bool = False) -> Array:
    """Intersection over union of boxes, stretched against each other as in `a + b`."""
    split = corners if center else parts
    common = common_area(xp, split(a), split(b))
    return share(xp, common, areas(xp, a, center), areas(xp, b, center))


def above(values: Array, limit: float) -> Array:
    """Where values lie above a limit, which MXNet keeps as a float32 number."""
    return values > float(np.float32(limit))


def offsets(xp: Any, boxes: Array, anchors: Array) -> Array:
    """The way from anchors to boxes, both corners: shifts over sides, logarithms of sides."""
    x, y, width, height = centers(boxes)
    ax, ay, anchor_width, anchor_height = centers(anchors)
    shifts = (x - ax) / anchor_width, (y - ay) / anchor_height
    logs = xp.log(width / anchor_width), xp.log(height / anchor_height)
    return xp.stack([*shifts, *logs], axis=-1)


def moved(xp: Any, offset: Sequence[Array], anchor: Parts) -> Array:
    """The reverse of `offsets`: corners, from offsets and centers, widths, heights of anchors."""
    x, y, width, height = anchor
    x, y = offset[0] * width + x, offset[1] * height + y
    half_width, half_height = xp.exp(offset[2]) * width / 2, xp.exp(offset[3]) * height / 2
    return xp.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=-1)


@compiled(least=2**10)
def kept(
    xp: Any,
    boxes: Array,
    waiting: Array,
    limit: float,
    most: int,
    classes: Array | None = None,
    center: bool = False,
    pixel: int = 0,
    inclusive: bool = False,
) -> Array:
    """Non-maximum suppression: which boxes to keep so that no two of a class are too close.

    `boxes` (images, n, 4) are in descending order of their scores, those in question, which
    `waiting` (images, n) marks, before all others.  In each step the first one that waits in an
    image is kept, and those that overlap it by more than `limit` wait no longer, nor, if
    `inclusive`, those that overlap it by as much.  There are at most `most` steps.
    """
    images, found = xp.arange(len(boxes)), xp.zeros_like(waiting)
    count = int(waiting.sum(axis=1).max())
    waiting, boxes = waiting[:, :count].copy(), boxes[:, :count]
    split, size = (corners if center else parts)(boxes), areas(xp, boxes, center, pixel)
    classes = None if classes is None else classes[:, :count]
    for _ in range(min(most, count)):
        best = waiting.argmax(axis=1)
        there = waiting[images, best]
        if not bool(there.any()):
            break
        found[images, best] |= there
        box = tuple(x[images, best][:, None] for x in split)
        common = common_area(xp, box, split, pixel)
        overlap = share(xp, common, size[images, best][:, None], size)
        near = overlap >= limit if inclusive else overlap > limit
        if classes is not None:
            near &= classes == classes[images, best][:, None]
        waiting &= ~near
        waiting[images, best] = False
    return found


def match(xp: Any, scores: Array, steps: int) -> tuple[Array, Array]:
    """The greedy matching of scores (images, rows, columns): the best pair, the best of the rest...

    Returns the column of each row and the row of each column, or -1.  Pairs with a score of -inf
    are never matched.  There are at most `steps` pairs.
    """
    scores = scores.copy()
    count, rows, columns = scores.shape
    images = xp.arange(count)
    column_of, row_of = (xp.full((count, n), -1, "int64") for n in (rows, columns))
    for _ in range(steps):
        row, column = xp.divmod(scores.reshape(count, -1).argmax(axis=1), columns)
        found = scores[images, row, column] > -xp.inf
        column_of[images, row] = xp.where(found, column, column_of[images, row])
        row_of[images, column] = xp.where(found, row, row_of[images, column])
        scores[images, row] = -xp.inf
        scores[images, :, column] = -xp.inf
    return column_of, row_of


def best_first(xp: Any, scores: Array, candidates: Array) -> Array:
    """The positions of candidates in descending order of their scores, then those of the others.

    Equal scores keep their order.
    """
    return xp.argsort(xp.where(candidates, -scores, xp.inf), axis=-1, kind="stable")


def rows_at(xp: Any, rows: Array, index: Array) -> Array:
    """Rows of each image: `out[i, j] = rows[i, index[i, j]]`."""
    return xp.take_along_axis(rows, index[..., None], axis=1)
