"""The engine: the pure `Core`, a lock around it, and threads that run what it says is ready.

One engine serves all engine types; they differ in two numbers, see `POLICIES`.

Liveness rests on one rule: whoever makes an operation ready sees to it that somebody runs it.  He
wakes a worker, or starts one, or, where no thread can be had, runs it himself.  A worker that waits
inside an operation lends its place to another one meanwhile, so that one worker is enough for
everything.

Consistency rests on another: every step that changes the core happens under the lock and between
`torn = True` and `torn = False`.  Whoever takes the lock and finds the mark repairs what an
interrupt left behind.  Under the lock no foreign code runs, and no reference to foreign objects
dies: a finalizer could call the engine.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter_ns as clock
from typing import Any, NamedTuple

from mxbook.base.config import Config
from mxbook.base.errors import CancelledError, EngineError, MXNetError
from mxbook.base.sites import here

from . import core as states
from .core import FINISHED, RUNNING, Core, Operation, Variable
from .failures import Failure, Unseen, counted, described, error_of, error_of_all
from .gates import Gate, Lane, local
from .limits import RunAhead
from .log import Log, WaitRecord, record_of

LATER = object()  # the outcome of an asynchronous operation that has not completed yet
MOST_WORKERS = 8
GRACE_SECONDS = 2.0  # how long the end of the program waits for running operations
EVERYTHING = float("inf")


class Policy(NamedTuple):
    """What makes an engine type: are there workers, and what does a push run itself?"""

    workers: bool
    inline: bool  # small ready operations run in the thread that pushes them


POLICIES = {
    "NaiveEngine": Policy(workers=False, inline=True),
    "ThreadedEngine": Policy(workers=True, inline=False),
    "ThreadedEnginePerDevice": Policy(workers=True, inline=False),
    "HybridEngine": Policy(workers=True, inline=True),
}


class Engine:
    """Runs operations in an order that respects what they read and write."""

    def __init__(self, config: Config):
        self._config = config
        self.log = Log(config.log_events)
        self._unseen = Unseen()
        self._fresh(0)
        self.configure()

    def _fresh(self, count: int) -> None:
        """Start with nothing pushed and no threads."""
        self._lock = threading.Lock()
        self._core = Core(count)
        self._torn = False
        self._workers: set[Lane] = set()  # all of them
        self._idle: list[Lane] = []  # asleep for want of work
        self._coming: set[Lane] = set()  # woken or started, but not here yet
        self._blocked: set[Lane] = set()  # waiting inside an operation
        self._stalled: list[Gate] = []  # pushes that wait for room
        self._deaths: deque[Operation] = deque()  # deletions that could not be pushed
        self._launched = 0  # threads, ever; for their names
        self._alone = False  # no thread can be had (any more)
        self._closing = False

    @property
    def inlines(self) -> bool:
        """Whether small ready operations run in the thread that pushes them."""
        return self._inline_below > 0

    def configure(self) -> None:
        """Take the settings over; operations that are queued stay so."""
        config = self._config
        self.use(config.engine_type)
        self._limits = RunAhead(config.run_ahead_operations, config.run_ahead_bytes)
        self.log.resize(config.log_events)

    def use(self, kind: str) -> None:
        """Behave as this engine type from now on."""
        policy = POLICIES[kind]
        workers = self._config.cpu_workers or min(os.cpu_count() or 1, MOST_WORKERS)
        self.kind = kind
        self._most = workers if policy.workers else 0  # workers awake at a time
        inline = self._config.inline_elements if policy.inline else 0
        self._inline_below = inline if policy.workers else EVERYTHING

    # ---- pushing

    def push(
        self,
        fn: Callable[[], Any],
        reads: Iterable[Variable] = (),
        writes: Iterable[Variable] = (),
        *,
        name: str = "",
        site: Any = None,
        priority: int = 0,
        work: float = 0,
        nbytes: int = 0,
        detail: Any = None,
    ) -> None:
        """Run `fn()` once everything pushed earlier that it conflicts with has finished."""
        op = Operation(fn, reads, writes, name, site or here(), priority, nbytes, detail)
        self._submit(op, work)

    def push_async(
        self,
        fn: Callable[[Callable], Any],
        reads: Iterable[Variable] = (),
        writes: Iterable[Variable] = (),
        *,
        name: str = "",
        site: Any = None,
        priority: int = 0,
        work: float = 0,
        nbytes: int = 0,
        detail: Any = None,
    ) -> None:
        """Like `push`, but the operation lasts until `fn` or somebody calls `on_complete(error)`."""
        op = Operation(fn, reads, writes, name, site or here(), priority, nbytes, detail, True)
        self._submit(op, work)

    def delete_variable(self, var: Variable, on_delete: Callable[[], Any] | None = None) -> None:
        """Call `on_delete` after everything queued on the variable; nothing may use it any more."""
        check_usable(Operation(None, (), (var,)))
        var.deleted = True
        if on_delete is None:
            return
        op = Operation(on_delete, (), (var,), "delete variable", here())
        op.kept = True
        if self._lock.locked():
            # Perhaps by this very thread: a finalizer may run anywhere.  Whoever takes the lock
            # next pushes it.
            self._deaths.append(op)
        else:
            self._submit(op, 0)

    def _submit(self, op: Operation, work: float) -> None:
        for variable in op.inputs + op.outputs:
            if variable.deleted:
                raise deleted(variable, op.name)
        lane = local.lane
        try:
            if self._enter(op, lane, work < self._inline_below):
                op.inlined = True
                outcome = self._execute(op, lane)
                if outcome is not LATER:
                    following = self._finish(op, outcome, lane, not self._most)
                    if following is not None:
                        self._serve(following, lane)
            if not self._most:
                self._see_through(op, lane)
        except KeyboardInterrupt as interrupt:
            self._interrupted(interrupt, lane)
            raise

    def _enter(self, op: Operation, lane: Lane, inline: bool) -> bool:
        """Give the operation to the core, once there is room.  True: run it here."""
        while True:
            with self._lock:
                if self._torn or self._deaths:
                    self._mend()
                core = self._core
                # Inside an operation there is no waiting for room: the room may depend on it.
                if not core.live or lane.op is not None or not self._limits.full(core):
                    self._torn = True
                    mine = core.push(op, clock(), lane if inline else None)
                    helpers = self._dispatch(lane) if core.ready else None
                    self._torn = False
                    break
                gate = Gate()
                self._stalled.append(gate)
            self._sleep(gate, lane, "room")
        if helpers:
            self._start(helpers, lane)
        return mine

    def _see_through(self, op: Operation, lane: Lane) -> None:
        """The naive engine's push: see the operation through, and raise what went wrong."""
        if op.state != FINISHED:
            self._wait(lane, lambda: [op])
        failure = op.failure
        if failure is None:
            return
        if isinstance(failure.cause, MXNetError) and failure.number == op.number:
            failure.shown = True
            raise failure.cause
        raise error_of(failure, clock(), self._core.count)

    # ---- running

    def _execute(self, op: Operation, lane: Lane) -> Any:
        """Call the function.  Returns None, the failure, or LATER."""
        fn, op.fn = op.fn, None  # so that what it refers to goes as soon as it has run
        op.started = clock()
        op.lane = lane.name
        poison = op.poison()
        if poison is not None:
            op.outcome = states.SKIPPED
            return poison
        op.outer, lane.op = lane.op, op
        try:
            if op.asynchronous:
                return self._begin(fn, op)
            fn()
            return None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not lane.worker:
                raise  # the user's, not the operation's
            return failed(op, error)
        finally:
            lane.op = op.outer

    def _begin(self, fn: Callable, op: Operation) -> Any:
        """Start an asynchronous operation."""
        completion = Completion(self, op)
        try:
            fn(completion)
        except BaseException as error:
            if completion.claim():
                raise
            failure = failed(op, error)  # too late for the variables, but somebody should know
            with self._lock:
                dropped = self._unseen.add(failure)
            del dropped
        op.owner = None
        return LATER

    def completed(self, op: Operation, error: BaseException | None) -> None:
        """An asynchronous operation has ended; called by its `Completion`."""
        lane = local.lane
        op.owner = lane
        try:
            failure = None if error is None else failed(op, error)
            self._serve(self._finish(op, failure, lane, False), lane)
        except KeyboardInterrupt as interrupt:
            self._interrupted(interrupt, lane)
            raise

    def _finish(self, op: Operation, failure: Any, lane: Lane, take: bool) -> Operation | None:
        """Tell the core and everybody who waits.  With `take`, returns what to run next."""
        ended = clock()
        following = helpers = dropped = None
        with self._lock:
            if self._torn or self._deaths:
                self._mend()
            core = self._core
            self._torn = True
            ours = op.state != FINISHED  # otherwise an interrupt has ended it before
            if ours:
                if failure is not None:
                    dropped = self._note(op, failure)
                core.complete(op, failure, ended)
                if self._stalled and self._limits.low(core):
                    self._make_room()
            if core.ready:
                following = self._choose(lane) if take else None
                helpers = self._dispatch(lane) if core.ready else None
            self._torn = False
        if ours:
            self.log.add(record_of(op, ended))
        if helpers and not (take and helpers[0] is lane):  # who takes anyway needs no reminder
            self._start(helpers, lane)
        del dropped
        return following

    def _serve(self, op: Operation | None, lane: Lane) -> None:
        """Run an operation, then what is ready, until nothing is."""
        while op is not None:
            outcome = self._execute(op, lane)
            op = self._take(lane) if outcome is LATER else self._finish(op, outcome, lane, True)

    def _take(self, lane: Lane) -> Operation | None:
        with self._lock:
            if self._torn or self._deaths:
                self._mend()
            self._torn = True
            op = self._choose(lane)
            self._torn = False
        return op

    # ---- under the lock

    def _choose(self, lane: Lane) -> Operation | None:
        """What this thread runs next; a worker too many takes nothing."""
        if self._closing or (lane.worker and self._awake() > max(self._most, 1)):
            return None
        return self._core.take(lane)

    def _awake(self) -> int:
        return len(self._workers) - len(self._idle) - len(self._blocked)

    def _dispatch(self, lane: Lane) -> list[Lane]:
        """Wake workers for what is ready.  Returns those that are to be started, outside the lock.

        Where there are none and can be none, that is the present thread itself.
        """
        if not self._most:
            return [lane]
        fresh: list[Lane] = []
        while len(self._core.ready) > len(self._coming) and self._awake() < self._most:
            if self._idle:
                worker = self._idle[-1]
                self._coming.add(worker)
                worker.gate.open()
                self._idle.pop()
            elif self._alone:
                return fresh if self._awake() else [lane]
            else:
                self._launched += 1
                worker = Lane(f"mxbook-worker-{self._launched}", worker=True)
                self._workers.add(worker)
                self._coming.add(worker)
                fresh.append(worker)
        return fresh

    def _note(self, op: Operation, failure: Failure) -> Any:
        """Keep account of a failure; what is returned must be dropped outside the lock."""
        if op.outcome is states.SKIPPED:
            failure.skipped += 1
            return None
        return self._unseen.add(failure)

    def _make_room(self) -> None:
        for gate in self._stalled:
            gate.open()
        self._stalled = []

    def _mend(self) -> None:
        """Repair what an interrupt left behind, and push what finalizers could not."""
        if self._torn:
            self._core.rebuild()
            for worker in self._idle:
                worker.gate.open()
            self._idle = []
            self._coming = set()
            self._make_room()
        self._torn = True
        while self._deaths:
            op = self._deaths[0]
            if op.number not in self._core.live:  # it is, when this was torn one line below
                self._core.push(op, clock())
            self._deaths.popleft()
        self._torn = False

    # ---- threads

    def _start(self, lanes: list[Lane], own: Lane) -> None:
        """Start the threads of new workers; a thread that is listed itself goes to work."""
        for lane in lanes:
            if lane is own:
                self._serve(self._take(own), own)
            else:
                self._launch(lane, own)

    def _launch(self, worker: Lane, own: Lane) -> None:
        name = worker.name
        worker.thread = threading.Thread(target=self._work, args=(worker,), name=name, daemon=True)
        try:
            worker.thread.start()
        except BaseException as error:
            with self._lock:  # should it run nevertheless, it registers itself
                self._workers.discard(worker)
                self._coming.discard(worker)
                self._alone = self._alone or isinstance(error, RuntimeError)
            if not isinstance(error, RuntimeError):
                raise
            self._without_threads(error, own)

    def _without_threads(self, error: RuntimeError, own: Lane) -> None:
        """No thread could be started: this one works."""
        if not self._workers and self._most:
            self.use("NaiveEngine")
            import warnings

            warnings.warn(
                f"mxbook cannot start a worker thread ({error}); from now on the engine runs "
                "every operation at once, like NaiveEngine",
                RuntimeWarning,
                stacklevel=2,
            )
        self._serve(self._take(own), own)

    def _work(self, worker: Lane) -> None:
        """The life of a worker."""
        local.lane = worker
        while True:
            with self._lock:
                if self._torn or self._deaths:
                    self._mend()
                self._coming.discard(worker)
                if self._closing:
                    self._workers.discard(worker)
                    return
                self._workers.add(worker)
                op = self._choose(worker)
                if op is None:
                    self._idle.append(worker)
            if op is None:
                worker.gate.pass_through()
            else:
                self._serve(op, worker)
                op = None  # its last reference must not die under the lock

    # ---- waiting

    def wait_for_var(self, var: Variable, to_write: bool = False) -> None:
        """Wait until the variable may be read (or written); raise if it holds a failure."""
        if var.deleted:
            raise EngineError(f"{named(var)} has been deleted")
        if var.pending:
            lane = local.lane
            try:
                self._wait(lane, lambda: users(var, to_write), var)
            except KeyboardInterrupt as interrupt:
                self._interrupted(interrupt, lane)
                raise
        failure = var.error
        if failure is not None:
            raise error_of(failure, clock(), self._core.count)

    def wait_for_all(self) -> None:
        """Wait for everything pushed so far; raise the first failure that nobody was shown."""
        lane = local.lane
        try:
            self._wait(lane, lambda: self._others(lane))
            with self._lock:
                failures, more = self._unseen.take()
        except KeyboardInterrupt as interrupt:
            self._interrupted(interrupt, lane)
            raise
        error = error_of_all(failures, more, clock(), self._core.count)
        if error is not None:
            raise error

    def _others(self, lane: Lane) -> list[Operation]:
        """Everything unfinished, except what cannot finish before this thread's own operation."""
        live = list(self._core.live.values())
        if lane.op is None:
            return live
        blocked = self._core.descendants(lane.op)
        return [op for op in live if op not in blocked]

    def _wait(self, lane: Lane, pick: Callable, variable: Variable | None = None) -> None:
        """Sleep until the operations that `pick` finds are finished."""
        endless = None
        with self._lock:
            if self._torn or self._deaths:
                self._mend()
            targets = pick()
            if lane.op is not None:
                blocked = self._core.descendants(lane.op)
                endless = next((op for op in targets if op in blocked), None)
            if endless is None:
                gate = Gate(targets, lane.op)
                for op in targets:
                    op.waiters.append(gate)
        if endless is not None:
            raise endless_wait(lane.op, endless, variable)
        if targets:
            self._sleep(
                gate, lane, "all" if variable is None else "variable", variable, targets[-1]
            )

    def _sleep(self, gate, lane: Lane, kind: str, variable=None, target=None) -> None:
        """Sleep until the gate opens, and note it."""
        started = clock()
        while True:
            with self._lock:
                if self._torn or self._deaths:
                    self._mend()
                if lane.worker:
                    self._blocked.add(lane)  # its place is free for another one
                self._torn = True
                helpers = self._dispatch(lane) if self._core.ready else None
                self._torn = False
            if not helpers:
                break
            self._start(helpers, lane)
        gate.pass_through()
        self._blocked.discard(lane)
        self.log.add_wait(wait_record(kind, variable, target, lane, started, clock()))

    # ---- interrupts

    def _interrupted(self, interrupt: KeyboardInterrupt, lane: Lane) -> None:
        """The user pressed stop: what has not started never will."""
        while True:
            try:
                count = self._cancel(lane, "interrupted")
                break
            except KeyboardInterrupt:
                continue  # this is short, and must not be cut off by an impatient user
        if count:
            interrupt.add_note(f"cancelled {counted(count, 'queued operation')}")

    def _cancel(self, lane: Lane, reason: str) -> int:
        """End what is queued, and what this thread was about to run.  Returns the former number."""
        cause = CancelledError(reason)
        now = clock()
        with self._lock:
            if self._torn or self._deaths:
                self._mend()
            core, stack = self._core, lane.stack()
            self._torn = True
            lost = 0
            for op in core.live.values():
                if op.owner is lane and op.state == RUNNING and op not in stack:
                    op.outcome = states.CANCELLED  # the interrupt hit its function
                    lost += 1
            cancelled = core.cancel_queued(lambda op: Failure(op, cause), now)
            self._make_room()
            helpers = self._dispatch(lane) if core.ready else None
            self._torn = False
        for op in cancelled:
            self.log.add(record_of(op, now))
        if helpers:
            self._start(helpers, lane)
        return len(cancelled) - lost

    # ---- the process

    def settle(self) -> None:
        """Wait for everything; failures stay where they are."""
        lane = local.lane
        self._wait(lane, lambda: self._others(lane))

    def before_fork(self) -> None:
        """A child has no workers, so what is being computed should be finished before."""
        if local.lane.op is None:
            self.settle()

    def after_fork(self) -> None:
        """In the child: start afresh.  What another thread was still computing is lost here."""
        lost = list(self._core.live.values())
        self._fresh(self._core.count)
        cause = CancelledError("it was left to the process that forked this one")
        for op in lost:
            op.state = FINISHED
            op.waiters = []
            for variable in (*op.outputs, *op.inputs):
                variable.writer = None
                variable.readers = set()
                variable.pending = 0
            for variable in op.outputs:
                variable.error = Failure(op, cause)

    def close(self) -> None:
        """The program ends: nothing new starts; running operations get a moment to finish."""
        self._cancel(local.lane, "the program ended")
        with self._lock:
            self._closing = True
            workers = list(self._workers)
            for worker in self._idle:
                worker.gate.open()
            self._idle = []
        self.use("NaiveEngine")
        deadline = clock() + int(GRACE_SECONDS * 1e9)
        for worker in workers:
            worker.thread.join(max(0.0, (deadline - clock()) / 1e9))

    def unfinished(self) -> list[Operation]:
        """The operations that are queued or running, in push order."""
        with self._lock:
            return list(self._core.live.values())


