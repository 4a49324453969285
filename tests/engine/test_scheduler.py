"""Pushing and waiting, on every type of engine."""

import gc
import threading
import weakref

import pytest

from mxbook.base.config import config
from mxbook.base.errors import CancelledError, EngineError, OperationError, ShapeError
from mxbook.engine import Variable
from mxbook.engine.gates import local

from .conftest import LARGE


def fail(message="broken"):
    raise ValueError(message)


def push_failing(engine, *args, error=None, **options):
    """Push what fails; the naive engine raises at once."""
    try:
        engine.push(fail if error is None else error, *args, **options)
    except OperationError:
        assert engine.kind == "NaiveEngine"


# ---- order


def test_variables_count_versions_and_pending(queueing, release):
    x = Variable("x")
    queueing.push(release.wait, writes=[x], work=LARGE)
    queueing.push(lambda: None, reads=[x], work=LARGE)
    assert (x.version, x.pending) == (0, 2)
    release.set()
    queueing.wait_for_var(x)
    assert x.version == 1
    queueing.wait_for_var(x, to_write=True)
    assert x.pending == 0
    assert repr(x) == "<Variable x, version 1, 0 pending>"


def test_reads_of_one_version_run_in_parallel(make_engine):
    engine, x = make_engine("threaded-2"), Variable()
    meeting = threading.Barrier(2)
    for _ in range(2):
        engine.push(meeting.wait, reads=[x])
    engine.wait_for_all()


def test_waiting_to_write_waits_for_readers(queueing, release):
    x, seen = Variable(), []

    def read():
        release.wait()
        seen.append(True)

    queueing.push(read, reads=[x], work=LARGE)
    queueing.wait_for_var(x)
    assert seen == []
    release.set()
    queueing.wait_for_var(x, to_write=True)
    assert seen == [True]


def test_priority_goes_first(make_engine, release):
    engine, order = make_engine("threaded-1"), []
    started = threading.Event()
    engine.push(lambda: (started.set(), release.wait()))
    started.wait()
    for i, priority in enumerate([0, 5, 0, 9, -1]):
        engine.push(lambda i=i: order.append(i), priority=priority)
    release.set()
    engine.wait_for_all()
    assert order == [3, 1, 0, 2, 4]


def test_hybrid_runs_small_ready_operations_in_the_pushing_thread(make_engine, release):
    engine, x, threads = make_engine("hybrid"), Variable(), []

    def note():
        threads.append(threading.current_thread())

    me = threading.current_thread()
    engine.push(note, writes=[x], work=config.inline_elements - 1)
    assert threads == [me]
    engine.push(note, writes=[x], work=config.inline_elements)
    engine.wait_for_var(x)
    assert threads[1].name == "mxbook-worker-1"
    assert threads[1].daemon
    engine.push(release.wait, writes=[x], work=LARGE)
    engine.push(note, writes=[x])  # small, but not ready
    release.set()
    engine.wait_for_var(x)
    assert threads[2] is not me


def test_threads_start_with_the_first_queued_operation(make_engine):
    engine = make_engine("hybrid")
    engine.push(lambda: None)
    assert not engine._crew.members
    engine.push(lambda: None, work=LARGE)
    engine.wait_for_all()
    assert len(engine._crew.members) == 1


def test_one_worker_runs_a_chain_without_waking_another(make_engine):
    engine, x, names = make_engine("threaded-4"), Variable(), []
    for _ in range(50):
        engine.push(lambda: names.append(threading.current_thread().name), writes=[x])
    engine.wait_for_all()
    assert len(set(names)) == 1


# ---- asynchronous operations


def test_async_lasts_until_completion(queueing):
    x, completions, order = Variable(), [], []
    queueing.push_async(completions.append, writes=[x], name="fetch")
    queueing.push(lambda: order.append("after"), reads=[x])
    barrier = Variable()
    queueing.push(lambda: None, writes=[barrier])
    queueing.wait_for_var(barrier)
    assert order == []
    completions[0]()
    queueing.wait_for_var(x, to_write=True)
    assert order == ["after"]
    with pytest.raises(EngineError, match="fetch was reported complete twice"):
        completions[0]()


