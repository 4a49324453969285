"""The Python half of the live widget, without a browser."""

import pytest

pytest.importorskip("anywidget", reason="anywidget is not installed")

import mxbook_widgets
from mxbook_widgets import _curves

from mxbook.explain import Run, frames


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def run(clock):
    return Run("digits", total=100, clock=clock)


@pytest.fixture
def sent(monkeypatch):
    """Headers and numbers of the frames that were sent."""
    messages = []

    def send(_self, content, buffers=None):
        assert content == {"kind": "frame"}
        messages.append(frames.decode(buffers[0]))

    monkeypatch.setattr(mxbook_widgets.Curves, "send", send)
    return messages


def train(run: Run, clock: Clock, seconds: float, step: float = 0.01) -> None:
    end = clock.time + seconds
    while clock.time < end:
        clock.time += step
        run.log(loss=1 / (run.step + 1))


def test_messages_are_few_and_hold_every_point(run, clock, sent):
    mxbook_widgets.Curves(run)
    train(run, clock, 10)
    run.finish()
    assert 50 <= len(sent) <= 101
    expected = 0
    for header, numbers in sent:
        assert header["begin"] == expected
        expected += len(numbers) // 3
    assert expected == run.rows == run["loss"].total + run.times.total


def test_snapshots_come_often_at_first_and_at_the_end(run, clock, sent):
    widget = mxbook_widgets.Curves(run)
    known = []
    widget.observe(lambda change: known.append(frames.decode(change.new)[0]["rows"]), "_snapshot")
    train(run, clock, 20)
    assert 3 < len(known) < len(sent) / 5
    gaps = [b - a for a, b in zip(known[-3:-1], known[-2:], strict=True)]
    assert max(gaps) <= 2 * 11 * _curves.KEY_FRAMES  # a value and a time for each step
    run.finish()
    assert known[-1] == run.rows


def test_a_widget_for_a_run_that_is_already_there(run, clock, sent):
    train(run, clock, 5)
    widget = mxbook_widgets.Curves(run)
    assert frames.decode(widget._snapshot)[0]["rows"] == run.rows
    train(run, clock, 1)
    assert sent[0][0]["begin"] <= run.rows


def test_snapshots_are_small_and_answers_complete(clock, sent):
    run = Run(clock=clock)
    widget = mxbook_widgets.Curves(run)
    for _ in range(10_000):
        run.log(loss=0.5)
    run.finish()
    assert len(widget._snapshot) < 250_000
    widget._answer(widget, {"kind": "resend"}, [])
    header, _ = sent[-1]
    assert header["kind"] == "snapshot"
    assert not header["coarse"]
    assert header["sizes"] == [10_000, 10_000]  # the last: at which times


def test_settings_reach_the_picture(run, clock):
    widget = mxbook_widgets.Curves(run)
    train(run, clock, 1)
    widget.log_y = True
    widget.smooth = 0.1
    assert (run.log_y, run.smooth) == (True, 0.1)
    assert "loss (log)" in run.svg()


def test_the_output_holds_widget_and_picture(run, clock):
    widget = mxbook_widgets.Curves(run)
    data, _ = widget._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"
    assert set(data) == {view, "text/plain"}  # nothing to draw yet
    train(run, clock, 1)
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {view, "image/png", "image/svg+xml", "text/plain"}
    assert data[view]["model_id"] == widget.model_id
    assert "image/png" in metadata


def test_outputs_are_renewed_only_when_something_changed(run, clock, monkeypatch):
    shown = []
    monkeypatch.setattr(_curves, "display", lambda *_, **o: shown.append(("new", o["display_id"])))
    again = lambda *_, **o: shown.append(("again", o["display_id"]))  # noqa: E731
    monkeypatch.setattr(_curves, "update_display", again)
    widget = mxbook_widgets.Curves(run)
    widget.show()
    widget.refresh()
    assert [kind for kind, _ in shown] == ["new"]
    train(run, clock, 1)
    widget.refresh()
    widget.refresh()
    assert [kind for kind, _ in shown] == ["new", "again"]
    assert shown[0][1] == shown[1][1]


def test_each_file_is_small():
    for file in _curves.STATIC.iterdir():
        assert file.stat().st_size < 100_000, file.name
