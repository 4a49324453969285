"""Timelines: dependencies, the critical path and Chrome traces, by construction."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import engine
from mxbook.engine.log import OperationRecord, PartRecord, WaitRecord
from mxbook.explain.timeline import Timeline, covered, timeline
from mxbook.explain.timeline import record as module
from mxbook.explain.timeline.events import Table

US = 1000


def record(number, reads=(), writes=(), span=(0, 1), lane="main", **more):
    started, ended = (t * US for t in span)
    return OperationRecord(
        number, f"op{number}", None, reads, writes, started, started, started, ended, lane, False,
        "done", **more,
    )  # fmt: skip


def chain(*durations):
    """Operations each of which rewrites what the one before made."""
    found, at = [], 0
    for number, length in enumerate(durations, 1):
        found.append(record(number, (), ((1, number),), (at, at + length)))
        at += length
    return found


# ---- numbers


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_the_critical_path_of_a_chain_is_the_chain(durations):
    found = timeline(chain(*durations))
    path = found.critical_path()
    assert [e.number for e in path] == list(range(1, len(durations) + 1))
    assert sum(e.duration for e in path) == sum(durations) * US


def test_the_critical_path_takes_the_longer_branch():
    records = [
        record(1, writes=((1, 1),), span=(0, 2)),
        record(2, reads=((1, 1),), writes=((2, 1),), span=(2, 12)),
        record(3, reads=((1, 1),), writes=((3, 1),), span=(2, 5), lane="worker"),
        record(4, reads=((2, 1), (3, 1)), writes=((4, 1),), span=(12, 13)),
        record(5, writes=((5, 1),), span=(13, 20)),
    ]
    assert [e.number for e in timeline(records).critical_path()] == [1, 2, 4]
    assert [e.after for e in timeline(records).events] == [(), (1,), (1,), (2, 3), ()]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=8))
def test_covered_counts_every_moment_once(spans):
    spans = [(a, a + length) for a, length in spans]
    assert covered(spans) == len({t for a, b in spans for t in range(a, b)})


def test_busy_counts_what_runs_inside_another_operation_once():
    records = [record(1, span=(0, 10)), record(2, span=(2, 5)), record(3, span=(4, 6), lane="w")]
    assert timeline(records).busy() == {"main": 10 * US, "w": 2 * US}


# ---- views


def sample() -> Timeline:
    records = [
        record(1, writes=((1, 1),), span=(0, 10), nbytes=8, layer="net_dense0"),
        record(2, reads=((1, 1),), writes=((2, 1),), span=(10, 30), lane="worker"),
    ]
    parts = [PartRecord(1, "dot", "net_dense0", 1 * US, 9 * US, "main", 8)]
    waits = [WaitRecord(2, "variable", None, 12 * US, 30 * US, "main", 2, "op2", None)]
    return timeline(records, parts, waits)


def test_text_names_lanes_and_the_critical_path():
    lines = sample().text(width=30).splitlines()
    assert lines[0].startswith("2 operations on 2 lanes in 30 us; critical path 30 us")
    assert lines[1].split() == ["main", "█" * 10 + "·" * 20, "33%"]
    assert lines[2].split() == ["worker", "·" * 10 + "█" * 20, "67%"]
    assert [line.split("#")[1].split()[0] for line in lines[4:]] == ["1", "2"]
    assert timeline([]).text() == "nothing happened"


def test_what_a_notebook_asks_for_needs_no_critical_path_when_that_takes_long(monkeypatch):
    class Printer:
        def text(self, text):
            self.found = text

    printer = Printer()
    sample()._repr_pretty_(printer, False)
    assert printer.found == sample().text()
    monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(Table, "critical", None)
    sample()._repr_pretty_(printer, False)
    assert printer.found.splitlines()[0] == "2 operations on 2 lanes in 30 us"
    assert len(printer.found.splitlines()) == 3


def test_text_of_a_long_path_tells_the_longest():
    lines = timeline(chain(*range(1, 31))).text().splitlines()
    assert lines[2] == "critical path, the 20 longest:"
    assert [int(line.split("#")[1].split()[0]) for line in lines[3:]] == list(range(11, 31))


def test_data_is_json_and_counts_from_the_start():
    data = json.loads(json.dumps(sample().data()))
    assert data["end"] == 30 * US
    assert data["lanes"] == ["main", "worker"]
    assert [(e["started"], e["ended"]) for e in data["events"]] == [
        (0, 10 * US),
        (10 * US, 30 * US),
    ]
    assert data["events"][1]["after"] == [1]
    assert data["parts"][0]["started"] == US
    assert data["waits"][0]["number"] == 2
    assert data["critical"] == [1, 2]


def test_a_chrome_trace_holds_spans_names_and_arrows():
    found = json.loads(json.dumps(sample().to_chrome()))["traceEvents"]
    spans = {e["name"]: e for e in found if e["ph"] == "X"}
    assert (spans["op1"]["ts"], spans["op1"]["dur"]) == (0, 10)
    assert spans["op1"]["args"]["layer"] == "net_dense0"
    assert spans["op1"]["tid"] == spans["dot"]["tid"] != spans["op2"]["tid"]
    names = {e["tid"]: e["args"]["name"] for e in found if e["name"] == "thread_name"}
    assert names[spans["op2"]["tid"]] == "worker"
    assert names[spans["WaitForVar"]["tid"]] == "main, waiting"
    start, finish = (e for e in found if e["ph"] in "sf")
    assert start["id"] == finish["id"]
    assert spans["op1"]["ts"] <= start["ts"] < 10
    assert (finish["ts"], finish["tid"]) == (10, spans["op2"]["tid"])


# ---- from the engine


@pytest.mark.parametrize("kind", ["NaiveEngine", "ThreadedEngine", "HybridEngine"])
def test_traced_operations_know_their_inputs_and_lines(kind, monkeypatch):
    before = mx.config.engine_type
    mx.config.engine_type = kind
    engine.log.clear()
    try:
        with engine.trace():
            a = mx.nd.ones((2, 3))
            b = a * 2
            c = (a + b).asnumpy()
    finally:
        mx.config.engine_type = before
    events = timeline().events
    assert [e.name for e in events] == ["_ones", "_mul_scalar", "broadcast_add"]
    assert (c == 3).all()
    first, second = (e.number for e in events[:2])
    assert [e.after for e in events] == [(), (first,), (first, second)]
    assert len({e.site.line for e in events}) == 3
    assert all(e.where.startswith("test_record.py") for e in events)
    assert [e.nbytes for e in events] == [24, 24, 24]


def test_threads_have_their_own_lanes():
    engine.log.clear()

    def work():
        (mx.nd.ones(2) + 1).asnumpy()

    with engine.trace():
        threads = [threading.Thread(target=work, name=f"user {i}") for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {e.lane for e in timeline().events} == {"user 0", "user 1"}
