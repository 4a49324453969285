"""Outputs that are losses at the same time.

What comes out is a prediction; what flows back is the gradient of a loss between the prediction and
the label, whatever arrives from above.  The Module interface is built on them.
"""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Enum, Float, Real
from mxbook.ops.registry import operator

from .activation import NONLINEARITIES

SCALE = Real("grad_scale", 1.0, doc="The gradient is multiplied by this.")
NORMALIZATION = Enum(
    "normalization",
    ("batch", "null", "valid"),
    "null",
    doc="What the gradient is divided by: 1, the batch size, or the number of valid elements.",
)
SOFTMAX = (
    SCALE,
    Float("ignore_label", -1.0, doc="With use_ignore: examples of this label have no gradient."),
    Bool("multi_output", False, doc="Classes lie along axis 1, the axes behind are positions."),
    Bool("use_ignore", False, doc="Whether ignore_label is looked at."),
    Bool("preserve_shape", False, doc="Classes lie along the last axis."),
    NORMALIZATION,
    Bool("out_grad", False, doc="Multiply the gradient by the output (sic; see the rule)."),
    Float(
        "smooth_alpha", 0.0, doc="Label smoothing: so much goes from the label to other classes."
    ),
)
WHY = "the gradient is that of a loss, not of the output"


def _matrix_shape(p, shape):
    """(examples, classes, positions): data seen so that classes lie along axis 1."""
    if p.multi_output:
        return shape[0], shape[1], shapes.size(shape[2:])
    if p.preserve_shape:
        return shapes.size(shape[:-1]), shape[-1], 1
    return shape[0], shapes.size(shape[1:]), 1


@operator("SoftmaxOutput", *SOFTMAX, aliases=("Softmax",), type=rules.float_type)
def softmax_output(k, p, data, label):
    """Softmax; backward gives the gradient of the cross entropy, `softmax(data) - one_hot(label)`.

    ========= =================== ============================================================
    data      (n, classes)        (n, classes, ...) with multi_output; otherwise axes behind
                                  the first count as classes
    label     (n,) class numbers  (n, ...) with multi_output; or probabilities like data
    output    like data           probabilities
    ========= =================== ============================================================

    Source: MXNet 1.6, `mx.nd.SoftmaxOutput`.
    """
    x = data.reshape(_matrix_shape(p, data.shape))
    weights = k.xp.exp(x - x.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.reshape(data.shape)


@softmax_output.shapes
def _(p, data, label):
    if not shapes.known(data):
        return [data, label], [data]
    if len(data) < 2:
        raise ShapeError("data has no axis of classes", rule="data (n, classes, ...)")
    n = data[0]
    rest = data[2:] if p.multi_output else () if len(data) == 2 else data[1:-1]
    allowed = [(n, *rest), data]
    if p.multi_output:
        allowed += [(n, shapes.size(rest)), (n, 1, *rest)]
    if label is None:
        return [data, allowed[0]], [data]
    if not any(_fits(label, shape) for shape in allowed):
        raise ShapeError(
            f"the label has the shape {shapes.text(label)}, the data {shapes.text(data)}",
            rule="label " + " or ".join(shapes.text(s) for s in allowed[:2]),
            hint="one class number for each example, or probabilities in the shape of the data",
        )
    return [data, label], [data]


def _fits(label, shape):
    return len(label) == len(shape) and all(
        a is None or a == b for a, b in zip(label, shape, strict=True)
    )


@softmax_output.gradient("data")
def _(F, p, dy, output, label):
    options = {param.name: getattr(p, param.name) for param in SOFTMAX}
    dx = F._backward_SoftmaxOutput(output, label, **options)
    # Not `dy`: MXNet 1.6 takes the output for it, and trained models depend on it.
    return dx * output if p.out_grad else dx


@operator("_backward_SoftmaxOutput", *SOFTMAX, type=rules.float_type)
def softmax_output_gradient(k, p, output, label):
    """`output - one_hot(label)`, scaled; or `output - label` where the label has probabilities."""
    xp = k.xp
    if label.shape == output.shape:
        return (output - label) * p.grad_scale
    shape = _matrix_shape(p, output.shape)
    examples, classes, positions = shape
    y, label = output.reshape(shape), label.reshape(-1)[: examples * positions]
    number = label.reshape(examples, 1, positions).astype("int64")
    chosen = number == xp.arange(classes).reshape(1, -1, 1)
    if p.smooth_alpha:
        low = p.smooth_alpha / (classes - 1)
        dx = y - xp.where(chosen, 1 - p.smooth_alpha, low).astype(y.dtype)
    else:
        dx = y - chosen
    valid = label.size
    if p.use_ignore:
        counts = number != int(p.ignore_label)
        dx *= counts
        valid = xp.maximum(counts.sum(), 1).astype(y.dtype)
    return (dx * (p.grad_scale / _divisor(p, shape, valid))).reshape(output.shape)


def _divisor(p, shape, valid):
    """What the gradient of softmax is divided by, besides 1 / grad_scale."""
    examples, _, positions = shape
    if p.normalization == "valid":
        return valid
    return (examples if p.normalization == "batch" else 1) * positions


@softmax_output_gradient.shapes
@rules.forward
def _(p, output, label):
    return output


def _probabilities(x, label):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


softmax_output.example((3, 4), [0.0, 3.0, 1.0], use_ignore=True, ignore_label=3).gives(
    _probabilities
).not_smooth(WHY)
softmax_output.example(
    (2, 3, 2), np.array([[0, 1], [2, 2]], "float32"), multi_output=True, normalization="valid"
).gives(_probabilities).not_smooth(WHY)
softmax_output_gradient.example((2, 3), [0.0, 2.0], smooth_alpha=0.1, grad_scale=2.0).gives(
    lambda y, n: 2 * (y - np.array([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]]))
)


