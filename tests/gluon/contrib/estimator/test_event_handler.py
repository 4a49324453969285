"""Stopping, measuring, validating and logging."""

import re
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import metric, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.estimator import (
    EarlyStoppingHandler,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    ValidationHandler,
    event_handler,
)
from tests.gluon.contrib.estimator.parts import loader, make


def without_times(lines):
    return [re.sub(r"\d+(\.\d+)?s\b", "#s", re.sub(r"\d\.\d{4}", "#", line)) for line in lines]


# ---- stopping


@given(st.integers(1, 9), st.integers(1, 9))
def test_stopping(epochs, batches):
    handler = StoppingHandler()
    handler.train_begin(SimpleNamespace(max_epoch=epochs, max_batch=None))
    answers = [handler.epoch_end(None) for _ in range(epochs)]
    assert answers == [False] * (epochs - 1) + [True]
    handler.train_begin(SimpleNamespace(max_epoch=None, max_batch=batches))
    answers = [handler.batch_end(None) for _ in range(batches)]
    assert answers == [False] * (batches - 1) + [True]
    assert handler.epoch_end(None)


class Fixed(metric.EvalMetric):
    """A metric with the given values, one an epoch."""

    def __init__(self, values, name="accuracy"):
        super().__init__(name)
        self.values = iter(values)

    def get(self):
        return self.name, next(self.values)


def early(values, **kwargs):
    """After which epoch training would end, or None."""
    handler = EarlyStoppingHandler(Fixed(values), **{"mode": "max", **kwargs})
    handler.train_begin(None)
    answers = [handler.epoch_end(None) for _ in values]
    stopped = answers.index(True) if True in answers else None
    return stopped, handler


@given(st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=20), st.integers(0, 4))
def test_patience(values, patience):
    """Training ends after `patience` epochs in a row that are not above all before."""
    worse = 0
    expected = None
    for i, value in enumerate(values):
        worse = 0 if value > max(values[:i], default=-np.inf) else worse + 1
        if worse and worse >= patience:
            expected = i
            break
    assert early(values, patience=patience)[0] == expected
    assert early([-v for v in values], patience=patience, mode="min")[0] == expected


def test_what_counts_as_better():
    assert early([0.1, 0.2, 0.24], patience=1, min_delta=0.05)[0] == 2
    assert early([0.1, 0.2, 0.26], patience=1, min_delta=0.05)[0] is None
    assert early([0.9, 0.8, 0.76], patience=1, min_delta=0.05, mode="min")[0] == 2
    assert early([0.4, 0.6], baseline=0.5)[0] == 0
    assert early([-1.0], baseline=0)[0] == 0
    stopped, handler = early([0.3, 0.2])
    assert (stopped, handler.stopped_epoch, handler.best, handler.wait) == (1, 1, 0.3, 1)


def test_a_value_that_is_no_number():
    handler = EarlyStoppingHandler(metric.Accuracy(), mode="max")
    handler.train_begin(None)
    with pytest.warns(RuntimeWarning, match="accuracy is nan; nothing has updated it"):
        assert not handler.epoch_end(None)
    handler.monitor.num_inst, handler.monitor.sum_metric = 1, np.nan
    with pytest.warns(RuntimeWarning, match="accuracy is nan; the net has diverged"):
        assert not handler.epoch_end(None)
    assert (handler.wait, handler.current_epoch) == (0, 2)


def test_early_stopping_in_training():
    estimator = make()
    estimator.trainer.set_learning_rate(0.0)
    handler = EarlyStoppingHandler(estimator.val_metrics[1], patience=2)
    estimator.fit(loader(), loader(), epochs=50, event_handlers=[handler])
    assert handler.current_epoch == 3
    assert estimator.lines[-2] == (
        "[Epoch 2] EarlyStoppingHandler: early stopping due to validation softmaxcrossentropyloss "
        "not improving"
    )


@pytest.mark.parametrize("wrong", ["accuracy", None, metric.CompositeEvalMetric()])
def test_a_monitor_is_a_metric(wrong):
    with pytest.raises(ParameterError, match="EarlyStoppingHandler"):
        EarlyStoppingHandler(wrong)


# ---- metrics and parameters


def test_metrics():
    accuracy, loss = metric.Accuracy(), metric.Loss()
    handler = MetricHandler([accuracy, loss])
    batch = {
        "label": [nd.array([0, 1])],
        "pred": [nd.array([[0.9, 0.1], [0.8, 0.2]])],
        "loss": [nd.array([1.0, 3.0])],
    }
    handler.batch_end(None, **batch)
    handler.batch_end(None, **batch)
    assert (accuracy.get()[1], loss.get()[1]) == (0.5, 2.0)
    handler.epoch_begin(None)
    assert (accuracy.num_inst, loss.num_inst) == (0, 0)
    assert MetricHandler(accuracy).metrics == [accuracy]


