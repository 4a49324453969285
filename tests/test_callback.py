"""What to do after a batch or an epoch."""

import re
from types import SimpleNamespace

import pytest

import mxbook as mx
from mxbook.callback import call_each


def metric():
    made = mx.metric.create(["acc", "ce"])
    made.update([mx.nd.array([0, 1])], [mx.nd.array([[0.7, 0.3], [0.6, 0.4]])])
    return made


def param(nbatch, eval_metric=None, epoch=0):
    return mx.model.BatchEndParam(epoch, nbatch, eval_metric, None)


@pytest.fixture
def lines(caplog):
    """A function that gives what was logged since, with the speed left out."""
    caplog.set_level("INFO")

    def logged():
        found = [re.sub(r"Speed: \S+", "Speed: #", text) for text in caplog.messages]
        caplog.clear()
        return found

    return logged


@pytest.mark.parametrize(("auto_reset", "first"), [(True, "3"), (False, "0")])
def test_speed(lines, auto_reset, first):
    meter, values = mx.callback.Speedometer(4, 3, auto_reset), metric()
    for epoch in range(2):
        for nbatch in range(7):
            meter(param(nbatch, values, epoch))
            values.update([mx.nd.array([0])], [mx.nd.array([[0.7, 0.3]])])
    begins = ["Epoch[0] Batch [0-3]", f"Epoch[0] Batch [{first}-6]"]
    found = lines()
    assert [text.split("\t")[0] for text in found[:2]] == begins
    assert len(found) == 4
    assert found[0].split("\t")[1:3] == ["Speed: # samples/sec", "accuracy=0.800000"]


def test_speed_without_a_metric(lines):
    meter = mx.callback.Speedometer(4, 2)
    for nbatch in range(3):
        meter(param(nbatch))
    assert lines() == ["Iter[0] Batch [2]\tSpeed: # samples/sec"]


@pytest.mark.parametrize("auto_reset", [True, False])
def test_the_metric_of_training(lines, auto_reset):
    log, values = mx.callback.log_train_metric(2, auto_reset), metric()
    for nbatch in range(4):
        log(param(nbatch, values))
    log(param(4))
    found = lines()
    assert found[0] == "Iter[0] Batch[0] Train-accuracy=0.500000"
    assert len(found) == 4
    assert found[2].endswith("nan" if auto_reset else "0.500000")


def test_the_metric_of_evaluation(lines):
    log = mx.callback.LogValidationMetricsCallback()
    log(param(0, metric(), 3))
    log(param(0))
    assert lines()[0] == "Epoch[3] Validation-accuracy=0.500000"


def test_progress(lines):
    bar = mx.callback.ProgressBar(total=10, length=20)
    for nbatch in (0, 3, 10):
        bar(param(nbatch))
    assert lines() == [f"[{'=' * n}{'-' * (20 - n)}] {5 * n}%\r" for n in (0, 6, 20)]


def test_checkpoints(tmp_path):
    save = mx.callback.do_checkpoint(str(tmp_path / "net"), period=2)
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    for epoch in range(4):
        save(epoch, net, {"fc_bias": mx.nd.ones(2)}, {})
    names = ["net-0002.params", "net-0004.params", "net-symbol.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_checkpoints_of_a_module():
    saved = []
    module = SimpleNamespace(save_checkpoint=lambda *args: saved.append(args))
    save = mx.callback.module_checkpoint(module, "net", 2, save_optimizer_states=True)
    for epoch in range(5):
        save(epoch)
    assert saved == [("net", 2, True), ("net", 4, True)]


def test_several_callbacks():
    seen = []
    call_each([seen.append, None, lambda x: seen.append(2 * x)], 3)
    call_each(None, 3)
    call_each(seen.append, 4)
    assert seen == [3, 6, 4]
