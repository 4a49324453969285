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

from mxbook.base.config import config
from mxbook.base.errors import EngineError

from .core import Operation, Variable
from .failures import Failure
from .log import Log, OperationRecord, Story, WaitRecord, story_of
from .report import Report
from .scheduler import Engine


class State:
    """What other layers look at: `tracing` is True inside `trace()`."""

    __slots__ = ("tracing",)

    def __init__(self) -> None:
        self.tracing = False


state = State()
_engine = Engine(config)
log = _engine.log
_listeners: list[Callable[[], None]] = []
_reports: list[Report] = []
_bulk_size = 15

push = _engine.push
push_async = _engine.push_async
delete_variable = _engine.delete_variable
wait_for_var = _engine.wait_for_var
wait_for_all = _engine.wait_for_all


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


@contextmanager
def trace() -> Iterator[Log]:
    """Inside, the array layer pushes every operation, also those it would run itself; see `log`."""
    before, state.tracing = state.tracing, True
    _changed()
    try:
        yield log
    finally:
        state.tracing = before
        _changed()


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
