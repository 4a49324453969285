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
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from mxbook.ops.kernels.convolution import Geometry
from mxbook.ops.kernels.scratch import scratch

from .jit import kernel
from .lanes import LANES, add, load, store

WIDTH = 2 * LANES  # columns that `gathered_product` computes at a time
CHUNK = 2**17  # numbers of `a` that are worked on at a time, to stay in the cache
LONG = 64  # numbers under a window; with fewer, plain products of matrices are as good
DEEP = 256  # windows whose products are added up for a weight, before that is added to the total


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


@lru_cache(maxsize=256)
def sums(*axes: range) -> np.ndarray:
    """All sums of one number of each axis: where the elements of a grid lie in memory.

    >>> sums(range(0, 20, 10), range(3))
    array([ 0,  1,  2, 10, 11, 12])
    """
    found = np.zeros(1, "int64")
    for axis in axes:
        found = np.add.outer(found, np.arange(axis.start, axis.stop, axis.step))
    return found.reshape(-1)


def evenly(count: int, step: int, first: int = 0) -> range:
    """So many numbers, each by `step` larger than the one before.

    >>> list(evenly(3, 10, 1))
    [1, 11, 21]
    """
    return range(first, first + count * step, step)


class Field(NamedTuple):
    """An array in one piece: its memory, and how far neighbours are apart in it.

    `steps` are those along the axes n, c, and the spatial ones, in whatever order they lie.
    """

    memory: np.ndarray
    steps: list[int]

    def windows(self, count: int, places: tuple[int, ...], geometry: Geometry) -> np.ndarray:
        """Where the first input of each window is, in the order n, places."""
        moves = (s * t for s, t in zip(self.steps[2:], geometry.stride, strict=True))
        return sums(evenly(count, self.steps[0]), *map(evenly, places, moves))

    def under_window(self, channels: int, geometry: Geometry) -> np.ndarray:
        """Where the inputs of a window are, seen from the first one, in the weight's order."""
        gaps = (s * d for s, d in zip(self.steps[2:], geometry.dilate, strict=True))
        spatial, across = map(evenly, geometry.kernel, gaps), evenly(channels, self.steps[1])
        return sums(*spatial, across) if geometry.last else sums(across, *spatial)


