import threading
import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import IndexingError, ParameterError
from mxbook.explain import Run
from mxbook.explain.run import COST, INTERVAL, MARKS, PATIENCE, scalar


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def run(clock):
    return Run("digits", total=100, clock=clock)


@given(st.lists(st.sets(st.sampled_from("abc"), min_size=1), max_size=40))
def test_a_name_that_comes_again_begins_the_next_step(calls):
    run = Run()
    seen, step = set(), 1
    expected = {name: [] for name in "abc"}
    for names in calls:
        if names & seen:
            step, seen = step + 1, set()
        seen |= names
        for name in names:
            expected[name].append(step)
        run.log(dict.fromkeys(names, 0.5))
    for name in run.names:
        assert run[name].steps.tolist() == expected[name]


def test_explicit_steps(run):
    run.log(loss=1.0, step=0)
    run.log(loss=0.5, step=10)
    run.log(accuracy=0.5, step=5)  # another curve may be behind
    run.log(loss=0.4)
    assert run["loss"].steps.tolist() == [0, 10, 11]
    assert run["accuracy"].steps.tolist() == [5]


@pytest.mark.parametrize("step", [4, float("nan"), float("inf")])
def test_steps_do_not_go_back(run, step):
    run.log(loss=1.0, step=5)
    with pytest.raises(ParameterError, match="do not go back") as caught:
        run.log(loss=1.0, step=step)
    assert caught.value.hint


def test_names_that_are_no_words(run):
    run.log({"top-5": 0.5, "val loss": 1.0}, loss=2.0)
    assert run.names == ["top-5", "val loss", "loss"]
    assert "top-5" in run


class Array:
    """An array of one element as MXNet has it."""

    shape = (1,)

    def asscalar(self):
        return 0.25


@pytest.mark.parametrize(
    "value", [0.25, np.float32(0.25), np.array(0.25), np.array([[0.25]]), Array()]
)
def test_one_number_of_many_kinds(value):
    assert scalar("loss", value) == 0.25
    assert type(scalar("loss", value)) is float


@pytest.mark.parametrize("value", [None, "x", [1.0], np.zeros(3), 1j, 10**400])
def test_what_is_not_one_number_is_refused(run, value):
    with pytest.raises(ParameterError, match="one number"):
        run.log(loss=value)


def test_numbers_of_other_kinds(run):
    run.log(a=True, b=3)
    assert (run["a"].latest, run["b"].latest) == ((1, 1.0), (1, 3.0))


def test_unknown_curve(run):
    run.log(loss=1.0)
    with pytest.raises(IndexingError, match="did you mean loss"):
        run["los"]


def test_best(run):
    for value in (0.5, 0.2, float("nan"), 0.4):
        run.log(loss=value, accuracy=value, learning_rate=value)
    assert run.best("loss") == (2, 0.2)
    assert run.best("accuracy") == (1, 0.5)
    assert run.best("learning_rate") is None
    chosen = Run(better={"skill": "max"})
    chosen.log(skill=1.0)
    chosen.log(skill=2.0)
    assert chosen.best("skill") == (2, 2.0)


def test_epochs_named_at_every_step(run):
    for epoch in (1, 2):
        for _ in range(3):
            run.log(loss=0.5, epoch=epoch)
    assert [mark[:2] for mark in run.epochs] == [(1, 3), (2, 6)]
    assert run.closed == 1
    run.finish()
    assert run.closed == 2


def test_epochs_named_at_their_end(run):
    for epoch in (1, 2):
        for _ in range(3):
            run.log(loss=0.5)
        run.log(val_loss=0.5, epoch=epoch)
        assert run.closed == epoch
    assert [mark[:2] for mark in run.epochs] == [(1, 3), (2, 6)]


def test_epoch_marks_are_bounded():
    run = Run()
    for epoch in range(3 * MARKS):
        run.log(loss=0.5, epoch=epoch)
    assert len(run.epochs) <= MARKS
    assert run.epochs[-1][0] == 3 * MARKS - 1
    assert run.closed <= len(run.epochs)


def test_progress_speed_and_time_left(run, clock):
    for _ in range(50):
        clock.time += 0.2
        run.log(loss=0.5)
    assert run.progress == 0.5
    assert run.speed == pytest.approx(5)
    assert run.remaining == pytest.approx(10)
    assert run.elapsed == pytest.approx(10)
    clock.time += 1000  # thinking afterwards is no training
    run.finish()
    assert run.elapsed == pytest.approx(10)
    assert run.remaining is None
    assert run.speed == pytest.approx(5)


def test_nothing_is_known_at_the_beginning(run):
    assert (run.speed, run.remaining, run.progress, run.cost) == (0, None, 0, 0)
    assert Run().progress is None


