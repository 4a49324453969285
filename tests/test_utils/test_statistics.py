import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import test_utils as tu
from mxbook.test_utils.statistics import chi_square_tail


@given(st.floats(0, 500), st.integers(1, 300))
def test_tail_of_chi_square(x, freedom):
    """Against the integral of the density, by Simpson's rule."""
    grid = np.linspace(0, math.sqrt(x), 2001)  # t = s**2, as the density may be infinite at 0
    log = (freedom - 1) * np.log(np.maximum(grid, 1e-300)) - grid**2 / 2
    density = 2 * np.exp(log - math.lgamma(freedom / 2) - freedom / 2 * math.log(2))
    if freedom == 1:
        density[0] = 2 * math.exp(-math.lgamma(0.5) - 0.5 * math.log(2))
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    below = (grid[1] - grid[0]) / 3 * (weights @ density)
    assert chi_square_tail(x, freedom) == pytest.approx(1 - below, abs=1e-6)


def test_tail_of_chi_square_by_scipy():
    chi2 = pytest.importorskip("scipy.stats").chi2
    for freedom in (1, 2, 3, 10, 99):
        for x in (0.01, 1.0, 50.0, 300.0):
            assert chi_square_tail(x, freedom) == pytest.approx(chi2.sf(x, freedom), rel=1e-9)


def test_buckets():
    buckets, probs = tu.gen_buckets_probs_with_ppf(lambda q: 2 * q - 1, 4)
    assert buckets == [(-1, -0.5), (-0.5, 0), (0, 0.5), (0.5, 1)]
    assert probs == [0.25] * 4
    with pytest.raises(mx.base.MXNetError):
        tu.gen_buckets_probs_with_ppf(float, 0)


@pytest.fixture
def uniform():
    return np.random.default_rng(1).random


def test_counts(uniform):
    buckets, probs = tu.gen_buckets_probs_with_ppf(float, 5)
    p, found, expected = tu.chi_square_check(uniform, buckets, probs, 10_000)
    assert found.sum() == 10_000
    assert expected.tolist() == [2000] * 5
    assert p == pytest.approx(chi_square_tail(((found - 2000) ** 2 / 2000).sum(), 4))
    p, found, _ = tu.chi_square_check(lambda n: np.arange(n) % 3, [2, 0], [1 / 3, 1 / 3], 300)
    assert found.tolist() == [100, 100]
    assert p == 1


def test_wrong_buckets(uniform):
    with pytest.raises(mx.base.MXNetError, match="probabilities"):
        tu.chi_square_check(uniform, [(0, 1)], [0.5, 0.5], 10)
    with pytest.raises(mx.base.MXNetError, match="samples"):
        tu.chi_square_check(lambda n: uniform(n - 1), [(0, 1)], [1], 10)


def test_good_and_bad_generators(uniform):
    buckets, probs = tu.gen_buckets_probs_with_ppf(float, 5)
    chances = tu.verify_generator(uniform, buckets, probs, nsamples=10_000, nrepeat=4)
    assert len(chances) == 4
    with pytest.raises(AssertionError, match="Generator test fails"):
        tu.verify_generator(lambda n: uniform(n) ** 1.1, buckets, probs, nsamples=10_000)


def test_moments(uniform):
    spread = 12**-0.5
    assert tu.mean_check(uniform, 0.5, spread, 10_000)
    assert not tu.mean_check(uniform, 0.52, spread, 10_000)
    assert tu.var_check(uniform, spread, 10_000)
    assert not tu.var_check(uniform, 0.32, 10_000)


def test_our_generator():
    buckets, probs = tu.gen_buckets_probs_with_ppf(float, 10)
    mx.random.seed(3)
    tu.verify_generator(lambda n: mx.nd.random.uniform(shape=n), buckets, probs, 20_000, 3)
