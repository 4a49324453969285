import copy
import json
import math
import pathlib
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook import engine
from mxbook import metric as M
from mxbook.base.errors import IndexingError, MXNetError, ParameterError, ShapeError
from mxbook.imperative.arrays import variable_of

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden.json").read_text())
NAMES = {
    "acc": "Accuracy",
    "accuracy": "Accuracy",
    "top_k_accuracy": "TopKAccuracy",
    "top_k_acc": "TopKAccuracy",
    "f1": "F1",
    "mcc": "MCC",
    "pcc": "PCC",
    "mae": "MAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "pearsonr": "PearsonCorrelation",
    "pearsoncorrelation": "PearsonCorrelation",
    "ce": "CrossEntropy",
    "crossentropy": "CrossEntropy",
    "nll_loss": "NegativeLogLikelihood",
    "negativeloglikelihood": "NegativeLogLikelihood",
    "perplexity": "Perplexity",
    "loss": "Loss",
    "torch": "Torch",
    "caffe": "Caffe",
    "composite": "CompositeEvalMetric",
}
ARGUMENTS = {"TopKAccuracy": (2,), "Perplexity": (None,)}


def made(name):
    return M.create(name, *ARGUMENTS.get(NAMES[name], ()))


def same(found, expected):
    names, values = found
    assert [names, values] == [
        expected[0],
        pytest.approx(expected[1], rel=1e-6, abs=1e-7, nan_ok=True),
    ]


@pytest.mark.parametrize("case", GOLDEN, ids=[f"{c['metric']}-{i}" for i, c in enumerate(GOLDEN)])
def test_answers_of_mxnet(case):
    metric = eval("M." + case["metric"])
    for step, (local, whole, count) in zip(case["steps"], case["answers"], strict=True):
        if isinstance(step, str):
            getattr(metric, step)()
        else:
            metric.update(*[[mx.nd.array(a) for a in side] for side in step])
        same(metric.get(), local)
        same(metric.get_global(), whole)
        if count is not None:
            assert metric.num_inst == count


@pytest.mark.parametrize("name", NAMES)
def test_names_and_config(name):
    metric = made(name)
    assert type(metric).__name__ == NAMES[name]
    for other in (
        M.create(metric.get_config()),
        M.create(json.dumps(metric.get_config())),
        M.create(name.upper(), *ARGUMENTS.get(NAMES[name], ())),
        pickle.loads(pickle.dumps(metric)),
        copy.deepcopy(metric),
    ):
        assert type(other) is type(metric)
        assert other.get_config() == metric.get_config()
        assert str(other) == str(metric)
    assert M.create(metric) is metric


batches = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1), min_size=1
)


@settings(deadline=None)
@given(batches)
def test_accuracy_counts_samples_not_batches(batches):
    metric = M.create("acc")
    for batch in batches:
        true, found = zip(*batch, strict=True)
        scores = np.eye(4, dtype="float32")[list(found)]
        metric.update(mx.nd.array(true), mx.nd.array(scores))
    flat = [a == b for batch in batches for a, b in batch]
    assert metric.get() == ("accuracy", sum(flat) / len(flat))
    assert metric.num_inst == len(flat)


@settings(deadline=None)
@given(batches, st.integers(1, 4))
def test_micro_averages_do_not_depend_on_the_batches(batches, size):
    flat = [(a % 2, b % 2) for batch in batches for a, b in batch]
    parts = [flat[i : i + size] for i in range(0, len(flat), size)]
    for make in (lambda: M.F1(average="micro"), lambda: M.MCC(average="micro"), M.PCC):
        values = []
        for whole in ([flat], parts):
            metric = make()
            for part in whole:
                true, found = zip(*part, strict=True)
                metric.update([mx.nd.array(true)], [mx.nd.array(np.eye(2)[list(found)])])
            values.append(metric.get()[1])
        assert values[0] == pytest.approx(values[1], nan_ok=True)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1))
def test_pcc_of_two_classes_is_mcc(pairs):
    true, found = zip(*pairs, strict=True)
    arrays = [mx.nd.array(true)], [mx.nd.array(np.eye(2)[list(found)])]
    pcc, mcc = M.PCC(), M.MCC()
    pcc.update(*arrays)
    mcc.update(*arrays)
    if math.isnan(pcc.get()[1]):
        assert mcc.get()[1] == 0
    else:
        assert pcc.get()[1] == pytest.approx(mcc.get()[1])


series = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=30)


