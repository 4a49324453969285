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
USED = "next((v.error for v in op.reads | op.writes if v.error is not None), None)"
KEEP, WAIT = "variable.error = error", "super().wait(variable)"


def careful(error=READ, raised="raised", store=KEEP, wait=WAIT):
    return CAREFUL.format(error=error, raised=raised, store=store, wait=wait)


STARTS = """
def starts(program):
    found = []
    for i, op in enumerate(program):
        before = [j for j in range(i) if {test}]
        found.append({tick})
    return found
"""
TEST = "conflict(program[j], op)"
TICK = "max([found[j] + 1 for j in before], default=0)"


def starts(test=TEST, tick=TICK):
    return STARTS.format(test=test, tick=tick)


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
        (starts("program[j].writes & op.reads"), "the second overwrites what the first reads"),
        (
            starts("program[j].writes & op.reads or program[j].reads & op.writes"),
            "both write a",
        ),
        (starts("True"), "all three only read a, and may run side by side"),
        (starts(tick="len(before)"), "each reads what the one before it writes"),
        (starts(tick="sum(found[j] + 1 for j in before)"), "waits for the latest of those"),
        (starts(tick="max([found[j] + 1 for j in before], default=1)"), "starts at 0"),
        ("def starts(program):\n    return {0}", "it must return a list of 3 numbers"),
        ("def starts(program):\n    [0 for op in program]", "is a `return` missing"),
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
