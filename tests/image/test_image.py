"""Functions on images."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import image
from mxbook.base.errors import FileFormatError, MXNetError, ParameterError
from tests import oracle
from tests.io.files import noise

sides = st.integers(1, 40)


def array(pixels, dtype="uint8"):
    return mx.nd.array(pixels, dtype=dtype)


IMAGE = array(noise(0))  # (40, 50, 3)


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, np.frombuffer, None])
def test_decoding(form):
    content = image.imencode(IMAGE, ".png")
    given = {np.frombuffer: lambda b: np.frombuffer(b, "u1"), None: lambda b: array(list(b))}
    found = image.imdecode(given.get(form, form)(content))
    np.testing.assert_array_equal(found.asnumpy(), noise(0))
    assert image.imdecode(content, flag=0).shape == (40, 50, 1)
    np.testing.assert_array_equal(image.imdecode(content, to_rgb=0).asnumpy(), noise(0)[..., ::-1])
    out = array(np.zeros((40, 50, 3)))
    assert image.imdecode(content, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), noise(0))


def test_what_cannot_be_decoded(tmp_path):
    with pytest.raises(ValueError, match="buf must be of type bytes"):
        image.imdecode("text")
    for wrong in (b"", b"nothing"):
        with pytest.raises(FileFormatError, match="no picture"):
            image.imdecode(wrong)
    with pytest.raises(MXNetError, match="No such file"):
        image.imread(str(tmp_path / "none.png"))


def test_files(tmp_path):
    path = str(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(image.imencode(IMAGE, ".png"))
    np.testing.assert_array_equal(image.imread(path).asnumpy(), noise(0))
    assert image.imread(path, 0).shape == (40, 50, 1)


def test_encoding():
    jpeg = image.imdecode(image.imencode(array(np.full((16, 16, 3), 90)), ".jpg", 90)).asnumpy()
    assert abs(jpeg.astype(int) - 90).max() <= 2
    small, large = (len(image.imencode(IMAGE, ".jpg", q)) for q in (5, 95))
    assert small < large
    with pytest.raises(ParameterError, match="no picture file"):
        image.imencode(IMAGE, ".abc")
    with pytest.raises(ParameterError, match="is no picture"):
        image.imencode(np.zeros((2, 2, 3)))


@given(sides, sides, sides, sides)
def test_scaled_down_sizes_fit_and_keep_their_proportions(width, height, w, h):
    found = image.scale_down((width, height), (w, h))
    assert found[0] <= min(width, w)
    assert found[1] <= min(height, h)
    if (w, h) != found:
        assert found[0] in (width, width - 1) or found[1] in (height, height - 1)


@given(sides, sides, sides)
def test_the_short_side(height, width, size):
    found = image.resize_short(array(np.zeros((height, width, 3))), size, interp=0).shape
    assert min(found[:2]) == size
    assert max(found[:2]) == size * max(height, width) // min(height, width)


def test_resizing():
    assert image.imresize(IMAGE, 20, 30).shape == (30, 20, 3)
    np.testing.assert_array_equal(
        image.imresize(IMAGE, 100, 80, 0).asnumpy(), noise(0).repeat(2, 0).repeat(2, 1)
    )
    for interp in (9, 10):
        assert image.imresize(IMAGE, 20, 30, interp=interp).shape == (30, 20, 3)
    half = image.imresize(IMAGE, 25, 20, 3).asnumpy()
    four = noise(0).reshape(20, 2, 25, 2, 3).astype(int).sum((1, 3))
    np.testing.assert_array_equal(half, (four + 2) >> 2)  # halves are rounded up


def test_ways_of_resizing():
    way = image.image._get_interp_method
    assert [way(9, s) for s in ((1, 1, 2, 2), (2, 2, 1, 1), (2, 1, 1, 2), ())] == [2, 3, 1, 2]
    random.seed(0)
    assert [way(10) for _ in range(5)] == [3, 3, 0, 2, 4]  # as in MXNet
    for wrong in (5, -1, 11):
        with pytest.raises(ValueError, match="Unknown interp method"):
            way(wrong)
    with pytest.raises(ParameterError):
        way(9, (1, 2))


def test_parts():
    np.testing.assert_array_equal(
        image.fixed_crop(IMAGE, 3, 5, 20, 10).asnumpy(), noise(0)[5:15, 3:23]
    )
    assert image.fixed_crop(IMAGE, 3, 5, 20, 10, size=(7, 9)).shape == (9, 7, 3)
    part, place = image.center_crop(IMAGE, (21, 11))
    assert place == (14, 14, 21, 11)
    np.testing.assert_array_equal(part.asnumpy(), noise(0)[14:25, 14:35])
    assert image.center_crop(IMAGE, (200, 100))[0].shape == (100, 200, 3)


@given(st.integers(0, 99), sides, sides)
def test_random_parts_are_parts(seed, width, height):
    random.seed(seed)
    part, (x, y, w, h) = image.random_crop(IMAGE, (width, height))
    assert part.shape == (height, width, 3)
    if height <= 40:
        np.testing.assert_array_equal(part.asnumpy(), noise(0)[y : y + h, x : x + w])
    part, (x, y, w, h) = image.random_size_crop(IMAGE, (width, height), (0.3, 0.9), (0.5, 2))
    assert part.shape == (height, width, 3)
    assert x + w <= 50
    assert y + h <= 40


def test_random_size_crop_takes_old_arguments():
    with pytest.warns(DeprecationWarning, match="min_area"):
        image.random_size_crop(IMAGE, (5, 5), 0.5, (1, 2), min_area=0.3)
    with pytest.raises(ParameterError, match="unexpected keyword"):
        image.random_size_crop(IMAGE, (5, 5), 0.5, (1, 2), area_range=0.3)
    assert image.random_size_crop(IMAGE, (5, 6), 0.5, (9, 9))[0].shape == (6, 5, 3)  # none fits


def test_normalizing_changes_the_image():
    pixels = IMAGE.astype("float32")
    found = image.color_normalize(pixels, mx.nd.array([1, 2, 3]), mx.nd.array([2, 2, 4]))
    assert found is pixels
    want = (noise(0) - np.array([1.0, 2, 3])) / [2, 2, 4]
    np.testing.assert_allclose(found.asnumpy(), want, rtol=1e-6)
    same = image.color_normalize(IMAGE.astype("float32"), None)
    np.testing.assert_array_equal(same.asnumpy(), noise(0))


def test_a_border():
    found = image.copyMakeBorder(IMAGE, 1, 2, 3, 4, values=(7, 8, 9)).asnumpy()
    assert found.shape == (43, 57, 3)
    assert found[0, 0].tolist() == [7, 8, 9]
    np.testing.assert_array_equal(found[1:41, 3:53], noise(0))


BOTH = """
I = mx.image
x = mx.nd.array(np.load("noise.npy"), dtype="uint8")
f = x.astype("float32")
for interp in (0, 1, 2, 3, 4, 9):
    for size in ((20, 25), (25, 20), (60, 50), (33, 60), (50, 40)):
        found[f"~resize {interp} {size}"] = [
            I.imresize(x, *size, I.image._get_interp_method(interp, (40, 50, size[1], size[0])))]
    found[f"~short {interp}"] = [I.resize_short(x, 23, interp), I.resize_short(f, 61, interp)]
