"""Watches the engine while it runs.

    with mx.explain.watch("one epoch") as w:
        train()
    w.timeline.save("epoch.json.gz")

In a notebook with `mxbook_widgets` the newest operations are shown while they happen, at most ten
times a second and only as often as that takes a small part of the time; elsewhere a line of text
tells how far it is.  Nothing is shown from threads other than the one that watches.
"""

import sys
import threading
from time import perf_counter_ns as clock
from typing import Any, Protocol

from mxbook import engine
from mxbook.engine.log import Log

from .record import Timeline, of_log

INTERVAL = 100_000_000  # nanoseconds between two messages, at least
COST = 0.05  # part of the time that showing may take
NEWEST = 3000  # operations that are shown while it runs


class Screen(Protocol):
    """Where a timeline is shown while it grows."""

    def show(self, found: Timeline, running: bool) -> None:
        """Show the newest operations, or at the end everything."""


def watch(title: str = "", *, show: bool = True, newest: int = NEWEST) -> "Watch":
    """A `with` block whose operations are recorded and shown while they run.

    `newest` bounds what is shown meanwhile; what happened in the whole block is there afterwards,
    as `timeline`, as far as the log remembers it (a million operations).

    >>> import mxbook as mx
    >>> with watch(show=False) as w:
    ...     y = mx.nd.ones(2) + 1
    >>> [event.name for event in w.timeline.events]
    ['_ones', '_plus_scalar']
    """
    return Watch(engine.log, screen(title) if show else None, newest)


class Watch:
    """What `watch` gives; after the block `timeline` is what happened in it."""

    def __init__(self, log: Log, screen: Screen | None, newest: int):
        self.timeline = Timeline([], [], [])
        self.messages = 0  # that were sent while it ran
        self._log, self._screen, self._newest = log, screen, newest
        self._start = self._due = self._spent = 0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Watch":
        engine.settle()
        self._thread = threading.current_thread()
        self._start = clock()
        self._due = self._start + INTERVAL
        self._log.hold(True)
        engine.set_tracing(True, self._look)
        return self

    def __exit__(self, *_error: Any) -> None:
        engine.set_tracing(False, self._look)
        engine.settle()
        self.timeline = self._seen(0)
        self._log.hold(False)
        if self._screen is not None:
            self._screen.show(self.timeline, running=False)

    def _look(self) -> None:
        """Show what is new, if it is time; called with each push."""
        now = clock()
        if now < self._due or self._screen is None:
            return
        if threading.current_thread() is not self._thread:
            return
        self._due = now + 2**62  # what showing pushes itself is not shown
        self._screen.show(self._seen(self._newest), running=True)
        self.messages += 1
        done = clock()
        self._spent += done - now
        # Rarely enough that all of it stays below its part of the time.
        self._due = max(now + INTERVAL, self._start + int(self._spent / COST))

    def _seen(self, newest: int) -> Timeline:
        """What happened in the block; only the `newest` operations, or everything (0)."""
        return of_log(self._log, newest, self._start)


def screen(title: str) -> Screen:
    """The best way to show a timeline here."""
    from mxbook.explain.live import notebook_display, widget_package

    if notebook_display() is None:
        return Terminal(title)
    package = widget_package()
    return Terminal(title) if package is None else Notebook(package, title)


class Notebook:
    """The live widget."""

    def __init__(self, package: Any, title: str):
        self._widget = package.Timeline(Timeline([], [], []), title=title, live=True)
        self._widget.show()

    def show(self, found: Timeline, running: bool) -> None:
        """One binary message while it runs; the final record stays."""
        if running:
            self._widget.show_again(found, live=True)
        else:
            self._widget.settle(found)


class Terminal:
    """One sentence while it runs, at most every two seconds, and the bars at the end."""

    def __init__(self, title: str, out: Any = None):
        self._title, self._out, self._due = title, out, 0

    def show(self, found: Timeline, running: bool) -> None:
        """Say where it is."""
        now = clock()
        if running and now < self._due:
            return
        self._due = now + 20 * INTERVAL
        head = f"{self._title}: " if self._title else ""
        text = f"newest {found.sentence()}" if running else found.text()
        print(head + text, file=self._out or sys.stdout, flush=True)
