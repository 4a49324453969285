"""The scheduler of what-if questions, by properties."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import ParameterError
from mxbook.explain.timeline import Timeline, timeline
from mxbook.explain.timeline.area import own_time
from mxbook.explain.timeline.whatif import ENGINES, compare, program, reschedule

from .records import ran, timelines

workers = st.integers(1, 5)
engines = st.sampled_from(ENGINES)


def span(found: Timeline) -> int:
    return max((e.ended for e in found.events), default=0)


def total(found: Timeline) -> int:
    return sum(own_time(found.events).values())


def longest(found: Timeline) -> int:
    return sum(e.duration for e in found.critical_path())


@given(timelines, workers, engines, st.booleans())
def test_every_operation_runs_once_as_long_as_before_and_after_what_it_needs(t, n, engine, python):
    found = reschedule(t, n, engine=engine, python=python)
    assert [e.number for e in found.events] == [e.number for e in t.events]
    ended = {e.number: e.ended for e in found.events}
    for before, now in zip(t.events, found.events, strict=True):
        assert now.duration == before.duration
        assert now.pushed <= now.ready <= now.started
        assert now.ready == max([now.pushed, *(ended[a] for a in now.after)])


@given(timelines, workers, engines, st.booleans())
def test_nobody_does_two_things_at_once(t, n, engine, python):
    found = reschedule(t, n, engine=engine, python=python)
    lanes: dict = {}
    for event in found.events:
        lanes.setdefault(event.lane, []).append((event.started, event.ended))
    allowed = {"MainThread"} if engine == "NaiveEngine" else {f"worker {i + 1}" for i in range(n)}
    assert lanes.keys() <= allowed | ({"MainThread"} if engine == "HybridEngine" else set())
    for spans in lanes.values():
        spans.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


@given(timelines, workers)
def test_the_work_alone_takes_as_long_as_the_bounds_say(t, n):
    took = span(reschedule(t, n, python=False))
    assert max(longest(t), -(-total(t) // n)) <= took
    assert took * n <= total(t) + (n - 1) * longest(t)  # Graham's bound for list schedules


@given(timelines)
def test_one_worker_takes_the_sum_and_so_does_the_naive_engine(t):
    assert span(reschedule(t, 1, python=False)) == total(t)
    assert span(reschedule(t, 1, engine="NaiveEngine", python=False)) == total(t)


@given(timelines)
def test_workers_enough_take_the_critical_path(t):
    assert span(reschedule(t, max(1, len(t.events)), python=False)) == longest(t)


@given(timelines)
def test_the_naive_engine_repeats_the_record_of_a_naive_engine(t):
    again = reschedule(t, 1, engine="NaiveEngine")
    shift = t.start
    assert [(e.pushed + shift, e.started + shift, e.ended + shift) for e in again.events] == [
        (e.pushed, e.started, e.ended) for e in t.events
    ]


@given(timelines, workers)
def test_python_takes_its_own_time(t, n):
    own = sum(step.own for step in program(t))
    found = reschedule(t, n)
    assert own == t.end - t.start - total(t) if t.events else own == 0
    assert max([0, *(e.pushed for e in found.events)]) <= own + total(t)
    assert found.end >= max([0, *(e.pushed for e in found.events)])


def test_a_wait_holds_python_back():
    first = ({0}, {1}, 10, 0, "dot")
    t = ran([first, ({2}, {3}, 5, 2, "tanh")])
    assert [e.pushed for e in reschedule(t, 2).events] == [0, 2]
    from mxbook.engine.log import WaitRecord

    wait = WaitRecord(1, "variable", None, 110, 111, "MainThread", 1, "dot", None)
    held = timeline([], [], [])._replace(events=t.events, waits=[wait])
    found = reschedule(held, 2)
    assert [e.pushed for e in found.events] == [0, 11]
    assert [(w.started, w.ended, w.number, w.name) for w in found.waits] == [(0, 10, 1, "dot")]


def test_compare_lists_engines():
    t = ran([({0}, {k}, 10, 0, "dot") for k in range(4)])
    assert [(o.engine, o.workers, o.span) for o in compare(t, 2, python=False)] == [
        ("NaiveEngine", 1, 40),
        ("ThreadedEngine", 1, 40),
        ("ThreadedEngine", 2, 20 if len({e.after for e in t.events}) == 1 else 30),
    ]


@pytest.mark.parametrize("change", [{"engine": "NativeEngine"}, {"workers": 0}])
def test_what_cannot_be(change):
    with pytest.raises(ParameterError):
        reschedule(Timeline([], [], []), **change)
