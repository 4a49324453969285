"""Fourier transforms and count sketches, the two halves of compact bilinear pooling."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops.params import Int
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

from .indexing import checked, scattered_sum
from .triangle import real_type

COMPUTE_SIZE = Int(
    "compute_size", 128, low=1, doc="How many rows MXNet transforms at once; has no effect."
)


def _rows(shape):
    """The length of the rows in the last axis; ShapeError unless there are 2 or 4 axes."""
    if len(shape) not in (2, 4):
        raise ShapeError(f"data has the shape {shapes.text(shape)}", rule="2 or 4 axes")
    return shape[-1]


def _transform_cost(_p, ins, _outs):
    """Work in proportion to n log n."""
    size = shapes.size(ins[0])
    return size * max(1, ins[0][-1]).bit_length()


@operator("_contrib_fft", COMPUTE_SIZE, type=real_type, cost=_transform_cost)
def fft(k, _p, data):
    """The discrete Fourier transform of the rows: `Z[k] = sum_j data[j] exp(-2 pi i j k / d)`.

    `(n, d)` gives `(n, 2 d)`, and `(a, b, c, d)` gives `(a, b, c, 2 d)`: real and imaginary part of
    each number side by side.

    Errors: ShapeError for other numbers of axes.  Source: MXNet 1.6, `mx.nd.contrib.fft`.
    """
    found = k.xp.fft.fft(data)
    return k.xp.stack((k.xp.real(found), k.xp.imag(found)), -1).reshape(_doubled(None, data.shape))


def _doubled(_p, data):
    return (*data[:-1], 2 * _rows(data))


fft.shapes(forward(_doubled))


@operator("_contrib_ifft", COMPUTE_SIZE, type=real_type, cost=_transform_cost)
def ifft(k, _p, data):
    """The reverse of `fft`, not divided by d: the real part of `sum_k Z[k] exp(2 pi i j k / d)`.

    `(n, 2 d)` with real and imaginary parts side by side gives `(n, d)`, and `(a, b, c, 2 d)` gives
    `(a, b, c, d)`; `ifft(fft(x)) = d x`.

    Errors: ShapeError for rows of odd length and other numbers of axes.
    Source: MXNet 1.6, `mx.nd.contrib.ifft`.
    """
    xp = k.xp
    pairs = data.reshape(*data.shape[:-1], -1, 2)
    found = xp.fft.ifft(pairs[..., 0] + 1j * pairs[..., 1], norm="forward")
    return xp.ascontiguousarray(xp.real(found))


@ifft.shapes
@forward
def _(p, data):
    if _rows(data) % 2:
        raise ShapeError(
            f"rows of {data[-1]} numbers", rule="an even number: real and imaginary parts"
        )
    return (*data[:-1], data[-1] // 2)


@fft.gradient("data")
def _(F, p, dy):
    return F._contrib_ifft(dy)


@ifft.gradient("data")
def _(F, p, dy):
    return F._contrib_fft(dy)


def _pairs(z):
    return np.stack([z.real, z.imag], -1).reshape(*z.shape[:-1], -1)


def _undone(x):
    return np.fft.ifft(x[..., ::2] + 1j * x[..., 1::2]).real * (x.shape[-1] // 2)


fft.example((3, 4)).gives(lambda x: _pairs(np.fft.fft(x)))
fft.example((2, 1, 2, 5)).gives(lambda x: _pairs(np.fft.fft(x)))
ifft.example((3, 8)).gives(_undone)
ifft.example((2, 1, 2, 6)).gives(_undone)


@operator(
    "_contrib_count_sketch",
    Int("out_dim", low=1, doc="Length k of the sketches."),
    Int("processing_batch_size", 32, low=1, doc="Rows MXNet takes at once; has no effect."),
    type=real_type,
)
def count_sketch(k, p, data, h, s):
    """Count sketches of the rows: `out[h[i]] += s[i] data[i]`, from length d to length k.

    data     `(n, d)` or `(a, b, c, d)`
    h        `(1, d)`: a place from 0 to k - 1 for each element, drawn once
    s        `(1, d)`: a sign, 1 or -1, for each element
    output   `(n, k)` or `(a, b, c, k)`

    The gradient is that of the data.  Errors: IndexingError for places outside.
    Source: MXNet 1.6, `mx.nd.contrib.count_sketch`; Pham and Pagh, "Fast and scalable polynomial
    kernels via explicit feature maps", 2013.
    """
    signed = (data * s[0]).reshape(-1, data.shape[-1])
    rows = k.xp.arange(len(signed))[:, None] * p.out_dim
    places = rows + checked(h[0].astype("int64"), 0, p.out_dim)
    return scattered_sum(k, (*data.shape[:-1], p.out_dim), places, signed)


@count_sketch.shapes
def _(p, data, h, s):
    if data is None:
        return [data, h, s], [None]
    each = (None, _rows(data))
    for row, what in ((h, "h"), (s, "s")):
        shapes.check_filled((row or (None,))[:1], what)
    return [data, shapes.unify(h, each), shapes.unify(s, each)], [(*data[:-1], p.out_dim)]


@count_sketch.gradient("data")
def _(F, p, dy, h, s, data_shape):
    place, sign = (F.slice_axis(x, axis=0, begin=0, end=1) for x in (h, s))
    place = F._np_reshape(place, newshape=data_shape[-1:])
    sign = F._np_reshape(sign, newshape=(1,) * (len(data_shape) - 1) + data_shape[-1:])
    return F.broadcast_mul(F.take(dy, place, axis=-1), sign)


PLACES, SIGNS = [[0, 3, 0]], [[1, -1, 1]]


def _sketched(x, h, s):
    return np.stack([x[..., 0] + x[..., 2], *np.zeros((2, *x.shape[:-1])), -x[..., 1]], -1)


count_sketch.example((2, 3), PLACES, SIGNS, out_dim=4).gives(_sketched)
count_sketch.example((2, 1, 2, 3), PLACES, SIGNS, out_dim=4).gives(_sketched)
