"""Threads that cannot start, forks, and the end of the program."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from mxbook.base.errors import CancelledError, OperationError
from mxbook.engine import Variable, runner

from .conftest import LARGE

ROOT = Path(__file__).parents[2]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def run_python(program, **environ):
    """Run a program in a new interpreter; returns what it printed on both channels."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout, result.stderr


# ---- without threads


def refuse(thread):
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("kind", ["threaded-1", "threaded-4", "hybrid"])
def test_without_threads_the_engine_becomes_naive(make_engine, monkeypatch, kind):
    engine, x, ran, told = make_engine(kind), Variable(), [], []
    engine.on_fallback = lambda: told.append(engine.kind)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.warns(RuntimeWarning, match="cannot start a worker thread") as warned:
        for i in range(200):
            engine.push(lambda i=i: ran.append(i), reads=[x], writes=[x], work=LARGE)
    assert len(warned) == 1
    assert ran == list(range(200))
    assert told == ["NaiveEngine"] == [engine.kind]
    with pytest.raises(OperationError, match="division"):
        engine.push(lambda: 1 / 0, writes=[x])


def test_what_was_queued_for_a_thread_that_did_not_start_runs_too(make_engine, monkeypatch):
    """Even when the warning is an error, as it is in these tests."""
    engine, x, ran = make_engine("threaded-1"), Variable(), []
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeWarning):
        engine.push(lambda: ran.append(1), writes=[x])
    assert ran == [1]


def test_a_waiting_worker_that_cannot_be_replaced_works_itself(make_engine, monkeypatch):
    engine, order = make_engine("threaded-1"), []
    x, y, z = (Variable() for _ in range(3))
    engine.push(lambda: None, writes=[x])
    engine.wait_for_all()
    monkeypatch.setattr(threading.Thread, "start", refuse)

    def outer():
        engine.push(lambda: order.append("inner"), writes=[y])
        engine.wait_for_var(y)
        order.append("outer")

    engine.push(outer, writes=[x])
    engine.push(lambda: order.append("other"), writes=[z])
    engine.wait_for_all()
    assert engine.kind == "ThreadedEngine"
    assert sorted(order) == ["inner", "other", "outer"]
    assert order.index("inner") < order.index("outer")


def test_while_the_only_worker_waits_others_work_where_they_are_pushed(make_engine, monkeypatch):
    engine, x = make_engine("threaded-1"), Variable()
    completions, waits, names = [], threading.Event(), []
    engine.push_async(completions.append, writes=[x])
    monkeypatch.setattr(threading.Thread, "start", refuse)

    def outer():
        waits.set()
        engine.wait_for_var(x)

    y = Variable()
    engine.push(outer, writes=[y])
    waits.wait()
    while not engine._crew.waiting:  # until the worker sleeps
        pass
    result, me = Variable(), threading.current_thread().name
    for _ in range(3):
        engine.push(lambda: names.append(threading.current_thread().name), writes=[result])
        engine.wait_for_var(result)
    assert names == [me] * 3
    completions[0]()
    engine.wait_for_var(y)


@pytest.mark.parametrize("work", [0, LARGE])
def test_an_error_of_the_engine_itself_ends_the_operation_not_the_worker(
    make_engine, monkeypatch, work
):
    engine, x = make_engine("hybrid"), Variable()
    real, left = runner.record_of, [MemoryError("no memory")]

    def record_of(op):
        if left:
            raise left.pop()
        return real(op)

    monkeypatch.setattr(runner, "record_of", record_of)
    try:
        engine.push(lambda: None, writes=[x], work=work)
    except MemoryError:
        assert work == 0  # it was this thread that had no memory
    with pytest.raises(OperationError, match="no memory"):
        engine.wait_for_var(x)
    engine.push(lambda: None, writes=[x], work=LARGE)
    engine.wait_for_var(x)
    assert len(engine._crew.members) == 1


