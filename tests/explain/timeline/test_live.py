"""Watching the engine while it runs."""

import io

import pytest

import mxbook as mx
from mxbook.explain.timeline import live
from mxbook.explain.timeline.live import Terminal, Watch


class Screen:
    def __init__(self):
        self.shown = []

    def show(self, found, running):
        self.shown.append((running, len(found.events)))


class Clock:
    """Time that goes on by a step with each look at it."""

    def __init__(self, step):
        self.now, self.step = 0, step

    def __call__(self):
        self.now += self.step
        return self.now


def watched(monkeypatch, step, count, newest=50):
    """Watch some operations while the clock of the watch goes by `step` with each look."""
    screen = Screen()
    clock = Clock(step)
    monkeypatch.setattr(live, "clock", clock)
    mx.engine.log.clear()
    watch = Watch(mx.engine.log, screen, newest)
    with watch:
        watch._start = 0
        x = mx.nd.zeros(2)
        for _ in range(count):
            x = x + 1
        x.wait_to_read()
    return screen.shown, watch, clock.now


def test_messages_are_few_and_small(monkeypatch):
    shown, watch, total = watched(monkeypatch, live.INTERVAL // 10, 500)
    running = [n for on, n in shown if on]
    assert 5 <= len(running) == watch.messages
    # Each message costs two looks; together they stay below their part of the time.
    assert len(running) <= live.COST * total / (live.INTERVAL // 10) + 2
    assert max(running) <= 50
    assert shown[-1] == (False, 501)


def test_at_most_ten_messages_a_second(monkeypatch):
    monkeypatch.setattr(live, "COST", 1e9)  # as if showing cost nothing
    shown, _, total = watched(monkeypatch, live.INTERVAL // 10, 500)
    assert 30 <= sum(on for on, _ in shown) <= total / live.INTERVAL


def test_what_happened_before_does_not_count():
    mx.nd.ones(3).wait_to_read()
    with mx.explain.watch(show=False) as w:
        (mx.nd.ones(2) * 3).wait_to_read()
    (mx.nd.ones(2) * 3).wait_to_read()
    assert [e.name for e in w.timeline.events] == ["_ones", "_mul_scalar"]
    assert w.messages == 0


def test_an_error_goes_on_and_the_record_stays():
    watch = mx.explain.watch(show=False)
    with pytest.raises(ZeroDivisionError), watch:
        (mx.nd.ones(2) + 1).wait_to_read()
        1 / 0
    assert len(watch.timeline.events) == 2
    assert not mx.engine.state.tracing


def test_a_terminal_gets_text():
    out = io.StringIO()
    with Watch(mx.engine.log, Terminal("step", out), 100) as w:
        (mx.nd.ones(2) + 1).wait_to_read()
    assert out.getvalue() == f"step: {w.timeline.text()}\n"
