"""What the profiler has seen as a Chrome trace, and as a file."""

import json
from collections.abc import Sequence
from typing import Any

from mxbook.explain import chrome
from mxbook.explain.timeline import Timeline
from mxbook.formats import atomic

from .session import Mark, Sample, Session

# The letters by which a trace knows how far a moment reaches.
REACH = {"global": "g", "process": "p"}


def trace_of(
    timeline: Timeline, marks: Sequence[Mark], samples: Sequence[Sample]
) -> dict[str, Any]:
    """The trace: the engine's lanes, a group for memory, and one for each domain of the user."""
    times = [*(m.started for m in marks), *(s.time for s in samples)]
    if timeline.events or timeline.waits:
        times.append(timeline.start)
    start = min(times, default=0)
    found = chrome.of_timeline(timeline, start)
    domains = sorted({m.domain for m in marks})
    memory = chrome.Group(1, "memory", start, {})
    groups = {d: chrome.Group(2 + i, d, start, {}) for i, d in enumerate(domains)}
    drawn = [_memory(memory, s) for s in samples]
    drawn += [_mark(groups[m.domain], m) for m in sorted(marks, key=lambda m: m.started)]
    names = [name for group in ([memory] if samples else []) for name in group.names()]
    names += [name for group in groups.values() for name in group.names()]
    return chrome.trace([*found, *names, *drawn])


def _memory(group: chrome.Group, sample: Sample) -> dict[str, Any]:
    place = group.at(sample.time, "bytes in use")
    args = {"bytes": sample.nbytes}
    return {"name": f"Memory: {sample.device}", "cat": "memory", "ph": "C", **place, "args": args}


def _mark(group: chrome.Group, mark: Mark) -> dict[str, Any]:
    if mark.kind == "counter":
        place = group.at(mark.started, mark.lane)
        args = {mark.name: mark.value}
        return {"name": mark.name, "cat": mark.domain, "ph": "C", **place, "args": args}
    if mark.kind == "marker":
        place, reach = group.at(mark.started, mark.lane), REACH.get(mark.value, "t")
        return {"name": mark.name, "cat": mark.domain, "ph": "i", "s": reach, **place, "args": {}}
    return group.span(mark.name, mark.domain, mark.lane, (mark.started, mark.ended))


def write(session: Session) -> None:
    """Write the trace to the file that the options name, in one step."""
    found = trace_of(session.timeline(), list(session.marks), list(session.samples))
    atomic.write(session.options.filename, [json.dumps(found).encode()])
