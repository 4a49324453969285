"""Tools of the checks: asking an answer, and saying what is wrong with it."""

import dis
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from mxbook.ndarray.ndarray import NDArray

SHORT = 60  # characters of a value in a message


class Wrong(Exception):  # noqa: N818 - a finding, no failure
    """What is wrong with an answer and why, as the end of a sentence: "because ..."."""


class Todo(Exception):  # noqa: N818
    """There is no answer yet, or not all of it."""


class Check(NamedTuple):
    """The check of one exercise: `test(answer, random)`, and what is said when all is right."""

    test: Callable[[Any, np.random.Generator], None]
    praise: str


CHECKS: dict[str, Check] = {}


def exercise(number: str, praise: str):
    """Register the check of an exercise, such as "02.1"; `praise` is said when it is right."""

    def register(test: Callable[[Any, np.random.Generator], None]):
        assert number not in CHECKS, f"two checks for {number}"
        CHECKS[number] = Check(test, praise)
        return test

    return register


# ---- what is not there yet


def insist(answer: Any) -> None:
    """Raise Todo for an answer that is not written: None, `...`, a function or class without code.

    >>> insist(lambda: ...)
    >>> insist((1, ...))
    Traceback (most recent call last):
    mxbook.book.checks.answers.Todo: 1 of 2 answers is still open.
    """
    parts = _parts(answer)
    missing = sum(map(unwritten, parts))
    if missing == len(parts):
        raise Todo("write your answer into the cell above, run it, then run this cell again.")
    if missing:
        verb = "is" if missing == 1 else "are"
        raise Todo(f"{missing} of {len(parts)} answers {verb} still open.")


def _parts(answer: Any) -> list[Any]:
    if isinstance(answer, dict) and answer:
        return list(answer.values())
    if isinstance(answer, tuple | list) and answer:
        return list(answer)
    return [answer]


def unwritten(answer: Any) -> bool:
    """Whether there is nothing: None, `...`, or a function or class that holds no code.

    >>> def f(x):
    ...     "Doubles x."
    >>> unwritten(f), unwritten(abs)
    (True, False)
    """
    if isinstance(answer, FunctionType):
        return answer.__name__ != "<lambda>" and _does_nothing(answer)
    if isinstance(answer, type):
        own = [v for v in vars(answer).values() if isinstance(v, FunctionType | staticmethod)]
        functions = [getattr(v, "__func__", v) for v in own]
        return all(_does_nothing(f) for f in functions)
    return answer is None or answer is ...


def _does_nothing(function: FunctionType) -> bool:
    """Whether all that a function does is to return None."""
    harmless = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return all(
        step.opname in harmless and ("CONST" not in step.opname or step.argval is None)
        for step in dis.get_instructions(function)
    )


# ---- asking


def require(condition: Any, because: str) -> None:
    """Raise Wrong unless the condition holds."""
    if not condition:
        raise Wrong(because)


def function(answer: Any, name: str = "the answer") -> Callable:
    """The answer as something to call."""
    require(callable(answer), f"{name} must be a function, and yours is {shown(answer)}")
    return answer


def call(answer: Callable, *given: Any, **named: Any) -> Any:
    """What a function of the reader returns; an error becomes a Wrong that shows the call."""
    text = said(answer, *given, **named)
    try:
        result = function(answer)(*given, **named)
    except (Wrong, Todo):
        raise
    except Exception as error:
        raise Wrong(f"{text} raised {told(error, answer)}") from error
    require(result is not None, f"{text} returned None; is a `return` missing at the end?")
    return result


def said(answer: Any, *given: Any, **named: Any) -> str:
    """A call as text: `board(3)`."""
    name = getattr(answer, "__name__", type(answer).__name__)
    name = "your function" if name == "<lambda>" else name
    words = [shown(v) for v in given] + [f"{k}={shown(v)}" for k, v in named.items()]
    return f"{name}({', '.join(words)})"


def told(error: BaseException, answer: Any = None) -> str:
    """An error in a line, with the line of the reader's cell that it came from."""
    code = getattr(answer, "__code__", None)
    line, step = None, error.__traceback__
    while step is not None:
        if code is not None and step.tb_frame.f_code.co_filename == code.co_filename:
            line = step.tb_lineno
        step = step.tb_next
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    words = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return f"{words} (line {line} of the cell)" if line is not None else words


def array(result: Any, shape: tuple[int, ...] | None, name: str, dtype: Any = None) -> np.ndarray:
    """The numbers of an NDArray, whose shape and type must be these."""
    require(
        isinstance(result, NDArray),
        f"{name} must be an NDArray, and is of type {type(result).__name__}",
    )
    require(
        shape is None or result.shape == shape,
        f"{name} must have the shape {shape}, and has {result.shape}",
    )
    require(
        dtype is None or result.dtype == np.dtype(dtype),
        f"{name} must be of type {np.dtype(dtype or 'f4').name}, "
        f"and is {np.dtype(result.dtype).name}",
    )
    return result.asnumpy()


def number(result: Any, name: str) -> float:
    """A number, also when it comes as an array with one element."""
    if isinstance(result, NDArray):
        require(result.size == 1, f"{name} must be one number, and has the shape {result.shape}")
        return float(result.asscalar())
    try:
        return float(result)
    except (TypeError, ValueError) as error:
        raise Wrong(f"{name} must be a number, and is {shown(result)}") from error


def close(got: Any, wanted: Any, tolerance: float = 1e-4) -> bool:
    """Whether two arrays of one shape hold the same numbers, up to rounding."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    return got.shape == wanted.shape and bool(
        np.allclose(got, wanted, rtol=tolerance, atol=tolerance)
    )


def shown(value: Any) -> str:
    """A value in a few characters.

    >>> shown(np.arange(100.0).reshape(4, 25))
    'an array of shape (4, 25)'
    """
    if isinstance(value, NDArray):
        value = value.asnumpy()
    if isinstance(value, np.ndarray):
        if value.size > 6:
            return f"an array of shape {value.shape}"
        return str(np.round(value, 4).tolist())
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    if getattr(value, "__name__", ""):
        text = value.__name__
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
