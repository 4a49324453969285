"""Files of a training: which there are, going on from them, and what a crash leaves."""

import os

import numpy as np
import pytest

import mxbook as mx
from mxbook import gluon, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.estimator import BatchEnd, CheckpointHandler, EarlyStoppingHandler
from tests import oracle
from tests.gluon.contrib.estimator.parts import X, loader, make, weights


def files(folder, ending=".params"):
    names = [name.removesuffix(ending) for name in os.listdir(folder) if name.endswith(ending)]
    return sorted(name.removeprefix("model-") for name in names)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, ["epoch0batch3", "epoch1batch6", "epoch2batch9"]),
        ({"epoch_period": 2}, ["epoch1batch6"]),
        ({"epoch_period": None}, []),
        ({"epoch_period": None, "batch_period": 4}, ["epoch1batch3", "epoch2batch7"]),
        ({"batch_period": 6}, ["epoch0batch3", "epoch1batch5", "epoch1batch6", "epoch2batch9"]),
        ({"max_checkpoints": 2}, ["epoch1batch6", "epoch2batch9"]),
        ({"max_checkpoints": 0}, []),
    ],
)
def test_files(tmp_path, kwargs, expected):
    make(hybridize=True).fit(
        loader(), epochs=3, event_handlers=[CheckpointHandler(str(tmp_path / "new"), **kwargs)]
    )
    assert files(tmp_path / "new") == files(tmp_path / "new", ".states") == expected
    assert len(os.listdir(tmp_path / "new")) == 2 * len(expected) + 1


def test_what_is_in_them(tmp_path):
    estimator = make(hybridize=True, optimizer="adam")
    handler = CheckpointHandler(str(tmp_path), "net", verbose=1)
    estimator.fit(loader(), epochs=1, event_handlers=[handler])
    assert sorted(os.listdir(tmp_path)) == [
        *("net-epoch0batch3.params", "net-epoch0batch3.states", "net-symbol.json")
    ]
    expected = estimator.net(nd.array(X)).asnumpy()
    again = gluon.SymbolBlock.imports(str(tmp_path / "net-symbol.json"), ["data"])
    assert again.collect_params().keys() == estimator.net.collect_params().keys()
    loaded = make().net
    loaded.load_parameters(str(tmp_path / "net-epoch0batch3.params"))
    assert (loaded(nd.array(X)).asnumpy() == expected).all()
    line = f"[Epoch 0] CheckpointHandler: saving model at {tmp_path} with prefix: net-epoch0batch3"
    assert line in estimator.lines


def test_nets_without_a_graph(tmp_path):
    estimator = make()
    estimator.fit(loader(), epochs=1, event_handlers=[CheckpointHandler(str(tmp_path))])
    assert "model-symbol.json" not in os.listdir(tmp_path)
    assert sum("Model architecture(symbol file) is not saved" in s for s in estimator.lines) == 1


# ---- the best


class Values(mx.metric.EvalMetric):
    """A metric whose value is set by hand."""

    def update(self, labels, preds):
        self.num_inst = 1

    def get(self):
        return self.name, self.value


@pytest.mark.parametrize(("mode", "best"), [("min", 1), ("max", 2), ("auto", 1)])
def test_the_best(tmp_path, mode, best):
    metric = Values("loss")
    estimator = make(train_metrics=metric)
    values, seen = iter([0.5, 0.25, 0.75, 0.25]), []

    class Set(BatchEnd):
        priority = -500

        def batch_end(self, estimator, *args, **kwargs):
            metric.value = next(values)
            seen.append(weights(estimator).copy())

    handler = CheckpointHandler(str(tmp_path), monitor=metric, save_best=True, mode=mode, verbose=1)
    estimator.fit(loader(10), epochs=4, event_handlers=[Set(), handler])
    saved = nd.load(str(tmp_path / "model-best.params"))
    assert (saved["0.weight"].asnumpy() == seen[best]).all()
    told = [line for line in estimator.lines if "improve" in line]
    assert len(told) == 4
    if mode == "min":
        words = "[Epoch 1] CheckpointHandler: training loss improved from 0.50000 to 0.25000"
        assert told[1].startswith(words)
        assert told[3].startswith("[Epoch 3] CheckpointHandler: training loss did not improve")


