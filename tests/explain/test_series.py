import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain.series import BAD, COUNT, FIRST, HIGH, LAST, LOW, SUM, Series, means

values = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])
chunks = st.lists(st.lists(values, max_size=30), max_size=12)


def filled(parts, keep: int) -> tuple[Series, np.ndarray, np.ndarray]:
    """A series to which the parts were appended, and all its steps and values."""
    series, step = Series(keep), 0
    for part in parts:
        series.append(range(step, step + len(part)), part)
        step += len(part)
    return series, np.arange(step, dtype=float), np.array([v for p in parts for v in p], float)


@given(chunks, st.integers(2, 20))
def test_every_bucket_tells_exactly_about_its_points(parts, keep):
    series, steps, raw = filled(parts, keep)
    assert len(series.buckets) <= keep
    assert series.total == len(raw)
    at = 0
    for bucket in series.buckets:
        inside = (steps >= bucket[FIRST]) & (steps <= bucket[LAST])
        finite = raw[inside][np.isfinite(raw[inside])]
        assert bucket[FIRST] == steps[at]
        assert bucket[COUNT] == len(finite)
        assert bucket[COUNT] + bucket[BAD] == inside.sum()
        if len(finite):
            assert bucket[LOW] == finite.min()
            assert bucket[HIGH] == finite.max()
            assert bucket[SUM] == pytest.approx(finite.sum(), rel=1e-9, abs=1e-6)
        else:
            assert np.isnan(bucket[LOW])
        at += inside.sum()
    assert at == len(raw)


@given(chunks, st.integers(2, 20))
def test_how_points_arrive_makes_no_difference(parts, keep):
    series, steps, raw = filled(parts, keep)
    other = Series(keep)
    for step, value in zip(steps, raw, strict=True):
        other.append([step], [value])
    np.testing.assert_allclose(series.buckets, other.buckets, rtol=1e-9, atol=1e-6)
    assert series.every == other.every


@given(chunks)
def test_few_points_stay_exact(parts):
    series, steps, raw = filled(parts, keep=2**16)
    assert series.every == 1
    np.testing.assert_array_equal(series.steps, steps)
    np.testing.assert_array_equal(series.values, np.where(np.isfinite(raw), raw, np.nan))


@given(chunks, st.integers(2, 20))
def test_remembers_extremes_and_the_first_bad_value(parts, keep):
    series, steps, raw = filled(parts, keep)
    finite = np.isfinite(raw)
    if finite.any():
        assert series.lowest[1] == raw[finite].min()
        assert series.highest[1] == raw[finite].max()
        assert raw[int(series.lowest[0])] == series.lowest[1]
    else:
        assert series.lowest is None
    if finite.all():
        assert series.first_bad is None
    else:
        assert series.first_bad[0] == steps[np.argmin(finite)]


@given(chunks, st.integers(2, 20))
def test_state_can_be_restored(parts, keep):
    series, _, _ = filled(parts, keep)
    copy = Series.restore(series.state())
    if series.every > 1:  # of single points only the finite values are kept
        np.testing.assert_array_equal(copy.buckets, series.buckets)
    np.testing.assert_array_equal(copy.values, series.values)
    assert (copy.every, copy.total, copy.lowest) == (series.every, series.total, series.lowest)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50), st.data())
def test_between_is_the_mean(raw, data):
    series, steps, raw = filled([raw], keep=2**16)
    after = data.draw(st.floats(-2, len(raw)))
    until = data.draw(st.floats(-2, len(raw)))
    inside = raw[(steps > after) & (steps <= until)]
    expected = inside.mean() if len(inside) else math.nan
    np.testing.assert_allclose(series.between(after, until), expected, rtol=1e-9, atol=1e-9)


def test_a_million_points_take_bounded_memory():
    series = Series()
    for start in range(0, 10**6, 10**5):
        series.append(np.arange(start, start + 10**5), np.ones(10**5))
    assert series.total == 10**6
    assert len(series.buckets) <= series.keep
    assert series._store.nbytes <= 2**24


def test_huge_values_do_not_lose_the_mean():
    series = Series(keep=2)
    series.append([1, 2, 3, 4], [1.7e308, 1.7e308, 1.0, 1.0])
    assert means(series.buckets).tolist() == [1.7e308, 1.0]
