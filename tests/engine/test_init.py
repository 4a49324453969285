"""The public face: module functions that act on the current engine."""

import subprocess
import sys
import threading

import pytest

from mxbook import engine
from mxbook.base.config import config
from mxbook.base.errors import ConfigError, EngineError


@pytest.fixture(autouse=True)
def restore():
    kind, workers = engine.engine_type(), config.cpu_workers
    yield
    engine.set_engine_type(kind)
    config.cpu_workers = workers


@pytest.fixture
def changes(monkeypatch):
    """Calls of a callback that was registered for mode changes."""
    seen = []
    monkeypatch.setattr(engine, "_listeners", [*engine._listeners])
    engine.on_mode_change(lambda: seen.append((engine.engine_type(), engine.inlines())))
    return seen


def test_switching_engines_waits_and_tells(changes):
    x, order = engine.new_variable("x"), []
    for kind, inlines in (
        ("ThreadedEngine", False),
        ("NaiveEngine", True),
        ("HybridEngine", True),
        ("ThreadedEnginePerDevice", False),
    ):
        engine.set_engine_type(kind)
        assert engine.engine_type() == config.engine_type == kind
        assert engine.inlines() == inlines
        assert engine.is_naive() == (kind == "NaiveEngine")
        assert changes[-1] == (kind, inlines)
        assert x.pending == 0
        for i in range(50):
            engine.push(lambda i=i, k=kind: order.append((k, i)), [x], [x], work=10**9)
    config.engine_type = "NaiveEngine"
    assert len(order) == 200
    assert [i for _, i in order] == list(range(50)) * 4


def test_unknown_engines_are_refused():
    with pytest.raises(ConfigError, match="FastEngine"):
        engine.set_engine_type("FastEngine")
    assert engine.engine_type() == config.engine_type


def test_tracing_switches_inlining_off(changes):
    engine.set_engine_type("HybridEngine")
    changes.clear()
    with engine.trace() as log:
        assert engine.state.tracing
        assert not engine.inlines()
        with engine.trace():
            pass
        assert engine.state.tracing
        engine.push(lambda: None, name="traced")
    assert not engine.state.tracing
    assert engine.inlines()
    assert log.operations()[-1].name == "traced"
    assert changes[0] == ("HybridEngine", False)
    assert changes[-1] == ("HybridEngine", True)


def test_story_takes_variables_and_arrays_that_have_one():
    x = engine.new_variable("x")
    engine.push(lambda: None, writes=[x], name="load")
    engine.wait_for_var(x)

    class Array:
        _var = x

    assert str(engine.story(Array())) == str(engine.story(x))
    assert "load done" in str(engine.story(x))
    Array._var = None
    with pytest.raises(EngineError, match="no story of this Array"):
        engine.story(Array())


def test_explain_prints_where_the_time_went(capsys):
    engine.set_engine_type("ThreadedEngine")
    x, release = engine.new_variable(), threading.Event()
    engine.push(release.wait, writes=[x], name="dot")
    engine.push(release.set)
    with engine.explain() as report:
        while not report.lines():
            engine.wait_for_var(x)
            engine.note_copy(4e-4, 100)
    engine.note_copy(4e-4, 100)  # nobody listens
    line = capsys.readouterr().out.splitlines()[0]
    assert line.endswith("copied in 0.4 ms, nothing to wait for") or (
        "for operation #" in line and line.endswith("copied in 0.4 ms")
    )
    with engine.explain():
        pass
    assert capsys.readouterr().out == "nothing was waited for\n"


def test_bulk_size_is_remembered():
    before = engine.set_bulk_size(7)
    with engine.bulk(30):
        assert engine.set_bulk_size(30) == 30
    assert engine.set_bulk_size(before) == 7


def test_settings_take_effect_at_once():
    engine.set_engine_type("ThreadedEngine")
    config.cpu_workers = 1
    names, first = set(), threading.Event()
    for _ in range(20):
        engine.push(lambda: names.add(threading.current_thread().name))
    engine.push(first.set)
    engine.wait_for_all()
    assert first.is_set()
    config.cpu_workers = 2
    meeting = threading.Barrier(2)
    for _ in range(2):
        engine.push(meeting.wait)
    engine.wait_for_all()


def test_import_is_light():
    """No numpy and nothing heavy because of the engine itself."""
    program = (
        "import sys, types; base = set(sys.modules); import mxbook.base.config, mxbook.base.sites;"
        "before = set(sys.modules); import importlib.util as u, os;"
        "package = types.ModuleType('mxbook.engine');"
        "from mxbook.engine import core, crew, failures, gates, limits, log, report, scheduler;"
        "print('numpy.linalg' in sys.modules and 'numpy' not in before, 'asyncio' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout == "False False\n"
