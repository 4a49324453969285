import numpy as np
import pytest

import mxbook as mx
from mxbook.book import exercises
from mxbook.book.checks import answers
from mxbook.book.exercises import SAID, verdict


@pytest.fixture
def own(monkeypatch):
    """Registers checks of exercises that no chapter has."""
    monkeypatch.setattr(answers, "CHECKS", answers.CHECKS.copy())
    monkeypatch.setattr(exercises, "CHECKS", answers.CHECKS)

    def register(test, number="99.1"):
        answers.exercise(number, "well done.")(test)

    return register


def test_an_answer_is_right_or_wrong_and_the_reason_is_given(own, capsys):
    own(lambda answer, random: answers.require(answer == 3, "three is the number"))
    mx.book.check("99.1", 3)
    mx.book.check("99.1", 4)
    mx.book.check("99.1", ...)
    said = capsys.readouterr().out
    assert said.splitlines()[:2] == [
        "99.1 right: well done.",
        "99.1 wrong, because three is the number",
    ]
    assert SAID.findall(said) == [("99.1", "right"), ("99.1", "wrong"), ("99.1", "todo")]


def test_the_same_answer_gets_the_same_random_numbers(own):
    seen = []
    own(lambda answer, random: seen.append(random.random()))
    for _ in range(2):
        assert verdict("99.1", 1).right
    assert seen[0] == seen[1]


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no words")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None


@pytest.mark.parametrize(
    "answer", [Unprintable(), exit, 1, "text", [], {}, object, len, np.ones(3)]
)
@pytest.mark.parametrize("number", ["01.1", "02.2", "03.1", "06.4", "11.1", "15.1"])
def test_whatever_the_answer_is_nothing_is_raised(number, answer):
    assert not verdict(number, answer).right


@pytest.mark.parametrize("number", ["02.99", "98.1", "hello", 3, None])
def test_an_unknown_exercise_is_told(number):
    found = verdict(number, 1)
    assert (found.state, found.words[:21]) == ("todo", "there is no exercise ")
    if number == "02.99":
        assert "02.1, 02.2" in found.words


def test_every_check_says_something_to_who_is_right():
    for chapter in ("01", "02", "03", "06", "11", "15"):
        numbers = exercises.of_chapter(chapter)
        assert numbers == [f"{chapter}.{i + 1}" for i in range(len(numbers))]
        assert len(numbers) >= 3
        assert all(answers.CHECKS[n].praise.endswith(".") for n in numbers)