def test_a_best_that_is_not_known(tmp_path):
    estimator = make()
    handler = CheckpointHandler(
        str(tmp_path), monitor=estimator.val_metrics[1], save_best=True, max_checkpoints=0
    )
    with pytest.warns(RuntimeWarning, match="skips saving the best model: validation softmax"):
        estimator.fit(loader(), epochs=1, event_handlers=[handler])
    assert files(tmp_path) == []
    for wrong in (None, "accuracy"):
        with pytest.raises(ParameterError, match=r"the monitor of CheckpointHandler\(save_best"):
            CheckpointHandler(str(tmp_path / "other"), monitor=wrong, save_best=True)
    assert not (tmp_path / "other").exists()


# ---- going on


@pytest.mark.parametrize("ctx", [None, [mx.cpu(0), mx.cpu(1)]])
@pytest.mark.parametrize(
    ("first", "whole", "periods"),
    [
        ({"epochs": 2}, {"epochs": 5}, {}),
        ({"batches": 3}, {"batches": 9}, {"epoch_period": None, "batch_period": 1}),
    ],
)
def test_going_on_is_as_if_nothing_had_happened(tmp_path, first, whole, periods, ctx):
    """Adam's states go on too; training by batches begins a new epoch."""
    data = loader(5 if ctx is None else 10)
    if "batches" in first:
        data = loader(10)
    straight = make(optimizer="adam", ctx=ctx)
    straight.fit(data, **whole)

    def handler():
        return CheckpointHandler(str(tmp_path), resume_from_checkpoint=True, **periods)

    broken = make(optimizer="adam", ctx=ctx)
    broken.fit(data, event_handlers=[handler()], **first)
    assert "No checkpoint found" in broken.lines[0]
    resumed = make(optimizer="adam", ctx=ctx)
    resumed.fit(data, event_handlers=[handler()], **whole)
    assert "CheckpointHandler: Checkpoint resumed from epoch" in resumed.lines[0]
    np.testing.assert_allclose(weights(resumed), weights(straight), rtol=1e-6)
    (unit, many), done = next(iter(whole.items())), next(iter(first.values()))
    assert f"Train for {many - done} {unit}." in resumed.lines
    counted = len(files(tmp_path))
    assert counted == (many if unit == "epochs" else 3 + 5)  # five of the second are kept
    with pytest.raises(ValueError, match=f"has trained for {many} {unit[:5]}"):
        make(ctx=ctx).fit(data, event_handlers=[handler()], **whole)


@pytest.mark.parametrize(
    ("fit", "periods", "words"),
    [
        ({"epochs": 2}, {"batch_period": 1}, "epoch_period and batch_period=None"),
        ({"epochs": 2}, {"epoch_period": None}, "epoch_period and batch_period=None"),
        ({"batches": 2}, {}, "batch_period and epoch_period=None"),
    ],
)
def test_periods_that_do_not_tell_where_to_go_on(tmp_path, fit, periods, words):
    handler = CheckpointHandler(str(tmp_path), resume_from_checkpoint=True, **periods)
    with pytest.raises(ParameterError, match=words):
        make().fit(loader(), event_handlers=[handler], **fit)


def test_the_last_checkpoint_that_is_whole(tmp_path):
    for name in ("epoch2batch9", "epoch10batch30", "epoch10batch4"):
        for ending in ("params", "states"):
            (tmp_path / f"a.b-{name}.{ending}").touch()
    (tmp_path / "a.b-epoch11batch33.params").touch()  # its states are missing
    (tmp_path / "aXb-epoch12batch33.params").touch()
    (tmp_path / "aXb-epoch12batch33.states").touch()
    assert CheckpointHandler(str(tmp_path), "a.b")._last() == (10, 30)
    assert CheckpointHandler(str(tmp_path), "none")._last() is None


