"""A metric that decides something: whether it has become better."""

import math
import re
import warnings
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError
from mxbook.metric import CompositeEvalMetric, EvalMetric

_SMALLER = re.compile("loss|error|entropy|perplexity|mse|mae|nll")
_LARGER = re.compile("acc|f1")


def checked(monitor: Any, owner: str) -> EvalMetric:
    """The monitor; raises ParameterError unless it is one metric."""
    if isinstance(monitor, CompositeEvalMetric):
        raise ParameterError(
            f"a CompositeEvalMetric is not one number, which {owner} needs",
            hint="give one of its metrics",
        )
    if not isinstance(monitor, EvalMetric):
        raise ParameterError(
            f"the monitor of {owner} cannot be {monitor!r}",
            rule="one of the metrics in estimator.train_metrics and estimator.val_metrics",
            hint="for example estimator.val_metrics[0]: the object, not its name",
        )
    return monitor


def direction(monitor: EvalMetric, mode: str, owner: str) -> np.ufunc:
    """`np.less` or `np.greater`: what tells that a new value is better.

    mode  `min`, `max` or `auto`, which goes by the metric's name: smaller is better for losses and
          errors, larger for everything else

    MXNet takes `greater` for losses, too.  Warns when the name does not tell, and for an unknown
    mode, which is taken for `auto`.

    >>> from mxbook import metric
    >>> direction(metric.Loss("my loss"), "auto", "a handler")
    <ufunc 'less'>
    """
    if mode not in ("min", "max", "auto"):
        warnings.warn(
            f"the mode of {owner} cannot be {mode!r}, but min, max or auto; auto is taken",
            RuntimeWarning,
            stacklevel=3,
        )
    name = monitor.name.lower()
    if mode == "min" or (mode != "max" and _SMALLER.search(name)):
        return np.less
    if mode != "max" and not _LARGER.search(name):
        warnings.warn(
            f"{owner} takes a larger value of {monitor.name!r} for a better one; say mode='min' or "
            "mode='max'",
            stacklevel=3,
        )
    return np.greater


def worst(better: np.ufunc) -> float:
    """The value than which every other is better."""
    return math.inf if better is np.less else -math.inf


def value_of(monitor: EvalMetric, owner: str) -> float | None:
    """The metric's value; None, with a warning, if it is not a number."""
    value = monitor.get()[1]
    if value == value:
        return value
    if monitor.num_inst:
        why = "the net has diverged: a smaller learning rate may help"
    else:
        why = "nothing has updated it; is it one of the estimator's, and is there validation data?"
    warnings.warn(f"{owner}: {monitor.name} is nan; {why}", RuntimeWarning, stacklevel=4)
    return None
