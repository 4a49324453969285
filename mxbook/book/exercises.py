"""Exercises: what is said to an answer.

mx.book.check("02.1", board)     prints todo, right, or wrong because ...; never raises

The checks themselves are in `checks/`, one file a chapter.
"""

import importlib.util
import re
import zlib
from typing import Any, NamedTuple

import numpy as np

from .checks.answers import CHECKS, Todo, Wrong, insist, told

NUMBER = re.compile(r"(\d\d)\.\d+")
SAID = re.compile(r"^(\d\d\.\d+) (todo|right|wrong)\b", re.MULTILINE)  # what `check` has printed


class Verdict(NamedTuple):
    """What is said to an answer: `state` is todo, right or wrong."""

    number: str
    state: str
    words: str

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.state == "right"

    def __str__(self) -> str:
        between = ", because" if self.state == "wrong" else ":"
        return f"{self.number} {self.state}{between} {self.words}"


def check(number: str, answer: Any) -> None:
    """Say whether an answer is right: prints todo, right, or wrong and why.  Never raises.

    >>> check("02.1", ...)
    02.1 todo: write your answer into the cell above, run it, then run this cell again.
    """
    print(verdict(number, answer))


def verdict(number: str, answer: Any) -> Verdict:
    """The same as an object, for tests and for grading: `verdict("02.1", answer).right`."""
    try:
        load(number)
        if number not in CHECKS:
            return Verdict(number, "todo", _unknown(number))
        insist(answer)
        # The same numbers each time: who asks again gets the same answer.
        random = np.random.default_rng(zlib.crc32(number.encode()))
        CHECKS[number].test(answer, random)
    except Todo as words:
        return Verdict(number, "todo", str(words))
    except Wrong as words:
        return Verdict(number, "wrong", str(words))
    except (Exception, SystemExit) as error:
        return Verdict(number, "wrong", f"it raised {told(error, answer)}")
    return Verdict(number, "right", CHECKS[number].praise)


def load(number: str) -> None:
    """Import the checks of the chapter that an exercise is in, if there are any."""
    match = NUMBER.fullmatch(str(number))
    name = f"mxbook.book.checks.chapter{match[1]}" if match else ""
    if name and importlib.util.find_spec(name) is not None:
        importlib.import_module(name)


def of_chapter(chapter: str) -> list[str]:
    """The numbers of the exercises of a chapter that have a check: `of_chapter("02")`."""
    load(f"{chapter}.1")
    return sorted(
        (n for n in CHECKS if n.startswith(f"{chapter}.")), key=lambda n: int(n.partition(".")[2])
    )


def _unknown(number: Any) -> str:
    known = of_chapter(str(number)[:2])
    some = f"; this chapter has {', '.join(known)}" if known else ""
    return f"there is no exercise {number}{some}."
