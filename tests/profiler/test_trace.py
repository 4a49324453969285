"""Traces and their files."""

import json
import os
import subprocess
import sys
import threading

import pytest

import mxbook as mx
from mxbook import profiler
from mxbook.profiler import writer
from mxbook.profiler.session import session
from tests.profiler.looking import small_net, step, trace


def test_a_trace_is_what_chrome_expects():
    net = small_net(hybrid=True)
    profiler.set_state("run")
    step(net)
    profiler.Domain("d").new_marker("m").mark()
    profiler.dump()
    assert not session.running
    with open(session.options.filename) as file:
        found = json.load(file)
    lanes = {(e["pid"], e["tid"]) for e in found["traceEvents"] if e["name"] == "thread_name"}
    for event in found["traceEvents"]:
        assert isinstance(event["name"], str)
        assert event["ph"] in "XCiMsf"
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if event["ph"] != "M":
            assert event["ts"] >= 0
            assert (event["pid"], event["tid"]) in lanes
        if event["ph"] == "X":
            assert event["dur"] >= 0


def test_a_trace_is_sorted_and_what_lasts_is_nested():
    net = small_net(hybrid=True)
    profiler.set_state("run")
    for _ in range(3):
        step(net)
    mx.nd.waitall()
    profiler.dump()
    with open(session.options.filename) as file:
        events = json.load(file)["traceEvents"]
    first = next(i for i, e in enumerate(events) if e["ph"] != "M")
    assert all(e["ph"] != "M" for e in events[first:])
    times = [e["ts"] for e in events[first:]]
    assert times == sorted(times)
    running: dict[tuple, list[float]] = {}
    for event in events[first:]:
        if event["ph"] == "X":
            ends = running.setdefault((event["pid"], event["tid"]), [])
            while ends and ends[-1] <= event["ts"]:
                ends.pop()
            end = event["ts"] + event["dur"]
            assert not ends or end <= ends[-1] + 0.001  # microseconds have three decimals
            ends.append(end)


def test_dump_may_leave_it_running():
    profiler.set_state("run")
    mx.nd.ones(2)
    assert [e["name"] for e in trace() if e["ph"] == "X"] == ["_ones"]
    assert session.running
    mx.nd.zeros(2)
    assert [e["name"] for e in trace() if e["ph"] == "X"] == ["_ones", "_zeros"]


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    path.write_text("old")
    profiler.set_config(filename=str(path))
    profiler.set_state("run")

    def fail(*_args):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        profiler.dump()
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.json"]
    profiler.dump()
    assert json.loads(path.read_text())["traceEvents"]


def test_a_folder_that_does_not_exist(tmp_path):
    profiler.set_config(filename=str(tmp_path / "none" / "p.json"))
    with pytest.raises(FileNotFoundError, match="no folder"):
        profiler.dump()


def test_continuous_dump(monkeypatch):
    written = threading.Event()
    monkeypatch.setattr(writer.trace, "write", lambda _session: written.set())
    profiler.set_config(continuous_dump=True, dump_period=0.001)
    assert not written.wait(0)
    profiler.set_state("run")
    assert written.wait(30)
    profiler.set_state("stop")
    assert not any(t.name == "profile writer" for t in threading.enumerate())


def test_autostart(tmp_path):
    code = "import mxbook as mx\nx = mx.nd.ones(2)\nprint((x + 1).asnumpy())"
    env = {**os.environ, "MXNET_PROFILER_AUTOSTART": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True, timeout=120)
    events = json.loads((tmp_path / "profile.json").read_text())["traceEvents"]
    assert [e["name"] for e in events if e["ph"] == "X"] == ["_ones", "_plus_scalar"]
