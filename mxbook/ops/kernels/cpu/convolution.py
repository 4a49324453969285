"""Convolution without columns: a product of matrices that finds its numbers in place.

As in `kernels/convolution.py` the convolution and its gradients are products of matrices.  But the
first matrix is never written out: its number in row p and column r is `a[rows[p] + steps[r]]`,
since what lies under a window lies in the same places for each window.

    output    (places, filters)  a: data      rows: windows               steps: inputs of a window
    d data    (inputs, channels) a: d output  rows: elements of the data  steps: filters, window
    d weight  (window, filters)  a: data      rows: inputs of a window    steps: windows

The results have the channels, or filters, last; for arrays with channels first they are turned.

Dukhan, The indirect convolution algorithm, 2019.
"""

import math
from functools import lru_cache
from itertools import product

import numpy as np

from mxbook.ops.kernels.convolution import Geometry
from mxbook.ops.kernels.scratch import scratch

from .jit import kernel
from .lanes import LANES, add, load, store

WIDTH = 2 * LANES  # columns that `gathered_product` computes at a time
CHUNK = 2**16  # numbers of `a` that are worked on at a time, to stay in the cache
LONG = 64  # the least length of a sum: shorter ones are not worth the trouble
BLOCK = 16  # rows and columns that `turn` moves at a time


@kernel("void(f4[::1], i8[::1], i8[::1], f4[::1], f4[::1], f4[::1], i8[::1])")
def gathered_product(a, rows, steps, b, start, out, out_rows):
    """`out[out_rows[p] + f] = start[f] + sum over r of a[rows[p] + steps[r]] * b[r, f]`.

    The columns f are a multiple of WIDTH.  Six rows of WIDTH columns are added up at a time, in
    twelve registers; where fewer than six rows are left the last one is computed several times.
    """
    width, last = start.size, rows.size - 1
    for f in range(0, width, WIDTH):
        left, right = load(start, f), load(start, f + LANES)
        for p in range(0, rows.size, 6):
            p1, p2, p3 = min(p + 1, last), min(p + 2, last), min(p + 3, last)
            p4, p5 = min(p + 4, last), min(p + 5, last)
            r0, r1, r2, r3, r4, r5 = rows[p], rows[p1], rows[p2], rows[p3], rows[p4], rows[p5]
            x0 = x1 = x2 = x3 = x4 = x5 = left
            y0 = y1 = y2 = y3 = y4 = y5 = right
            at = f
            for r in range(steps.size):
                step, x, y = steps[r], load(b, at), load(b, at + LANES)
                at += width
                x0, y0 = add(a, r0 + step, x, x0), add(a, r0 + step, y, y0)
                x1, y1 = add(a, r1 + step, x, x1), add(a, r1 + step, y, y1)
                x2, y2 = add(a, r2 + step, x, x2), add(a, r2 + step, y, y2)
                x3, y3 = add(a, r3 + step, x, x3), add(a, r3 + step, y, y3)
                x4, y4 = add(a, r4 + step, x, x4), add(a, r4 + step, y, y4)
                x5, y5 = add(a, r5 + step, x, x5), add(a, r5 + step, y, y5)
            at = out_rows[p] + f
            store(x0, out, at)
            store(y0, out, at + LANES)
            at = out_rows[p1] + f
            store(x1, out, at)
            store(y1, out, at + LANES)
            at = out_rows[p2] + f
            store(x2, out, at)
            store(y2, out, at + LANES)
            at = out_rows[p3] + f
            store(x3, out, at)
            store(y3, out, at + LANES)
            at = out_rows[p4] + f
            store(x4, out, at)
            store(y4, out, at + LANES)
            at = out_rows[p5] + f
            store(x5, out, at)
            store(y5, out, at + LANES)


@kernel("void(f4[::1], f4[::1], i8, i8, i8, i8, i8)")
def turn(x, out, count, rows, columns, x_width, out_width):
    """Transpose `count` matrices (rows, columns), whose rows are x_width apart, or out_width."""
    for n in range(count):
        for row in range(0, rows, BLOCK):
            for column in range(0, columns, BLOCK):
                for c in range(column, min(column + BLOCK, columns)):
                    source, target = n * rows * x_width + c, (n * columns + c) * out_width
                    for r in range(row, min(row + BLOCK, rows)):
                        out[target + r] = x[source + r * x_width]


@lru_cache(maxsize=256)
def offsets(lengths: tuple[int, ...], strides: tuple[int, ...], first: int = 0) -> np.ndarray:
    """The places of all elements of a grid, in C order: `first` plus indices times strides.

    >>> offsets((2, 3), (10, 1))
    array([ 0,  1,  2, 10, 11, 12])
    """
    found = np.full(lengths, first, "int64")
    for axis, (length, stride) in enumerate(zip(lengths, strides, strict=True)):
        step = np.arange(length) * stride
        found += step.reshape(-1, *(1,) * (len(lengths) - axis - 1))
    return found.reshape(-1)


def convolve(_xp, data, weight, bias, geometry: Geometry, out=None):
    """The convolution of `data` with `weight`, plus the bias."""
    n, channels, *lengths = geometry.planes(data).shape
    filters, inputs = len(weight), weight[0].size
    places = geometry.places(lengths)
    shape = geometry.shape(n, filters, places)
    out = np.empty(shape, data.dtype) if out is None else out
    if geometry.groups > 1 or inputs < LONG or not out.flags.c_contiguous:
        return NotImplemented
    b = columns_of(flat(weight), 1, filters, inputs)
    start = np.zeros(b.shape[1], "float32")
    start[:filters] = 0 if bias is None else bias
    for part in chunks(n, data[0].size):
        a, strides = padded(data[part], geometry, geometry.pad, geometry.pad)
        rows = offsets((part.stop - part.start, *places), moves(strides, geometry.stride, geometry))
        steps = offsets(*under_window(strides, channels, geometry))
        product_to(out[part], a, rows, steps, b, start, geometry)
    return out
