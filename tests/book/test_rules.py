import base64

import pytest

from mxbook.book import rules

from .conftest import book, code, markdown, printed, shown

GOOD = code("print(1)", printed("1\n"), count=1)


def found(shelf, notebook) -> list[str]:
    return rules.problems(shelf(notebook), notebook)


def test_nothing_is_wrong_with_a_good_chapter(shelf):
    picture = shown(image_png=base64.b64encode(b"png").decode(), text_plain="a picture")
    cells = [GOOD, markdown("[up](..) ![one](00-a.ipynb)"), code("  "), code("2", picture, count=2)]
    assert found(shelf, book(*cells)) == []


def with_metadata(**metadata) -> dict:
    notebook = book(GOOD)
    notebook["metadata"] |= metadata
    return notebook


def with_cell_metadata(**metadata) -> dict:
    cell = dict(GOOD, metadata=metadata)
    return book(cell)


def image(size: int) -> dict:
    return shown(image_png=base64.b64encode(bytes(size)).decode())


WRONG = {
    "does not declare": book(GOOD, card="# Title"),
    "metadata of the notebook: widgets": with_metadata(widgets={"state": {}}),
    "metadata of the notebook: language_info": with_metadata(language_info={"version": "3.11"}),
    "cell 2: forbidden metadata: execution": with_cell_metadata(execution={}),
    "cell 2: not executed": book(code("1")),
    "cell 2, 3: not executed": book(code("1"), code("1")),
    "once each from top to bottom": book(GOOD, code("2", count=3)),
    "no outputs are committed": book(code("1", count=1)),
    "cell 2: the outputs hold": book(code("1", printed("<A at 0x7f00deadbeef>"), count=1)),
    "cell 2: image/png of 150 KB": book(code("1", image(150_001), count=1)),
    "cell 2: image/svg+xml of 200 KB": book(
        code("1", {**image(0), "data": {"image/svg+xml": "x" * 200_000}}, count=1)
    ),
    "the file has": book(code("1", *[image(140_000)] * 3, count=1)),
    "cell 3: the link 07-x.ipynb leads nowhere": book(GOOD, markdown("[next](07-x.ipynb)")),
    "cell 2: an error stops Run All": book(
        code("1", printed("1"), count=1, tags=("raises-exception",))
    ),
    "cell 2: the picture has no alternative text": book(
        code("1", {**image(10), "metadata": {"image/png": {"width": 10}}}, count=1)
    ),
    "cell 3: the picture .. has no alternative": book(GOOD, markdown("![](..)")),
}


@pytest.mark.parametrize("words", WRONG)
def test_each_kind_of_problem_is_found_alone(shelf, words):
    (problem,) = found(shelf, WRONG[words])
    assert words in problem


def test_an_old_format_is_told(shelf):
    notebook = book(GOOD)
    notebook["nbformat_minor"] = 4
    (problem,) = rules.problems(shelf(book(GOOD)), notebook)
    assert "4.4 in place of 4.5" in problem


def test_only_stable_cells_are_compared():
    old = book(code("1", printed("a\n")), code("2", printed("b\nc\n"), tags=("stable",)))
    same = book(code("1", printed("x\n")), code("2", printed("b\nc  \n\n"), tags=("stable",)))
    assert list(rules.stale(old, same)) == []
    other = book(code("1", printed("a\n")), code("2", printed("b\nd\n"), tags=("stable",)))
    (problem,) = rules.stale(old, other)
    assert problem.startswith("cell 3 is tagged stable")
    assert problem.splitlines()[-2:] == ["-c", "+d"]


def test_results_count_as_text_and_pictures_do_not():
    def result(text, picture):
        output = shown(text_plain=text, image_png=picture)
        return book(code("1", output, tags=("stable",)))

    assert list(rules.stale(result("a", "x"), result("a", "y"))) == []
    assert len(list(rules.stale(result("a", "x"), result("b", "x")))) == 1
