"""Activations: the nonlinear functions between the layers."""

import numpy as np

from mxbook.base.dtypes import FLOATS
from mxbook.ops import rules
from mxbook.ops.kernels.blocks import SMALL, in_blocks
from mxbook.ops.kernels.twins import compiled
from mxbook.ops.params import Enum, Float
from mxbook.ops.registry import operator
from mxbook.ops.tables import unary


def _relu(k, _p, data, *, out=None):
    if data.size > SMALL:  # NumPy's `clip` takes a third of the time of `maximum` with a number
        return k.xp.clip(data, 0, k.xp.inf, out=out)
    return k.xp.maximum(data, 0, out=out)


def _sigmoid(k, p, data, *, out=None):
    if data.dtype.itemsize == 2:
        return in_blocks(k, p, _sigmoid_steps, 0, None, data.astype("float32")).astype(data.dtype)
    return in_blocks(k, p, _sigmoid_steps, 0, out, data)


def _sigmoid_steps(xp, _p, out, data):
    """Far below 0, exp(-x) is infinite and its inverse 0, as it should be."""
    xp.negative(data, out=out)
    xp.exp(out, out=out)
    out += 1
    xp.true_divide(1, out, out=out)


def _tanh(k, _p, data, *, out=None):
    return k.xp.tanh(data, out=out)


def _softrelu(k, p, data, *, out=None):
    return in_blocks(k, p, _softrelu_steps, 1, out, data)


def _softrelu_steps(xp, _p, out, data, rest):
    """`log(1 + exp(x))` as `max(x, 0) + log(1 + exp(-|x|))`, where nothing can overflow."""
    xp.abs(data, out=rest)
    xp.negative(rest, out=rest)
    xp.exp(rest, out=rest)
    xp.log1p(rest, out=rest)
    xp.clip(data, 0, xp.inf, out=out)
    out += rest


def _softsign(k, _p, data, *, out=None):
    return k.xp.true_divide(data, 1 + k.xp.abs(data), out=out)


@compiled
def gate(xp, delta, data, out=None):
    """`delta` where `data` is above 0, and 0 elsewhere."""
    return xp.multiply(delta, data > 0, out=out)


@operator("_backward_relu", shape=rules.same_shape, in_place=True, elementwise=True)
def relu_gate(k, _p, delta, data, *, out=None):
    """`delta` where `data` is above 0, and 0 elsewhere."""
    return gate(k.xp, delta, data, out)


@relu_gate.gradient("delta")
def _(F, p, dy, data):
    return F._backward_relu(dy, data)


BOTH_SIDES = [[-2.0, -0.5, 0.25], [1.5, -1.0, 3.0]]  # and not too near to a kink at 0

relu_gate.example((2, 3), BOTH_SIDES).gives(lambda delta, x: delta * (x > 0))


class Nonlinearity:
    """One row of `Activation`: kernel, gradient `slope(F, dy, out)`, and the value in NumPy."""

    def __init__(self, kernel, slope, value):
        self.kernel, self.slope, self.value = kernel, slope, value


NONLINEARITIES = {
    "relu": Nonlinearity(
        _relu, lambda F, dy, out: F._backward_relu(dy, out), lambda x: np.maximum(x, 0)
    ),
    "sigmoid": Nonlinearity(
        _sigmoid, lambda F, dy, out: dy * out * (1 - out), lambda x: 1 / (1 + np.exp(-x))
    ),
    "softrelu": Nonlinearity(
        _softrelu, lambda F, dy, out: -dy * F.expm1(-out), lambda x: np.log1p(np.exp(x))
    ),
    "softsign": Nonlinearity(
        _softsign,
        lambda F, dy, out: dy * F.square(1 - F.abs(out)),
        lambda x: x / (1 + np.abs(x)),
    ),
    "tanh": Nonlinearity(_tanh, lambda F, dy, out: dy * (1 - out * out), np.tanh),
}


@operator(
    "Activation",
    Enum("act_type", tuple(NONLINEARITIES), doc="Which function."),
    shape=rules.same_shape,
    type=rules.float_type,
    aliases=("_npx_activation",),
    in_place=True,
    elementwise=True,
)
def activation(k, p, data, *, out=None):
    """A nonlinear function of each element.

    ========= ==============================================
    relu      `max(x, 0)`
    sigmoid   `1 / (1 + exp(-x))`
    softrelu  `log(1 + exp(x))`, a smooth relu
    softsign  `x / (1 + |x|)`
    tanh      the hyperbolic tangent
    ========= ==============================================

    Source: MXNet 1.6, `mx.nd.Activation`.
    """
    return NONLINEARITIES[p.act_type].kernel(k, p, data, out=out)


@activation.gradient("data")
def _(F, p, dy, out):
    return NONLINEARITIES[p.act_type].slope(F, dy, out)


for _name, _row in NONLINEARITIES.items():
    activation.example(BOTH_SIDES, act_type=_name).gives(_row.value)


def _as_operator(name: str, doc: str) -> None:
    """The nonlinearity as an operator of its own, which also takes whole numbers."""
    row = NONLINEARITIES[name]

    def kernel(k, p, data, *, out=None):
        if data.dtype in FLOATS:
            return row.kernel(k, p, data, out=out)
        return row.kernel(k, p, data.astype("float64")).astype(data.dtype)

    op = unary(
        name,
        kernel,
        lambda F, p, dy, out: row.slope(F, dy, out),
        doc,
        domain=(0.1, 2),
        value=row.value,
    )
    op.example(BOTH_SIDES).gives(row.value)


_as_operator("relu", "The rectified linear unit, `max(x, 0)`.")
_as_operator("sigmoid", "The logistic function, `1 / (1 + exp(-x))`.")
_as_operator("softsign", "`x / (1 + |x|)`.")


@operator(
    "hard_sigmoid",
    Float("alpha", 0.2, doc="Slope."),
    Float("beta", 0.5, doc="Value at 0."),
    shape=rules.same_shape,
    type=rules.float_type,
    in_place=True,
)
def hard_sigmoid(k, p, data, *, out=None):
    """A straight line cut off at 0 and 1, `max(0, min(1, alpha * x + beta))`."""
    out = k.xp.multiply(data, p.alpha, out=out)
    out += p.beta
    return k.xp.clip(out, 0, 1, out=out)


@hard_sigmoid.gradient("data")
def _(F, p, dy, out):
    return dy * ((out > 0) * (out < 1)) * p.alpha


hard_sigmoid.example([-3.0, -2.0, 0.0, 1.0, 3.0]).gives(lambda x: np.clip(0.2 * x + 0.5, 0, 1))
