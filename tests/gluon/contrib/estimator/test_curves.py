"""Curves of a training."""

import numpy as np
import pytest

from mxbook import explain
from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.estimator import BatchEnd, CurvesHandler
from tests.gluon.contrib.estimator.parts import loader, make

LOSS = "softmaxcrossentropyloss"


class Losses(BatchEnd):
    """Remembers the mean loss of each batch."""

    def __init__(self):
        self.means = []

    def batch_end(self, estimator, *args, **kwargs):
        self.means.append(float(kwargs["loss"][0].mean().asscalar()))


def points(run, name):
    run.flush()
    series = run[name]
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def test_curves_of_batches_and_epochs():
    estimator, losses, run = make(), Losses(), explain.Run("test")
    estimator.fit(loader(), loader(), epochs=2, event_handlers=[losses, CurvesHandler(run)])
    found = points(run, f"training {LOSS}")
    assert [step for step, _ in found] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose([loss for _, loss in found], losses.means, rtol=1e-5)
    assert [step for step, _ in points(run, f"validation {LOSS}")] == [3, 6]
    assert [mark[:2] for mark in run.epochs] == [(0, 3), (1, 6)]
    assert run.total == 6
    # One colour and one panel for both.
    train, val = (run.styles[f"{word} accuracy"] for word in ("training", "validation"))
    assert train.colour == val.colour and train.panel == val.panel and train.dash != val.dash


def test_means_over_an_interval():
    estimator, losses, run = make(), Losses(), explain.Run("test")
    handlers = [losses, CurvesHandler(run, log_interval=2)]
    estimator.fit(loader(5), batches=6, event_handlers=handlers)
    expected = np.mean(np.reshape(losses.means, (3, 2)), axis=1)
    found = points(run, f"training {LOSS}")
    assert [step for step, _ in found] == [2, 4, 6]
    np.testing.assert_allclose([loss for _, loss in found], expected, rtol=1e-5)
    assert run.total == 6


def test_training_again_goes_on():
    estimator, run = make(), explain.Run("test", total=100)
    for _ in range(2):
        estimator.fit(loader(5), epochs=1, event_handlers=[CurvesHandler(run)])
    assert [step for step, _ in points(run, f"training {LOSS}")] == [1, 2, 3, 4]
    assert [mark[:2] for mark in run.epochs] == [(0, 2), (1, 4)]
    assert run.total == 100


def test_intervals():
    with pytest.raises(ParameterError, match="log_interval cannot be 0"):
        CurvesHandler(explain.Run("test"), 0)