class Completion:
    """What an asynchronous operation calls, once, when it has ended; from any thread."""

    __slots__ = ("_engine", "_left", "_op")

    def __init__(self, engine: Engine, op: Operation):
        self._engine = engine
        self._op = op
        self._left = [op]

    def claim(self) -> bool:
        """True for the first caller only."""
        try:
            self._left.pop()
        except IndexError:
            return False
        return True

    def __call__(self, error: BaseException | None = None) -> None:
        if not self.claim():
            op = self._op
            raise EngineError(f"operation #{op.number} {op.name} was reported complete twice")
        self._engine.completed(self._op, error)


def failed(op: Operation, error: BaseException) -> Failure:
    """The operation ended with an exception."""
    op.outcome = states.FAILED
    if error.__traceback__ is not None:  # the engine's own frame tells nothing, and holds `op`
        error.__traceback__ = error.__traceback__.tb_next
    return Failure(op, error, described(op.detail))


def users(variable: Variable, to_write: bool) -> list[Operation]:
    """The last operations that must finish before the variable may be read (or written)."""
    if to_write and variable.readers:
        return list(variable.readers)
    return [] if variable.writer is None else [variable.writer]


def check_usable(op: Operation) -> None:
    """Raise when a variable of the operation has been deleted."""
    for variable in op.inputs:
        if variable.deleted:
            raise EngineError(f"{named(variable)} has been deleted", values=[("used by", op.name)])
    for variable in op.outputs:
        if variable.deleted:
            raise EngineError(f"{named(variable)} has been deleted", values=[("used by", op.name)])


def named(variable: Variable) -> str:
    """A variable in words."""
    return f"variable {variable.name or variable.key}"


def endless_wait(op: Operation, target: Operation, variable: Variable | None) -> EngineError:
    """The error for a wait inside `op` for something that cannot happen before `op` ends."""
    what = named(variable) if variable is not None else "everything"
    rule = "an operation can wait only for what does not depend on it"
    if target is op:
        rule = "an operation cannot wait for what it writes itself"
    return EngineError(
        f"operation #{op.number} {op.name} waits for {what}: that would never end",
        rule=rule,
        values=[("needs", f"operation #{target.number} {target.name}")],
    )


def wait_record(kind, variable, target, lane: Lane, started: int, ended: int) -> WaitRecord:
    """The record of one wait."""
    key = None if variable is None else variable.key
    op = (0, "", None) if target is None else (target.number, target.name, target.site)
    return WaitRecord(key, kind, here(), started, ended, lane.name, *op)
