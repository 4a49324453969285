"""Callbacks of `fit` that record its metrics as tables of pandas, and draw them while it runs.

    logger = PandasLogger(batch_size=64)
    curve = LiveLearningCurve("accuracy")
    model.fit(data, eval_data, **args_wrapper(logger, curve))
    logger.train_df.plot(y="accuracy")

Curves are drawn by `mx.explain`: live in a notebook, as lines of text in a terminal.  (In MXNet the
package bokeh draws them; the class keeps its name.)

Source: MXNet 1.6, `mxnet.notebook.callback`.
"""

import datetime
import importlib
import time
from collections.abc import Callable
from typing import Any

from mxbook.base.errors import MXNetError, ParameterError
from mxbook.explain import Run
from mxbook.explain.live import screen

__all__ = [
    "LiveBokehChart",
    "LiveLearningCurve",
    "LiveTimeSeries",
    "PandasLogger",
    "Pandas_Failed_To_Import",
    "args_wrapper",
]


class Pandas_Failed_To_Import(MXNetError, ImportError):  # noqa: N801, N818 - MXNet's name
    """The package pandas, which keeps the tables, is not there."""


def _pandas() -> Any:
    try:
        return importlib.import_module("pandas")
    except ImportError as error:
        raise Pandas_Failed_To_Import(
            "PandasLogger needs the package pandas",
            values=[("python", str(error))],
            hint="pip install pandas; mx.explain.curves records and draws without it",
        ) from error


def __getattr__(wanted: str) -> Any:
    if wanted != "pd":
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    try:
        return _pandas()
    except Pandas_Failed_To_Import:
        return Pandas_Failed_To_Import


class PandasLogger:
    """Records the metrics of training, evaluation and epochs as tables of pandas.

    `train_df` has a row for every `frequent` batches, with the metrics, `batches_per_sec`,
    `records_per_sec`, `elapsed`, `minibatch_count` and `epoch`; `eval_df` one for each evaluation;
    `epoch_df` one for each epoch, with `elapsed` and `epoch_time`.

    Raises Pandas_Failed_To_Import, an ImportError, without pandas.
    """

    def __init__(self, batch_size: int, frequent: int = 50):
        self.batch_size, self.frequent = batch_size, frequent
        frame = _pandas().DataFrame
        self._dataframes = {name: frame() for name in ("train", "eval", "epoch")}
        self.last_time = time.time()
        self.start_time = self.last_epoch_time = datetime.datetime.now()

    @property
    def train_df(self) -> Any:
        """The table of training."""
        return self._dataframes["train"]

    @property
    def eval_df(self) -> Any:
        """The table of evaluations."""
        return self._dataframes["eval"]

    @property
    def epoch_df(self) -> Any:
        """The table of epochs."""
        return self._dataframes["epoch"]

    @property
    def all_dataframes(self) -> dict[str, Any]:
        """All tables, by the names train, eval and epoch."""
        return self._dataframes

    def elapsed(self) -> datetime.timedelta:
        """The time since the logger was made."""
        return datetime.datetime.now() - self.start_time

    def append_metrics(self, metrics: dict[str, Any], df_name: str) -> None:
        """Add a row to a table; new names become new columns."""
        pandas, table = _pandas(), self._dataframes[df_name]
        row = pandas.DataFrame([metrics])
        joined = pandas.concat([table, row], ignore_index=True) if len(table) else row
        self._dataframes[df_name] = joined

    def train_cb(self, param: Any) -> None:
        """Record a batch of training, every `frequent` ones."""
        if param.nbatch % self.frequent == 0:
            self._record(param, "train")

    def eval_cb(self, param: Any) -> None:
        """Record an evaluation."""
        self._record(param, "eval")

    def _record(self, param: Any, df_name: str) -> None:
        now = time.time()
        metrics: dict[str, Any] = {}
        if param.eval_metric is not None:
            metrics.update(param.eval_metric.get_name_value())
            param.eval_metric.reset_local()
        seconds = max(now - self.last_time, 1e-9)  # the clock of a system may be coarse
        metrics["batches_per_sec"] = self.frequent / seconds
        metrics["records_per_sec"] = self.frequent * self.batch_size / seconds
        metrics["elapsed"] = self.elapsed()
        metrics["minibatch_count"] = param.nbatch
        metrics["epoch"] = param.epoch
        self.append_metrics(metrics, df_name)
        self.last_time = now

    def epoch_cb(self, *_given: Any) -> None:
        """Record the end of an epoch."""
        now = datetime.datetime.now()
        metrics = {"elapsed": now - self.start_time, "epoch_time": now - self.last_epoch_time}
        self.append_metrics(metrics, "epoch")
        self.last_epoch_time = now

    def callback_args(self) -> dict[str, Callable]:
        """What `fit` is given: `fit(..., **logger.callback_args())`."""
        return {
            "batch_end_callback": self.train_cb,
            "eval_end_callback": self.eval_cb,
            "epoch_end_callback": self.epoch_cb,
        }


