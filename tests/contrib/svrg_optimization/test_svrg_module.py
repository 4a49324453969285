import numpy as np
import pytest

import mxbook as mx
from mxbook.contrib.svrg_optimization.svrg_module import SVRGModule
from tests.oracle import both, marks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3)).astype("float32")
Y = (X @ [1, 2, 3]).astype("float32")


def module(**options):
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1, name="fc")
    loss = mx.sym.LinearRegressionOutput(net, name="lro")
    return SVRGModule(loss, label_names=["lro_label"], update_freq=2, **options)


def batches(size=4):
    return mx.io.NDArrayIter(X, Y, batch_size=size, label_name="lro_label")


def prepared(size=4, **options):
    made, data = module(**options), batches(size)
    made.bind(data.provide_data, data.provide_label)
    made.init_params(mx.init.Constant(0.1))
    made.init_optimizer(optimizer_params={"learning_rate": 0.1})
    return made, data


def full_gradient(weight, bias):
    error = X @ weight.T + bias - Y[:, None]
    return error.T @ X / 3, error.sum(0) / 3  # of a batch of four, on average


@pytest.mark.parametrize("size", [4, 5])
def test_mean_gradient(size):
    made, data = prepared(size)
    made.update_full_grads(data)
    ((weight,), (bias,)) = made._full
    want = full_gradient(np.full((1, 3), 0.1), np.zeros(1))
    if size == 4:  # with a last batch that is filled up, examples count more than once
        np.testing.assert_allclose(weight.asnumpy(), want[0], rtol=1e-5)
        np.testing.assert_allclose(bias.asnumpy(), want[1], rtol=1e-5)
    assert len(list(data)) == -(-12 // size)  # it starts again


def test_at_the_old_weights_every_batch_gives_the_mean_gradient():
    made, data = prepared()
    made.update_full_grads(data)
    want = full_gradient(np.full((1, 3), 0.1), np.zeros(1))
    for batch in data:
        made.set_params({"fc_weight": mx.nd.full((1, 3), 0.1), "fc_bias": mx.nd.zeros(1)}, {})
        made.forward_backward(batch)
        made.update()
        moved = 0.1 - made.get_params()[0]["fc_weight"].asnumpy()
        np.testing.assert_allclose(moved, 0.1 * want[0] / 4, rtol=1e-4)


def test_without_a_mean_gradient_it_is_a_module():
    made, data = prepared()
    plain = mx.mod.Module(made.symbol, label_names=["lro_label"])
    plain.bind(data.provide_data, data.provide_label)
    plain.init_params(mx.init.Constant(0.1))
    plain.init_optimizer(optimizer_params={"learning_rate": 0.1})
    for batch in data:
        for each in (made, plain):
            each.forward_backward(batch)
            each.update()
    for name, array in plain.get_params()[0].items():
        np.testing.assert_array_equal(array.asnumpy(), made.get_params()[0][name].asnumpy())


def test_two_devices_and_fixed_parameters():
    made = module(context=[mx.cpu(0), mx.cpu(1)], fixed_param_names=["fc_bias"])
    options = {"learning_rate": 0.1}
    made.fit(batches(), num_epoch=80, eval_metric="mse", optimizer_params=options)
    params = made.get_params()[0]
    np.testing.assert_allclose(params["fc_weight"].asnumpy(), [[1, 2, 3]], atol=0.15)
    assert params["fc_bias"].asscalar() == 0


def test_the_full_gradient_every_second_epoch(monkeypatch):
    seen = []
    monkeypatch.setattr(SVRGModule, "update_full_grads", lambda self, data: seen.append(1))
    counts = []
    module().fit(
        batches(),
        num_epoch=5,
        eval_metric="mse",
        epoch_end_callback=lambda *args: counts.append(len(seen)),
    )
    assert counts == [1, 1, 2, 2, 3]


def test_other_shapes():
    made, data = prepared()
    made.update_full_grads(data)
    made.forward(mx.io.DataBatch([mx.nd.ones((2, 3))], [mx.nd.ones(2)]), is_train=True)
    made.backward()
    assert made.get_outputs()[0].shape == made._mod_aux.get_outputs()[0].shape == (2, 1)
    made.forward(mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.ones(4)]), is_train=False)
    assert made.get_outputs()[0].shape == (4, 1)


@pytest.mark.parametrize("update_freq", [0, -1, None, 1.5])
def test_impossible_frequencies(update_freq):
    with pytest.raises(ValueError, match="update_freq"):
        SVRGModule(mx.sym.var("data"), label_names=None, update_freq=update_freq)


SCRIPT = """
import importlib
path = mx.__name__ + ".contrib.svrg_optimization.svrg_module"
M = importlib.import_module(path).SVRGModule
rng = np.random.RandomState(0)
x, y = rng.normal(size=(10, 3)).astype("f"), rng.normal(size=10).astype("f")
net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1, name="fc")
net = mx.sym.LinearRegressionOutput(net, name="lro")
for size in (2, 4):
    data = mx.io.NDArrayIter(x, y, batch_size=size, label_name="lro_label")
    module = M(net, label_names=["lro_label"], update_freq=2)
    module.fit(data, num_epoch=5, optimizer_params={"learning_rate": .02, "momentum": .5},
               initializer=mx.init.Constant(.1), eval_metric="mse")
    for name, array in module.get_params()[0].items():
        found[f"~{name} {size}"] = array
"""


@marks
def test_as_mxnet(tmp_path):
    both(SCRIPT, tmp_path, atol=1e-5, rtol=1e-4)
