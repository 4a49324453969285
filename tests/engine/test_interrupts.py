"""Ctrl-C, or the stop button of a notebook, at any moment."""

import os
import queue
import random
import signal
import sys
import threading
from functools import partial

import pytest

from mxbook.base.errors import CancelledError, OperationError
from mxbook.engine import Variable

from .conftest import KINDS, LARGE

needs_signals = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="no interval timer on this system"
)


@pytest.fixture
def interrupt_sleep(on_sleep):
    """Sends SIGINT to the process when the main thread is about to sleep in the engine."""
    return lambda: on_sleep(lambda: os.kill(os.getpid(), signal.SIGINT))


@pytest.mark.parametrize("how", ["wait for a variable", "wait for all", "wait for room"])
def test_interrupting_a_wait_cancels_what_is_queued(make_engine, interrupt_sleep, how, release):
    engine = make_engine("threaded-1", MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS="13")
    started, ran = threading.Event(), []
    first, x = Variable("first"), Variable("x")

    def run():
        started.set()
        release.wait()
        ran.append("first")

    engine.push(run, writes=[first])
    started.wait()
    for i in range(12):
        engine.push(lambda i=i: ran.append(i), reads=[x], writes=[x], name="step")
    interrupt_sleep()
    with pytest.raises(KeyboardInterrupt) as caught:
        if how == "wait for a variable":
            engine.wait_for_var(x)
        elif how == "wait for all":
            engine.wait_for_all()
        else:
            engine.push(lambda: ran.append("too many"), writes=[x])
    assert caught.value.__notes__ == ["cancelled 12 queued operations"]
    with pytest.raises(CancelledError, match="operation #13 step was cancelled: interrupted"):
        engine.wait_for_var(x)
    release.set()
    engine.wait_for_var(first)
    engine.wait_for_all()
    assert ran == ["first"]
    engine.push(lambda: ran.append("usable"), writes=[x])
    engine.wait_for_var(x)
    assert ran == ["first", "usable"]
    assert [op.outcome for op in engine.log.operations()] == ["done", *["cancelled"] * 12, "done"]


def test_what_depends_on_a_running_operation_is_cancelled_in_its_turn(
    make_engine, interrupt_sleep, release
):
    engine = make_engine("threaded-2")
    started, ran = threading.Event(), []
    x = Variable()
    engine.push(lambda: (started.set(), release.wait(), ran.append(1)), writes=[x])
    engine.push(lambda: ran.append(2), writes=[x])
    started.wait()
    interrupt_sleep()
    with pytest.raises(KeyboardInterrupt):
        engine.wait_for_all()
    release.set()
    with pytest.raises(CancelledError):  # and not the value of the first write
        engine.wait_for_var(x)
    assert (ran, x.version) == ([1], 2)


@pytest.mark.parametrize("kind", ["naive", "hybrid"])
def test_interrupting_an_operation_that_runs_in_this_thread(make_engine, kind):
    engine, x, y = make_engine(kind), Variable(), Variable()

    def interrupted():
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10**6):
            pass

    with pytest.raises(KeyboardInterrupt):
        engine.push(lambda: engine.push(interrupted, writes=[y], name="inner"), writes=[x])
    for variable in (x, y):
        with pytest.raises(CancelledError, match="interrupted"):
            engine.wait_for_var(variable)
    engine.wait_for_all()
    engine.push(lambda: None, writes=[x])
    engine.wait_for_var(x)


def test_an_interrupt_between_planning_and_starting_a_thread(make_engine, monkeypatch):
    engine, x, ran = make_engine("threaded-1"), Variable(), []

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(engine), "_start", interrupted)
        engine.push(lambda: ran.append("cancelled"), writes=[x])
    engine.push(lambda: ran.append("next"), writes=[x])
    engine.wait_for_var(x)
    assert ran == ["next"]