@pytest.mark.parametrize(
    ("shapes", "axis", "examples"),
    [([(3,)], 0, 3), ([(3, 2), (4, 2)], 0, 7), ([(3, 2)], 1, 2), ([(3,), (3,)], 1, 6)],
)
def test_how_many_examples_a_step_is_for(shapes, axis, examples):
    steps = []
    trainer = SimpleNamespace(step=steps.append)
    estimator = SimpleNamespace(trainer=trainer, batch_axis=axis)
    losses = [nd.ones(shape) for shape in shapes]
    GradientUpdateHandler().batch_end(estimator, loss=losses)
    if len(losses) == 1:
        GradientUpdateHandler().batch_end(estimator, loss=losses[0])
    assert set(steps) == {examples}


# ---- validation


@pytest.mark.parametrize(
    ("epoch_period", "batch_period", "expected"),
    [(1, None, 4), (2, None, 2), (None, 5, 2), (2, 4, 2 + 3), (None, None, 0)],
)
def test_validation(epoch_period, batch_period, expected):
    calls = []

    def evaluate(val_data):
        calls.append(val_data)

    handler = ValidationHandler("data", evaluate, epoch_period, batch_period)
    estimator = make()
    for _ in range(2):  # training again counts again
        estimator.fit(loader(), epochs=4, event_handlers=[handler])
        assert calls == ["data"] * expected
        calls.clear()
    assert (handler.current_epoch, handler.current_batch) == (4, 12)


# ---- logging


TRAINING = "training accuracy: #, training softmaxcrossentropyloss: #"
VALIDATION = TRAINING.replace("training", "validation")
BEGIN = "Training begin: using optimizer SGD with current learning rate #"


def test_lines_of_epochs():
    estimator = make()
    estimator.fit(loader(), loader(), epochs=2)
    expected = [BEGIN, "Train for 2 epochs."]
    for i in range(2):
        expected += [
            f"[Epoch {i}] Begin, current learning rate: #",
            "Validation Begin",
            f"[Epoch 0] Finished in #s, {VALIDATION}",
            f"[Epoch {i}] Finished in #s, {TRAINING}",
        ]
    expected.append(f"Train finished using total #s with 2 epochs. {TRAINING}")
    assert without_times(estimator.lines) == expected


def test_lines_of_batches():
    estimator = make()
    handler = LoggingHandler(2, estimator.train_metrics[0])
    estimator.fit(loader(), batches=5, event_handlers=[handler])
    lines = without_times(estimator.lines)
    assert lines[1] == "Train for 5 batches."
    assert [line for line in lines if "Batch" in line] == [
        "[Epoch 0][Batch 0][Samples 4] time/interval: #s training accuracy: #",
        "[Epoch 0][Batch 2][Samples 10] time/interval: #s training accuracy: #",
        "[Epoch 1][Batch 0][Samples 14] time/interval: #s training accuracy: #",
    ]


def test_lines_without_metrics():
    """MXNet announces each of these epochs as a validation."""
    estimator = make()
    estimator.fit(loader(), epochs=1, event_handlers=[LoggingHandler()])
    assert without_times(estimator.lines)[2:] == [
        "[Epoch 0] Begin, current learning rate: #",
        "[Epoch 0] Finished in #s",
        "Train finished using total #s with 1 epochs.",
    ]


def test_metrics_with_several_values():
    both = metric.CompositeEvalMetric([metric.Accuracy(), metric.F1()])
    estimator = make(train_metrics=[both])
    estimator.fit(loader(), epochs=1)
    assert re.search(r"accuracy: \d\.\d{4}, f1: \d\.\d{4}", estimator.lines[-1])


def test_each_estimator_writes_to_the_output(capsys):
    from mxbook import gluon
    from mxbook.gluon.contrib.estimator import Estimator
    from tests.gluon.contrib.estimator.parts import small_net

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = [Estimator(small_net(), gluon.loss.L2Loss()) for _ in range(2)]
    made[0].logger.info("once")
    assert capsys.readouterr().out == "once\n"


@pytest.mark.parametrize("wrong", ["batch", 0, -1, 1.5, None])
def test_intervals_of_logging(wrong):
    with pytest.raises(ParameterError, match="log_interval cannot be"):
        LoggingHandler(wrong)


def test_everything_is_where_mxnet_has_it():
    for name in (*event_handler.__all__, "EventHandler"):
        assert issubclass(getattr(event_handler, name), event_handler.EventHandler)
