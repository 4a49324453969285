"""Small inputs on which the automatic tests run every operator.

add.example((2, 3), (2, 3)).gives(np.add)                   shapes: random numbers from -1 to 1
log.example(In((2, 3), low=0.5, high=3)).gives(np.log)      from a given range
take.example((4, 3), [0, 2], axis=0)                        given values
floor.example((2, 3)).not_smooth("a step function")         no finite differences, and why
"""

from collections.abc import Callable
from typing import Any


class In:
    """An input of random numbers (whole ones for integer types): shape, range and element type."""

    def __init__(self, shape, low: float = -1.0, high: float = 1.0, dtype: str = "float32"):
        self.shape, self.low, self.high, self.dtype = tuple(shape), low, high, dtype


class Example:
    """One call of an operator: inputs, parameters, and what is known about the result."""

    def __init__(self, inputs: tuple, params: dict[str, Any]):
        self.inputs = [In(i) if isinstance(i, tuple) else i for i in inputs]
        self.params = params
        self.value: Callable | None = None
        self.why = ""

    def gives(self, value: Callable) -> "Example":
        """The expected output (or list of outputs) as a function of the inputs in float64."""
        self.value = value
        return self

    def not_smooth(self, why: str) -> "Example":
        """Leave out the comparison with finite differences, for a reason."""
        self.why = why
        return self
