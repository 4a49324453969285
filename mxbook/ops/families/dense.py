"""The fully connected layer: every output is a weighted sum of all inputs."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Int
from mxbook.ops.registry import operator

from .dot import product


def _cost(p, ins, outs):
    features = ins[1][1]
    return rules.matrix_cost(shapes.size(outs[0]) // p.num_hidden, p.num_hidden, features)


@operator(
    "FullyConnected",
    Int("num_hidden", low=1, doc="Number of output features."),
    Bool("no_bias", False, doc="Leave out the bias."),
    Bool("flatten", True, doc="Treat all axes but the first as features; otherwise only the last."),
    aliases=("_npx_fully_connected",),
    input_count=lambda p: 2 if p.no_bias else 3,
    cost=_cost,
    onnx="Gemm",
)
def fully_connected(k, p, data, weight, bias=None, *, out=None):
    """Every output feature is a weighted sum of all input features, `data . weight^T + bias`.

    ========= ===================== ==========================================
    data      (n, ...)              n examples; (..., features) if not flatten
    weight    (num_hidden, features)
    bias      (num_hidden,)         left out with no_bias
    output    (n, num_hidden)       (..., num_hidden) if not flatten
    ========= ===================== ==========================================

    Raises ShapeError when the number of features is not that of the weight.

    Source: MXNet 1.6, `mx.nd.FullyConnected`.
    """
    if data.ndim == 2:
        result = product(k, data, weight.T, out)
    else:
        rows = len(data) if p.flatten else -1
        target = None if out is None else out.reshape(-1, p.num_hidden)
        result = product(k, data.reshape(rows, weight.shape[1]), weight.T, target)
    if bias is not None:
        result += bias
    return result if data.ndim == 2 else result.reshape(_output_shape(p, data.shape))


def _output_shape(p, data):
    return (*(data[:1] if p.flatten else data[:-1]), p.num_hidden)


def _features(p, data):
    """Number of input features; None where it is not known yet."""
    lengths = data[1:] if p.flatten else data[-1:]
    return shapes.size(lengths) if shapes.known(lengths) else None


@fully_connected.shapes
def _(p, data, weight, bias=None):
    shapes.check_axes((None,) if data is None else data, 1)
    expected = (p.num_hidden, _features(p, data) if data else None)
    given = weight
    try:
        weight = shapes.unify(weight, expected)
        bias = shapes.unify(bias, (p.num_hidden,))
    except ShapeError as error:
        raise ShapeError(
            f"weight or bias do not fit the data: {error.message}",
            rule="weight (num_hidden, features of the data) = "
            f"{shapes.text(expected)}, bias ({p.num_hidden},)",
            hint=_advice(p, data, given, expected),
        ) from None
    out = _output_shape(p, data) if data else None
    return [data, weight, bias][: 2 if p.no_bias else 3], [out]


fully_connected.shapes_inward(rules.examples_inward)


def _advice(p, data, weight, expected):
    """What may be wrong with a weight that does not fit."""
    if weight == expected[::-1]:
        return "the weight is transposed: weight.T"
    if weight is None or data is None or len(weight) != 2:
        return ""
    if p.flatten and data[-1] == weight[1]:
        return "flatten=False: then only the last axis of the data counts as features"
    return f"the weight is for {weight[1]} features, this data has {expected[1]}"


def _matrix(F, p, value, shape):
    """The array as a matrix with the features along its second axis."""
    if len(shape) == 2:
        return value
    return F._np_reshape(value, newshape=(shape[0], -1) if p.flatten else (-1, shape[-1]))


@fully_connected.gradient("data")
def _(F, p, dy, weight, data_shape, out_shape):
    dx = F.dot(_matrix(F, p, dy, out_shape), weight)
    return dx if len(data_shape) == 2 else F._np_reshape(dx, newshape=data_shape)


@fully_connected.gradient("weight")
def _(F, p, dy, data, data_shape, out_shape):
    dy = _matrix(F, p, dy, out_shape)
    return F.dot(dy, _matrix(F, p, data, data_shape), transpose_a=True)


@fully_connected.gradient("bias")
def _(F, p, dy, out_shape):
    return F.sum(dy, axis=tuple(range(len(out_shape) - 1)))


def _reference(x, w, b=0.0):
    return x.reshape(len(x), -1) @ w.T + b


fully_connected.example((2, 3), (4, 3), (4,), num_hidden=4).gives(_reference)
fully_connected.example((2, 3, 2), (4, 6), num_hidden=4, no_bias=True).gives(_reference)
fully_connected.example((2, 3, 5), (4, 5), (4,), num_hidden=4, flatten=False).gives(
    lambda x, w, b: np.einsum("ijk,hk->ijh", x, w) + b
)
