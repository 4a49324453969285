"""LeNet reads handwritten digits, trained by the Estimator.

It learns from 4,000 digits, each time warped in another way; a linear classifier reaches 90 % on
the 1,000 for testing, LeNet without warping 97.5 %, and this 98.6 %.
"""

import pytest

import mxbook as mx
from mxbook import gluon
from mxbook.gluon import nn
from mxbook.gluon.contrib.estimator import BatchProcessor, Estimator
from mxbook.gluon.data import DataLoader
from mxbook.gluon.data.vision.transforms import ToTensor

from .warping import warped

pytestmark = pytest.mark.slow


def lenet():
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(20, 5, activation="relu"),
        nn.MaxPool2D(),
        nn.Conv2D(50, 5, activation="relu"),
        nn.MaxPool2D(),
        nn.Dense(256, activation="relu"),
        nn.Dropout(0.5),
        nn.Dense(10),
    )
    return net


class Warp(BatchProcessor):
    """Warps the pictures of a batch before they are learned from."""

    def fit_batch(self, estimator, train_batch, batch_axis=0):
        pictures, labels = train_batch
        return super().fit_batch(estimator, [warped(pictures), labels], batch_axis)


def test_lenet_reads_98_of_100_digits(digits):
    train, test = (part.transform_first(ToTensor()) for part in digits)
    train, test = DataLoader(train, 50, shuffle=True), DataLoader(test, 250)
    epochs = 9
    rate = mx.lr_scheduler.CosineScheduler(epochs * len(train), base_lr=0.003)
    net = lenet()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    adam = {"learning_rate": 0.003, "lr_scheduler": rate}
    accuracy = mx.metric.Accuracy()
    estimator = Estimator(
        net,
        gluon.loss.SoftmaxCrossEntropyLoss(),
        val_metrics=accuracy,
        trainer=gluon.Trainer(net.collect_params(), "adam", adam),
        batch_processor=Warp(),
    )
    estimator.fit(train, test, epochs=epochs)
    assert accuracy.get()[1] >= 0.98
