"""Transposed convolution, which enlarges: the gradient of a convolution as a layer of its own.

Where Convolution takes a weighted sum of what is under the window, Deconvolution adds a weighted
copy of the window to the output for each number of the data.  So its gradients are a Convolution
and `_conv_weight`, and it needs no operators of its own for them.
"""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Enum, Int, Shape
from mxbook.ops.registry import operator

from .convolution import (
    CONVOLUTION,
    bias_gradient,
    geometry_of,
    split_shape,
    transposed,
    work,
)

_CONVOLUTION = {param.name: param for param in CONVOLUTION}
DECONVOLUTION = (
    *(_CONVOLUTION[name] for name in ("kernel", "stride", "dilate", "pad")),
    Shape(
        "adj",
        (),
        doc="Lines added behind each spatial axis of the output, less than stride; 0 when left "
        "out.",
    ),
    Shape(
        "target_shape",
        (),
        doc="Spatial lengths of the output; when given, pad and adj follow from them.",
    ),
    *(_CONVOLUTION[name] for name in ("num_filter", "num_group")),
    Int("workspace", 512, low=0, doc=_CONVOLUTION["workspace"].doc),
    Bool("no_bias", True, doc="Leave out the bias."),
    *(_CONVOLUTION[name] for name in ("cudnn_tune", "cudnn_off")),
    Enum(
        "layout",
        (None, "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"),
        None,
        doc="Order of the axes; channels first when left out.",
    ),
)


