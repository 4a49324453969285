"""Lists of metrics, their names, and handlers that have others."""

from types import SimpleNamespace

import pytest

from mxbook import gluon, metric
from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.estimator import metrics


def test_lists():
    a, b = metric.MSE(), metric.MAE()
    assert metrics.listed(None) == metrics.listed([]) == []
    assert metrics.listed(a) == [a]
    assert metrics.listed((a, b)) == [a, b]
    assert metrics.listed(metric.CompositeEvalMetric([a, b])) == [a, b]
    for wrong in ("mse", [a, "mse"], 3, metric.MSE):
        with pytest.raises(ParameterError, match="metrics cannot be"):
            metrics.listed(wrong)


def test_names():
    found = metrics.named([metric.MSE(), metric.MSE("training mse")], "training")
    assert [m.name for m in found] == ["training mse"] * 2


def test_copies_for_validation():
    mine = metrics.named([metric.Accuracy(axis=2), metric.np(lambda x, y: 1.0, "own")], "training")
    mine[0]._add(1, 2)
    copies = metrics.for_validation(mine)
    assert [m.name for m in copies] == ["validation accuracy", "validation own"]
    assert copies[0].axis == 2 and copies[0].num_inst == 0 and mine[0].num_inst == 2


def test_metrics_that_go_with_a_loss():
    def names(loss):
        return [m.name for m in metrics.default(loss)]

    assert names(gluon.loss.HuberLoss(prefix="huber12")) == ["huber"]
    found = metrics.default(gluon.loss.SoftmaxCELoss(axis=2))
    assert type(found[0]) is metric.Accuracy and found[0].axis == 2


def test_handlers_with_other_metrics():
    known, other = metric.MSE(), metric.MSE()
    metrics.check_handler(SimpleNamespace(metrics=[known], metric=known, monitor=other), [known])
    metrics.check_handler(object(), [known])
    for attribute in ({"metrics": [known, other]}, {"my_metric": other}):
        with pytest.raises(ParameterError, match="SimpleNamespace has a metric that this est"):
            metrics.check_handler(SimpleNamespace(**attribute), [known])
