"""`mx.nd.contrib.foreach`, `while_loop`, `cond`: loops and branches over arrays, run at once.

They are for `hybrid_forward(self, F, x)`, which is written once for arrays and for symbols.  In
code for arrays only, Python's own `for`, `while` and `if` do the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.base.nested import flatten, like

from . import registry as F
from .creation import zeros
from .ndarray import NDArray

Nested = Any  # an NDArray, or a list or tuple of Nested


def _stacked(steps: list[Nested], what: str, length: int | None = None) -> Nested:
    """What the steps gave, stacked along a new first axis, filled with zeros up to `length`."""
    columns = [flatten(step, NDArray, what) for step in steps]
    for number, column in enumerate(columns):
        if [a.shape for a in column] != [a.shape for a in columns[0]]:
            raise ShapeError(
                f"{what} of step {number}: other shapes than in step 0",
                rule="every step gives as many arrays, of the same shapes",
                values=[
                    ("step 0", str([a.shape for a in columns[0]])),
                    (f"step {number}", str([a.shape for a in column])),
                ],
            )
    stacks = [F.stack(*column, axis=0) for column in zip(*columns, strict=True)]
    missing = (length or len(steps)) - len(steps)
    if missing:
        stacks = [
            F.concat(s, zeros((missing, *s.shape[1:]), ctx=s.context, dtype=s.dtype), dim=0)
            for s in stacks
        ]
    return like(steps[0], stacks)


def foreach(body: Callable, data: Nested, init_states: Nested) -> tuple[Nested, Nested]:
    """Runs `output, states = body(slice, states)` for each slice of `data` along its first axis.

    Returns the outputs of all steps, stacked along a new first axis, and the last states.  `data`,
    `init_states` and what the body gives are arrays or nested lists of arrays; lists of `data`
    are sliced together.

    Raises ShapeError when lengths differ or are 0, or a step's output has another shape than the
    first's; ParameterError for something that is not an array.

    >>> import mxbook as mx
    >>> sums, last = foreach(lambda x, s: (x + s, x + s), mx.nd.array([1, 2, 3]), mx.nd.zeros((1,)))
    >>> sums.asnumpy().ravel().tolist(), last.asnumpy().tolist()
    ([1.0, 3.0, 6.0], [6.0])

    Source: MXNet 1.6, `mxnet.ndarray.contrib.foreach`.
    """
    arrays = flatten(data, NDArray, "foreach: data")
    flatten(init_states, NDArray, "foreach: init_states")
    lengths = {a.shape[0] for a in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ShapeError(
            "foreach: the arrays of data cannot be sliced together",
            rule="all have the same length along the first axis, at least 1",
            values=[("shapes", str([a.shape for a in arrays]))],
        )
    states, outputs = init_states, []
    for i in range(lengths.pop()):
        output, states = body(like(data, (a[i] for a in arrays)), states)
        outputs.append(output)
        flatten(states, NDArray, "foreach: states")
    return _stacked(outputs, "foreach: output"), states


def _decide(value: Any, what: str) -> bool:
    try:
        return bool(value.asscalar() if isinstance(value, NDArray) else value)
    except (MXNetError, ValueError) as error:
        raise ParameterError(
            f"{what}: not one number",
            rule="a Python value or an NDArray of one element",
            values=[("given", repr(value))],
        ) from error


def while_loop(
    cond: Callable,
    func: Callable,
    loop_vars: NDArray | Sequence[NDArray],
    max_iterations: int | None = None,
) -> tuple[Nested, Nested]:
    """Runs `output, loop_vars = func(*loop_vars)` as long as `cond(*loop_vars)` holds.

    It stops after `max_iterations` steps in any case.  Returns the outputs of all steps, stacked
    along a new first axis of length `max_iterations`, and the last `loop_vars`.  Rows of steps
    that were not run are zeros (MXNet leaves them undefined); with no step at all the outputs are
    an empty list, since nothing is known of them.

    Raises ParameterError for a missing `max_iterations`, no `loop_vars`, a condition that is not
    one number, or a `func` that gives another number of variables; ShapeError when a step's
    output has another shape than the first's.

    >>> import mxbook as mx
    >>> powers, (last,) = while_loop(
    ...     lambda x: x < 50, lambda x: (x, [x * 3]), [mx.nd.array([1])], max_iterations=6
    ... )
    >>> powers.asnumpy().ravel().tolist(), last.asnumpy().tolist()
    ([1.0, 3.0, 9.0, 27.0, 0.0, 0.0], [81.0])

    Source: MXNet 1.6, `mxnet.ndarray.contrib.while_loop`.
    """
    if max_iterations is None:
        raise ParameterError("while_loop: max_iterations is missing", rule="a whole number")
    single = isinstance(loop_vars, NDArray)
    values = [loop_vars] if single else list(loop_vars)
    if not values:
        raise ParameterError("while_loop: loop_vars is empty", rule="at least one array")
    outputs = []
    while len(outputs) < max_iterations and _decide(cond(*values), "while_loop: cond"):
        output, new = func(*values)
        new = [new] if isinstance(new, NDArray) else list(new or [])
        if len(new) != len(values):
            raise ParameterError(
                "while_loop: func gave another number of loop variables",
                rule="func(*loop_vars) returns (output, new loop_vars)",
                values=[("given", str(len(new))), ("expected", str(len(values)))],
            )
        values = new
        outputs.append([] if output is None else output)
    stacked = _stacked(outputs, "while_loop: output", int(max_iterations)) if outputs else []
    return stacked, values[0] if single else values


def cond(pred: NDArray, then_func: Callable, else_func: Callable) -> Nested:
    """What `then_func()` gives if the one number `pred` is not 0, else what `else_func()` gives.

    Raises ParameterError when `pred` has more than one element.

    >>> import mxbook as mx
    >>> a, b = mx.nd.array([1]), mx.nd.array([2])
    >>> print(cond(a < b, lambda: a + 5, lambda: b * 2).asscalar())
    6.0

    Source: MXNet 1.6, `mxnet.ndarray.contrib.cond`.
    """
    return then_func() if _decide(pred, "cond: pred") else else_func()


def isnan(data: NDArray) -> NDArray:
    """1 where an element is not a number, else 0, in the type of `data`.

    >>> import mxbook as mx
    >>> isnan(mx.nd.array([1, float("nan")])).asnumpy().tolist()
    [0.0, 1.0]
    """
    return data != data


def isinf(data: NDArray) -> NDArray:
    """1 where an element is infinite, else 0, in the type of `data`.

    >>> import mxbook as mx
    >>> isinf(mx.nd.array([1, float("-inf")])).asnumpy().tolist()
    [0.0, 1.0]
    """
    return data.abs() == float("inf")


def isfinite(data: NDArray) -> NDArray:
    """1 where an element is neither infinite nor not a number, else 0, in the type of `data`.

    >>> import mxbook as mx
    >>> isfinite(mx.nd.array([1, float("inf"), float("nan")])).asnumpy().tolist()
    [1.0, 0.0, 0.0]
    """
    return (data == data) * (data.abs() != float("inf"))
