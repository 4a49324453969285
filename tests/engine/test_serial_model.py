"""Every engine against a model that runs the same operations one after the other."""

import queue
import random
import threading
from functools import partial

import pytest

from mxbook.base.errors import CancelledError, OperationError
from mxbook.engine import Variable
from mxbook.engine.gates import local

from .conftest import KINDS, LARGE

VARIABLES = 12
STEPS = 21_000  # times five engines: more than 100 000 pushes


class Cell:
    """A variable with a value, and what a serial run would make of both."""

    def __init__(self):
        self.variable = Variable()
        self.value = self.expected = 0
        self.root = None  # number of the step that failed
        self.deleted = []


class Completer(threading.Thread):
    """Ends asynchronous operations from outside, in an order of its own."""

    def __init__(self, seed):
        super().__init__(daemon=True)
        self.queue = queue.SimpleQueue()
        self.random = random.Random(seed)

    def run(self):
        waiting = []
        while True:
            try:
                item = self.queue.get(block=not waiting)
                if item is None:
                    assert not waiting
                    return
                waiting.append(item)
            except queue.Empty:
                waiting.pop(self.random.randrange(len(waiting)))()


class Step:
    """One random operation."""

    def __init__(self, number, cells, random):
        self.number = number
        self.reads = random.choices(cells, k=random.randrange(4))
        self.writes = random.choices(cells, k=random.randrange(1, 3))
        self.fails = random.random() < 0.01
        self.is_async = random.random() < 0.1
        self.priority = random.randrange(-2, 3)
        self.work = random.choice([0, LARGE])

    def compute(self):
        if self.fails:
            raise ValueError(self.number)
        total = sum(cell.value for cell in self.reads) + self.number
        for cell in self.writes:
            cell.value = total % 1_000_003

    def compute_serially(self):
        roots = [cell.root for cell in self.reads if cell.root is not None]
        root = roots[0] if roots else (self.number if self.fails else None)
        total = sum(cell.expected for cell in self.reads) + self.number
        for cell in self.writes:
            cell.root = root
            if root is None:
                cell.expected = total % 1_000_003

    def start(self, completer, on_complete):
        def end():
            try:
                self.compute()
            except ValueError as error:
                on_complete(error)
            else:
                on_complete()

        completer.queue.put(end)

    def push(self, engine, completer):
        reads = [cell.variable for cell in self.reads]
        writes = [cell.variable for cell in self.writes]
        options = {"name": "step", "priority": self.priority, "work": self.work, "nbytes": 8}
        try:
            if self.is_async:
                engine.push_async(partial(self.start, completer), reads, writes, **options)
            else:
                engine.push(self.compute, reads, writes, **options)
        except OperationError:
            assert engine.kind == "NaiveEngine"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room", ["64", "4096"])
def test_same_values_and_failures_as_a_serial_run(make_engine, kind, room):
    engine = make_engine(kind, MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS=room)
    rng = random.Random(f"{kind} {room}")
    cells = [Cell() for _ in range(VARIABLES)]
    gone = []
    completer = Completer(0)
    completer.start()
    for number in range(1, STEPS // 2 + 1):
        step = Step(number, cells, rng)
        step.compute_serially()
        step.push(engine, completer)
        if rng.random() < 0.002:  # wait for one
            compare(engine, rng.choice(cells))
        if rng.random() < 0.002:  # replace one by another
            old = cells.pop(rng.randrange(len(cells)))
            engine.delete_variable(old.variable, lambda old=old: old.deleted.append(old.value))
            gone.append(old)
            cells.append(Cell())
    engine.settle()
    for cell in cells:
        compare(engine, cell)
    assert all(cell.deleted == [cell.expected] for cell in gone)
    assert all(cell.variable.pending == 0 for cell in cells + gone)
    completer.queue.put(None)
    completer.join()


def compare(engine, cell):
    try:
        engine.wait_for_var(cell.variable)
    except OperationError as error:
        assert error.__cause__.args == (cell.root,)
    else:
        assert cell.root is None
        assert cell.value == cell.expected


@pytest.mark.parametrize("kind", ["threaded-2", "hybrid", "naive"])
def test_many_threads_push_at_once(make_engine, kind):
    """Increments of shared counters: none is lost, and each thread's own come in its order."""
    engine = make_engine(kind, MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS="50")
    variables = [Variable() for _ in range(3)]
    counters, orders = [0, 0, 0], {}

    def pusher(me, own):
        rng = random.Random(me)
        orders[me] = []
        for i in range(600):
            a, b = rng.sample(range(3), 2)

            def add(a=a, b=b, i=i):
                before = counters[a], counters[b]
                orders[me].append(i)
                counters[a] = before[0] + 1
                counters[b] = before[1] + 1

            mine = [variables[a], variables[b], own]
            engine.push(add, mine, mine, work=rng.choice([0, LARGE]))
            if i % 100 == 99:
                engine.wait_for_var(rng.choice(variables))

    threads = []
    for me in range(4):
        thread = threading.Thread(target=pusher, args=(me, Variable()))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    engine.wait_for_all()
    assert sum(counters) == 2 * 4 * 600
    assert all(order == list(range(600)) for order in orders.values())


def test_a_cancelled_operation_never_runs(make_engine, release):
    engine = make_engine("threaded-1")
    ran = []
    first, second = Variable(), Variable()
    engine.push(release.wait, writes=[first])
    for i in range(20):
        engine.push(lambda i=i: ran.append(i), reads=[first], writes=[second])
    assert engine.cancel(local.lane, "tested") == 20
    release.set()
    engine.settle()
    engine.wait_for_var(first)
    with pytest.raises(CancelledError, match="tested"):
        engine.wait_for_var(second)
    engine.wait_for_all()  # nothing to report
    assert ran == []
    engine.push(lambda: ran.append("later"), writes=[second])
    engine.wait_for_var(second)
    assert ran == ["later"]
