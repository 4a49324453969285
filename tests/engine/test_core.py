"""The pure scheduler: invariants after every step, whatever the order of events."""

import gc
import sys
import weakref
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mxbook.engine import core
from mxbook.engine.core import (
    CANCELLED,
    FINISHED,
    READY,
    RUNNING,
    Core,
    Operation,
    Variable,
    conflict,
)

COUNT = 5
indices = st.lists(st.integers(0, COUNT - 1), max_size=4)


class Listener:
    def __init__(self):
        self.told = []
        self.op = None

    def tell(self, op):
        assert op.state == FINISHED
        self.told.append(op.number)


class CoreMachine(RuleBasedStateMachine):
    """Pushes, takes, completes in any order, fails, cancels; a model keeps what must come out."""

    @initialize()
    def start(self):
        self.core = Core()
        self.variables = [Variable() for _ in range(COUNT)]
        self.running = []
        self.versions = [0] * COUNT
        self.errors = [None] * COUNT
        self.time = 0
        self.listener = Listener()
        self.expected = []

    def make(self, reads, writes, priority, nbytes):
        op = Operation(
            None,
            [self.variables[i] for i in reads],
            [self.variables[i] for i in writes],
            priority=priority,
            nbytes=nbytes,
        )
        op.tell_when_finished(self.listener)
        return op

    @rule(
        reads=indices,
        writes=indices,
        priority=st.integers(-1, 1),
        nbytes=st.integers(0, 9),
        here=st.booleans(),
    )
    def push(self, reads, writes, priority, nbytes, here):
        op = self.make(reads, writes, priority, nbytes)
        earlier = list(self.core.live.values())
        mine = self.core.push(op, self.time, "here" if here else None)
        free = not any(conflict(e, op) for e in earlier)
        assert mine == (here and free)
        if mine:
            self.running.append(op)

    @rule()
    def take(self):
        ready = [op for op in self.core.live.values() if op.state == READY]
        op = self.core.take("worker")
        if not ready:
            assert op is None
            return
        assert op is min(ready, key=lambda o: (-o.priority, o.number))
        assert op.state == RUNNING
        self.running.append(op)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), fails=st.booleans())
    def complete(self, data, fails):
        op = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        failure = op.failure or (f"failure of {op.number}" if fails else None)
        self.expect(op, failure)
        op.end(self.time)
        self.core.complete(op, failure)

    def expect(self, op, failure):
        self.expected.append(op.number)
        for i, variable in enumerate(self.variables):
            if variable in op.outputs:
                self.versions[i] += 1
                self.errors[i] = failure

    @rule()
    def cancel(self):
        live = list(self.core.live.values())
        running = [op for op in live if op.state == RUNNING]
        queued = [op for op in live if op.state < RUNNING]
        known = [op for op in queued if op.outcome is CANCELLED]
        fresh, ended = self.core.cancel_queued(lambda op: "cancelled", self.time)
        assert fresh == [op for op in queued if op not in known]
        assert self.core.take("worker") is None
        for op in ended:
            self.expect(op, "cancelled")
        waiting = []  # nothing does, except for what must come after something that runs
        for op in queued:
            assert op.outcome is CANCELLED
            if any(conflict(e, op) for e in [*running, *waiting] if e.number < op.number):
                waiting.append(op)
        assert [op for op in queued if op not in ended] == waiting

    @rule()
    def rebuild(self):
        order = [op.number for op in self.core.live.values()]
        self.core.rebuild()
        assert [op.number for op in self.core.live.values()] == order

    @invariant()
    def consistent(self):
        self.time += 1
        self.core.check_invariants()
        assert [v.version for v in self.variables] == self.versions
        assert [v.error for v in self.variables] == self.errors
        assert sorted(self.listener.told) == sorted(self.expected)
        if not self.core.live:
            assert all(v.pending == 0 and v.writer is None for v in self.variables)
            assert not any(v.readers for v in self.variables)


CoreMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCore = CoreMachine.TestCase


def finish(core, op, failure=None):
    op.end(0)
    core.complete(op, failure)


class Torn(BaseException):
    """An interrupt."""


def interrupted_at(step, action):
    """Run `action`, raising Torn before its `step`-th instruction inside core.py."""
    left = step

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != core.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == 0:
                raise Torn
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except Torn:
        return True
    finally:
        sys.settrace(before)
    return False


