import builtins
import math
import re
import sys
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.errors import DeviceError
from mxbook.explain import Run, chart, png, svg
from mxbook.explain.shapes import THEMES, Area, Label, Line

names = st.sampled_from(["loss", "val_loss", "accuracy", "g_loss", "lr", "loss/<&>", 'a"b', "x"])
value = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, 0.0])


def training(steps: int = 400, epochs: int = 5, bad: range = range(0)) -> Run:
    clock = [0.0]
    run = Run("digits", total=steps, clock=lambda: clock[0])
    noise = np.random.default_rng(0)
    for epoch in range(1, epochs + 1):
        for _ in range(steps // epochs):
            clock[0] += 0.02
            loss = 2.3 * math.exp(-run.step / 100 + 0.3 * noise.normal())
            run.log(loss=math.nan if run.step in bad else loss)
        run.log(val_loss=loss, accuracy=1 - loss / 3, val_accuracy=1 - loss / 2, epoch=epoch)
    run.finish()
    return run


def texts(run: Run, **options) -> list[str]:
    return [s.text for s in chart.picture(run, **options).shapes if isinstance(s, Label)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dictionaries(names, value, max_size=4), max_size=60),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, 50]),
    st.integers(2, 40),
)
def test_whatever_is_logged_the_picture_is_well_formed(calls, log_x, log_y, total, keep):
    run = Run("<\"&'> ünï", total=total, log_x=log_x, log_y=log_y, keep=keep)
    for call in calls:
        run.log(call, epoch=run.step // 5)
    text = run.svg()
    root = ElementTree.fromstring(text)
    width, height = float(root.get("width")), float(root.get("height"))
    for node in root.iter():
        assert node.tag.rpartition("}")[2] != "style"
        assert not {"id", "class", "style"} & set(node.attrib)
        places = re.split("[ ,]", node.get("points", "0"))
        places += [node.get(k, "0") for k in ("x", "y", "cx", "cy")]
        for place in places:
            assert -1 <= float(place) <= max(width, height) + 1
    assert "url(" not in text
    assert "<script" not in text


def test_curves_bands_and_labels_are_there():
    picture = chart.picture(training(2000))
    lines = [s for s in picture.shapes if isinstance(s, Line) and s.width == 2]
    assert len(lines) == 4
    assert {s.dash for s in lines} == {(), (6.0, 3.0)}
    # train and validation of one metric share a colour
    assert len({s.colour for s in lines}) == 2
    assert any(isinstance(s, Area) and s.opacity == 0.2 for s in picture.shapes)
    found = texts(training())
    assert any(t.startswith("train ") for t in found)
    assert any(t.startswith("validation ") for t in found)
    assert sum(t.startswith("best ") for t in found) == 2
    assert {"loss", "accuracy", "digits", "epoch 1", "5", "step"} <= set(found)


def test_gaps_and_alert_where_values_are_bad():
    run = training(bad=range(150, 180))
    lines = [s for s in chart.picture(run).shapes if isinstance(s, Line) and s.width == 2]
    assert sum(s.dash == () for s in lines) == 3  # loss in two pieces, accuracy
    assert "NaN from step 151" in texts(run)


def test_logarithmic_axes_are_named():
    run = training()
    run.log_x = run.log_y = True
    assert {"step (log)", "loss (log)"} <= set(texts(run))


def test_an_empty_run_says_that_it_waits():
    assert "waiting for the first value" in texts(Run())


def test_labels_do_not_overlap():
    run = Run()
    for i in range(100):
        run.log({f"loss/{c}": 0.5 + i / 1e4 for c in "abcdef"})
    ends = [s for s in chart.picture(run).shapes if isinstance(s, Label) and s.bold and s.x > 500]
    heights = sorted(s.y for s in ends)
    assert len(heights) == 6
    assert min(b - a for a, b in pairwise(heights)) >= 15.9


@given(st.lists(st.floats(0, 100), max_size=8), st.floats(1, 12))
def test_spread_keeps_apart_inside_and_in_order(places, apart):
    places = sorted(places)
    moved = chart.spread(places, apart, 0, 100)
    assert len(moved) == len(places)
    assert all(b - a >= apart - 1e-6 for a, b in pairwise(moved))
    assert all(-1e-6 <= m <= 100 + 1e-6 for m in moved)


def test_epochs_are_every_second_fifth_or_tenth_where_there_are_many():
    shapes = chart.picture(training(800, 100)).shapes
    found = [s.text for s in shapes if isinstance(s, Label) and s.size == 10]
    (first,) = [int(t.removeprefix("epoch ")) for t in found if t.startswith("epoch ")]
    numbers = [int(t) for t in found if t.isdigit()]
    assert first % 5 == 0
    assert {30, 50, 90} <= set(numbers)
    assert all(n % 5 == 0 for n in numbers)


def test_what_is_set_and_norms_are_low_strips_at_the_bottom():
    run = Run()
    for i in range(50):
        run.log(learning_rate=0.1, loss=1 / (i + 1), grad_norm=float(i))
    bold = [s for s in chart.picture(run).shapes if isinstance(s, Label) and s.bold and s.x < 100]
    names = {s.text: s.y for s in bold}
    assert list(names)[1:] == ["loss", "learning_rate", "grad_norm"]
    assert names["grad_norm"] - names["learning_rate"] == chart.STRIP + chart.GAP
    assert names["learning_rate"] - names["loss"] == 250 + chart.GAP


def test_logarithmic_strips_have_room_for_their_labels():
    run = Run(log_y=True)
    for i in range(100):
        run.log(loss=1.0, grad_norm=1.3**i, learning_rate=1e-3 * 1.04**i)
    left = [s for s in chart.picture(run).shapes if isinstance(s, Label) and s.anchor == "end"]
    heights = sorted(s.y for s in left if s.x < 100)
    assert len(heights) >= 5
    assert min(b - a for a, b in pairwise(heights)) >= 12.9


def test_over_fitting_and_divergence_are_drawn():
    run, steps = Run(), 100
    for i in range(steps):
        run.log(loss=1 / (i + 1))
        if i % 5 == 4:
            run.log(val_loss=0.3 + abs(i - 30) / 100)
    shapes = chart.picture(run).shapes
    assert any(t.startswith("over-fit from step 30, gap 0.9") for t in texts(run))
    (shade,) = [s for s in shapes if isinstance(s, Area) and s.opacity == 0.12]
    assert len(shade.points) == 2 * 15
    worse = Run()
    for i in range(steps):
        worse.log(loss=1 / (i + 1) if i < 60 else (i - 60) / 5)
    assert any(t.startswith("diverges from step 6") for t in texts(worse))


def test_a_long_title_leaves_room_for_the_figures():
    run = training()
    run.title = "a very long title " * 10
    title = texts(run)[0]
    assert title.endswith("…")
    assert len(title) < 80


@pytest.mark.parametrize("theme", THEMES)
def test_png_is_small_and_sharp(theme):
    data = training(60_000, 30).png(theme=theme)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(data) <= 150_000
    assert int.from_bytes(data[16:20], "big") == 2 * 720
    assert data[25] == 3  # colours from a palette


def test_png_and_svg_have_the_same_size():
    run = training()
    root = ElementTree.fromstring(run.svg(width=500))
    data = run.png(width=500)
    size = [int.from_bytes(data[at : at + 4], "big") // 2 for at in (16, 20)]
    assert size == [round(float(root.get(k))) for k in ("width", "height")]


def test_without_pillow_there_is_a_clear_message(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    for name in [n for n in sys.modules if n.startswith("PIL")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DeviceError, match="pip install pillow"):
        training().png()
    data, _ = training()._repr_mimebundle_()
    assert set(data) == {"image/svg+xml", "text/plain"}


def test_dashes_cover_their_share():
    line = np.column_stack([np.linspace(0, 100, 30), np.zeros(30)])
    pieces = png.dashes(line, [6, 3])
    drawn = sum(piece[-1, 0] - piece[0, 0] for piece in pieces)
    assert drawn == pytest.approx(100 * 6 / 9, rel=0.05)
    assert png.dashes(line, []) == [line]


def test_svg_is_small():
    assert len(svg.draw(chart.picture(training(60_000, 30)))) < 100_000
