"""From pixels to tensors."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F


def test_pixels_become_numbers_from_0_to_1():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype("uint8")
    found = F._image_to_tensor(mx.nd.array(pixels, dtype="uint8"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.asnumpy(), pixels.transpose(0, 3, 1, 2) / 255, rtol=1e-6)


def test_errors():
    with pytest.raises(ShapeError):
        F._image_to_tensor(mx.nd.ones((4, 5)))
    with pytest.raises(ParameterError, match="2 numbers for 3 channels"):
        F._image_normalize(mx.nd.ones((3, 4, 5)), mean=(0, 0), std=1)
