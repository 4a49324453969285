"""What users mark: spans, counters and moments, by a clock that stands still."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import profiler
from mxbook.base.errors import MXNetError
from mxbook.profiler.session import Session, session
from tests.profiler.looking import stats, trace


class Clock:
    """Milliseconds that pass only when somebody says so, as nanoseconds."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now * 1_000_000


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(session, "clock", found)
    return found


def test_spans_nest_and_add_up(clock):
    domain = profiler.Domain("data")
    outer, inner = domain.new_task("outer"), domain.new_task("inner")
    frame, event = domain.new_frame("step"), profiler.Event("load")
    profiler.set_state("run")
    for length in (1, 5):
        with outer:
            clock.now += 1
            inner.start()
            clock.now += length
            inner.stop()
    with frame, event:
        clock.now += 7
    profiler.set_state("stop")
    assert stats("data") == {
        "outer": {"Count": 2, "Total": 8.0, "Min": 2.0, "Max": 6.0, "Avg": 4.0},
        "inner": {"Count": 2, "Total": 6.0, "Min": 1.0, "Max": 5.0, "Avg": 3.0},
    }
    assert stats("data,frame")["step"]["Total"] == stats("event")["load"]["Total"] == 7.0
    spans = {(e["name"], e["ts"]): e["dur"] for e in trace() if e.get("cat") == "data"}
    assert spans == {
        ("outer", 0): 2000, ("inner", 1000): 1000, ("outer", 2000): 6000, ("inner", 3000): 5000,
        ("step", 8000): 7000,
    }  # fmt: skip
    assert (str(domain), str(outer), str(event)) == ("data", "outer", "load")


def test_a_span_needs_a_start():
    task = profiler.Domain("d").new_task("t")
    with pytest.raises(MXNetError, match="not started"):
        task.stop()
    task.start()
    task.stop()
    with pytest.raises(MXNetError, match="not started"):
        task.stop()


def test_one_task_in_two_threads(clock):
    task = profiler.Domain("d").new_task("t")
    profiler.set_state("run")
    task.start()
    clock.now += 1
    thread = threading.Thread(target=lambda: (task.start(), task.stop()), name="other")
    thread.start()
    thread.join()
    clock.now += 1
    task.stop()
    times = {m.lane: (m.started // 1_000_000, m.ended // 1_000_000) for m in session.marks}
    assert times == {"other": (1, 1), threading.current_thread().name: (0, 2)}


def test_counters_and_markers(clock):
    domain = profiler.Domain("d")
    profiler.set_state("run")
    counter = domain.new_counter("queued", 5)
    counter += 3
    counter -= 1
    counter.increment()
    counter.decrement(0.5)
    clock.now += 1
    domain.new_marker("half").mark("thread")
    found = json.loads(profiler.dumps(format="json"))["Counter"]["d,counter"]["queued"]
    assert (found["Count"], found["Last"], found["Min"], found["Max"]) == (5, 7.5, 5, 8)
    events = trace()
    assert [e["args"]["queued"] for e in events if e["ph"] == "C" and e["cat"] == "d"] == [
        5, 8, 7, 8, 7.5,
    ]  # fmt: skip
    (moment,) = (e for e in events if e["ph"] == "i")
    assert (moment["name"], moment["s"], moment["ts"]) == ("half", "t", 1000)
    assert str(counter) == "queued"


def test_nothing_is_noted_while_nobody_looks(clock):
    task, counter = profiler.Domain("d").new_task("t"), profiler.Domain("d").new_counter("c")
    with task:
        counter += 1
    profiler.set_state("run")
    profiler.pause()
    with task:
        counter += 1
    profiler.resume()
    with task:
        clock.now += 2
    task.start()
    profiler.pause()
    task.stop()
    profiler.set_state("stop")
    assert [(m.kind, m.ended) for m in session.marks] == [("task", 2_000_000)]
    assert counter.value == 2


@given(st.lists(st.integers(1, 9), max_size=7), st.integers(0, 60))
def test_windows(lengths, time):
    """Running, paused, running, ... for so many milliseconds each."""
    clock = Clock()
    found = Session(clock)
    found.run()
    looking, inside = True, []
    try:
        for length in lengths:
            inside += [looking] * length
            clock.now += length
            looking = not looking
            found.pause(not looking)
        inside += [looking] * 100
        assert found.within(time * 1_000_000 + 1) == inside[time]
        assert not found.within(-1)
    finally:
        found.stop()
