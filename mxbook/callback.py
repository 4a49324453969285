"""`mx.callback`: what to do after a batch or an epoch of `fit`: log, draw progress, save.

A batch callback is called with a `BatchEndParam`, an epoch callback with epoch, symbol, arguments
and auxiliary states.

Source: MXNet 1.6, `mxnet.callback`.
"""

import logging
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from .checkpoint import save_checkpoint

__all__ = [
    "BatchEndParam",
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]


class BatchEndParam(NamedTuple):
    """What a batch callback is called with; `locals` are the variables of the loop around it."""

    epoch: int
    nbatch: int
    eval_metric: Any
    locals: dict[str, Any] | None


def call_each(callbacks: Any, *args: Any) -> None:
    """Call a callback, or each of a list; nothing for None."""
    for callback in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        if callback is not None:
            callback(*args)


def module_checkpoint(
    mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """An epoch callback that saves a module every `period` epochs.

    The files are those of `Module.save_checkpoint`: `prefix-symbol.json`, `prefix-0001.params` and,
    with `save_optimizer_states`, `prefix-0001.states`.
    """
    period = max(1, int(period))

    def save(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return save


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """An epoch callback that saves symbol and parameters every `period` epochs.

    The files are `prefix-symbol.json` and `prefix-0001.params`; see `mx.model.save_checkpoint`.
    """
    period = max(1, int(period))

    def save(iter_no: int, sym: Any, arg: Any, aux: Any) -> None:
        if (iter_no + 1) % period == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return save


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[Any], None]:
    """A batch callback that logs the training metric every `period` batches.

    With `auto_reset` the metric then starts again.
    """

    def log(param: Any) -> None:
        if param.nbatch % period == 0 and param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info(
                    "Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value
                )
            if auto_reset:
                param.eval_metric.reset_local()

    return log


class Speedometer:
    """A batch callback that logs speed and training metric every `frequent` batches.

    With `auto_reset` the metric is that of these batches only, otherwise of the epoch so far.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True):
        self.batch_size = batch_size
        self.frequent = frequent
        self.init = False
        self.tic = 0.0
        self.last_count = 0
        self.auto_reset = auto_reset

    def __call__(self, param: Any) -> None:
        """Take a batch into account."""
        count = param.nbatch
        if self.last_count > count:  # a new epoch
            self.init = False
        self.last_count = count
        if not self.init:
            self.init = True
            self.tic = time.time()
        elif count % self.frequent == 0:
            self._log(param, count)
            self.tic = time.time()

    def _log(self, param: Any, count: int) -> None:
        seconds = time.time() - self.tic
        speed = self.frequent * self.batch_size / seconds if seconds else math.inf
        metric = param.eval_metric
        if metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
            return
        first = count - self.frequent if self.auto_reset else 0
        pairs = metric.get_name_value() if self.auto_reset else metric.get_global_name_value()
        if self.auto_reset:
            metric.reset_local()
        logging.info(
            "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec" + "\t%s=%f" * len(pairs),
            *(param.epoch, first, count, speed),
            *(part for pair in pairs for part in pair),
        )


class ProgressBar:
    """A batch callback that logs, as a bar, how many of `total` batches are done.

    length  the width of the bar

    >>> from types import SimpleNamespace
    >>> ProgressBar(total=4, length=8).text(SimpleNamespace(nbatch=2))
    '[====----] 50%'
    """

    def __init__(self, total: int, length: int = 80):
        self.bar_len = length
        self.total = total

    def text(self, param: Any) -> str:
        """The bar."""
        part = param.nbatch / float(self.total)
        filled = round(self.bar_len * part)
        return f"[{'=' * filled}{'-' * (self.bar_len - filled)}] {math.ceil(100.0 * part)}%"

    def __call__(self, param: Any) -> None:
        """Log the bar, over the one before."""
        logging.info("%s\r", self.text(param))


class LogValidationMetricsCallback:
    """A callback for the end of an evaluation: logs the metric."""

    def __call__(self, param: Any) -> None:
        """Log the metric of the validation data."""
        if param.eval_metric:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
