import datetime

import pytest

import mxbook as mx
from mxbook.callback import BatchEndParam
from mxbook.notebook import callback as nb

pytest.importorskip("pandas")


def metric(value=0.5):
    found = mx.metric.Loss()
    found.update(None, [mx.nd.array([value])])
    return found


def param(nbatch, value=0.5, epoch=0):
    return BatchEndParam(epoch, nbatch, metric(value), None)


def fit(**options):
    x = mx.nd.random.normal(shape=(12, 3))
    data = mx.io.NDArrayIter(x, mx.nd.zeros(12), batch_size=4)
    net = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), name="softmax"
    )
    mx.mod.Module(net).fit(data, data, num_epoch=2, **options)


def test_tables():
    logger = nb.PandasLogger(batch_size=4, frequent=2)
    fit(**logger.callback_args())
    assert logger.train_df["minibatch_count"].tolist() == [0, 2] * 2
    assert logger.train_df["epoch"].tolist() == [0, 0, 1, 1]
    assert {"accuracy", "records_per_sec", "elapsed"} <= set(logger.train_df)
    assert (logger.train_df["records_per_sec"] == 4 * logger.train_df["batches_per_sec"]).all()
    assert len(logger.eval_df) == len(logger.epoch_df) == 2
    assert set(logger.epoch_df) == {"elapsed", "epoch_time"}
    assert set(logger.all_dataframes) == {"train", "eval", "epoch"}
    assert logger.elapsed() > datetime.timedelta(0)


def test_new_columns():
    logger = nb.PandasLogger(1)
    logger.append_metrics({"a": 1}, "train")
    logger.append_metrics({"a": 2, "b": 3}, "train")
    assert logger.train_df["a"].tolist() == [1, 2]
    assert logger.train_df["b"].isna().tolist() == [True, False]


def test_without_pandas(monkeypatch):
    def missing(name):
        raise ImportError(f"no {name}")

    assert nb.pd.DataFrame
    monkeypatch.setattr(nb.importlib, "import_module", missing)
    with pytest.raises(ImportError, match="pip install pandas"):
        nb.PandasLogger(1)
    assert nb.pd is nb.Pandas_Failed_To_Import
    with pytest.raises(AttributeError):
        nb.nothing


def test_a_learning_curve(capsys):
    curve = nb.LiveLearningCurve("loss", display_freq=0, frequent=2)
    for i in range(5):
        curve.batch_cb(param(i, i))
    curve.eval_cb(param(0, 9))
    assert curve.run["train loss"].values.tolist() == [0, 2, 4]
    assert curve.run["validation loss"].latest[1] == 9
    assert "loss" in capsys.readouterr().out


def test_updates_wait():
    curve = nb.LiveLearningCurve("loss", display_freq=1e6, frequent=1)
    curve.batch_cb(param(0))
    assert "train loss" not in curve.run
    assert not curve.interval_elapsed()
    curve.update_chart_data()
    assert curve.run["train loss"].values.tolist() == [0.5]


def test_a_chart_of_a_table():
    chart = nb.LiveBokehChart(None, "loss", display_freq=0, batch_size=1, frequent=1)
    for i in range(3):
        chart.batch_cb(param(i, i))
    chart.eval_cb(param(0, 7))
    assert chart.run["train loss"].values.tolist() == [0, 1, 2]
    assert chart.run["validation loss"].values.tolist() == [7]
    logger = nb.PandasLogger(1)
    assert nb.LiveBokehChart(logger, "loss").pandas_logger is logger
    with pytest.raises(ValueError, match="batch_size"):
        nb.LiveBokehChart(None, "loss")


def test_a_chart_of_values():
    chart = nb.LiveTimeSeries(title="temperature")
    for value in (3, 5):
        chart.update_chart_data(value)
    assert chart.run["value"].values.tolist() == [3, 5]
    assert chart.run.title == "temperature"
    assert chart.elapsed() >= datetime.timedelta(0)


def test_several_together():
    logger, curve = nb.PandasLogger(4, 1), nb.LiveLearningCurve("accuracy", frequent=1)
    args = nb.args_wrapper(logger, curve)
    assert args == {
        "batch_end_callback": [logger.train_cb, curve.batch_cb],
        "eval_end_callback": [logger.eval_cb, curve.eval_cb],
        "epoch_end_callback": [logger.epoch_cb],
    }
    fit(**args)
    assert len(logger.train_df) == 6
