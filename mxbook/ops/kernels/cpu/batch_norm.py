"""Batch normalisation: every function goes over the data once.

Where channels are last, the loop over them is the innermost one; else that over the places.
"""

import numpy as np

from .jit import ANY_ORDER, kernel

ROWS = 32  # places whose mean is taken at a time, where channels are last


@kernel("void(f4[:,:,::1], f4[::1], f4[::1])", fastmath=ANY_ORDER)
def moments_first(x, mean, square):
    """Mean, and sum of squares around it, of each channel of (n, c, p).

    Each row is added up twice, while it is in the cache; rows are joined as parts of a whole.
    """
    n, channels, places = x.shape
    for c in range(channels):
        count, average, squares = 0.0, 0.0, 0.0
        for i in range(n):
            row, total, around = x[i, c], np.float32(0), np.float32(0)
            for k in range(places):
                total += row[k]
            here = total / np.float32(places)
            for k in range(places):
                around += (row[k] - here) * (row[k] - here)
            way, new = here - average, count + places
            average += way * places / new
            squares += around + way * way * count * places / new
            count = new
        mean[c], square[c] = average, squares


@kernel("void(f4[:,::1], f4[::1], f4[::1])")
def moments_last(x, mean, square):
    """The same for (rows, c), ROWS at a time."""
    rows, channels = x.shape
    here, around = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for c in range(channels):
        mean[c], square[c] = 0, 0
    for first in range(0, rows, ROWS):
        behind = min(first + ROWS, rows)
        for c in range(channels):
            here[c], around[c] = 0, 0
        for i in range(first, behind):
            for c in range(channels):
                here[c] += x[i, c]
        count = np.float32(behind - first)
        for c in range(channels):
            here[c] /= count
        for i in range(first, behind):
            for c in range(channels):
                around[c] += (x[i, c] - here[c]) * (x[i, c] - here[c])
        part, rest = count / np.float32(behind), np.float32(first) * count / np.float32(behind)
        for c in range(channels):
            way = here[c] - mean[c]
            mean[c] += way * part
            square[c] += around[c] + way * way * rest


def moments(_xp, data, last: bool):
    """Mean and variance of each channel."""
    channels = data.shape[2 if last else 1]
    mean, square = np.empty((2, channels), data.dtype)
    if last:
        moments_last(data.reshape(-1, channels), mean, square)
    else:
        moments_first(data, mean, square)
    square /= data.size // channels
    return mean, square


@kernel("void(f4[:,:,::1], b1, f4[::1], f4[::1], f4[:,:,::1])")
def line_kernel(x, last, factor, shift, out):
    """`out = x * factor + shift`."""
    n, rows, columns = x.shape
    for i in range(n):
        for j in range(rows):
            row, to = x[i, j], out[i, j]
            if last:
                for k in range(columns):
                    to[k] = row[k] * factor[k] + shift[k]
            else:
                a, b = factor[j], shift[j]
                for k in range(columns):
                    to[k] = row[k] * a + b


def line(_xp, data, last: bool, factor, shift, out):
    """`out = data * factor + shift`."""
    line_kernel(data, last, factor, shift, out)


@kernel("void(f4[:,:,::1], f4[:,:,::1], f4[::1], f4[::1], f4[::1])", fastmath=ANY_ORDER)
def gradient_sums_first(dy, x, mean, total, product):
    """For (n, c, p), `sum(dy)` and `sum(dy * (x - mean))` of each channel."""
    n, channels, places = x.shape
    for c in range(channels):
        sums, products = 0.0, 0.0
        for i in range(n):
            d, row, a, b = dy[i, c], x[i, c], np.float32(0), np.float32(0)
            for k in range(places):
                a += d[k]
                b += d[k] * (row[k] - mean[c])
            sums += float(a)
            products += float(b)
        total[c], product[c] = sums, products


@kernel("void(f4[:,::1], f4[:,::1], f4[::1], f4[::1], f4[::1])")
def gradient_sums_last(dy, x, mean, total, product):
    """The same for (rows, c), ROWS at a time for fewer rounding errors."""
    rows, channels = x.shape
    a, b = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for c in range(channels):
        total[c], product[c] = 0, 0
    for first in range(0, rows, ROWS):
        for c in range(channels):
            a[c], b[c] = 0, 0
        for i in range(first, min(first + ROWS, rows)):
            for c in range(channels):
                a[c] += dy[i, c]
                b[c] += dy[i, c] * (x[i, c] - mean[c])
        for c in range(channels):
            total[c] += a[c]
            product[c] += b[c]


def gradient_sums(_xp, delta, data, last: bool, mean):
    """For each channel `sum(delta)` and `sum(delta * (data - mean))`."""
    total, product = np.empty((2, len(mean)), data.dtype)
    if last:
        rows = (-1, len(mean))
        gradient_sums_last(delta.reshape(rows), data.reshape(rows), mean, total, product)
    else:
        gradient_sums_first(delta, data, mean, total, product)
    return total, product


@kernel("void(f4[:,:,::1], f4[:,:,::1], b1, f4[::1], f4[::1], f4[::1], f4[:,:,::1])")
def plane_kernel(dy, x, last, factor, slope, shift, out):
    """`out = dy * factor + x * slope + shift`."""
    n, rows, columns = x.shape
    for i in range(n):
        for j in range(rows):
            d, row, to = dy[i, j], x[i, j], out[i, j]
            if last:
                for k in range(columns):
                    to[k] = d[k] * factor[k] + (row[k] * slope[k] + shift[k])
            else:
                a, b, c = factor[j], slope[j], shift[j]
                for k in range(columns):
                    to[k] = d[k] * a + (row[k] * b + c)


def plane(_xp, delta, data, last: bool, factor, slope, shift, out):
    """`out = delta * factor + data * slope + shift`."""
    plane_kernel(delta, data, last, factor, slope, shift, out)
