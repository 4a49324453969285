"""Pooling over two axes, window by window.

With channels last, all channels of a window are worked on side by side.  With channels first,
windows are next to each other only for the most usual one, two by two elements that no other window
has; for others NumPy, axis by axis, is as fast on the way forth.
"""

from collections.abc import Callable

import numpy as np

from mxbook.ops.kernels.pooling import Axis, windows

from .jit import kernel

LOWEST = np.finfo("float32").min  # stands for what lies beyond the data
WINDOWS = "i8, i8, i8, i8, i8, i8"  # what the function `windows` gives


@kernel("void(f4[:,:,::1], f4[:,:,::1])")
def maxima_of_pairs(x, out):
    """The largest of each two by two elements; NaN loses."""
    count, height, width = out.shape
    for i in range(count):
        for y in range(height):
            upper, lower, to = x[i, 2 * y], x[i, 2 * y + 1], out[i, y]
            for z in range(width):
                a, b, c, d = upper[2 * z], upper[2 * z + 1], lower[2 * z], lower[2 * z + 1]
                a = b if (b > a) | (a != a) else a
                c = d if (d > c) | (c != c) else c
                to[z] = c if (c > a) | (a != a) else a


@kernel("void(f4[:,:,::1], f4[:,:,::1], f4[:,:,::1])")
def to_maxima_of_pairs(dy, x, out):
    """Each number of dy goes to the largest, the first of equals, of two by two elements."""
    count, height, width = dy.shape
    zero = np.float32(0)
    for i in range(count):
        for y in range(height):
            upper, lower, d = x[i, 2 * y], x[i, 2 * y + 1], dy[i, y]
            to_upper, to_lower = out[i, 2 * y], out[i, 2 * y + 1]
            for z in range(width):
                # Everything is read first; so the choices need no branches, and go side by side.
                a, b, c, e = upper[2 * z], upper[2 * z + 1], lower[2 * z], lower[2 * z + 1]
                number = d[z]
                right, lower_right = b > a, e > c
                down = (e if lower_right else c) > (b if right else a)
                to_upper[2 * z] = zero if down | right else number
                to_upper[2 * z + 1] = number if (not down) & right else zero
                to_lower[2 * z] = zero if (not down) | lower_right else number
                to_lower[2 * z + 1] = number if down & lower_right else zero


@kernel(f"void(f4[:,:,:,::1], f4[:,:,:,::1], {WINDOWS})")
def maxima_kernel(x, out, kh, kw, sh, sw, ph, pw):
    """The largest element of each window, for each channel; NaN loses."""
    height, width, channels = x.shape[1:]
    for i in range(len(x)):
        for y in range(out.shape[1]):
            top, bottom = max(0, y * sh - ph), min(height, y * sh - ph + kh)
            for z in range(out.shape[2]):
                left, right = max(0, z * sw - pw), min(width, z * sw - pw + kw)
                best = out[i, y, z]
                for c in range(channels):
                    best[c] = x[i, top, left, c]
                for a in range(top, bottom):
                    for b in range(left, right):
                        row = x[i, a, b]
                        for c in range(channels):
                            better = (row[c] > best[c]) | (best[c] != best[c])
                            best[c] = row[c] if better else best[c]
                if (bottom - top) * (right - left) < kh * kw:
                    for c in range(channels):
                        best[c] = max(LOWEST, best[c])


@kernel(f"void(f4[:,:,:,::1], f4[:,:,:,::1], f4[:,:,:,::1], {WINDOWS})")
def to_maxima_kernel(dy, x, out, kh, kw, sh, sw, ph, pw):
    """Each number of dy is added to the largest element, the first of equals, of its window."""
    height, width, channels = x.shape[1:]
    best, where = np.empty(channels, np.float32), np.empty(channels, np.int32)
    for i in range(len(x)):
        to = out[i].reshape(height * width, channels)
        for place in range(height * width):
            for c in range(channels):
                to[place, c] = 0
        for y in range(dy.shape[1]):
            top, bottom = max(0, y * sh - ph), min(height, y * sh - ph + kh)
            for z in range(dy.shape[2]):
                left, right = max(0, z * sw - pw), min(width, z * sw - pw + kw)
                for c in range(channels):
                    best[c], where[c] = x[i, top, left, c], top * width + left
                for a in range(top, bottom):
                    for b in range(left, right):
                        row, here = x[i, a, b], np.int32(a * width + b)
                        for c in range(channels):
                            better = row[c] > best[c]
                            best[c] = row[c] if better else best[c]
                            where[c] = here if better else where[c]
                for c in range(channels):
                    to[where[c], c] += dy[i, y, z, c]


