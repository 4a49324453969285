"""Training of whole networks, for mxbook and real MXNet: milliseconds of a step."""

from collections.abc import Callable
from typing import Any

import numpy as np
from timing import fastest

SOURCE = np.random.RandomState(0)
WORDS, STEPS, EXAMPLES = 2000, 35, 32  # of the language model


def rows(mx: Any) -> dict[str, Callable[[float], float]]:
    """The rows of these networks by name."""
    return {
        "fused chain of 10 M, ms": lambda seconds: chain(mx, seconds),
        "MLP 64, ms": lambda seconds: training(mx, mlp(mx), (64, 784), 10, seconds),
        "MLP 64 imperative, ms": lambda s: training(mx, mlp(mx), (64, 784), 10, s, hybrid=False),
        "MLP 256, ms": lambda seconds: training(mx, mlp(mx), (256, 784), 10, seconds),
        "LeNet 64, ms": lambda seconds: training(mx, lenet(mx), (64, 1, 28, 28), 10, seconds),
        "ResNet-18 32, ms": lambda seconds: training(mx, resnet(mx), (32, 3, 32, 32), 10, seconds),
        "ResNet-18 32 predicting, ms": lambda seconds: predicting(mx, seconds),
        "LSTM 1 layer, ms": lambda seconds: language(mx, 1, seconds),
        "LSTM 2 layers, ms": lambda seconds: language(mx, 2, seconds),
    }


def chain(mx, seconds):
    class Chain(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, a, b, c, d):
            return a * b + c * F.sin(d)

    net = Chain()
    net.hybridize(static_alloc=True, static_shape=True)
    given = [mx.nd.array(SOURCE.randn(10_000_000)) for _ in range(4)]
    return fastest(lambda: net(*given).wait_to_read(), seconds) * 1e3


def mlp(mx):
    net, nn = mx.gluon.nn.HybridSequential(), mx.gluon.nn
    net.add(nn.Dense(256, activation="relu"), nn.Dense(128, activation="relu"), nn.Dense(10))
    return net


def lenet(mx):
    net, nn = mx.gluon.nn.HybridSequential(), mx.gluon.nn
    net.add(
        nn.Conv2D(20, 5, activation="relu"),
        nn.MaxPool2D(2, 2),
        nn.Conv2D(50, 5, activation="relu"),
        nn.MaxPool2D(2, 2),
        nn.Flatten(),
        nn.Dense(500, activation="relu"),
        nn.Dense(10),
    )
    return net


def resnet(mx):
    """A ResNet-18 for images of 32 x 32, 32 channels wide."""
    nn = mx.gluon.nn

    def convolution(channels, kernel, stride):
        return nn.Conv2D(channels, kernel, stride, kernel // 2, use_bias=False)

    class Block(mx.gluon.HybridBlock):
        def __init__(self, before, channels, stride):
            super().__init__()
            with self.name_scope():
                self.body = nn.HybridSequential()
                self.body.add(
                    convolution(channels, 3, stride),
                    nn.BatchNorm(),
                    nn.Activation("relu"),
                    convolution(channels, 3, 1),
                    nn.BatchNorm(),
                )
                self.short = None
                if stride != 1 or before != channels:
                    self.short = nn.HybridSequential()
                    self.short.add(convolution(channels, 1, stride), nn.BatchNorm())

        def hybrid_forward(self, F, x):
            return F.relu(self.body(x) + (x if self.short is None else self.short(x)))

    net = nn.HybridSequential()
    net.add(convolution(32, 3, 1), nn.BatchNorm(), nn.Activation("relu"))
    before = 32
    for channels, stride in ((32, 1), (64, 2), (128, 2), (256, 2)):
        net.add(Block(before, channels, stride), Block(channels, channels, 1))
        before = channels
    net.add(nn.GlobalAvgPool2D(), nn.Flatten(), nn.Dense(10))
    return net


def training(mx, net, shape, classes, seconds, hybrid=True, labels=None, flat=False):
    """A step of SGD with momentum."""
    net.initialize(mx.init.Xavier())
    loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    if hybrid:
        net.hybridize(static_alloc=True, static_shape=True)
        loss.hybridize(static_alloc=True, static_shape=True)
    options = {"learning_rate": 0.01, "momentum": 0.9}
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", options)
    given = SOURCE.randint(0, classes, shape) if flat else SOURCE.randn(*shape)
    x, y = mx.nd.array(given), mx.nd.array(SOURCE.randint(0, classes, labels or shape[:1]))

    def step():
        with mx.autograd.record():
            found = net(x)
            error = loss(found.reshape((-1, classes)) if flat else found, y)
        error.backward()
        trainer.step(len(y))
        mx.nd.waitall()

    step()
    return fastest(step, seconds) * 1e3


def predicting(mx, seconds):
    net = resnet(mx)
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    x = mx.nd.array(SOURCE.randn(32, 3, 32, 32))
    return fastest(lambda: net(x).wait_to_read(), seconds) * 1e3


def language(mx, layers, seconds):
    """A step of a language model: words, 256 numbers each, an LSTM of 256 units, words."""

    class Model(mx.gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.words = mx.gluon.nn.Embedding(WORDS, 256)
                self.memory = mx.gluon.rnn.LSTM(256, layers)
                self.scores = mx.gluon.nn.Dense(WORDS, flatten=False)

        def hybrid_forward(self, F, x):
            return self.scores(self.memory(self.words(x)))

    shape, count = (STEPS, EXAMPLES), (STEPS * EXAMPLES,)
    return training(mx, Model(), shape, WORDS, seconds, labels=count, flat=True)
