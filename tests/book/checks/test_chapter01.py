"""Answers that readers give to the exercises of chapter 01, and what they are told."""

from .common import (  # noqa: F401 - the tests
    test_a_wrong_answer_is_told_why,
    test_the_solution_is_right,
    test_the_stub_is_still_to_do,
    test_there_are_wrong_answers_to_every_exercise,
)

CHAPTER = "01"
WRONG = {
    "01.1": [
        (
            "def missing(report): return [row for row in report if not row.found]",
            "the list holds whole rows; the name of a row is row.name",
        ),
        (
            "def missing(report): return [row.name for row in report if row.found]",
            "these are the rows that were found",
        ),
        (
            (
                "def missing(report):\n"
                "    return [row.name for row in report if not row.found and not row.needed]"
            ),
            "a row that is needed can be missing as well",
        ),
        (
            "def missing(report):\n    for row in report:\n        print(end='')",
            "returned None; is a `return` missing",
        ),
        ("missing = ['GPU']", "must be a function, and yours is ['GPU']"),
        (
            "def missing(report):\n    return [row.nam for row in report]",
            "AttributeError: 'Row' object has no attribute 'nam'",
        ),
    ],
    "01.2": [
        (
            "learned = {'in all': 431_080, 'in the largest layer': 400_000}",
            "forgot the 500 biases",
        ),
        (
            "learned = {'in all': 430_500, 'in the largest layer': 400_500}",
            "the weights without the biases",
        ),
        (
            "learned = {'in all': 431_080, 'in the largest layer': 25_050}",
            "25,050 is not the largest layer",
        ),
        ("learned = {'in all': 7, 'in the largest layer': 400_500}", "do not add up to 7"),
        ("learned = 431_080", "must be a dictionary with the keys 'in all'"),
    ],
    "01.3": [
        (
            (
                "def longest(timeline):\n"
                "    return max(timeline.events, key=lambda e: e.ended - e.pushed).name"
            ),
            "while it waited it did not compute",
        ),
        (
            "def longest(timeline):\n    return max(timeline.events, key=lambda e: e.ended).name",
            "ended last; that does not say how long it ran",
        ),
        (
            (
                "def longest(timeline):\n"
                "    return max(timeline.events, key=lambda e: e.ended - e.started)"
            ),
            "it returned the whole event",
        ),
    ],
}