def test_async_failures(engine):
    x = Variable()
    for fn in (lambda done: done(ValueError("late")), lambda done: fail("late")):
        try:
            engine.push_async(fn, writes=[x], name="fetch")
        except OperationError:
            assert engine.kind == "NaiveEngine"
        with pytest.raises(OperationError, match="fetch failed: late"):
            engine.wait_for_var(x)
    engine.wait_for_all()


def test_async_failure_after_completion_is_reported_by_wait_for_all(queueing):
    def confused(done):
        done()
        fail("too late")

    x = Variable()
    queueing.push_async(confused, writes=[x])
    queueing.push(lambda: None, writes=[x])
    queueing.wait_for_var(x)
    barrier = Variable()
    for _ in range(4):  # until the worker has left the function
        queueing.push(lambda: None, writes=[barrier], work=LARGE)
    with pytest.raises(OperationError, match="too late"):
        for _ in range(1000):
            queueing.wait_for_all()


def test_naive_push_waits_for_async(make_engine):
    engine, x, done = make_engine("naive"), Variable(), []

    def start(on_complete):
        threading.Thread(target=lambda: (done.append(1), on_complete())).start()

    engine.push_async(start, writes=[x])
    assert done == [1]
    assert x.version == 1


# ---- failures


def test_a_failure_poisons_dependents_and_nothing_else(queueing, release):
    bad, child, grandchild, other = (Variable() for _ in range(4))
    ran = []
    queueing.push(release.wait, writes=[bad], work=LARGE)
    queueing.push(fail, writes=[bad], name="dot", detail=lambda: [("data", "(4, 3) float32")])
    queueing.push(lambda: ran.append("child"), reads=[bad], writes=[child])
    queueing.push(lambda: ran.append("in place"), reads=[bad], writes=[bad])
    queueing.push(lambda: ran.append("grandchild"), reads=[other, child], writes=[grandchild])
    queueing.push(lambda: ran.append("other"), writes=[other])
    release.set()
    for poisoned in (grandchild, child, bad, bad):
        with pytest.raises(OperationError, match=r"operation #2 dot failed: broken") as caught:
            queueing.wait_for_var(poisoned)
        error = caught.value
        assert isinstance(error.__cause__, ValueError)
        assert error.__cause__.__traceback__.tb_frame.f_code is fail.__code__
        assert error.values == (("data", "(4, 3) float32"),)
        places = dict(error.place)
        assert "test_scheduler.py" in places["pushed"]
        assert "wait_for_var(poisoned)" in places["noticed"]
        assert "4 operations later" in places["noticed"]
        assert places["also"] == "3 operations that needed its result were not run"
    queueing.wait_for_var(other)
    assert ran == ["other"]
    queueing.push(lambda: None, writes=[bad])  # overwriting heals
    queueing.push(lambda: ran.append("healed"), reads=[bad], writes=[child])
    queueing.wait_for_var(child)
    assert ran == ["other", "healed"]


def test_behaviour_does_not_depend_on_size(make_engine):
    engine = make_engine("hybrid")
    for work in (0, LARGE):
        x, y = Variable(), Variable()
        engine.push(fail, writes=[x], work=work, name="f")
        engine.push(lambda: None, reads=[x], writes=[y], work=work)
        with pytest.raises(OperationError, match="f failed: broken"):
            engine.wait_for_var(y)


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), MemoryError(), SystemError()])
def test_the_worst_exceptions_are_stored_too(queueing, error):
    def exits():
        raise error

    for work in (0, LARGE):
        x = Variable()
        queueing.push(exits, writes=[x], work=work)
        with pytest.raises(OperationError, match=type(error).__name__):
            queueing.wait_for_var(x)
        queueing.push(lambda: None, writes=[x], work=work)
        queueing.wait_for_var(x)


