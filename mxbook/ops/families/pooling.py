"""Pooling in one to three dimensions: the largest number, the sum or the mean under a window."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import pooling as kernels
from mxbook.ops.params import Bool, Enum, Int, Shape
from mxbook.ops.registry import operator

from .convolution import LAYOUTS

POOLING = (
    Shape("kernel", (), doc="Lengths of the window, as in (2, 2)."),
    Enum("pool_type", ("avg", "lp", "max", "sum"), "max", doc="What is kept of a window."),
    Bool(
        "global_pool",
        False,
        doc="The window is the whole image; kernel, stride and pad are ignored.",
    ),
    Bool("cudnn_off", False, doc="Has no effect here."),
    Enum(
        "pooling_convention",
        ("full", "same", "valid"),
        "valid",
        doc="Windows that reach beyond the data: left out (valid) or not (full); same: one window "
        "for every stride elements.",
    ),
    Shape("stride", (), doc="Steps of the window; 1 when left out."),
    Shape("pad", (), doc="Elements put before and behind each spatial axis; 0 when left out."),
    Int("p_value", None, low=1, high=3, doc="With lp: the power, 1, 2 or 3."),
    Bool(
        "count_include_pad",
        None,
        doc="With avg: whether the padding counts in the mean; it does when left out.",
    ),
    Enum("layout", LAYOUTS, None, doc="Order of the axes; channels first when left out."),
)


def axes_of(p, shape) -> list[kernels.Axis]:
    """How the window moves along each spatial axis of data of this shape."""
    first = 1 if p.layout and p.layout.endswith("C") else 2
    lengths = shape[first : first + len(shape) - 2]
    if p.global_pool:
        return [kernels.Axis(first + i, n, n, 1, 0, 1) for i, n in enumerate(lengths)]
    count = len(p.kernel)
    stride, pad = p.stride or (1,) * count, p.pad or (0,) * count
    if count != len(lengths) or len(stride) != count or len(pad) != count or not 1 <= count <= 3:
        raise ShapeError(
            f"kernel={p.kernel}, stride={p.stride}, pad={p.pad} do not go with the data",
            rule="one number for each spatial axis of data (n, c, spatial axes), 1 to 3 of them",
            values=[("data", shapes.text(shape))],
        )
    if min(*p.kernel, *stride) < 1 or min(pad) < 0:
        raise ParameterError(
            f"kernel={p.kernel}, stride={stride}, pad={pad} make no window",
            rule="kernel and stride at least 1, pad at least 0",
        )
    rows = zip(lengths, p.kernel, stride, pad, strict=True)
    return [
        kernels.Axis(first + i, n, k, s, d, _positions(p, n, k, s, d))
        for i, (n, k, s, d) in enumerate(rows)
    ]


def _positions(p, length, kernel, stride, pad):
    """How many positions the window has along an axis."""
    if p.pooling_convention == "same":
        if pad:
            raise ParameterError("pooling_convention same goes without pad", rule="pad=0")
        return -(-length // stride)
    free = length + 2 * pad - kernel
    if free < 0:
        raise ShapeError(
            f"the window {p.kernel} does not fit into the data",
            rule="kernel is at most length + 2 * pad along every axis",
            hint="a smaller kernel, or global_pool=True for the whole image",
        )
    return (free if p.pooling_convention == "valid" else free + stride - 1) // stride + 1


def _output_shape(p, shape):
    if len(shape) < 3:
        raise ShapeError("data has no spatial axes", rule="data (n, c, w), (n, c, h, w) or more")
    shapes.check_filled(shape[1:])
    if p.pool_type == "lp" and p.p_value is None:
        raise ParameterError("pool_type lp needs p_value", rule="p_value 1, 2 or 3")
    return _placed(shape, axes_of(p, shape))


def _placed(shape, axes):
    """The shape, with the numbers of positions in place of lengths."""
    found = list(shape)
    for a in axes:
        found[a.axis] = a.places
    return tuple(found)


def _cost(p, ins, outs):
    return 4 * max(map(shapes.size, ins + outs))


@operator("Pooling", *POOLING, aliases=("_npx_pooling",), cost=_cost)
def pooling(k, p, data, *, out=None):
    """A window slides over the data and keeps one number of what is under it, for each channel.

    ========= ================================================================
    max       the largest number
    sum, avg  the sum, the mean
    lp        `(x1^p + x2^p + ...)^(1/p)`
    data      (n, c, h, w); also (n, c, w) or (n, c, d, h, w)
    output    (n, c, h', w') with `h' = (h + 2 pad - kernel) // stride + 1`,
              rounded up with the convention full
    ========= ================================================================

    Raises ShapeError when the window is larger than the padded data.

    Source: MXNet 1.6, `mx.nd.Pooling`.
    """
    axes = axes_of(p, data.shape)
    found = k.xp.empty(_placed(data.shape, axes), data.dtype) if out is None else out
    sizes = window_sizes(k, p, axes, data) if p.pool_type == "avg" else None

    def examples(i, j):
        _keep(k.xp, p, data[i:j], axes, sizes, found[i:j])

    k.share(len(data), _cost(p, [data.shape], [found.shape]), examples)
    return found


def _keep(xp, p, data, axes, sizes, out) -> None:
    """What is kept of the windows of some examples, written to `out`."""
    if p.pool_type == "max":
        kernels.maxima(xp, data, axes, out)
        return
    half, power = data.dtype.itemsize == 2, p.p_value if p.pool_type == "lp" else 1
    wide = data.astype("float32") if half else data
    powers, into = wide**power if power > 1 else wide, None if half else out
    if p.global_pool:
        found = powers.sum(axis=tuple(a.axis for a in axes), keepdims=True, out=into)
    else:
        found = kernels.sums(xp, powers, axes, into)
    if p.pool_type == "avg":
        found /= sizes
    elif power > 1:
        (xp.sqrt if power == 2 else xp.cbrt)(found, out=found)
    if half:
        xp.copyto(out, found)


def window_sizes(k, p, axes, data):
    """What sums are divided by to be means, shaped so that it can be stretched over the output."""
    if all(a.full for a in axes):
        return shapes.size(a.kernel for a in axes)
    include = p.count_include_pad is not False
    sizes = np.ones((1,) * data.ndim, "float64")
    for a in axes:
        sizes = sizes * np.reshape(a.sizes(include), (-1,) + (1,) * (data.ndim - a.axis - 1))
    sizes = np.maximum(sizes, 1)  # a window that lies in the padding as a whole has the mean 0
    dtype = "float64" if data.dtype.itemsize == 8 else "float32"
    return k.to_device(sizes.astype(dtype))


pooling.shapes(rules.forward(_output_shape))
pooling.types(rules.float_type)


@pooling.gradient("data")
def _(F, p, dy, data, data_shape):
    if p.pool_type == "max":
        return F._pool_to_maxima(dy, data, **_options(p))
    if p.pool_type == "lp" and p.p_value > 1:
        out = F.Pooling(data, **_options(p))
        dy = dy * (out != 0) / (out ** (p.p_value - 1) + (out == 0))
        return F._pool_spread(dy, shape=data_shape, **_options(p)) * data ** (p.p_value - 1)
    return F._pool_spread(dy, shape=data_shape, **_options(p))


def _options(p):
    return {param.name: getattr(p, param.name) for param in POOLING}


@operator("_pool_to_maxima", *POOLING, type=rules.float_type, cost=_cost)
def pool_to_maxima(k, p, delta, data, *, out=None):
    """The gradient of max pooling: numbers of `delta` go to the largest elements of their windows.

    Of equal elements to the first one.
    """
    axes = axes_of(p, data.shape)
    found = k.xp.empty(data.shape, data.dtype) if out is None else out

    def examples(i, j):
        kernels.to_maxima(k.xp, delta[i:j], data[i:j], axes, found[i:j])

    k.share(len(data), _cost(p, [data.shape], []), examples)
    return found


@pool_to_maxima.shapes
@rules.forward
def _(p, delta, data):
    shapes.check_fits(delta, _output_shape(p, data), "delta")
    return data


@pool_to_maxima.gradient("delta")
def _(F, p, dy, data):
    return F._pool_at_maxima(dy, data, **_options(p))


@operator("_pool_at_maxima", *POOLING, type=rules.float_type, cost=_cost)
def pool_at_maxima(k, p, values, data):
    """The elements of `values` at the places of the largest elements of `data` in each window."""
    return kernels.at_maxima(k.xp, values, data, axes_of(p, data.shape))


@pool_at_maxima.shapes
@rules.forward
def _(p, values, data):
    shapes.check_fits(values, data, "values")
    return _output_shape(p, data)


@pool_at_maxima.gradient("values")
def _(F, p, dy, data):
    return F._pool_to_maxima(dy, data, **_options(p))


@operator(
    "_pool_spread",
    *POOLING,
    Shape("shape", doc="Shape of the data."),
    cost=_cost,
)
def pool_spread(k, p, delta, *, out=None):
    """The gradient of sum and mean pooling: each number of `delta` added to all of its window."""
    axes = axes_of(p, p.shape)
    wide = delta.astype("float32") if delta.dtype.itemsize == 2 else delta
    if p.pool_type == "avg":
        wide = wide / window_sizes(k, p, axes, delta)
    fits = out is not None and out.dtype == wide.dtype
    found = out if fits else k.xp.empty(p.shape, wide.dtype)

    def examples(i, j):
        kernels.spread(k.xp, wide[i:j], axes, (j - i, *p.shape[1:]), found[i:j])

    k.share(len(delta), _cost(p, [p.shape], []), examples)
    return found.astype(delta.dtype, copy=False)


@pool_spread.shapes
@rules.forward
def _(p, delta):
    shapes.check_fits(delta, _output_shape(p, p.shape), "delta")
    return p.shape


@pool_spread.gradient("delta")
def _(F, p, dy):
    return F.Pooling(dy, **_options(p) | ({"pool_type": "sum"} if p.pool_type == "lp" else {}))


# ---- examples


def _reference(reduce, stride=1, pad=0, layout_last=False):
    """`reduce(window, axes)` for windows of length 2 or 3, position by position."""

    def value(x, kernel):
        spatial = x.ndim - 2
        x = np.pad(x, [(0, 0)] * 2 + [(pad, pad)] * spatial, constant_values=np.nan)
        lengths = [(n - kernel) // stride + 1 for n in x.shape[2:]]
        y = np.empty((*x.shape[:2], *lengths))
        for place in np.ndindex(*lengths):
            window = tuple(slice(i * stride, i * stride + kernel) for i in place)
            y[(..., *place)] = reduce(x[(..., *window)], tuple(range(2, x.ndim)))
        return y

    return value


def _last(value):
    """The same for data with the channels last."""
    return lambda x: np.moveaxis(value(np.moveaxis(x, -1, 1)), 1, -1)


_MAX = _reference(np.nanmax)
pooling.example((2, 3, 4, 5), kernel=(2, 2)).gives(lambda x: _MAX(x, 2))
pooling.example((1, 2, 7, 7), kernel=(3, 3), stride=(2, 2), pad=(1, 1)).gives(
    lambda x: _reference(np.nanmax, 2, 1)(x, 3)
)
pooling.example((2, 3, 7), kernel=(3,), stride=(2,), pad=(1,), pool_type="sum").gives(
    lambda x: _reference(np.nansum, 2, 1)(x, 3)
)
pooling.example(
    (1, 2, 5, 5), kernel=(2, 2), pad=(1, 1), pool_type="avg", count_include_pad=False
).gives(lambda x: _reference(np.nanmean, 1, 1)(x, 2))
pooling.example((1, 2, 4, 4), kernel=(3, 3), pad=(1, 1), pool_type="avg").gives(
    lambda x: _reference(np.nansum, 1, 1)(x, 3) / 9
)
pooling.example((1, 1, 3, 4, 3), kernel=(2, 2, 2), pool_type="lp", p_value=2).gives(
    lambda x: np.sqrt(_reference(np.nansum)(x * x, 2))
)
pooling.example((1, 2, 6), kernel=(2,), stride=(2,), pool_type="lp", p_value=3).gives(
    lambda x: np.cbrt(_reference(np.nansum, 2)(x**3, 2))
)
pooling.example((2, 2, 3, 4), global_pool=True, pool_type="avg").gives(
    lambda x: x.mean((2, 3), keepdims=True)
)
pooling.example((2, 2, 3, 4), global_pool=True).gives(lambda x: x.max((2, 3), keepdims=True))
pooling.example((2, 1, 5), kernel=(2,), stride=(2,), pooling_convention="full").gives(
    lambda x: np.stack([x[..., :2].max(-1), x[..., 2:4].max(-1), x[..., 4]], -1)
)
pooling.example((1, 4, 5, 3), kernel=(2, 2), layout="NHWC").gives(_last(lambda x: _MAX(x, 2)))
pool_to_maxima.example((2, 1, 2, 2), (2, 1, 4, 4), kernel=(2, 2), stride=(2, 2))
pool_at_maxima.example((1, 2, 4, 4), (1, 2, 4, 4), kernel=(3, 3), stride=(2, 2), pad=(1, 1))
pool_spread.example((1, 2, 3), kernel=(3,), stride=(2,), pool_type="avg", shape=(1, 2, 8))
