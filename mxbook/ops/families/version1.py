"""The first versions of Convolution and Pooling, which old symbol files still name."""

from itertools import product

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import pooling as kernels
from mxbook.ops.params import Enum
from mxbook.ops.registry import operator

from .convolution import CONVOLUTION, convolution, reference, work
from .pooling import POOLING

LAYOUTS = (None, "NCDHW", "NCHW", "NDHWC", "NHWC")


@operator(
    "Convolution_v1",
    *CONVOLUTION[:-1],
    Enum("layout", LAYOUTS, None, doc="Only NCHW, which is also meant when it is left out."),
    input_count=convolution.input_count,
    type=rules.float_type,
    cost=lambda p, ins, outs: work(ins[1], outs[0]),
)
def convolution_v1(k, p, data, weight, bias=None, *, out=None):
    """Convolution along two axes; see `Convolution`, which does the same and more.

    data (n, c, h, w), weight (num_filter, c / num_group, *kernel), bias (num_filter,), output
    (n, num_filter, h', w').

    Raises ParameterError for another number of axes or another layout.

    Source: MXNet 1.6, `mx.nd.Convolution_v1`.
    """
    return convolution.kernel(k, p, data, weight, bias, out=out)


@convolution_v1.shapes
def _(p, *ins):
    if len(p.kernel) != 2 or p.layout not in (None, "NCHW"):
        raise ParameterError(
            f"kernel={p.kernel}, layout={p.layout}",
            rule="two lengths in kernel, and the layout NCHW",
            hint="Convolution takes one to three axes in any layout",
        )
    return convolution.shape_rule(p, *ins)


for _index, _rule in convolution.rules.items():
    convolution_v1.gradient(convolution.inputs[_index])(_rule.function)


_POOLING = {param.name: param for param in POOLING}
POOLING_V1 = (
    _POOLING["kernel"],
    Enum("pool_type", ("avg", "max", "sum"), "max", doc="What is kept of a window."),
    _POOLING["global_pool"],
    Enum(
        "pooling_convention",
        ("full", "valid"),
        "valid",
        doc="Windows that reach beyond the data: left out (valid) or not (full).",
    ),
    _POOLING["stride"],
    _POOLING["pad"],
)


def _moves(p, shape) -> tuple[tuple, list[kernels.Axis]]:
    """Index of the data within the padded data, and how the window moves over the latter."""
    if len(shape) != 4:
        raise ShapeError(f"data has the shape {shapes.text(shape)}", rule="(n, c, h, w)")
    shapes.check_filled(shape[1:])
    lengths = shape[2:]
    kernel, stride, pad = p.kernel, p.stride or (1, 1), p.pad or (0, 0)
    if p.global_pool:
        kernel, stride, pad = lengths, (1, 1), (0, 0)
    if {len(kernel), len(stride), len(pad)} != {2} or min(*kernel, *stride) < 1 or min(pad) < 0:
        raise ParameterError(
            f"kernel={kernel}, stride={stride}, pad={pad} make no window",
            rule="two numbers each; kernel and stride at least 1, pad at least 0",
        )
    rows = zip((2, 3), lengths, kernel, stride, pad, strict=True)
    axes = [_axis(p, i, n + 2 * m, k, s) for i, n, k, s, m in rows]
    return (..., *(slice(m, m + n) for m, n in zip(pad, lengths, strict=True))), axes