def test_rule_values_and_hint_of_the_cause_are_kept(queueing):
    def wrong():
        raise ShapeError("cannot", rule="agree", values=[("a", "1")], hint="reshape")

    x = Variable()
    queueing.push(wrong, writes=[x], name="add", detail="two inputs")
    with pytest.raises(OperationError) as caught:
        queueing.wait_for_var(x)
    error = caught.value
    assert (error.message, error.rule, error.hint) == (
        "operation #1 add failed: cannot",
        "agree",
        "reshape",
    )
    assert error.values == (("a", "1"), ("inputs", "two inputs"))


def test_wait_for_all_raises_the_first_and_notes_the_others(queueing):
    variables = [Variable() for _ in range(3)]
    for i, x in enumerate(variables):
        queueing.push(lambda i=i: fail(f"number {i}"), reads=[variables[0]] * (i == 0), writes=[x])
        queueing.settle()
    with pytest.raises(OperationError, match="number 0") as caught:
        queueing.wait_for_all()
    notes = caught.value.__notes__
    assert ["number 1" in notes[0], "number 2" in notes[1], len(notes)] == [True, True, 2]
    queueing.wait_for_all()
    with pytest.raises(OperationError, match="number 1"):
        queueing.wait_for_var(variables[1])


def test_wait_for_all_does_not_repeat_what_was_shown(queueing):
    x, y = Variable(), Variable()
    queueing.push(lambda: fail("shown"), writes=[x])
    queueing.push(lambda: fail("hidden"), writes=[y])
    with pytest.raises(OperationError, match="shown"):
        queueing.wait_for_var(x)
    with pytest.raises(OperationError, match="hidden") as caught:
        queueing.wait_for_all()
    assert not hasattr(caught.value, "__notes__")
    queueing.wait_for_all()


def test_many_failures_are_counted_not_kept(queueing):
    for i in range(100):
        queueing.push(lambda i=i: fail(str(i)), writes=[Variable()])
    with pytest.raises(OperationError) as caught:
        queueing.wait_for_all()
    assert caught.value.__notes__[-1] == "and 84 more"


def test_naive_raises_at_the_push(make_engine):
    engine, x, y = make_engine("naive"), Variable(), Variable()

    def wrong():
        raise ShapeError("cannot")

    with pytest.raises(ShapeError, match="cannot"):
        engine.push(wrong, writes=[x])
    with pytest.raises(OperationError, match="broken"):
        engine.push(fail, writes=[x])
    with pytest.raises(OperationError, match="broken"):
        engine.push(lambda: None, reads=[x], writes=[y])
    engine.push(lambda: None, writes=[x])
    engine.wait_for_var(x)
    engine.wait_for_all()


def test_what_describes_inputs_may_itself_fail(queueing):
    x = Variable()
    queueing.push(fail, writes=[x], detail=lambda: 1 / 0)
    with pytest.raises(OperationError, match="broken") as caught:
        queueing.wait_for_var(x)
    assert "ZeroDivisionError" in dict(caught.value.values)["inputs"]


# ---- deletion


def test_delete_runs_after_everything_queued(engine):
    x, order = Variable("x"), []
    engine.push(lambda: order.append("write"), writes=[x], work=LARGE)
    push_failing(engine, [], [x])
    engine.delete_variable(x, lambda: order.append("delete"))
    for use in (
        lambda: engine.push(lambda: None, reads=[x]),
        lambda: engine.push(lambda: None, writes=[x]),
        lambda: engine.wait_for_var(x),
        lambda: engine.delete_variable(x),
    ):
        with pytest.raises(EngineError, match="variable x has been deleted"):
            use()
    engine.settle()
    assert order == ["write", "delete"]


def test_delete_survives_an_interrupt(make_engine, release):
    engine, x = make_engine("threaded-1"), Variable()
    order = []
    engine.push(release.wait, writes=[x])
    engine.push(lambda: order.append("write"), writes=[x])
    engine.delete_variable(x, lambda: order.append("delete"))
    assert engine.cancel(local.lane, "tested") == 1
    release.set()
    engine.settle()
    assert order == ["delete"]


# ---- operations that push and wait