# ---- processes


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("kind", ["HybridEngine", "ThreadedEngine", "NaiveEngine"])
def test_a_forked_child_starts_afresh(kind):
    out, err = run_python(
        """
        import os, threading, warnings
        warnings.simplefilter("ignore")
        from mxbook import engine
        from mxbook.base.errors import CancelledError
        big = 10**9
        x, y, values = engine.new_variable("x"), engine.new_variable("y"), []
        for i in range(100):
            engine.push(lambda i=i: values.append(i), writes=[x], work=big)

        if not engine.is_naive():  # a push from another thread that the fork cannot wait for
            release, started = threading.Event(), threading.Event()
            def slow():
                pid = os.fork()  # inside an operation
                if pid == 0:
                    try:
                        engine.wait_for_var(x)
                    except CancelledError as error:
                        print(error.message, flush=True)
                    os._exit(0)
                os.waitpid(pid, 0)
            engine.push(slow, writes=[x], work=big, name="slow")
            engine.wait_for_all()

        for i in range(100, 200):
            engine.push(lambda i=i: values.append(i), writes=[x], work=big)
        pid = os.fork()
        assert values == list(range(200))  # before the fork everything was finished
        for i in range(200, 300):
            engine.push(lambda i=i: values.append(i), writes=[x], work=big)
        engine.wait_for_var(x)
        assert values == list(range(300))
        if pid:
            status = os.waitpid(pid, 0)[1]
            assert status == 0
        else:
            print("child", flush=True)
            os._exit(0)
        print("parent", flush=True)
        """,
        MXNET_ENGINE_TYPE=kind,
        MXNET_CPU_WORKER_NTHREADS="2",
    )
    assert err == ""
    lines = out.splitlines()
    assert lines[-2:] == ["child", "parent"]
    if kind != "NaiveEngine":
        assert lines[0].endswith(
            "slow was cancelled: it was left to the process that forked this one"
        )


@pytest.mark.parametrize("kind", ["HybridEngine", "ThreadedEngine"])
def test_the_program_ends_with_queued_running_and_failed_work(kind):
    out, err = run_python(
        """
        import threading
        from mxbook import engine
        big = 10**9
        x, started = engine.new_variable("x"), threading.Event()
        y = engine.new_variable("y")
        engine.push(lambda: 1 / 0, writes=[y], work=big, name="dot")
        engine.push(lambda: None, reads=[y], writes=[x], work=big)
        engine.wait_for_var(engine.new_variable())

        def run():
            started.set()
            threading.Event().wait()  # for ever

        engine.push(run, name="endless", work=big)
        for i in range(1000):
            engine.push(lambda: print("never"), writes=[x], work=big)
        started.wait()
        import mxbook.engine.scheduler
        mxbook.engine.scheduler.GRACE_SECONDS = 0.1
        print("end")
        """,
        MXNET_ENGINE_TYPE=kind,
        MXNET_CPU_WORKER_NTHREADS="1",
    )
    assert out == "end\n"
    assert err.startswith("mxbook: nobody was shown that operation #1 dot failed: ")
    assert err.count("\n") == 1


def test_the_end_waits_a_moment_for_what_is_running():
    out, _ = run_python(
        """
        import threading
        from mxbook import engine
        started = threading.Event()

        def run():
            started.set()
            threading.Event().wait(0.2)
            print("finished")

        engine.push(run, work=10**9)
        started.wait()
        """
    )
    assert out == "finished\n"


def test_the_engine_still_works_while_the_program_ends():
    out, _ = run_python(
        """
        import atexit
        from mxbook.base.config import config

        def late():
            x = engine.new_variable()
            engine.push(lambda: print("late"), writes=[x], work=10**9)
            engine.wait_for_var(x)
            engine.wait_for_all()

        atexit.register(late)  # runs after the engine's own
        from mxbook import engine
        engine.push(lambda: None, work=10**9)
        """
    )
    assert out == "late\n"


@pytest.mark.parametrize("kind", ["NaiveEngine", "ThreadedEnginePerDevice", "HybridEngine"])
def test_the_environment_chooses_the_engine(kind):
    program = "from mxbook import engine; print(engine.engine_type(), engine.inlines())"
    out, _ = run_python(program, MXNET_ENGINE_TYPE=kind)
    assert out == f"{kind} {kind != 'ThreadedEnginePerDevice'}\n"


def test_importing_starts_no_thread():
    out, _ = run_python("import mxbook.engine, threading; print(threading.active_count())")
    assert out == "1\n"


@needs_fork
def test_abandoned_variables_are_usable_after_a_fork(make_engine, release):
    """What `after_fork` does, without forking."""
    engine, x, y = make_engine("threaded-1"), Variable(), Variable()
    engine.push(release.wait, writes=[x])
    engine.push(lambda: None, reads=[x], writes=[y])
    engine.after_fork()
    for variable in (x, y):
        assert variable.pending == 0
        with pytest.raises(CancelledError, match="forked"):
            engine.wait_for_var(variable)
    engine.push(lambda: None, writes=[x])
    engine.wait_for_var(x)