def _axis(p, axis, length, kernel, stride) -> kernels.Axis:
    """How the window moves along one axis of the padded data."""
    if kernel > length:
        raise ShapeError(
            f"the window {p.kernel} does not fit into the data",
            rule="kernel is at most length + 2 * pad along every axis",
        )
    free = length - kernel + (stride - 1 if p.pooling_convention == "full" else 0)
    return kernels.Axis(axis, length, kernel, stride, 0, free // stride + 1)


def _widened(xp, data, inner, axes, beyond):
    """The data with zeros around it, and `beyond` behind these where windows reach further."""
    shape = (*data.shape[:2], *(max(a.length, a.reach) for a in axes))
    wide = xp.full(shape, beyond, data.dtype)
    wide[:, :, : axes[0].length, : axes[1].length] = 0
    wide[inner] = data
    return wide


def _parts(axes):
    """Indices of the elements at each place in the windows."""
    for row, column in product(*(range(a.kernel) for a in axes)):
        yield (..., axes[0].at(row)[-1], axes[1].at(column)[-1])


def _shares(xp, p, data, inner, axes):
    """A function: what share of an element at each place in the windows is kept."""
    if p.pool_type != "max":
        share = 1 / (axes[0].kernel * axes[1].kernel) if p.pool_type == "avg" else 1
        return lambda part: share
    wide = _widened(xp, data, inner, axes, xp.finfo(data.dtype).min)
    best = kernels.slide(xp, xp.maximum, wide, axes)
    return lambda part: wide[part] == best


@operator("Pooling_v1", *POOLING_V1, type=rules.float_type)
def pooling_v1(k, p, data, *, out=None):
    """Pooling along two axes, with the habits of MXNet's first version.

    data (n, c, h, w), output (n, c, h', w') with `h' = (h + 2 pad - kernel) // stride + 1`, rounded
    up with the convention full.  Unlike `Pooling`, padding is zeros for max as well; avg always
    divides by the size of the window; and the gradient of max goes to all elements that equal the
    largest.

    Raises ShapeError when the window is larger than the padded data.

    Source: MXNet 1.6, `mx.nd.Pooling_v1`.
    """
    xp, (inner, axes) = k.xp, _moves(p, data.shape)
    if p.pool_type == "max":
        wide = _widened(xp, data, inner, axes, xp.finfo(data.dtype).min)
        return kernels.slide(xp, xp.maximum, wide, axes, out)
    half = data.dtype.itemsize == 2
    wide = _widened(xp, data.astype("float32") if half else data, inner, axes, 0)
    found = kernels.slide(xp, xp.add, wide, axes, None if half else out)
    if p.pool_type == "avg":
        found /= axes[0].kernel * axes[1].kernel
    return found.astype(data.dtype, copy=False)


def _output_shape(p, data):
    return (*data[:2], *(a.places for a in _moves(p, data)[1]))


pooling_v1.shapes(rules.forward(_output_shape))


def _options(p):
    return {param.name: getattr(p, param.name) for param in POOLING_V1}


@pooling_v1.gradient("data")
def _(F, p, dy, data):
    return F._pool_v1_back(dy, data, **_options(p))


@operator("_pool_v1_back", *POOLING_V1, type=rules.float_type)
def pool_v1_back(k, p, delta, data):
    """The gradient of Pooling_v1: numbers of `delta` go back to what their windows have kept."""
    inner, axes = _moves(p, data.shape)
    share = _shares(k.xp, p, data, inner, axes)
    total = _widened(k.xp, k.xp.zeros_like(data), inner, axes, 0)
    for part in _parts(axes):
        total[part] += delta * share(part)
    return k.xp.ascontiguousarray(total[inner])


@pool_v1_back.shapes
@rules.forward
def _(p, delta, data):
    shapes.check_fits(delta, _output_shape(p, data), "delta")
    return data


@pool_v1_back.gradient("delta")
def _(F, p, dy, data):
    return F._pool_v1_of(dy, data, **_options(p))


@operator("_pool_v1_of", *POOLING_V1, type=rules.float_type)
def pool_v1_of(k, p, values, data):
    """The sum of `values` at what each window of `data` has kept."""
    inner, axes = _moves(p, data.shape)
    share = _shares(k.xp, p, data, inner, axes)
    wide = _widened(k.xp, values, inner, axes, 0)
    return sum(wide[part] * share(part) for part in _parts(axes))


@pool_v1_of.shapes
@rules.forward
def _(p, values, data):
    shapes.check_fits(values, data, "values")
    return _output_shape(p, data)


@pool_v1_of.gradient("values")
def _(F, p, dy, data):
    return F._pool_v1_back(dy, data, **_options(p))


# ---- examples


def _pooled(reduce, kernel, stride, ends):
    """`reduce(window, axes)` of windows that begin before `ends`, for padded data."""

    def value(x):
        places = [range(0, end, stride) for end in ends]
        found = [
            reduce(x[:, :, i : i + kernel, j : j + kernel], (2, 3)) for i, j in product(*places)
        ]
        return np.stack(found, -1).reshape(*x.shape[:2], *map(len, places))

    return value


def _framed(x):
    return np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))


convolution_v1.example(
    (2, 2, 4, 5), (4, 1, 3, 2), (4,), kernel=(3, 2), pad=(1, 1), num_filter=4, num_group=2
).gives(reference(pad=1, groups=2))
pooling_v1.example((2, 2, 4, 5), kernel=(2, 2)).gives(_pooled(np.max, 2, 1, (3, 4)))
pooling_v1.example((1, 2, 5, 4), kernel=(3, 3), stride=(2, 2), pad=(1, 1)).gives(
    lambda x: _pooled(np.max, 3, 2, (5, 4))(_framed(x))
)
pooling_v1.example(
    (1, 2, 4, 5), kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="avg",
    pooling_convention="full",
).gives(lambda x: _pooled(np.sum, 3, 2, (5, 5))(_framed(x)) / 9)  # fmt: skip
pooling_v1.example((1, 2, 3, 4), global_pool=True, pool_type="sum").gives(
    lambda x: x.sum((2, 3), keepdims=True)
)
pool_v1_back.example((1, 1, 2, 2), (1, 1, 4, 5), kernel=(2, 2), stride=(2, 2))
pool_v1_of.example((1, 1, 4, 5), (1, 1, 4, 5), kernel=(2, 2), stride=(2, 2), pad=(1, 1))
