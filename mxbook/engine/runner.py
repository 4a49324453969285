"""Running operations: the pure `Core`, a lock around it, and threads that run what is ready.

*Liveness* rests on one rule: whoever makes an operation ready sees to it that somebody runs it.  He
wakes a worker, or starts one, or, where no thread can be had, runs it himself.  A worker that waits
inside an operation lends its place to another one meanwhile, so one worker is enough for all.

*Consistency* rests on another: the state changes only in steps, under the lock.  `_step` is the
lane that is inside one.  Whoever takes the lock and finds it set repairs what an interrupt tore
apart.  A finalizer, which the garbage collector may run inside a step, finds its own lane there,
and puts off what it wants.  No foreign code is called in a step, and no reference to foreign
objects dies in one.

A step is written out each time as `with self._lock: ... self._step = lane ... self._step = None`,
because only `with` on a plain lock is safe from interrupts: a context manager of our own could be
torn between taking the lock and saying so.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter_ns as clock
from typing import Any

from mxbook.base.config import Config
from mxbook.base.errors import CancelledError, EngineError
from mxbook.base.sites import here

from .core import CANCELLED, FAILED, FINISHED, RUNNING, SKIPPED, Core, Operation, Variable
from .crew import Crew
from .failures import Failure, Unseen, counted, described, numbered
from .gates import Gate, Lane, local
from .limits import RunAhead
from .log import Log, record_of, wait_record

LATER = object()  # the outcome of an asynchronous operation that has only been started
MOST_WORKERS = 8
OPERATIONS_A_WORKER = 2  # that may always be under way, whatever they write
EVERYTHING = float("inf")

# Engine type: has it worker threads?  do small ready operations run in the thread that pushes them?
POLICIES = {
    "NaiveEngine": (False, True),
    "ThreadedEngine": (True, False),
    "ThreadedEnginePerDevice": (True, False),
    "HybridEngine": (True, True),
}


class Runner:
    """Runs operations in an order that respects what they read and write."""

    def __init__(self, config: Config):
        self._config = config
        self.on_fallback: Callable[[], None] = lambda: None  # called when threads were given up
        self.annotate: Callable[[Operation], None] | None = None  # called with what is pushed
        self.log = Log(config.log_events)
        self._core = Core()
        self._begin_afresh()
        self.configure()

    def _begin_afresh(self) -> None:
        """No threads, nobody waits, nothing has failed."""
        self._unseen = Unseen()
        self._lock = threading.Lock()
        self._step: Lane | None = None
        self._crew = Crew()
        self._stalled: list[Gate] = []  # pushes that wait for room
        self._put_off: deque[Callable] = deque()  # what finalizers wanted inside a step; f(lane)

    def configure(self) -> None:
        """Take over the settings; operations that are queued stay so."""
        config = self._config
        self.log.resize(config.log_events)
        self.behave_as(config.engine_type)
        least = OPERATIONS_A_WORKER * max(1, self._crew.most)
        self._limits = RunAhead(config.run_ahead_operations, config.run_ahead_bytes, least)

    def behave_as(self, kind: str) -> None:
        """Be this type of engine from now on."""
        threads, inline = POLICIES[kind]
        workers = self._config.cpu_workers or min(os.cpu_count() or 1, MOST_WORKERS)
        self.kind = kind
        self._crew.most = workers if threads else 0
        self._crew.alone = False  # try again
        small = self._config.inline_elements if threads else EVERYTHING
        self._inline_below = small if inline else 0
        self._naive = not threads

    @property
    def workers(self) -> int:
        """How many worker threads there are at most."""
        return self._crew.most

    @property
    def inlines(self) -> bool:
        """Whether small ready operations run in the thread that pushes them."""
        return self._inline_below > 0

    # ---- one operation

    def _enter(self, lane: Lane, op: Operation, inline: bool) -> bool:
        """Give the operation to the core, once there is room.  True: run it here."""
        if self.annotate is not None:
            self.annotate(op)
        while True:
            with self._lock:
                if self._step is not None:
                    self._mend()
                self._step = lane
                core, helpers = self._core, None
                # Inside an operation there is no waiting for room: the room may depend on it.
                fits = not core.live or lane.op is not None or not self._limits.full(core)
                if fits:
                    mine = core.push(op, clock(), lane if inline else None)
                    if mine:
                        op.outer, lane.op = lane.op, op
                    if core.ready:
                        helpers = self._crew.summon(len(core.ready), lane)
                else:
                    gate = Gate()
                    self._stalled.append(gate)
                self._step = None
            if fits:
                break
            self._sleep(gate, lane, "room")
        if helpers:
            self._start(helpers, lane)
        if self._put_off:
            self._catch_up(lane)
        return mine

    def _execute(self, op: Operation, lane: Lane) -> Any:
        """Call the function.  Returns None, the failure, or LATER."""
        fn: Any = op.fn
        op.fn = None  # so that what it refers to goes as soon as it has run
        op.started = clock()
        op.lane = lane.name
        if op.failure is not None:
            return op.failure  # cancelled while it was waiting
        for variable in op.inputs:
            if variable.error is not None:
                op.outcome = SKIPPED
                return variable.error
        try:
            if op.asynchronous:
                return self._begin(fn, op, lane)
            fn()
            return None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not lane.worker:
                raise  # the user's, not the operation's
            return failed(op, error)

    def _begin(self, fn: Any, op: Operation, lane: Lane) -> Any:
        """Start an asynchronous operation."""
        completion = Completion(self.completed, op)
        try:
            fn(completion)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not lane.worker:
                raise  # the operation is cancelled; should it complete later, nobody minds
            if completion.claim():
                raise
            # Too late for the variables, but somebody should know.
            failure = failed(op, error)
            with self._lock:
                if self._step is not None:
                    self._mend()
                self._step = lane
                dropped = self._unseen.add(failure)
                self._step = None
            del dropped
        if lane.op is op:  # otherwise it has completed already
            lane.op = op.outer
            op.owner = op.outer = None
        return LATER

    def _finish(self, op: Operation, failure: Any, lane: Lane, take: bool) -> Operation | None:
        """Tell the core that an operation has ended.  With `take`, returns what to run next."""
        following = helpers = dropped = None
        if op.state != FINISHED:  # otherwise an interrupt has ended it before
            op.end(clock())
            self.log.add(record_of(op))  # before anybody can see that it has ended
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = lane
            core = self._core
            if op.state != FINISHED:
                if failure is not None:
                    dropped = self._account(op, failure)
                core.complete(op, failure)
                if self._stalled and self._limits.low(core):
                    self._make_room()
            if lane.op is op:
                lane.op = op.outer
            if core.ready:
                following = self._choose(lane) if take else None
                if core.ready:
                    helpers = self._crew.summon(len(core.ready), lane)
            self._step = None
        op.detail = None  # somebody may keep `op` for a while, but nobody the inputs
        if helpers and not (take and helpers[0] is lane):  # who takes anyway needs no reminder
            self._start(helpers, lane)
        if self._put_off:
            self._catch_up(lane)
        del dropped
        return following

    def _serve(self, op: Operation | None, lane: Lane) -> None:
        """Run an operation, then what is ready, until nothing is."""
        while op is not None:
            outcome = self._execute(op, lane)
            op = self._take(lane) if outcome is LATER else self._finish(op, outcome, lane, True)

    def _take(self, lane: Lane) -> Operation | None:
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = lane
            op = self._choose(lane)
            self._step = None
        if self._put_off:
            self._catch_up(lane)
        return op

    def _catch_up(self, lane: Lane) -> None:
        """Do what finalizers wanted while they could not have it."""
        while self._put_off:
            try:
                call = self._put_off.popleft()
            except IndexError:
                return  # another thread was faster
            call(lane)

    def completed(self, op: Operation, error: BaseException | None) -> None:
        """An asynchronous operation has ended."""
        if error is not None and not isinstance(error, BaseException):
            error = EngineError(str(error))
        failure = None if error is None else failed(op, error)
        lane = local.lane
        if self._in_step(lane):
            self._put_off.append(lambda lane: self._finish(op, failure, lane, False))
            return
        outer, op.owner = lane.op, lane
        try:
            self._finish(op, failure, lane, False)
        except BaseException as error:
            lane.owed = error, outer
            self.make_good(lane)
            raise

    def _in_step(self, lane: Lane) -> bool:
        """Whether this is a finalizer that interrupts a step of its own thread."""
        return self._step is lane and self._lock.locked()

    # ---- parts of a step, i.e. under the lock

    def _choose(self, lane: Lane) -> Operation | None:
        """What this thread is to run next."""
        if lane.worker and self._crew.too_many():
            return None
        op = self._core.take(lane)
        if op is not None:
            op.outer, lane.op = lane.op, op
        return op

    def _account(self, op: Operation, failure: Failure) -> Any:
        """Count a failure; what is returned must be dropped outside the lock."""
        if op.outcome is FAILED:
            return self._unseen.add(failure)
        if op.outcome is SKIPPED:
            failure.skipped += 1
        return None

    def _make_room(self) -> None:
        """Let the pushes go on that wait for room; they look again."""
        for gate in self._stalled:
            gate.open()
        self._stalled = []

    def _mend(self) -> None:
        """Repair what a torn step left behind."""
        self._core.rebuild()
        self._crew.wake_all()
        self._make_room()

    # ---- threads

    def _start(self, lanes: Iterable[Lane], own: Lane) -> None:
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
            with self._lock:
                if self._step is not None:
                    self._mend()
                self._step = own
                self._crew.lose(worker)  # should it run nevertheless, it registers itself
                self._crew.alone = self._crew.alone or isinstance(error, Exception)
                self._step = None
            if not isinstance(error, Exception):
                raise
            self._do_without(error, own)

    def _do_without(self, error: Exception, own: Lane) -> None:
        """A thread could not be started: its work is done here."""
        hopeless = not self._crew.members and not self._naive
        if hopeless:
            self.behave_as("NaiveEngine")  # for good, or until the setting is changed again
            self.on_fallback()
        self._serve(self._take(own), own)
        if hopeless:
            import warnings

            site = here()
            warnings.warn_explicit(
                f"mxbook cannot start a worker thread ({error}); from now on the engine runs "
                "every operation at once, like NaiveEngine",
                RuntimeWarning,
                filename=site.filename if site is not None else __file__,
                lineno=site.line if site is not None else 1,
            )

    def _work(self, worker: Lane) -> None:
        """The life of a worker."""
        local.lane = worker
        while not self._crew.closing:
            try:
                self._serve(self._next(worker), worker)
            except Exception as error:  # of the engine itself, for want of memory
                self.clean_up(error, None, worker)

    def _next(self, worker: Lane) -> Operation | None:
        """What is ready; or None, after sleeping until there may be something."""
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = worker
            self._crew.arrive(worker)
            op = self._choose(worker)
            if op is None:
                self._crew.idle.append(worker)
            self._step = None
        if self._put_off:
            self._catch_up(worker)
        if op is None:
            worker.gate.pass_through()
        return op

    def _sleep(
        self,
        gate: Gate,
        lane: Lane,
        kind: str,
        variable: Variable | None = None,
        target: Operation | None = None,
    ) -> None:
        """Sleep until the gate opens, and make a note of it."""
        started = clock()
        while True:
            helpers = None
            with self._lock:
                if self._step is not None:
                    self._mend()
                self._step = lane
                if lane.worker:
                    self._crew.waiting.add(lane)  # its place is free for another one
                if self._core.ready:
                    helpers = self._crew.summon(len(self._core.ready), lane)
                self._step = None
            if not helpers and not self._put_off:
                break
            self._start(helpers or (), lane)
            self._catch_up(lane)
        gate.pass_through()
        self._crew.waiting.discard(lane)
        self.log.add_wait(wait_record(kind, variable, target, lane.name, started, clock()))

    # ---- when an exception leaves the engine

    def make_good(self, lane: Lane) -> None:
        """Clean up after an exception that left the engine in this thread.

        An impatient user's next Ctrl-C may hit anywhere, also before this has begun.  What is owed
        is then still known, and the thread pays when it calls the engine again.
        """
        while lane.owed is not None:
            owed = lane.owed
            try:
                lane.owed = None  # what is called below may call the engine
                self.clean_up(*owed, lane)
            except KeyboardInterrupt:
                lane.owed = owed

    def clean_up(self, error: BaseException, outer: Operation | None, lane: Lane) -> None:
        """End what this thread was about to run; after Ctrl-C, also everything that is queued.

        `outer` is the operation inside which the engine was called.
        """
        lane.op = outer
        if not isinstance(error, KeyboardInterrupt):
            self._end_lost(lane, error)
        elif count := self.cancel(lane, "interrupted"):
            error.add_note(f"cancelled {counted(count, 'queued operation')}")

    def cancel(self, lane: Lane, reason: str) -> int:
        """End what is queued, and what this thread was about to run.  Returns the former number."""
        cause = CancelledError(reason)
        now = clock()
        helpers = None
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = lane
            core = self._core
            cancelled, ended = core.cancel_queued(lambda op: Failure(op, cause), now)
            self._make_room()
            self._crew.forget_unstarted()
            if core.ready:
                helpers = self._crew.summon(len(core.ready), lane)
            self._step = None
        for op in ended:
            self.log.add(record_of(op))
        for op in cancelled:
            op.fn = op.detail = None
        if helpers:
            self._start(helpers, lane)
        self._end_lost(lane, cause)
        return len(cancelled)

    def _end_lost(self, lane: Lane, cause: BaseException) -> None:
        """End operations that this thread took and has not finished, for an exception came."""
        stack = lane.stack()
        lost = [op for op in self.unfinished() if op.owner is lane and op.state == RUNNING]
        for op in lost:
            if op not in stack:
                op.outcome = CANCELLED if isinstance(cause, CancelledError) else FAILED
                self._finish(op, Failure(op, cause), lane, False)
        if self._put_off:
            self._catch_up(lane)

    def unfinished(self) -> list[Operation]:
        """The operations that are queued or running, in push order."""
        return list(self._core.live.values())


class Completion:
    """What an asynchronous operation calls, once, when it has ended; from any thread."""

    __slots__ = ("_completed", "_left", "_op")

    def __init__(self, completed: Callable, op: Operation):
        self._completed = completed
        self._op = op
        self._left = [op]

    def claim(self) -> bool:
        """True for the first caller only."""
        try:
            self._left.pop()  # atomic
        except IndexError:
            return False
        return True

    def __call__(self, error: BaseException | None = None) -> None:
        """The operation has ended, with this error if there is one."""
        if not self.claim():
            title = numbered(self._op.number, self._op.name)
            raise EngineError(f"operation {title} was reported complete twice")
        self._completed(self._op, error)


def failed(op: Operation, error: BaseException) -> Failure:
    """The operation ended with an exception."""
    op.outcome = FAILED
    if error.__traceback__ is not None:  # the engine's own frame tells nothing, and keeps `op`
        error.__traceback__ = error.__traceback__.tb_next
    return Failure(op, error, described(op.detail))
