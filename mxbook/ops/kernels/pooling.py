"""Pooling: a window slides over the data and keeps the largest number, or the sum.

A window of several dimensions is worked off one axis after the other: the largest number of a
rectangle is the largest of the largest numbers of its rows.  That makes `k + k` passes over the
data for a (k, k) window in place of `k * k`.
"""

from typing import NamedTuple

from .scratch import scratch
from .twins import compiled


class Axis(NamedTuple):
    """How the window moves along one axis of the data: `places` positions, the first at `-pad`."""

    axis: int
    length: int
    kernel: int
    stride: int
    pad: int
    places: int

    @property
    def reach(self) -> int:
        """Length of all windows together."""
        return (self.places - 1) * self.stride + self.kernel

    @property
    def apart(self) -> bool:
        """Whether windows do not overlap."""
        return self.stride >= self.kernel

    @property
    def full(self) -> bool:
        """Whether every window lies in the data as a whole."""
        return self.pad == 0 and self.reach <= self.length

    def at(self, offset: int) -> tuple:
        """Index of the elements at place `offset` of every window."""
        stop = offset + (self.places - 1) * self.stride + 1
        return (*(slice(None),) * self.axis, slice(offset, stop, self.stride))

    @property
    def data(self) -> tuple:
        """Index of the data within the padded array; what no window reaches is left out."""
        return (*(slice(None),) * self.axis, slice(self.pad, self.pad + self.inside))

    @property
    def inside(self) -> int:
        """How many elements of the data the windows reach."""
        return min(self.length, self.reach - self.pad)

    def shape(self, shape: tuple[int, ...], length: int) -> tuple[int, ...]:
        """A shape with another length along this axis."""
        return (*shape[: self.axis], length, *shape[self.axis + 1 :])

    def sizes(self, include_pad: bool) -> list[int]:
        """Elements in each window; padding counts when `include_pad`, what lies beyond never."""
        margin = self.pad if include_pad else 0
        starts = [i * self.stride - self.pad for i in range(self.places)]
        return [
            min(start + self.kernel, self.length + margin) - max(start, -margin) for start in starts
        ]


def padded(xp, data, axes: list[Axis], fill: float):
    """The data as the windows see it; a part of the data itself where nothing has to be added."""
    if all(a.full for a in axes):
        return data[_reached(axes, data.ndim)]
    shape = data.shape
    for a in axes:
        shape = a.shape(shape, a.reach)
    wider = scratch(xp, "padded", shape, data.dtype)
    wider.fill(fill)
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


def slide(xp, function, data, axes: list[Axis], out=None):
    """`function` (of two arrays, like `xp.add`) over all elements of each window.

    The last axis' result is written to `out`, or is a new array.
    """
    for a in axes:
        if a is not axes[-1]:
            shape = a.shape(data.shape, a.places)
            found = scratch(xp, f"slide {a.axis}", shape, data.dtype)
        else:
            found = xp.empty(a.shape(data.shape, a.places), data.dtype) if out is None else out
        if a.kernel == 1:
            xp.copyto(found, data[a.at(0)])
        else:
            function(data[a.at(0)], data[a.at(1)], out=found)
        for offset in range(2, a.kernel):
            function(found, data[a.at(offset)], out=found)
        data = found
    return data


@compiled
def maxima(xp, data, axes: list[Axis], out=None):
    """The largest number in each window; NaN loses against any number."""
    data = padded(xp, data, axes, xp.finfo(data.dtype).min)
    return slide(xp, xp.fmax, data, axes, out)


@compiled
def sums(xp, data, axes: list[Axis], out=None):
    """The sum of each window."""
    return slide(xp, xp.add, padded(xp, data, axes, 0), axes, out)


@compiled
def spread(xp, delta, axes: list[Axis], shape: tuple[int, ...], out=None):
    """Every number of `delta` added to all elements of its window; the reverse of `sums`."""
    out = xp.empty(shape, delta.dtype) if out is None else out
    for a in reversed(axes):
        wider = _collecting(xp, delta, a, axes, out if a is axes[0] else None)
        for offset in range(a.kernel):
            part = wider[a.at(offset)]
            if a.apart:
                xp.copyto(part, delta)
            else:
                part += delta
        delta = wider
    return _cropped(xp, delta, axes, out)


