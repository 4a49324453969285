import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.resource import rejection
from mxbook.resource.mersenne import Twisters, unit
from mxbook.resource.rejection import Lanes

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
ROWS = 500
ALL = np.arange(ROWS)
reals = pytest.mark.parametrize("real", [SINGLE, DOUBLE])


def lanes(real=SINGLE, rows=ROWS, window=1024):
    return Lanes(Twisters(np.arange(rows)), rows, real, window)


def many(sampler, *params, rounds=40, real=SINGLE):
    """20,000 numbers, with scalar parameters."""
    source = lanes(real)
    arrays = [np.full(ROWS, p, np.float32) for p in params]
    return np.stack([sampler(source, ALL, *arrays) for _ in range(rounds)]).astype(np.float64)


def assert_moments(numbers, mean, variance):
    deviation = math.sqrt(variance)
    assert abs(numbers.mean() - mean) < 4.5 * deviation / math.sqrt(numbers.size)
    assert abs(numbers.var() / variance - 1) < 0.1


@reals
@given(count=st.integers(1, 300), rows=st.integers(1, 5))
def test_points_lie_in_the_circle(real, count, rows):
    z, r2 = rejection.points(Twisters(np.arange(rows)), 0, rows, count, real)
    assert z.shape == r2.shape == (rows, count)
    assert (z.real.dtype, r2.dtype) == (real, real)
    np.testing.assert_array_equal(r2, z.real * z.real + z.imag * z.imag)
    assert ((r2 > 0) & (r2 <= 1)).all()


@reals
def test_points_are_as_common_in_each_quarter_of_the_circle(real):
    z, r2 = rejection.points(Twisters(np.arange(4)), 0, 4, 5000, real)
    assert abs(np.mean(z.real > 0) - 0.5) < 0.02
    assert abs(np.mean(z.imag > 0) - 0.5) < 0.02
    assert abs(np.mean(r2 < 0.5) - 0.5) < 0.02  # half the area


@reals
@given(count=st.integers(1, 200))
def test_points_in_bulk_are_those_tried_one_after_the_other(real, count):
    bulk, single = Twisters(np.arange(3)), Twisters(np.arange(3))
    z, r2 = rejection.points(bulk, 0, 3, count, real)
    source = Lanes(single, 3, real)
    steps = np.stack([rejection.normal(source, np.arange(3)) for _ in range(count)], axis=1)
    source.close()
    np.testing.assert_array_equal(rejection.polar(z.imag, r2), steps)
    np.testing.assert_array_equal(bulk.take(0, 3, 5), single.take(0, 3, 5))


@reals
@given(st.lists(st.sampled_from([[0], [1], [0, 1], []]), max_size=60), st.integers(1, 9))
def test_lanes_hand_out_each_row_in_order(real, asks, window):
    words = real.itemsize // 4
    expected = unit(Twisters(np.arange(2)).take(0, 2, 100 * words), real)
    twisters = Twisters(np.arange(2))
    source = Lanes(twisters, 2, real, window)
    used = [0, 0]
    for ask in asks:
        got = source.uniform(np.array(ask, int))
        assert got.tolist() == [expected[row, used[row]] for row in ask]
        for row in ask:
            used[row] += 1
    source.close()
    after = unit(twisters.take(0, 2, words), real)[:, 0]
    assert after.tolist() == [expected[row, used[row]] for row in (0, 1)]


@reals
def test_normal_moments(real):
    numbers = many(rejection.normal, real=real)
    assert_moments(numbers, 0, 1)
    assert abs((numbers**3).mean()) < 0.15
    assert abs((numbers**4).mean() - 3) < 0.3


@reals
@pytest.mark.parametrize("shape", [0.2, 0.99, 1, 3.7, 80])
def test_gamma_moments(real, shape):
    numbers = many(rejection.gamma, shape, 2.5, real=real)
    assert (numbers >= 0).all()
    assert_moments(numbers, shape * 2.5, shape * 2.5**2)


@pytest.mark.parametrize("mean", [0, 0.1, 3, 11.9, 12, 50, 1000])
def test_poisson_moments(mean):
    numbers = many(rejection.poisson, mean)
    assert (numbers == np.floor(numbers)).all()
    assert (numbers >= 0).all()
    assert_moments(numbers, mean, mean) if mean else np.testing.assert_array_equal(numbers, 0)


def test_poisson_frequencies():
    numbers = many(rejection.poisson, 2)
    for k in range(6):
        assert abs(np.mean(numbers == k) - math.exp(-2) * 2**k / math.factorial(k)) < 0.012


def test_binomial_moments():
    assert_moments(many(rejection.negative_binomial, 4, 0.3), 4 * 0.7 / 0.3, 4 * 0.7 / 0.3**2)
    assert_moments(many(rejection.generalized_negative_binomial, 5, 0.4), 5, 5 + 0.4 * 25)


def test_without_spread_the_binomial_is_poisson():
    np.testing.assert_array_equal(
        many(rejection.generalized_negative_binomial, 6, 0), many(rejection.poisson, 6)
    )


def test_rows_do_not_disturb_each_other():
    shape = np.linspace(0.1, 20, ROWS).astype(np.float32)
    together = rejection.gamma(lanes(), ALL, shape, np.ones_like(shape))
    for row in (0, 17, ROWS - 1):
        alone = Lanes(Twisters(np.array([row])), 1, SINGLE)
        number = rejection.gamma(alone, ALL[:1], shape[row : row + 1], np.ones(1, np.float32))
        assert number[0] == together[row]


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, -math.inf])
def test_impossible_parameters_come_to_an_end(bad):
    with np.errstate(all="ignore"):
        assert not np.isfinite(many(rejection.gamma, bad, 1, rounds=1)).any()
        many(rejection.poisson, bad, rounds=1)
        many(rejection.negative_binomial, bad, 0.5, rounds=1)
        many(rejection.negative_binomial, 3, bad, rounds=1)
        many(rejection.generalized_negative_binomial, 3, bad, rounds=1)
        many(rejection.generalized_negative_binomial, bad, 3, rounds=1)
