"""The training loop: what it is made of, in which order things happen, and what it refuses."""

import re

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, init, metric, nd
from mxbook.base.errors import (
    DeviceError,
    DTypeError,
    ParameterError,
    ShapeError,
)
from mxbook.gluon import nn
from mxbook.gluon.contrib.estimator import (
    BatchBegin,
    BatchEnd,
    CheckpointHandler,
    EarlyStoppingHandler,
    EpochBegin,
    EpochEnd,
    Estimator,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    TrainBegin,
    TrainEnd,
)
from tests import oracle
from tests.gluon.contrib.estimator.parts import X, Y, loader, make, small_net, weights

TWO = [mx.cpu(0), mx.cpu(1)]


class Story(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Writes down what it is called for; `answers` are what it returns."""

    def __init__(self, name="", story=None, priority=None, **answers):
        self.name, self.answers = name, answers
        self.story = [] if story is None else story
        if priority is not None:
            self.priority = priority

    def _told(self, event, kwargs):
        self.story.append((self.name, event, sorted(kwargs)))
        return self.answers.get(event)

    def train_begin(self, estimator, *args, **kwargs):
        return self._told("train_begin", kwargs)

    def train_end(self, estimator, *args, **kwargs):
        return self._told("train_end", kwargs)

    def epoch_begin(self, estimator, *args, **kwargs):
        return self._told("epoch_begin", kwargs)

    def epoch_end(self, estimator, *args, **kwargs):
        return self._told("epoch_end", kwargs)

    def batch_begin(self, estimator, *args, **kwargs):
        return self._told("batch_begin", kwargs)

    def batch_end(self, estimator, *args, **kwargs):
        return self._told("batch_end", kwargs)

    @property
    def events(self):
        return [event for _, event, _ in self.story]


# ---- training


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize("ctx", [None, TWO])
def test_training_is_a_loop_written_by_hand(ctx, hybridize):
    estimator = make(ctx=ctx, hybridize=hybridize)
    estimator.fit(loader(), epochs=2)
    net, loss = small_net(), gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    for _ in range(2):
        losses = []
        for x, y in loader():
            with autograd.record():
                found = loss(net(x), y)
            found.backward()
            trainer.step(len(x))
            losses += found.asnumpy().tolist()
    np.testing.assert_allclose(weights(estimator), net[0].weight.data().asnumpy(), rtol=1e-5)
    assert estimator.train_metrics[1].get()[1] == pytest.approx(np.mean(losses), rel=1e-5)


def test_defaults():
    net = nn.Dense(2)
    with pytest.warns(UserWarning, match="No trainer specified, default SGD"):
        estimator = Estimator(net, gluon.loss.SoftmaxCrossEntropyLoss(axis=-1))
    assert estimator.context == [mx.cpu()]
    assert estimator.val_net is net and estimator.val_loss is estimator.loss
    assert estimator.trainer.learning_rate == 0.001
    named = {m.name: type(m) for m in estimator.train_metrics + estimator.val_metrics}
    assert named == {
        "training accuracy": metric.Accuracy,
        "training softmaxcrossentropyloss": metric.Loss,
        "validation accuracy": metric.Accuracy,
        "validation softmaxcrossentropyloss": metric.Loss,
    }
    assert Estimator.logger is None and estimator.logger.name == "Estimator"
    estimator.fit(loader(10), epochs=1)  # it has initialized the net


@pytest.mark.parametrize(
    ("loss", "names"),
    [
        (gluon.loss.L2Loss(), ["training l2loss"]),
        (gluon.loss.L1Loss(prefix="mine_"), ["training mine"]),
        # Accuracy would compare shares of classes with scores.
        (gluon.loss.SoftmaxCrossEntropyLoss(sparse_label=False), [
            "training softmaxcrossentropyloss"
        ]),
    ],
)  # fmt: skip
def test_metrics_of_a_loss(loss, names):
    assert [m.name for m in make(loss=loss).train_metrics] == names


def test_metrics_of_ones_own():
    mine = metric.MSE()
    estimator = make(train_metrics=mine)
    assert estimator.train_metrics == [mine]
    assert [m.name for m in estimator.val_metrics] == ["validation mse"]
    assert make(train_metrics=mine).train_metrics[0].name == "training mse"  # a cell run again
    parts = [metric.MAE(), metric.RMSE()]
    estimator = make(train_metrics=metric.CompositeEvalMetric(parts), val_metrics=metric.F1())
    assert estimator.train_metrics == parts
    assert [m.name for m in estimator.val_metrics] == ["validation f1"]
    with pytest.warns(UserWarning, match="in train_metrics and in val_metrics"):
        make(train_metrics=mine, val_metrics=[mine])


def test_accuracy_of_sequences_is_that_of_the_last_axis():
    net = nn.Dense(4, flatten=False)
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    estimator = make(net, trainer=trainer)
    estimator.fit(loader(5, np.ones((10, 7, 3)), np.ones((10, 7))), epochs=1)
    assert estimator.train_metrics[0].num_inst == 70


def test_initialization():
    net = small_net()
    with pytest.warns(UserWarning, match="Network already fully initialized"):
        make(net, initializer=init.Zero())
    assert (net[0].weight.data().asnumpy() == 1).all()
    net = nn.Dense(2, in_units=3)
    with pytest.warns(UserWarning, match="No trainer"):
        make(net, trainer=None, initializer=init.One(), ctx=[mx.cpu(1)])
    assert (net.weight.data(mx.cpu(1)).asnumpy() == 1).all()


def test_devices_are_those_of_the_net():
    assert make(small_net(ctx=TWO)).context == TWO
    assert make(small_net(ctx=mx.cpu(3))).context == [mx.cpu(3)]


@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"loss": "l2"}, ParameterError, "loss cannot be 'l2'\n  rule     a gluon Loss"),
        ({"loss": gluon.loss.L2Loss}, ParameterError, "write brackets behind the name"),
        ({"val_loss": 3}, ParameterError, "val_loss cannot be 3"),
        ({"val_net": 3}, ParameterError, "val_net cannot be 3"),
        ({"train_metrics": "acc"}, ParameterError, "metrics cannot be 'acc'"),
        ({"val_metrics": ["acc"]}, ParameterError, "mx.metric.create makes one of a name"),
        ({"trainer": "sgd"}, ParameterError, "trainer cannot be 'sgd'"),
        ({"ctx": "cpu"}, DTypeError, "context cannot be 'cpu'"),
        ({"ctx": []}, DTypeError, "context cannot be"),
        ({"ctx": mx.gpu(77)}, DeviceError, r"gpu\(77\) is not available"),
        ({"batch_processor": 3}, ParameterError, "methods fit_batch and evaluate_batch"),
    ],
)
def test_what_no_estimator_can_be_made_of(kwargs, error, words):
    with pytest.raises(error, match=words):
        make(small_net(), **kwargs)
    with pytest.raises(ValueError, match="net cannot be"):
        Estimator("net", gluon.loss.L2Loss())


# ---- events


def test_the_order_of_events():
    story = Story()
    make().fit(loader(5), batches=3, event_handlers=story)
    batch = ["batch_begin", "batch_end"]
    assert story.events == [
        *("train_begin", "epoch_begin", *batch, *batch, "epoch_end"),
        *("epoch_begin", *batch, "epoch_end", "train_end"),
    ]
    given = {event: names for _, event, names in story.story}
    assert given["batch_begin"] == ["batch"]
    assert given["batch_end"] == ["batch", "label", "loss", "pred"]
    assert given["epoch_end"] == given["train_begin"] == []


def test_priorities():
    estimator, story = make(), []
    given = [Story("late", story, 5), Story("first", story), Story("second", story, 0)]
    before = list(given)
    estimator.fit(loader(10), epochs=1, event_handlers=given)
    assert given == before  # MXNet puts its own handlers into this list
    names = [name for name, event, _ in story if event == "batch_end"]
    assert names == ["first", "second", "late"]


class Looks(BatchEnd):
    """Looks at weights and metrics."""

    def __init__(self, priority):
        self.priority = priority

    def batch_end(self, estimator, *args, **kwargs):
        self.seen = weights(estimator)[0, 0] != 1, estimator.train_metrics[0].num_inst


def test_parameters_change_before_metrics_before_others():
    looks = [Looks(-3000), Looks(-1500), Looks(0)]
    make().fit(loader(10), epochs=1, event_handlers=looks)
    assert [look.seen for look in looks] == [(False, 0), (True, 0), (True, 10)]


@pytest.mark.parametrize("answer", [True, 1])
def test_handlers_that_stop(answer):
    first, second = Story(batch_end=answer), Story()
    make().fit(loader(), epochs=2, event_handlers=[first, second])
    assert first.events == second.events  # all are told
    assert first.events.count("batch_end") == first.events.count("epoch_end") == 2
    story = Story(epoch_end=answer)
    make().fit(loader(), epochs=5, event_handlers=[story])
    assert story.events.count("epoch_end") == 1
    story = Story(train_begin=answer, epoch_begin=answer, batch_begin=answer, train_end=answer)
    make().fit(loader(), epochs=2, event_handlers=[story])
    assert story.events.count("batch_end") == 6


def test_handlers_of_ones_own_replace_those_by_default():
    class Nothing(GradientUpdateHandler):
        def batch_end(self, estimator, *args, **kwargs):
            assert (estimator.net[0].weight.grad().asnumpy() != 0).any()

    estimator = make()
    metrics = MetricHandler(estimator.train_metrics[1:])
    estimator.fit(loader(), epochs=1, event_handlers=[Nothing(), metrics, LoggingHandler()])
    assert (weights(estimator) == 1).all()
    assert [m.num_inst for m in estimator.train_metrics] == [0, 10]
    assert not any("accuracy" in line for line in estimator.lines)
    stopping = StoppingHandler()
    make().fit(loader(), epochs=1, event_handlers=stopping)
    assert stopping.current_batch == 3


def test_evaluation():
    estimator = make()
    estimator.evaluate(loader())
    assert [m.num_inst for m in estimator.val_metrics] == [10, 10]
    assert [m.num_inst for m in estimator.train_metrics] == [0, 0]
    story = Story(batch_end=True)
    estimator.evaluate(loader(), event_handlers=[story])
    assert story.events == ["epoch_begin", *["batch_begin", "batch_end"] * 3, "epoch_end"]
    estimator.fit(loader(), loader(5), epochs=1)
    assert [m.num_inst for m in estimator.val_metrics] == [10, 10]
    assert estimator.lines[-4:-2][0] == "Validation Begin"


class Mode(nn.Dense):
    """Notes in which mode it computes."""

    def forward(self, x):
        self.mode = autograd.is_recording(), autograd.is_training()
        return super().forward(x)


def test_nets_and_losses_for_validation():
    train, val = Mode(2, in_units=3), Mode(2, in_units=3)
    val.initialize()
    with pytest.warns(UserWarning, match="No trainer"):
        estimator = make(
            train, trainer=None, val_net=val, val_loss=gluon.loss.SoftmaxCELoss(weight=2)
        )
    estimator.fit(loader(), loader(), epochs=1)
    assert train.mode == (True, True) and val.mode == (False, False)


def test_examples_along_another_axis():
    class Turned(gluon.loss.Loss):
        def hybrid_forward(self, F, pred, label):
            return F.mean(F.square(pred - label), axis=self._batch_axis, exclude=True)

    x = np.ones((2, 3, 4), "float32")  # two batches of four columns
    data = gluon.data.DataLoader(gluon.data.ArrayDataset(x, x), 1, batchify_fn=lambda pairs: [
        nd.array(part) for part in pairs[0]
    ])  # fmt: skip
    net = nn.HybridLambda(lambda F, x: x * 2)
    weight = gluon.Parameter("weight", shape=(1,), init="ones")
    weight.initialize(ctx=TWO)
    steps = []

    class Steps(GradientUpdateHandler):
        def batch_end(self, estimator, *args, **kwargs):
            estimator.trainer.step = steps.append
            super().batch_end(estimator, *args, **kwargs)

    estimator = make(
        net, ctx=TWO, loss=Turned(None, 1), trainer=gluon.Trainer([weight], "sgd")
    )  # fmt: skip
    weight.set_data(nd.ones(1))
    shapes = []

    class Shapes(BatchEnd):
        def batch_end(self, estimator, *args, **kwargs):
            shapes.append([part.shape for part in kwargs["pred"]])

    estimator.batch_processor.fit_batch = estimator.batch_processor.evaluate_batch
    estimator.fit(data, epochs=1, batch_axis=1, event_handlers=[Steps(), Shapes()])
    assert shapes == [[(3, 2), (3, 2)]] * 2
    assert steps == [4, 4]


# ---- what it refuses


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"epochs": 1, "batches": 1}, {"epochs": 0}, {"epochs": -1}, {"batches": 1.5}],
)
def test_how_long_to_train(kwargs):
    with pytest.raises(ValueError, match=r"just one of epochs and batches|a whole number above 0"):
        make().fit(loader(), **kwargs)


def test_data_of_another_kind():
    estimator = make()
    words = r"train_data is a ndarray(.|\n)*DataLoader"
    with pytest.raises(ValueError, match=words):
        estimator.fit(X, epochs=1)
    with pytest.raises(ValueError, match="val_data is a list"):
        estimator.fit(loader(), [(X, Y)], epochs=1)
    assert (weights(estimator) == 1).all(), "it could have told before training"
    with pytest.raises(ValueError, match="val_data is a NDArray"):
        estimator.evaluate(nd.ones(1))
    empty = loader(20, last_batch="discard")
    with pytest.raises(ValueError, match="train_data gives no batches"):
        estimator.fit(empty, batches=3)  # for ever, in MXNet
    only = gluon.data.DataLoader(gluon.data.ArrayDataset(nd.array(X)), 2)
    with pytest.raises(DTypeError, match="a batch is a NDArray\n  rule     a list of data and lab"):
        estimator.fit(only, epochs=1)


def test_a_batch_that_devices_cannot_share():
    estimator = make(ctx=TWO)
    with pytest.raises(ShapeError, match=r"last_batch='discard'(.|\n)*2 devices"):
        estimator.fit(loader(3), epochs=1)


@pytest.mark.parametrize(
    ("handlers", "words"),
    [
        ("stop", "a handler cannot be 'stop'"),
        ([LoggingHandler], "write brackets behind the name"),
        ([MetricHandler(metric.Accuracy())], "MetricHandler has a metric that this estimator does"),
        ([LoggingHandler(metrics=metric.MSE())], "one of 'training accuracy', 'training softmax"),
    ],
)
def test_handlers_that_do_not_fit(handlers, words):
    estimator = make()
    with pytest.raises(ParameterError, match=words):
        estimator.fit(loader(), epochs=1, event_handlers=handlers)
    with pytest.raises(ParameterError):
        estimator.evaluate(loader(), event_handlers=handlers)


def test_an_evaluation_knows_its_own_metrics_only():
    estimator = make()
    handler = MetricHandler(estimator.train_metrics)
    with pytest.raises(ParameterError, match="evaluate knows the latter only"):
        estimator.evaluate(loader(), event_handlers=[handler])


# ---- real MXNet

BOTH = """
import logging, re, warnings
warnings.simplefilter("ignore")
nn = mx.gluon.nn
E = mx.gluon.contrib.estimator
x = np.random.RandomState(0).rand(22, 5).astype("float32")
y = (x.sum(axis=1) > 2.5).astype("float32")

class Lines(logging.Handler):
    def emit(self, record):
        text = re.sub(r"[0-9.]+s\\b", "#s", record.getMessage())
        lines.append(re.sub(r"\\d\\.\\d{4}", "#", text).rstrip())
        values.extend(float(v) for v in re.findall(r"loss: (\\d\\.\\d{4})", text))

class Metrics(E.EpochEnd):
    priority = 2000
    def epoch_end(self, estimator, *args, **kwargs):
        values.extend(m.get()[1] for m in estimator.train_metrics + estimator.val_metrics)

def run(name, ctx, optimizer, fit, metrics=None, hybridize=False, handlers=()):
    global lines, values
    lines, values = [], []
    mx.random.seed(3)
    np.random.seed(3)
    net = nn.HybridSequential()
    net.add(nn.Dense(8, activation="tanh"), nn.Dropout(0.0), nn.BatchNorm(), nn.Dense(2))
    net.initialize(mx.init.Xavier(), ctx=ctx)
    if hybridize:
        net.hybridize()
    data = mx.gluon.data.ArrayDataset(x, y)
    train = mx.gluon.data.DataLoader(data, 8, shuffle=True, last_batch="discard")
    val = mx.gluon.data.DataLoader(data, 11 if ctx is None else 22)
    trainer = mx.gluon.Trainer(net.collect_params(), optimizer, {"learning_rate": 0.05})
    e = E.Estimator(net, mx.gluon.loss.SoftmaxCrossEntropyLoss(), metrics, trainer=trainer,
                    context=ctx)
    e.logger.handlers = [Lines()]
    e.fit(train, val, event_handlers=[Metrics(), *[h(e) for h in handlers]], **fit)
    found["~" + name] = values
    found[name + " lines"] = lines
    net.collect_params().reset_ctx(mx.cpu())
    found["~" + name + " net"] = net(mx.nd.array(x))
    kept.append(e)

two = [mx.cpu(0), mx.cpu(1)]
run("sgd", None, "sgd", dict(epochs=4))
run("adam", None, "adam", dict(batches=7), hybridize=True)
run("two", two, "adam", dict(epochs=2))
run("metrics", None, "sgd", dict(epochs=2), [mx.metric.F1(), mx.metric.Loss("mine")])
run("log", None, "sgd", dict(epochs=2), handlers=[
    lambda e: E.LoggingHandler(2, e.train_metrics + e.val_metrics)])
run("early", None, "sgd", dict(epochs=50), handlers=[
    lambda e: E.EarlyStoppingHandler(e.val_metrics[0], patience=3, mode="max")])
run("val", None, "sgd", dict(epochs=3), handlers=[
    lambda e: E.ValidationHandler(mx.gluon.data.DataLoader(
        mx.gluon.data.ArrayDataset(x[:5], y[:5]), 5), e.evaluate, None, 3)])
"""


@oracle.marks
def test_the_trainings_of_real_mxnet(tmp_path):
    """Losses, metrics, lines and nets; BatchNorm's rounding errors grow a little."""
    ours = oracle.ask(BOTH, tmp_path, "mxbook")
    theirs = oracle.ask(BOTH, tmp_path)
    assert ours.keys() == theirs.keys()
    for name, want in theirs.items():
        if name.endswith("lines"):
            want = [re.sub("Hanlder", "Handler", line) for line in want]
        oracle.compare(ours[name], want, name, 1e-4 if name[0] == "~" else 0, 1e-4)


# ---- a real training


@pytest.mark.slow
def test_real_digits(tmp_path):
    """Trained with early stopping, and the best net read again: at least 94 % are right."""

    def digits(train):
        data = gluon.data.vision.MNIST(str(tmp_path), train).transform_first(pixels)
        return gluon.data.DataLoader(data, 50, shuffle=train)

    def pixels(image):
        return image.astype("float32").reshape(-1) / 255

    mx.random.seed(1)
    np.random.seed(1)
    net = nn.HybridSequential()
    net.add(nn.Dense(128, activation="relu"), nn.Dense(10))
    net.initialize(init.Xavier())
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.002})
    estimator = make(net, trainer=trainer)
    accuracy = estimator.val_metrics[0]
    best = CheckpointHandler(str(tmp_path), monitor=accuracy, save_best=True, max_checkpoints=0)
    handlers = [best, EarlyStoppingHandler(accuracy, patience=2, mode="max")]
    estimator.fit(digits(True), digits(False), epochs=10, event_handlers=handlers)
    assert best.best >= 0.94
    net.load_parameters(str(tmp_path / "model-best.params"))
    estimator.evaluate(digits(False))
    assert accuracy.get()[1] == best.best
