"""A small training that the tests of this folder share."""

import logging

import numpy as np

from mxbook import gluon, init, nd
from mxbook.gluon import nn
from mxbook.gluon.contrib.estimator import Estimator

X = np.sin(np.arange(30, dtype="float32")).reshape(10, 3)
Y = np.array([0, 1] * 5, dtype="float32")


def loader(batch_size=4, x=X, y=Y, **kwargs):
    """The ten examples in batches."""
    dataset = gluon.data.ArrayDataset(nd.array(x), nd.array(y))
    return gluon.data.DataLoader(dataset, batch_size, **kwargs)


def small_net(ctx=None, hybridize=False):
    """A net with two outputs whose weights are 1."""
    net = nn.HybridSequential(prefix="net_")
    net.add(nn.Dense(2, in_units=3, prefix="dense_"))
    net.initialize(init.One(), ctx=ctx)
    if hybridize:
        net.hybridize()
    return net


def make(net=None, ctx=None, optimizer="sgd", hybridize=False, **kwargs):
    """An estimator; its lines go to the list `estimator.lines`."""
    net = net or small_net(ctx, hybridize)
    kwargs.setdefault("loss", gluon.loss.SoftmaxCrossEntropyLoss())
    if "trainer" not in kwargs:
        kwargs["trainer"] = gluon.Trainer(net.collect_params(), optimizer, {"learning_rate": 0.1})
    estimator = Estimator(net, context=ctx, **kwargs)
    estimator.lines = []
    estimator.logger.handlers = [Lines(estimator.lines)]
    return estimator


class Lines(logging.Handler):
    """Collects what is logged."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines

    def emit(self, record):
        self.lines.append(record.getMessage())


def weights(estimator):
    """The weight on the first device."""
    return estimator.net[0].weight.list_data()[0].asnumpy()
