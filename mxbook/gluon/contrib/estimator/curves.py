"""Training curves, drawn while an estimator trains."""

from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.metric import EvalMetric

from .events import BatchEnd, EpochEnd, TrainBegin

__all__ = ["CurvesHandler"]


class CurvesHandler(TrainBegin, BatchEnd, EpochEnd):
    """Logs the estimator's metrics to a run of `mx.explain`, which draws them.

    run           what `with mx.explain.curves() as run` gives
    log_interval  after so many batches the training metrics are logged, as means over these
                  batches; validation metrics are logged at the end of an epoch

    Raises ParameterError for a `log_interval` below 1.

    >>> from mxbook import explain, gluon, nd
    >>> data = gluon.data.ArrayDataset(nd.ones((8, 3)), nd.ones((8, 1)))
    >>> data = gluon.data.DataLoader(data, batch_size=4)
    >>> estimator = gluon.contrib.estimator.Estimator(gluon.nn.Dense(1), gluon.loss.L2Loss())
    >>> estimator.logger.setLevel("WARNING")
    >>> with explain.curves("a line", show=False) as run:
    ...     estimator.fit(data, epochs=2, event_handlers=CurvesHandler(run))
    >>> run.step, run["training l2loss"].latest[0]
    (4, 4.0)
    """

    def __init__(self, run: Any, log_interval: int = 1, priority: float = 1000):
        if log_interval < 1:
            raise ParameterError(f"log_interval cannot be {log_interval}", rule="at least 1")
        self.run = run
        self.log_interval = log_interval
        # After all that changes metrics.
        self.priority = priority

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Go on where the run is."""
        self._first = self._step = int(self.run.step)
        marks = self.run.epochs
        self._epoch = self._first_epoch = int(marks[-1][0]) + 1 if marks else 0
        self._before: dict[int, tuple[float, float]] = {}
        self._expects = self.run.total is None
        if self._expects and estimator.max_batch:
            self.run.total = self._first + estimator.max_batch

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log the training metrics if it is time."""
        self._step += 1
        if (self._step - self._first) % self.log_interval == 0:
            self._log(estimator.train_metrics, since=True)

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log the validation metrics."""
        self._before.clear()
        if self._expects and estimator.max_epoch:
            done, epochs = self._step - self._first, self._epoch + 1 - self._first_epoch
            self.run.total = self._first + done * estimator.max_epoch // epochs
        self._log([m for m in estimator.val_metrics if m.num_inst], since=False)
        self._epoch += 1

    def _log(self, metrics: list[EvalMetric], since: bool) -> None:
        values: dict[str, float] = {}
        for metric in metrics:
            pairs = self._since(metric) if since else metric.get_name_value()
            values.update((name, value) for name, value in pairs if value == value)
        if values:
            self.run.log(values, step=self._step, epoch=self._epoch)

    def _since(self, metric: EvalMetric) -> list[tuple[str, float]]:
        """The metric over the batches since it was logged last, where it is a mean."""
        total, count = metric.sum_metric, metric.num_inst
        before_total, before_count = self._before.get(id(metric), (0.0, 0))
        self._before[id(metric)] = (total, count)
        if type(metric).get is not EvalMetric.get or count <= before_count:
            return metric.get_name_value()
        return [(metric.name, metric._value(total - before_total, count - before_count))]
