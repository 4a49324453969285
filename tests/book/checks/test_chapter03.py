"""Answers that readers give to the exercises of chapter 03, and what they are told."""

import pytest

from .common import (  # noqa: F401 - the tests
    test_a_wrong_answer_is_told_why,
    test_the_solution_is_right,
    test_the_stub_is_still_to_do,
    test_there_are_wrong_answers_to_every_exercise,
)

CHAPTER = "03"
# A worker of an answer that forgets errors dies of them: that is the mistake.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

ENERGY = (
    "def energy(parts, w):\n    total = {start}\n    for part in parts:\n"
    "        total {sign} (nd.dot(part, w) ** 2).sum(){asked}\n    return total{end}"
)
CAREFUL = """
class CarefulEngine(SmallEngine):
    def run(self, op):
        error = {error}
        if error is None:
            try:
                op.fn()
            except Exception as raised:
                error = {raised}
        for variable in op.writes:
            {store}

    def wait(self, variable):
        {wait}
        if variable.error is not None:
            raise variable.error
"""
READ = "next((v.error for v in op.reads if v.error is not None), None)"
USED = "next((v.error for v in op.variables if v.error is not None), None)"
KEEP, WAIT = "variable.error = error", "super().wait(variable)"


def careful(error=READ, raised="raised", store=KEEP, wait=WAIT):
    return CAREFUL.format(error=error, raised=raised, store=store, wait=wait)


def body(words):
    return f"def conflict(first, second):\n    {words}"


WRONG = {
    "03.1": [
        ("finished = {4: {2, 3}, 5: {1, 2, 3}, 6: {1, 2, 3, 4}}", "changes what load() wrote"),
        ("finished = {4: {1}, 5: {1, 2, 3}, 6: {1, 2, 3, 4}}", "sin(x) reads the x that line 4"),
        ("finished = {4: {1, 2, 3}, 5: {1, 2, 3, 4}, 6: {1, 2, 3, 4}}", "which x += 1 does not"),
        ("finished = {4: {1, 2, 3}, 5: {2, 3}, 6: {1, 2, 3, 4}}", "waited for line 1"),
        ("finished = {4: {1, 2, 3}, 5: {1, 2, 3}, 6: set()}", "line 4 waited for it"),
        ("finished = {4: {1, 2, 3}, 5: {1, 2, 3}, 6: {1, 2, 3, 4, 5}}", "need not wait for 5"),
        ("finished = {4: 3, 5: 3, 6: 4}", "give a set of numbers"),
    ],
    "03.2": [
        (body("return bool(first.writes & second.reads)"), "overwrites what the first reads"),
        (
            body("return bool(first.writes & second.reads or first.reads & second.writes)"),
            "both write a",
        ),
        (
            body("return bool((first.reads | first.writes) & (second.reads | second.writes))"),
            "readers may run side by side",
        ),
        (body("return first.writes & second.reads"), "it must return True or False"),
        (body("first.writes & second.reads"), "is a `return` missing"),
    ],
    "03.3": [
        (
            ENERGY.format(start="0.0", sign="+=", asked=".asscalar()", end=""),
            "times: in the loop nothing may hand numbers out",
        ),
        (ENERGY.format(start="nd.zeros(1)", sign="+=", asked="", end=""), "returned an NDArray"),
        (
            ENERGY.format(start="0.0", sign="=", asked="", end=".asscalar()"),
            "only the last part is in the result",
        ),
        (
            ENERGY.format(start="nd.zeros(1)", sign="+=", asked="", end=".asscalar() / 2"),
            "the result must be",
        ),
    ],
    "03.4": [
        (
            "class CarefulEngine(SmallEngine):\n    def run(self, op):\n        op.fn()",
            "did the worker die",
        ),
        (careful(error="None"), "an operation ran although what it reads has an error"),
        (careful(raised="None"), "raised nothing"),
        (careful(raised="RuntimeError('lost')"), "must raise the error itself"),
        (careful(store="variable.error = variable.error or error"), "must leave no error behind"),
        (careful(error=USED), "need not care about an old error"),
    ],
}