@pytest.mark.parametrize("when", [".states.new", ".params.new", ".states", ".params"])
def test_a_crash_while_saving(tmp_path, monkeypatch, when):
    """The old files stay whole, nothing half remains, and training can be gone on with."""
    estimator = make(optimizer="adam")
    handler = CheckpointHandler(str(tmp_path))
    estimator.fit(loader(), epochs=1, event_handlers=[handler])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    replace = os.replace

    def crash(source, target):
        if str(target).endswith(when):
            raise OSError("no space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="no space left"):
        make(optimizer="adam").fit(loader(), epochs=2, event_handlers=[handler])
    monkeypatch.undo()
    if when != ".params":  # otherwise the states are new, and those of the same training
        assert {path: path.read_bytes() for path in before} == before
    assert not list(tmp_path.glob(".*")), "a draft is left over"
    going = make(optimizer="adam")
    resume = CheckpointHandler(str(tmp_path), resume_from_checkpoint=True)
    going.fit(loader(), epochs=2, event_handlers=[resume])
    assert files(tmp_path)[-1] == "epoch1batch6"


def test_files_that_somebody_has_removed(tmp_path):
    class Remove(BatchEnd):
        def batch_end(self, estimator, *args, **kwargs):
            for path in tmp_path.glob("*.params"):
                path.unlink()

    handlers = [Remove(), CheckpointHandler(str(tmp_path), max_checkpoints=1)]
    make().fit(loader(), epochs=3, event_handlers=handlers)
    assert files(tmp_path) == ["epoch2batch9"]


def test_together_with_early_stopping(tmp_path):
    estimator = make()
    estimator.trainer.set_learning_rate(0.0)
    loss = estimator.val_metrics[1]
    handlers = [
        CheckpointHandler(str(tmp_path), monitor=loss, save_best=True),
        EarlyStoppingHandler(loss, patience=1),
    ]
    estimator.fit(loader(), loader(), epochs=9, event_handlers=handlers)
    assert files(tmp_path) == ["best", "epoch0batch3", "epoch1batch6"]


# ---- real MXNet

BOTH = """
import os, warnings
warnings.simplefilter("ignore")
E = mx.gluon.contrib.estimator
x = mx.nd.array(np.sin(np.arange(30)).reshape(10, 3))
y = mx.nd.array([0, 1] * 5)
data = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset(x, y), 4)

def run(folder, fit, monitor=False, **kwargs):
    net = mx.gluon.nn.HybridSequential(prefix="net_")
    net.add(mx.gluon.nn.Dense(2, in_units=3, prefix="dense_"))
    net.initialize(mx.init.One())
    net.hybridize()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.1})
    e = E.Estimator(net, mx.gluon.loss.SoftmaxCrossEntropyLoss(), trainer=trainer)
    e.logger.handlers = []
    if monitor:
        kwargs["monitor"] = e.train_metrics[1]
    folder = os.path.join(mx.__name__, folder)
    handler = E.CheckpointHandler(folder, **kwargs)
    e.fit(data, event_handlers=[handler], **fit)
    name = str(len(found))
    found[name + " files"] = sorted(os.listdir(folder))
    found[name + " saved"] = handler.saved_checkpoints
    found["~" + name + " weight"] = net[0].weight.data()
    kept.append(e)

run("a", dict(epochs=3))
run("a", dict(epochs=5), resume_from_checkpoint=True)
run("b", dict(batches=4), batch_period=1, epoch_period=None)
run("b", dict(batches=7), batch_period=1, epoch_period=None, resume_from_checkpoint=True)
run("c", dict(epochs=2), resume_from_checkpoint=True)
run("d", dict(epochs=3), batch_period=2, max_checkpoints=3)
run("e", dict(epochs=3), monitor=True, save_best=True, mode="min", model_prefix="e")
"""
OTHERS = BOTH.split("\nrun(")[0] + (
    '\nos.rename(others, mx.__name__)\nrun("a", dict(epochs=7), resume_from_checkpoint=True)\n'
)


@oracle.marks
def test_the_files_of_real_mxnet(tmp_path):
    """Names and trainings agree, and each goes on from the other's files."""
    oracle.both(BOTH, tmp_path, atol=1e-6, rtol=1e-5)
    (tmp_path / "mxbook").rename(tmp_path / "ours")
    (tmp_path / "mxnet").rename(tmp_path / "theirs")
    theirs = oracle.ask('others = "ours"\n' + OTHERS, tmp_path)
    ours = oracle.ask('others = "theirs"\n' + OTHERS, tmp_path, "mxbook")
    for name, want in theirs.items():
        oracle.compare(ours[name], want, name, 1e-6 if name[0] == "~" else 0, 1e-5)
