"""Images changed at random; the numbers drawn are those of MXNet 1.6."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import image

# What MXNet 1.6 gives after mx.random.seed(7).
BRIGHTNESS = [0.9285595417022705, 1.4175162315368652]  # of 1, with factors from 0.5 to 1.5
TURNED = {
    0: [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0],  # by seed
    1: [0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0],
    2: [1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1],
}
LIGHT = {0: [-65.25965, -72.00612, -75.10188], 2: [-82.73603, -88.13421, -87.981445]}


def test_factors_are_mxnets():
    mx.random.seed(7)
    data = mx.nd.ones((1, 1, 1))
    found = [image.random_brightness(data, min_factor=0.5, max_factor=1.5) for _ in range(2)]
    np.testing.assert_allclose([f.asscalar() for f in found], BRIGHTNESS, rtol=1e-6)


@pytest.mark.parametrize("seed", TURNED)
def test_turns_are_mxnets(seed):
    data = mx.nd.array([[[1], [2]]])
    mx.random.seed(seed)
    found = [image.random_flip_left_right(data).asnumpy()[0, 0, 0] for _ in range(12)]
    assert found == [1 + turned for turned in TURNED[seed]]


@pytest.mark.parametrize("seed", LIGHT)
def test_light_is_mxnets(seed):
    mx.random.seed(seed)
    found = image.random_lighting(mx.nd.zeros((1, 1, 3)), alpha_std=1)
    np.testing.assert_allclose(found.asnumpy().ravel(), LIGHT[seed], rtol=1e-5)


NAMES = ["brightness", "contrast", "saturation"]


@settings(deadline=None)
@given(st.sampled_from([*NAMES, "hue"]), st.integers(0, 99), st.sampled_from(["uint8", "float32"]))
def test_the_factor_1_changes_nothing(name, seed, dtype):
    data = np.random.default_rng(seed).integers(1, 255, (3, 4, 3)).astype(dtype)
    found = getattr(image, f"random_{name}")(
        mx.nd.array(data, dtype=dtype), min_factor=1, max_factor=1
    )
    assert found.dtype == data.dtype
    np.testing.assert_allclose(found.asnumpy(), data, atol=1 if dtype == "uint8" else 1e-2)


@settings(deadline=None)
@given(st.sampled_from(["contrast", "saturation"]), st.integers(0, 99))
def test_the_factor_0_is_gray(name, seed):
    data = np.random.default_rng(seed).uniform(0, 255, (3, 4, 3))
    found = getattr(image, f"random_{name}")(mx.nd.array(data), min_factor=0, max_factor=0)
    gray = data @ [0.299, 0.587, 0.114]
    gray = np.full_like(gray, gray.mean()) if name == "contrast" else gray
    np.testing.assert_allclose(found.asnumpy(), np.stack([gray] * 3, axis=2), rtol=1e-4)


def test_bytes_end_at_255():
    data = mx.nd.array([[[10, 200, 250]]], dtype="uint8")
    found = image.random_brightness(data, min_factor=1.25, max_factor=1.25)
    assert found.asnumpy().ravel().tolist() == [12, 250, 255]


def test_gradients_are_passed_on():
    data = mx.nd.ones((2, 2, 3))
    data.attach_grad()
    with mx.autograd.record():
        found = image.random_color_jitter(
            data, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5
        )
    head = mx.nd.random.normal(shape=(2, 2, 3))
    found.backward(head)
    np.testing.assert_array_equal(data.grad.asnumpy(), head.asnumpy())


def test_what_does_not_fit():
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        image.random_hue(mx.nd.ones((2, 2, 4)), min_factor=0, max_factor=1)
    with pytest.raises(ParameterError, match="at least 0"):
        image.random_contrast(mx.nd.ones((2, 2, 3)), min_factor=-1, max_factor=1)
    with pytest.raises(ParameterError, match="three numbers"):
        image.adjust_lighting(mx.nd.ones((2, 2, 3)), alpha=(1, 2))
