"""What is switched on: recording, training mode, tracing, inline execution.

Recording and training are per thread, as in MXNet.  `plain` is the one flag the hottest path looks
at: it is True while no thread records and small operations may run at once, i.e. nearly always.
"""

import contextvars
import threading
from typing import Any

import numpy as np

from mxbook import engine


class _Local(threading.local):
    recording = False
    training = False
    retaining = False  # whether the backward pass that runs may be repeated
    # While `backward` runs: the variables whose gradient was written where it belongs already.
    delivered: set | None = None
    depth = 0  # `record` blocks around this point, paused or not
    trace: Any = None  # while a block runs on symbols in place of arrays; see `symbol.tracing`

    def __init__(self):
        # `quiet.run(kernel, ...)`: as in MXNet, 1 / 0 is infinity and nobody is warned.  A context
        # costs a tenth of `np.errstate`, and leaves the user's own settings alone.
        self.quiet = contextvars.Context()
        self.quiet.run(np.seterr, all="ignore")


class Mode:
    """Process-wide flags derived from the threads and the engine; see `refresh`.

    `recorders` counts the threads that record, or do so again after a pause.  `traced` is True
    where small operations may run at once, but not unseen by the engine's log.
    """

    __slots__ = ("inline", "naive", "plain", "recorders", "traced")

    def __init__(self):
        self.recorders = 0
        self.naive = self.traced = False
        self.inline = self.plain = True


local = _Local()
mode = Mode()
_lock = threading.Lock()


def refresh() -> None:
    """Work the flags out again after something they depend on has changed."""
    mode.inline = engine.inlines()
    mode.traced = engine.traces_inline()
    mode.naive = engine.is_naive()
    mode.plain = mode.inline and mode.recorders == 0


def set_recording(on: bool) -> bool:
    """Switch recording in this thread; returns what it was."""
    before = local.recording
    if before != on:
        local.recording = on
        _count(1 if on and not local.depth else -1 if not local.depth else 0)
    return before


def enter_record() -> None:
    """This thread goes into a `record` block."""
    if not local.recording and not local.depth:
        _count(1)
    local.depth += 1
    local.recording = True


def leave_record(recording: bool) -> None:
    """This thread leaves a `record` block; `recording` is what it did before."""
    local.depth -= 1
    local.recording = recording
    if not recording and not local.depth:
        _count(-1)


def _count(change: int) -> None:
    with _lock:
        mode.recorders += change
        refresh()


def set_training(on: bool) -> bool:
    """Switch training mode in this thread; returns what it was."""
    before = local.training
    local.training = on
    return before


engine.on_mode_change(refresh)
refresh()
