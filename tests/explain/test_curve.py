import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain.curve import SPARSE, Axis, columns, padded, smooth, step_axis, value_axis
from mxbook.explain.series import Series

noisy = st.lists(
    st.floats(-1e3, 1e3, allow_subnormal=False) | st.just(float("nan")),
    min_size=SPARSE + 10,
    max_size=400,
)


def series_of(values, keep: int = 2**16) -> Series:
    series = Series(keep)
    series.append(np.arange(1, len(values) + 1), values)
    return series


@given(noisy, st.integers(5, 60), st.booleans())
def test_columns_hold_the_exact_range_of_their_points(values, count, log):
    values = np.array(values)
    series = series_of(values)
    axis = step_axis([series.buckets], log)
    cut = columns(series.buckets, axis, count)
    assert len(cut.at) <= count
    assert cut.finite.sum() == np.isfinite(values).sum()
    assert cut.bad.sum() == np.isnan(values).sum()
    column = np.minimum(np.floor(axis.place(np.arange(1, len(values) + 1)) * count), count - 1)
    for low, high, c in zip(cut.low, cut.high, np.unique(column), strict=True):
        inside = values[column == c]
        inside = inside[np.isfinite(inside)]
        if len(inside):
            assert (low, high) == (inside.min(), inside.max())
        else:
            assert np.isnan(low)


@given(noisy, st.floats(0.001, 0.5))
def test_smooth_is_the_average_with_fading_weights(values, width):
    series = series_of(values)
    cut = columns(series.buckets, step_axis([series.buckets], False), 1000)
    weights = np.exp(-np.abs(cut.at[:, None] - cut.at[None]) / width) * cut.finite
    known = cut.finite > 0
    if not known.any():
        return
    expected = (weights[:, known] @ cut.mean[known]) / weights.sum(1)
    line = smooth(cut, width)
    np.testing.assert_array_equal(np.isfinite(line), known)
    np.testing.assert_allclose(line[known], expected[known], rtol=1e-6, atol=1e-6)


def test_for_a_logarithmic_axis_logarithms_are_averaged():
    steps = np.arange(1, 401)
    series = series_of(10.0 ** (steps / 10))
    cut = columns(series.buckets, step_axis([series.buckets], False), 400)
    line = smooth(cut, 0.02, log=True)
    inner = slice(60, -60)  # at the ends there are neighbours on one side only
    np.testing.assert_allclose(np.log10(line[inner]), steps[inner] / 10, atol=0.05)
    assert np.log10(smooth(cut, 0.02)[200]) > steps[200] / 10 + 1  # of numbers: ten times as high
    negative = series_of(-np.arange(1.0, 100))
    cut = columns(negative.buckets, step_axis([negative.buckets], False), 100)
    np.testing.assert_array_equal(smooth(cut, 0.1, log=True), smooth(cut, 0.1))


def test_few_points_and_no_window_are_not_smoothed():
    series = series_of(np.random.default_rng(0).normal(size=SPARSE))
    cut = columns(series.buckets, step_axis([series.buckets], False), 1000)
    np.testing.assert_array_equal(smooth(cut, 0.1), cut.mean)
    series = series_of(np.random.default_rng(0).normal(size=500))
    cut = columns(series.buckets, step_axis([series.buckets], False), 100)
    np.testing.assert_array_equal(smooth(cut, 0), cut.mean)


@given(noisy, st.booleans(), st.floats(0, 0.2))
def test_lines_lie_inside_their_axis(values, log, width):
    series = series_of(values)
    cut = columns(series.buckets, step_axis([series.buckets], False), 100)
    line = smooth(cut, width, log)
    axis = value_axis([(line, cut)], log)
    assert axis.low < axis.high
    place = axis.place(line[np.isfinite(line) & ((line > 1e-250) | (not axis.log))])
    place = place[np.isfinite(place)]
    assert ((place >= 0) & (place <= 1)).all()


def test_one_wild_value_does_not_flatten_the_rest():
    values = np.full(10_000, 0.5) + 0.1 * np.sin(np.arange(10_000))
    values[5000] = 1e9
    series = series_of(values)
    cut = columns(series.buckets, step_axis([series.buckets], False), 300)
    quiet = np.where(cut.high > 1, 0.5, cut.mean)
    assert value_axis([(quiet, cut)], False).high < 1


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_padded_axes_do_not_cross_zero(low, span):
    axis = padded(low, low + span, log=False)
    assert axis.low <= low < axis.high
    assert axis.low >= 0 or low < 0


def test_axes_of_nothing():
    assert step_axis([], True) == Axis(0.0, 1.0)
    assert value_axis([], True) == Axis(0.0, 1.0)
    nowhere = series_of([-1.0, -2.0] * 50)
    cut = columns(nowhere.buckets, step_axis([nowhere.buckets], False), 10)
    assert not value_axis([(cut.mean, cut)], True).log


def test_a_single_step_has_room():
    single = series_of([1.0])
    for log in (False, True):
        axis = step_axis([single.buckets], log)
        assert axis.low < 1 < axis.high
        assert axis.log is log
