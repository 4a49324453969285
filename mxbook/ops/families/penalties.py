"""Layers that pass their data on and make the gradient of a penalty: margins and sparseness."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, Real
from mxbook.ops.registry import operator

WHY = "the gradient is that of a penalty, not of the output"


@operator(
    "SVMOutput",
    Real("margin", 1.0, doc="How far apart the classes shall be."),
    Real("regularization_coefficient", 1.0, doc="The gradient is multiplied by this."),
    Bool("use_linear", False, doc="Penalty in proportion to the distance, not to its square."),
    type=rules.float_type,
    in_place=True,
)
def svm_output(k, _p, data, label):
    """The data itself; backward gives the gradient of a support vector machine, whatever arrives.

    A score `x` is to be above `margin` for the class of the label and below `-margin` for others.
    With `y` = 1 for the former and -1 for the latter, and `c` the coefficient, the gradient is
    `-2 c y max(0, margin - y x)`, or `-c y` where `y x < margin` with `use_linear`.

    data    (..., classes)
    label   (...): class numbers; one that does not exist fits no score
    output  like data

    Errors: ShapeError where these do not fit.  Source: MXNet 1.6, `mx.nd.SVMOutput`.
    """
    return data.copy()


@svm_output.shapes
def _(p, data, label):
    if data is not None:
        if len(data) < 2:
            raise ShapeError(
                f"data has the shape {shapes.text(data)}", rule="an axis of classes behind others"
            )
        label = shapes.unify(label, data[:-1])
        data = shapes.unify(data, (*label, data[-1]))
    return [data, label], [data]


@svm_output.gradient("data")
def _(F, p, dy, data, label, data_shape, data_dtype):
    side = F.one_hot(label, depth=data_shape[-1], off_value=-1, dtype=data_dtype)
    reached = side * data
    if p.use_linear:
        return side * (reached < p.margin) * -p.regularization_coefficient
    return side * F.relu(p.margin - reached) * (-2 * p.regularization_coefficient)


SPARSENESS = (
    Real("sparseness_target", 0.1, doc="How often a unit shall be on, above 0 and below 1."),
    Real("penalty", 0.001, doc="How strongly that is asked for."),
    Real("momentum", 0.9, doc="How much of the moving average is kept in a step of training."),
)


@operator(
    "IdentityAttachKLSparseReg",
    *SPARSENESS,
    aux=("moving_avg",),
    mutates=(),
    aux_by_name=True,
    type=rules.float_type,
)
def sparse_reg(k, p, data, moving_avg):
    """The data itself; backward adds the gradient of a penalty for units that are on too often.

    The data are outputs of sigmoids.  With `a` the moving average of a unit's mean over the batch
    and `t` the target, the penalty is the Kullback-Leibler divergence between units that are on
    with probability `t` and `a`; its gradient is `penalty (-t / a + (1 - t) / (1 - a))`.

    data        (n, units)
    moving_avg  (units,) auxiliary state; the backward pass moves it, to
                `momentum * moving_avg + (1 - momentum) * mean`, before it is used
    output      like data

    Errors: ShapeError where these do not fit.
    Source: MXNet 1.6, `mx.nd.IdentityAttachKLSparseReg`; A. Ng, Sparse Autoencoder, 2011.
    """
    return data.copy()


def _units(data, average):
    """Both shapes, completed: there is a number for each unit."""
    if data is not None and len(data) != 2:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(n, units)")
    return data, shapes.unify(average, (data and data[1],))


@sparse_reg.shapes
def _(p, data, average):
    data, average = _units(data, average)
    return [data, average], [data]


@sparse_reg.gradient("data")
def _(F, p, dy, data, moving_avg):
    options = {param.name: getattr(p, param.name) for param in SPARSENESS}
    return F._backward_IdentityAttachKLSparseReg(dy, data, moving_avg, **options)


@operator(
    "_backward_IdentityAttachKLSparseReg",
    *SPARSENESS,
    aux=("moving_avg",),
    type=rules.float_type,
)
def sparse_reg_gradient(k, p, delta, data, moving_avg):
    """Moves the average, and adds the gradient of the penalty to `delta`."""
    moving_avg *= p.momentum
    moving_avg += (1 - p.momentum) * data.mean(axis=0)
    target = p.sparseness_target
    return delta + p.penalty * ((1 - target) / (1 - moving_avg) - target / moving_avg)


@sparse_reg_gradient.shapes
def _(p, delta, data, average):
    data, average = _units(shapes.unify(delta, data), average)
    return [data, data, average], [data]


@sparse_reg_gradient.gradient("delta")
def _(F, p, dy):
    return dy


def _penalised(delta, x, average):
    average = 0.8 * average + 0.2 * x.mean(0)
    return delta + 0.5 * (0.9 / (1 - average) - 0.1 / average)


svm_output.example((3, 4), [0.0, 3.0, 1.0], margin=0.5).gives(lambda x, n: x).not_smooth(WHY)
svm_output.example((2, 3, 4), np.array([[0, 1, 2], [3, 4, -1]], "float32"), use_linear=True).gives(
    lambda x, n: x
).not_smooth(WHY)
sparse_reg.example(In((4, 3), 0.1, 0.9), In((3,), 0.1, 0.9)).gives(lambda x, a: x).not_smooth(WHY)
sparse_reg_gradient.example(
    (4, 3), In((4, 3), 0.1, 0.9), In((3,), 0.1, 0.9), penalty=0.5, momentum=0.8
).gives(_penalised).not_smooth("the average is changed in place")
