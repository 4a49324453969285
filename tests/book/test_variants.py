import copy
import json

import pytest

from mxbook.base.errors import MXNetError
from mxbook.book import chapters, variants
from mxbook.book.__main__ import main

from .conftest import book, code, markdown, printed

pytest.importorskip("nbformat", reason="nbformat is not installed")

STUB = "def board(n):\n    ...  # your code"
SOLUTION = "# A solution\ndef board(n):\n    return n"
ASK = 'mx.book.check("02.1", board)'


def task(check: str = ASK, said: str = "02.1 todo: write") -> list[dict]:
    solution = code(SOLUTION, printed("shown"), count=3)
    solution["metadata"] = copy.deepcopy(variants.HIDDEN)
    return [
        code(STUB, count=1, tags=("exercise",)),
        code(check, printed(said), count=2, tags=("check",)),
        solution,
    ]


def test_exercises_are_found_in_order():
    free = [code("# your code", tags=("exercise",)), *task()[2:]]
    notebook = book(markdown("words"), *task(), *free)
    assert variants.exercises(notebook) == [(2, 3, 4, "02.1"), (5, -1, 6, "")]


@pytest.mark.parametrize(
    ("source", "number"),
    [
        (ASK, "02.1"),
        ('mx.book.check("02.1", (a, b))', "02.1"),
        ("mx.book.check(number, board)", ""),
        ('x = mx.book.check("02.1", board)', ""),
        ('mx.book.check("02.1", board)\nprint()', ""),
        ("mx.book.check(", ""),
        ("", ""),
    ],
)
def test_a_check_cell_is_one_call(source, number):
    assert variants.asked(source) == number


def only_first(monkeypatch):
    monkeypatch.setattr(variants, "of_chapter", lambda chapter: ["02.1"])


def test_what_is_wrong_with_exercises_is_told(monkeypatch):
    only_first(monkeypatch)
    assert list(variants.problems("02-a", book(*task()))) == []
    exercise, check, solution = task()
    unfolded = copy.deepcopy(solution) | {"metadata": {"tags": ["solution"]}}
    open_first = copy.deepcopy(solution) | {"source": "answer = 64"}
    untagged = copy.deepcopy(check) | {"metadata": {}}
    for cells, words in (
        ([exercise, check], "cell 2: an exercise without a cell for solution"[6:]),
        ([check, solution], "an exercise without a cell for exercise"),
        ([exercise, check, unfolded], "cell 4: the solution and its outputs must be folded"),
        ([exercise, check, open_first], "cell 4: the solution does not begin with `# A solution`"),
        ([exercise, *task("print(1)")[1:]], "cell 3: must be one call mx.book.check"),
        ([exercise, check, solution, untagged], "cell 5: asks mx.book.check without the tag"),
        ([code("1")], "asks for the checks none, and mxbook/book/checks has 02.1"),
    ):
        found = list(variants.problems("02-a", book(*cells)))
        assert any(words in problem for problem in found), (words, found)


def test_solutions_are_put_where_readers_write():
    notebook = book(*task())
    before = copy.deepcopy(notebook)
    filled = variants.filled(notebook)
    assert [c["source"] for c in filled["cells"][1:]] == [SOLUTION, ASK, ""]
    assert notebook == before


def test_a_check_that_says_something_else_is_found():
    assert list(variants.unexpected(book(*task()), "todo")) == []
    (problem,) = variants.unexpected(book(*task(said="02.1 wrong, because no")), "todo")
    assert problem == "cell 3: as shipped, exercise 02.1 says: 02.1 wrong, because no"
    (problem,) = variants.unexpected(book(*task(said="02.2 right: x")), "right")
    assert problem.startswith("cell 3: with its solution, exercise 02.1 says: 02.2")


def test_students_get_no_solutions(shelf, tmp_path, capsys):
    path = shelf(book(*task()), "02-a")
    (path.parent / "images").mkdir()
    (path.parent / "images" / "a.png").write_bytes(b"png")
    (path.parent / "glossary.ipynb").write_text("{}")
    folder = tmp_path / "course"
    assert main(["student", str(folder), str(path)]) == 0
    assert capsys.readouterr().out.split() == [str(folder / "02-a.ipynb")]
    made = chapters.read(folder / "02-a.ipynb")
    _, answer, check = made["cells"]
    assert answer["source"] == STUB
    assert not answer["metadata"]["nbgrader"]["locked"]
    assert answer["metadata"]["nbgrader"]["solution"]
    mark = check["metadata"]["nbgrader"]
    assert (mark["grade"], mark["locked"], mark["points"]) == (True, True, 1)
    assert {answer["metadata"]["nbgrader"]["grade_id"], mark["grade_id"]} == {"02-1", "02-1-check"}
    text = (folder / "02-a.ipynb").read_text()
    assert "return n" not in text and "todo" not in text
    assert (folder / "images" / "a.png").exists() and (folder / "glossary.ipynb").exists()


def test_instructors_get_solutions_and_hidden_tests(shelf, tmp_path):
    path = shelf(book(*task()), "02-a")
    folder = tmp_path / "course"
    assert main(["instructor", str(folder), str(path)]) == 0
    _, answer, check = chapters.read(folder / "02-a.ipynb")["cells"]
    assert answer["source"] == f"{STUB}\n\n### BEGIN SOLUTION\n{SOLUTION}\n### END SOLUTION"
    assert check["source"].splitlines() == [
        ASK,
        "### BEGIN HIDDEN TESTS",
        'assert mx.book.verdict("02.1", board).right',
        "### END HIDDEN TESTS",
    ]
    # Taking away what is between the marks gives what the students get, up to the settings' stub.
    again = tmp_path / "again"
    main(["student", str(again), str(path)])
    student = json.loads((again / "02-a.ipynb").read_text())["cells"]
    assert "".join(student[1]["source"]) == answer["source"].partition("\n\n### BEGIN")[0]
    assert "code_stub" in (folder / "nbgrader_config.py").read_text()


def test_the_chapters_themselves_are_not_overwritten(shelf):
    path = shelf(book(*task()), "02-a")
    with pytest.raises(MXNetError, match="holds the chapters themselves"):
        variants.hand_out([chapters.Chapter(path)], path.parent, solutions=False)
