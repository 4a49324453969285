"""Metrics of predicted probabilities, and plain averages of a loss."""

from typing import Any

import numpy as np

from mxbook.base.errors import IndexingError, ShapeError
from mxbook.ndarray import NDArray

from .base import Arrays, EvalMetric, PairMetric, alias, host, register


@alias("ce")
@register
class CrossEntropy(PairMetric):
    """Mean of -log(probability of the true class + eps) over samples.

    Predictions are probabilities (samples, classes).  Raises ShapeError when labels and rows are
    not equally many, IndexingError for a label that is no class.

    >>> from mxbook import nd
    >>> metric = CrossEntropy()
    >>> metric.update([nd.array([0, 1])], [nd.array([[0.5, 0.5], [0.5, 0.5]])])
    >>> round(metric.get()[1], 4)
    0.6931

    Source: MXNet 1.6, `mxnet.metric.CrossEntropy`.
    """

    def __init__(
        self, eps: float = 1e-12, name="cross-entropy", output_names=None, label_names=None
    ):
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps

    def _count(self, label: NDArray, pred: NDArray) -> None:
        chosen = _probabilities(host(label).ravel(), host(pred))
        self._add(float((-np.log(chosen + self.eps)).sum()), len(chosen))


@alias("nll_loss")
@register
class NegativeLogLikelihood(CrossEntropy):
    """The same as `CrossEntropy`, under the name `nll-loss`.

    Source: MXNet 1.6, `mxnet.metric.NegativeLogLikelihood`.
    """

    def __init__(self, eps: float = 1e-12, name="nll-loss", output_names=None, label_names=None):
        super().__init__(eps, name, output_names, label_names)


@register
class Perplexity(PairMetric):
    """exp(mean of -log(probability of the true class)) over all labels but `ignore_label`.

    Probabilities lie along `axis` of the predictions; those below 1e-10 count as 1e-10.

    >>> from mxbook import nd
    >>> metric = Perplexity(ignore_label=None)
    >>> metric.update([nd.array([0, 1])], [nd.array([[0.25, 0.75], [0.75, 0.25]])])
    >>> round(metric.get()[1], 4)
    4.0

    Source: MXNet 1.6, `mxnet.metric.Perplexity`.
    """

    def __init__(
        self,
        ignore_label: int | None,
        axis: int = -1,
        name="perplexity",
        output_names=None,
        label_names=None,
    ):
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, axis=axis)
        self.ignore_label = ignore_label
        self.axis = axis

    def _count(self, label: NDArray, pred: NDArray) -> None:
        true, found = host(label).astype("int64").ravel(), host(pred)
        rows = np.moveaxis(found, self.axis, -1).reshape(-1, found.shape[self.axis])
        kept = np.ones(len(true), bool)
        if self.ignore_label is not None:
            kept = true != self.ignore_label
        chosen = _probabilities(np.where(kept, true, 0), rows)[kept]
        self._add(float(-np.log(np.maximum(chosen, 1e-10)).sum()), len(chosen))

    def _value(self, total: float, count: float) -> float:
        return float(np.exp(total / count)) if count else np.nan


def _probabilities(label: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The probability of its label in each row."""
    if rows.ndim != 2 or len(rows) != len(label):
        raise ShapeError(
            f"{len(label)} labels do not fit predictions of the shape {rows.shape}",
            rule="(samples, classes), with one label for each sample",
        )
    index = label.astype("int64")
    wrong = index[(index < 0) | (index >= rows.shape[1])]
    if wrong.size:
        raise IndexingError(
            f"label {wrong[0]} is no class",
            rule=f"from 0 to {rows.shape[1] - 1}, one for each column",
        )
    return rows[np.arange(len(index)), index]


@register
class Loss(EvalMetric):
    """The mean over all elements of what it is given as predictions (a loss); labels do not matter.

    >>> from mxbook import nd
    >>> metric = Loss()
    >>> metric.update(None, [nd.array([1, 2]), nd.array([6])])
    >>> metric.get()
    ('loss', 3.0)

    Source: MXNet 1.6, `mxnet.metric.Loss`.
    """

    def __init__(self, name="loss", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, _: Any, preds: Arrays) -> None:
        """Take losses into account, an array or a list of arrays."""
        for pred in [preds] if isinstance(preds, NDArray) else preds:
            self._add(float(host(pred.sum()).reshape(())), pred.size)


@register
class Torch(Loss):
    """`Loss`, for a criterion of Torch."""

    def __init__(self, name="torch", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """`Loss`, for a criterion of Caffe."""

    def __init__(self, name="caffe", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)