@settings(deadline=None)
@given(series, st.integers(1, 29))
def test_micro_pearson_is_that_of_everything_seen(points, cut):
    x, y = (np.array(a, "float32") for a in zip(*points, strict=True))
    metric = M.PearsonCorrelation(average="micro")
    for part in (slice(cut), slice(cut, None)):
        if x[part].size:
            metric.update([mx.nd.array(x[part])], [mx.nd.array(y[part])])
    if np.ptp(x) and np.ptp(y):
        expected = np.corrcoef(x, y)[0, 1]
        assert metric.get() == ("pearsonr", pytest.approx(expected, abs=1e-9))
        assert metric.get_global() == metric.get()
    else:
        assert math.isnan(metric.get()[1])


def test_parts_of_pearsons_coefficient():
    """MXNet's methods: variances and covariance batch by batch."""
    x, y = np.random.RandomState(0).normal(size=(2, 9))
    metric, grown = M.PearsonCorrelation(average="micro"), (0, 0, 0)
    for part in (slice(4), slice(4, None)):
        grown = metric.update_variance(x[part], *grown)
    assert grown == (9, pytest.approx(x.mean()), pytest.approx(9 * x.var()))
    metric.update([mx.nd.array(x)], [mx.nd.array(y)])
    before = metric._local.xy
    metric.update_cov(x, y)
    assert metric._local.xy == pytest.approx(2 * before, rel=1e-5)
    metric.reset_micro()
    assert metric._local.count == metric._whole.count == 0


@pytest.mark.parametrize("name", NAMES)
def test_local_and_global(name):
    rng = np.random.RandomState(1)
    batches = [
        ([mx.nd.array(rng.randint(0, 2, 8))], [mx.nd.array(rng.uniform(0.1, 0.9, (8, 2)))])
        for _ in range(2)
    ]
    if name in ("mae", "mse", "rmse", "pearsonr", "pearsoncorrelation"):
        batches = [([p[0] * 2], p) for _, p in batches]
    metric, fresh = made(name), made(name)
    metric.update(*batches[0])
    before = str(metric.get())
    metric.reset_local()
    assert "nan" in str(metric.get()) or name == "composite"
    assert str(metric.get_global()) == before
    metric.update(*batches[1])
    fresh.update(*batches[1])
    assert metric.get() == fresh.get()
    fresh.reset()
    for batch in batches:
        fresh.update(*batch)
    assert metric.get_global() == fresh.get_global() == fresh.get()


def test_update_dict_chooses_by_name():
    metric = M.Accuracy(output_names=["o"], label_names=["l"])
    right, wrong = mx.nd.array([1]), mx.nd.array([0])
    metric.update_dict({"l": right, "x": wrong}, {"q": wrong, "o": right})
    assert metric.get()[1] == 1
    with pytest.raises(ParameterError, match="needs l"):
        metric.update_dict({"x": wrong}, {"o": right})
    both = M.CompositeEvalMetric(["acc", "mse"], label_names=["l"], output_names=["o"])
    both.update_dict({"l": right, "x": wrong}, {"q": wrong, "o": right})
    assert both.get() == (["accuracy", "mse"], [1, 0])


def test_composite():
    metric = M.create(["acc", M.MSE(), lambda label, pred: 3])
    metric.add("mae")
    assert [type(metric.get_metric(i)).__name__ for i in range(4)] == [
        "Accuracy",
        "MSE",
        "CustomMetric",
        "MAE",
    ]
    nested = M.create(["mae", metric])
    nested.update(mx.nd.array([1, 2]), mx.nd.array([1, 4]))
    assert nested.get_name_value() == [
        ("mae", 1),
        ("accuracy", 0.5),
        ("mse", 2),
        ("custom(<lambda>)", 3),
        ("mae", 1),
    ]
    assert str(M.create(["mse"])) == "EvalMetric: {'mse': nan}"


def test_custom():
    def worst(label, pred):
        assert isinstance(label, np.ndarray)
        return abs(label - pred).max()

    metric = M.np(worst)
    assert metric.name == "worst"
    metric.update([mx.nd.array([1, 2])], [mx.nd.array([1, 5])])
    metric.update([mx.nd.array([1, 2])], [mx.nd.array([2, 2])])
    assert metric.get() == ("worst", 2)
    pairs = M.CustomMetric(lambda label, pred: (pred.sum(), pred.size), allow_extra_outputs=True)
    pairs.update([mx.nd.array([1, 2])], [mx.nd.array([1, 5]), mx.nd.array([7])])
    assert pairs.get() == ("custom(<lambda>)", 3)
    assert pairs.num_inst == 2
    with pytest.raises(MXNetError, match="cannot be serialized"):
        metric.get_config()


