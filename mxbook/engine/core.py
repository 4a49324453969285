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
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

WAITING, READY, RUNNING, FINISHED = range(4)
DONE, FAILED, SKIPPED, CANCELLED = "done", "failed", "not run", "cancelled"

_keys = count(1)


class Variable:
    """Something that operations read and write; only its identity matters to the engine.

    These may be read at any time, without a lock:

    * `pending`: unfinished operations that read or write it; 0 means idle
    * `version`: how many writes have finished
    * `error`: None, or the `Failure` of the operation that should have written it
    * `name`: for people; may be None
    """

    __slots__ = ("deleted", "error", "mark", "name", "pending", "readers", "version", "writer")

    def __init__(self, name: str | None = None):
        self.name = name
        self.pending = 0
        self.version = 0
        self.error: Any = None
        self.deleted = False
        # (key, version that the last pushed write makes); the log remembers this, not the variable
        self.mark: tuple[int, int] = (next(_keys), 0)
        self.writer: Operation | None = None  # the last unfinished one
        self.readers: set[Operation] = set()  # unfinished, of what that writer makes

    @property
    def key(self) -> int:
        """A number that no other variable of this process has or had."""
        return self.mark[0]

    def __repr__(self) -> str:
        return f"<Variable {self.name or self.key}, version {self.version}, {self.pending} pending>"


class Operation:
    """A callable with what it reads and writes, from its push until it is finished."""

    __slots__ = (
        "asynchronous",
        "dependents",
        "detail",
        "failure",
        "fn",
        "inlined",
        "inputs",
        "kept",
        "lane",
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
        self.inputs = tuple(inputs)  # as given; `reads` and `writes` have no repetitions
        self.outputs = tuple(outputs)
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
        self.dependents: list[Operation] = []
        self.waiters: list[Any] = []  # whom to tell when it is finished
        self.owner: Any = None  # whose stack it runs on, and inside which other operation
        self.outer: Operation | None = None
        self.started = 0
        self.lane = ""
        self.inlined = False
        self.replaced: Any = None

    def poison(self) -> Any:
        """The failure that spoils one of the inputs, or None."""
        for variable in self.inputs:
            if variable.error is not None:
                return variable.error
        return None

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

    def complete(self, op: Operation, failure: Any, now: int) -> None:
        """A running operation has ended: let others go on, and tell who waits for it."""
        op.failure = failure
        op.state = FINISHED
        self.nbytes -= op.nbytes
        for variable in op.writes:
            if variable.error is not failure:
                replace_error(variable, op)
            variable.version += 1
            if variable.writer is op:
                variable.writer = None
            variable.pending -= 1  # last: it says that the rest is final
        for variable in op.reads:
            variable.readers.discard(op)
            variable.pending -= 1
        for dependent in op.dependents:
            dependent.missing -= 1
            if dependent.missing == 0 and dependent.state == WAITING:
                dependent.ready = now
                self._make_ready(dependent)
        self._retire(op)

    def _retire(self, op: Operation) -> None:
        """Tell everybody who waits for a finished operation, and then forget it."""
        for waiter in op.waiters:
            waiter.tell(op)
        del self.live[op.number]

    def cancel_queued(self, failure_of: Callable[[Operation], Any], now: int) -> list[Operation]:
        """End everything that has not started, and return it."""
        queued = [
            op
            for op in self.live.values()
            if (op.state < RUNNING and not op.kept)
            or (op.outcome is CANCELLED and op.state == RUNNING)  # by an attempt that was torn
        ]
        for op in queued:
            op.outcome = CANCELLED
            op.state = RUNNING  # so that ending one does not make another one ready
        self.ready = [entry for entry in self.ready if entry[2].state == READY]
        heapify(self.ready)
        for op in queued:
            self.complete(op, failure_of(op), now)
        return queued

    def _make_ready(self, op: Operation) -> None:
        op.state = READY
        heappush(self.ready, (-op.priority, op.number, op))

    def _link(self, op: Operation) -> None:
        """Let the operation wait for those it conflicts with, and others for it."""
        op.missing = 0
        op.writes, op.write_marks = writes, write_marks = [], []
        op.reads, op.read_marks = reads, read_marks = [], []
        for variable in op.outputs:
            if variable.pending:
                if variable.writer is op:
                    continue
                follow_all(op, variable)
            variable.writer = op
            variable.pending += 1
            key, version = variable.mark
            variable.mark = mark = (key, version + 1)
            writes.append(variable)
            write_marks.append(mark)
        for variable in op.inputs:
            if variable.pending:
                writer = variable.writer
                if writer is op or op in variable.readers:
                    continue
                if writer is not None:
                    writer.dependents.append(op)
                    op.missing += 1
            variable.readers.add(op)
            variable.pending += 1
            reads.append(variable)
            read_marks.append(variable.mark)

    def rebuild(self) -> None:
        """Derive everything from `live` again, and end what was ending, after a torn step."""
        live = list(self.live.values())
        unfinished = [op for op in live if op.state != FINISHED]
        variables = {v for op in live for v in (*op.inputs, *op.outputs)}
        finished = [op for op in live if op.state == FINISHED]
        for op in finished:
            for variable, (_, version) in zip(op.writes, op.write_marks, strict=True):
                replace_error(variable, op)
                variable.version = version
        for variable in variables:
            unlink(variable)
        for op in unfinished:
            op.dependents = []
            self._link(op)
        self.ready = []
        for op in unfinished:
            if op.missing == 0 and op.state != RUNNING:
                self._make_ready(op)
        self.nbytes = sum(op.nbytes for op in unfinished)
        # Last and in one step each: whoever reads `pending` must never see a busy variable idle.
        for variable, pending in pending_counts(variables, unfinished).items():
            variable.pending = pending
        for op in finished:
            self._retire(op)

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
            assert variable.mark == (variable.key, variable.version + len(writers))


def unlink(variable: Variable) -> None:
    """Nothing unfinished uses the variable, as far as its links tell."""
    variable.writer = None
    variable.readers = set()
    variable.mark = (variable.key, variable.version)


def replace_error(variable: Variable, op: Operation) -> None:
    """Store how a write ended.

    Letting go of a failure may run anybody's finalizer, so it must not happen here, under the lock:
    the operation takes the old one along.
    """
    op.replaced = (op.replaced, variable.error)
    variable.error = op.failure


def follow_all(op: Operation, variable: Variable) -> None:
    """Let a new writer wait for everybody who uses the variable."""
    readers, writer = variable.readers, variable.writer
    if readers:  # each of them waits for the writer already
        for reader in readers:
            reader.dependents.append(op)
        op.missing += len(readers)
        variable.readers = set()
    elif writer is not None:
        writer.dependents.append(op)
        op.missing += 1


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
