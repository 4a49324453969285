"""What can happen during training: stop, measure, validate, log, save.

When handlers are called is told in `events.py`.  Source: MXNet 1.6,
`mxnet.gluon.contrib.estimator.event_handler`.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError
from mxbook.metric import EvalMetric
from mxbook.metric import Loss as LossMetric

from . import metrics as checks
from . import monitor as monitors
from .checkpoint import CheckpointHandler
from .events import (
    BatchBegin,
    BatchEnd,
    EpochBegin,
    EpochEnd,
    EventHandler,  # noqa: F401 - its place in MXNet
    TrainBegin,
    TrainEnd,
)

__all__ = [
    "BatchBegin",
    "BatchEnd",
    "CheckpointHandler",
    "EarlyStoppingHandler",
    "EpochBegin",
    "EpochEnd",
    "GradientUpdateHandler",
    "LoggingHandler",
    "MetricHandler",
    "StoppingHandler",
    "TrainBegin",
    "TrainEnd",
    "ValidationHandler",
]


class StoppingHandler(TrainBegin, BatchEnd, EpochEnd):
    """Ends training after a number of epochs or batches: those that `fit` was called with.

    `max_epoch` and `max_batch` hold until training begins.
    """

    def __init__(self, max_epoch: int | None = None, max_batch: int | None = None):
        self.max_epoch = max_epoch
        self.max_batch = max_batch
        self.current_batch = 0
        self.current_epoch = 0
        self.stop_training = False

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Count from 0 to what the estimator says."""
        self.max_epoch = estimator.max_epoch
        self.max_batch = estimator.max_batch
        self.current_batch = 0
        self.current_epoch = 0
        self.stop_training = False

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        """Count; true after the last batch."""
        self.current_batch += 1
        if self.current_batch == self.max_batch:
            self.stop_training = True
        return self.stop_training

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        """Count; true after the last epoch."""
        self.current_epoch += 1
        if self.current_epoch == self.max_epoch:
            self.stop_training = True
        return self.stop_training


class MetricHandler(EpochBegin, BatchEnd):
    """Resets metrics when an epoch begins, and updates them with each batch.

    A `mx.metric.Loss` gets the losses, others labels and predictions.
    """

    def __init__(self, metrics: EvalMetric | list[EvalMetric], priority: float = -1000):
        self.metrics = checks.listed(metrics)
        # Before all that looks at metrics.
        self.priority = priority

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Forget the epoch before."""
        for metric in self.metrics:
            metric.reset()

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Take a batch into account."""
        for metric in self.metrics:
            if isinstance(metric, LossMetric):
                metric.update(0, kwargs["loss"])
            else:
                metric.update(kwargs["label"], kwargs["pred"])


