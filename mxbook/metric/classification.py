"""Metrics of predicted classes."""

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
    classes,
    host,
    register,
)


@alias("acc")
@register
class Accuracy(PairMetric):
    """The share of predictions that are right.

    Predictions are class numbers in the shape of the labels, or scores, of which the largest along
    `axis` wins.

    >>> from mxbook import nd
    >>> metric = Accuracy()
    >>> metric.update([nd.array([1, 0])], [nd.array([[0.3, 0.7], [0.4, 0.6]])])
    >>> metric.get()
    ('accuracy', 0.5)

    Source: MXNet 1.6, `mxnet.metric.Accuracy`.
    """

    def __init__(self, axis: int = 1, name="accuracy", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, axis=axis)
        self.axis = axis

    def _count(self, label: NDArray, pred: NDArray) -> None:
        found, true = classes(pred, label, self.axis)
        self._add(int((found == true).sum()), len(true))


@alias("top_k_accuracy", "top_k_acc")
@register
class TopKAccuracy(PairMetric):
    """The share of samples whose class is among the `top_k` with the highest scores.

    Predictions are scores (samples, classes).  Raises ParameterError for `top_k` below 2,
    ShapeError for predictions with more than two axes or fewer classes than `top_k`.

    >>> from mxbook import nd
    >>> metric = TopKAccuracy(2)
    >>> metric.update([nd.array([1, 0])], [nd.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]])])
    >>> metric.get()
    ('top_k_accuracy_2', 0.5)

    Source: MXNet 1.6, `mxnet.metric.TopKAccuracy`.
    """

    def __init__(self, top_k: int = 1, name="top_k_accuracy", output_names=None, label_names=None):
        if top_k < 2:
            raise ParameterError("Please use Accuracy if top_k is no more than 1")
        super().__init__(name, output_names, label_names, top_k=top_k)
        self.top_k = top_k
        self.name += f"_{top_k}"

    def get_config(self) -> dict[str, Any]:
        """Arguments of `create` that make a metric like this one."""
        return {**super().get_config(), "name": self.name.removesuffix(f"_{self.top_k}")}

    def _count(self, label: NDArray, pred: NDArray) -> None:
        scores, true = host(pred), host(label).astype("int32").ravel()
        if scores.ndim > 2 or scores.shape[-1] < (self.top_k if scores.ndim == 2 else 0):
            raise ShapeError(
                f"TopKAccuracy cannot use predictions of the shape {scores.shape}",
                rule=f"(samples, classes), and at least {self.top_k} classes",
            )
        check_label_shapes(true, scores)
        if scores.ndim == 1:
            right = scores.astype("int32") == true
        else:
            best = np.argpartition(scores.astype("float32"), -self.top_k)[:, -self.top_k :]
            right = (best == true[:, None]).any(axis=1)
        self._add(int(right.sum()), len(true))


class _Table:
    """How often each pair of a true class (row) and a predicted class (column) was seen."""

    def __init__(self) -> None:
        self.counts = np.zeros((2, 2))

    def add(self, true: np.ndarray, found: np.ndarray) -> None:
        """Count pairs; the table grows with the classes."""
        more = max(0, *(int(c.max()) + 1 - len(self.counts) for c in (true, found) if c.size))
        self.counts = np.pad(self.counts, (0, more))
        np.add.at(self.counts, (true, found), 1)


