import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain.ticks import duration, linear_ticks, log_ticks, number, rate, tick_labels

finite = st.floats(-1e9, 1e9)
positive = st.floats(1e-12, 1e12)


@given(finite, st.floats(1e-6, 1e9), st.integers(2, 10))
def test_linear_ticks_are_even_round_and_inside(low, span, count):
    span = max(span, 1e-6 * abs(low))  # narrower ones drown in rounding
    high = low + span
    ticks = linear_ticks(low, high, count)
    assert len(ticks) <= count + 1
    steps = [b - a for a, b in pairwise(ticks)]
    for tick in ticks:
        assert low - 1e-6 * span <= tick <= high + 1e-6 * span
    for step in steps:
        assert math.isclose(step, steps[0], rel_tol=1e-4)
        lead = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert any(math.isclose(lead, round_, rel_tol=1e-4) for round_ in (1, 2, 5, 10))


@given(positive, st.floats(1.3, 1e15), st.integers(3, 8))
def test_log_ticks_are_increasing_and_inside(low, factor, count):
    high = low * factor
    ticks = log_ticks(low, high, count)
    assert ticks == sorted(set(ticks))
    assert all(low * 0.999 <= t <= high * 1.001 for t in ticks)


@given(finite, st.floats(1e-3, 1e9), st.integers(2, 10))
def test_labels_tell_ticks_apart(low, span, count):
    ticks = linear_ticks(low, low + span, count)
    labels = tick_labels(ticks)
    if ticks and span > 1e-6 * max(abs(t) for t in ticks):
        assert len(set(labels)) == len(ticks)


@given(st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_number_is_short_and_close(value):
    text = number(value)
    assert len(text) <= 12
    if math.isfinite(value):
        assert math.isclose(float(text.replace(",", "")), value, rel_tol=2e-3, abs_tol=0.5)


def test_an_empty_range_has_one_tick():
    assert linear_ticks(3, 3, 5) == [3]
    assert log_ticks(2, 2, 5) == [2]


def test_words():
    assert duration(59.96) == "1 min 00 s"
    assert duration(3599.7) == "1 h 00 min"
    assert rate(0) == ""
    assert number(float("-inf")) == "-inf"
