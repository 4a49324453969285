"""Learning rate schedules."""

import pickle
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import lr_scheduler as lrs
from mxbook.base.errors import MXNetError, ParameterError

RATE = st.floats(1e-3, 10)
MODE = st.sampled_from(["linear", "constant"])


def rates(schedule, count=30):
    return [schedule(n) for n in range(count)]


@given(RATE, st.floats(0.1, 1), st.integers(1, 10))
def test_factor_is_a_staircase(base, factor, step):
    schedule = lrs.FactorScheduler(step, factor, stop_factor_lr=1e-12, base_lr=base)
    for n in range(1, 30):
        assert schedule(n) == pytest.approx(max(base * factor ** ((n - 1) // step), 1e-12))


@given(st.sets(st.integers(1, 20), min_size=1), st.floats(0.1, 1))
def test_multi_factor_counts_the_steps_behind(steps, factor):
    schedule = lrs.MultiFactorScheduler(sorted(steps), factor, base_lr=1.0)
    for n in range(1, 25):
        assert schedule(n) == pytest.approx(factor ** sum(n > s for s in steps))


@given(st.integers(6, 20), RATE, st.floats(0, 1), st.integers(0, 5), MODE)
def test_annealing_goes_from_base_to_final(last, base, share, warmup_steps, warmup_mode):
    options = {"base_lr": base, "warmup_steps": warmup_steps, "warmup_mode": warmup_mode}
    for kind in (lrs.PolyScheduler, lrs.CosineScheduler):
        found = rates(kind(last, final_lr=base * share, **options))
        assert found[warmup_steps] == pytest.approx(base)
        assert found[last] == found[-1] == pytest.approx(base * share)
        falling = found[warmup_steps:]
        assert all(a >= b * (1 - 1e-9) for a, b in pairwise(falling))


@given(RATE, st.floats(0, 1), st.integers(1, 10))
def test_warm_up(base, share, steps):
    options = {"base_lr": base, "warmup_steps": steps, "warmup_begin_lr": base * share}
    line = lrs.FactorScheduler(100, **options)
    flat = lrs.FactorScheduler(100, warmup_mode="constant", **options)
    for n in range(steps):
        expected = base * share + (base - base * share) * n / steps
        assert line(n) == pytest.approx(expected)
        assert flat(n) == base * share
    assert line(steps) == base


@pytest.mark.parametrize(
    "make",
    [
        lambda: lrs.FactorScheduler(0),
        lambda: lrs.FactorScheduler(1, factor=1.1),
        lambda: lrs.MultiFactorScheduler([]),
        lambda: lrs.MultiFactorScheduler([3, 3]),
        lambda: lrs.MultiFactorScheduler([0, 3]),
        lambda: lrs.PolyScheduler(0),
        lambda: lrs.CosineScheduler(1.5),
        lambda: lrs.CosineScheduler(9, warmup_steps=-1),
        lambda: lrs.CosineScheduler(9, warmup_steps=9),
        lambda: lrs.CosineScheduler(9, base_lr=0.1, warmup_begin_lr=0.2),
        lambda: lrs.CosineScheduler(9, warmup_mode="sudden"),
    ],
)
def test_impossible_schedules(make):
    with pytest.raises(ParameterError):
        make()


def test_the_base_class_does_not_know_the_rate():
    with pytest.raises(MXNetError, match="must define"):
        lrs.LRScheduler()(1)


def test_a_pickled_schedule_goes_on_where_it_stood():
    schedule = lrs.FactorScheduler(2, 0.5, base_lr=1.0)
    schedule(5)
    assert rates(pickle.loads(pickle.dumps(schedule))) == rates(schedule)
