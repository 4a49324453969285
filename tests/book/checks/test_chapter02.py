"""Answers that readers give to the exercises of chapter 02, and what they are told."""

import pytest

from .common import (  # noqa: F401 - the tests
    test_a_wrong_answer_is_told_why,
    test_the_solution_is_right,
    test_the_stub_is_still_to_do,
    test_there_are_wrong_answers_to_every_exercise,
)

CHAPTER = "02"
SHAPES = {"A": (3, 4), "B": "error", "C": (3, 4), "D": (2, 3, 4), "E": (5, 5)}
WRONG = {
    "02.1": [
        (
            (
                "def board(n):\n    return nd.array([[(i + j + 1) % 2 for j in range(n)] "
                "for i in range(n)])"
            ),
            "the upper left square of board(2) must be 0, and is 1",
        ),
        (
            "def board(n):\n    return (nd.arange(n * n) % 2).reshape((n, n))",
            "every second row must begin with 1",
        ),
        (
            "def board(n):\n    return np.indices((n, n)).sum(axis=0) % 2",
            "must be an NDArray, and is of type ndarray",
        ),
        (
            "def board(n):\n    i = nd.arange(n)\n    return i + i.reshape((n, 1))",
            "must hold only 0 and 1",
        ),
        ("def board(n):\n    return nd.arange(n) % 2", "must have the shape (2, 2), and has (2,)"),
        ("def board(n):\n    return nd.zeros((n, n))", "two neighbours in row 0 are equal"),
    ],
    "02.2": [
        (f"shapes = {SHAPES | {'B': (3, 4)}}", "and there 4 meets 3"),
        (f"shapes = {SHAPES | {'E': 'error'}}", "E, (5, 1) + (5,) works"),
        (f"shapes = {SHAPES | {'D': (3, 4)}}", "D, (2, 3, 4) + (3, 1) does not give (3, 4)"),
        (f"shapes = {SHAPES | {'E': (5, 1)}}", "each length is the larger one"),
    ],
    "02.3": [
        (
            (
                "def standardized(x):\n    c = x - x.mean(axis=1, keepdims=True)\n"
                "    return c / (c**2).mean(axis=1, keepdims=True).sqrt()"
            ),
            "the rows have mean 0; the columns should",
        ),
        (
            (
                "def standardized(x):\n    x -= x.mean(axis=0)\n"
                "    return x / (x**2).mean(axis=0).sqrt()"
            ),
            "your function changed x",
        ),
        ("def standardized(x):\n    return x - x.mean(axis=0)", "must have standard deviation 1"),
        (
            "def standardized(x):\n    return x / x.mean(axis=0)",
            "the columns must have mean 0",
        ),
        ("def standardized(x):\n    return x - x.mean(axis=1)", "cannot be broadcast"),
    ],
    "02.4": [
        (
            "def shares(a, b):\n    return a.shape == b.shape and bool((a == b).min().asscalar())",
            "it returned",
        ),
        (
            (
                "def shares(a, b):\n    before = b.asnumpy()\n    a += 1\n"
                "    return bool((b.asnumpy() != before).any())"
            ),
            "put the old numbers back",
        ),
        ("def shares(a, b):\n    return a is b", "shares memory with a"),
        ("def shares(a, b):\n    return nd.ones(1)", "must return True or False"),
    ],
}


def test_an_answer_that_is_half_there_is_still_to_do(chapter):
    said = chapter.says("02.2", f"shapes = {SHAPES}; shapes['C'] = ...")
    assert said == "02.2 todo: 1 of 5 answers is still open."


@pytest.mark.parametrize("given", ["np.True_ if a is b else False", "False"])
def test_truth_may_be_numpy_s(chapter, given):
    assert "must return True or False" not in chapter.says(
        "02.4", f"def shares(a, b):\n    return {given}"
    )
