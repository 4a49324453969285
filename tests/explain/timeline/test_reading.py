"""Chrome traces: ours come back whole, others as far as they go."""

import gzip
import json

import pytest
from hypothesis import given

from mxbook.base.errors import FileFormatError
from mxbook.engine.log import PartRecord
from mxbook.explain import chrome
from mxbook.explain.timeline import Timeline
from mxbook.explain.timeline.reading import from_events, trace_events

from .records import ran, timelines


def events_of(t: Timeline) -> list[dict]:
    return json.loads(json.dumps(chrome.trace(chrome.of_timeline(t))))["traceEvents"]


@given(timelines)
def test_what_is_written_is_read(t):
    t = t.what_if(2)
    again = from_events(events_of(t))
    zero = t.start
    moved = [
        e._replace(pushed=e.pushed - zero, ready=e.ready - zero, started=e.started - zero,
                   ended=e.ended - zero) for e in t.events
    ]  # fmt: skip
    assert again.events == moved
    assert [(w.kind, w.number, w.started, w.ended) for w in again.waits] == [
        (w.kind, w.number, w.started - zero, w.ended - zero)
        for w in sorted(t.waits, key=lambda w: w.started)
    ]


def test_instructions_come_back_as_such(tmp_path):
    t = ran([({0}, {1}, 10, 0, "net")])
    t = t._replace(parts=[PartRecord(1, "dot", "dense0", 102, 105, "MainThread", 8)])
    t.save(tmp_path / "t.json.gz")
    again = Timeline.load(tmp_path / "t.json.gz")
    assert again.parts == [PartRecord(1, "dot", "dense0", 2, 5, "MainThread", 8)]
    assert len(again.events) == 1


FOREIGN = [
    {"ph": "M", "name": "process_name", "pid": 7, "args": {"name": "python"}},
    {"ph": "M", "name": "thread_name", "pid": 7, "tid": "3", "args": {"name": "stream 7"}},
    {"ph": "X", "name": "forward", "cat": "cpu_op", "ts": "10.5", "dur": 20, "pid": 7, "tid": 1},
    {"ph": "X", "name": "kernel", "ts": 14, "dur": 4, "pid": 7, "tid": "3", "args": None},
    {"ph": "B", "name": "step", "ts": 40, "pid": 7, "tid": 1},
    {"ph": "E", "ts": 45, "pid": 7, "tid": 1},
    {"ph": "E", "ts": 46, "pid": 7, "tid": 1},
    {"ph": "B", "name": "never ends", "ts": 50, "pid": 7, "tid": 1},
    {"ph": "s", "id": 1, "cat": "ac2g", "ts": 11, "pid": 7, "tid": 1},
    {"ph": "f", "bp": "e", "id": 1, "cat": "ac2g", "ts": 14, "pid": 7, "tid": "3"},
    {"ph": "X", "name": "no time", "pid": 7, "tid": 1},
    {"ph": "i", "name": "moment", "ts": 1, "pid": 7, "tid": 1},
    "not an event",
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_traces_of_other_programs(tmp_path, packed, listed):
    raw = json.dumps(FOREIGN if listed else {"traceEvents": FOREIGN, "schema": 1}).encode()
    (tmp_path / "t").write_bytes(gzip.compress(raw) if packed else raw)
    t = Timeline.load(tmp_path / "t")
    assert [(e.name, e.lane, e.started, e.ended) for e in t.events] == [
        ("forward", "thread 1", 10_500, 30_500),
        ("kernel", "stream 7", 14_000, 18_000),
        ("step", "thread 1", 40_000, 45_000),
    ]
    assert [e.after for e in t.events] == [(), (1,), ()]
    assert "kernel" in t.svg()


def test_several_processes_are_told_apart():
    events = [{"ph": "X", "name": "a", "ts": 0, "dur": 1, "pid": pid, "tid": 1} for pid in (1, 2)]
    lanes = {e.lane for e in from_events(events).events}
    assert lanes == {"process 1: thread 1", "process 2: thread 1"}


def test_a_trace_that_was_cut_off():
    text = json.dumps(FOREIGN[:4])
    assert len(trace_events(text[:-1])) == 4
    assert len(trace_events(text[:-10])) == 3


@pytest.mark.parametrize("text", ["", "hello", "{}", "[", '{"traceEvents": 3}', "[3", "\x1f\x8bx"])
def test_what_is_no_trace(tmp_path, text):
    (tmp_path / "t").write_bytes(text.encode("latin-1"))
    if text == "[3":
        assert Timeline.load(tmp_path / "t").events == []
        return
    with pytest.raises(FileFormatError):
        Timeline.load(tmp_path / "t")
