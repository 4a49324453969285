"""The exercises of chapter 03: the engine."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from mxbook import ndarray as nd
from mxbook.ndarray.ndarray import NDArray

from .answers import Wrong, close, exercise, function, number, require, shown

PATIENCE = 3.0  # seconds until somebody who waits is told that it will not end

# What must be finished before a line of exercise 03.1 may start.
FINISHED = {4: {1, 2, 3}, 5: {1, 2, 3}, 6: {1, 2, 3, 4}}
EXTRA = {
    (5, 4): "c = a + b reads only a and b, which x += 1 does not touch",
    (6, 5): "line 5 neither reads nor writes x, and line 6 nothing else",
    (4, 5): "a line never waits for a later one",
    (4, 6): "a line never waits for a later one",
    (5, 6): "a line never waits for a later one",
}
MISSING = {
    (4, 1): "x += 1 changes what load() wrote into x",
    (4, 2): "sin(x) reads the x that line 4 overwrites",
    (4, 3): "cos(x) reads the x that line 4 overwrites",
    (5, 1): "lines 2 and 3, whose results it reads, waited for line 1",
    (5, 2): "it reads a, which line 2 writes",
    (5, 3): "it reads b, which line 3 writes",
    (6, 1): "line 4 waited for it",
    (6, 2): "line 4 waited for it",
    (6, 3): "line 4 waited for it",
    (6, 4): "both write x, and the last one has to win",
}


@exercise("03.1", "readers wait for the writer before them, writers for everybody before them.")
def finished(answer, random):
    """What has to be finished before each of three lines."""
    require(
        isinstance(answer, dict) and set(answer) == set(FINISHED),
        "the answer must be a dictionary with the keys 4, 5 and 6",
    )
    for line, wanted in FINISHED.items():
        given = answer[line]
        require(
            isinstance(given, set | frozenset | list | tuple)
            and all(isinstance(n, int) for n in given),
            f"for line {line} give a set of numbers, such as {{1, 2}}",
        )
        for n in sorted(wanted - set(given)):
            raise Wrong(f"line {n} must be finished before line {line}: {MISSING[line, n]}")
        for n in sorted(set(given) - wanted):
            why = EXTRA.get((line, n), "it is no earlier line")
            raise Wrong(f"line {line} need not wait for {n}: {why}")


@exercise("03.2", "each starts when the last one that it is in conflict with has ended.")
def starts(answer, random):
    """The tick at which each operation starts, with as many workers as it takes."""
    cases = [
        ("b=a c=a d=a", "all three only read a, and may run side by side"),
        ("a= b=a c=b", "each reads what the one before it writes"),
        ("b=a a=", "the second overwrites what the first reads"),
        ("a=b a=c", "both write a, and the last one has to win"),
        ("a= b= c=b d=abc", "the last one waits for the latest of those it is in conflict with"),
    ]
    for text, why in cases:
        _ask(answer, text, why)
    for _ in range(50):
        lines = []
        for _ in range(int(random.integers(2, 9))):
            reads = "".join(random.choice(list("abcd"), random.integers(0, 3), replace=False))
            lines.append(f"{random.choice(list('abcd'))}={reads}")
        _ask(answer, " ".join(lines), "go through the pairs with `conflict`")


def _ask(answer: Any, text: str, why: str) -> None:
    """Try a program such as "a= b=ac": the first writes a, the second reads a and c, writes b."""
    pairs = [line.split("=") for line in text.split()]
    program = [SimpleNamespace(fn=None, reads=set(r), writes=set(w)) for w, r in pairs]
    wanted: list[int] = []
    for i, op in enumerate(program):
        before = [j for j in range(i) if _conflict(program[j], op)]
        wanted.append(max([wanted[j] + 1 for j in before], default=0))
    got = _call(answer, program)
    require(
        isinstance(got, list | tuple) and len(got) == len(program),
        f"for {len(program)} operations it must return a list of {len(program)} numbers, "
        f"and returned {shown(got)}",
    )
    words = "; ".join(f"{w} = f({', '.join(r)})" for w, r in pairs)
    require(got[0] == 0, f"the first operation starts at 0, and yours at {shown(got[0])}")
    require(
        list(got) == wanted,
        f"for the program {words} the starts are {wanted}, and yours {shown(list(got))}: {why}",
    )


def _conflict(first: Any, second: Any) -> bool:
    return bool(first.writes & (second.reads | second.writes) or first.reads & second.writes)


def _call(answer: Any, *given: Any) -> Any:
    """Like `call`, without telling what was given: its text may be long, or ask for numbers."""
    got = function(answer)(*given)
    require(got is not None, "it returned None; is a `return` missing at the end?")
    return got


@exercise("03.3", "the same number, and one wait for all parts together.")
def energy(answer, random):
    """A sum over parts that waits once."""
    parts = [nd.array(random.normal(size=(4, 3))) for _ in range(int(random.integers(4, 8)))]
    w = nd.array(random.normal(size=3))
    wanted = sum(((part.asnumpy() @ w.asnumpy()) ** 2).sum() for part in parts)
    last = ((parts[-1].asnumpy() @ w.asnumpy()) ** 2).sum()
    with _Waits() as waits:
        got = _call(answer, parts, w)
    require(
        not isinstance(got, NDArray),
        "it returned an NDArray; wait at the end, and return a number: total.asscalar()",
    )
    got = number(got, "the result")
    require(not close(got, last, 1e-3), "only the last part is in the result; add them up")
    require(close(got, wanted, 1e-3), f"the result must be {wanted:.5g}, and is {got:.5g}")
    require(
        waits.count <= 1,
        f"for {len(parts)} parts it waited {waits.count} times: in the loop nothing may hand "
        "numbers out; let the total be an array",
    )


class _Waits:
    """Counts how often somebody asks for the numbers of an array."""

    NAMES = ("asnumpy", "wait_to_read")

    def __enter__(self):
        self.count = 0
        self.before = {name: getattr(NDArray, name) for name in self.NAMES}
        for name, method in self.before.items():
            setattr(NDArray, name, self._counted(method))
        return self

    def _counted(self, method):
        def wait(array):
            self.count += 1
            return method(array)

        return wait

    def __exit__(self, *error):
        for name, method in self.before.items():
            setattr(NDArray, name, method)


@exercise(
    "03.4", "errors wait where the result should be, travel with it, and are raised at the wait."
)
def careful(answer, random):
    """An engine that keeps errors until somebody waits."""
    variable = getattr(getattr(answer, "run", None), "__globals__", {}).get("Variable")
    if variable is None:
        raise Wrong("`SmallEngine` and `Variable` are missing; run their cells first")
    a, b, c, d = map(variable, "abcd")
    ran: list[str] = []
    engine = answer(1)
    engine.push(_failing, writes=[a])
    engine.push(lambda: ran.append("b"), reads=[a], writes=[b])
    engine.push(lambda: ran.append("c"), reads=[b], writes=[c])
    engine.push(lambda: ran.append("d"), writes=[d])

    error = _wait(engine, d, "a variable that has nothing to do with the error")
    require(error is None, f"an operation that shares nothing with the error got it: {error!r}")
    require("d" in ran, "an operation without errors before it was not run; run must call op.fn()")
    error = _wait(engine, a, "the variable that the failing operation writes")
    require(
        error is not None,
        "the wait for what a failing operation should have written raised nothing",
    )
    require(
        isinstance(error, MeantError),
        f"the wait must raise the error itself, and raised a {type(error).__name__}: {error}",
    )
    require("b" not in ran, "an operation ran although what it reads has an error")
    for name, reader in (("b", b), ("c", c)):
        error = _wait(engine, reader, "what was to be computed from the failed result")
        require(
            isinstance(error, MeantError),
            "the error was not handed on to what is computed from the failed result"
            + ("" if name == "b" else ", two operations further"),
        )
    engine.push(lambda: ran.append("a"), writes=[a])
    error = _wait(engine, a, "a variable that was written again")
    require("a" in ran, "an operation that only writes need not care about an old error; run it")
    require(error is None, "a successful write must leave no error behind: variable.error = None")


class MeantError(ArithmeticError):
    """What the failing operation of the check raises."""


def _failing() -> None:
    raise MeantError("on purpose")


def _wait(engine: Any, variable: Any, what: str) -> BaseException | None:
    """What the wait raises; Wrong if it does not end."""
    found: list[BaseException] = []
    thread = threading.Thread(target=_caught(engine.wait, variable, found), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    require(
        not thread.is_alive(),
        f"the wait for {what} does not end: did the worker die, or is super().wait missing?",
    )
    return found[0] if found else None


def _caught(wait: Callable, variable: Any, found: list[BaseException]) -> Callable[[], None]:
    def attempt() -> None:
        try:
            wait(variable)
        except Exception as error:
            found.append(error)

    return attempt
