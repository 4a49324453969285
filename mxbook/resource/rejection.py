"""Samplers that throw tries away, and so need a number of words that is not known beforehand.

`points` makes many tries for each row at once and keeps the lucky ones.  The other samplers are
lock-step: all rows make a try, each with its own next word, and those that had no luck try
again.  Expressions are rounded where MXNet's are, mostly to `real`; hence the many `astype`.
Comparisons are written so that not-a-number passes: impossible parameters end as NaN, not never.
"""

import math

import numpy as np

from .mersenne import Twisters, runs, unit

_HALF = np.dtype(np.float16)
_SINGLE = np.dtype(np.float32)
_WINDOW = 1024  # at most this many uniform numbers are made ahead for each row


def points(
    twisters: Twisters, first: int, last: int, count: int, real: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """For each row `count` points evenly spread in the unit circle, and the squares of their
    distances from 0.  Points are complex numbers z = x + iy.

    Points of the square around it are tried until enough lie inside, which pi/4 of them do.
    """
    words = 2 * real.itemsize // 4  # for one point
    tries = int(1.28 * count + 3 * count**0.5) + 8  # nearly always enough for all rows
    while True:
        u = unit(twisters.look(first, last, tries * words), real)
        u *= real.type(2)
        u -= real.type(1)
        squares = np.square(u)
        r2 = squares[:, 0::2] + squares[:, 1::2]
        inside = _in_circle(r2)
        found = np.count_nonzero(inside, axis=1)
        if found.min() >= count:
            break
        tries += tries // 2
    before = np.cumsum(found) - found
    chosen = runs(np.flatnonzero(inside)[None], before, count)
    used = chosen[:, -1] - np.arange(last - first) * tries + 1
    twisters.move(first, last, used * words)
    z = u.view(np.result_type(real, np.complex64))
    return z.take(chosen), r2.take(chosen)


def _in_circle(r2: np.ndarray) -> np.ndarray:
    return (r2 <= 1) & (r2 != 0)


def polar(y: np.ndarray, r2: np.ndarray) -> np.ndarray:
    """y * sqrt(-2 log(r2) / r2), a standard normal number (Marsaglia's polar method)."""
    # NumPy's float32 logarithm may be off by several units in the last place; this one is not.
    factor = np.log(r2, dtype=np.float64).astype(r2.dtype)
    factor *= r2.dtype.type(-2)
    factor /= r2
    np.sqrt(factor, out=factor)
    factor *= y
    return factor


class Lanes:
    """Uniform numbers of the first `rows` twisters, one at a time for whichever rows need one.

    `real` is float32 (a word for each number) or float64 (two words).
    """

    def __init__(self, twisters: Twisters, rows: int, real: np.dtype, window: int = _WINDOW):
        self.real = real
        self._twisters = twisters
        self._rows = rows
        self._window = min(window, _WINDOW)
        self._fill()

    def _fill(self) -> None:
        words = self._twisters.look(0, self._rows, self._window * self.real.itemsize // 4)
        self._ready = unit(words, self.real)
        self._used = np.zeros(self._rows, np.intp)
        self._calls = 0  # no row has used more numbers than there were calls

    def close(self) -> None:
        """Tell the twisters how many words were used."""
        self._twisters.move(0, self._rows, self._used * (self.real.itemsize // 4))

    def uniform(self, who: np.ndarray) -> np.ndarray:
        """The next number of [0, 1) for each of the rows `who`."""
        if self._calls == self._window:
            self.close()
            self._fill()
        self._calls += 1
        at = self._used[who]
        self._used[who] = at + 1
        return self._ready[who, at]


# In the samplers below `who` says which rows draw a number, and `left` which of these still try.


def normal(lanes: Lanes, who: np.ndarray) -> np.ndarray:
    """Standard normal numbers; see `points` and `polar`."""
    out = np.empty(len(who), lanes.real)
    left = np.arange(len(who))
    one, two = lanes.real.type(1), lanes.real.type(2)
    while len(left):
        x = two * lanes.uniform(who[left]) - one
        y = two * lanes.uniform(who[left]) - one
        r2 = x * x + y * y
        inside = _in_circle(r2)
        out[left[inside]] = polar(y[inside], r2[inside])
        left = left[~inside]
    return out


def gamma(lanes: Lanes, who: np.ndarray, shape: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Gamma numbers by the method of Marsaglia and Tsang (2000).

    With d = shape - 1/3, z normal and v = (1 + z / sqrt(9 d))**3, the number d v is kept when
    log(1 - u) < z*z/2 + d (1 - v + log v).  A shape below 1 is raised by 1 first, which one more
    uniform number to the power 1/shape puts right.
    """
    real = lanes.real
    kept = _HALF if shape.dtype == _HALF else real
    wide = shape.astype(np.float64)
    small = wide < 1
    d = np.where(small, wide + 2 / 3, wide - 1 / 3).astype(kept).astype(real)
    k = np.sqrt(9.0 * d.astype(np.float64)).astype(real)
    c = (1.0 / k.astype(np.float64)).astype(real)
    out = np.empty(len(who), real)
    left = np.arange(len(who))
    while len(left):
        z = normal(lanes, who[left])
        positive = ~(z <= -k[left])  # otherwise v would not be, and no uniform number is drawn
        tried, z = left[positive], z[positive].astype(np.float64)
        x = (1.0 + (c[tried] * z).astype(real)).astype(real)
        v = x * x * x
        log_u = np.log(1.0 - lanes.uniform(who[tried]).astype(np.float64))
        good = ~(log_u >= 0.5 * z * z + d[tried] * (1.0 - v + np.log(v, dtype=np.float64)))
        done = tried[good]
        out[done] = (d[done] * v[good] * scale[done]).astype(kept)
        left = _without(left, done, len(who))
    if small.any():
        power = (1.0 / wide[small]).astype(kept).astype(np.float64)
        out[small] = out[small] * lanes.uniform(who[small]).astype(np.float64) ** power
    return out


def poisson(lanes: Lanes, who: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Poisson numbers, as float32; by two methods, for means below 12 and others."""
    mean = mean.astype(_SINGLE)
    small = mean < 12
    out = np.empty(len(who), _SINGLE)
    out[small] = _poisson_small(lanes, who[small], mean[small])
    out[~small] = _poisson_large(lanes, who[~small], mean[~small])
    return out


def _poisson_small(lanes: Lanes, who: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """How many uniform numbers can be multiplied before the product falls to exp(-mean)."""
    out = np.zeros(len(who), _SINGLE)
    end = np.exp(-mean, dtype=np.float64).astype(_SINGLE)
    product = lanes.uniform(who)
    left = np.flatnonzero(product > end)
    while len(left):
        out[left] += 1
        product[left] *= lanes.uniform(who[left])
        left = left[product[left] > end[left]]
    return out


def _poisson_large(lanes: Lanes, who: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Rejection under the curve of a Cauchy distribution, mean + sqrt(2 mean) tan(pi u)."""
    out = np.empty(len(who), _SINGLE)
    width = np.sqrt(2.0 * mean.astype(np.float64)).astype(_SINGLE)
    log_mean = np.log(mean, dtype=np.float64).astype(_SINGLE)
    peak = mean * log_mean - _log_gamma(mean + _SINGLE.type(1))
    left = np.arange(len(who))
    while len(left):
        angle = _SINGLE.type(3.1415926) * lanes.uniform(who[left])
        y = np.tan(angle, dtype=np.float64).astype(_SINGLE)
        number = np.floor(width[left] * y + mean[left])
        possible = ~(number < 0)
        tried, number, y = left[possible], number[possible], y[possible]
        power = number * log_mean[tried] - _log_gamma(number + _SINGLE.type(1)) - peak[tried]
        odds = 0.9 * (1.0 + (y * y).astype(np.float64)) * np.exp(power, dtype=np.float64)
        good = ~(lanes.uniform(who[tried]) > odds.astype(_SINGLE))
        out[tried[good]] = number[good]
        left = _without(left, tried[good], len(who))
    return out


def negative_binomial(lanes: Lanes, who: np.ndarray, k: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Failures before success number k, each with probability p: Poisson with a gamma mean."""
    return poisson(lanes, who, gamma(lanes, who, k, (1 - p) / p))


def generalized_negative_binomial(
    lanes: Lanes, who: np.ndarray, mu: np.ndarray, alpha: np.ndarray
) -> np.ndarray:
    """Poisson numbers whose means are gamma numbers with mean mu and variance alpha mu**2."""
    mean = mu.astype(_SINGLE)
    varied = np.flatnonzero(alpha != 0)
    mu, alpha = mu[varied], alpha[varied]
    mean[varied] = gamma(lanes, who[varied], 1 / alpha, mu * alpha)
    return poisson(lanes, who, mean)


def unique_zipfian(
    twisters: Twisters, row: int, range_max: int, count: int
) -> tuple[np.ndarray, int]:
    """`count` different numbers below `range_max`, small ones more often, and how many were drawn.

    Drawn is exp(u log(range_max)), rounded, minus 1, with u of 64 bits.
    """
    tries = 2 * count + 16
    while True:
        u = unit(twisters.look(row, row + 1, 2 * tries), np.dtype(np.float64))[0]
        numbers = np.floor(np.exp(u * math.log(range_max)) + 0.5).astype(np.int64) - 1
        numbers %= range_max
        first = np.sort(np.unique(numbers, return_index=True)[1])[:count]
        if len(first) == count:
            break
        tries *= 2
    used = int(first[-1]) + 1 if count else 0
    twisters.move(row, row + 1, 2 * used)
    return numbers[first], used


def _without(left: np.ndarray, done: np.ndarray, size: int) -> np.ndarray:
    """The indices `left` except those in `done`; all lie below `size`."""
    waiting = np.zeros(size, bool)
    waiting[left] = True
    waiting[done] = False
    return np.flatnonzero(waiting)


def _log_gamma(x: np.ndarray) -> np.ndarray:
    return np.array([math.lgamma(value) for value in x.tolist()], _SINGLE)
