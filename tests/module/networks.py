"""Data and networks that the tests of modules share."""

import numpy as np

import mxbook as mx

X = np.random.RandomState(0).uniform(-1, 1, (12, 5)).astype("float32")
Y = np.random.RandomState(1).randint(0, 3, 12).astype("float32")


def network():
    h = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")
    h = mx.sym.Activation(mx.sym.BatchNorm(h, name="bn"), act_type="relu", name="act")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(h, num_hidden=3, name="fc2"), name="softmax")


def batches(batch_size=4):
    return mx.io.NDArrayIter(X, Y, batch_size=batch_size)


def ready(symbol=None, **kwargs):
    """A module that can be trained."""
    module = mx.mod.Module(symbol or network(), **kwargs)
    data = batches()
    module.bind(data.provide_data, data.provide_label)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    return module


def values(module):
    """All parameters as NumPy arrays."""
    return {n: a.asnumpy() for params in module.get_params() for n, a in params.items()}


def same(one, other):
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-5, atol=1e-6, err_msg=name)
