"""The engine: runs operations in an order that respects what they read and write.

    x = mx.engine.new_variable("x")
    mx.engine.push(lambda: ..., reads=[...], writes=[x])
    mx.engine.wait_for_var(x)

Which engine is used says `mx.config.engine_type`; see README.md beside this file.
"""

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mxbook.base import scopes
from mxbook.base.config import config
from mxbook.base.errors import EngineError

from .core import Operation, Variable
from .failures import Failure
from .gates import local
from .log import Log, OperationRecord, PartRecord, Story, WaitRecord, story_of
from .report import Report
from .scheduler import Engine


class State:
    """What other layers look at: `tracing` is True inside `trace()`."""

    __slots__ = ("tracers", "tracing")

    def __init__(self) -> None:
        self.tracers = 0  # how many want it
        self.tracing = False


state = State()
_engine = Engine(config)
log = _engine.log
_listeners: list[Callable[[], None]] = []
_reports: list[Report] = []
_watchers: list[Callable[[], None]] = []
_bulk_size = 15

push = _engine.push
push_async = _engine.push_async
delete_variable = _engine.delete_variable
wait_for_var = _engine.wait_for_var
wait_for_all = _engine.wait_for_all
settle = _engine.settle


def new_variable(name: str | None = None) -> Variable:
    """A variable: something that operations read and write.

    >>> new_variable("x").pending
    0
    """
    return Variable(name)


def engine_type() -> str:
    """The name of the engine in use."""
    return _engine.kind


def set_engine_type(name: str) -> None:
    """Wait for everything, then use this engine; the same as `mx.config.engine_type = name`."""
    config.engine_type = name


def is_naive() -> bool:
    """Whether every operation runs at once, and failures are raised at the push."""
    return _engine.kind == "NaiveEngine"


def workers() -> int:
    """How many worker threads there are at most; 0 for the naive engine."""
    return _engine.workers


def inlines() -> bool:
    """Whether the array layer may run small ready operations itself, without a push."""
    return _engine.inlines and not state.tracing


def on_mode_change(callback: Callable[[], None]) -> None:
    """Call `callback()` after the engine type or `state.tracing` has changed."""
    _listeners.append(callback)


def _changed() -> None:
    for callback in _listeners:
        callback()


def traces_inline() -> bool:
    """Whether small ready operations run in the pushing thread, and the log is to show them."""
    return _engine.inlines and state.tracing


@contextmanager
def trace() -> Iterator[Log]:
    """Inside, the array layer pushes every operation, also those it would run itself; see `log`.

    The log then knows the blocks that asked for operations, and the instructions of graphs.
    """
    set_tracing(True)
    try:
        yield log
    finally:
        set_tracing(False)


def set_tracing(on: bool, watcher: Callable[[], None] | None = None) -> None:
    """What `trace()` does at its beginning and its end; `watcher()` is called with each push."""
    if watcher is not None:
        (_watchers.append if on else _watchers.remove)(watcher)
    state.tracers += 1 if on else -1
    state.tracing = state.tracers > 0
    _engine.annotate = _annotate if state.tracing else None
    _changed()


def _annotate(op: Operation) -> None:
    lane = local.lane
    op.layer = scopes.layer() if lane.op is None else lane.op.layer
    if lane.worker and lane.op is not None:  # below it there is no line of the user's
        op.site = lane.op.site
    for watcher in _watchers:
        watcher()


def note_part(name: str, layer: str, started: int, ended: int, nbytes: int) -> None:
    """Tell the log of an instruction that has just run inside the operation of this thread."""
    lane = local.lane
    number = 0 if lane.op is None else lane.op.number
    log.add_part((number, name, layer, started, ended, lane.name, nbytes))


@contextmanager
def explain() -> Iterator[Report]:
    """Print afterwards how each wait inside spent its time.

        with mx.engine.explain():
            print(loss.asscalar())

    prints, for example, ``waited 1.9 s for operation #812 dot (cell 3, line 2), copied in 0.4 ms``.
    """
    report = Report(log)
    _reports.append(report)
    try:
        yield report
    finally:
        _reports.remove(report)
        print("\n".join(report.lines()) or "nothing was waited for")


def note_copy(seconds: float, nbytes: int) -> None:
    """Tell `explain` that this thread has just copied results for so long; for the array layer."""
    for report in _reports:
        report.add_copy(seconds, nbytes)


def story(thing: Any) -> Story:
    """What happened to an array or a variable, in the order of time; printed, a line each event.

    Raises EngineError for an array that the engine never saw: small operations run at once,
    unless they are called inside `trace()`.
    """
    variable = getattr(thing, "_var", thing)  # arrays keep theirs there
    if not isinstance(variable, Variable):
        raise EngineError(
            f"there is no story of this {type(thing).__name__}",
            rule="an array that was made inside `with mx.engine.trace():`, or a variable",
            hint="outside, small operations run at once and leave no trace",
        )
    return story_of(variable, log, _engine.unfinished())


def set_bulk_size(size: int) -> int:
    """Returns the previous size.  Kept for MXNet's sake: this engine needs no bulking."""
    global _bulk_size
    before, _bulk_size = _bulk_size, size
    return before


@contextmanager
def bulk(size: int) -> Iterator[None]:
    """A scope with this bulk size; see `set_bulk_size`."""
    before = set_bulk_size(size)
    try:
        yield
    finally:
        set_bulk_size(before)


def _setting_changed(name: str) -> None:
    if name in ENGINE_SETTINGS:
        if name == "engine_type":
            _engine.settle()
        _engine.configure()
        _changed()


ENGINE_SETTINGS = (
    "engine_type",
    "cpu_workers",
    "inline_elements",
    "run_ahead_operations",
    "run_ahead_bytes",
    "log_events",
)
config.on_change(_setting_changed)
_engine.on_fallback = _changed
atexit.register(_engine.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_engine.before_fork, after_in_child=_engine.after_fork)