for seed in range(12):
    random.seed(seed)
    for size in ((20, 10), (70, 60), (13, 13)):
        part, place = I.random_crop(x, size)
        found[f"~crop {seed} {size}"], found[f"place {seed} {size}"] = part, place
        part, place = I.random_size_crop(x, size, (.1, .9), (.5, 2), 1)
        found[f"~sized {seed} {size}"], found[f"sized place {seed} {size}"] = part, place
        found[f"one number {seed} {size}"] = I.random_size_crop(x, size, .3, (.5, 2))[1]
    found[f"any way {seed}"] = [I.image._get_interp_method(10) for _ in range(9)]
for size in ((20, 10), (70, 60), (13, 13), (51, 3)):
    part, place = I.center_crop(f, size)
    found[f"~center {size}"], found[f"center place {size}"] = part, place
    found[f"down {size}"] = I.scale_down((50, 40), size)
for name in ("a.png", "g.png", "c.png", "a.bmp"):
    content = open(name, "rb").read()
    found[f"read {name}"] = [I.imread(name), I.imdecode(content, to_rgb=0)]
    found[f"~gray {name}"] = I.imdecode(content, flag=0)
content = open("a.jpg", "rb").read()
found["~jpeg"] = [I.imdecode(content), I.imread("a.jpg", flag=0)]
found["~turned"] = I.imdecode(open("turned.jpg", "rb").read())
"""


@oracle.marks
def test_the_answers_of_real_mxnet(tmp_path):
    from PIL import Image

    np.save(tmp_path / "noise.npy", noise(0))
    for name, pixels in (
        ("a.png", noise(0)), ("g.png", noise(1, (9, 8))), ("c.png", noise(2, (9, 8, 4))),
        ("a.bmp", noise(3)),
    ):  # fmt: skip
        Image.fromarray(pixels).save(tmp_path / name)
    smooth = np.add.outer(np.arange(40), np.arange(50))[..., None] * np.array([1, 2, 1])
    picture = Image.fromarray(smooth.astype("uint8"))
    picture.save(tmp_path / "a.jpg", quality=95)
    note = Image.Exif()
    note[0x112] = 6  # the camera was turned
    picture.save(tmp_path / "turned.jpg", quality=95, exif=note)
    oracle.both(BOTH, tmp_path, atol=3)
