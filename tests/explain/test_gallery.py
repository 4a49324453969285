"""The pictures of runs in the gallery: no text covers another or leaves the picture."""

import pytest

from mxbook.explain import chart
from mxbook.explain.gallery import gallery, measures, runs
from mxbook.explain.shapes import Label, Picture

pytest.importorskip("sklearn", reason="scikit-learn, with the digits, is not installed")

REAL = [name for name in runs() if name.startswith("digits")]
MADE = [name for name in runs() if not name.startswith("digits")]


def check(name: str, width: int = 720) -> None:
    run = runs()[name]()
    for theme in ("light", "dark"):
        found = measures(chart.picture(run, theme=theme, width=width))
        assert found.texts > 10
        assert found.overlaps == 0
        assert found.outside == 0


@pytest.mark.parametrize("name", MADE)
def test_is_legible(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_ones_are_legible(name):
    check(name)


def test_overlaps_and_what_is_outside_are_counted():
    labels = [Label(50, 20, "one", "#000000"), Label(60, 22, "two", "#000000")]
    far = Label(98, 50, "three", "#000000")
    assert measures(Picture(100, 100, "#FFFFFF", "", labels)) == (2, 1, 0)
    assert measures(Picture(100, 100, "#FFFFFF", "", [*labels, far])) == (3, 1, 1)


@pytest.mark.slow
def test_one_command_writes_all(tmp_path):
    found = gallery(tmp_path)
    assert len(found) >= 8
    assert len(list(tmp_path.glob("run-*.png"))) == 2 * len(found)


@pytest.mark.slow
def test_real_runs_show_what_they_are_named_after():
    assert [a.kind for a in runs()["digits-over-fit"]().alerts][:1] == ["over-fit"]
    assert [a.kind for a in runs()["digits-diverges"]().alerts] == ["diverged"]
    well = runs()["digits"]()
    assert well.alerts == []
    assert well.best("val_accuracy")[1] > 0.9
