import csv
import os

import pytest

from mxbook.base.errors import IndexingError, ParameterError
from mxbook.explain import Run, curves, runs
from mxbook.explain.__main__ import main


@pytest.fixture
def store(tmp_path):
    """Three runs with a setting each; the third has other curves."""
    for place, (name, rate) in enumerate([("slow", 0.1), ("fast", 0.5), ("other", 0.2)]):
        run = Run(name, params={"rate": rate, "kind": "sgd"})
        for i in range(1, 21):
            run.log(loss=1 / (1 + rate * i))
            if i % 5 == 0 and name != "other":
                run.log(val_accuracy=1 - 1 / (1 + rate * i), epoch=i // 5)
        run.finish()
        file = tmp_path / f"{runs(tmp_path).save(run)}.json"
        os.utime(file, ns=(place * 10**9, place * 10**9))  # saved one second after the other
    return runs(tmp_path)


def test_runs_come_back_in_their_order_with_their_settings(store):
    assert store.names == ["slow", "fast", "other"]
    assert len(store) == 3
    assert [run.params["rate"] for run in store] == [0.1, 0.5, 0.2]
    with pytest.raises(IndexingError, match="no run 'fats'"):
        store["fats"]


def test_names_are_made_of_titles_and_never_overwrite(store):
    assert store.save(Run("a / b: c")) == "a-b-c"
    assert store.save(Run("a / b: c")) == "a-b-c-2"
    assert store.save(Run("new"), "slow") == "slow"  # unless one is asked for
    assert store["slow"].title == "new"
    assert all(path.parent == store.folder for path in store.folder.glob("**/*.json"))


def test_compared_runs_have_a_colour_each_and_share_panels(store):
    found = store.compare("slow", "fast")
    looks = found.styles
    assert list(looks) == ["slow loss", "slow val_accuracy", "fast loss", "fast val_accuracy"]
    assert looks["slow loss"].colour == looks["slow val_accuracy"].colour
    assert looks["slow loss"].colour != looks["fast loss"].colour
    assert looks["slow loss"].panel == looks["fast loss"].panel == "loss"
    assert looks["fast val_accuracy"].dash
    assert found["fast loss"].latest == store["fast"]["loss"].latest
    svg = found.svg()
    assert ">2 runs<" in svg
    assert ">loss<" in svg
    assert "fast validation" in svg


def test_compared_runs_can_be_saved_like_one(store, tmp_path):
    found = store.compare(curves="loss")
    assert found.names == ["slow loss", "fast loss", "other loss"]
    found.save(tmp_path / "all.json")
    again = Run.load(tmp_path / "all.json")
    assert again.styles == found.styles
    assert again.svg() == found.svg()


def test_without_such_a_curve_there_is_nothing_to_compare(store):
    with pytest.raises(ParameterError, match="no curves bleu"):
        store.compare(curves="bleu")


def test_the_table_tells_settings_and_best_values(store):
    rows = list(csv.DictReader(store.csv().splitlines()))
    assert [row["run"] for row in rows] == store.names
    assert [float(row["rate"]) for row in rows] == [0.1, 0.5, 0.2]
    assert float(rows[1]["val_accuracy"]) == store["fast"].best("val_accuracy")[1]
    assert rows[2]["val_accuracy"] == ""
    lines = repr(store).splitlines()
    assert len(lines) == 4
    assert lines[0].split()[:3] == ["run", "status", "steps"]
    assert repr(runs(store.folder / "nothing")).startswith("no runs in")


def test_the_command_line_tells_and_draws(store, tmp_path, capsys):
    main(["runs", str(store.folder), "--save", str(tmp_path / "all.svg")])
    assert capsys.readouterr().out.splitlines()[0].startswith("run ")
    assert "3 runs" in (tmp_path / "all.svg").read_text()


def test_a_live_run_is_kept_however_it_ends(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        curves("try", store=tmp_path, params={"n": 3}, show=False) as c,
    ):
        c.log(loss=0.5)
        raise KeyboardInterrupt
    (run,) = runs(tmp_path)
    assert (run.status, run.params) == ("interrupted", {"n": 3})