def test_an_operation_may_push_and_wait(engine):
    """Ten levels deep, and one worker is enough."""
    x, order = Variable(), []

    def level(n):
        if n:
            result = Variable()
            engine.push(lambda: level(n - 1), writes=[result], work=LARGE)
            engine.wait_for_var(result)
        order.append(n)

    engine.push(lambda: level(10), writes=[x], work=LARGE)
    engine.wait_for_var(x)
    assert order == list(range(11))


def test_while_a_worker_waits_others_run(make_engine):
    engine = make_engine("threaded-1")
    x, y, ran, completions = Variable(), Variable(), threading.Event(), []
    engine.push_async(completions.append, writes=[x])
    engine.push(lambda: engine.wait_for_var(x), writes=[y])
    engine.push(lambda: (ran.set(), completions[0]()))
    engine.wait_for_var(y)
    assert ran.is_set()


@pytest.mark.parametrize("name", ["own", "later", "all"])
def test_waiting_for_oneself_is_an_error_not_a_hang(queueing, name):
    own, later, gate = Variable("own"), Variable("later"), threading.Event()

    def waits():
        gate.wait()
        if name == "all":
            queueing.wait_for_all()
        else:
            queueing.wait_for_var(own if name == "own" else later)

    queueing.push(waits, writes=[own], name="custom", work=LARGE)
    queueing.push(lambda: None, reads=[own], writes=[later], name="reader")
    gate.set()
    if name == "all":  # that means everything that does not depend on it
        queueing.wait_for_var(own)
        return
    with pytest.raises(OperationError, match=f"custom waits for variable {name}: .*never end"):
        queueing.wait_for_var(own)


def test_two_operations_that_wait_for_each_other(make_engine):
    engine, meeting = make_engine("threaded-2"), threading.Barrier(2)
    x, y = Variable("x"), Variable("y")

    def waits_for(variable):
        meeting.wait()
        engine.wait_for_var(variable)

    engine.push(lambda: waits_for(y), writes=[x], name="first")
    engine.push(lambda: waits_for(x), writes=[y], name="second")
    with pytest.raises(OperationError, match="never end"):
        engine.wait_for_all()


def test_naive_runs_what_needs_the_present_operation_right_after_it(make_engine):
    engine, x, order = make_engine("naive"), Variable(), []

    def outer():
        engine.push(lambda: order.append("inner"), reads=[x])
        order.append("outer")

    engine.push(outer, writes=[x])
    assert order == ["outer", "inner"]


def test_wait_for_all_includes_what_operations_push(make_engine, on_sleep, release):
    engine, ran, x, asleep = make_engine("threaded-1"), [], Variable(), threading.Event()

    def outer():
        asleep.wait()
        engine.push(lambda: (release.wait(), ran.append("inner")), reads=[x])

    engine.push(outer, writes=[x])
    on_sleep(asleep.set, release.set)
    engine.wait_for_all()
    assert ran == ["inner"]


# ---- bounded run-ahead


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_run_ahead_is_bounded_in_operations(make_engine, limit):
    engine = make_engine("threaded-2", MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS=str(limit))
    x, most = Variable(), []
    for _ in range(200):
        engine.push(lambda: most.append(len(engine.unfinished())), writes=[x])
        assert len(engine.unfinished()) <= limit
    engine.wait_for_all()
    assert max(most) == limit
    assert any(wait.kind == "room" for wait in engine.log.waits())


def test_run_ahead_is_bounded_in_bytes(make_engine):
    engine = make_engine("threaded-1", MXBOOK_ENGINE_RUN_AHEAD_BYTES="1000")
    x = Variable()
    for _ in range(100):
        engine.push(lambda: None, writes=[x], nbytes=300)
        assert engine._core.nbytes <= 1200
    engine.push(lambda: None, writes=[x], nbytes=10**9)  # one that is larger comes alone
    engine.wait_for_all()
    assert engine._core.nbytes == 0