def test_own_metric():
    @M.alias("biggest")
    @M.register
    class Largest(M.EvalMetric):
        def update(self, labels, preds):
            self.sum_metric += preds.max().asscalar()
            self.num_inst += 1

    for name in ("largest", "biggest"):
        metric = M.create(name, "big")
        metric.update(None, mx.nd.array([1, 3]))
        assert metric.get() == metric.get_global() == ("big", 3)


def test_numpy_arrays_will_do():
    metric = M.Accuracy()
    metric.update([np.array([1, 0])], [np.array([[0.1, 0.9], [0.2, 0.8]])])
    assert metric.get()[1] == 0.5


a = mx.nd.array


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (lambda: M.create("acuracy"), ParameterError),
        (lambda: M.create(3), ParameterError),
        (lambda: M.create(M.Accuracy(), axis=2), ParameterError),
        (lambda: M.TopKAccuracy(1), ParameterError),
        (lambda: M.F1(average="mean"), ParameterError),
        (lambda: M.PearsonCorrelation(average="mean"), ParameterError),
        (lambda: M.CompositeEvalMetric(["acc"]).get_metric(1), ParameterError),
        (lambda: M.EvalMetric("x").update([], []), TypeError),
        (lambda: M.Accuracy().update([a([1])], []), ShapeError),
        (lambda: M.Accuracy().update([a([1, 2])], [a([1])]), ShapeError),
        (lambda: M.Accuracy().update([a([1, 2])], [a([[0, 1]])]), ShapeError),
        (lambda: M.TopKAccuracy(4).update([a([1])], [a([[1, 2, 3]])]), ShapeError),
        (lambda: M.TopKAccuracy(2).update([a([1])], [a([[[1, 2, 3]]])]), ShapeError),
        (lambda: M.TopKAccuracy(2).update([a([1, 1])], [a([[1, 2, 3]])]), ShapeError),
        (lambda: M.F1().update([a([0, 1, 2])], [a([[1, 0]] * 3)]), ShapeError),
        (lambda: M.MSE().update([a([1, 2, 3])], [a([1, 2])]), ShapeError),
        (lambda: M.MSE().update([a([[1, 2, 3]])], [a([1, 2, 3])]), ShapeError),
        (lambda: M.PearsonCorrelation().update([a([1, 2])], [a([[1], [2]])]), ShapeError),
        (lambda: M.CrossEntropy().update([a([1])], [a([[0.5, 0.5]] * 2)]), ShapeError),
        (lambda: M.CrossEntropy().update([a([2])], [a([[0.5, 0.5]])]), IndexingError),
        (lambda: M.CrossEntropy().update([a([-1])], [a([[0.5, 0.5]])]), IndexingError),
        (lambda: M.Perplexity(None).update([a([2])], [a([[0.5, 0.5]])]), IndexingError),
        (lambda: M.Perplexity(5).update([a([1] * 3)], [a([[0.5, 0.5]])]), ShapeError),
    ],
)
def test_bad_input(use, error):
    with pytest.raises(error):
        use()


def test_the_nearest_name_is_suggested():
    with pytest.raises(ParameterError, match="did you mean accuracy"):
        M.create("acuracy")


@pytest.mark.parametrize("name", ["acc", "f1"])
def test_a_batch_is_waited_for_once(monkeypatch, name):
    """Also where predictions and labels are still being computed, the labels for longer."""
    sleepers, kind = [], type(engine._engine)
    sleep, before = kind._sleep, engine.engine_type()

    def counted(*args):
        sleepers.append(threading.current_thread())
        return sleep(*args)

    monkeypatch.setattr(kind, "_sleep", counted)
    metric, a = M.create(name), mx.nd.ones((700, 700))
    engine.set_engine_type("ThreadedEngine")
    try:
        for _ in range(3):
            scores = mx.nd.dot(a, a)[:8, :2]
            label = mx.nd.dot(mx.nd.dot(a, a), a)[:8, 0] > 0
            del sleepers[:]
            metric.update([label], [scores])
            assert sleepers.count(threading.main_thread()) <= 1
    finally:
        engine.set_engine_type(before)


def test_an_error_of_a_prediction_is_raised_by_the_metric():
    scores = mx.nd.ones((3, 2))

    def fail():
        raise ZeroDivisionError("on purpose")

    engine.push(fail, [], [variable_of(scores)])
    label = mx.nd.dot(mx.nd.ones((700, 700)), mx.nd.ones((700, 700)))[:3, 0]
    with pytest.raises(mx.MXNetError, match="on purpose"):
        M.Accuracy().update([label], [scores])
