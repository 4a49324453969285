"""The scheduler as plain data: operations go in, what to do comes out.

No thread, lock or clock is in here; `runner.py` wraps this in a lock and obeys.  The rule that
all of it serves: operations that share a variable which one of them writes run in the order in
which they were pushed.

How: every variable knows its last unfinished writer and who reads what that writer makes.  A new
operation waits for exactly those (`missing` counts them, their `dependents` list it), and takes
their place.  So the state is as large as the unfinished work, however long the history.

The table `live` of unfinished operations is the only truth.  All else (queues, counters, the heap)
follows from it, and `rebuild` derives it again.  This is what makes an interrupt safe that tears a
half-done step apart, as Ctrl-C may do between any two Python instructions of the main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any

WAITING, READY, RUNNING, FINISHED = range(4)
DONE, FAILED, SKIPPED, CANCELLED = "done", "failed", "not run", "cancelled"

# Most variables have no readers and most operations nobody who waits for them.  They share these,
# because thousands of empty containers would keep the garbage collector busy.
NOBODY: frozenset = frozenset()
NOTHING: tuple = ()

_keys = count(1)


class Variable:
    """Something that operations read and write; only its identity matters to the engine.

    These may be read at any time, without a lock:

    * `pending`: unfinished operations that read or write it; 0 means idle
    * `version`: how many writes have finished
    * `error`: None, or the `Failure` of the operation that should have written it
    * `name`: for people; may be None
    """

    __slots__ = ("deleted", "error", "mark", "name", "pending", "readers", "writer")

    def __init__(self, name: str | None = None):
        self.name = name
        self.pending = 0
        self.error: Any = None
        self.deleted = False
        self.mark: tuple[int, int] = (next(_keys), 0)  # key and version, for the log
        self.writer: Operation | None = None  # the last unfinished one
        self.readers: Any = NOBODY  # a set: the unfinished ones of what that writer makes

    @property
    def key(self) -> int:
        """A number that no other variable of this process has or had."""
        return self.mark[0]

    @property
    def version(self) -> int:
        """How many writes have finished."""
        return self.mark[1]

    def __repr__(self) -> str:
        return f"<Variable {self.name or self.key}, version {self.version}, {self.pending} pending>"


class Operation:
    """A callable with what it reads and writes, from its push until it is finished."""

    __slots__ = (
        "asynchronous",
        "dependents",
        "detail",
        "ended",
        "failure",
        "fn",
        "inlined",
        "inputs",
        "kept",
        "lane",
        "layer",
        "missing",
        "name",
        "nbytes",
        "number",
        "outcome",
        "outer",
        "outputs",
        "owner",
        "priority",
        "pushed",
        "read_marks",
        "reads",
        "ready",
        "replaced",
        "site",
        "started",
        "state",
        "waiters",
        "write_marks",
        "writes",
    )

    def __init__(
        self,
        fn: Callable | None,
        inputs: Iterable[Variable] = (),
        outputs: Iterable[Variable] = (),
        name: str = "",
        site: Any = None,
        priority: int = 0,
        nbytes: int = 0,
        detail: Any = None,
        asynchronous: bool = False,
    ):
        self.fn = fn
        self.inputs = tuple(inputs)  # as given
        self.outputs = tuple(outputs)
        self.reads = self.inputs  # without repetitions, and without what is also written
        self.writes = self.outputs  # without repetitions
        self.name = name
        self.site = site
        self.priority = priority
        self.nbytes = nbytes
        self.detail = detail
        self.asynchronous = asynchronous
        self.number = 0
        self.state = WAITING
        self.failure: Any = None
        self.outcome = DONE
        self.kept = False  # not cancelled by an interrupt
        self.missing = 0  # operations that must finish before
        self.dependents: Any = NOTHING  # a list: those that wait for this one
        self.waiters: Any = NOTHING  # a list: whom to tell when it is finished
        self.read_marks = self.write_marks = NOTHING  # see `end`
        self.owner: Any = None  # whose stack it runs on, and inside which other operation
        self.outer: Operation | None = None
        self.pushed = self.ready = self.started = self.ended = 0
        self.lane = self.layer = ""  # the thread it runs in; the block that asked for it
        self.inlined = False
        self.replaced: Any = None

    def follow(self, earlier: Operation) -> None:
        """Wait for an earlier operation."""
        self.missing += 1
        if earlier.dependents is NOTHING:
            earlier.dependents = [self]
        else:
            earlier.dependents.append(self)

    def tell_when_finished(self, waiter: Any) -> None:
        """Call `waiter.tell(op)` when this operation is finished."""
        self.waiters = [*self.waiters, waiter]

    def end(self, now: int) -> None:
        """Note the time, and which versions it read and replaces; to be followed by `complete`.

        The versions cannot change while it runs.  Noting them first makes `complete` repeatable.
        """
        reads = writes = NOTHING
        for variable in self.reads:
            reads += (variable.mark,)
        for variable in self.writes:
            writes += (variable.mark,)
        self.read_marks, self.write_marks = reads, writes
        self.ended = now

    def __repr__(self) -> str:
        state = ("waiting", "ready", "running", "finished")[self.state]
        return f"<operation #{self.number} {self.name} {state}>"


class Core:
    """The unfinished operations, and which of them may run."""

    __slots__ = ("count", "live", "nbytes", "ready")

    def __init__(self, count: int = 0):
        self.count = count  # operations pushed so far
        self.live: dict[int, Operation] = {}  # the unfinished ones, in push order
        self.ready: list[tuple[int, int, Operation]] = []  # a heap: priority, then push order
        self.nbytes = 0  # that the live operations are to write

    def push(self, op: Operation, now: int, here: Any = None) -> bool:
        """Add an operation.  True when it is ready and `here` offers to run it: then do so."""
        self.count = op.number = self.count + 1
        self.live[op.number] = op
        self.nbytes += op.nbytes
        op.pushed = op.ready = now
        self._link(op)
        if op.missing:
            return False
        if here is None:
            self._make_ready(op)
            return False
        op.owner = here
        op.state = RUNNING
        return True

    def take(self, owner: Any) -> Operation | None:
        """The ready operation of highest priority, the oldest among equals, for `owner` to run."""
        if not self.ready:
            return None
        op = heappop(self.ready)[2]
        op.owner = owner
        op.state = RUNNING
        return op

    def complete(self, op: Operation, failure: Any) -> None:
        """After `op.end`: let others go on, and tell who waits for it."""
        op.failure = failure
        op.state = FINISHED  # from here on `rebuild` completes what is torn
        self.nbytes -= op.nbytes
        for variable, (key, version) in zip(op.writes, op.write_marks):  # noqa: B905 (same length)
            if variable.error is not failure:
                # Letting go of an old failure may run anybody's finalizer, so it must not happen
                # here, under the lock: the operation takes it along.
                op.replaced = (op.replaced, variable.error)
                variable.error = failure
            variable.mark = (key, version + 1)
            if variable.writer is op:
                variable.writer = None
            variable.pending -= 1  # last: it says that the rest is final
        for variable in op.reads:
            if variable.readers is not NOBODY:
                variable.readers.discard(op)
            variable.pending -= 1
        for dependent in op.dependents:
            dependent.missing -= 1
            if dependent.missing == 0 and dependent.state == WAITING:
                dependent.ready = op.ended
                self._make_ready(dependent)
        for waiter in op.waiters:
            waiter.tell(op)
        del self.live[op.number]

    def cancel_queued(
        self, failure_of: Callable[[Operation], Any], now: int
    ) -> tuple[list[Operation], list[Operation]]:
        """Decide that what has not started ends with a failure instead of running.

        Returns the operations concerned, and those that ended at once.  The others have to wait
        for running ones; `take` will hand them out, only to be completed with their `failure`.
        """
        queued = [op for op in self.live.values() if op.state < RUNNING and not op.kept]
        fresh = [op for op in queued if op.outcome is not CANCELLED]
        for op in fresh:
            op.failure = failure_of(op)
            op.outcome = CANCELLED
        ended, others = [], []
        while self.ready:
            op = heappop(self.ready)[2]
            if op.outcome is CANCELLED:
                ended.append(op)
                op.end(now)
                self.complete(op, op.failure)
            else:
                others.append(op)
        for op in others:
            self._make_ready(op)
        return fresh, ended

    def _make_ready(self, op: Operation) -> None:
        op.state = READY
        heappush(self.ready, (-op.priority, op.number, op))

    def _link(self, op: Operation) -> None:
        """Let the operation wait for those it conflicts with, and others for it."""
        repeated = False
        for variable in op.outputs:
            if variable.pending:
                if variable.writer is op:
                    repeated = True
                    continue
                follow_all(op, variable)
            variable.writer = op
            variable.pending += 1
        for variable in op.inputs:
            if variable.pending:
                writer = variable.writer
                if writer is op or op in variable.readers:
                    repeated = True
                    continue
                if writer is not None:
                    op.follow(writer)
            if variable.readers is NOBODY:
                variable.readers = {op}
            else:
                variable.readers.add(op)
            variable.pending += 1
        if repeated:
            op.writes = tuple(dict.fromkeys(op.outputs))
            op.reads = tuple([v for v in dict.fromkeys(op.inputs) if v not in op.writes])

    def rebuild(self) -> None:
        """Derive everything from `live` again after a torn step, and complete what was ending."""
        live = list(self.live.values())
        variables = {v for op in live for v in (*op.inputs, *op.outputs)}
        for variable in variables:
            unlink(variable)
        for op in live:
            op.missing, op.dependents = 0, NOTHING
            self._link(op)
        self.ready = []
        for op in live:
            if op.state < RUNNING:
                op.state = WAITING
                if op.missing == 0:
                    self._make_ready(op)
        self.nbytes = sum(op.nbytes for op in live)
        # Last and in one step each: whoever reads `pending` must never see a busy variable idle.
        for variable, pending in pending_counts(variables, live).items():
            variable.pending = pending
        for op in live:
            if op.state == FINISHED:
                self.complete(op, op.failure)

    def abandon(self, failure_of: Callable[[Operation], Any]) -> None:
        """Forget everything unfinished, also what is running: it happens in another process."""
        for op in self.live.values():
            op.state = FINISHED
            for variable in (*op.inputs, *op.outputs):
                unlink(variable)
                variable.pending = 0
            for variable in op.outputs:
                variable.error = failure_of(op)
        self.live, self.ready, self.nbytes = {}, [], 0

    def descendants(self, op: Operation) -> set[Operation]:
        """All operations that cannot finish before `op` does, itself included.

        Those are its dependents, the operation inside which it runs, and those whose function
        waits for it; and so on from there.
        """
        found, todo = {op}, [op]
        while todo:
            each = todo.pop()
            blocked = [*each.dependents, *(w.op for w in each.waiters if w.op is not None)]
            if each.outer is not None and each.owner is not None:
                blocked.append(each.outer)
            fresh = [b for b in blocked if b.state != FINISHED and b not in found]
            found.update(fresh)
            todo.extend(fresh)
        return found

    def check_invariants(self) -> None:
        """Compare the state with its definition, the slow and obvious way; for tests."""
        live = list(self.live.values())
        assert [op.number for op in live] == sorted(self.live)
        for i, op in enumerate(live):
            blockers = [earlier for earlier in live[:i] if conflict(earlier, op)]
            assert (op.state == WAITING) == bool(blockers), (op, blockers)
            assert op.missing == sum(d is op for other in live for d in other.dependents)
            assert op.state != FINISHED
        assert sorted(e[2].number for e in self.ready) == [
            op.number for op in live if op.state == READY
        ]
        assert self.nbytes == sum(op.nbytes for op in live)
        variables = {v for op in live for v in (*op.inputs, *op.outputs)}
        for variable, pending in pending_counts(variables, live).items():
            writers = [op for op in live if variable in op.writes]
            assert variable.pending == pending, variable
            assert variable.writer is (writers[-1] if writers else None)


def unlink(variable: Variable) -> None:
    """Nothing unfinished uses the variable, as far as its links tell."""
    variable.writer = None
    variable.readers = NOBODY


def follow_all(op: Operation, variable: Variable) -> None:
    """Let a new writer wait for everybody who uses the variable."""
    if variable.readers:  # each of them waits for the writer already
        for reader in variable.readers:
            op.follow(reader)
        variable.readers = NOBODY
    elif variable.writer is not None:
        op.follow(variable.writer)


def pending_counts(
    variables: Iterable[Variable], unfinished: Iterable[Operation]
) -> dict[Variable, int]:
    """How many of the operations read or write each variable."""
    counts = dict.fromkeys(variables, 0)
    for op in unfinished:
        for variable in {*op.inputs, *op.outputs}:
            counts[variable] += 1
    return counts


def conflict(first: Operation, second: Operation) -> bool:
    """Whether two operations share a variable that one of them writes.

    >>> a, b = Variable(), Variable()
    >>> conflict(Operation(None, [a], [b]), Operation(None, [b]))
    True
    >>> conflict(Operation(None, [a]), Operation(None, [a]))
    False
    """
    used, used_too = {*first.inputs, *first.outputs}, {*second.inputs, *second.outputs}
    return not (used.isdisjoint(second.outputs) and used_too.isdisjoint(first.outputs))
