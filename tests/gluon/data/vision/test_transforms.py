import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.data import ArrayDataset, DataLoader
from mxbook.gluon.data.vision import transforms as T
from mxbook.gluon.nn import HybridSequential
from tests import oracle

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


# ---- parts, sizes and chance

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3)).astype("uint8")


def image(dtype="uint8"):
    return mx.nd.array(PIXELS, dtype=dtype)


def test_parts_and_sizes():
    np.testing.assert_array_equal(T.CenterCrop((8, 6))(image()).asnumpy(), PIXELS[3:9, 4:12])
    assert T.CenterCrop(20)(image()).shape == (20, 20, 3)
    np.testing.assert_array_equal(T.CropResize(1, 2, 8, 6)(image()).asnumpy(), PIXELS[2:8, 1:9])
    assert T.CropResize(1, 2, 8, 6, (4, 5), 2)(image()).shape == (5, 4, 3)
    assert T.CropResize(1, 2, 8, 6, 4)(image()).shape == (4, 4, 3)
    assert T.Resize((8, 6))(image()).shape == (6, 8, 3)
    assert T.Resize(6, keep_ratio=True)(image()).shape == (6, 8, 3)
    assert T.Resize(6)(mx.nd.zeros((2, 12, 16, 3))).shape == (2, 6, 6, 3)
    random.seed(0)
    assert T.RandomResizedCrop((5, 7))(image()).shape == (7, 5, 3)
    assert T.RandomResizedCrop(5, scale=(0.5, 1))(image()).shape == (5, 5, 3)


CHANCE = [
    T.RandomFlipLeftRight(), T.RandomFlipTopBottom(), T.RandomBrightness(0.5),
    T.RandomContrast(0.5), T.RandomSaturation(0.5), T.RandomHue(0.5),
    T.RandomColorJitter(0.1, 0.2, 0.3, 0.4), T.RandomLighting(0.5),
]  # fmt: skip


@pytest.mark.parametrize("block", CHANCE, ids=lambda b: type(b).__name__)
def test_chance_is_drawn_from_the_seed(block):
    def outcomes(seed):
        mx.random.seed(seed)
        return [block(image("float32")).asnumpy() for _ in range(8)]

    first, again = outcomes(1), outcomes(1)
    np.testing.assert_array_equal(first, again)
    assert all(found.shape == (12, 16, 3) for found in first)
    assert any((found != first[0]).any() for found in first)


def test_limits_below_0():
    for make in (T.RandomBrightness, T.RandomContrast, T.RandomSaturation, T.RandomHue):
        with pytest.raises(ValueError, match="cannot be -1"):
            make(-1)
    mx.random.seed(0)
    np.testing.assert_array_equal(T.RandomColorJitter()(image()).asnumpy(), PIXELS)


BOTH = """
T = mx.gluon.data.vision.transforms
x = mx.nd.array(np.load("image.npy"), dtype="uint8")
for text in ("CenterCrop(8)", "CenterCrop((20, 30))", "RandomResizedCrop(8)",
             "RandomResizedCrop((8, 6), (.5, 1), (1, 2), 2)", "CropResize(1, 2, 8, 6)",
             "CropResize(1, 2, 8, 6, (4, 5), 1)", "Resize(8)", "Resize((8, 6))",
             "Resize(8, True, 2)",
             "RandomFlipLeftRight()", "RandomFlipTopBottom()", "RandomBrightness(.5)",
             "RandomContrast(.5)", "RandomHue(.5)", "RandomLighting(.5)"):
    block = eval("T." + text)
    mx.random.seed(3)
    random.seed(3)
    found["~" + text] = [block(x) for _ in range(4)]
    found[text + " looks"] = repr(block)
both = T.Compose([T.CenterCrop(8), T.RandomFlipLeftRight(), T.ToTensor(), T.Normalize(.1, .4)])
found["~compose"], found["compose looks"] = both(x), repr(both)
"""


@oracle.marks
def test_the_answers_of_real_mxnet(tmp_path):
    np.save(tmp_path / "image.npy", PIXELS)
    oracle.both(BOTH, tmp_path, atol=1)