def _regression(name, kernel, slope, doc, value):
    """An output for regression: `slope(F, difference)` is the gradient of the loss."""

    @operator(name, SCALE, type=rules.float_type, in_place=True)
    def regression(k, p, data, label, *, out=None):
        return kernel(k, p, data, out=out)

    regression.doc = (
        doc
        + "\n\ndata and label have the same shape; (n, 1) and (n,) also fit.\n\n"
        + (f"Source: MXNet 1.6, `mx.nd.{name}`.")
    )

    @regression.shapes
    def _(p, data, label):
        if data is not None and label is None:
            label = data[:1] if len(data) == 2 and data[1] == 1 else data
        if shapes.known(data) and shapes.known(label) and shapes.size(data) != shapes.size(label):
            raise ShapeError(
                f"the label has the shape {shapes.text(label)}, the data {shapes.text(data)}",
                rule="one label for each element of the data",
            )
        return [data, label], [data]

    @regression.gradient("data")
    def _(F, p, dy, output, label, data_shape, label_shape):
        if label_shape != data_shape:
            label = F.Reshape(label, shape=data_shape)
        outputs = shapes.size(data_shape[1:])
        return slope(F, output - label) * (p.grad_scale / outputs)

    regression.example((3, 2), (3, 2), grad_scale=2.0).gives(value).not_smooth(WHY)
    regression.example((3, 1), (3,)).gives(value).not_smooth(WHY)


def _same(k, _p, data, *, out=None):
    return k.xp.add(data, 0, out=out)


_regression(
    "LinearRegressionOutput",
    _same,
    lambda F, difference: difference,
    "The data itself; backward gives the gradient of half the squared error.",
    lambda x, y: x,
)
_regression(
    "LogisticRegressionOutput",
    NONLINEARITIES["sigmoid"].kernel,
    lambda F, difference: difference,
    "The sigmoid of the data; backward gives the gradient of the binary cross entropy.",
    lambda x, y: 1 / (1 + np.exp(-x)),
)
_regression(
    "MAERegressionOutput",
    _same,
    lambda F, difference: F.sign(difference),
    "The data itself; backward gives the gradient of the absolute error.",
    lambda x, y: x,
)


@operator(
    "MakeLoss",
    SCALE,
    Float("valid_thresh", 0.0, doc="With normalization valid: elements above this are valid."),
    NORMALIZATION,
    shape=rules.same_shape,
)
def make_loss(k, p, data):
    """A copy that makes its input a loss: the gradient is `grad_scale`, whatever arrives.

    Source: MXNet 1.6, `mx.nd.MakeLoss`.
    """
    return data.copy()


@make_loss.gradient("data")
def _(F, p, dy, data, data_shape):
    dx = F.ones_like(data) * p.grad_scale
    if p.normalization == "batch":
        return dx / data_shape[0]
    if p.normalization == "valid":
        count = F._maximum_scalar(F.sum(data > p.valid_thresh), scalar=1)
        return dx / F.Reshape(count, shape=(1,) * len(data_shape))
    return dx


make_loss.example((2, 3), grad_scale=2.0).gives(lambda x: x).not_smooth(WHY)
make_loss.example((2, 3), normalization="valid", valid_thresh=0.1).gives(lambda x: x).not_smooth(
    WHY
)
