"""From the points of a run to what is drawn: columns, smoothing and ranges.

Plain functions on arrays.  `widgets/src/curves/curve.js` does the same in the browser; the file
`widgets/tests/agreement.json` holds both to the same answers.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .series import BAD, COUNT, FIRST, HIGH, LAST, LOW, means, merge
from .ticks import linear_ticks, log_ticks

# A curve of at most so many columns shows a mark at each point.
SPARSE = 40
# Values beyond are drawn at the edge of an axis that ends here.
LIMIT = 1e250


class Axis(NamedTuple):
    """A range of values, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    def place(self, values) -> np.ndarray:
        """Where values lie on the axis: 0 at the low end, 1 at the high end; NaN if nowhere.

        >>> Axis(1, 100, log=True).place([1, 10, 100]).tolist()
        [0.0, 0.5, 1.0]
        """
        values = np.asarray(values, np.float64)
        if not self.log:
            return (values - self.low) / (self.high - self.low)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(values > 0, np.log10(values), np.nan)
        low, high = np.log10(self.low), np.log10(self.high)
        return (logs - low) / (high - low)

    def ticks(self, count: int) -> list[float]:
        """Round values on the axis, about `count` of them."""
        return (log_ticks if self.log else linear_ticks)(self.low, self.high, count)


class Columns(NamedTuple):
    """A curve cut into columns of the picture; one entry for each column that has points."""

    at: np.ndarray  # place on the x axis
    low: np.ndarray  # smallest value, NaN when nothing in the column is finite
    high: np.ndarray
    mean: np.ndarray
    finite: np.ndarray  # how many of its points are
    bad: np.ndarray  # points that are NaN or infinite


def columns(buckets: np.ndarray, axis: Axis, count: int) -> Columns:
    """Merge the buckets that fall into the same of `count` columns of the axis.

    Minimum, maximum, mean and number of points of each column are exact.
    """
    at = axis.place((buckets[:, FIRST] + buckets[:, LAST]) / 2)
    shown = np.isfinite(at)
    buckets, at = buckets[shown], at[shown]
    column = np.minimum(np.floor(at * count), count - 1)
    merged = merge(buckets, np.flatnonzero(np.diff(column, prepend=np.nan) != 0))
    middle = (merged[:, FIRST] + merged[:, LAST]) / 2
    return Columns(
        at=axis.place(middle),
        low=merged[:, LOW],
        high=merged[:, HIGH],
        mean=means(merged),
        finite=merged[:, COUNT],
        bad=merged[:, BAD],
    )


def dense(columns: Columns) -> bool:
    """Whether a column holds more than 1.5 points on average: then its range is worth drawing."""
    return float(columns.finite.sum()) > 1.5 * len(columns.at)


def smooth(columns: Columns, width: float, log: bool = False) -> np.ndarray:
    """The mean of each column, averaged with its neighbours; NaN where the column has no value.

    A curve of few points (SPARSE columns) stays as it is: its points are marked, and the line
    has to go through them.

    Each column looks both ways with weights finite * exp(-distance / width), distances in shares
    of the axis.  So the line does not lag behind, columns of many points count for more, and
    points further apart than `width` are hardly touched.  For a logarithmic axis logarithms are
    averaged (of positive values; others have none): means would run along the largest values.
    """
    if width <= 0 or len(columns.at) <= SPARSE:
        return columns.mean.copy()
    mean, weight = columns.mean, columns.finite
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(mean > 0, np.log(mean), np.nan)
        weight = np.where(np.isfinite(mean), weight, 0.0)
        if not weight.any():  # the axis will be linear
            return smooth(columns, width)
    value = np.nan_to_num(mean)
    decay = np.exp(-np.diff(columns.at) / width)
    forward = _fading_sums(weight * value, weight, decay)
    backward = _fading_sums((weight * value)[::-1], weight[::-1], decay[::-1])[:, ::-1]
    total, norm = forward + backward  # both hold the column's own value
    with np.errstate(all="ignore"):
        line = (total - weight * value) / (norm - weight)
    line = np.clip(line, np.nanmin(mean), np.nanmax(mean)) if norm.any() else line
    line = np.where(weight > 0, line, np.nan)
    return np.exp(line) if log else line


def _fading_sums(values: np.ndarray, weights: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """Shape (2, n): sums of values and weights over everything before, fading by `decay`."""
    sums, total, norm = [], 0.0, 0.0
    for value, weight, keep in zip(
        values.tolist(), weights.tolist(), [0.0, *decay.tolist()], strict=True
    ):
        total = total * keep + value
        norm = norm * keep + weight
        sums.append((total, norm))
    return np.array(sums).T


def value_axis(curves: Iterable[tuple[np.ndarray, Columns]], log: bool) -> Axis:
    """A y axis for lines and their columns.

    Lines are shown whole; of the band between smallest and largest values the outermost 2 % may
    be cut off, so that one wild step does not flatten everything else.  A logarithmic axis with
    nothing positive to show becomes linear.
    """
    ends: list[float] = []
    for line, cut in curves:
        line, low, high = (_drawable(v, log) for v in (line, cut.low, cut.high))
        for values, share in ((line, 0.0), (line, 1.0), (low, 0.02), (high, 0.98)):
            if len(values):
                ends.append(float(np.quantile(values, share)))
    if not ends:
        return value_axis(curves, log=False) if log else Axis(0.0, 1.0)
    return padded(min(ends), max(ends), log)


def _drawable(values: np.ndarray, log: bool) -> np.ndarray:
    """The values that an axis can show, without those so large that arithmetic overflows."""
    shown = values > 1 / LIMIT if log else np.isfinite(values)
    return np.clip(values[shown], -LIMIT, LIMIT)


def padded(low: float, high: float, log: bool) -> Axis:
    """An axis a little wider than from low to high, that does not cross 0 without need."""
    if log:
        spread = max(np.log10(high) - np.log10(low), 0.2)
        return Axis(low / 10 ** (0.05 * spread), high * 10 ** (0.05 * spread), log=True)
    margin = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    below = low - margin
    return Axis(0.0 if below < 0 <= low else below, high + margin)


def step_axis(spans: Iterable[np.ndarray], log: bool) -> Axis:
    """The x axis that holds all buckets given; logarithmic only if a step is positive."""
    steps = [s[:, [FIRST, LAST]].ravel() for s in spans if len(s)]
    if not steps:
        return Axis(0.0, 1.0)
    every = np.concatenate(steps)
    positive = every[every > 0]
    log = log and len(positive) > 0
    low, high = (positive.min(), positive.max()) if log else (every.min(), every.max())
    if low == high:
        low, high = (low / 1.5, high * 1.5) if log else (low - 0.5, high + 0.5)
    return Axis(float(low), float(high), log)


def runs_of(flags: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end (exclusive) of each run of true flags.

    >>> runs_of(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(int))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))