class World:
    """A few operations in all states, always the same."""

    def __init__(self):
        self.core = Core()
        self.a, self.b, self.c = self.variables = [Variable() for _ in range(3)]
        self.listener = Listener()
        self.ops = []
        self.running = self.push([], [self.a, self.b], here="me")
        self.push([self.a], [self.b])
        self.push([self.a, self.a], [])
        self.push([self.b, self.c], [self.c, self.a])
        self.push([self.c], [])
        self.push([], [Variable()])

    def push(self, reads, writes, here=None):
        op = Operation(None, reads, writes, nbytes=3)
        op.tell_when_finished(self.listener)
        self.ops.append(op)
        self.core.push(op, 0, here)
        return op

    def finish_all(self):
        for op in [op for op in self.core.live.values() if op.state == RUNNING]:
            finish(self.core, op, op.failure)
        while (op := self.core.take("me")) is not None:
            finish(self.core, op, op.failure)


ACTIONS = {
    "push": lambda w: w.push([w.a, w.c], [w.b, w.a, w.b], "me"),
    "push ready": lambda w: w.push([], [Variable()]),
    "take": lambda w: w.core.take("me"),
    "complete": lambda w: finish(w.core, w.running),
    "fail": lambda w: finish(w.core, w.running, "failure"),
    "cancel": lambda w: w.core.cancel_queued(lambda op: "cancelled", 0),
    "rebuild": lambda w: w.core.rebuild(),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_a_step_torn_at_any_instruction_can_be_repaired(name):
    step = 0
    while True:
        step += 1
        world = World()
        busy = [v for v in world.variables if v.pending]
        if not interrupted_at(step, partial(ACTIONS[name], world)):
            break
        for variable in busy:  # nobody may take it for idle
            users = [op for op in world.ops if variable in op.inputs + op.outputs]
            assert variable.pending or all(op.state == FINISHED for op in users)
        world.core.rebuild()
        world.core.check_invariants()
        if name == "cancel":  # a torn one is tried again
            world.core.cancel_queued(lambda op: "cancelled", 0)
            world.core.check_invariants()
        world.finish_all()
        assert not world.core.live
        assert world.core.nbytes == 0
        assert all(v.pending == 0 and v.writer is None and not v.readers for v in world.variables)
        entered = [op for op in world.ops if op.state == FINISHED]
        assert {op.number for op in entered} == set(world.listener.told)
        for variable in world.variables:
            assert variable.version == sum(variable in op.outputs for op in entered)
    assert step > 10


def test_state_does_not_grow_with_history():
    core, variables = Core(), [Variable() for _ in range(3)]

    def round_trip():
        functions = [lambda: None for _ in range(6)]  # they die with their operations
        ops = [
            Operation(fn, [variables[i % 3]], [variables[(i + 1) % 3]])
            for i, fn in enumerate(functions)
        ]
        for op in ops:
            core.push(op, 0)
        while (op := core.take("me")) is not None:
            finish(core, op, None)
        return [weakref.ref(fn) for fn in functions]

    refs = round_trip()
    assert not core.live
    assert not core.ready
    gc.collect()
    assert all(ref() is None for ref in refs)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20))
def test_priority_then_push_order(priorities):
    core = Core()
    for priority in priorities:
        core.push(Operation(None, priority=priority), 0)
    taken = []
    while (op := core.take("me")) is not None:
        taken.append(op)
        finish(core, op, None)
    assert taken == sorted(taken, key=lambda op: (-op.priority, op.number))


def test_descendants_follow_dependents_waits_and_nesting():
    core, a, b = Core(), Variable(), Variable()
    outer = Operation(None, (), [a])
    inner = Operation(None, (), [b])
    reader = Operation(None, [b])
    other = Operation(None)
    for op in (outer, inner, reader, other):
        core.push(op, 0, "me")
    inner.outer = outer
    waiting = Listener()
    waiting.op = other
    reader.tell_when_finished(waiting)
    assert core.descendants(inner) == {inner, outer, reader, other}
    assert core.descendants(outer) == {outer}


def test_abandon_leaves_usable_variables():
    world = World()
    world.core.abandon(lambda op: f"lost {op.number}")
    assert not world.core.live
    assert [v.error for v in world.variables] == ["lost 4", "lost 2", "lost 4"]
    assert all(v.pending == 0 for v in world.variables)
    world.push([], [world.a], "me")
    world.core.check_invariants()
