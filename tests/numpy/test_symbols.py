"""`mx.sym.np`, and Gluon with NumPy's semantics."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon


@pytest.fixture
def numpy_semantics():
    mx.npx.set_np()
    yield
    mx.npx.reset_np()


def test_symbols_compute_what_arrays_do(numpy_semantics):
    x = mx.sym.var("x").as_np_ndarray()
    made = mx.sym.np.sum((x + 1) * x, axis=0) / mx.sym.np.ones((3,)) - x.mean()
    assert type(made) is mx.sym.np._Symbol
    host = np.arange(6, dtype="float32").reshape(2, 3)
    found = made.eval(x=mx.np.array(host))[0]
    np.testing.assert_allclose(found.asnumpy(), ((host + 1) * host).sum(0) - host.mean())
    assert made.list_arguments() == ["x"]
    assert type(made.as_nd_ndarray()) is mx.sym.Symbol


def test_files_name_numpys_operators():
    x = mx.sym.var("x").as_np_ndarray()
    assert '"_npi_add_scalar"' in (x + 1).tojson()
    assert mx.sym.load_json(mx.sym.np.exp(x).tojson()).list_arguments() == ["x"]


class Net(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.hidden = gluon.nn.Dense(8, activation="relu")
            self.out = gluon.nn.Dense(3)
            self.scale = self.params.get("scale", shape=(3,), init=mx.init.One())

    def hybrid_forward(self, F, x, scale):
        h = self.out(self.hidden(x)) * scale
        return F.npx.softmax(h - F.np.mean(h, axis=1, keepdims=True)) + F.np.zeros((3,))


def losses(hybrid):
    mx.random.seed(1)
    net = Net()
    net.initialize(mx.init.Xavier())
    if hybrid:
        net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.05})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    x, y = mx.np.arange(20).reshape(4, 5) / 20, mx.np.array([0, 1, 2, 1])
    found = []
    for _ in range(3):
        with autograd.record():
            mean = loss(net(x), y).mean()
        mean.backward()
        trainer.step(1)
        found.append(float(mean))
    assert type(net(x)) is mx.np.ndarray and type(net.scale.data()) is mx.np.ndarray
    return found


def test_a_network_learns_the_same_as_in_mxnet(numpy_semantics):
    expected = [1.12223, 1.0924, 1.07512]
    np.testing.assert_allclose(losses(False), expected, atol=2e-5)
    np.testing.assert_allclose(losses(True), expected, atol=2e-5)