class _BinaryMetric(RunningMetric):
    """A score of the table of two classes, 0 and 1.

    `average="macro"` is the mean of the scores of all updates, `micro` the score of all samples.
    """

    _seen = _Table

    def __init__(self, name, output_names, label_names, average: str, score: Callable):
        if average not in ("macro", "micro"):
            raise ParameterError(f"average cannot be {average!r}", rule="'macro' or 'micro'")
        self.average = average
        self._score = score
        super().__init__(name, output_names, label_names, average=average, has_global_stats=True)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch into account: labels and predictions, each an array or a list of arrays."""
        batch = _Table()
        for label, pred in zip(*check_label_shapes(labels, preds, wrap=True), strict=True):
            found, true = classes(pred, label)
            if len(np.unique(true)) > 2:
                raise ShapeError(f"{type(self).__name__} is for two classes, 0 and 1")
            positive = (true == 1).astype(int), (found == 1).astype(int)
            batch.add(*positive)
            self._grow(*positive)
        if self.average == "macro":
            self._add(self._score(batch.counts), 1)
            return
        self.num_inst = self._local.counts.sum()
        self.sum_metric = self._score(self._local.counts) * self.num_inst
        self.global_num_inst = self._whole.counts.sum()
        self.global_sum_metric = self._score(self._whole.counts) * self.global_num_inst


@register
class F1(_BinaryMetric):
    """F1 of two classes, 2 TP / (2 TP + FP + FN), where class 1 is positive; 0 without any TP.

    `average="macro"` is the mean of the values of all updates, `micro` the value of all samples.

    >>> from mxbook import nd
    >>> metric = F1()
    >>> metric.update([nd.array([1, 0, 1])], [nd.array([[0.3, 0.7], [0.6, 0.4], [0.8, 0.2]])])
    >>> round(metric.get()[1], 4)
    0.6667

    Source: MXNet 1.6, `mxnet.metric.F1`.
    """

    def __init__(self, name="f1", output_names=None, label_names=None, average: str = "macro"):
        super().__init__(name, output_names, label_names, average, _f1)


def _f1(counts: np.ndarray) -> float:
    (_, fp), (fn, tp) = counts.tolist()
    return 2 * tp / (2 * tp + fp + fn) if tp else 0.0


@register
class MCC(_BinaryMetric):
    """Matthews' correlation coefficient of two classes, from -1 (all wrong) to 1 (all right).

    (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)), and 0 where the root is 0.
    `average="macro"` is the mean of the values of all updates, `micro` the value of all samples.

    >>> from mxbook import nd
    >>> metric = MCC()
    >>> metric.update([nd.array([1, 0])], [nd.array([[0.3, 0.7], [0.6, 0.4]])])
    >>> metric.get()
    ('mcc', 1.0)

    Source: MXNet 1.6, `mxnet.metric.MCC`.
    """

    def __init__(self, name="mcc", output_names=None, label_names=None, average: str = "macro"):
        super().__init__(name, output_names, label_names, average, _mcc)


def _mcc(counts: np.ndarray) -> float:
    (tn, fp), (fn, tp) = counts.tolist()
    root = ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
    return (tp * tn - fp * fn) / root if root else 0.0


@register
class PCC(RunningMetric):
    """Pearson's correlation of predicted and true classes, any number of them, over all samples.

    For two classes it is `MCC`.  NaN while all labels or all predictions are one class.

    >>> from mxbook import nd
    >>> metric = PCC()
    >>> metric.update([nd.array([1, 0, 2])], [nd.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])])
    >>> metric.get()
    ('pcc', 1.0)

    Source: MXNet 1.6, `mxnet.metric.PCC`.
    """

    _seen = _Table
    sum_metric = global_sum_metric = 0.0  # the coefficient times the number of updates

    def __init__(self, name="pcc", output_names=None, label_names=None, has_global_stats=True):
        super().__init__(name, output_names, label_names, has_global_stats=has_global_stats)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch into account: labels and predictions, each an array or a list of arrays."""
        for label, pred in zip(*check_label_shapes(labels, preds, wrap=True), strict=True):
            found, true = classes(pred, label)
            self._grow(true, found)
        self.num_inst += 1
        self.sum_metric = _correlation(self._local.counts) * self.num_inst
        self.global_num_inst += 1
        self.global_sum_metric = _correlation(self._whole.counts) * self.global_num_inst


def _correlation(counts: np.ndarray) -> float:
    """Correlation of the one-hot codes of row and column."""
    total, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    spread = (total**2 - rows @ rows) * (total**2 - columns @ columns)
    return float((total * np.trace(counts) - rows @ columns) / spread**0.5) if spread else np.nan
