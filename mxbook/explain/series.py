"""One curve: the points of one name, in bounded memory.

Points are kept as they are until there are too many; then neighbours are merged into buckets
that remember first and last step, smallest and largest value, sum and count.  Whatever the
number of points, minimum, maximum, mean and count over whole buckets stay exact, and drawing a
million points costs no more than drawing `keep` of them.
"""

import numpy as np
from numpy.typing import ArrayLike

# The columns of a bucket.  A point is a bucket of one.
FIRST, LAST, LOW, HIGH, SUM, COUNT, BAD = range(7)

# Points of one curve that are kept exactly before neighbours are merged.
KEEP = 2**16

# Single points a series remembers, as (step, value).
_POINTS = ("lowest", "highest", "latest", "first_bad")


def buckets_of(steps: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Buckets of one point each, shape (n, 7).

    Values that are not finite leave LOW and HIGH as NaN and are counted in BAD.
    """
    finite = np.isfinite(values)
    shown = values if finite.all() else np.where(finite, values, np.nan)
    found = np.empty((len(steps), 7))
    found[:, FIRST] = found[:, LAST] = steps
    found[:, LOW] = found[:, HIGH] = shown
    found[:, SUM] = values if shown is values else np.where(finite, values, 0.0)
    found[:, COUNT] = finite
    found[:, BAD] = ~finite
    return found


def merge(buckets: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Merge runs of neighbouring buckets; `starts` holds the index where each run begins.

    >>> three = buckets_of(np.array([1., 2., 3.]), np.array([5., 1., 4.]))
    >>> merge(three, np.array([0, 2]))[:, [FIRST, LAST, LOW, HIGH, SUM, COUNT]].tolist()
    [[1.0, 2.0, 1.0, 5.0, 6.0, 2.0], [3.0, 3.0, 4.0, 4.0, 4.0, 1.0]]
    """
    if len(starts) == 0:
        return buckets[:0]
    ends = np.append(starts[1:], len(buckets)) - 1
    merged = np.empty((len(starts), 7))
    merged[:, FIRST] = buckets[starts, FIRST]
    merged[:, LAST] = buckets[ends, LAST]
    merged[:, LOW] = np.fmin.reduceat(buckets[:, LOW], starts)
    merged[:, HIGH] = np.fmax.reduceat(buckets[:, HIGH], starts)
    with np.errstate(over="ignore", invalid="ignore"):
        merged[:, SUM:] = np.add.reduceat(buckets[:, SUM:], starts, axis=0)
    largest = np.finfo(np.float64).max  # files hold no infinity
    merged[:, SUM] = np.nan_to_num(merged[:, SUM], posinf=largest, neginf=-largest)
    return merged


def group(buckets: np.ndarray, size: int) -> np.ndarray:
    """Every `size` neighbours merged into one, the last ones perhaps fewer."""
    return merge(buckets, np.arange(0, len(buckets), size)) if size > 1 else buckets


def means(buckets: np.ndarray) -> np.ndarray:
    """Mean of the finite values of each bucket, NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = buckets[:, SUM] / buckets[:, COUNT]
    # A sum of huge values may overflow; the mean cannot lie outside the values.
    return np.clip(mean, buckets[:, LOW], buckets[:, HIGH])


class Series:
    """The points of one curve, appended in order of their steps.

    `keep` bounds the memory: 56 bytes for each of at most `keep` buckets.  `every` says how many
    points a bucket holds at present; 1 means that every value is still there exactly.

    >>> loss = Series(keep=4)
    >>> loss.append([1, 2, 3], [0.9, 0.5, 0.7])
    >>> loss.steps.tolist(), loss.values.tolist(), loss.every
    ([1.0, 2.0, 3.0], [0.9, 0.5, 0.7], 1)
    >>> loss.append([4, 5], [0.3, 0.2])
    >>> loss.every, loss.total, loss.lowest
    (2, 5, (5.0, 0.2))
    """

    def __init__(self, keep: int = KEEP):
        self.keep = max(2, keep)
        self.every = 1
        self.total = 0
        self.lowest: tuple[float, float] | None = None
        self.highest: tuple[float, float] | None = None
        self.latest: tuple[float, float] | None = None
        self.first_bad: tuple[float, float] | None = None
        self._store = np.empty((64, 7))
        self._used = 0

    @property
    def buckets(self) -> np.ndarray:
        """The buckets, shape (n, 7); the columns are named by FIRST ... BAD in this module."""
        return self._store[: self._used]

    @property
    def steps(self) -> np.ndarray:
        """Step of every point, or the middle of every bucket."""
        return (self.buckets[:, FIRST] + self.buckets[:, LAST]) / 2

    @property
    def values(self) -> np.ndarray:
        """Value of every point, or the mean of every bucket; NaN where none was finite."""
        return means(self.buckets)

    def append(self, steps: ArrayLike, values: ArrayLike) -> None:
        """Add points; their steps must not be smaller than those already here."""
        at, what = np.asarray(steps, np.float64), np.asarray(values, np.float64)
        if len(at) == 0:
            return
        self._note(at, what)
        filled = self.total % self.every  # points already in the last, unfinished bucket
        self.total += len(at)
        fresh = buckets_of(at, what)
        if filled:
            self._used -= 1
            fresh = np.concatenate([self._store[self._used : self._used + 1], fresh])
        if self.every > 1:
            # The unfinished bucket counts as one entry but stands for `filled` points.
            position = np.arange(len(fresh)) + max(filled - 1, 0)
            position[0] = 0
            fresh = merge(fresh, np.flatnonzero(np.diff(position // self.every, prepend=-1)))
        self._extend(fresh)
        while self._used > self.keep:
            folded = group(self.buckets, 2)
            self._used = len(folded)
            self._store = folded.copy()
            self.every *= 2

    def state(self) -> dict:
        """Everything as plain lists, for `restore`; single points as steps and values only."""
        plain: dict = {"every": self.every, "total": self.total, "keep": self.keep}
        plain |= {name: getattr(self, name) for name in _POINTS}
        columns = [self.steps, self.values] if self.every == 1 else self.buckets.T
        return plain | {"columns": [column.tolist() for column in columns]}

    @classmethod
    def restore(cls, plain: dict) -> "Series":
        """The series that `state` described."""
        series = cls(plain["keep"])
        columns = np.array(plain["columns"], np.float64)
        if plain["every"] == 1 and len(columns) == 2:
            series.append(*columns)
        else:
            series._extend(columns.reshape(7, -1).T)
        series.every, series.total = plain["every"], plain["total"]
        for name in _POINTS:
            pair = plain[name]
            setattr(series, name, None if pair is None else (float(pair[0]), float(pair[1])))
        return series

    def between(self, after: float, until: float) -> float:
        """Mean of the finite values with after < step <= until; NaN when there are none.

        >>> loss = Series()
        >>> loss.append([1, 2, 3], [8.0, 4.0, 2.0])
        >>> loss.between(1, 3)
        3.0
        """
        low, high = np.searchsorted(self.buckets[:, LAST], [after, until], side="right")
        if high <= low:
            return float("nan")
        return float(means(merge(self.buckets[low:high], np.array([0])))[0])

    def _extend(self, fresh: np.ndarray) -> None:
        need = self._used + len(fresh)
        if need > len(self._store):
            grown = np.empty((max(need, 2 * len(self._store)), 7))
            grown[: self._used] = self.buckets
            self._store = grown
        self._store[self._used : need] = fresh
        self._used = need

    def _note(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Remember extremes, the latest point and the first value that is not finite."""
        self.latest = (float(steps[-1]), float(values[-1]))
        finite = np.isfinite(values)
        if self.first_bad is None and not finite.all():
            at = int(np.argmin(finite))
            self.first_bad = (float(steps[at]), float(values[at]))
        steps, values = steps[finite], values[finite]
        if len(values) == 0:
            return
        low, high = int(np.argmin(values)), int(np.argmax(values))
        if self.lowest is None or values[low] < self.lowest[1]:
            self.lowest = (float(steps[low]), float(values[low]))
        if self.highest is None or values[high] > self.highest[1]:
            self.highest = (float(steps[high]), float(values[high]))