class LiveBokehChart:
    """A curve of what a PandasLogger records, drawn while the training runs.

    pandas_logger  whose tables are drawn; one is made of `batch_size` and `frequent` when None
    metric_name    the column that is drawn, for training and evaluation
    display_freq   seconds between two updates

    Derive a chart of your own with its own `setup_chart` and `update_chart_data`.
    """

    def __init__(
        self,
        pandas_logger: PandasLogger | None,
        metric_name: str,
        display_freq: float = 10,
        batch_size: int | None = None,
        frequent: int = 50,
    ):
        if pandas_logger is None:
            if batch_size is None:
                raise ParameterError("without a pandas_logger, a batch_size is needed")
            pandas_logger = PandasLogger(batch_size, frequent)
        self.pandas_logger = pandas_logger
        self._begin(metric_name, display_freq)

    def _begin(self, metric_name: str, display_freq: float) -> None:
        self.metric_name, self.display_freq = metric_name, display_freq
        self.last_update = time.time()
        self.run = Run(metric_name)
        self.screen = screen()
        self._drawn = {"train": 0, "eval": 0}
        self.setup_chart()

    def setup_chart(self) -> None:
        """Show the chart, still empty."""
        self.screen.begin(self.run)
        self.run.watch(self.screen.update)

    def update_chart_data(self) -> None:
        """Take over the rows that the tables have got."""
        for part, curve in (("train", "train"), ("eval", "validation")):
            table = self.pandas_logger.all_dataframes[part]
            if self.metric_name in table:
                for value in table[self.metric_name][self._drawn[part] :]:
                    self.run.log({f"{curve} {self.metric_name}": value})
            self._drawn[part] = len(table)

    def interval_elapsed(self) -> bool:
        """Whether it is time for an update."""
        return time.time() - self.last_update > self.display_freq

    def _push_render(self) -> None:
        """Show what the chart has now."""
        self.run.flush()
        self.screen.update(self.run, None)
        self.last_update = time.time()

    def batch_cb(self, param: Any) -> None:
        """Record a batch; update the chart when it is time."""
        self.pandas_logger.train_cb(param)
        if self.interval_elapsed():
            self.update_chart_data()
            self._push_render()

    def eval_cb(self, param: Any) -> None:
        """Record an evaluation and update the chart."""
        self.pandas_logger.eval_cb(param)
        self.update_chart_data()
        self._push_render()

    def callback_args(self) -> dict[str, Callable]:
        """What `fit` is given: `fit(..., **chart.callback_args())`."""
        return {"batch_end_callback": self.batch_cb, "eval_end_callback": self.eval_cb}


class LiveTimeSeries(LiveBokehChart):
    """A curve of any values over the seconds since it was made.

    `fig_params` may have a `title`.

    >>> chart = LiveTimeSeries(title="temperature")
    temperature
    >>> chart.update_chart_data(21.5)
    >>> chart.run["value"].latest[1]
    21.5
    """

    def __init__(self, **fig_params: Any):
        self.start_time = datetime.datetime.now()
        self._begin(str(fig_params.get("title", "time series")), 0)

    def elapsed(self) -> datetime.timedelta:
        """The time since the chart was made."""
        return datetime.datetime.now() - self.start_time

    def update_chart_data(self, value: float) -> None:  # type: ignore[override]
        """Add a value at this moment."""
        self.run.log(value=value, step=max(self.elapsed().total_seconds(), self.run.step))
        self._push_render()


class LiveLearningCurve(LiveBokehChart):
    """A metric of training and evaluation over the seconds since the chart was made.

    A point of training is taken every `frequent` batches, and the chart is updated every
    `display_freq` seconds and after each evaluation.
    """

    def __init__(self, metric_name: str, display_freq: float = 10, frequent: int = 50):
        self.frequent = frequent
        self.start_time = datetime.datetime.now()
        self._waiting: list[tuple[float, str, float]] = []
        self._begin(metric_name, display_freq)

    def update_chart_data(self) -> None:
        """Take over the points that came in since."""
        waiting, self._waiting = self._waiting, []
        for seconds, curve, value in waiting:
            self.run.log({curve: value}, step=max(seconds, self.run.step))

    def _point(self, param: Any, curve: str) -> None:
        if param.eval_metric is not None:
            seconds = (datetime.datetime.now() - self.start_time).total_seconds()
            found = dict(param.eval_metric.get_name_value())
            if self.metric_name in found:
                self._waiting.append((seconds, curve, found[self.metric_name]))
            param.eval_metric.reset_local()

    def batch_cb(self, param: Any) -> None:
        """Take a point every `frequent` batches."""
        if param.nbatch % self.frequent == 0:
            self._point(param, f"train {self.metric_name}")
        if self.interval_elapsed():
            self.update_chart_data()
            self._push_render()

    def eval_cb(self, param: Any) -> None:
        """Take a point after an evaluation."""
        self._point(param, f"validation {self.metric_name}")
        self.update_chart_data()
        self._push_render()


def args_wrapper(*args: Any) -> dict[str, list[Callable]]:
    """What `fit` is given for several loggers and charts: `fit(..., **args_wrapper(a, b))`."""
    found: dict[str, list[Callable]] = {}
    for each in args:
        for name, callback in each.callback_args().items():
            found.setdefault(name, []).append(callback)
    return found
