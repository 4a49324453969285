import mxbook as mx
from mxbook.callback import BatchEndParam
from mxbook.contrib.tensorboard import LogMetricsCallback
from tests.formats.test_tensorboard import scalars


def test_metrics_of_fit(tmp_path):
    metric = mx.metric.create(["acc", "ce"])
    callback = LogMetricsCallback(str(tmp_path / "logs"), prefix="train")
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[0.9, 0.1], [0.8, 0.2]])])
    plain = LogMetricsCallback(str(tmp_path / "plain"))
    for epoch in range(2):
        for each in (callback, plain):
            each(BatchEndParam(epoch, 0, metric if each is callback else metric.metrics[0], None))
    callback(BatchEndParam(2, 0, None, None))
    values = dict(metric.get_name_value())
    (path,) = (tmp_path / "logs").iterdir()
    assert [(tag, step) for tag, step, _ in scalars(path)] == [
        (f"train-{name}", epoch) for epoch in range(2) for name in values
    ]
    (path,) = (tmp_path / "plain").iterdir()
    assert scalars(path) == [("accuracy", 0, 0.5), ("accuracy", 1, 0.5)]
