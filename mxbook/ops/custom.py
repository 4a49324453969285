"""Operators made on the spot from a user's Python functions; they are in no table."""

from collections.abc import Callable

from . import rules
from .operator import Operator


def function_operator(gradients: Callable[[list], list], inputs: int, outputs: int) -> Operator:
    """The operator of one `autograd.Function` call; `gradients(dys)` gives those of the inputs."""

    def kernel(_k, _p, *data):
        return data

    op = Operator(
        "_CustomFunction",
        kernel,
        (),
        inputs=tuple(f"input{i}" for i in range(inputs)),
        outputs=tuple(f"output{i}" for i in range(outputs)),
        shape=rules.same_shape,
        doc="A function with its own backward; see mx.autograd.Function.",
    )

    def rule(_F, _p, dys):
        return gradients(dys)

    op.gradient(rule)
    return op
