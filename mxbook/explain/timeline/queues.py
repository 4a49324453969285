"""The queue of every variable, one event after the other: how the engine knows who may run.

Each variable has a queue of unfinished operations that read or write it, in the order in which they
were pushed.  A reader may run when no writer stands before it, a writer when nobody does; an
operation may run when it may in all its queues.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mxbook.engine.failures import duration, numbered

from .events import Event
from .record import Timeline

PUSHED, STARTED, ENDED = "pushed", "started", "ended"
WAITS, MAY_RUN, RUNS = "waits", "may run", "runs"
SIGNS = {WAITS: "·", MAY_RUN: "○", RUNS: "●"}


class Change(NamedTuple):
    """One event: an operation was pushed, started or ended."""

    time: int  # nanoseconds from the beginning
    what: str
    event: Event

    def __str__(self) -> str:
        title = numbered(self.event.number, self.event.name)
        return f"{duration(self.time)}  {title} {self.what}"


class Entry(NamedTuple):
    """A place in a queue."""

    number: int
    name: str
    writes: bool
    state: str  # "waits", "may run" or "runs"


class Queue(NamedTuple):
    """The queue of one variable, and how many writes of it have finished."""

    key: int
    name: str
    version: int
    entries: list[Entry]

    def __str__(self) -> str:
        words = [
            f"{SIGNS[e.state]}{'W' if e.writes else 'R'}#{e.number} {e.name}" for e in self.entries
        ]
        return f"{self.name} v{self.version}: " + ("  ".join(words) or "idle")


class Steps:
    """All events of a timeline in order; `at(k)` gives the queues after the first `k` of them.

    `names` tells the names of variables by their keys; others are called x and their key.

    >>> print(Steps(Timeline([], [], [])))
    nothing happened
    """

    def __init__(self, timeline: Timeline, names: Mapping[int, str] | None = None):
        self.names = dict(names or {})
        self.changes = changes(timeline)
        self._versions: dict[int, int] = {}  # at the beginning
        for event in timeline.events:
            for key, version in event.reads:
                self._versions.setdefault(key, version)
            for key, version in event.writes:
                self._versions.setdefault(key, version - 1)

    def __len__(self) -> int:
        return len(self.changes)

    def at(self, step: int) -> list[Queue]:
        """The queues after so many events, those of all variables that are ever used."""
        pending: dict[int, list[tuple[Event, bool]]] = {key: [] for key in self._versions}
        version, running = dict(self._versions), set()
        for change in self.changes[: max(0, step)]:
            event = change.event
            uses = [(key, True) for key, _ in event.writes]
            uses += [(key, False) for key, _ in event.reads]
            if change.what == PUSHED:
                for key, writes in uses:
                    pending[key].append((event, writes))
            elif change.what == STARTED:
                running.add(event.number)
            else:
                for key, writes in uses:
                    pending[key] = [p for p in pending[key] if p[0].number != event.number]
                    version[key] += writes
        blocked = _blocked(pending)
        return [
            Queue(
                key,
                self.names.get(key, f"x{key}"),
                version[key],
                [
                    Entry(e.number, e.name, writes, _state(e.number, running, blocked))
                    for e, writes in entries
                ],
            )
            for key, entries in pending.items()
        ]

    def text(self, step: int) -> str:
        """What has just happened, and the queues after it, a line for each that is not empty."""
        if not self.changes:
            return "nothing happened"
        step = min(max(0, step), len(self.changes))
        head = "at the beginning" if step == 0 else str(self.changes[step - 1])
        rows = [str(queue) for queue in self.at(step) if queue.entries]
        return "\n".join([f"{step} of {len(self.changes)}: {head}", *(rows or ["all idle"])])

    def __str__(self) -> str:
        return self.text(0)


def changes(timeline: Timeline) -> list[Change]:
    """Pushes, starts and ends in the order of time.

    At the same moment operations end before others are pushed, and are pushed before others start;
    one that takes no time ends right after its start.
    """
    zero = timeline.start
    rows = []
    for event in timeline.events:
        instant = event.ended == event.started
        rows.append(((event.pushed, 1, event.number, 0), PUSHED, event))
        rows.append(((event.started, 2, event.number, 0), STARTED, event))
        rows.append(((event.ended, 2 if instant else 0, event.number, 1), ENDED, event))
    rows.sort(key=lambda row: row[0])
    return [Change(key[0] - zero, what, event) for key, what, event in rows]


def _blocked(pending: Mapping[int, list[tuple[Event, bool]]]) -> set[int]:
    """The numbers of the operations that somebody stands before."""
    found = set()
    for entries in pending.values():
        writer_before = False
        for place, (event, writes) in enumerate(entries):
            if writer_before or (writes and place):
                found.add(event.number)
            writer_before = writer_before or writes
    return found


def _state(number: int, running: set[int], blocked: set[int]) -> str:
    if number in running:
        return RUNS
    return WAITS if number in blocked else MAY_RUN
