"""The same elements in another order: axes swapped, turned round, channels spread over pictures."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops.params import Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .shape import copied


def _swapped(p, data):
    a, b = (shapes.axis_index(d, len(data)) for d in (p.dim1, p.dim2))
    shape = list(data)
    shape[a], shape[b] = data[b], data[a]
    return tuple(shape)


@operator(
    "SwapAxis",
    Int("dim1", 0, doc="One axis."),
    Int("dim2", 0, doc="The other axis."),
    aliases=("swapaxes", "_npi_swapaxes"),
)
def swapaxes(k, p, data, *, out=None):
    """Two axes in each other's place: `(2, 3, 4)` with `dim1=0, dim2=2` becomes `(4, 3, 2)`."""
    return copied(k, k.xp.swapaxes(data, p.dim1, p.dim2), out)


swapaxes.shapes(forward(_swapped))


@swapaxes.gradient("data")
def _(F, p, dy):
    return F.SwapAxis(dy, dim1=p.dim1, dim2=p.dim2)


swapaxes.example((2, 3, 4), dim1=0, dim2=-1).gives(lambda x: x.swapaxes(0, 2))


@operator("reverse", Shape("axis", doc="Axes to turn round."), aliases=("flip",))
def reverse(k, p, data, *, out=None):
    """The elements in reverse order along the given axes; an axis given twice is turned twice."""
    for axis in p.axis:
        data = k.xp.flip(data, axis)
    return copied(k, data, out)


@reverse.shapes
@forward
def _(p, data):
    for axis in p.axis:
        shapes.axis_index(axis, len(data))
    return data


@reverse.gradient("data")
def _(F, p, dy):
    return F.reverse(dy, axis=p.axis)


reverse.example((2, 3), axis=1).gives(lambda x: x[:, ::-1])
reverse.example((2, 3, 2), axis=(0, 2)).gives(lambda x: x[::-1, :, ::-1])


BLOCK = Int("block_size", low=1, doc="Side of the square blocks.")


def _blocks(p, data, divided):
    """The block size, once the axes to divide are known to be divisible by it."""
    block = p.block_size
    if len(data) != 4 or any(data[a] % n for a, n in divided(block)):
        raise ShapeError(
            f"{shapes.text(data)} cannot be rearranged in blocks of {block} x {block}",
            rule="shape (n, c, h, w); c is divisible by block_size^2 (depth_to_space), "
            "or h and w by block_size (space_to_depth)",
        )
    return block


def _to_space(p, data):
    b = _blocks(p, data, lambda b: ((1, b * b),))
    n, c, h, w = data
    return (n, c // (b * b), h * b, w * b)


def _to_depth(p, data):
    b = _blocks(p, data, lambda b: ((2, b), (3, b)))
    n, c, h, w = data
    return (n, c * b * b, h // b, w // b)


@operator("depth_to_space", BLOCK)
def depth_to_space(k, p, data):
    """Groups of `block_size^2` channels spread over the picture.

    `(n, c * b * b, h, w)` becomes `(n, c, h * b, w * b)`.

    Errors: ShapeError where the channels cannot be divided.
    Source: MXNet 1.6, `mx.nd.depth_to_space`.
    """
    b = p.block_size
    n, c, h, w = _to_space(p, data.shape)
    parts = data.reshape(n, b, b, c, h // b, w // b)
    return copied(k, k.xp.transpose(parts, (0, 3, 4, 1, 5, 2))).reshape(n, c, h, w)


@operator("space_to_depth", BLOCK)
def space_to_depth(k, p, data):
    """Blocks of the picture stacked as channels.

    `(n, c, h * b, w * b)` becomes `(n, c * b * b, h, w)`.

    Errors: ShapeError where height or width cannot be divided.
    Source: MXNet 1.6, `mx.nd.space_to_depth`.
    """
    b = p.block_size
    n, c, h, w = data.shape
    parts = data.reshape(n, c, h // b, b, w // b, b)
    return copied(k, k.xp.transpose(parts, (0, 3, 5, 1, 2, 4))).reshape(_to_depth(p, data.shape))


depth_to_space.shapes(forward(_to_space))
space_to_depth.shapes(forward(_to_depth))


@depth_to_space.gradient("data")
def _(F, p, dy):
    return F.space_to_depth(dy, block_size=p.block_size)


@space_to_depth.gradient("data")
def _(F, p, dy):
    return F.depth_to_space(dy, block_size=p.block_size)


depth_to_space.example((1, 8, 1, 3), block_size=2).gives(
    lambda x: x.reshape(1, 2, 2, 2, 1, 3).transpose(0, 3, 4, 1, 5, 2).reshape(1, 2, 2, 6)
)
space_to_depth.example((1, 1, 2, 4), block_size=2).gives(
    lambda x: np.stack([x[0, 0, i::2, j::2] for i in (0, 1) for j in (0, 1)])[None]
)
