"""Non-maximum suppression on a CUDA device, in one go for all steps and images."""

import numpy as np

from mxbook.ops.kernels.boxes import areas, corners

from . import THREADS, module


def kept(xp, boxes, waiting, limit, most, classes=None, center=False, pixel=0, inclusive=False):
    """Which boxes to keep so that no two of a class are too close."""
    compiled = module(xp, "boxes", str(boxes.dtype))
    if compiled is None:
        return NotImplemented
    images, count = waiting.shape
    sizes = xp.ascontiguousarray(areas(xp, boxes, center, pixel))
    boxes = xp.stack(corners(boxes), axis=-1) if center else xp.ascontiguousarray(boxes)
    classes = np.intp(0) if classes is None else xp.ascontiguousarray(classes)
    left, found = waiting.copy(), xp.zeros_like(waiting)
    limit = boxes.dtype.type(limit)
    options = (*map(np.int32, (count, most)), limit, np.int32(inclusive), np.int32(pixel))
    kernel = compiled.get_function("kept")
    kernel((images,), (THREADS,), (boxes, sizes, classes, left, found, *options))
    return found
