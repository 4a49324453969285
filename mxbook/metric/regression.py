"""Metrics of predicted numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import NDArray

from .base import (
    Arrays,
    PairMetric,
    RunningMetric,
    alias,
    check_label_shapes,
    host,
    register,
)


class _MeanDeviation(PairMetric):
    """The mean over updates of a measure of all differences in one."""

    def __init__(self, name, output_names, label_names, measure: Callable):
        super().__init__(name, output_names, label_names)
        self._measure = measure

    def _count(self, label: NDArray, pred: NDArray) -> None:
        # (n,) and (n, 1) are the same; anything else would be stretched to a wrong mean
        true, found = (a.reshape(-1, 1) if a.ndim == 1 else a for a in (host(label), host(pred)))
        if true.shape != found.shape:
            raise ShapeError(
                f"{self.name} needs a prediction for each label",
                values=[("labels", str(label.shape)), ("predictions", str(pred.shape))],
            )
        self._add(float(self._measure(true - found)), 1)


def _mean_absolute(difference: np.ndarray) -> Any:
    return np.abs(difference).mean()


def _mean_square(difference: np.ndarray) -> Any:
    return (difference**2).mean()


def _root_mean_square(difference: np.ndarray) -> Any:
    return np.sqrt(_mean_square(difference))


@register
class MAE(_MeanDeviation):
    """Mean absolute error, averaged over updates.

    >>> from mxbook import nd
    >>> metric = MAE()
    >>> metric.update([nd.array([1, 2])], [nd.array([1, 4])])
    >>> metric.get()
    ('mae', 1.0)

    Source: MXNet 1.6, `mxnet.metric.MAE`.
    """

    def __init__(self, name="mae", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, _mean_absolute)


@register
class MSE(_MeanDeviation):
    """Mean squared error, averaged over updates.

    >>> from mxbook import nd
    >>> metric = MSE()
    >>> metric.update([nd.array([1, 2])], [nd.array([1, 4])])
    >>> metric.get()
    ('mse', 2.0)

    Source: MXNet 1.6, `mxnet.metric.MSE`.
    """

    def __init__(self, name="mse", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, _mean_square)


@register
class RMSE(_MeanDeviation):
    """Root of the mean squared error of each update, averaged over updates.

    >>> from mxbook import nd
    >>> metric = RMSE()
    >>> metric.update([nd.array([0, 0])], [nd.array([3, 3])])
    >>> metric.get()
    ('rmse', 3.0)

    Source: MXNet 1.6, `mxnet.metric.RMSE`.
    """

    def __init__(self, name="rmse", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, _root_mean_square)


def _grown(values: np.ndarray, count: int, mean: float, squares: float) -> tuple[int, float, float]:
    """Count, mean and sum of squared deviations of a series that gets new values.

    That is Welford's update, for a whole batch.
    """
    count += values.size
    old = values - mean
    mean += float(old.sum()) / count
    return count, mean, squares + float(old @ (values - mean))


class _Moments:
    """Means, squared deviations and their product of two series, which grow batch by batch.

    >>> moments = _Moments()
    >>> moments.add(np.array([1.0, 2.0]), np.array([5.0, 3.0]))
    >>> round(moments.correlation(), 6)
    -1.0
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean_x = self.mean_y = 0.0
        self.xx = self.yy = self.xy = 0.0

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Continue the series."""
        if not x.size:
            return
        old_x = x - self.mean_x
        _, self.mean_x, self.xx = _grown(x, self.count, self.mean_x, self.xx)
        self.count, self.mean_y, self.yy = _grown(y, self.count, self.mean_y, self.yy)
        self.xy += float(old_x @ (y - self.mean_y))

    def correlation(self) -> float:
        """Pearson's coefficient of the series so far."""
        spread = (self.xx * self.yy) ** 0.5
        return self.xy / spread if spread else np.nan


@alias("pearsonr")
@register
class PearsonCorrelation(RunningMetric):
    """Pearson's correlation coefficient of labels and predictions, arrays of equal shape.

    `average="macro"` is the mean of the values of all updates, `micro` the value of everything
    seen.  NaN where labels or predictions are all equal.

    >>> from mxbook import nd
    >>> metric = PearsonCorrelation()
    >>> metric.update([nd.array([1, 2, 3])], [nd.array([3, 5, 7])])
    >>> round(metric.get()[1], 6)
    1.0

    Source: MXNet 1.6, `mxnet.metric.PearsonCorrelation`.
    """

    _seen = _Moments

    def __init__(self, name="pearsonr", output_names=None, label_names=None, average="macro"):
        if average not in ("macro", "micro"):
            raise ParameterError(f"average cannot be {average!r}", rule="'macro' or 'micro'")
        self.average = average
        super().__init__(name, output_names, label_names, average=average, has_global_stats=True)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch into account: labels and predictions, each an array or a list of arrays."""
        for label, pred in zip(*check_label_shapes(labels, preds, wrap=True), strict=True):
            check_label_shapes(label, pred, shape=True)
            x, y = (host(a).ravel().astype("float64") for a in (label, pred))
            batch = _Moments()
            batch.add(x, y)
            self._add(batch.correlation(), 1)
            self._grow(x, y)
        if self.average == "micro":
            self.sum_metric = self._local.correlation() * self.num_inst
            self.global_sum_metric = self._whole.correlation() * self.global_num_inst

    def reset_micro(self) -> None:
        """Forget what the average `micro` has seen."""
        self._local, self._whole = self._seen(), self._seen()

    def update_variance(self, new_values: np.ndarray, *aggregate: Any) -> tuple[int, float, float]:
        """Count, mean and sum of squared deviations after new values, from those before.

        >>> PearsonCorrelation().update_variance(np.array([1.0, 2.0]), 0, 0, 0)
        (2, 1.5, 0.5)
        """
        return _grown(np.asarray(new_values), *aggregate)

    def update_cov(self, label: np.ndarray, pred: np.ndarray) -> None:
        """Add the products of deviations from the means so far to what has been seen."""
        for seen in (self._local, self._whole):
            seen.xy += float(((label - seen.mean_x) * (pred - seen.mean_y)).sum())