def padded(x, geometry: Geometry, before: tuple[int, ...], after: tuple[int, ...]) -> Field:
    """An array with zeros around its spatial axes."""
    n, channels, *lengths = geometry.planes(x).shape
    whole = x
    if any(before) or any(after):
        wider = tuple(map(sum, zip(before, lengths, after, strict=True)))
        whole = scratch(np, "padded", geometry.shape(n, channels, wider), x.dtype)
        whole.fill(0)
        inner = (slice(b, b + length) for b, length in zip(before, lengths, strict=True))
        geometry.planes(whole)[(..., *inner)] = geometry.planes(x)
    return Field(whole.reshape(-1), [s // x.itemsize for s in geometry.planes(whole).strides])


def wide(columns: int) -> int:
    """How many columns there must be so that all these are computed."""
    return -(-columns // WIDTH) * WIDTH


def columns_last(x, last: bool) -> np.ndarray:
    """An array (n, columns, rows), or (n, rows, columns) if `last`, as rows of so many columns as
    `gathered_product` needs."""
    x = x if last else x.swapaxes(1, 2)
    n, rows, columns = x.shape
    if last and columns == wide(columns):
        return x.reshape(-1)
    found = np.zeros((n, rows, wide(columns)), x.dtype)
    found[..., :columns] = x
    return found.reshape(-1)


def room(out, last: bool) -> np.ndarray:
    """Where `gathered_product` may write what is to be an array as in `columns_last`."""
    n, rows, columns = out.shape if last else out.swapaxes(1, 2).shape
    if last and columns == wide(columns):
        return out.reshape(-1)
    return scratch(np, "result", (n * rows * wide(columns),), out.dtype)


def hand_over(found, out, last: bool) -> None:
    """Bring what was written to `room` into its array."""
    target = out if last else out.swapaxes(1, 2)
    n, rows, columns = target.shape
    if not (last and columns == wide(columns)):
        target[...] = found.reshape(n, rows, -1)[..., :columns]


def lines(x, geometry: Geometry) -> np.ndarray:
    """An array with one spatial axis in place of several."""
    return x.reshape((len(x), -1, x.shape[-1]) if geometry.last else (*x.shape[:2], -1))


def chunks(n: int, most: int) -> Iterator[slice]:
    """Slices of n examples, `most` of them at a time."""
    for first in range(0, n, max(1, most)):
        yield slice(first, min(first + max(1, most), n))


def suits(geometry: Geometry, inputs: int) -> bool:
    """Whether this is a way for the convolution, and a good one."""
    return geometry.groups == 1 and inputs >= LONG


def convolve(_xp, data, weight, bias, geometry: Geometry, out=None):
    """The convolution of `data` with `weight`, plus the bias."""
    n, channels, *lengths = geometry.planes(data).shape
    filters, inputs = len(weight), weight[0].size
    places = geometry.places(tuple(lengths))
    if out is None:
        out = np.empty(geometry.shape(n, filters, places), data.dtype)
    if not suits(geometry, inputs):
        return NotImplemented
    b = columns_last(weight.reshape(1, filters, inputs), last=False)
    start = np.zeros(wide(filters), data.dtype)
    start[:filters] = 0 if bias is None else bias
    for part in chunks(n, CHUNK // data[0].size):
        field = padded(data[part], geometry, geometry.pad, geometry.pad)
        rows = field.windows(len(out[part]), places, geometry)
        steps = field.under_window(channels, geometry)
        y = lines(out[part], geometry)
        found = room(y, geometry.last)
        to = sums(evenly(len(rows), len(start)))
        gathered_product(field.memory, rows, steps, b, start, found, to)
        hand_over(found, y, geometry.last)
    return out


def convolve_weight(_xp, dy, data, geometry: Geometry):
    """The gradient of `convolve` for the weight."""
    n, channels = geometry.planes(data).shape[:2]
    filters, *places = geometry.planes(dy).shape[1:]
    inputs = channels * math.prod(geometry.kernel)
    weight = np.empty(geometry.shape(filters, channels, geometry.kernel), data.dtype)
    if not suits(geometry, inputs):
        return NotImplemented
    start = np.zeros(wide(filters), data.dtype)
    total = np.zeros(inputs * len(start), data.dtype)
    to = sums(evenly(inputs, len(start)))
    for part in chunks(n, max(CHUNK // data[0].size, DEEP // math.prod(places))):
        field = padded(data[part], geometry, geometry.pad, geometry.pad)
        rows = field.under_window(channels, geometry)
        steps = field.windows(len(dy[part]), tuple(places), geometry)
        b = columns_last(lines(dy[part], geometry), geometry.last)
        found = scratch(np, "result", total.shape, total.dtype)
        gathered_product(field.memory, rows, steps, b, start, found, to)
        total += found
    hand_over(total, weight.reshape(1, filters, inputs), last=False)
    return weight


class Phase(NamedTuple):
    """Along one axis: every stride-th input, which meet the same elements of the window.

    `inputs` of them from `first` on meet the elements `taps` of the window.  The first one meets
    these at the places `places` of the output.
    """

    first: int
    inputs: int
    taps: slice
    places: range


def phases(
    length: int, kernel: int, stride: int, dilate: int, pad: int, before: int
) -> list[Phase]:
    """All phases of an axis; `before` zeros stand before the places of the output."""
    period = stride // math.gcd(stride, dilate)  # every so many elements of the window meet again
    found = []
    for first in range(min(stride, length)):
        met = [i for i in range(min(period, kernel)) if (first + pad - i * dilate) % stride == 0]
        taps = range(met[0] if met else kernel, kernel, period)
        start = before + (first + pad - taps.start * dilate) // stride
        places = evenly(len(taps), -period * dilate // stride, start)
        inputs = len(range(first, length, stride))
        found.append(Phase(first, inputs, slice(taps.start, None, period), places))
    return found


def convolve_data(_xp, dy, weight, geometry: Geometry, lengths: tuple[int, ...], out=None):
    """The gradient of `convolve` for the data, whose spatial lengths are `lengths`.

    The inputs of a phase are a convolution of the outputs with a part of the weight.
    """
    w = geometry.planes(weight)
    n, filters, *places = geometry.planes(dy).shape
    if out is None:
        out = np.empty(geometry.shape(n, w.shape[1], lengths), dy.dtype)
    # With few outputs for many inputs, most of what is added up here would be zeros.
    dense = 2 * math.prod(lengths) <= 3 * math.prod(places) * math.prod(geometry.stride)
    met = (-(-k // s) for k, s in zip(geometry.kernel, geometry.stride, strict=True))
    if not dense or not suits(geometry, filters * math.prod(met)):
        return NotImplemented
    before, after, along = around(geometry, lengths, tuple(places))
    start = np.zeros(wide(w.shape[1]), dy.dtype)
    parts = [(phase, part_of_weight(w, phase, geometry.last)) for phase in product(*along)]
    for part in chunks(n, CHUNK // dy[0].size):
        field = padded(dy[part], geometry, before, after)
        x = lines(out[part], geometry)
        found = room(x, geometry.last)
        for phase, b in parts:
            rows, steps, to = paths(field, len(x), filters, phase, geometry, lengths, len(start))
            gathered_product(field.memory, rows, steps, b, start, found, to)
        hand_over(found, x, geometry.last)
    return out


def around(geometry: Geometry, lengths, places):
    """Zeros to put before and after the outputs so that every input has all its outputs, and the
    phases of each axis."""
    before, after, along = [], [], []
    for n, count, k, s, d, p in zip(lengths, places, *geometry[:4], strict=True):
        before.append(max(0, (d * (k - 1) - p) // s))
        after.append(max(0, (n - 1 + p) // s - (count - 1)))
        along.append(phases(n, k, s, d, p, before[-1]))
    return tuple(before), tuple(after), along


def part_of_weight(w, phase: tuple[Phase, ...], last: bool) -> np.ndarray:
    """The elements of the weight, (filters, channels, *kernel), that the inputs of a phase meet, as
    rows (filters, elements) of channels."""
    part = w[(..., *(axis.taps for axis in phase))]
    part = part.reshape(*part.shape[:2], -1)
    return columns_last(part.swapaxes(1, 2) if last else part, last)


def paths(field: Field, n, filters, phase, geometry: Geometry, lengths, width: int):
    """For the inputs of a phase: where the outputs begin that they meet, the way to the others, and
    where the inputs are."""
    to_image, to_filter, *spatial = field.steps
    counts = [axis.inputs for axis in phase]
    rows = sums(evenly(n, to_image), *map(evenly, counts, spatial))
    across = (
        evenly(len(axis.places), axis.places.step * step, axis.places.start * step)
        for axis, step in zip(phase, spatial, strict=True)
    )
    steps = sums(evenly(filters, to_filter), *across)
    each, inputs = width, list[range]()
    for axis, length, stride in reversed(list(zip(phase, lengths, geometry.stride, strict=True))):
        inputs.insert(0, evenly(axis.inputs, stride * each, axis.first * each))
        each *= length
    return rows, steps, sums(evenly(n, each), *inputs)
