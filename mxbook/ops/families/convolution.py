"""Convolution in one to three dimensions, and its gradients, which are operators of their own.

Convolution is linear in the data and in the weight.  So the three operators `Convolution`,
`_conv_data` (the gradient for the data, a transposed convolution) and `_conv_weight` (the gradient
for the weight) are each other's gradients, of every order.
"""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import convolution as kernels
from mxbook.ops.params import Bool, Enum, Int, Shape
from mxbook.ops.registry import operator

LAYOUTS = (None, "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC")
CONVOLUTION = (
    Shape(
        "kernel", doc="Lengths of the window, as in (3, 3); their number is that of spatial axes."
    ),
    Shape("stride", (), doc="Steps of the window; 1 when left out."),
    Shape("dilate", (), doc="Distance of neighbours in the window; 1 when left out."),
    Shape("pad", (), doc="Zeros put before and behind each spatial axis; 0 when left out."),
    Int("num_filter", low=1, doc="Number of output channels."),
    Int("num_group", 1, low=1, doc="Channels are cut into so many groups that do not mix."),
    Int("workspace", 1024, low=0, doc="Has no effect here; in MXNet megabytes of scratch memory."),
    Bool("no_bias", False, doc="Leave out the bias."),
    Enum(
        "cudnn_tune",
        (None, "fastest", "limited_workspace", "off"),
        None,
        doc="Has no effect here; in MXNet how cuDNN chooses its algorithm.",
    ),
    Bool("cudnn_off", False, doc="Has no effect here."),
    Enum("layout", LAYOUTS, None, doc="Order of the axes; channels first when left out."),
)


def geometry_of(p) -> kernels.Geometry:
    """The parameters with everything that was left out filled in.

    Raises ParameterError when they do not belong to one number of spatial axes, from 1 to 3.
    """
    count = len(p.kernel)
    stride, dilate, pad = p.stride or (1,) * count, p.dilate or (1,) * count, p.pad or (0,) * count
    named = {"stride": stride, "dilate": dilate, "pad": pad}
    wrong = [name for name, value in named.items() if len(value) != count]
    if wrong or not 1 <= count <= 3 or (p.layout and len(p.layout) != count + 2):
        raise ParameterError(
            f"kernel={p.kernel} does not go with {wrong[0] if wrong else f'layout={p.layout}'}",
            rule="one to three lengths in kernel; as many in stride, dilate and pad, if given",
        )
    if min(*p.kernel, *stride, *dilate) < 1 or min(pad) < 0:
        raise ParameterError(
            f"kernel={p.kernel}, stride={stride}, dilate={dilate}, pad={pad} make no window",
            rule="kernel, stride and dilate at least 1, pad at least 0",
        )
    last = bool(p.layout) and p.layout.endswith("C")
    return kernels.Geometry(p.kernel, stride, dilate, pad, p.num_group, last)


def split_shape(geometry, shape):
    """Number of channels and spatial lengths of data of a shape."""
    return (shape[-1], shape[1:-1]) if geometry.last else (shape[1], shape[2:])


def weight_shape(p, geometry, channels):
    """Shape of the weight for data with so many channels (None when unknown)."""
    if channels is not None and (channels % p.num_group or p.num_filter % p.num_group):
        raise ShapeError(
            f"{channels} channels, {p.num_filter} filters cannot be cut into {p.num_group} groups",
            rule="num_group divides the channels of the data and num_filter",
        )
    inner = None if channels is None else channels // p.num_group
    return geometry.shape(p.num_filter, inner, p.kernel)


def _places(p, geometry, lengths, data):
    if not shapes.known(lengths):
        return (None,) * len(p.kernel)
    places = geometry.places(lengths)
    if min(places) < 1:
        raise ShapeError(
            f"the window {p.kernel} does not fit into data of shape {shapes.text(data)}",
            rule="dilate * (kernel - 1) + 1 is at most length + 2 * pad along every axis",
            hint="a larger pad, or a smaller kernel",
        )
    return places


def work(weight, output):
    """Work of a convolution with a weight and an output of these shapes."""
    filters = weight[0]
    return rules.matrix_cost(
        shapes.size(output) // filters, filters, shapes.size(weight) // filters
    )


def widened(*arrays):
    """float16 is computed in float32."""
    half = arrays[0].dtype.itemsize == 2
    return [a.astype("float32") if half and a is not None else a for a in arrays]


