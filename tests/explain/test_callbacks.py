import numpy as np
import pytest

import mxbook as mx
from mxbook.explain import Run, of_fit, of_trainer


def test_the_norm_is_that_of_all_gradients():
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(3), mx.gluon.nn.Dense(2))
    net.initialize()
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.25})
    with mx.autograd.record():
        loss = net(mx.nd.random.normal(shape=(5, 4))).square().sum()
    loss.backward()
    gradients = [p.grad().asnumpy().ravel() for p in net.collect_params().values()]
    found = of_trainer(trainer)
    assert found["learning_rate"] == 0.25
    assert found["grad_norm"] == pytest.approx(np.linalg.norm(np.concatenate(gradients)), rel=1e-5)
    run = Run()
    run.log(found)
    assert run.styles["grad_norm"].better == run.styles["learning_rate"].better == ""


def test_a_module_that_is_fitted_logs_its_metrics():
    chance = np.random.default_rng(0)
    data = chance.normal(size=(60, 4)).astype(np.float32)
    label = (data.sum(1) > 0).astype(np.float32)
    train = mx.io.NDArrayIter(data, label, 10, label_name="softmax_label")
    test = mx.io.NDArrayIter(data, label, 10, label_name="softmax_label")
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2)
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    run = Run("module")
    module.fit(train, test, num_epoch=3, eval_metric="acc", **of_fit(run, frequent=2))
    assert run.names == ["accuracy", "val_accuracy"]
    assert run["accuracy"].steps.tolist() == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert run["val_accuracy"].steps.tolist() == [6, 12, 18]
    assert [epoch for epoch, _, _ in run.epochs] == [0, 1, 2]
    assert run.styles["accuracy"].colour == run.styles["val_accuracy"].colour
