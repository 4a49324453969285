"""Gates and lanes."""

import threading

from mxbook.engine.core import Operation
from mxbook.engine.gates import Gate, Lane, local


def test_a_gate_opens_with_the_last_operation():
    a, b = Operation(None), Operation(None)
    gate = Gate([a, b])
    passed = threading.Event()
    thread = threading.Thread(target=lambda: (gate.pass_through(), passed.set()))
    thread.start()
    gate.tell(a)
    gate.tell(a)
    assert not passed.is_set()
    gate.tell(b)
    thread.join()
    assert passed.is_set()


def test_opening_twice_lets_one_pass_and_it_shuts_behind_him():
    gate = Gate()
    gate.open()
    gate.open()
    gate.pass_through()
    assert gate._lock.locked()


def test_each_thread_has_its_lane():
    lanes = []
    thread = threading.Thread(target=lambda: lanes.append(local.lane), name="other")
    thread.start()
    thread.join()
    assert lanes[0].name == "other"
    assert local.lane is local.lane
    assert local.lane is not lanes[0]


def test_stack_is_innermost_first():
    lane, outer, inner = Lane("x"), Operation(None), Operation(None)
    assert lane.stack() == []
    inner.outer, lane.op = outer, inner
    assert lane.stack() == [inner, outer]
