import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.data import ArrayDataset, DataLoader
from mxbook.gluon.data.vision import transforms as T
from mxbook.gluon.nn import HybridSequential

shapes = st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 3]))


@settings(deadline=None)
@given(shapes, st.integers(0, 4))
def test_to_tensor(shape, batch):
    shape = (batch, *shape) if batch else shape
    x = np.random.RandomState(0).randint(0, 256, shape).astype("uint8")
    found = T.ToTensor()(mx.nd.array(x, dtype="uint8"))
    assert found.dtype == np.float32
    assert found.asnumpy() == pytest.approx(np.moveaxis(x, -1, -3) / 255, abs=1e-6)


@settings(deadline=None)
@given(shapes, st.floats(-1, 1), st.floats(0.1, 2), st.booleans())
def test_normalize(shape, mean, std, per_channel):
    height, width, channels = shape
    x = np.random.RandomState(0).uniform(size=(channels, height, width)).astype("float32")
    means, stds = np.full(channels, mean), np.full(channels, std)
    if per_channel:
        means, stds = means + np.arange(channels), stds + np.arange(channels)
        block = T.Normalize(means.tolist(), stds.tolist())
    else:
        block = T.Normalize(mean, std)
    expected = (x - means[:, None, None]) / stds[:, None, None]
    assert block(mx.nd.array(x)).asnumpy() == pytest.approx(expected, abs=1e-4)


def test_normalize_wants_as_many_numbers_as_channels():
    with pytest.raises(mx.MXNetError):
        T.Normalize((0.1, 0.2), 0.5)(mx.nd.ones((3, 4, 4)))


@settings(deadline=None)
@given(st.sampled_from(["float16", "float64", "int32", "uint8"]))
def test_cast(dtype):
    found = T.Cast(dtype)(mx.nd.array([1, 2]))
    assert found.dtype == np.dtype(dtype)
    assert found.asnumpy().tolist() == [1, 2]


class Doubled(mx.gluon.Block):
    def forward(self, x):
        return x * 2


def test_compose_runs_in_order_and_joins_hybrid_neighbours():
    block = T.Compose([T.ToTensor(), T.Normalize(0.5, 0.5), Doubled(), T.Cast("float64")])
    kinds = [type(child) for child in block]
    assert kinds == [HybridSequential, Doubled, T.Cast]
    assert all(child._active for child in block if isinstance(child, HybridBlock))
    found = block(mx.nd.array([[[0], [255]]], dtype="uint8"))
    assert found.dtype == np.float64
    assert found.asnumpy().tolist() == [[[-2, 2]]]


def test_compose_takes_functions():
    block = T.Compose([T.ToTensor(), lambda x: x + 1])
    assert block(mx.nd.zeros((1, 1, 1), dtype="uint8")).asnumpy().tolist() == [[[1]]]


@pytest.mark.parametrize("workers", [0, 2])
def test_as_transform_of_a_data_set(workers):
    x = np.arange(5 * 4).reshape(5, 2, 2, 1).astype("uint8")
    dataset = ArrayDataset(mx.nd.array(x, dtype="uint8"), list(range(5)))
    loader = DataLoader(dataset.transform_first(T.ToTensor()), 2, num_workers=workers)
    data = np.concatenate([d.asnumpy() for d, _ in loader])
    assert data == pytest.approx(np.moveaxis(x, -1, 1) / 255)
