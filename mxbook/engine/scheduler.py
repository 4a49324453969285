"""The engine as its users see it: pushing, waiting, interrupts, and the life of the process."""

import sys
from collections.abc import Callable, Iterable
from time import perf_counter_ns as clock
from typing import Any

from mxbook.base.errors import CancelledError, EngineError, MXNetError
from mxbook.base.sites import here

from .core import FINISHED, Operation, Variable
from .failures import Failure, deleted, doomed, endless_wait, error_of, list_others
from .gates import Gate, Lane, local
from .runner import LATER, Runner

GRACE_SECONDS = 2.0  # how long the end of the program waits for running operations


class Engine(Runner):
    """An engine of any type; see `mxbook.engine` for the functions that act on the current one."""

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
        """Run `fn()` once everything pushed earlier that it conflicts with has finished.

        `reads` and `writes` are the variables it uses; operations that share one which either of
        them writes run in push order, all others may run at the same time.  Of several that are
        ready, the one with the highest `priority` comes first, then the oldest.

        `work` is the size of the job, in elements of an elementwise operation; the hybrid engine
        runs small ones at once.  `nbytes` is what it will write.  `site` (the user's line, found
        here if not given) and `detail` (rows of label and text that describe the inputs) are for
        error messages; either may be a function without arguments, called only when needed.

        What `fn` raises is stored in the variables it writes, see `wait_for_var`; the naive engine
        raises it here.  Raises EngineError for a variable that has been deleted.

        >>> from mxbook import engine
        >>> x, total = engine.new_variable("x"), []
        >>> engine.push(lambda: total.append(1), writes=[x])
        >>> engine.push(lambda: total.append(2), writes=[x])
        >>> engine.wait_for_var(x)
        >>> total
        [1, 2]
        """
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
        """Like `push`, but `fn(on_complete)` only starts the operation.

        It lasts until somebody, in whatever thread, calls `on_complete()`, or `on_complete(error)`
        with an exception.  A second call raises EngineError.
        """
        op = Operation(fn, reads, writes, name, site or here(), priority, nbytes, detail, True)
        self._submit(op, work)

    def delete_variable(self, var: Variable, on_delete: Callable[[], Any] | None = None) -> None:
        """Call `on_delete()` after everything queued on the variable; using it is an error now.

        May be called from a finalizer.
        """
        if var.deleted:
            raise deleted(var)
        if on_delete is None:
            var.deleted = True
            return
        op = Operation(on_delete, (), (var,), "delete variable", here())
        op.kept = True
        try:
            self._submit(op, 0)
        finally:
            var.deleted = True

    def _submit(self, op: Operation, work: float) -> None:
        for variable in op.outputs:
            if variable.deleted:
                raise deleted(variable, op.name)
        for variable in op.inputs:
            if variable.deleted:
                raise deleted(variable, op.name)
        lane = local.lane
        if self._step is lane and self._in_step(lane):  # the first part saves a call
            self._put_off.append(lambda lane: self._enter(lane, op, inline=False))
            return
        if lane.owed is not None:
            self.make_good(lane)
        outer = lane.op
        try:
            if self._enter(lane, op, work < self._inline_below):
                op.inlined = True
                outcome = self._execute(op, lane)
                if outcome is not LATER:
                    following = self._finish(op, outcome, lane, self._naive)
                    if following is not None:
                        self._serve(following, lane)
            if self._naive:
                self._see_through(op, lane)
        except BaseException as error:
            lane.owed = error, outer
            self.make_good(lane)
            raise

    def _see_through(self, op: Operation, lane: Lane) -> None:
        """The naive engine's push: see the operation through, and raise what went wrong."""
        if op.state != FINISHED:
            self._wait(lane, lambda: [] if op.state == FINISHED else [op])
        failure = op.failure
        if failure is None:
            return
        if isinstance(failure.cause, MXNetError) and failure.number == op.number:
            failure.shown = True
            raise failure.cause
        raise self._error(failure)

    # ---- waiting

    def wait_for_var(self, var: Variable, to_write: bool = False) -> None:
        """Wait until the variable may be read (or, with `to_write`, written).

        Raises the failure of the operation that should have written it, as OperationError, as long
        as the variable holds it; and EngineError when the wait could never end, because this
        thread is inside an operation that has to finish first.
        """
        if var.deleted:
            raise deleted(var)
        if var.pending:
            self._await(lambda: users(var, to_write), var)
        failure = var.error
        if failure is not None:
            raise self._error(failure)

    def wait_for_all(self) -> None:
        """Wait for everything pushed so far.

        Raises the first failure that nobody was shown yet, with a note for each further one.
        Inside an operation, what depends on that operation is not waited for.
        """
        self.settle()
        failures, more = self._take_unseen()
        first = next((failure for failure in failures if not failure.shown), None)
        if first is not None:
            error = self._error(first)
            list_others(error, failures, more)
            raise error

    def settle(self) -> None:
        """Wait for everything; failures stay where they are."""
        while self._await(lambda: list(self._core.live.values())):
            pass  # operations may have pushed others

    def _error(self, failure: Failure) -> EngineError:
        """What to raise for a failure."""
        lane, core = local.lane, self._core
        if self._in_step(lane):
            return error_of(failure, clock(), core.count, failure.skipped)
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = lane
            skipped = failure.skipped + doomed(failure, core.live.values())
            self._step = None
        return error_of(failure, clock(), core.count, skipped)

    def _take_unseen(self) -> tuple[list[Failure], int]:
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = local.lane
            found = self._unseen.take()
            self._step = None
        return found

    def _await(self, pick: Callable, variable: Variable | None = None) -> bool:
        lane = local.lane
        if self._in_step(lane):
            raise EngineError(
                "a finalizer cannot wait for the engine",
                rule="the garbage collector may call it while the engine cannot go on",
            )
        if lane.owed is not None:
            self.make_good(lane)
        outer = lane.op
        try:
            return self._wait(lane, pick, variable)
        except BaseException as error:
            lane.owed = error, outer
            self.make_good(lane)
            raise

    def _wait(self, lane: Lane, pick: Callable, variable: Variable | None = None) -> bool:
        """Sleep until the operations that `pick` finds are finished.  False: there were none.

        Some may be unable to finish before the operation inside which this thread is.  These do
        not count; but where a certain `variable` is wanted, they are an error.
        """
        with self._lock:
            if self._step is not None:
                self._mend()
            self._step = lane
            targets, obstacle = pick(), None
            if lane.op is not None:
                blocked = self._core.descendants(lane.op)
                obstacle = next((op for op in targets if op in blocked), None)
                targets = [op for op in targets if op not in blocked]
            if obstacle is None or variable is None:
                gate = Gate(targets, lane.op)
                for op in targets:
                    op.tell_when_finished(gate)
            self._step = None
        if self._put_off:
            self._catch_up(lane)
        if obstacle is not None and variable is not None and lane.op is not None:
            raise endless_wait(lane.op, obstacle, variable)
        if not targets:
            return False
        kind = "all" if variable is None else "variable"
        self._sleep(gate, lane, kind, variable, targets[-1])
        return True

    # ---- the process

    def before_fork(self) -> None:
        """A child has no workers, so what is being computed should be finished first."""
        if local.lane.op is None:
            self.settle()

    def after_fork(self) -> None:
        """In the child: start afresh.  What other threads were still computing is lost here."""
        cause = CancelledError("it was left to the process that forked this one")
        self._core.abandon(lambda op: Failure(op, cause))
        self._begin_afresh()
        self.behave_as(self.kind)

    def close(self) -> None:
        """The program ends: nothing new starts; running operations get a moment to finish."""
        lane = local.lane
        self.cancel(lane, "the program ended")
        with self._lock:
            self._step = lane
            self._crew.closing = True
            workers = list(self._crew.members)
            self._crew.wake_all()
            self._step = None
        self.behave_as("NaiveEngine")
        deadline = clock() + int(GRACE_SECONDS * 1e9)
        for worker in workers:
            if worker.thread is not None:
                worker.thread.join(max(0.0, (deadline - clock()) / 1e9))
        for failure in self._take_unseen()[0]:
            if not failure.shown:
                print(f"mxbook: nobody was shown that {failure.title}", file=sys.stderr)


def users(variable: Variable, to_write: bool) -> list[Operation]:
    """The last operations that must finish before the variable may be read (or written)."""
    if to_write and variable.readers:
        return list(variable.readers)
    return [] if variable.writer is None else [variable.writer]
