"""Which metrics an estimator has, and whether a handler uses those."""

import copy
from collections.abc import Iterable
from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.gluon.loss import Loss, SoftmaxCrossEntropyLoss
from mxbook.metric import Accuracy, CompositeEvalMetric, EvalMetric
from mxbook.metric import Loss as LossMetric


def listed(metrics: Any) -> list[EvalMetric]:
    """A metric, a list of them or None, as a list; those inside a CompositeEvalMetric.

    Raises ParameterError for anything else.
    """
    if isinstance(metrics, CompositeEvalMetric):
        return list(metrics.metrics)
    if isinstance(metrics, EvalMetric):
        return [metrics]
    found = list(metrics or ()) if isinstance(metrics, list | tuple | None) else [metrics]
    if not all(isinstance(m, EvalMetric) for m in found):
        raise ParameterError(
            f"metrics cannot be {metrics!r}",
            rule="an object of mx.metric, or a list of them",
            hint="mx.metric.create makes one of a name",
        )
    return found


def default(loss: Loss) -> list[EvalMetric]:
    """Metrics that go with a loss: its mean, and for classes the accuracy."""
    found: list[EvalMetric] = []
    if isinstance(loss, SoftmaxCrossEntropyLoss) and loss._sparse_label:
        found.append(Accuracy(axis=loss._axis))
    return [*found, LossMetric(loss.name.rstrip("0123456789"))]


def named(metrics: list[EvalMetric], word: str) -> list[EvalMetric]:
    """The metrics with a word before their names: training or validation."""
    for metric in metrics:
        if not metric.name.startswith(f"{word} "):
            metric.name = f"{word} {metric.name}"
    return metrics


def for_validation(metrics: list[EvalMetric]) -> list[EvalMetric]:
    """Copies of the training metrics, named for validation."""
    found = copy.deepcopy(metrics)
    for metric in found:
        metric.name = metric.name.replace("training", "validation")
        metric.reset()
    return found


def check_handler(handler: Any, known: list[EvalMetric]) -> None:
    """Raise ParameterError if a handler has metrics that are not among the known ones.

    They would be other objects than those that are updated, perhaps of the same name.
    """
    for name, value in getattr(handler, "__dict__", {}).items():
        if "metric" not in name:
            continue
        for metric in value if isinstance(value, Iterable) else [value]:
            if isinstance(metric, EvalMetric) and not any(metric is k for k in known):
                raise ParameterError(
                    f"{type(handler).__name__} has a metric that this estimator does not have: "
                    f"{metric.name}",
                    rule="one of " + ", ".join(repr(k.name) for k in known),
                    hint="take the metrics from estimator.train_metrics and estimator.val_metrics; "
                    "evaluate knows the latter only",
                )
