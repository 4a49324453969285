"""Convolution as a matrix product, and its two transposes.

The inputs under a window, written as a column of a matrix, turn a convolution into a product of matrices
("im2col"), which BLAS does at nearly the full speed of the processor:

    output   (filters, places)  = weight (filters, inputs of a window) . columns (inputs, places)
    d weight (filters, inputs)  = d output . columns^T
    d column (inputs, places)   = weight^T . d output, added up where windows overlap

Axes in this file: n examples, c channels (g groups of c/g), spatial axes; `places` are all positions of
the window in all examples.  Arrays come in either layout (channels first or last) and are looked at
through views with the axes (n, c, *spatial), whatever their order in memory.

The columns are copied in one of two orders, whichever finds longer runs in memory: `by_pixel` keeps a
window together (kernel width times channels lie side by side), the other keeps a row of places together.
Examples are worked on in chunks whose columns fit the cache.

Chellapilla, Puri and Simard, High performance convolutional neural networks, 2006.
"""

from itertools import product
from typing import Any, NamedTuple

CHUNK = 2**20  # numbers in the columns of a chunk
LONG_RUN = 16  # numbers side by side from which on longer runs bring little


class Geometry(NamedTuple):
    """How the window moves: one number for each spatial axis; `last` for channels as the last axis."""

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

    def shape(self, n: int, c: int, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an array in this layout."""
        return (n, *lengths, c) if self.last else (n, c, *lengths)

    def by_pixel(self, channels: int, places: tuple[int, ...]) -> bool:
        """Whether windows have longer runs in memory than rows of places; see the module."""
        run = channels * (self.kernel[-1] if self.dilate[-1] == 1 else 1)
        return places[-1] <= run if self.last else places[-1] < min(run, LONG_RUN)

    def chunks(self, n: int, column: int, places: int) -> list[slice]:
        """Slices of the examples whose columns have about CHUNK numbers."""
        step = max(1, CHUNK // max(1, column * places))
        return [slice(i, min(i + step, n)) for i in range(0, n, step)]


def size(lengths: tuple[int, ...]) -> int:
    """The product of the lengths."""
    n = 1
    for length in lengths:
        n *= length
    return n


def convolve(xp, data, weight, bias, geometry: Geometry):
    """The convolution of `data` with `weight` in a new array (n, filters, *places), plus the bias."""
    x = geometry.planes(data)
    n, channels = x.shape[:2]
    places = geometry.places(x.shape[2:])
    groups, filters = geometry.groups, len(weight)
    matrix = weight_matrix(xp, weight, geometry)
    result = xp.empty(geometry.shape(n, filters, places), data.dtype)
    y = geometry.planes(result)
    by_pixel = geometry.by_pixel(channels // groups, places)
    if bias is not None:
        bias = bias.reshape(groups, 1, -1) if by_pixel else bias.reshape(groups, -1, 1)
    for part in geometry.chunks(n, matrix.shape[2] * groups, size(places)):
        columns = columns_of(xp, x[part], geometry, places, by_pixel)
        count = part.stop - part.start
        if by_pixel:
            direct = geometry.last and groups == 1
            out = result[part].reshape(1, -1, filters) if direct else None
            rows = xp.matmul(columns.transpose(0, 2, 1), matrix.transpose(0, 2, 1), out=out)
            if bias is not None:
                rows += bias
            if not direct:
                _put_rows(y[part], rows.reshape(groups, count, *places, filters // groups))
        else:
            rows = xp.matmul(matrix, columns)
            if bias is not None:
                rows += bias
            y[part] = rows.reshape(filters, count, *places).swapaxes(0, 1)
    return result


def _put_rows(target, rows) -> None:
    """Write (groups, n, *places, c) where (n, groups * c, *places) is wanted."""
    dims = rows.ndim
    target[...] = rows.transpose(1, 0, dims - 1, *range(2, dims - 1)).reshape(target.shape)


def convolve_weight(xp, dy, data, geometry: Geometry):
    """The gradient of `convolve` for the weight."""
    x, y = geometry.planes(data), geometry.planes(dy)
    n, channels = x.shape[:2]
    groups, filters, places = geometry.groups, y.shape[1], y.shape[2:]
    column = size(geometry.kernel) * channels // groups
    by_pixel = geometry.by_pixel(channels // groups, places)
    total = None
    for part in geometry.chunks(n, column * groups, size(places)):
        columns = columns_of(xp, x[part], geometry, places, by_pixel)
        found = xp.matmul(output_matrix(xp, y[part], geometry), columns.transpose(0, 2, 1))
        total = found if total is None else xp.add(total, found, out=total)
    if total is None:
        total = xp.zeros((groups, filters // groups, column), data.dtype)
    total = total.reshape(filters, *geometry.kernel, channels // groups)
    return total if geometry.last else xp.ascontiguousarray(xp.moveaxis(total, -1, 1))


def convolve_data(xp, dy, weight, geometry: Geometry, lengths: tuple[int, ...]):
    """The gradient of `convolve` for the data, whose spatial lengths are `lengths`."""
    y = geometry.planes(dy)
    if _is_convolution(geometry, lengths, y.shape[2:]):
        return _convolve_turned(xp, dy, weight, geometry)
    matrix = weight_matrix(xp, weight, geometry)
    groups, _, column = matrix.shape
    n, places = len(y), y.shape[2:]
    per_group = column // size(geometry.kernel)
    channels = per_group * groups
    by_pixel = geometry.by_pixel(per_group, places)
    result = xp.empty(geometry.shape(n, channels, lengths), dy.dtype)
    target = geometry.planes(result)
    for part in geometry.chunks(n, column * groups, size(places)):
        outputs = output_matrix(xp, y[part], geometry)
        shape = (part.stop - part.start, channels, *lengths)
        if by_pixel:
            found = xp.matmul(outputs.transpose(0, 2, 1), matrix)
        else:
            found = xp.matmul(matrix.transpose(0, 2, 1), outputs)
        target[part] = add_columns(xp, found, geometry, shape, places, by_pixel)
    return result


def _is_convolution(geometry: Geometry, lengths, places) -> bool:
    """Whether the gradient is better had as a convolution of the outputs with the turned weight.

    It can be had so with stride 1, and should where there are about as many places as inputs.
    """
    plain = set(geometry.stride) == {1} and min(_turned_pad(geometry)) >= 0
    return plain and 2 * size(lengths) <= 3 * size(places)


def _turned_pad(geometry: Geometry) -> tuple[int, ...]:
    """The padding with which a convolution of the outputs reaches all inputs."""
    along = zip(geometry.kernel, geometry.dilate, geometry.pad, strict=True)
    return tuple(d * (k - 1) - p for k, d, p in along)


def _convolve_turned(xp, dy, weight, geometry: Geometry):
    """`dy` convolved with the weight turned by 180 degrees, inputs and filters exchanged."""
    groups, turned = geometry.groups, [slice(None, None, -1)] * len(geometry.kernel)
    w = geometry.planes(weight)
    w = w.reshape(groups, -1, *w.shape[1:])[(..., *turned)]
    w = w.swapaxes(1, 2).reshape(-1, w.shape[1], *geometry.kernel)
    if geometry.last:
        w = xp.moveaxis(w, 1, -1)
    geometry = geometry._replace(pad=_turned_pad(geometry))
    return convolve(xp, dy, xp.ascontiguousarray(w), None, geometry)


def weight_matrix(xp, weight, geometry: Geometry):
    """The weight as (groups, filters of a group, inputs of a window); inputs ordered kernel, channel."""
    w = geometry.planes(weight)
    w = xp.ascontiguousarray(xp.moveaxis(w, 1, -1))
    return w.reshape(geometry.groups, len(weight) // geometry.groups, -1)


def output_matrix(xp, y, geometry: Geometry):
    """Outputs (n, filters, *places) as (groups, filters of a group, places of all examples)."""
    groups, filters = geometry.groups, y.shape[1]
    if geometry.last and groups == 1:
        return y.transpose(0, *range(2, y.ndim), 1).reshape(1, -1, filters).transpose(0, 2, 1)
    return xp.ascontiguousarray(y.swapaxes(0, 1)).reshape(groups, filters // groups, -1)


def columns_of(xp, x, geometry: Geometry, places, by_pixel: bool):
    """The windows of x (n, c, *spatial) as columns (groups, inputs of a window, places).

    In memory a column lies together when `by_pixel`, otherwise a row does.
    """
    x = padded(xp, x, geometry.pad, by_pixel)
    n, channels = x.shape[:2]
    groups, spatial = geometry.groups, len(places)
    step_n, step_c, *steps = x.strides
    shape = (groups, *geometry.kernel, channels // groups, n, *places)
    strides = (
        step_c * (channels // groups),
        *(s * d for s, d in zip(steps, geometry.dilate, strict=True)),
        step_c,
        step_n,
        *(s * t for s, t in zip(steps, geometry.stride, strict=True)),
    )
    windows = xp.lib.stride_tricks.as_strided(x, shape, strides)
    column = size(shape[1 : spatial + 2])
    if not by_pixel:
        return xp.ascontiguousarray(windows).reshape(groups, column, -1)
    order = (0, *range(spatial + 2, 2 * spatial + 3), *range(1, spatial + 2))
    rows = xp.ascontiguousarray(windows.transpose(order)).reshape(groups, -1, column)
    return rows.transpose(0, 2, 1)


def padded(xp, x, pad, by_pixel: bool):
    """x (n, c, *spatial) with zeros around it; with the channels last in memory when `by_pixel`."""
    order = (0, *range(2, x.ndim), 1)  # of memory, when by_pixel
    back = (0, x.ndim - 1, *range(1, x.ndim - 1))
    if not any(pad):
        return xp.ascontiguousarray(x.transpose(order)).transpose(back) if by_pixel else x
    n, channels, *lengths = x.shape
    wider = [length + 2 * p for length, p in zip(lengths, pad, strict=True)]
    if by_pixel:
        buffer = xp.zeros((n, *wider, channels), x.dtype).transpose(back)
    else:
        buffer = xp.zeros((n, channels, *wider), x.dtype)
    buffer[inner(pad, lengths)] = x
    return buffer


def inner(pad, lengths) -> tuple:
    """The index of what lies inside the padding of an array (n, c, *spatial)."""
    return (..., *(slice(p, p + n) for p, n in zip(pad, lengths, strict=True)))


def add_columns(xp, columns, geometry: Geometry, shape, places, by_pixel: bool):
    """The reverse of `columns_of`: every number goes back to its input, where they are added up.

    `columns` is (groups, places, inputs) when `by_pixel`, (groups, inputs, places) otherwise;
    `shape` that of the inputs (n, c, *spatial).
    """
    n, channels, *lengths = shape
    groups, spatial = geometry.groups, len(places)
    wider = [length + 2 * p for length, p in zip(lengths, geometry.pad, strict=True)]
    if by_pixel:
        total = xp.zeros((n, *wider, channels), columns.dtype)
        total = total.transpose(0, spatial + 1, *range(1, spatial + 1))
        columns = columns.reshape(groups, n, *places, *geometry.kernel, -1)
        order = (*range(spatial + 2, 2 * spatial + 2), 1, 0, -1, *range(2, spatial + 2))
    else:
        total = xp.zeros((n, channels, *wider), columns.dtype)
        columns = columns.reshape(groups, *geometry.kernel, -1, n, *places)
        order = (*range(1, spatial + 1), spatial + 2, 0, spatial + 1, *range(-spatial, 0))
    columns = columns.transpose(order)  # (*kernel, n, groups, c of a group, *places)
    by_group = total.reshape(n, groups, -1, *wider)  # a view: an axis is only split
    for offset in product(*map(range, geometry.kernel)):
        reached = tuple(
            slice(o * d, o * d + (count - 1) * s + 1, s)
            for o, d, s, count in zip(
                offset, geometry.dilate, geometry.stride, places, strict=True
            )
        )
        by_group[(..., *reached)] += columns[offset]
    return total[inner(geometry.pad, lengths)]
