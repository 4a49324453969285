"""Reads Chrome traces: ours with everything that is in them, those of other programs as far as they
go.

Understood are the JSON object with "traceEvents" and the bare list, plain or .gz, also cut off at
the end (as the format allows); spans as "X" or as "B" and "E"; names of processes and threads; and
arrows between spans ("s", "f") as dependencies.  What is unknown or broken is skipped.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable
from os import PathLike
from typing import Any, NamedTuple

from mxbook.base.errors import FileFormatError
from mxbook.engine.log import PartRecord, WaitRecord

from .events import Event, Mark
from .record import Timeline

GZIP = b"\x1f\x8b"
WAITING = ", waiting"  # ends the lanes in which our traces draw waits
KINDS = {"WaitForVar": "variable", "WaitForAll": "all", "WaitForRoom": "room"}


class Span(NamedTuple):
    """Something that lasts, in nanoseconds, on a thread of a process."""

    name: str
    category: str
    where: tuple[Any, Any]
    started: int
    ended: int
    args: dict[str, Any]


def load(path: str | PathLike) -> Timeline:
    """The timeline of a file.  Raises FileFormatError if it holds no trace."""
    with open(path, "rb") as file:
        raw = file.read()
    try:
        if raw[:2] == GZIP:
            import gzip

            raw = gzip.decompress(raw)
        return from_events(trace_events(raw.decode("utf-8", "replace")))
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(
            f"cannot read a trace from {os.fspath(path)!r}",
            rule='a Chrome trace: JSON with a list of "traceEvents", or that list, or such a .gz',
            values=[("found", f"{type(error).__name__}: {error}")],
        ) from error


def trace_events(text: str) -> list[dict[str, Any]]:
    """The events of a trace's text, also of one that was cut off.  Raises ValueError.

    >>> trace_events('[{"ph": "X", "ts": 1}, {"ph": "X", "ts": 2}, {"ph"')
    [{'ph': 'X', 'ts': 1}, {'ph': 'X', 'ts': 2}]
    """
    import json

    try:
        found = json.loads(text)
    except ValueError:
        found = json.loads(_mended(text))
    if isinstance(found, dict):
        found = found.get("traceEvents")
    if not isinstance(found, list):
        raise ValueError("no list of events")
    return [event for event in found if isinstance(event, dict)]


def _mended(text: str) -> str:
    """A list that was cut off, up to its last whole event."""
    import json

    begin = text.find("[")
    if begin < 0:
        raise ValueError("no list of events")
    read, at, events = json.JSONDecoder(), begin + 1, []
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            event, at = read.raw_decode(text, at)
        except ValueError:
            break
        events.append(event)
    if not events:
        raise ValueError("no whole event")
    return json.dumps(events)


def from_events(events: Iterable[dict[str, Any]]) -> Timeline:
    """The timeline of a trace's events."""
    events = list(events)
    lanes = _Names(events)
    ours, parts, waits, others = [], [], [], []
    for span in spans(events):
        number = span.args.get("number")
        if span.category == "wait" and isinstance(number, int):
            waits.append(_wait(span, lanes.of(span.where)))
        elif span.category == "operator" and isinstance(number, int):
            if "outcome" in span.args:
                ours.append(_event(span, lanes.of(span.where)))
            else:
                parts.append(_part(span, lanes.of(span.where)))
        else:
            others.append(span)
    first = max([e.number for e in ours], default=0) + 1
    after = _arrows(events, others, first)
    names = {e.number: e.name for e in ours}
    ours = [e._replace(after=tuple([n for n in e.after if n in names])) for e in ours]
    waits = [w._replace(name=names.get(w.number, "")) for w in waits]
    foreign = [
        Event(
            first + i,
            span.name,
            span.category,
            lanes.of(span.where),
            *[span.started] * 3,
            span.ended,
            "done",
            0,
            (),
            (),
            after.get(i, ()),
            None,
        )
        for i, span in enumerate(others)
    ]
    return Timeline(sorted([*ours, *foreign], key=lambda e: e.number), parts, waits)


def spans(events: Iterable[dict[str, Any]]) -> list[Span]:
    """All that lasts, in the order of starts; what began and never ended is left out."""
    found: list[Span] = []
    begun: dict[tuple, list[dict[str, Any]]] = {}
    for event in events:
        kind, time = event.get("ph"), _nanoseconds(event.get("ts"))
        where = _where(event)
        if time is None:
            continue
        if kind == "X":
            found.append(_span(event, where, time, time + (_nanoseconds(event.get("dur")) or 0)))
        elif kind == "B":
            begun.setdefault(where, []).append(event)
        elif kind == "E" and begun.get(where):
            start = begun[where].pop()
            found.append(_span(start, where, _nanoseconds(start["ts"]) or 0, time))
    found.sort(key=lambda s: (s.started, -s.ended))
    return found


