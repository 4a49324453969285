import json
import sys

import pytest

from mxbook.base.errors import FileFormatError, MXNetError
from mxbook.book import chapters

from .conftest import book, code


@pytest.fixture
def three(shelf, monkeypatch):
    for name in ("00-a", "01-b", "11-c"):
        path = shelf(book(code("1")), name)
    (path.parent / "notes.ipynb").write_text("{}")
    monkeypatch.setattr(chapters, "home", lambda: path.parent)
    return path.parent


def names(*wanted) -> list[str]:
    return [c.name for c in chapters.find(wanted)]


def test_chapters_are_found_by_number_name_file_and_folder(three):
    assert names() == ["00-a", "01-b", "11-c"]
    assert names("01") == ["01-b"]
    assert names("11", "00-a") == ["11-c", "00-a"]
    assert names(str(three)) == ["00-a", "01-b", "11-c"]
    assert names(str(three / "notes.ipynb")) == ["notes"]


@pytest.mark.parametrize("word", ["1", "07", "nowhere.ipynb"])
def test_a_chapter_that_does_not_exist_is_told(three, word):
    with pytest.raises(MXNetError, match="there is no chapter"):
        chapters.find([word])


def test_the_folder_is_found_from_below_it(three, monkeypatch, tmp_path):
    monkeypatch.undo()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    monkeypatch.setattr(chapters.mxbook, "__file__", str(tmp_path / "x" / "mxbook" / "__init__.py"))
    assert chapters.home() == three
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(MXNetError, match="chapters were not found"):
        chapters.home()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nbformat": 3, "worksheets": []}', "not json"])
def test_a_damaged_file_is_told(tmp_path, text):
    path = tmp_path / "00-a.ipynb"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=r"00-a.ipynb is not a notebook"):
        chapters.read(path)


def test_what_is_written_is_read_back(shelf):
    notebook = book(code("a\n\nb", tags=("stable",)), code("é"))
    path = shelf(notebook)
    assert chapters.read(path) == notebook
    assert path.read_bytes().endswith(b"}\n")
    assert json.loads(path.read_text())["cells"][1]["source"] == ["a\n", "\n", "b"]


def test_missing_packages_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "nbclient", None)
    with pytest.raises(MXNetError, match=r"needs the package nbclient(.|\n)*mxbook\[notebooks\]"):
        chapters.needs("nbclient")


@pytest.mark.parametrize(
    "card, seconds", [("| Time | 10 minutes, 45 s to run |", 45), ("| Time | 10 minutes |", None)]
)
def test_the_running_time_stands_in_the_card(card, seconds):
    assert chapters.declared_seconds(book(card=card)) == seconds
