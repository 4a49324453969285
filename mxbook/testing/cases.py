"""An operator's examples as calls that can be made."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook import random
from mxbook.base.context import Context, current_context
from mxbook.base.dtypes import FLOATS
from mxbook.base.errors import DTypeError
from mxbook.imperative.front import function_of
from mxbook.ndarray import array
from mxbook.ndarray.ndarray import NDArray
from mxbook.ops.examples import Example, In
from mxbook.ops.operator import Operator
from mxbook.ops.params import Values, parse
from mxbook.ops.registry import operators


class Case:
    """One example of an operator with its inputs as NumPy arrays.

    The inputs are random, but the same in every run.
    """

    def __init__(self, op: Operator, number: int, example: Example):
        self.op, self.number, self.example = op, number, example
        self.params: dict[str, Any] = example.params
        source = np.random.default_rng([zlib.crc32(op.name.encode()), number])
        self.inputs = [_input(i, source) for i in example.inputs]
        self.function = function_of(op, op.name, __name__)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{i.dtype}{list(i.shape)}" for i in self.inputs)
        params = "".join(f", {k}={v!r}" for k, v in self.params.items())
        return f"{self.op.name}({shapes}{params})"

    @property
    def values(self) -> Values:
        """The parameters as the kernel sees them."""
        count = self.op.counted(len(self.inputs))
        return parse(self.op.name, self.op.values, {**count, **self.params})

    @property
    def floats(self) -> list[int]:
        """The positions of the inputs that hold real numbers."""
        return [i for i, x in enumerate(self.inputs) if x.dtype in FLOATS]

    @property
    def differentiable(self) -> list[int]:
        """The positions of the inputs of real numbers that have a gradient rule."""
        return [i for i in self.floats if self.op.rule_for(i) is not None]

    def host(self, floats: str | None = None) -> list[np.ndarray]:
        """Copies of the inputs; real numbers in the element type `floats` when it is given."""
        return [x.astype(floats) if floats and x.dtype in FLOATS else x.copy() for x in self.inputs]

    def arrays(self, ctx: Context | None = None, floats: str | None = None) -> list[NDArray]:
        """The inputs as NDArrays."""
        return [array(x, ctx, x.dtype) for x in self.host(floats)]

    def call(self, *arrays: NDArray, **more: Any) -> list[NDArray]:
        """The visible results; random operators draw the same numbers in every call."""
        self.seed(arrays[0].context if arrays else current_context())
        args = arrays[: len(self.op.positional)] if self.op.aux else arrays
        named = dict(zip(self.op.inputs[len(args) :], arrays[len(args) :], strict=False))
        found = self.function(*args, **named, **self.params, **more)
        return [found] if isinstance(found, NDArray) else list(found)

    def seed(self, ctx: Context) -> None:
        """Let a random operator draw the same numbers next time, whatever the device."""
        if self.op.uses_random:
            number = ctx.device_id if ctx.device_type == "gpu" else 0  # is added to the seed
            random.seed(17 - number, ctx)

    def on(self, ctx: Context, floats: str | None = None) -> list[NDArray]:
        """The results of a call on a device."""
        with ctx:
            return self.call(*self.arrays(ctx, floats))

    def accepts(self, floats: str) -> bool:
        """Whether the operator takes real numbers of this type in all places."""
        try:
            self.op.type_rule(self.values, *[x.dtype for x in self.host(floats)])
        except DTypeError:
            return False
        return True


def cases_of(op: Operator | str) -> list[Case]:
    """All examples of an operator.

    >>> cases_of("exp")
    [exp(float32[2, 3]), exp(float64[5])]
    """
    if isinstance(op, str):
        op = operators[op]
    return [Case(op, i, example) for i, example in enumerate(op.examples)]


def _input(given: Any, source: np.random.Generator) -> np.ndarray:
    """The numbers of one input: as given (lists hold float32), or drawn."""
    if isinstance(given, np.ndarray):
        return given.copy()
    if not isinstance(given, In):
        return np.array(given, "float32")
    if np.dtype(given.dtype).kind in "iu":
        return source.integers(given.low, given.high, given.shape, given.dtype, endpoint=True)
    if given.dtype == "bool":
        return source.random(given.shape) < 0.5
    return source.uniform(given.low, given.high, given.shape).astype(given.dtype)


def all_cases(names: Sequence[str] | None = None) -> list[Case]:
    """The cases of the named operators (of all), each operator once."""
    listed = {op.name: op for op in operators.values()} if names is None else dict.fromkeys(names)
    return [case for name in listed for case in cases_of(name)]
