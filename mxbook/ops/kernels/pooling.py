"""Pooling: a window slides over the data and keeps the largest number, or the sum.

A window of several dimensions is worked off one axis after the other: the largest number of a
rectangle is the largest of the largest numbers of its rows.  That makes `k + k` passes over the data
for a (k, k) window in place of `k * k`.
"""

from typing import Any, NamedTuple


class Axis(NamedTuple):
    """How the window moves along one axis of the data: `count` positions, the first at `-pad`."""

    axis: int
    length: int
    kernel: int
    stride: int
    pad: int
    count: int

    @property
    def reach(self) -> int:
        """Length of all windows together."""
        return (self.count - 1) * self.stride + self.kernel

    def at(self, offset: int) -> tuple:
        """Index of the elements at place `offset` of every window."""
        stop = offset + (self.count - 1) * self.stride + 1
        return (*(slice(None),) * self.axis, slice(offset, stop, self.stride))

    @property
    def data(self) -> tuple:
        """Index of the data within the padded array; what no window reaches is left out."""
        return (*(slice(None),) * self.axis, slice(self.pad, self.pad + self.inside))

    @property
    def inside(self) -> int:
        """How many elements of the data the windows reach."""
        return min(self.length, self.reach - self.pad)

    def sizes(self, include_pad: bool) -> list[int]:
        """Elements in each window; padding counts when `include_pad`, what lies beyond never."""
        margin = self.pad if include_pad else 0
        starts = [i * self.stride - self.pad for i in range(self.count)]
        return [
            min(start + self.kernel, self.length + margin) - max(start, -margin) for start in starts
        ]


def padded(xp, data, axes: list[Axis], fill: float):
    """The data as the windows see it; the data itself where nothing has to be added."""
    if all(a.pad == 0 and a.reach <= a.length for a in axes):
        return data
    shape = list(data.shape)
    for a in axes:
        shape[a.axis] = a.reach
    wider = xp.full(shape, fill, data.dtype)
    wider[_inner(axes)] = data[_reached(axes, data.ndim)]
    return wider


def _inner(axes: list[Axis]) -> tuple:
    """Index of the data within the padded array."""
    index = [slice(None)] * (axes[-1].axis + 1)
    for a in axes:
        index[a.axis] = a.data[-1]
    return tuple(index)


def _reached(axes: list[Axis], ndim: int) -> tuple:
    """Index of the data that some window reaches."""
    index = [slice(None)] * ndim
    for a in axes:
        index[a.axis] = slice(0, a.inside)
    return tuple(index)


def slide(xp, function, data, axes: list[Axis]):
    """`function` (of two arrays, like `xp.add`) over all elements of each window, in a new array."""
    for a in axes:
        found = xp.copy(data[a.at(0)], order="K")
        for offset in range(1, a.kernel):
            function(found, data[a.at(offset)], out=found)
        data = found
    return data


def maxima(xp, data, axes: list[Axis]):
    """The largest number in each window; NaN loses against any number."""
    return slide(xp, xp.fmax, padded(xp, data, axes, xp.finfo(data.dtype).min), axes)


def sums(xp, data, axes: list[Axis]):
    """The sum of each window."""
    return slide(xp, xp.add, padded(xp, data, axes, 0), axes)


def spread(xp, delta, axes: list[Axis], shape: tuple[int, ...]):
    """Every number of `delta` added to all elements of its window; the reverse of `sums`."""
    for a in reversed(axes):
        wider = xp.zeros((*delta.shape[: a.axis], a.reach, *delta.shape[a.axis + 1 :]), delta.dtype)
        for offset in range(a.kernel):
            wider[a.at(offset)] += delta
        delta = wider
    return _cropped(xp, delta, axes, shape)


def _cropped(xp, wider, axes: list[Axis], shape: tuple[int, ...]):
    """The gradient of padding: the part that lies on the data."""
    if wider.shape == tuple(shape):
        return wider
    result = xp.zeros(shape, wider.dtype)
    result[_reached(axes, len(shape))] = wider[_inner(axes)]
    return result


def to_maxima(xp, delta, data, axes: list[Axis]):
    """Every number of `delta` added to the largest element of its window (the first of equal ones)."""
    # From the last axis to the first: of equal elements the one in the first row wins.
    stages = [padded(xp, data, axes, xp.finfo(data.dtype).min)]
    order = axes[::-1]
    for a in order[:-1]:
        stages.append(slide(xp, xp.fmax, stages[-1], [a]))
    for a, values in zip(axes, reversed(stages), strict=True):
        delta = _to_maxima_along(xp, delta, values, a)
    return _cropped(xp, delta, axes, data.shape)


def _to_maxima_along(xp, delta, values, a: Axis):
    """`to_maxima` for one axis; `values` is already padded."""
    best = slide(xp, xp.fmax, values, [a])
    wider = xp.zeros(values.shape, delta.dtype)
    free: Any = None
    for offset in range(a.kernel):
        hit = values[a.at(offset)] == best
        if free is None:
            free = ~hit
        else:
            hit &= free
            free &= ~hit
        wider[a.at(offset)] += delta * hit
    return wider


def at_maxima(xp, values, data, axes: list[Axis]):
    """The element of `values` at the place of the largest element of `data` in each window."""
    data = padded(xp, data, axes, xp.finfo(data.dtype).min)
    values = padded(xp, values, axes, 0)
    for a in reversed(axes):
        best, chosen = data[a.at(0)], values[a.at(0)]
        for offset in range(1, a.kernel):
            better = data[a.at(offset)] > best
            best = xp.where(better, data[a.at(offset)], best)
            chosen = xp.where(better, values[a.at(offset)], chosen)
        data, values = best, chosen
    return xp.ascontiguousarray(values)
