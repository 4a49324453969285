"""What is done with one batch, and doing something else with it."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import DTypeError
from mxbook.gluon.contrib.estimator import BatchProcessor
from tests.gluon.contrib.estimator.parts import X, Y, loader, make, weights

BATCH = [nd.array(X), nd.array(Y)]


@pytest.mark.parametrize("ctx", [[mx.cpu()], [mx.cpu(0), mx.cpu(1)]])
def test_what_comes_out(ctx):
    estimator = make(ctx=ctx)
    processor = estimator.batch_processor
    for compute in (processor.fit_batch, processor.evaluate_batch):
        data, label, pred, loss = compute(estimator, BATCH)
        for arrays in (data, label, pred, loss):
            assert [a.context for a in arrays] == ctx
        assert sum(len(part) for part in loss) == len(Y)
        for one in ctx:
            estimator.net[0].weight.grad(one)[:] += 0
    gradient = sum(g.asnumpy() for g in estimator.net[0].weight.list_grad())
    whole = make()
    whole.batch_processor.fit_batch(whole, BATCH)
    np.testing.assert_allclose(gradient, whole.net[0].weight.grad().asnumpy(), rtol=1e-4)


def test_batches_without_labels():
    for batch in (nd.ones((4, 3)), [nd.ones((4, 3))]):
        with pytest.raises(DTypeError, match="a list of data and labels"):
            BatchProcessor().fit_batch(make(), batch)


class Mean:
    """Not a subclass; gives arrays, not lists, and the loss of the batch as one number."""

    def fit_batch(self, estimator, batch, batch_axis=0):
        x, y = batch
        with autograd.record():
            pred = estimator.net(x)
            loss = estimator.loss(pred, y).mean()
        loss.backward()
        return x, y, pred, loss

    def evaluate_batch(self, estimator, batch, batch_axis=0):
        x, y = batch
        pred = estimator.val_net(x)
        return x, y, pred, estimator.val_loss(pred, y)


def test_a_processor_of_ones_own():
    ours, theirs = make(batch_processor=Mean()), make()
    for estimator in (ours, theirs):
        estimator.fit(loader(5), loader(), epochs=2)
    np.testing.assert_allclose(weights(ours), weights(theirs), rtol=1e-5)
    assert [m.num_inst for m in ours.val_metrics] == [10, 10]
