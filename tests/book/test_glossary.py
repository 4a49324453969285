import pytest

from mxbook.book import chapters, glossary, rules

from .conftest import book, code, markdown, printed

pytest.importorskip("nbformat", reason="nbformat is not installed")

ENTRIES = "## G\n\n### Gradient\n\nA slope. (06 Gradients)\n\n### Graph\n\nBoxes. (01 Inside)"


def page(*sources: str) -> dict:
    return book(*map(markdown, sources), card="# Glossary")


@pytest.fixture
def found(shelf):
    def problems(*sources: str) -> list[str]:
        notebook = page(*sources)
        return list(glossary.problems(shelf(notebook, "glossary"), notebook))

    return problems


def test_terms_are_the_headings():
    assert glossary.terms(page(ENTRIES, "### Head\n\nFirst. (06 x)")) == [
        "Gradient",
        "Graph",
        "Head",
    ]


def test_a_good_glossary(found):
    linked = "### Head\n\nSee [graph](#Graph). (01 Inside)"
    assert found(ENTRIES, linked) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("### Graph\n\nAgain. (01 x)", "the term Graph is there twice"),
        ("### Axis\n\nOne direction. (02 x)", "the term Axis stands behind Graph"),
        ("### Head\n\nNo chapter.", "the term Head does not end with its chapter"),
        ("### Head\n\nSee [this](#Nothing). (01 x)", "the link #Nothing leads nowhere"),
    ],
)
def test_what_is_wrong_is_told(found, source, words):
    (problem,) = found(ENTRIES, source)
    assert words in problem


def test_a_chapter_that_is_written_is_linked(shelf, found):
    shelf(book(code("1")), "06-gradients")
    (problem,) = found(ENTRIES)
    assert problem == "the term Gradient: chapter 06 is written, but not linked"
    assert found(ENTRIES.replace("06 Gradients", "[06 Gradients](06-gradients.ipynb)")) == []


def test_a_chapter_may_only_link_terms_that_are_there(shelf):
    shelf(page(ENTRIES), "glossary")
    text = "[good](glossary.ipynb#Graph) [bad](glossary.ipynb#Gradients) [page](glossary.ipynb)"
    notebook = book(code("print(1)", printed("1\n"), count=1), markdown(text))
    (problem,) = rules.problems(shelf(notebook), notebook)
    assert problem.startswith("cell 3: the term Gradients is not in the glossary")
    assert "Gradient" in problem.removeprefix("cell 3: the term Gradients")


def test_the_glossary_of_the_course():
    path = chapters.home() / glossary.NAME
    notebook = chapters.read(path)
    assert list(glossary.problems(path, notebook)) == []
    assert len(glossary.terms(notebook)) > 50