@operator(
    "Convolution",
    *CONVOLUTION,
    aliases=("_npx_convolution",),
    input_count=lambda p: 2 if p.no_bias else 3,
    type=rules.float_type,
    cost=lambda p, ins, outs: work(ins[1], outs[0]),
    onnx="Conv",
)
def convolution(k, p, data, weight, bias=None, *, out=None):
    """A window slides over the data; each output is a weighted sum of what is under it.

    `out[n, o, y, x] = bias[o] + sum over c, i, j of weight[o, c, i, j] *
    data[n, c, y * stride + i * dilate - pad, x * stride + j * dilate - pad]`

    ========= =================================== =====================================
    data      (n, c, h, w)                        also (n, c, w) or (n, c, d, h, w)
    weight    (num_filter, c / num_group, *kernel)
    bias      (num_filter,)                       left out with no_bias
    output    (n, num_filter, h', w')             h' and w' as below
    ========= =================================== =====================================

    `h' = (h + 2 * pad - dilate * (kernel - 1) - 1) // stride + 1`, and `w'` in the same way.
    With a layout such as NHWC the channels are the last axis of data, weight and output.

    Raises ShapeError when shapes do not fit or the window is larger than the padded data.

    Source: MXNet 1.6, `mx.nd.Convolution`.
    """
    geometry = geometry_of(p)
    x, w, b = widened(data, weight, bias)
    shape = kernels.output_shape(geometry, x.shape, len(w))
    target = out if out is not None and out.dtype == x.dtype else k.xp.empty(shape, x.dtype)

    def examples(i, j):
        kernels.convolve(k.xp, x[i:j], w, b, geometry, target[i:j])

    k.share(len(x), work(w.shape, shape), examples)
    return target.astype(data.dtype, copy=False)


def _advice(p, geometry, data, weight):
    """What may be wrong where the channels do not fit."""
    if data is None or weight is None or None in weight or geometry.last:
        return ""
    if len(weight) != len(data) or data[-1] != weight[1] * p.num_group:
        return ""
    order = (0, len(data) - 1, *range(1, len(data) - 1))
    return f"the channels seem to come last: x.transpose({order}), or another layout"


@convolution.shapes
def _(p, data, weight, bias=None):
    geometry = geometry_of(p)
    spatial = len(p.kernel)
    if data is not None and len(data) != spatial + 2:
        raise ShapeError(
            f"data has the shape {shapes.text(data)}",
            rule=f"{spatial + 2} axes for kernel={p.kernel}: examples, channels, {spatial} spatial",
            hint="a single example lacks the first axis: x.expand_dims(axis=0)"
            if len(data) == spatial + 1
            else "",
        )
    channels, lengths = split_shape(geometry, data or (None,) * (spatial + 2))
    expected = weight_shape(p, geometry, channels)
    given = weight
    try:
        weight = shapes.unify(weight, expected)
        bias = shapes.unify(bias, (p.num_filter,))
    except ShapeError as error:
        raise ShapeError(
            f"weight or bias do not fit the data: {error.message}",
            rule=f"weight {shapes.text(expected)}, bias ({p.num_filter},)",
            hint=_advice(p, geometry, data, given),
        ) from None
    out = None
    if data is not None:
        out = geometry.shape(data[0], p.num_filter, _places(p, geometry, lengths, data))
    return [data, weight, bias][: 2 if p.no_bias else 3], [out]


convolution.shapes_inward(rules.examples_inward)


def _options(p):
    return {param.name: getattr(p, param.name) for param in CONVOLUTION} | {"no_bias": True}


@convolution.gradient("data")
def _(F, p, dy, weight, data_shape):
    return F._conv_data(dy, weight, shape=data_shape, **_options(p))


@convolution.gradient("weight")
def _(F, p, dy, data):
    return F._conv_weight(dy, data, **_options(p))


@convolution.gradient("bias")
def bias_gradient(F, p, dy, out_shape):
    """The gradient for the bias: the sum over examples and places."""
    channel = len(out_shape) - 1 if geometry_of(p).last else 1
    return F.sum(dy, axis=tuple(i for i in range(len(out_shape)) if i != channel))


@operator(
    "_conv_data",
    *CONVOLUTION,
    Shape("shape", doc="Shape of the data."),
    cost=lambda p, ins, outs: work(ins[1], ins[0]),
)
def conv_data(k, p, delta, weight, *, out=None):
    """The gradient of Convolution for the data: outputs go back to the inputs under their window.

    delta   the gradient at the output of Convolution
    weight  the weight of Convolution
    """
    return transposed(k, geometry_of(p), delta, weight, None, p.shape, out)


def transposed(k, geometry, delta, weight, bias, shape, out):
    """The kernel of transposed convolutions: numbers go to all places under their window.

    `shape` is that of the result; the bias may be None.
    """
    lengths = split_shape(geometry, shape)[1]
    y, w, b = widened(delta, weight, bias)
    target = out if out is not None and out.dtype == y.dtype else k.xp.empty(shape, y.dtype)

    def examples(i, j):
        kernels.convolve_data(k.xp, y[i:j], w, geometry, lengths, target[i:j])
        if b is not None:
            geometry.planes(target[i:j])[...] += b.reshape(-1, *(1,) * len(lengths))

    k.share(len(y), work(w.shape, y.shape), examples)
    return target.astype(delta.dtype, copy=False)