@compiled
def to_maxima(xp, delta, data, axes: list[Axis], out=None):
    """Every number of `delta` added to the largest element of its window (the first of equals)."""
    out = xp.empty(data.shape, data.dtype) if out is None else out
    # From the last axis to the first: of equal elements the one in the first row wins.
    stages = [padded(xp, data, axes, xp.finfo(data.dtype).min)]
    for a in reversed(axes):
        shape = a.shape(stages[-1].shape, a.places)
        found = scratch(xp, f"maxima {a.axis}", shape, data.dtype)
        stages.append(slide(xp, xp.fmax, stages[-1], [a], found))
    for a, best, values in zip(axes, stages[:0:-1], stages[-2::-1], strict=True):
        wider = _collecting(xp, delta, a, axes, out if a is axes[-1] else None)
        _to_maxima_along(xp, delta, values, best, a, wider)
        delta = wider
    return _cropped(xp, delta, axes, out)


def _to_maxima_along(xp, delta, values, best, a: Axis, wider) -> None:
    """`to_maxima` for one axis: what a window has to give goes to the first element that equals
    the window's best, and then nothing is left for others.
    """
    left = scratch(xp, "left", delta.shape, "bool")
    left.fill(True)
    for offset in range(a.kernel - 1):
        hit = xp.equal(values[a.at(offset)], best, out=scratch(xp, "hit", delta.shape, "bool"))
        hit &= left
        left ^= hit
        _give(xp, delta, hit, wider[a.at(offset)], a)
    _give(xp, delta, left, wider[a.at(a.kernel - 1)], a)


def _give(xp, delta, hit, part, a: Axis) -> None:
    """`delta` where it hits, written to `part` or, where windows overlap, added."""
    if a.apart:
        xp.multiply(delta, hit, out=part)
    else:
        part += xp.multiply(delta, hit, out=scratch(xp, "given", delta.shape, delta.dtype))


def _collecting(xp, delta, a: Axis, axes: list[Axis], out):
    """Where the gradients of the windows' elements along one axis are collected.

    `out`, if it is given and nothing has to be cut off.  Zeros, unless all will be written.
    """
    shape = a.shape(delta.shape, a.reach)
    if out is not None and out.shape == shape and not any(b.pad for b in axes):
        wider = out
    else:
        wider = scratch(xp, f"wider {a.axis}", shape, delta.dtype)
    if a.stride != a.kernel:
        wider.fill(0)
    return wider


def _cropped(xp, wider, axes: list[Axis], out):
    """The gradient of padding, in `out`: the part that lies on the data."""
    if wider is not out:
        out.fill(0)
        out[_reached(axes, out.ndim)] = wider[_inner(axes)]
    return out


def at_maxima(xp, values, data, axes: list[Axis]):
    """The element of `values` at the place of the largest element of `data` in each window."""
    data = padded(xp, data, axes, xp.finfo(data.dtype).min).copy()
    values = padded(xp, values, axes, 0)
    for a in reversed(axes):
        best, chosen = data[a.at(0)], values[a.at(0)]
        for offset in range(1, a.kernel):
            better = data[a.at(offset)] > best
            best = xp.where(better, data[a.at(offset)], best)
            chosen = xp.where(better, values[a.at(offset)], chosen)
        data, values = best, chosen
    return xp.array(values, order="C")


def windows(axes: list[Axis]) -> tuple[int, ...] | None:
    """Kernel, stride and pad, along the height and the width, for compiled twins.

    None where these are not two axes, or a window has no element.
    """
    empty = any((a.places - 1) * a.stride - a.pad >= a.length or a.kernel <= a.pad for a in axes)
    if len(axes) != 2 or empty:
        return None
    up, across = axes
    return up.kernel, across.kernel, up.stride, across.stride, up.pad, across.pad
