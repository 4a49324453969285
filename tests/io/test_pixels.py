"""What is done with pixels."""

import colorsys
import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.io import pixels as px
from tests.io.files import noise

sizes = st.tuples(st.integers(2, 30), st.integers(2, 30))


@given(sizes, sizes, st.integers(0, 4), st.data())
def test_a_part_of_a_resized_image_is_that_part(old, new, interp, data):
    image = noise(0, (*old, 3))
    whole = px.resized(image, new, interp)
    assert whole.shape == (new[1], new[0], 3)
    x, y = data.draw(st.integers(0, new[0] - 1)), data.draw(st.integers(0, new[1] - 1))
    width, height = data.draw(st.integers(1, new[0] - x)), data.draw(st.integers(1, new[1] - y))
    part = px.resized(image, new, interp, (x, y, width, height))
    np.testing.assert_array_equal(part, whole[y : y + height, x : x + width])


def test_the_short_side():
    assert px.short_side(noise(0, (20, 30, 3)), 10) == (15, 10)
    assert px.short_side(noise(0, (30, 20, 3)), 10) == (10, 15)


@given(sizes, st.integers(0, 4))
def test_the_map_that_changes_nothing(size, interp):
    image = noise(1, (*size, 3))
    same = px.warped(image, np.eye(2, 3), size[::-1], interp, 7)
    np.testing.assert_array_equal(same, image)


@pytest.mark.parametrize("interp", range(5))
def test_moving_and_turning(interp):
    image = noise(2, (6, 5, 3))
    moved = px.warped(image, np.array([[1.0, 0, 2], [0, 1, 1]]), (5, 6), interp, 9)
    np.testing.assert_array_equal(moved[1:, 2:], image[:-1, :-2])
    assert (moved[0] == 9).all()
    assert (moved[:, :2] == 9).all()
    turned = px.warped(image, np.array([[0.0, 1, 0], [1, 0, 0]]), (6, 5), interp, 0)
    np.testing.assert_array_equal(turned, image.transpose(1, 0, 2))


def test_halves_are_mixed():
    image = np.array([[[10], [20]]], "uint8")
    moved = px.warped(image, np.array([[1.0, 0, 0.5], [0, 1, 0]]), (2, 1), 1, 0)
    assert moved.ravel().tolist() == [5, 15]


def test_a_border():
    found = px.with_border(noise(3, (2, 3, 3)), 2, 5)
    assert found.shape == (6, 7, 3)
    np.testing.assert_array_equal(found[2:4, 2:5], noise(3, (2, 3, 3)))
    assert (found[:2] == 5).all()


@given(st.integers(0, 99), st.sampled_from([1, 3]))
def test_the_factor_1_changes_no_colour(seed, channels):
    image = noise(seed, (4, 5, channels))
    for change in (px.brighter, px.contrasted, px.saturated):
        np.testing.assert_array_equal(px.coloured(image, [(change, 1.0)]), image)
    assert abs(px.toned(image, 0, 0, 0).astype(int) - image).max() <= 1


def test_colours_without_contrast_and_saturation():
    image = noise(5, (4, 5, 3))
    gray = np.rint(image @ np.array([0.299, 0.587, 0.114]))
    assert abs(px.coloured(image, [(px.saturated, 0)]).astype(int) - gray[..., None]).max() <= 1
    assert abs(px.coloured(image, [(px.contrasted, 0)]).astype(int) - gray.mean()).max() <= 1
    assert (px.coloured(image, [(px.brighter, 9)])[image > 30] == 255).all()
    light = px.lit(np.full((1, 1, 3), 100, "uint8"), [1, 0, 0]).ravel().tolist()
    assert light == [69, 68, 68]


@given(st.integers(0, 50), st.integers(-90, 90))
def test_the_hue_turns(seed, turn):
    image = noise(seed, (3, 3, 3))
    found = px.toned(image, turn, 0, 0)
    for place in np.ndindex(3, 3):
        hue, light, colour = colorsys.rgb_to_hls(*(image[place] / 255))
        want = np.multiply(colorsys.hls_to_rgb(hue + turn / 180, light, colour), 255)
        assert abs(found[place] - want).max() <= 1.01


def test_lightness_and_saturation():
    image = np.full((1, 1, 3), 100, "uint8")
    assert px.toned(image, 0, 20, 0).ravel().tolist() == [120] * 3
    assert px.toned(image, 0, 500, 0).ravel().tolist() == [255] * 3
    assert px.toned(image, 0, 0, 90).ravel().tolist() == [100] * 3  # gray stays gray
    colourful = px.toned(np.array([[[150, 100, 100]]], "uint8"), 0, 0, 50).ravel()
    assert int(colourful[0]) - int(colourful[1]) > 50


if importlib.util.find_spec("cv2"):  # nothing needs it

    def test_numpy_does_what_opencv_does(monkeypatch):
        cv2 = pytest.importorskip("cv2")
        monkeypatch.setattr(px, "opencv", lambda: None)
        image = noise(6, (30, 41, 3))
        matrix = np.array([[0.9, 0.3, 2], [-0.3, 1.1, 5]])
        for interp in (1, 2, 4):
            ours = px.resized(image, (17, 23), interp).astype(int)
            theirs = cv2.resize(image, (17, 23), interpolation=interp)
            assert abs(ours - theirs).max() <= 1
            ours = px.warped(image, matrix, (40, 40), interp, 3).astype(int)
            theirs = cv2.warpAffine(image, matrix, (40, 40), flags=interp, borderValue=(3,) * 3)
            assert abs(ours - theirs).mean() < 1  # OpenCV 5 computes with real numbers
