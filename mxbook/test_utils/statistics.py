"""Whether a generator of random numbers follows its distribution.

A generator is a function `n -> n numbers`.  The test of chi square sorts the numbers into buckets
and compares how many fall into each with how many should.

    ppf = scipy.stats.norm(0, 1).ppf
    buckets, probs = gen_buckets_probs_with_ppf(ppf, 5)
    verify_generator(lambda n: mx.nd.random.normal(0, 1, shape=n).asnumpy(), buckets, probs)

Source: MXNet 1.6, `mxnet.test_utils`.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError

from .comparing import host

Generator = Callable[[int], Any]


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Buckets of equal probability, from the inverse of the cumulative distribution.

    >>> gen_buckets_probs_with_ppf(lambda q: 4 * q, 2)
    ([(0.0, 2.0), (2.0, 4.0)], [0.5, 0.5])
    """
    if nbuckets < 1:
        raise ParameterError(f"{nbuckets} buckets are none")
    edges = [float(ppf(i / nbuckets)) for i in range(nbuckets + 1)]
    return list(pairwise(edges)), [1 / nbuckets] * nbuckets


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the mean of samples is that of the distribution, within three standard errors."""
    error = sigma / math.sqrt(nsamples)
    return bool(abs(host(generator(nsamples)).mean() - mu) < 3 * error)


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the variance of samples is `sigma**2`, within three standard errors.

    The error is that of normally distributed numbers, `sigma**2 * sqrt(2 / (n - 1))`.
    """
    error = sigma**2 * math.sqrt(2 / (nsamples - 1))
    return bool(abs(host(generator(nsamples)).var(ddof=1) - sigma**2) < 3 * error)


def chi_square_check(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The test of chi square: the probability of such deviations or larger ones by chance, how many
    samples fell into each bucket, and how many should.

    `buckets` are pairs (low, high) of a continuous distribution, or the values of a discrete one,
    and `probs` their probabilities.  Raises ParameterError where these do not fit together.

    >>> p, found, expected = chi_square_check(lambda n: np.arange(n) % 2, [0, 1], [0.5, 0.5], 100)
    >>> p, found.tolist(), expected.tolist()
    (1.0, [50, 50], [50.0, 50.0])
    """
    if len(buckets) != len(probs):
        raise ParameterError(f"{len(buckets)} buckets have {len(probs)} probabilities")
    samples = np.sort(host(generator(nsamples)), axis=None)
    if samples.size != nsamples:
        raise ParameterError(f"the generator made {samples.size} samples in place of {nsamples}")
    if isinstance(buckets[0], list | tuple):
        low, high = np.array(buckets, "float64").T
        found = np.searchsorted(samples, high) - np.searchsorted(samples, low)
    else:
        values = np.asarray(buckets)
        found = np.searchsorted(samples, values, "right") - np.searchsorted(samples, values)
    expected = np.array(probs, "float64") * nsamples
    distance = float(((found - expected) ** 2 / expected).sum())
    return chi_square_tail(distance, len(buckets) - 1), found, expected


def chi_square_tail(x: float, freedom: int) -> float:
    """The probability that the sum of squares of `freedom` normal numbers is `x` or more.

    For whole numbers of degrees of freedom the integral is a finite sum of Poisson terms,
    `e^-h h^k / k!` with `h = x / 2`, over the whole or the half numbers k below `freedom / 2`; for
    half numbers that of the complementary error function comes first.

    >>> round(chi_square_tail(3.841, 1), 3), round(chi_square_tail(18.307, 10), 3)
    (0.05, 0.05)
    """
    h = x / 2
    if h <= 0 or freedom < 1:
        return 1.0
    first = math.erfc(math.sqrt(h)) if freedom % 2 else 0.0
    steps = (k + freedom % 2 / 2 for k in range(freedom // 2))
    terms = (math.exp(k * math.log(h) - h - math.lgamma(k + 1)) for k in steps)
    return min(1.0, first + math.fsum(terms))


def verify_generator(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """Repeat the test of chi square; raise AssertionError unless enough of them succeed.

    One succeeds when its probability is above `alpha`, and `success_rate` of the `nrepeat` must.
    Returns the probabilities.
    """
    results = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    chances = [chance for chance, _, _ in results]
    good = sum(chance > alpha for chance in chances)
    if good < nrepeat * success_rate:
        raise AssertionError(
            f"Generator test fails, Chi-square p={chances}, "
            f"obs_freq={[found.tolist() for _, found, _ in results]}, "
            f"expected_freq={results[0][2].tolist()}.\nbuckets={buckets}, probs={probs}"
        )
    return chances
