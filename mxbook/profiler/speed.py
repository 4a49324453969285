"""How fast single operators are: their own examples, scaled up and timed.

python -m mxbook.profiler exp dot Convolution
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

from mxbook import autograd, context
from mxbook.base.errors import MXNetError, ParameterError, nearest
from mxbook.ops.examples import Example, In
from mxbook.ops.registry import operators
from mxbook.testing.cases import Case, cases_of

ELEMENTS = 2**16
ROUNDS = 10


class Speed(NamedTuple):
    """Microseconds of one call: the quickest and the one in the middle; `backward` is the middle
    one of the gradients alone, or None where there are none."""

    call: str
    quickest: float
    forward: float
    backward: float | None

    def __str__(self) -> str:
        back = "" if self.backward is None else f"   backward {self.backward:10.1f} us"
        return f"{self.call}\n    {self.forward:10.1f} us (quickest {self.quickest:.1f}){back}"


def measure(
    op_name: str, elements: int = ELEMENTS, rounds: int = ROUNDS, ctx: Any = None
) -> list[Speed]:
    """Time an operator on its examples, with inputs scaled to about this many elements.

    An example whose parameters fix its shapes grows along the first axis only, or stays as it is.
    Raises ParameterError for an unknown operator.

    >>> measure("exp", elements=6, rounds=1)[0].call
    'exp(float32[2, 3])'
    """
    if op_name not in operators:
        raise ParameterError(f"there is no operator {op_name!r}", hint=nearest(op_name, operators))
    for name, value in (("elements", elements), ("rounds", rounds)):
        if not isinstance(value, int) or value < 1:
            raise ParameterError(f"{name} cannot be {value!r}", rule="a whole number above 0")
    with ctx or context.current_context():
        return [_timed(scaled(case, elements), rounds) for case in cases_of(op_name)]


def scaled(case: Case, elements: int) -> Case:
    """The example with larger inputs, as far as the operator takes them."""
    for grow in (_everywhere, _along_the_batch):
        inputs = grow(case.example.inputs, elements)
        larger = Case(case.op, case.number, _example(inputs, case.params))
        try:
            for result in larger.call(*larger.arrays()):
                result.wait_to_read()
        except MXNetError:  # the parameters do not allow it
            continue
        return larger
    return case


def _example(inputs: list, params: dict[str, Any]) -> Example:
    found = Example((), params)
    found.inputs = inputs
    return found


def _sized(given: In, shape: tuple[int, ...]) -> In:
    return In(shape, given.low, given.high, given.dtype)


def _everywhere(inputs: list, elements: int) -> list:
    """All axes of all inputs grow alike, until the largest input is large enough; axes of length 1
    are there to be stretched, and stay."""
    drawn = [i.shape for i in inputs if isinstance(i, In)]
    free = max(((_size(s), sum(d > 1 for d in s)) for s in drawn), default=(1, 0))
    factor = int((elements / max(1, free[0])) ** (1 / max(1, free[1])) + 0.5) or 1

    def grown(given: Any) -> Any:
        if not isinstance(given, In):
            return given
        return _sized(given, tuple(d * factor if d > 1 else d for d in given.shape))

    return [grown(i) for i in inputs]


def _along_the_batch(inputs: list, elements: int) -> list:
    """The first axis of the first input grows."""
    first = inputs[0] if inputs and isinstance(inputs[0], In) else None
    if first is None or not first.shape:
        return inputs
    factor = max(1, elements // max(1, _size(first.shape)))
    return [_sized(first, (first.shape[0] * factor, *first.shape[1:])), *inputs[1:]]


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _timed(case: Case, rounds: int) -> Speed:
    arrays = case.arrays()

    def forward() -> None:
        for result in case.call(*arrays):
            result.wait_to_read()

    times = _times(forward, rounds)
    return Speed(repr(case), times[0], times[len(times) // 2], _backward(case, arrays, rounds))


def _backward(case: Case, arrays: list, rounds: int) -> float | None:
    if not case.differentiable:
        return None
    for i in case.differentiable:
        arrays[i].attach_grad()
    with autograd.record():
        results = [r for r in case.call(*arrays) if r._entry is not None]
    if not results:
        return None

    def backward() -> None:
        autograd.backward(results, retain_graph=True)
        for i in case.differentiable:
            arrays[i].grad.wait_to_read()

    times = _times(backward, rounds)
    return times[len(times) // 2]


def _times(run: Callable[[], None], rounds: int) -> list[float]:
    """Microseconds of so many runs after a first one, the quickest first."""
    run()
    found = []
    for _ in range(rounds):
        started = perf_counter()
        run()
        found.append((perf_counter() - started) * 1e6)
    return sorted(found)
