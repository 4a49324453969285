"""`mx.nd.imdecode`: a part of an image, less a mean, put where it is wanted."""

import io

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
PIXELS = np.random.default_rng(0).integers(0, 255, (4, 5, 3), "uint8")
CHANNELS = PIXELS.transpose(2, 0, 1)


@pytest.fixture
def png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, "PNG")
    return stream.getvalue()


def test_channels_come_first(png):
    found = mx.nd.imdecode(png)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.asnumpy(), CHANNELS)
    assert mx.nd.imdecode(png, channels=1).shape == (1, 4, 5)


def test_a_part_less_a_mean(png):
    mean = mx.nd.array(np.full((3, 2, 2), 7))
    found = mx.nd.imdecode(png, clip_rect=(1, 2, 3, 4), mean=mean)
    np.testing.assert_array_equal(found.asnumpy(), CHANNELS[:, 2:4, 1:3].astype(float) - 7)


def test_into_a_batch(png):
    batch, single = mx.nd.zeros((2, 3, 4, 5)), mx.nd.zeros((3, 4, 5))
    assert mx.nd.imdecode(png, out=batch, index=1) is batch
    np.testing.assert_array_equal(batch.asnumpy(), [np.zeros_like(CHANNELS), CHANNELS])
    np.testing.assert_array_equal(mx.nd.imdecode(png, out=single).asnumpy(), CHANNELS)
    with pytest.raises(ShapeError):
        mx.nd.imdecode(png, out=mx.nd.zeros((3, 5, 5)))


def test_other_numbers_of_channels(png):
    with pytest.raises(ParameterError, match="2 channels"):
        mx.nd.imdecode(png, channels=2)