class ValidationHandler(TrainBegin, BatchEnd, EpochEnd):
    """Evaluates every `epoch_period` epochs, and every `batch_period` batches; None for never.

    val_data  what `eval_fn` is called with, as its argument `val_data`
    eval_fn   a function, such as `estimator.evaluate`
    """

    def __init__(
        self,
        val_data: Any,
        eval_fn: Callable,
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        priority: float = -1000,
    ):
        self.val_data = val_data
        self.eval_fn = eval_fn
        self.epoch_period = epoch_period
        self.batch_period = batch_period
        self.current_batch = 0
        self.current_epoch = 0
        # Before all that looks at metrics.
        self.priority = priority

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Count from 0."""
        self.current_batch = 0
        self.current_epoch = 0

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Evaluate if it is time."""
        self.current_batch += 1
        if self.batch_period and self.current_batch % self.batch_period == 0:
            self.eval_fn(val_data=self.val_data)

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Evaluate if it is time."""
        self.current_epoch += 1
        if self.epoch_period and self.current_epoch % self.epoch_period == 0:
            self.eval_fn(val_data=self.val_data)


class LoggingHandler(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Logs time and metrics to `estimator.logger`.

    log_interval  `epoch`, or after how many batches a line is logged in addition
    metrics       those that lines tell, none by default

    Raises ParameterError for another `log_interval` and for what is no metric.
    """

    def __init__(
        self,
        log_interval: int | str = "epoch",
        metrics: EvalMetric | list[EvalMetric] | None = None,
        priority: float = float("inf"),
    ):
        whole = isinstance(log_interval, int) and log_interval > 0
        if not whole and log_interval != "epoch":
            raise ParameterError(
                f"log_interval cannot be {log_interval!r}",
                rule="'epoch', or a number of batches above 0",
            )
        self.log_interval = log_interval
        self.metrics = checks.listed(metrics)
        # After all that changes metrics.
        self.priority = priority
        self.batch_index = 0
        self.current_epoch = 0
        self.processed_samples = 0
        self.log_interval_time = 0.0

    def _tell(self, estimator: Any, line: str, behind: str = " ") -> None:
        """Log a line and the metrics."""
        pairs = [pair for metric in self.metrics for pair in metric.get_name_value()]
        told = ", ".join(f"{name}: {value:.4f}" for name, value in pairs)
        estimator.logger.info("%s", f"{line}{behind}{told}" if told else line)

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Say what begins."""
        self._train_start = time.time()
        self.batch_index = 0
        self.current_epoch = 0
        self.processed_samples = 0
        self.log_interval_time = 0.0
        trainer, batches = estimator.trainer, estimator.max_batch
        estimator.logger.info(
            "Training begin: using optimizer %s with current learning rate %.4f",
            type(trainer.optimizer).__name__,
            trainer.learning_rate,
        )
        many = f"{batches} batches" if batches else f"{estimator.max_epoch} epochs"
        estimator.logger.info("Train for %s.", many)

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Say how long it took."""
        seconds = int(time.time() - self._train_start)
        line = f"Train finished using total {seconds}s with {self.current_epoch} epochs."
        self._tell(estimator, line)

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Say that an epoch begins."""
        self._epoch_start = time.time()
        # Handlers of an evaluation have metrics for validation.
        if self.metrics and not any("training" in metric.name for metric in self.metrics):
            estimator.logger.info("Validation Begin")
        else:
            estimator.logger.info(
                "[Epoch %d] Begin, current learning rate: %.4f",
                self.current_epoch,
                estimator.trainer.learning_rate,
            )

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Say how long the epoch took."""
        seconds = time.time() - self._epoch_start
        self._tell(estimator, f"[Epoch {self.current_epoch}] Finished in {seconds:.3f}s", ", ")
        self.current_epoch += 1
        self.batch_index = 0

    def batch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Look at the clock."""
        self._batch_start = time.time()

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log every `log_interval` batches."""
        if not isinstance(self.log_interval, int):
            return
        self.log_interval_time += time.time() - self._batch_start
        self.processed_samples += kwargs["batch"][0].shape[estimator.batch_axis]
        if self.batch_index % self.log_interval == 0:
            place = f"[Epoch {self.current_epoch}][Batch {self.batch_index}]"
            line = f"{place}[Samples {self.processed_samples}]"
            self._tell(estimator, f"{line} time/interval: {self.log_interval_time:.3f}s")
            self.log_interval_time = 0.0
        self.batch_index += 1


class EarlyStoppingHandler(TrainBegin, EpochEnd, TrainEnd):
    """Ends training when a metric has not become better for some epochs.

    monitor    one of the estimator's metrics
    min_delta  by how much it must become better to count
    patience   how many epochs without that are endured
    mode       whether smaller (`min`) or larger (`max`) is better; `auto` goes by the name
    baseline   the value that must be surpassed first

    Raises ParameterError when `monitor` is no metric.
    """

    def __init__(
        self,
        monitor: EvalMetric,
        min_delta: float = 0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
    ):
        self.monitor = monitors.checked(monitor, "EarlyStoppingHandler")
        self.baseline = baseline
        self.patience = patience
        self.monitor_op = monitors.direction(monitor, mode, "EarlyStoppingHandler")
        self.best = monitors.worst(self.monitor_op)
        self.min_delta = min_delta if self.monitor_op is np.greater else -min_delta
        self.wait = 0
        self.stopped_epoch = 0
        self.current_epoch = 0
        self.stop_training = False

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Begin anew."""
        self.wait = 0
        self.stopped_epoch = 0
        self.current_epoch = 0
        self.stop_training = False
        worst = monitors.worst(self.monitor_op)
        self.best = worst if self.baseline is None else self.baseline

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        """Look at the metric; true when patience is at its end."""
        value = monitors.value_of(self.monitor, "EarlyStoppingHandler")
        if value is not None and self.monitor_op(value - self.min_delta, self.best):
            self.best = value
            self.wait = 0
        elif value is not None:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch = self.current_epoch
                self.stop_training = True
        self.current_epoch += 1
        return self.stop_training

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Say why training ended."""
        if self.stop_training:
            estimator.logger.info(
                "[Epoch %d] EarlyStoppingHandler: early stopping due to %s not improving",
                self.stopped_epoch,
                self.monitor.name,
            )


class GradientUpdateHandler(BatchEnd):
    """Changes the parameters after each batch: `trainer.step(number of examples)`.

    Make a subclass to clip gradients, or to add up those of several batches.
    """

    def __init__(self, priority: float = -2000):
        # The first of all.
        self.priority = priority

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Take a step."""
        loss, axis = kwargs["loss"], estimator.batch_axis
        losses = loss if isinstance(loss, list | tuple) else [loss]
        # A loss that is one number for each example has its only axis for them.
        estimator.trainer.step(sum(x.shape[axis if axis < x.ndim else 0] for x in losses))
