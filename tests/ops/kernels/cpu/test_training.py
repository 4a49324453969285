"""A network learns the same with and without compiled kernels."""

import numpy as np
import pytest

pytest.importorskip("numba")

import mxbook as mx
from mxbook import autograd, gluon
from mxbook.gluon import nn
from mxbook.ops.kernels import cpu


def trained(compiled: bool) -> list[np.ndarray]:
    """The parameters of a network after three steps, from the same start."""
    mx.config.compiled = compiled
    mx.random.seed(1)
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(16, 3, padding=1),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.MaxPool2D(),
        nn.Conv2D(16, 3, strides=2, padding=1),
        nn.Dense(10),
    )
    net.initialize(mx.init.Xavier())
    data, label = mx.nd.random.normal(shape=(16, 8, 16, 16)), mx.nd.arange(16) % 10
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    for _ in range(3):
        with autograd.record():
            value = loss(net(data), label)
        value.backward()
        trainer.step(16)
    return [p.data().asnumpy() for p in net.collect_params().values()]


def test_the_same_parameters():
    try:
        plain, found = trained(False), trained(True)
    finally:
        mx.config.reset("compiled")
    assert {"activation", "batch_norm", "convolution", "pooling"} <= set(cpu._modules)
    for a, b in zip(found, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
