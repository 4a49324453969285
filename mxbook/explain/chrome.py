"""Chrome traces: the JSON that chrome://tracing and Perfetto open.

A trace is a list of events, plain dicts: `ph` says what kind one is ("X" lasts for `dur`, "C" is a
counter, "i" a moment, "M" a name, "s" and "f" the ends of an arrow), `ts` when (microseconds),
`pid` and `tid` in which group and lane it is drawn.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mxbook.engine.log import PartRecord, WaitRecord

from .timeline.record import Event, Timeline

OPERATIONS = 0  # the group of the engine's lanes


class Group(NamedTuple):
    """A group of lanes; numbers are given in the order in which the lanes are asked for."""

    pid: int
    name: str
    start: int  # nanoseconds, which are 0 in the trace
    tids: dict[str, int]

    def at(self, time: int, lane: str) -> dict[str, Any]:
        """Where an event is drawn."""
        tid = self.tids.setdefault(lane, len(self.tids))
        return {"ts": (time - self.start) / 1000, "pid": self.pid, "tid": tid}

    def span(
        self, name: str, category: str, lane: str, times: tuple[int, int], **args: Any
    ) -> dict[str, Any]:
        """Something that lasts."""
        place = self.at(times[0], lane)
        length = max(0, times[1] - times[0]) / 1000
        return {"name": name, "cat": category, "ph": "X", **place, "dur": length, "args": args}

    def names(self) -> list[dict[str, Any]]:
        """The events that name the group and its lanes."""
        found = [_name("process", self.pid, 0, self.name)]
        return found + [_name("thread", self.pid, tid, lane) for lane, tid in self.tids.items()]


def _name(kind: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": f"{kind}_name", "pid": pid, "tid": tid, "args": {"name": name}}


def trace(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The whole file: names first, then what happened in the order of time, what lasts longer
    before what happened meanwhile."""

    def order(event: dict[str, Any]) -> tuple:
        return event["ph"] != "M", event.get("ts", 0), -event.get("dur", 0)

    return {"traceEvents": sorted(events, key=order), "displayTimeUnit": "ms"}


def of_timeline(timeline: Timeline, start: int | None = None) -> list[dict[str, Any]]:
    """The events of a timeline; times count from `start` (its own beginning)."""
    group = Group(OPERATIONS, "operators", timeline.start if start is None else start, {})
    for lane in timeline.lanes:
        group.at(0, lane)
    found = [_operation(group, e) for e in timeline.events]
    found += [_part(group, p) for p in timeline.parts]
    found += [_wait(group, w) for w in timeline.waits]
    return [*group.names(), *found, *_arrows(group, timeline.events)]


def _operation(group: Group, event: Event) -> dict[str, Any]:
    args: dict[str, Any] = {"number": event.number, "bytes": event.nbytes}
    args |= {"waited_us": (event.started - event.pushed) / 1000, "outcome": event.outcome}
    args |= {"ready_us": (event.started - event.ready) / 1000, "after": list(event.after)}
    args |= {"reads": list(map(list, event.reads)), "writes": list(map(list, event.writes))}
    args |= {k: v for k, v in (("layer", event.layer), ("line", event.where)) if v}
    times = (event.started, event.ended)
    return group.span(event.name or "operation", "operator", event.lane, times, **args)


def _part(group: Group, part: PartRecord) -> dict[str, Any]:
    args = {"number": part.number, "bytes": part.nbytes, "layer": part.layer}
    return group.span(part.name, "operator", part.lane, (part.started, part.ended), **args)


def _wait(group: Group, wait: WaitRecord) -> dict[str, Any]:
    args = {"number": wait.number, "why": str(wait)}
    name = WAITS[wait.kind]
    return group.span(name, "wait", f"{wait.lane}, waiting", (wait.started, wait.ended), **args)


# What waits are called: MXNet's names of the engine's functions.
WAITS = {"variable": "WaitForVar", "all": "WaitForAll", "room": "WaitForRoom"}


def _arrows(group: Group, events: Sequence[Event]) -> list[dict[str, Any]]:
    """An arrow for each dependency between two lanes; within a lane the order shows it."""
    of = {e.number: e for e in events}
    found: list[dict[str, Any]] = []
    for event in events:
        for number in event.after:
            source = of[number]
            if source.lane == event.lane:
                continue
            both = {"name": "needs", "cat": "dependency", "id": len(found)}
            leaves = max(source.started, source.ended - 1)  # inside what it leaves
            found.append({**both, "ph": "s", **group.at(leaves, source.lane)})
            found.append({**both, "ph": "f", "bp": "e", **group.at(event.started, event.lane)})
    return found