@pytest.mark.parametrize("kind", ["naive", "hybrid"])
def test_what_an_impatient_user_cuts_off_is_made_good_with_the_next_call(
    make_engine, monkeypatch, kind
):
    engine, x, ran = make_engine(kind), Variable(), []

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(engine), "make_good", interrupted)
        engine.push(interrupted, writes=[x])
    assert len(engine.unfinished()) == 1
    engine.settle()
    assert engine.unfinished() == []
    with pytest.raises(CancelledError, match="interrupted"):
        engine.wait_for_var(x)
    engine.push(lambda: ran.append("next"), writes=[x])
    engine.wait_for_var(x)
    assert ran == ["next"]


class Storm:
    """Raises KeyboardInterrupt in the main thread after random short times."""

    def __init__(self, seed, patient):
        self.random = random.Random(seed)
        self.patient = patient
        self.armed = False
        self.hits = 0

    def strike(self, *_):
        if self.armed:
            self.armed = not self.patient
            self.hits += 1
            raise KeyboardInterrupt

    def over(self, body):
        """Call `body`; whatever it raises because of interrupts ends here."""
        try:
            self.armed = True
            first = self.random.choice([1e-5, 1e-4, 1e-3]) * self.random.uniform(0.5, 2)
            signal.setitimer(signal.ITIMER_REAL, first, 0 if self.patient else 2e-4)
            body()
        except KeyboardInterrupt:
            pass
        finally:
            while self.armed:
                try:
                    self.armed = False
                except KeyboardInterrupt:
                    self.armed = True
        signal.setitimer(signal.ITIMER_REAL, 0)


def complete_all(completions):
    """End asynchronous operations, from a thread of its own."""
    while (on_complete := completions.get()) is not None:
        on_complete()


@needs_signals
@pytest.mark.parametrize("patient", [True, False], ids=["patient", "impatient"])
@pytest.mark.parametrize("kind", KINDS)
def test_interrupts_at_any_moment_leave_a_working_engine(make_engine, kind, patient, monkeypatch):
    # Python itself swallows an interrupt that hits a finalizer, and says so.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    engine = make_engine(kind, MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS="20")
    storm = Storm(kind, patient)
    rng, ran = storm.random, []
    variables = [Variable() for _ in range(5)]
    completions = queue.SimpleQueue()
    completer = threading.Thread(target=complete_all, args=(completions,))
    completer.start()

    def work(number):
        ran.append(number)

    def nested(number):
        ran.append(number)
        inner = Variable()
        engine.push(lambda: ran.append(f"{number} inner"), writes=[inner], work=LARGE)
        engine.wait_for_var(inner)

    def body():
        for _ in range(5000):  # until the interrupt, unless that is swallowed
            number = body.count = body.count + 1
            fn = nested if rng.random() < 0.1 else work
            reads, writes = rng.choices(variables, k=2), rng.choices(variables, k=2)
            options = {"work": rng.choice([0, LARGE]), "nbytes": 1}
            try:
                if rng.random() < 0.1:
                    engine.push_async(completions.put, reads, writes, **options)
                else:
                    engine.push(partial(fn, number), reads, writes, **options)
                if rng.random() < 0.1:
                    engine.wait_for_var(rng.choice(variables))
            except (CancelledError, OperationError):
                pass  # an interrupted one came before
            for variable in reads:
                engine.push(lambda: None, writes=[variable], work=LARGE)

    body.count = 0
    before = signal.signal(signal.SIGALRM, storm.strike)
    try:
        for _ in range(150):
            storm.over(body)
            engine.settle()
            engine._core.check_invariants()
            assert not engine.unfinished()
            assert all(v.pending == 0 for v in variables)
            assert len(ran) == len(set(ran))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        completions.put(None)
        completer.join()
    assert storm.hits > 100
    assert body.count > 150
    result = Variable()
    engine.push(lambda: ran.append("end"), writes=[result])
    engine.wait_for_var(result)
    assert ran[-1] == "end"
