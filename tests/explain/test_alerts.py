import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain import Run


def run_of(loss=(), **validation) -> Run:
    run = Run()
    for i, value in enumerate(loss):
        run.log(loss=float(value), step=i + 1)
        for name, values in validation.items():
            if (i + 1) % (len(loss) // len(values)) == 0:
                run.log({name: float(values[(i + 1) * len(values) // len(loss) - 1])}, step=i + 1)
    run.finish()
    return run


def falling(count: int) -> np.ndarray:
    return 0.05 + np.exp(-np.arange(count) / (count / 4))


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3), st.integers(30, 3000))
def test_a_noisy_loss_that_falls_is_no_alarm(seed, noise, count):
    chance = np.random.default_rng(seed)
    loss = falling(count) * np.exp(noise * chance.normal(size=count))
    assert run_of(loss).alerts == []


@given(st.integers(0, 2**32 - 1), st.integers(30, 3000))
def test_nor_is_a_loss_that_only_trembles(seed, count):
    chance = np.random.default_rng(seed)
    assert run_of(2.3 + 0.05 * chance.normal(size=count)).alerts == []


@given(st.integers(64, 2000), st.floats(0.3, 0.8))
def test_divergence_begins_where_the_loss_turns(count, share):
    turn = int(share * count)
    loss = falling(count)
    loss[turn:] += 6 * np.linspace(0, 1, count - turn) ** 2
    (alert,) = run_of(loss).alerts
    assert alert.kind == "diverged"
    assert turn - count / 30 <= alert.step <= turn + 0.5 * (count - turn)
    assert alert.gap > 2


def test_a_loss_that_becomes_nan_is_told_otherwise():
    loss = falling(100)
    loss[60:] = np.geomspace(1, 1e30, 40)
    loss[90:] = math.nan
    run = run_of(loss)
    assert run.alerts == []
    assert run["loss"].first_bad[0] == 91


@pytest.mark.parametrize("sign, name", [(1, "val_loss"), (-1, "val_accuracy")])
def test_over_fitting_needs_training_that_goes_on(sign, name):
    base = name.removeprefix("val_")
    valley = sign * np.abs(np.linspace(-1, 1.5, 20))

    def alerts(train) -> list[str]:
        run = Run()
        for i, value in enumerate(train):
            run.log({base: float(sign * value)}, step=i + 1)
            if i % 10 == 9:
                run.log({name: float(valley[i // 10])}, step=i + 1)
        return [(a.kind, a.step) for a in run.alerts]

    assert alerts(falling(200)) == [("over-fit", 90.0)]
    assert ("over-fit", 90.0) not in alerts(np.full(200, 0.5))


def test_a_validation_that_only_trembles_is_no_over_fitting():
    chance = np.random.default_rng(0)
    values = falling(40) + 0.02 * chance.random(40)
    assert run_of(falling(400), val_loss=values).alerts == []


def test_alerts_are_in_the_sentence():
    loss = falling(100)
    loss[50:] += np.arange(50)
    assert "loss diverges from step 5" in run_of(loss).text()
