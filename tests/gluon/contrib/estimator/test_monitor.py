"""Which way is up."""

import math
import warnings

import numpy as np
import pytest

from mxbook import metric
from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.estimator import monitor

SMALLER = [
    *("validation softmaxcrossentropyloss", "training l2loss", "cross-entropy", "nll-loss"),
    *("mse", "rmse", "mae", "perplexity", "word error rate"),
]
LARGER = ["training accuracy", "validation f1", "top_k_accuracy_5", "ACC"]


def of(name, mode="auto"):
    return monitor.direction(metric.Loss(name), mode, "it")


def test_names_that_tell():
    assert [of(name) for name in SMALLER] == [np.less] * len(SMALLER)
    assert [of(name) for name in LARGER] == [np.greater] * len(LARGER)


def test_names_that_do_not_tell():
    with pytest.warns(UserWarning, match="it takes a larger value of 'skill' for a better one"):
        assert of("skill") is np.greater
    with pytest.warns(RuntimeWarning, match="mode of it cannot be 'maximum'"):
        assert of("mse", "maximum") is np.less


@pytest.mark.parametrize("name", ["skill", "accuracy", "loss"])
def test_the_mode_decides(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert of(name, "min") is np.less
        assert of(name, "max") is np.greater


def test_every_value_is_better_than_the_worst():
    for better in (np.less, np.greater):
        assert better(0.0, monitor.worst(better))
        assert math.isinf(monitor.worst(better))


def test_values():
    accuracy = metric.Accuracy()
    accuracy._add(1, 4)
    assert monitor.value_of(accuracy, "it") == 0.25
    with pytest.warns(RuntimeWarning, match="it: mse is nan"):
        assert monitor.value_of(metric.MSE(), "it") is None


def test_only_one_metric():
    assert monitor.checked(mse := metric.MSE(), "it") is mse
    with pytest.raises(ParameterError, match="not one number, which it needs"):
        monitor.checked(metric.CompositeEvalMetric(), "it")
    with pytest.raises(ParameterError, match="the object, not its name"):
        monitor.checked("mse", "it")