@kernel(f"void(f4[:,:,::1], f4[:,:,::1], f4[:,:,::1], {WINDOWS})")
def to_maxima_of_images(dy, x, out, kh, kw, sh, sw, ph, pw):
    """The same where each channel is an image of its own."""
    count, height, width = x.shape
    for i in range(count):
        for y in range(height):
            for z in range(width):
                out[i, y, z] = 0
        for y in range(dy.shape[1]):
            top, bottom = max(0, y * sh - ph), min(height, y * sh - ph + kh)
            for z in range(dy.shape[2]):
                left, right = max(0, z * sw - pw), min(width, z * sw - pw + kw)
                best, row, column = x[i, top, left], top, left
                for a in range(top, bottom):
                    for b in range(left, right):
                        value = x[i, a, b]
                        better = value > best
                        best = value if better else best
                        row, column = a if better else row, b if better else column
                out[i, row, column] += dy[i, y, z]


@kernel(f"void(f4[:,:,:,::1], f4[:,:,:,::1], {WINDOWS})")
def sums_kernel(x, out, kh, kw, sh, sw, ph, pw):
    """The sum of each window, for each channel."""
    height, width, channels = x.shape[1:]
    for i in range(len(x)):
        for y in range(out.shape[1]):
            top, bottom = max(0, y * sh - ph), min(height, y * sh - ph + kh)
            for z in range(out.shape[2]):
                left, right = max(0, z * sw - pw), min(width, z * sw - pw + kw)
                total = out[i, y, z]
                for c in range(channels):
                    total[c] = 0
                for a in range(top, bottom):
                    for b in range(left, right):
                        for c in range(channels):
                            total[c] += x[i, a, b, c]


@kernel(f"void(f4[:,:,:,::1], f4[:,:,:,::1], {WINDOWS})")
def spread_kernel(dy, out, kh, kw, sh, sw, ph, pw):
    """Each number of dy is added to all elements of its window."""
    height, width, channels = out.shape[1:]
    for i in range(len(dy)):
        for y in range(height):
            for z in range(width):
                for c in range(channels):
                    out[i, y, z, c] = 0
        for y in range(dy.shape[1]):
            top, bottom = max(0, y * sh - ph), min(height, y * sh - ph + kh)
            for z in range(dy.shape[2]):
                left, right = max(0, z * sw - pw), min(width, z * sw - pw + kw)
                for a in range(top, bottom):
                    for b in range(left, right):
                        for c in range(channels):
                            out[i, a, b, c] += dy[i, y, z, c]


def pairs(axes: list[Axis]) -> bool:
    """Whether windows are two by two elements, and all elements are in one; channels first."""
    return axes[0].axis == 2 and all(
        (a.kernel, a.stride, a.pad, 2 * a.places) == (2, 2, 0, a.length) for a in axes
    )


def planes(array) -> np.ndarray:
    """An array with channels first as (n * c, height, width)."""
    return array.reshape(-1, *array.shape[2:])


def maxima(_xp, data, axes: list[Axis], out=None):
    """The largest number in each window."""
    if len(axes) == 2 and pairs(axes):
        out = result(data, axes) if out is None else out
        maxima_of_pairs(planes(data), planes(out))
        return out
    return _collected(maxima_kernel, data, axes, out)


def sums(_xp, data, axes: list[Axis], out=None):
    """The sum of each window."""
    return _collected(sums_kernel, data, axes, out)


def _collected(function: Callable, data, axes: list[Axis], out):
    """One number for each window, by a kernel that works on all channels side by side."""
    found = windows(axes)
    if found is None or axes[0].axis != 1:
        return NotImplemented
    out = result(data, axes) if out is None else out
    function(data, out, *found)
    return out


def result(data, axes: list[Axis]) -> np.ndarray:
    """An array with a number for each window."""
    shape = data.shape
    for a in axes:
        shape = a.shape(shape, a.places)
    return np.empty(shape, data.dtype)


def to_maxima(_xp, delta, data, axes: list[Axis], out=None):
    """Every number of `delta` added to the largest element of its window (the first of equals)."""
    found = windows(axes)
    if found is None:
        return NotImplemented
    out = np.empty(data.shape, data.dtype) if out is None else out
    if pairs(axes):
        to_maxima_of_pairs(planes(delta), planes(data), planes(out))
    elif axes[0].axis == 1:
        to_maxima_kernel(delta, data, out, *found)
    else:
        to_maxima_of_images(planes(delta), planes(data), planes(out), *found)
    return out


def spread(_xp, delta, axes: list[Axis], shape: tuple[int, ...], out=None):
    """Every number of `delta` added to all elements of its window."""
    found = windows(axes)
    if found is None or axes[0].axis != 1:
        return NotImplemented
    out = np.empty(shape, delta.dtype) if out is None else out
    spread_kernel(delta, out, *found)
    return out
