"""What the document this project was made from teaches is taught: example by example, where.

`examples.csv` says for each of its 114 examples which chapter teaches it, and a piece of code that
this chapter must have.  Examples of chapters that are not written yet are held to the contents.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from mxbook.book import chapters
from mxbook.book.contents import CONTENTS

pytest.importorskip("nbformat", reason="nbformat is not installed")

HERE = Path(__file__).parent
FILES = {c.name[:2]: c for c in chapters.inside(HERE.parents[1] / "notebooks")}
with open(HERE / "examples.csv", encoding="utf-8", newline="") as file:
    EXAMPLES = list(csv.DictReader(file))


def test_every_example_has_a_chapter():
    assert [e["example"] for e in EXAMPLES] == [f"E{i:03}" for i in range(1, 115)]
    assert {e["chapter"] for e in EXAMPLES} <= {p.number for p in CONTENTS}
    assert Counter(bool(e["sign"]) for e in EXAMPLES) == {True: 114}


@pytest.mark.parametrize("number", sorted(FILES))
def test_a_chapter_teaches_its_examples(number):
    notebook = chapters.read(FILES[number].path)
    # Text counts as well: what the reader is told in words, with the code in backticks.
    text = "\n".join(cell["source"] for cell in notebook["cells"])
    wanted = [e for e in EXAMPLES if e["chapter"] == number]
    missing = [f"{e['example']} {e['title']}: {e['sign']}" for e in wanted if e["sign"] not in text]
    assert missing == []