def test_listeners_get_every_point_once_and_seldom(run, clock):
    told, times = [], []
    run.watch(lambda _, points: (told.append(points), times.append(clock.time)))
    for i in range(500):
        clock.time += 0.01
        run.log(loss=float(i), accuracy=0.5)
    run.finish()
    points = np.concatenate(told)
    assert points[points[:, 0] == 0][:, 2].tolist() == list(range(500))
    assert len(points) == run.rows == 1500  # two values and a time for each step
    assert run.points == 1000
    assert min(np.diff(times[:-1])) >= INTERVAL - 1e-9


def test_a_slow_listener_is_told_more_rarely(run, clock):
    times = []

    def listen(_run, _points):
        times.append(clock.time)
        clock.time += 0.003

    run.watch(listen)
    while clock.time < 20:
        clock.time += 0.01
        run.log(loss=0.5)
    assert 30 < len(times) < 20 / (0.003 / COST) + 5
    assert run.cost <= 1.1 * COST


def test_a_listener_that_is_too_slow_is_told_every_second(run, clock):
    times = []

    def listen(_run, _points):
        times.append(clock.time)
        clock.time += 0.5

    run.watch(listen)
    while clock.time < 20:
        clock.time += 0.01
        run.log(loss=0.5)
    assert max(np.diff(times)) <= PATIENCE + 0.5 + INTERVAL + 0.02


def test_a_broken_display_does_not_end_the_training(run, clock):
    def broken(_run, _points):
        raise OSError("the browser is gone")

    told = []
    run.watch(broken)
    run.watch(lambda _, points: told.append(points))
    clock.time += 1
    with pytest.warns(UserWarning, match="the browser is gone"):
        run.log(loss=0.5)
    clock.time += 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log(loss=0.4)
    assert (np.concatenate(told)[:, 0] >= 0).sum() == 2


@pytest.mark.parametrize(
    "error, status",
    [(None, "finished"), (KeyboardInterrupt(), "interrupted"), (OSError(), "failed")],
)
def test_how_it_ended(run, error, status):
    run.log(loss=0.5)
    run.finish(error)
    assert run.status == status
    assert run.points == 1


def test_the_stretch_of_a_step_ends_with_its_first_value(run, clock):
    for seconds in (1.0, 2.0, 4.0):
        clock.time = seconds
        run.log(loss=0.5)
    clock.time = 5.0
    run.log(val_loss=0.5)  # after the step
    clock.time = 5.5
    run.log(loss=0.4)
    assert [run.stretch(step) for step in range(6)] == [
        None,
        (0.0, 1.0),
        (1.0, 2.0),
        (2.0, 4.0),
        (5.0, 5.5),
        None,
    ]


@given(st.integers(2, 40), st.integers(3, 200))
def test_stretches_of_merged_steps_hold_them(keep, steps):
    seconds = [0.0]
    run = Run(keep=keep, clock=lambda: seconds[0])
    for step in range(1, steps):
        seconds[0] = float(step * step)
        run.log(loss=0.5)
    for step in range(1, steps):
        begin, end = run.stretch(step)
        assert begin <= (step - 1) ** 2 < step**2 <= end


def test_moments_are_those_of_the_engine_s_timelines():
    run = Run()
    assert run.zero is not None
    assert abs(time.perf_counter() - run.zero) < 60
    assert Run(clock=lambda: 0.0).zero is None


def test_readers_on_other_threads_see_whole_points():
    run = Run(keep=64)
    done = threading.Event()
    failures = []

    def read():
        while not done.is_set():
            with run.reading() as curves:
                totals = [series.total for _, series in curves]
                points = [int(s.buckets[:, 5].sum()) for _, s in curves]
                if totals != points:
                    failures.append((totals, points))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(30_000):
        run.log(loss=float(i), accuracy=0.5)
    done.set()
    reader.join()
    assert failures == []
    assert run["loss"].total == run["accuracy"].total == 30_000


def test_pending_points_are_bounded(clock):
    run = Run(clock=clock)
    run.watch(lambda *_: None)
    for _ in range(200_000):
        clock.time += 1e-6
        run.log(loss=0.5)
    longest = len(run._pending) / 3 + sum(map(len, run._untold))
    assert longest <= 200_000 * 1e-6 / INTERVAL * 100_000


def test_smooth_is_checked():
    with pytest.raises(ParameterError, match="smooth"):
        Run(smooth=0.7)


def test_a_notebook_gets_picture_and_words(run):
    run.log(loss=0.5)
    data, metadata = run._repr_mimebundle_(include=None, exclude=None)
    assert set(data) == {"image/png", "image/svg+xml", "text/plain"}
    assert metadata["image/png"]["width"] == 720
    assert repr(run) == data["text/plain"]