def placed(p, lengths):
    """How the window moves over the output, and the output's spatial lengths.

    `lengths` are those of the data; (None, lengths as far as known) while they are unknown.
    """
    geometry, target = geometry_of(p), p.target_shape if any(p.target_shape) else ()
    for name, value in (("adj", p.adj), ("target_shape", target)):
        if value and len(value) != len(p.kernel):
            raise ParameterError(
                f"{name}={value} does not go with kernel={p.kernel}",
                rule="one number for each length of the kernel",
            )
    if not shapes.known(lengths):
        return None, target or (None,) * len(p.kernel)
    along = zip(lengths, geometry.kernel, geometry.stride, geometry.dilate, strict=True)
    whole = [s * (n - 1) + d * (k - 1) + 1 for n, k, s, d in along]
    if target:
        excess = [n - t for n, t in zip(whole, target, strict=True)]
        pad, adj = tuple((e + 1) // 2 for e in excess), tuple(e % 2 for e in excess)
    else:
        pad, adj = geometry.pad, p.adj or (0,) * len(whole)
    out = tuple(n - 2 * d + a for n, d, a in zip(whole, pad, adj, strict=True))
    if min(out) < 1 or any(n > w for n, w in zip(target, whole, strict=False)):
        raise ShapeError(
            f"an output of {shapes.text(target or out)} cannot be made",
            rule=f"at least 1 and, with target_shape, at most {shapes.text(tuple(whole))}",
            hint="another pad or target_shape",
        )
    if any(not 0 <= a < s for a, s in zip(adj, geometry.stride, strict=True)):
        raise ParameterError(
            f"adj={adj} with stride={geometry.stride}",
            rule="adj (with target_shape: 1 where an odd number is cut off) is less than stride",
        )
    return geometry._replace(pad=pad), out


@operator(
    "Deconvolution",
    *DECONVOLUTION,
    input_count=lambda p: 2 if p.no_bias else 3,
    type=rules.float_type,
    cost=lambda p, ins, outs: work(ins[1], ins[0]),
    onnx="ConvTranspose",
)
def deconvolution(k, p, data, weight, bias=None, *, out=None):
    """Each number of the data adds its multiple of a window of weights to the output.

    `out[n, o, y * stride + i * dilate - pad, x * stride + j * dilate - pad] +=
    data[n, c, y, x] * weight[c, o, i, j]` for all c, y, x, i, j; then the bias is added.

    ========= =================================== =====================================
    data      (n, c, h, w)                        also (n, c, w) or (n, c, d, h, w)
    weight    (c, num_filter / num_group, *kernel)
    bias      (num_filter,)                       left out with no_bias, the default
    output    (n, num_filter, h', w')             h' and w' as below
    ========= =================================== =====================================

    `h' = stride * (h - 1) + dilate * (kernel - 1) + 1 - 2 * pad + adj`, so that a Convolution with
    the same parameters leads back to the shape of the data.

    Raises ShapeError when shapes do not fit, ParameterError for adj of at least stride.

    Source: MXNet 1.6, `mx.nd.Deconvolution`; Dumoulin and Visin, A guide to convolution
    arithmetic for deep learning, 2016.
    """
    geometry, lengths = placed(p, split_shape(geometry_of(p), data.shape)[1])
    shape = geometry.shape(len(data), p.num_filter, lengths)
    return transposed(k, geometry, data, weight, bias, shape, out)


@deconvolution.shapes
def _(p, data, weight, bias=None):
    geometry, spatial = geometry_of(p), len(p.kernel)
    if data is not None and len(data) != spatial + 2:
        raise ShapeError(
            f"data has the shape {shapes.text(data)}",
            rule=f"{spatial + 2} axes for kernel={p.kernel}: examples, channels, {spatial} spatial",
        )
    channels, lengths = split_shape(geometry, data or (None,) * (spatial + 2))
    if (channels or 0) % p.num_group or p.num_filter % p.num_group:
        raise ShapeError(
            f"{channels} channels, {p.num_filter} filters cannot be cut into {p.num_group} groups",
            rule="num_group divides the channels of the data and num_filter",
        )
    expected = geometry.shape(channels, p.num_filter // p.num_group, p.kernel)
    try:
        weight = shapes.unify(weight, expected)
        bias = shapes.unify(bias, (p.num_filter,))
    except ShapeError as error:
        raise ShapeError(
            f"weight or bias do not fit the data: {error.message}",
            rule=f"weight {shapes.text(expected)}, bias ({p.num_filter},)",
        ) from None
    out = geometry.shape(data[0] if data else None, p.num_filter, placed(p, lengths)[1])
    return [data, weight, bias][: 2 if p.no_bias else 3], [out]


def _convolution(p, data_shape):
    """The parameters of the convolution that goes the other way, from the output to the data."""
    geometry = geometry_of(p)
    channels, lengths = split_shape(geometry, data_shape)
    same = {name: getattr(p, name) for name in ("kernel", "num_group", "layout")}
    moves = {name: getattr(geometry, name) for name in ("stride", "dilate")}
    pad = placed(p, lengths)[0].pad
    return {**same, **moves, "pad": pad, "num_filter": channels, "no_bias": True}


@deconvolution.gradient("data")
def data_gradient(F, p, dy, weight, data_shape):
    """The gradient for the data: a convolution."""
    return F.Convolution(dy, weight, **_convolution(p, data_shape))


@deconvolution.gradient("weight")
def weight_gradient(F, p, dy, data, data_shape):
    """The gradient for the weight: that of the same convolution."""
    return F._conv_weight(data, dy, **_convolution(p, data_shape))


deconvolution.gradient("bias")(bias_gradient)


# ---- examples


def reference(stride=1, pad=0, adj=0, dilate=1, groups=1):
    """The formula, number by number of the data, for one to three dimensions."""

    def value(x, w, b=0.0):
        n, channels, *lengths = x.shape
        inner = w.shape[1]
        reach = [dilate * (k - 1) + 1 for k in w.shape[2:]]
        whole = [stride * (m - 1) + r for m, r in zip(lengths, reach, strict=True)]
        y = np.zeros((n, inner * groups, *(m + pad + adj for m in whole)))
        for c, *place in np.ndindex(channels, *lengths):
            first = c // (channels // groups) * inner
            along = zip(place, reach, strict=True)
            window = (slice(i * stride, i * stride + r, dilate) for i, r in along)
            number = x[(slice(None), c, *place)].reshape(n, *(1,) * (x.ndim - 1))
            y[(slice(None), slice(first, first + inner), *window)] += number * w[c]
        cut = [slice(pad, m - pad + adj) for m in whole]
        return y[(slice(None), slice(None), *cut)] + np.reshape(b, (-1,) + (1,) * len(lengths))

    return value


deconvolution.example(
    (2, 3, 3, 4), (3, 2, 3, 2), (2,), kernel=(3, 2), num_filter=2, no_bias=False
).gives(reference())
deconvolution.example(
    (2, 4, 3), (4, 3, 3), kernel=(3,), stride=(2,), dilate=(2,), pad=(1,), adj=(1,), num_group=2,
    num_filter=6,
).gives(reference(2, 1, 1, 2, 2))  # fmt: skip
deconvolution.example(
    (1, 2, 2, 3, 2), (2, 2, 2, 2, 2), kernel=(2, 2, 2), pad=(1, 1, 1), num_filter=2
).gives(reference(pad=1))
deconvolution.example(
    (1, 2, 3, 3), (2, 2, 3, 3), kernel=(3, 3), stride=(2, 2), target_shape=(6, 6), num_filter=2
).gives(reference(stride=2, pad=1, adj=1))
deconvolution.example(
    (2, 3, 3, 2), (2, 3, 3, 3), (3,), kernel=(3, 3), stride=(2, 2), num_filter=3, layout="NHWC",
    no_bias=False,
).gives(
    lambda x, w, b: reference(stride=2)(
        x.transpose(0, 3, 1, 2), w.transpose(0, 3, 1, 2), b
    ).transpose(0, 2, 3, 1)
)  # fmt: skip
