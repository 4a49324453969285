"""Files of a training that can be gone on with, or of its best net."""

import contextlib
import os
import re
from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.metric import EvalMetric

from . import monitor as monitors
from .events import BatchEnd, EpochEnd, TrainBegin

__all__ = ["CheckpointHandler"]


class CheckpointHandler(TrainBegin, BatchEnd, EpochEnd):
    """Saves parameters and the trainer's states every so many epochs, or batches, or both.

    The files are, in the folder `model_dir`, with `model_prefix` for model:

    ============================== ===============================================================
    model-symbol.json              the net as a graph, if it is hybridized
    model-epoch0batch100.params    parameters: the epoch counts from 0, batches through all epochs
    model-epoch0batch100.states    optimizer and states of the trainer
    model-best.params, .states     with `save_best`, those with the best value of `monitor`
    ============================== ===============================================================

    verbose                 above 0, each saving is logged
    mode                    whether a smaller (`min`) or larger (`max`) value of the metric
                            `monitor` is better; `auto` goes by the name
    max_checkpoints         so many of this training are kept, the last ones
    resume_from_checkpoint  go on from the last checkpoint in the folder, if there is one, up to the
                            number of epochs or batches that `fit` is called with; checkpoints must
                            have been saved by epochs or by batches alone, as training is counted

    A file is replaced in one step: a crash leaves the old one or the new one whole.  After resuming
    the best value of before is not known, and `model-best` is written anew.

    Raises ParameterError when `save_best` has no metric; and when training begins, if it cannot go
    on from the checkpoints as asked.
    """

    def __init__(
        self,
        model_dir: str,
        model_prefix: str = "model",
        monitor: EvalMetric | None = None,
        verbose: int = 0,
        save_best: bool = False,
        mode: str = "auto",
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        max_checkpoints: int = 5,
        resume_from_checkpoint: bool = False,
    ):
        self.monitor = monitor
        self.verbose = verbose
        self.model_dir = model_dir
        self.model_prefix = model_prefix
        self.save_best = save_best
        self.epoch_period = epoch_period
        self.batch_period = batch_period
        self.current_batch = 0
        self.current_epoch = 0
        self.max_checkpoints = max_checkpoints
        self.resume_from_checkpoint = resume_from_checkpoint
        self.saved_checkpoints: list[str] = []
        self.trained_epoch = -1
        self.trained_batch = -1
        if save_best:
            self.monitor = monitors.checked(monitor, "CheckpointHandler(save_best=True)")
            self.monitor_op = monitors.direction(self.monitor, mode, "CheckpointHandler")
            self.best = monitors.worst(self.monitor_op)
        os.makedirs(model_dir, exist_ok=True)

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Begin anew, or with what the last checkpoint has."""
        self.current_batch = 0
        self.current_epoch = 0
        if self.save_best:
            self.best = monitors.worst(self.monitor_op)
        if self.resume_from_checkpoint:
            self._resume(estimator)

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Save if it is time."""
        if self.current_batch == 0:  # only now a hybridized net has a graph
            self._save_symbol(estimator)
        if self.batch_period and (self.current_batch + 1) % self.batch_period == 0:
            self._save(estimator)
        self.current_batch += 1

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Save if it is time."""
        if self.epoch_period and (self.current_epoch + 1) % self.epoch_period == 0:
            self._save(estimator)
        self.current_epoch += 1

    # ---- saving

    def _path(self, name: str) -> str:
        return os.path.join(self.model_dir, name)

    def _save_symbol(self, estimator: Any) -> None:
        path = self._path(f"{self.model_prefix}-symbol.json")
        graph = getattr(estimator.net, "_cached_graph", None)
        if graph:
            graph[1].save(path)
            return
        estimator.logger.info(
            "Model architecture(symbol file) is not saved, please use HybridBlock to construct "
            "your model, and call net.hybridize() before passing to Estimator in order to save "
            "model architecture as %s.",
            path,
        )

    def _save(self, estimator: Any) -> None:
        epoch, batch = self.current_epoch, self.current_batch
        if self.resume_from_checkpoint:  # count on, as MXNet does
            epoch += self.trained_epoch + 1
            batch += self.trained_batch + (0 if estimator.max_epoch else 1)
        name = f"{self.model_prefix}-epoch{epoch}batch{batch}"
        if self.max_checkpoints > 0:
            self._tell(estimator, f"saving model at {self.model_dir} with prefix: {name}")
            self._write(estimator, name)
            self.saved_checkpoints.append(name)
            for old in self.saved_checkpoints[: -self.max_checkpoints]:
                self._remove(old)
            del self.saved_checkpoints[: -self.max_checkpoints]
        if self.save_best and self.monitor is not None:
            self._save_best(estimator, self.monitor)

    def _save_best(self, estimator: Any, monitor: EvalMetric) -> None:
        value = monitors.value_of(monitor, "CheckpointHandler skips saving the best model")
        if value is None:
            return
        name, before = f"{self.model_prefix}-best", self.best
        if not self.monitor_op(value, before):
            words = f"{monitor.name} did not improve from {before:.5f}, skipping updating"
            self._tell(estimator, f"{words} best model")
            return
        self._tell(
            estimator,
            f"{monitor.name} improved from {before:.5f} to {value:.5f}, updating best model "
            f"at {self.model_dir} with prefix: {name}",
        )
        self.best = value
        self._write(estimator, name)

    def _tell(self, estimator: Any, line: str) -> None:
        if self.verbose > 0:
            estimator.logger.info("[Epoch %d] CheckpointHandler: %s", self.current_epoch, line)

    def _write(self, estimator: Any, name: str) -> None:
        """Both are safely on disk before they take the places of older files of these names."""
        states, params = self._path(f"{name}.states"), self._path(f"{name}.params")
        estimator.trainer.save_states(f"{states}.new")
        estimator.net.save_parameters(f"{params}.new")
        os.replace(f"{states}.new", states)
        os.replace(f"{params}.new", params)

    def _remove(self, name: str) -> None:
        for ending in ("params", "states"):
            with contextlib.suppress(FileNotFoundError):  # somebody else has removed it
                os.unlink(self._path(f"{name}.{ending}"))

    # ---- going on

    def _resume(self, estimator: Any) -> None:
        """Load the last checkpoint, and let the estimator train what is left."""
        by_epoch = bool(estimator.max_epoch)
        unit, total = ("epoch", estimator.max_epoch) if by_epoch else ("batch", estimator.max_batch)
        self._check_periods(by_epoch)
        last = self._last()
        if last is None:
            self.trained_epoch = self.trained_batch = -1
            estimator.logger.info(
                "CheckpointHandler: No checkpoint found, training from scratch for %d %s",
                total,
                "epochs" if by_epoch else "batches",
            )
            return
        self.trained_epoch, self.trained_batch = last
        left = total - 1 - (self.trained_epoch if by_epoch else self.trained_batch)
        if left <= 0:
            raise ParameterError(
                f"the checkpoint in {self.model_dir} has trained for {total - left} {unit}(s), and "
                f"fit is asked for {total}",
                hint=f"more of them, or resume_from_checkpoint=False to begin anew with {total}",
            )
        self._load(estimator, f"{self.model_prefix}-epoch{last[0]}batch{last[1]}")
        if by_epoch:
            estimator.max_epoch = left
        else:
            estimator.max_batch = left
        estimator.logger.info(
            "CheckpointHandler: Checkpoint resumed from epoch %d batch %d, "
            "continue to train for %d %s",
            *last,
            left,
            "epochs" if by_epoch else "batches",
        )

    def _check_periods(self, by_epoch: bool) -> None:
        """Files in the middle of an epoch do not tell how many epochs are done, and vice versa."""
        wanted, other = self.epoch_period, self.batch_period
        if not by_epoch:
            wanted, other = other, wanted
        if other or not wanted:
            how = ("epoch", "batch") if by_epoch else ("batch", "epoch")
            raise ParameterError(
                f"training counts {how[0]}s, but checkpoints are not saved by {how[0]}s alone",
                rule=f"resume_from_checkpoint goes with {how[0]}_period and {how[1]}_period=None",
                values=[("periods", f"epoch {self.epoch_period}, batch {self.batch_period}")],
            )

    def _last(self) -> tuple[int, int] | None:
        """Epoch and batch of the last checkpoint whose two files are there."""
        pattern = re.compile(re.escape(self.model_prefix) + r"-epoch(\d+)batch(\d+)\.params")
        names = set(os.listdir(self.model_dir))
        found = [
            (int(match[1]), int(match[2]))
            for match in map(pattern.fullmatch, names)
            if match and match[0].removesuffix(".params") + ".states" in names
        ]
        return max(found, default=None)

    def _load(self, estimator: Any, name: str) -> None:
        estimator.net.load_parameters(self._path(f"{name}.params"), ctx=estimator.context)
        estimator.trainer.load_states(self._path(f"{name}.states"))
