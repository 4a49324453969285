import re

import pytest

import mxbook as mx
from mxbook.book import chapters, links
from mxbook.book.contents import CONTENTS, PARTS, written

pytest.importorskip("nbformat", reason="nbformat is not installed")

CHAPTERS = chapters.inside(chapters.home())
PLANNED = {p.number: p for p in CONTENTS}


def test_chapters_are_numbered_and_build_on_earlier_ones():
    assert [p.number for p in CONTENTS] == [f"{i:02}" for i in range(len(CONTENTS))]
    for planned in CONTENTS:
        assert set(planned.after) <= {p.number for p in CONTENTS if p.number < planned.number}
        assert planned.after or planned.number == "00"
    assert [p.part for p in CONTENTS] == sorted(p.part for p in CONTENTS)
    assert {p.part for p in CONTENTS} == set(range(len(PARTS)))


def test_the_map_is_a_graph_of_all_chapters():
    found = mx.book.contents()
    assert len(found) == len(CONTENTS)
    assert next(n.name for n in found.path("00", "20")) == "00"
    notes = {n.name: n.note for n in found.nodes}
    assert {name for name, note in notes.items() if note != "to come"} == written()
    assert "34 chapters in 8 parts" in found.svg()
    assert "34 operators" not in found.svg()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_a_chapter_is_what_the_contents_say(chapter):
    planned = PLANNED[chapter.name[:2]]
    assert chapter.name == planned.stem
    first, *_, last = [
        c["source"] for c in chapters.read(chapter.path)["cells"] if c["cell_type"] == "markdown"
    ]
    assert first.startswith(f"# {planned.number} {planned.title}\n")
    for word in ("You will learn", "Before this", "Time", "Runs on"):
        assert f"**{word}**" in first
    # It ends with the way on: the next chapter that is there.
    after = [p.stem for p in CONTENTS if p.number > planned.number and p.number in written()]
    if after:
        assert f"{after[0]}.ipynb" in links.targets(last)
    assert re.search(r"\bNext\b", last)
