"""What is switched on: recording, training mode, tracing, inline execution.

Recording and training are per thread, as in MXNet.  `plain` is the one flag the hottest path looks
at: it is True while no thread records and small operations may run at once, i.e. nearly always.
"""

import threading

from mxbook import engine


class _Local(threading.local):
    recording = False
    training = False
    paused = False  # inside a `pause` that is inside a `record`


class Mode:
    """Process-wide flags derived from the threads and the engine; see `refresh`."""

    __slots__ = ("inline", "plain", "recorders")

    def __init__(self):
        self.recorders = 0
        self.inline = self.plain = True


local = _Local()
mode = Mode()
_lock = threading.Lock()


def refresh() -> None:
    """Work the flags out again after something they depend on has changed."""
    mode.inline = engine.inlines()
    mode.plain = mode.inline and mode.recorders == 0


def set_recording(on: bool) -> bool:
    """Switch recording in this thread; returns what it was."""
    before = local.recording
    if before != on:
        local.recording = on
        with _lock:
            mode.recorders += 1 if on else -1
            refresh()
    return before


def set_training(on: bool) -> bool:
    """Switch training mode in this thread; returns what it was."""
    before = local.training
    local.training = on
    return before


engine.on_mode_change(refresh)
