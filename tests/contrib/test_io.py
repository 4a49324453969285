import numpy as np
import pytest

import mxbook as mx
from mxbook.contrib.io import DataLoaderIter


def loader(count, size, last_batch="keep"):
    data = mx.gluon.data.ArrayDataset(np.arange(2 * count).reshape(count, 2), np.arange(count))
    return mx.gluon.data.DataLoader(data, size, last_batch=last_batch)


def test_batches_and_the_last_one():
    found = DataLoaderIter(loader(5, 2), "x", "y", dtype="float64")
    assert [(d.name, d.shape, d.dtype) for d in found.provide_data] == [("x", (2, 2), "float64")]
    assert [(d.name, d.shape) for d in found.provide_label] == [("y", (2,))]
    for _ in range(2):
        batches = list(found)
        assert [batch.pad for batch in batches] == [0, 0, 1]
        assert batches[2].data[0].asnumpy().tolist() == [[8, 9], [0, 0]]
        assert batches[2].label[0].asnumpy().tolist() == [4, 0]
        assert batches[0].data[0].dtype is np.float64
        assert batches[0].index is None
        found.reset()


def test_training_a_module():
    data = DataLoaderIter(loader(8, 4), label_name="lro_label")
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1)
    module = mx.mod.Module(
        mx.sym.LinearRegressionOutput(net, name="lro"), label_names=["lro_label"]
    )
    module.fit(data, num_epoch=2, eval_metric="mse", optimizer_params={"learning_rate": 1e-3})
    assert module.get_params()[0]


def test_nothing_to_read():
    with pytest.raises(ValueError, match="no batch"):
        DataLoaderIter(loader(1, 2, "discard"))