def test_inside_an_operation_there_is_no_waiting_for_room(make_engine):
    engine = make_engine("threaded-1", MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS="2")
    x, ran = Variable(), []

    def pushes():
        for i in range(20):
            engine.push(lambda i=i: ran.append(i), reads=[x])

    engine.push(pushes, writes=[x])
    engine.wait_for_all()
    assert ran == list(range(20))


# ---- memory


@pytest.mark.parametrize("work", [0, LARGE])
def test_ten_thousand_steps_without_a_wait_have_flat_memory(queueing, work):
    class Buffer:
        alive = most = 0

        def __init__(self):
            Buffer.alive += 1
            Buffer.most = max(Buffer.most, Buffer.alive)

        def __del__(self):
            Buffer.alive -= 1

    queueing._config.run_ahead_operations = 100
    queueing.configure()
    state = Variable()
    for _ in range(10_000):
        buffer, result = Buffer(), Variable()
        queueing.push(
            lambda b=buffer: None, [state], [result], work=work, detail=lambda b=buffer: b
        )
        queueing.push(lambda b=buffer: None, [result], [state], work=work)
    assert Buffer.most < 110
    del buffer
    queueing.wait_for_all()
    assert Buffer.alive <= 3  # what a worker is just letting go of
    assert len(queueing._core.live) == 0


def test_nothing_outlives_its_operation(engine):
    class Thing:
        pass

    def push():
        thing = Thing()
        x = Variable()
        engine.push(lambda: thing, writes=[x], detail=lambda: thing)
        engine.wait_for_var(x)
        return weakref.ref(thing)

    gc.collect()
    gc.disable()  # reference counts must do
    try:
        refs = [push() for _ in range(5)]
        engine.push(lambda: None, work=LARGE)
        engine.settle()
        assert all(ref() is None for ref in refs)
    finally:
        gc.enable()


def test_a_long_wait_keeps_nothing_of_finished_operations_alive(make_engine, on_sleep, release):
    class Thing:
        pass

    engine, x, seen, thing = make_engine("threaded-1"), Variable(), [], Thing()
    ref = weakref.ref(thing)
    engine.push(release.wait, writes=[x])
    engine.push(lambda thing=thing: None, writes=[x], detail=lambda thing=thing: None)
    engine.push(lambda: seen.append(ref()), reads=[x])
    del thing
    on_sleep(release.set)
    engine.wait_for_all()
    assert seen == [None]


def test_finalizers_may_push_and_delete_at_any_moment(engine):
    """The garbage collector runs them inside the engine's own steps too."""
    pushed, ran, deleted, errors, failures = [], [], [], [], []
    failed = Variable()
    push_failing(engine, [], [failed], work=LARGE)
    engine.settle()

    class Garbage:
        def __init__(self):
            self.cycle = self
            self.variable = Variable()

        def __del__(self):
            pushed.append(None)
            engine.push(
                lambda: ran.append(None), writes=[self.variable], work=len(pushed) % 2 * LARGE
            )
            engine.delete_variable(self.variable, lambda: deleted.append(None))
            try:
                engine.wait_for_var(failed)
            except OperationError as error:
                failures.append(error)
            try:
                engine.wait_for_var(Variable())  # idle: no waiting
                engine.wait_for_all()
            except EngineError as error:
                errors.append(error)

    x, before = Variable(), gc.get_threshold()
    gc.set_threshold(1)
    try:
        for i in range(500):
            Garbage()
            engine.push(lambda: None, reads=[Variable()], writes=[x], work=i % 2 * LARGE)
            if i % 100 == 0:
                engine.wait_for_all()
    finally:
        gc.set_threshold(*before)
    gc.collect()
    engine.wait_for_all()
    engine.wait_for_all()
    assert len(pushed) == len(ran) == len(deleted) == len(failures) >= 400


def test_cancelled_error_is_raised_for_cancelled_work(make_engine, release):
    engine, x = make_engine("threaded-1"), Variable()
    engine.push(release.wait)
    engine.push(lambda: None, writes=[x], name="dot")
    engine.cancel(local.lane, "interrupted")
    with pytest.raises(CancelledError, match="operation #2 dot was cancelled: interrupted"):
        engine.wait_for_var(x)
    release.set()