def _span(event: dict[str, Any], where: tuple[Any, Any], started: int, ended: int) -> Span:
    args = event.get("args")
    name, category = str(event.get("name") or "?"), str(event.get("cat") or "")
    ended = max(started, ended)
    return Span(name, category, where, started, ended, args if isinstance(args, dict) else {})


def _where(event: dict[str, Any]) -> tuple[str, str]:
    return str(event.get("pid", 0)), str(event.get("tid", 0))


def _nanoseconds(value: Any) -> int | None:
    try:
        return round(float(value) * 1000)
    except (TypeError, ValueError, OverflowError):
        return None


class _Names:
    """Names of lanes; with those of their processes where there are several."""

    def __init__(self, events: Iterable[dict[str, Any]]):
        self.processes: dict[str, str] = {}
        self.threads: dict[tuple[str, str], str] = {}
        used = set()
        for event in events:
            if event.get("ph") in ("X", "B"):
                used.add(_where(event)[0])
            args = event.get("args")
            name = args.get("name") if isinstance(args, dict) else None
            if event.get("ph") != "M" or name is None:
                continue
            if event.get("name") == "process_name":
                self.processes[_where(event)[0]] = str(name)
            elif event.get("name") == "thread_name":
                self.threads[_where(event)] = str(name)
        self.several = len(used) > 1

    def of(self, where: tuple[str, str]) -> str:
        """The name of a lane."""
        thread = self.threads.get(where, f"thread {where[1]}").removesuffix(WAITING)
        if not self.several:
            return thread
        return f"{self.processes.get(where[0], f'process {where[0]}')}: {thread}"


def _event(span: Span, lane: str) -> Event:
    args = span.args

    def before(name: str) -> int:
        return span.started - (_nanoseconds(args.get(name)) or 0)

    return Event(
        args["number"],
        span.name,
        str(args.get("layer", "")),
        lane,
        before("waited_us"),
        before("ready_us"),
        span.started,
        span.ended,
        str(args["outcome"]),
        int(args.get("bytes", 0)),
        _marks(args.get("reads")),
        _marks(args.get("writes")),
        tuple([n for n in args.get("after", ()) if isinstance(n, int)]),
        None,
        str(args.get("line", "")),
    )


def _marks(pairs: Any) -> tuple[Mark, ...]:
    return tuple([(int(key), int(version)) for key, version in pairs or ()])


def _part(span: Span, lane: str) -> PartRecord:
    layer, nbytes = str(span.args.get("layer", "")), int(span.args.get("bytes", 0))
    return PartRecord(span.args["number"], span.name, layer, span.started, span.ended, lane, nbytes)


def _wait(span: Span, lane: str) -> WaitRecord:
    kind = KINDS.get(span.name, "variable")
    number = span.args["number"]
    return WaitRecord(None, kind, None, span.started, span.ended, lane, number, "", None)


def _arrows(
    events: Iterable[dict[str, Any]], others: list[Span], first: int
) -> dict[int, tuple[int, ...]]:
    """For spans, by their places, the numbers of those that arrows come from."""
    lanes: dict[tuple, list[int]] = {}
    for i, span in enumerate(others):
        lanes.setdefault(span.where, []).append(i)

    def at(event: dict[str, Any]) -> int | None:
        """The innermost span in which an arrow begins or ends."""
        time, members = _nanoseconds(event.get("ts")), lanes.get(_where(event), [])
        if time is None:
            return None
        place = bisect_right(members, time, key=lambda i: others[i].started)
        inside = (
            i for i in reversed(members[max(0, place - 64) : place]) if others[i].ended >= time
        )
        return next(inside, None)

    sources: dict[Any, int] = {}
    found: dict[int, set[int]] = {}
    flows = [e for e in events if e.get("ph") in ("s", "t", "f")]
    for event in sorted(flows, key=lambda e: _nanoseconds(e.get("ts")) or 0):
        key, span = (str(event.get("cat")), str(event.get("id"))), at(event)
        if event["ph"] != "s" and span is not None and key in sources and sources[key] < span:
            found.setdefault(span, set()).add(first + sources[key])
        if event["ph"] != "f" and span is not None:
            sources[key] = span
    return {span: tuple(sorted(numbers)) for span, numbers in found.items()}
