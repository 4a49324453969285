"""Engines of all types, each with its own settings and threads."""

import threading

import pytest

from mxbook.base.config import Config
from mxbook.engine.gates import Gate, local
from mxbook.engine.scheduler import Engine

KINDS = {
    "naive": {"MXNET_ENGINE_TYPE": "NaiveEngine"},
    "threaded-1": {"MXNET_ENGINE_TYPE": "ThreadedEngine", "MXNET_CPU_WORKER_NTHREADS": "1"},
    "threaded-2": {"MXNET_ENGINE_TYPE": "ThreadedEngine", "MXNET_CPU_WORKER_NTHREADS": "2"},
    "threaded-4": {"MXNET_ENGINE_TYPE": "ThreadedEngine", "MXNET_CPU_WORKER_NTHREADS": "4"},
    "hybrid": {"MXNET_ENGINE_TYPE": "HybridEngine", "MXNET_CPU_WORKER_NTHREADS": "2"},
}
LARGE = 10**9  # work that the hybrid engine does not run inline


@pytest.fixture
def make_engine():
    """Makes engines, and checks in the end that nothing is left of them."""
    made = []

    def make(kind="threaded-2", **settings):
        engine = Engine(Config({**KINDS[kind], **settings}))
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.settle()
        assert not engine.unfinished()
        engine._core.check_invariants()
        assert not engine._put_off
        assert not engine._crew.waiting
        engine._take_unseen()
        engine.close()
    assert local.lane.op is None


@pytest.fixture
def release(make_engine):
    """An event that operations may wait for; set in the end, so that a failing test cannot hang."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def on_sleep(monkeypatch):
    """`on_sleep(f, g)` calls `f` when the main thread is about to sleep, and `g` the next time."""

    def arm(*actions):
        pass_through, main, left = Gate.pass_through, threading.main_thread(), list(actions)

        def watched(gate):
            if threading.current_thread() is main and left:
                left.pop(0)()
            pass_through(gate)

        monkeypatch.setattr(Gate, "pass_through", watched)

    return arm


@pytest.fixture(params=KINDS)
def engine(make_engine, request):
    """An engine of each type."""
    return make_engine(request.param)


@pytest.fixture(params=[k for k in KINDS if k != "naive"])
def queueing(make_engine, request):
    """An engine of each type that has a queue."""
    return make_engine(request.param)
