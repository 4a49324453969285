"""Convolution as a matrix product, and its two transposes.

The inputs under a window, written as a column of a matrix, turn a convolution into a product of
matrices ("im2col"), which BLAS does at nearly the full speed of the processor:

    output   (filters, places)  = weight (filters, inputs of a window) . columns (inputs, places)
    d weight (filters, inputs)  = d output . columns^T
    d column (inputs, places)   = weight^T . d output, added up where windows overlap

Axes in this file: n examples, c channels (g groups of c/g), spatial axes; `places` are all
positions of the window in all examples.  Arrays come in either layout (channels first or last) and
are looked at through views with the axes (n, c, *spatial), whatever their order in memory.

The columns are copied in one of three orders.  BY_PIXEL keeps a window together (kernel width times
channels lie side by side), the others a row of places, whichever makes longer runs in memory.
BY_EXAMPLE makes a matrix for each example, where that is wide enough: the outputs need not be
copied then, and many products run faster than one of a few very long rows.  BY_ROW makes one matrix
of all.  Examples are worked on in chunks whose columns fit the cache.

Chellapilla, Puri and Simard, High performance convolutional neural networks, 2006.
"""

import math
from itertools import product
from typing import Any, NamedTuple

from .scratch import scratch
from .twins import compiled

CHUNK = 2**19  # numbers in the columns of a chunk, about ...
WIDE = 512  # ... unless that makes matrices with fewer columns than this
LONG_RUN = 16  # numbers side by side from which on longer runs bring little
BY_PIXEL, BY_EXAMPLE, BY_ROW = "pixel", "example", "row"


