"""What ImageRecordIter does with an image."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.formats import params
from mxbook.io.image_changes import Bytes, Changes, Numbers, mean_image, way
from mxbook.io.image_params import IMAGES
from mxbook.ops.params import parse, values_class
from tests.io.files import noise

VALUES = values_class(IMAGES)


def parameters(**given):
    return parse("images", VALUES, {"data_shape": (3, 20, 24), "batch_size": 1, **given})


def changed(image, seed=0, **given):
    return Changes(parameters(**given))(image, Random(seed))


IMAGE = noise(0)  # (40, 50, 3)


def test_the_middle_and_anywhere():
    np.testing.assert_array_equal(changed(IMAGE), IMAGE[10:30, 13:37])
    found = set()
    for seed in range(40):
        part = changed(IMAGE, seed, rand_crop=True)
        places = [
            (y, x) for y in range(21) for x in range(27)
            if (IMAGE[y : y + 20, x : x + 24] == part).all()
        ]  # fmt: skip
        assert len(places) == 1
        found.update(places)
    assert len(found) > 20


@given(st.integers(1, 60), st.integers(1, 60), st.booleans(), st.booleans())
def test_every_image_gets_the_wanted_shape(height, width, crop, resize):
    image = noise(1, (height, width, 3))
    part = changed(image, rand_crop=crop, resize=22 if resize else -1)
    assert part.shape == (20, 24, 3)


SHAPES = [
    {"max_rotate_angle": 90, "rand_crop": True},
    {"rotate": 45},
    {"max_shear_ratio": 0.3},
    {"max_aspect_ratio": 0.4},
    {"min_aspect_ratio": 0.5, "max_aspect_ratio": 2.0},
    {"min_random_scale": 0.5, "max_random_scale": 2.0},
    {"max_random_scale": 3.0, "max_img_size": 60, "min_img_size": 30},
    {"pad": 7, "fill_value": 0},
    {"min_crop_size": 10, "max_crop_size": 40, "rand_crop": True},
    {"max_crop_size": 30},
    {"random_resized_crop": True, "min_random_area": 0.1, "max_aspect_ratio": 0.3},
    {"inter_method": 9, "resize": 30},
    {"inter_method": 10, "resize": 30},
    {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
    {"pca_noise": 0.1},
    {"random_h": 30, "random_s": 40, "random_l": 50},
]


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_changes_keep_the_shape_and_depend_on_the_seed_only(options):
    outcomes = [changed(IMAGE, seed, **options) for seed in (1, 1, 2, 3)]
    assert {found.shape for found in outcomes} == {(20, 24, 3)}
    assert {found.dtype for found in outcomes} == {np.dtype("uint8")}
    np.testing.assert_array_equal(outcomes[0], outcomes[1])
    fixed = not set(options) - {"rotate", "pad", "fill_value", "max_crop_size", "resize"}
    if not fixed and options.get("inter_method") != 9:
        assert any((found != outcomes[0]).any() for found in outcomes[2:])


def test_what_excludes_each_other():
    for options in (
        {"rand_crop": True},
        {"max_crop_size": 3},
        {"min_crop_size": 3},
        {"max_random_scale": 2.0},
    ):
        with pytest.raises(ParameterError, match="random_resized_crop conflicts"):
            changed(IMAGE, random_resized_crop=True, **options)
    for options in ({"max_crop_size": 41}, {"min_crop_size": 30, "max_crop_size": 20}):
        with pytest.raises(ParameterError, match="smaller than max_crop_size"):
            changed(IMAGE, **options)


def test_ways_of_resizing():
    assert way(9, (10, 10, 3), (20, 20), Random()) == 2
    assert way(9, (20, 20, 3), (10, 10), Random()) == 3
    assert way(9, (20, 10, 3), (20, 10), Random()) == 1
    assert {way(10, (9, 9, 3), (3, 3), Random(i)) for i in range(99)} == {0, 1, 2, 3, 4}
    assert way(4, (9, 9, 3), (3, 3), Random()) == 4


# ---- numbers


def numbers(image, seed=0, dtype="float32", mean=None, **given):
    out = np.empty((3, *image.shape[:2]), dtype)
    Numbers(parameters(**given), mean)(image, Random(seed), out)
    return out


def test_means_and_scales():
    found = numbers(IMAGE, mean_r=10, mean_g=20, mean_b=30, std_r=2, std_g=4, std_b=5, scale=3.0)
    want = (IMAGE - np.array([10.0, 20, 30])) * 3 / [2, 4, 5]
    np.testing.assert_allclose(found, want.transpose(2, 0, 1), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(numbers(IMAGE), IMAGE.transpose(2, 0, 1))
    np.testing.assert_array_equal(numbers(IMAGE, mirror=True), IMAGE[:, ::-1].transpose(2, 0, 1))
    mean = np.full((3, 40, 50), 7, "float32")
    np.testing.assert_allclose(
        numbers(IMAGE, mean=mean, scale=2, mean_r=99), (IMAGE.transpose(2, 0, 1) - 7.0) * 2
    )


def test_random_numbers():
    turned = [(numbers(IMAGE, i, rand_mirror=True) != numbers(IMAGE)).any() for i in range(100)]
    assert 25 < sum(turned) < 75
    found = numbers(IMAGE, 1, max_random_contrast=0.5)
    factors = found[found > 0] / numbers(IMAGE)[found > 0]
    assert np.ptp(factors) < 1e-5
    assert 0.5 <= factors[0] <= 1.5
    shift = numbers(IMAGE, 1, max_random_illumination=20, scale=2) - numbers(IMAGE, scale=2)
    assert np.ptp(shift) < 1e-3
    assert -40 <= shift[0, 0, 0] <= 40


def test_other_types():
    assert numbers(IMAGE, dtype="float16").dtype == np.float16
    out = np.empty((3, 40, 50), "int8")
    Bytes()(IMAGE, Random(), out)
    np.testing.assert_array_equal(out, np.minimum(IMAGE, 127).transpose(2, 0, 1))
    out = np.empty((3, 40, 50), "uint8")
    Bytes()(IMAGE, Random(), out)
    np.testing.assert_array_equal(out, IMAGE.transpose(2, 0, 1))


def test_the_mean_image(tmp_path):
    path = str(tmp_path / "mean.params")
    images = [noise(i, (4, 5, 3)) for i in range(3)]
    want = np.mean(images, axis=0).transpose(2, 0, 1)
    for source in (images, None):  # the second time from the file
        found = mean_image(path, (3, 4, 5), lambda source=source: iter(source))
        np.testing.assert_allclose(found, want, rtol=1e-5)
    with pytest.raises(ParameterError, match="not the mean image"):
        mean_image(path, (3, 5, 4), tuple)
    params.save(path, [want], ["other"])
    with pytest.raises(ParameterError, match="not the mean image"):
        mean_image(path, (3, 4, 5), tuple)
    (tmp_path / "mean.params").write_bytes(b"nothing")
    with pytest.raises(FileFormatError):
        mean_image(path, (3, 4, 5), tuple)
