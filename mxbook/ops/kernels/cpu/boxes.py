"""Non-maximum suppression, box by box."""

import numpy as np

from mxbook.ops.kernels.boxes import areas, corners

from .jit import EXACT, kernel


@kernel(
    "void(f4[:,:,::1], f4[:,::1], f4[:,::1], b1, b1[:,::1], b1[:,::1], i8, f4, b1, i8)",
    fastmath=EXACT,
)
def kept_kernel(
    boxes, sizes, classes, by_class, waiting, found, most, limit, inclusive, pixel
):  # fmt: skip
    """Mark in `found` the boxes to keep; `waiting` has no mark in the end."""
    images, count = waiting.shape
    zero, extra = np.float32(0), np.float32(pixel)
    for image in range(images):
        box, size, group = boxes[image], sizes[image], classes[image]
        wait, steps = waiting[image], 0
        for i in range(count):
            if not wait[i]:
                continue
            if steps == most:
                break
            steps += 1
            found[image, i] = True
            for j in range(i, count):
                if not wait[j] or (by_class and group[i] != group[j]):
                    continue
                right, bottom = np.minimum(box[i, 2], box[j, 2]), np.minimum(box[i, 3], box[j, 3])
                left, top = np.maximum(box[i, 0], box[j, 0]), np.maximum(box[i, 1], box[j, 1])
                width, height = right - left + extra, bottom - top + extra
                common = width * height if width > 0 and height > 0 else zero
                both = size[i] + size[j] - common
                overlap = common / both if both > 0 else zero
                if j == i or overlap > limit or (inclusive and overlap == limit):
                    wait[j] = False


def kept(_xp, boxes, waiting, limit, most, classes=None, center=False, pixel=0, inclusive=False):
    """Which boxes to keep so that no two of a class are too close."""
    sizes = areas(np, boxes, center, pixel)
    if center:
        boxes = np.stack(corners(boxes), axis=-1)
    found, by_class = np.zeros_like(waiting), classes is not None
    groups = classes if by_class else sizes
    kept_kernel(
        boxes, sizes, groups, by_class, waiting.copy(), found, most, limit, inclusive, pixel
    )  # fmt: skip
    return found
