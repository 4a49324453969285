"""Operators whose gradient is declared, not derived: straight through, or scaled."""

from typing import Any

import numpy as np

from mxbook.ops import rules
from mxbook.ops.params import Float
from mxbook.ops.registry import operator
from mxbook.ops.tables import unary

from .elementary import rounded, sign
from .shape import copied

WHY = "the gradient is declared to be something else than the derivative"


def _straight_through(F: Any, p: Any, dy: Any) -> Any:
    """The gradient as it arrives."""
    return dy


def _step(function: str, kernel: Any, result: str, purpose: str, value: Any) -> None:
    """Register a step function with the gradient of the identity."""
    unary(
        f"_contrib_{function}_ste",
        kernel,
        _straight_through,
        f"""`{function}(x)`, {result}; the gradient goes straight through, as if it were `x`.

        The derivative is 0 nearly everywhere, so that nothing could be learned; this estimate of it
        is for {purpose}.

        Source: MXNet 1.6, `mx.nd.contrib.{function}_ste`; Bengio, Leonard and Courville, 2013.""",
        domain=(-3.0, 3.0),
        value=value,
        why=WHY,
    )


_step(
    "round",
    rounded,
    "the nearest whole number, halves away from 0",
    "networks with rounded weights",
    lambda x: np.trunc(x + np.copysign(0.5, x)),
)
_step("sign", sign, "-1, 0 or 1, and 0 for NaN", "networks with binary weights", np.sign)


@operator(
    "_contrib_gradientmultiplier",
    Float("scalar", doc="What the gradient is multiplied by."),
    shape=rules.same_shape,
    bools=True,
)
def gradient_multiplier(k, _p, data, *, out=None):
    """The data itself; the gradient is multiplied by `scalar`.

    With a negative number this is the gradient reversal layer of domain adaptation: what is before
    it learns to make worse what is after it.

    Source: MXNet 1.6, `mx.nd.contrib.gradientmultiplier`; Ganin and Lempitsky, 2015.
    """
    return copied(k, data, out)


@gradient_multiplier.gradient("data")
def _(F, p, dy):
    return dy * p.scalar


gradient_multiplier.example((2, 3), scalar=-0.5).gives(lambda x: x).not_smooth(WHY)
