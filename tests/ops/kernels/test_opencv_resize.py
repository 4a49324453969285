"""Images of another size: the compiled way, and parts of the result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.config import config
from mxbook.ops.kernels import opencv_resize
from mxbook.ops.kernels.opencv_resize import AREA


class Host:
    xp = np

    @staticmethod
    def to_device(array):
        return array


sides = st.integers(1, 40)
RNG = np.random.default_rng(0)


@given(
    sides, sides, sides, sides, st.integers(0, 5), st.sampled_from(["uint8", "float32", "int16"])
)
def test_parts_are_parts(height, width, new_height, new_width, interp, dtype):
    images = RNG.integers(0, 256, (2, height, width, 3)).astype(dtype)
    whole = opencv_resize.resized(Host, images, (new_height, new_width), interp)
    assert whole.dtype == np.dtype(dtype)
    rows, columns = slice(new_height // 3, new_height), slice(0, new_width // 2 + 1)
    part = opencv_resize.resized(Host, images, (new_height, new_width), interp, (rows, columns))
    np.testing.assert_allclose(part, whole[:, rows, columns], rtol=1e-5)


def test_half_the_size_rounds_up():
    image = np.array([[[0], [1]], [[0], [1]]], "uint8")
    assert opencv_resize.resized(Host, image, (1, 1), AREA).ravel().tolist() == [1]
    image = np.array([[[2], [2]], [[2], [4]]], "uint8")
    assert opencv_resize.resized(Host, image, (1, 1), AREA).ravel().tolist() == [3]


@pytest.mark.parametrize("size", [(256, 300), (100, 90), (500, 600), (31, 700)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_compiled_kernel_gives_the_same(monkeypatch, size, channels):
    pytest.importorskip("numba")
    image = RNG.integers(0, 256, (231, 347, channels)).astype("uint8")
    found = []
    for flag in (False, True):
        monkeypatch.setitem(config._values, "compiled", flag)
        found.append(opencv_resize.resized(Host, image, size, opencv_resize.LINEAR))
    np.testing.assert_array_equal(found[0], found[1])
