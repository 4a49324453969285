"""Metrics of `fit` for TensorBoard.

Source: MXNet 1.6, `mxnet.contrib.tensorboard`.
"""

from typing import Any

from mxbook.formats.tensorboard import SummaryWriter

__all__ = ["LogMetricsCallback"]


class LogMetricsCallback:
    """A callback that writes the metrics of a batch or an evaluation into an event file.

        training = LogMetricsCallback("logs/train")
        evaluation = LogMetricsCallback("logs/eval")
        model.fit(data, batch_end_callback=[training], eval_end_callback=[evaluation], ...)

    `tensorboard --logdir logs` shows the curves; nothing but mxbook is needed to write them.  With
    a prefix the names are `prefix-accuracy`.
    """

    def __init__(self, logging_dir: str, prefix: str | None = None):
        self.prefix = prefix
        self.summary_writer = SummaryWriter(logging_dir)

    def __call__(self, param: Any) -> None:
        """Write the values of the metric, at the step `param.epoch`."""
        if param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            shown = name if self.prefix is None else f"{self.prefix}-{name}"
            self.summary_writer.add_scalar(shown, value, global_step=param.epoch)