class Geometry(NamedTuple):
    """How the window moves: a number for each spatial axis; `last` for channels as last axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilate: tuple[int, ...]
    pad: tuple[int, ...]
    groups: int
    last: bool

    def places(self, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """How many positions the window has along each axis.

        >>> Geometry((3,), (2,), (1,), (1,), 1, False).places((7,))
        (4,)
        """
        return tuple(
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, d, p in zip(
                lengths, self.kernel, self.stride, self.dilate, self.pad, strict=True
            )
        )

    def planes(self, array: Any) -> Any:
        """A view with the axes (n, c, *spatial)."""
        if not self.last:
            return array
        return array.transpose(0, array.ndim - 1, *range(1, array.ndim - 1))

    def shape(self, n: int | None, c: int | None, lengths: tuple) -> tuple:
        """The shape of an array in this layout; None for what is unknown."""
        return (n, *lengths, c) if self.last else (n, c, *lengths)

    def order(self, channels: int, places: tuple[int, ...]) -> str:
        """The order of the columns; see the module."""
        if self.groups > 1:
            return BY_ROW
        run = channels * self.kernel[-1]
        longer = places[-1] <= run if self.last else places[-1] < min(run, LONG_RUN)
        if longer and self.dilate[-1] == 1:
            return BY_PIXEL
        return BY_EXAMPLE if math.prod(places) >= WIDE else BY_ROW

    def chunks(self, n: int, column: int, places: tuple[int, ...]) -> list[slice]:
        """Slices of the examples, each with columns enough for a good matrix product."""
        each = max(1, math.prod(places))
        step = max(1, CHUNK // (column * each), WIDE // each)
        return [slice(i, min(i + step, n)) for i in range(0, n, step)]


def output_shape(geometry: Geometry, shape: tuple[int, ...], filters: int) -> tuple[int, ...]:
    """The shape of the output for data of this shape."""
    lengths = shape[1:-1] if geometry.last else shape[2:]
    return geometry.shape(shape[0], filters, geometry.places(lengths))


@compiled
def convolve(xp, data, weight, bias, geometry: Geometry, out=None):
    """The convolution of `data` with `weight`, (n, filters, *places), plus the bias."""
    x = geometry.planes(data)
    n, channels = x.shape[:2]
    places, groups = geometry.places(x.shape[2:]), geometry.groups
    filters = len(weight)
    matrix = weight_matrix(xp, weight, geometry)
    if out is None:
        out = xp.empty(geometry.shape(n, filters, places), data.dtype)
    y = geometry.planes(out)
    order = geometry.order(channels, places)
    for part in geometry.chunks(n, matrix.shape[2] * groups, places):
        columns = columns_of(xp, x[part], geometry, places, order)
        if geometry.last and groups == 1:
            rows = out[part].reshape(len(columns), -1, filters)
            xp.matmul(columns.transpose(0, 2, 1), matrix.transpose(0, 2, 1), out=rows)
            _add_bias(rows, bias, (1, 1, -1))
        elif order == BY_EXAMPLE:
            rows = out[part].reshape(len(columns), filters, -1)
            xp.matmul(matrix, columns, out=rows)
            _add_bias(rows, bias, (1, -1, 1))
        elif order == BY_PIXEL:
            rows = _product(xp, columns.transpose(0, 2, 1), matrix.transpose(0, 2, 1))
            _add_bias(rows, bias, (1, 1, -1))
            rows = rows.reshape(-1, *places, filters)
            y[part] = rows.transpose(0, rows.ndim - 1, *range(1, rows.ndim - 1))
        else:
            rows = _product(xp, matrix, columns)
            _add_bias(rows, bias, (groups, -1, 1))
            y[part] = rows.reshape(filters, -1, *places).swapaxes(0, 1)
    return out


def _add_bias(rows, bias, shape) -> None:
    if bias is not None:
        rows += bias.reshape(shape)


def _product(xp, a, b):
    """The products of two stacks of matrices, in memory that the next call uses again."""
    shape = (max(len(a), len(b)), a.shape[1], b.shape[2])
    return xp.matmul(a, b, out=scratch(xp, "product", shape, a.dtype))


@compiled
def convolve_weight(xp, dy, data, geometry: Geometry):
    """The gradient of `convolve` for the weight."""
    x, y = geometry.planes(data), geometry.planes(dy)
    n, channels = x.shape[:2]
    groups, filters, places = geometry.groups, y.shape[1], y.shape[2:]
    column = math.prod(geometry.kernel) * channels // groups
    order = geometry.order(channels, places)
    total = xp.zeros((groups, filters // groups, column), data.dtype)
    for part in geometry.chunks(n, column * groups, places):
        columns = columns_of(xp, x[part], geometry, places, order)
        outputs = output_matrix(xp, y[part], geometry, order)
        found = _product(xp, outputs, columns.transpose(0, 2, 1))
        total += found.sum(0) if order == BY_EXAMPLE else found
    total = total.reshape(filters, *geometry.kernel, channels // groups)
    return total if geometry.last else xp.ascontiguousarray(xp.moveaxis(total, -1, 1))


@compiled
def convolve_data(xp, dy, weight, geometry: Geometry, lengths: tuple[int, ...], out=None):
    """The gradient of `convolve` for the data, whose spatial lengths are `lengths`."""
    y = geometry.planes(dy)
    n, filters, *places = y.shape
    groups, channels = geometry.groups, geometry.planes(weight).shape[1] * geometry.groups
    if _is_convolution(geometry, channels, lengths, filters, places):
        return _convolve_turned(xp, dy, weight, geometry, out)
    matrix = weight_matrix(xp, weight, geometry)
    column = matrix.shape[2]
    order = geometry.order(channels, places)
    if out is None:
        out = xp.empty(geometry.shape(n, channels, lengths), dy.dtype)
    x = geometry.planes(out)
    for part in geometry.chunks(n, column * groups, places):
        outputs = output_matrix(xp, y[part], geometry, order)
        shape = (part.stop - part.start, channels, *lengths)
        if order == BY_PIXEL:
            columns = _product(xp, outputs.transpose(0, 2, 1), matrix)
        else:
            columns = _product(xp, matrix.transpose(0, 2, 1), outputs)
        x[part] = add_columns(xp, columns, geometry, shape, places, order)
    return out


def _is_convolution(geometry: Geometry, channels, lengths, filters, places) -> bool:
    """Whether the gradient is better had as a convolution of the outputs with the turned weight.

    It can be had so with stride 1, and should where outputs are about as many as inputs: to copy
    columns of the outputs takes half as long as to add up columns of the inputs.
    """
    plain = set(geometry.stride) == {1} and min(_turned_pad(geometry)) >= 0
    inputs, outputs = math.prod(lengths), math.prod(places)
    return plain and 2 * inputs <= 3 * outputs and filters * inputs <= 2 * channels * outputs


def _turned_pad(geometry: Geometry) -> tuple[int, ...]:
    """The padding with which a convolution of the outputs reaches all inputs."""
    along = zip(geometry.kernel, geometry.dilate, geometry.pad, strict=True)
    return tuple(d * (k - 1) - p for k, d, p in along)


def _convolve_turned(xp, dy, weight, geometry: Geometry, out):
    """`dy` convolved with the weight turned by 180 degrees, inputs and filters exchanged."""
    groups, turned = geometry.groups, [slice(None, None, -1)] * len(geometry.kernel)
    w = geometry.planes(weight)
    w = w.reshape(groups, -1, *w.shape[1:])[(..., *turned)]
    w = w.swapaxes(1, 2).reshape(-1, w.shape[1], *geometry.kernel)
    if geometry.last:
        w = xp.moveaxis(w, 1, -1)
    geometry = geometry._replace(pad=_turned_pad(geometry))
    return convolve(xp, dy, xp.ascontiguousarray(w), None, geometry, out)


def weight_matrix(xp, weight, geometry: Geometry):
    """The weight as (groups, filters of a group, inputs of a window).

    The inputs are in the order kernel, channel.
    """
    w = geometry.planes(weight)
    w = xp.ascontiguousarray(xp.moveaxis(w, 1, -1))
    return w.reshape(geometry.groups, len(weight) // geometry.groups, -1)


def output_matrix(xp, y, geometry: Geometry, order: str):
    """Outputs (n, filters, *places) as (groups, filters of a group, places of all examples).

    BY_EXAMPLE as (n, filters, places).
    """
    groups, filters = geometry.groups, y.shape[1]
    stack = len(y) if order == BY_EXAMPLE else 1
    if geometry.last and groups == 1:
        pixels = y.transpose(0, *range(2, y.ndim), 1)
        return pixels.reshape(stack, -1, filters).transpose(0, 2, 1)
    if order == BY_EXAMPLE:
        return y.reshape(stack, filters, -1)
    rows = _copied(xp, "outputs", y.swapaxes(0, 1))
    return rows.reshape(groups, filters // groups, -1)


def _copied(xp, purpose: str, view):
    """The elements of a view side by side in memory."""
    copy = scratch(xp, purpose, view.shape, view.dtype)
    xp.copyto(copy, view)
    return copy


def columns_of(xp, x, geometry: Geometry, places, order: str):
    """The windows of x (n, c, *spatial) as columns (groups, inputs of a window, places).

    BY_EXAMPLE as (n, inputs of a window, places).  In memory a column lies together BY_PIXEL,
    otherwise a row does.
    """
    windows = windows_of(xp, padded(xp, x, geometry.pad, order), geometry, places)
    inputs = len(places) + 2  # axes of a group and of the inputs of a window
    column = math.prod(windows.shape[1:inputs])
    if order == BY_ROW:
        return _copied(xp, "columns", windows).reshape(geometry.groups, column, -1)
    if order == BY_EXAMPLE:
        windows = xp.moveaxis(windows[0], inputs - 1, 0)
        return _copied(xp, "columns", windows).reshape(len(x), column, -1)
    first = (0, *range(inputs, windows.ndim), *range(1, inputs))
    rows = _copied(xp, "columns", windows.transpose(first))
    return rows.reshape(1, -1, column).transpose(0, 2, 1)


def windows_of(xp, x, geometry: Geometry, places):
    """A view (groups, *kernel, c of a group, n, *places) of x (n, c, *spatial), already padded.

    An element is in the view as often as there are windows over it.
    """
    n, channels = x.shape[:2]
    step_n, step_c, *steps = x.strides
    per_group = channels // geometry.groups
    along = zip(steps, geometry.stride, geometry.dilate, strict=True)
    moves, gaps = zip(*((s * t, s * d) for s, t, d in along), strict=True)
    return xp.lib.stride_tricks.as_strided(
        x,
        (geometry.groups, *geometry.kernel, per_group, n, *places),
        (step_c * per_group, *gaps, step_c, step_n, *moves),
    )


def padded(xp, x, pad, order: str):
    """x (n, c, *spatial) with zeros around it; with the channels last in memory BY_PIXEL."""
    n, channels, *lengths = x.shape
    wider = [length + 2 * p for length, p in zip(lengths, pad, strict=True)]
    if order != BY_PIXEL:
        if not any(pad):
            return x
        buffer = scratch(xp, "padded", (n, channels, *wider), x.dtype)
    else:
        pixels = x.transpose(0, *range(2, x.ndim), 1)
        back = (0, x.ndim - 1, *range(1, x.ndim - 1))
        if not any(pad) and pixels.flags.c_contiguous:
            return x
        buffer = scratch(xp, "padded", (n, *wider, channels), x.dtype).transpose(back)
    if any(pad):
        buffer.fill(0)
    buffer[inner(pad, lengths)] = x
    return buffer


def inner(pad, lengths) -> tuple:
    """The index of what lies inside the padding of an array (n, c, *spatial)."""
    return (..., *(slice(p, p + n) for p, n in zip(pad, lengths, strict=True)))


def add_columns(xp, columns, geometry: Geometry, shape, places, order: str):
    """The reverse of `columns_of`: every number goes back to its input, where they are added up.

    `columns` is (groups, inputs, places), BY_EXAMPLE (n, inputs, places), BY_PIXEL (1, places,
    inputs); `shape` is that of the inputs (n, c, *spatial).
    """
    n, channels, *lengths = shape
    spatial = len(places)
    wider = [length + 2 * p for length, p in zip(lengths, geometry.pad, strict=True)]
    if order == BY_PIXEL:
        total = scratch(xp, "padded", (n, *wider, channels), columns.dtype)
        total = total.transpose(0, spatial + 1, *range(1, spatial + 1))
        columns = columns.reshape(1, n, *places, *geometry.kernel, channels)
        columns = columns.transpose(0, *range(spatial + 2, columns.ndim), *range(1, spatial + 2))
    else:
        total = scratch(xp, "padded", (n, channels, *wider), columns.dtype)
        if order == BY_EXAMPLE:
            columns = columns.reshape(1, n, *geometry.kernel, channels, *places)
            columns = xp.moveaxis(columns, 1, spatial + 2)
        else:
            columns = columns.reshape(geometry.groups, *geometry.kernel, -1, n, *places)
    total.fill(0)
    windows = windows_of(xp, total, geometry, places)
    for index in _disjoint(geometry, places, order):
        windows[index] += columns[index]
    return total[inner(geometry.pad, lengths)]


def _disjoint(geometry: Geometry, places, order: str):
    """Indices into `windows_of` that together give all of it, and each no element twice.

    In general one for each place in the window.  BY_PIXEL a row of the window lies together,
    and is kept together: then every second, third, ... window along the last axis does not overlap.
    """
    if order != BY_PIXEL:
        for offset in product(*map(range, geometry.kernel)):
            yield (slice(None), *offset)
        return
    apart = -(-geometry.kernel[-1] // geometry.stride[-1])
    for offset in product(*map(range, geometry.kernel[:-1])):
        for first in range(min(apart, places[-1])):
            yield (slice(None), *offset, ..., slice(first, None, apart))
