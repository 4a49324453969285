"""The record of what the engine did, and the story of one variable."""

import threading

import pytest

from mxbook.base.errors import OperationError
from mxbook.engine import Variable
from mxbook.engine.core import Operation
from mxbook.engine.log import Log, record_of, story_of

from .conftest import LARGE


def test_every_operation_leaves_a_record(queueing):
    x, y = Variable("x"), Variable("y")
    queueing.push(lambda: None, writes=[x], name="a", work=LARGE)
    queueing.push(lambda: 1 / 0, [x, x], [y, y], name="b", work=LARGE)
    queueing.push(lambda: None, [y, x], [x], name="c", work=LARGE)
    queueing.settle()
    a, b, c = queueing.log.operations()
    assert [(r.number, r.name, r.outcome) for r in (a, b, c)] == [
        (1, "a", "done"),
        (2, "b", "failed"),
        (3, "c", "not run"),
    ]
    assert (a.reads, a.writes) == ((), ((x.key, 1),))
    assert (b.reads, b.writes) == (((x.key, 1),), ((y.key, 1),))
    assert (c.reads, c.writes) == (((y.key, 1),), ((x.key, 2),))
    for r in (a, b, c):
        assert r.pushed <= r.ready <= r.started <= r.ended
        assert r.lane.startswith("mxbook-worker-")
        assert not r.inlined
        assert "queueing.push(" in str(r.where)
    assert a.ended <= b.started
    assert b.ready in (b.pushed, a.ended)


def test_inlined_operations_are_marked(make_engine):
    engine = make_engine("hybrid")
    engine.push(lambda: None)
    (record,) = engine.log.operations()
    assert (record.inlined, record.lane) == (True, threading.current_thread().name)


def test_waits_are_recorded_with_what_they_waited_for(queueing, release):
    x = Variable("x")
    queueing.push(lambda: None, writes=[x])
    queueing.settle()
    queueing.log.clear()
    queueing.wait_for_var(x)
    assert queueing.log.waits() == []  # there was nothing to wait for
    queueing.push(release.wait, writes=[x], name="slow", work=LARGE)
    release.set()
    pending = x.pending
    queueing.wait_for_var(x)
    waits = queueing.log.waits()
    assert len(waits) <= pending
    for wait in waits:
        assert (wait.variable, wait.kind, wait.number, wait.name) == (x.key, "variable", 2, "slow")
        assert "waited" in str(wait)
        assert "for operation #2 slow (test_log.py, line" in str(wait)
        assert "wait_for_var(x)" in str(wait.site)


def test_the_ring_is_bounded_and_can_be_resized():
    log = Log(10)
    for number in range(25):
        op = Operation(None)
        op.number = number
        log.add(record_of(op))
    assert [r.number for r in log.operations()] == list(range(15, 25))
    log.resize(3)
    assert [r.number for r in log.operations()] == [22, 23, 24]
    log.clear()
    assert log.operations() == []


def test_records_are_not_visited_by_the_garbage_collector(make_engine):
    import gc

    engine, x = make_engine("hybrid"), Variable()
    engine.push(lambda: None, [x, Variable()], [Variable()])
    for _ in range(4):
        gc.collect()
    (record,) = list(engine.log._operations)
    assert not gc.is_tracked(record)


def test_story_tells_what_happened_to_one_variable(make_engine, release):
    engine = make_engine("threaded-1")
    x, y = Variable("x"), Variable("y")
    engine.push(lambda: None, writes=[x], name="load")
    engine.push(lambda: None, reads=[x], writes=[y], name="dot")
    engine.push(lambda: None, reads=[y], name="unrelated")
    engine.settle()
    engine.push(release.wait, writes=[x], name="slow")
    engine.push(lambda: None, reads=[x], name="later")
    story = story_of(x, engine.log, engine.unfinished())

    def told(name):
        return [(event.what, event.how) for event in story if event.name == name]

    assert told("load") == [(step, "writes version 1") for step in ("pushed", "started", "done")]
    assert told("dot") == [(step, "reads version 1") for step in ("pushed", "started", "done")]
    assert told("slow")[0] == ("pushed", "writes version 2")
    assert told("later") == [("pushed", "reads version 2")]
    assert told("unrelated") == []
    assert [event.time for event in story] == sorted(event.time for event in story)
    lines = str(story).splitlines()
    assert lines[0] == "variable x, version 1"
    assert "#1 load pushed, writes version 1   test_log.py, line" in lines[1]
    assert any("on mxbook-worker-1" in line for line in lines)
    assert repr(story) == str(story)
    release.set()
    engine.wait_for_var(x)
    later = str(story_of(x, engine.log, engine.unfinished()))
    assert later.startswith("variable x, version 2")


def test_story_of_a_failure_and_of_a_wait(make_engine, release):
    engine, x = make_engine("threaded-1"), Variable("x")
    started = threading.Event()

    def bad():
        started.set()
        release.wait()
        raise ValueError

    engine.push(bad, writes=[x], name="bad")
    started.wait()
    release.set()
    with pytest.raises(OperationError):
        engine.wait_for_var(x)
    assert "#1 bad failed, writes version 1" in str(story_of(x, engine.log, []))


def test_story_of_an_idle_variable():
    assert str(story_of(Variable(), Log(3), [])) == "variable, version 0"


def test_a_held_log_remembers_more_until_it_is_let_go():
    log = Log(2)

    def fill():
        for number in range(1, 6):
            op = Operation(None)
            op.number = number
            log.add(record_of(op))
            log.add_part((number, "dot", "dense0", 1, 2, "main", 8))
        return [r.number for r in log.operations()], [p.number for p in log.parts()]

    assert fill() == ([4, 5], [4, 5])
    assert log.full
    log.clear()
    log.hold(True)
    log.hold(True)
    log.resize(3)  # a setting that changes meanwhile counts afterwards
    assert fill() == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    assert not log.full
    log.hold(False)
    assert len(log.operations()) == 5
    log.hold(False)
    assert [r.number for r in log.operations()] == [3, 4, 5]
