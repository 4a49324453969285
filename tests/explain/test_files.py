import csv
import json
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.explain import Run, page
from mxbook.explain.files import table, to_json
from mxbook.explain.output import write

names = st.sampled_from(["loss", "val_loss", "a,b", 'say "hi"', "ü"])
value = st.floats(allow_nan=True, allow_infinity=True)
calls = st.lists(st.dictionaries(names, value, min_size=1, max_size=3), max_size=40)


def recorded(entries, keep: int = 2**16) -> Run:
    run = Run("digits", total=99, log_y=True, keep=keep, clock=lambda: 0.0)
    for i, entry in enumerate(entries):
        run.log(entry, epoch=i // 3)
    run.finish()
    return run


@settings(deadline=None)
@given(calls, st.sampled_from([4, 2**16]))
def test_json_keeps_everything(tmp_path_factory, entries, keep):
    run = recorded(entries, keep)
    path = tmp_path_factory.mktemp("run") / "run.json"
    run.save(path)
    copy = Run.load(path)
    for name in run.names:
        np.testing.assert_array_equal(copy[name].buckets[:, :5], run[name].buckets[:, :5])
        assert copy[name].total == run[name].total
        assert copy.best(name) == run.best(name)
        assert repr(copy[name].first_bad) == repr(run[name].first_bad)
    for field in ("names", "title", "total", "log_y", "status", "step", "epochs", "styles"):
        assert getattr(copy, field) == getattr(run, field)
    assert copy.text() == run.text()
    assert copy.svg() == run.svg()


@settings(deadline=None)
@given(calls)
def test_csv_keeps_every_value(entries):
    run = recorded(entries)
    text = to_csv(run)
    rows = list(csv.DictReader(text.splitlines()))
    for name in run.names:
        found = [float(row[name]) for row in rows if row[name]]
        np.testing.assert_array_equal(found, run[name].values)
        steps = [float(row["step"]) for row in rows if row[name]]
        np.testing.assert_array_equal(steps, run[name].steps)
    assert [int(row["epoch"]) for row in rows] == sorted(int(row["epoch"]) for row in rows)


def to_csv(run: Run) -> str:
    from mxbook.explain.files import csv as write

    return write(run)


def test_csv_of_merged_points_has_their_range():
    run = Run(keep=4)
    for i in range(16):
        run.log(loss=float(i))
    rows = table(run)
    assert len(rows) <= 4
    assert rows[0]["loss min"] == 0
    assert rows[-1]["loss max"] == 15
    assert to_csv(run).startswith("step,loss,loss min,loss max\n")


def test_two_values_at_one_step_are_two_rows():
    run = Run()
    run.log(loss=1.0, step=5)
    run.log(loss=2.0, step=5)
    assert [row["loss"] for row in table(run)] == [1.0, 2.0]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": "mxbook run 1"}', "null", "3"]
)
def test_a_damaged_json_is_refused(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(FileFormatError, match=r"run\.json"):
        Run.load(path)


def test_json_cut_anywhere_is_refused(tmp_path):
    text = to_json(recorded([{"loss": 1.0}, {"loss": 0.5}]))
    path = tmp_path / "run.json"
    for length in range(0, len(text.rstrip("}\n ")), 7):
        path.write_text(text[:length])
        with pytest.raises(FileFormatError):
            Run.load(path)


@pytest.mark.parametrize("ending", [".png", ".svg", ".html", ".csv", ".json", ".txt"])
def test_every_ending(tmp_path, ending):
    run = recorded([{"loss": 1.0}, {"loss": 0.5}])
    run.save(tmp_path / f"run{ending}")
    assert (tmp_path / f"run{ending}").stat().st_size > 20
    assert [p.name for p in tmp_path.iterdir()] == [f"run{ending}"]


def test_unknown_ending(tmp_path):
    with pytest.raises(ParameterError, match="did you mean"):
        Run().save(tmp_path / "run.pgn")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "run.txt"
    path.write_text("old")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        write(path, "a run", {".txt": lambda: b"new"})
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["run.txt"]


def test_the_page_needs_nothing_else():
    run = recorded([{"loss": 1.0}, {"loss": math.nan}, {"loss": 0.5}])
    run.title = "</script><b>&"
    text = page.page(run)
    addresses = set(re.findall(r"https?://[^\s\"'<>)\\]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    markup = re.sub(r"(<script[^>]*>).*?(</script>)", r"\1\2", text, flags=re.DOTALL)
    assert not re.search(r"<(link|img|iframe)\b|@import|\bsrc=", markup)
    assert text.count("</script>") == text.count("<script")
    assert "<b>&" not in text


def test_without_the_widget_package_the_page_shows_the_picture(monkeypatch):
    monkeypatch.setattr(page, "static_folder", lambda _name: None)
    text = page.page(recorded([{"loss": 1.0}]))
    assert "<svg" in text
    assert "<script" not in text


def test_the_json_of_a_page_is_json():
    text = page.page(recorded([{"loss": 1.0}]))
    for part in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL):
        json.loads(part)
