"""LeNet reads handwritten digits, trained by the Estimator.

A tenth of MNIST's training images (4,000); a linear classifier reaches 90 % on the other 1,000.
"""

import pytest

import mxbook as mx
from mxbook import gluon
from mxbook.gluon import nn
from mxbook.gluon.contrib.estimator import Estimator
from mxbook.gluon.data import DataLoader
from mxbook.gluon.data.vision import transforms

pytestmark = pytest.mark.slow


def lenet():
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(20, 5, activation="relu"),
        nn.MaxPool2D(2, 2),
        nn.Conv2D(50, 5, activation="relu"),
        nn.MaxPool2D(2, 2),
        nn.Dense(256, activation="relu"),
        nn.Dropout(0.5),
        nn.Dense(10),
    )
    return net


def test_lenet_reads_98_of_100_digits(digits):
    train, test = (part.transform_first(transforms.ToTensor()) for part in digits)
    net = lenet()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    accuracy = mx.metric.Accuracy()
    estimator = Estimator(
        net,
        gluon.loss.SoftmaxCrossEntropyLoss(),
        val_metrics=accuracy,
        trainer=gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001}),
    )
    estimator.fit(DataLoader(train, 50, shuffle=True), DataLoader(test, 250), epochs=10)
    assert accuracy.get()[1] >= 0.98
