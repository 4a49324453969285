"""The pure scheduler: invariants after every step, whatever the order of events."""

import gc
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
        self.core.complete(op, failure, self.time)

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