@conv_data.shapes
@rules.forward
def _(p, delta, weight):
    shapes.check_fits(delta, convolution.shape_rule(p, p.shape, weight)[1][0], "delta")
    return p.shape


@conv_data.gradient("delta")
def _(F, p, dy, weight):
    return F.Convolution(dy, weight, **_options(p))


@conv_data.gradient("weight")
def _(F, p, dy, delta):
    return F._conv_weight(delta, dy, **_options(p))


def _weight_shape_of(p, delta, data):
    (_, weight, *_), (out,) = convolution.shape_rule(p, data, None)
    shapes.check_fits(delta, out, "delta")
    return weight


@operator(
    "_conv_weight",
    *CONVOLUTION,
    shape=rules.forward(_weight_shape_of),
    cost=lambda p, ins, outs: work(outs[0], ins[0]),
)
def conv_weight(k, p, delta, data):
    """The gradient of Convolution for the weight: outputs times inputs under their windows, summed.

    delta   the gradient at the output of Convolution
    data    the data of Convolution
    """
    y, x = widened(delta, data)
    geometry = geometry_of(p)

    def examples(i, j):
        return kernels.convolve_weight(k.xp, y[i:j], x[i:j], geometry)

    weight = _weight_shape_of(p, y.shape, x.shape)
    first, *others = k.share(len(x), work(weight, y.shape), examples)
    for part in others:
        first += part
    return first.astype(delta.dtype, copy=False)


@conv_weight.gradient("delta")
def _(F, p, dy, data):
    return F.Convolution(data, dy, **_options(p))


@conv_weight.gradient("data")
def _(F, p, dy, delta, data_shape):
    return F._conv_data(delta, dy, shape=data_shape, **_options(p))


# ---- examples


def reference(stride=1, pad=0, dilate=1, groups=1):
    """The formula, position of the window by position, for one to three dimensions."""

    def value(x, w, b=0.0):
        spatial, n, filters = x.ndim - 2, len(x), len(w)
        x = np.pad(x, [(0, 0), (0, 0)] + [(pad, pad)] * spatial)
        reach = [dilate * (length - 1) + 1 for length in w.shape[2:]]
        lengths = [(m - r) // stride + 1 for m, r in zip(x.shape[2:], reach, strict=True)]
        y = np.empty((n, filters, *lengths))
        per, inner = filters // groups, x.shape[1] // groups
        for place in np.ndindex(*lengths):
            window = (
                slice(i * stride, i * stride + r, dilate) for i, r in zip(place, reach, strict=True)
            )
            under = x[(..., *window)]
            for g in range(groups):
                part = under[:, g * inner : (g + 1) * inner].reshape(n, -1)
                weight = w[g * per : (g + 1) * per].reshape(per, -1)
                y[(slice(None), slice(g * per, (g + 1) * per), *place)] = part @ weight.T
        return y + np.reshape(b, (-1,) + (1,) * spatial)

    return value


convolution.example((2, 3, 5, 4), (4, 3, 3, 2), (4,), kernel=(3, 2), num_filter=4).gives(
    reference()
)
convolution.example(
    (2, 4, 9), (6, 2, 3), (6,), kernel=(3,), stride=(2,), pad=(1,), dilate=(2,), num_group=2,
    num_filter=6,
).gives(reference(stride=2, pad=1, dilate=2, groups=2))  # fmt: skip
convolution.example(
    (1, 2, 3, 4, 3), (2, 2, 2, 2, 2), kernel=(2, 2, 2), pad=(1, 1, 1), num_filter=2, no_bias=True
).gives(reference(pad=1))
convolution.example(
    (2, 3, 5, 5), (3, 1, 3, 3), kernel=(3, 3), pad=(1, 1), num_filter=3, num_group=3, no_bias=True
).gives(reference(pad=1, groups=3))
convolution.example(
    (2, 5, 4, 3), (2, 3, 3, 3), (2,), kernel=(3, 3), pad=(1, 1), num_filter=2, layout="NHWC"
).gives(
    lambda x, w, b: reference(pad=1)(x.transpose(0, 3, 1, 2), w.transpose(0, 3, 1, 2), b).transpose(
        0, 2, 3, 1
    )
)
conv_data.example(
    (2, 4, 2, 3), (4, 1, 3, 2), kernel=(3, 2), stride=(2, 1), num_filter=4, num_group=2,
    shape=(2, 2, 5, 4),
)  # fmt: skip
conv_data.example(
    (2, 2, 5, 5), (2, 1, 3, 3), kernel=(3, 3), pad=(1, 1), num_filter=2, shape=(2, 1, 5, 5)
)
conv_weight.example((2, 2, 3, 3), (2, 3, 5, 5), kernel=(3, 3), num_filter=2)
