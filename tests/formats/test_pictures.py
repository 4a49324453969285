"""Pictures as bytes and as pixels, by Pillow and, where it is installed, by OpenCV."""

import importlib.util
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.errors import FileFormatError, MXNetError, ParameterError
from mxbook.formats import pictures

pillow = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (7, 5, 3)).astype("uint8")
CLEAR = RNG.integers(0, 256, (7, 5, 4)).astype("uint8")
GRAY = RNG.integers(0, 256, (7, 5)).astype("uint8")


# OpenCV is tested where it is installed; nothing needs it.
PACKAGES = ["pillow", *(["opencv"] if importlib.util.find_spec("cv2") else [])]


@pytest.fixture(params=PACKAGES)
def package(request, monkeypatch):
    if request.param == "pillow":
        monkeypatch.setattr(pictures, "opencv", lambda: None)
    return request.param


def file(pixels, kind, **options):
    stream = io.BytesIO()
    pillow.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("ending", [".png", ".bmp"])
@pytest.mark.parametrize("red_first", [False, True])
def test_pixels_come_back(package, ending, red_first):
    content = pictures.encode(COLOUR, ending, red_first=red_first)
    found = pictures.decode(content, red_first=red_first)
    np.testing.assert_array_equal(found, COLOUR)
    assert found.flags.writeable
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(
        pictures.decode(content, red_first=not red_first), COLOUR[..., ::-1]
    )
    for gray in (GRAY, GRAY[..., None]):
        content = pictures.encode(gray, ending)
        np.testing.assert_array_equal(pictures.decode(content, colour=False)[..., 0], GRAY)
        np.testing.assert_array_equal(pictures.decode(content), np.stack([GRAY] * 3, axis=2))


def test_jpeg(package):
    smooth = np.add.outer(np.arange(32), np.arange(48))[..., None] * np.array([2, 1, 3])
    smooth = smooth.astype("uint8") // 2
    small, large = (pictures.encode(smooth, ".jpg", quality) for quality in (10, 95))
    assert len(small) < len(large)
    assert abs(pictures.decode(large).astype(int) - smooth).max() < 40
    assert pictures.decode(large, colour=False).shape == (32, 48, 1)
    assert pictures.encode(smooth, ".JPG", 1000)[:2] == b"\xff\xd8"


def test_unchanged_in_the_order_of_opencv(package):
    content = pictures.encode(CLEAR, ".png")
    np.testing.assert_array_equal(pictures.decode_unchanged(content), CLEAR[..., [2, 1, 0, 3]])
    assert pictures.decode(content).shape == (7, 5, 3)
    np.testing.assert_array_equal(pictures.decode_unchanged(file(GRAY, "PNG")), GRAY)
    np.testing.assert_array_equal(pictures.decode_unchanged(file(COLOUR, "PNG")), COLOUR[..., ::-1])
    np.testing.assert_array_equal(pictures.decode_unchanged(file(GRAY, "PNG"), 0), GRAY)
    assert pictures.decode_unchanged(content, 1).shape == (7, 5, 3)


def test_deep_pictures_and_palettes(package):
    deep = GRAY.astype("uint16") * 256 + 7
    np.testing.assert_array_equal(pictures.decode(file(deep, "PNG"), False)[..., 0], GRAY)
    palette = pillow.fromarray(COLOUR).convert("P")
    stream = io.BytesIO()
    palette.save(stream, "PNG")
    np.testing.assert_array_equal(
        pictures.decode(stream.getvalue()), np.array(palette.convert("RGB"))
    )


def test_how_the_camera_was_held(package):
    smooth = np.add.outer(np.arange(16) * 8, np.arange(24))[..., None].repeat(3, 2)
    note = pillow.Exif()
    note[0x112] = 6  # to be turned by a quarter
    content = file(smooth.astype("uint8"), "JPEG", quality=95, exif=note)
    assert pictures.decode(content).shape == (16, 24, 3)
    turned = pictures.decode(content, upright=True)
    assert turned.shape == (24, 16, 3)
    assert abs(turned.astype(int) - np.rot90(smooth, -1)).max() < 12


@pytest.mark.parametrize("content", [b"", b"nothing at all", file(COLOUR, "PNG")[:60]])
def test_what_is_no_picture(package, content):
    for decode in (pictures.decode, pictures.decode_unchanged):
        if package == "opencv" and content[:4] == b"\x89PNG":
            continue  # it gives what there is
        with pytest.raises(FileFormatError, match="no picture"):
            decode(content)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 255), st.sampled_from(["PNG", "JPEG"]))
def test_damaged_files_give_pixels_or_an_error(at, value, kind):
    content = bytearray(file(COLOUR, kind))
    content[at % len(content)] = value
    try:
        assert pictures.decode(bytes(content)).ndim == 3
    except FileFormatError as error:
        assert "length" in dict(error.values)


def test_a_picture_that_would_fill_the_memory(monkeypatch):
    monkeypatch.setattr(pictures, "opencv", lambda: None)
    monkeypatch.setattr(pillow, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(FileFormatError, match="no picture"):
        pictures.decode(file(COLOUR, "PNG"))


def test_what_cannot_be_written(package):
    for wrong in (COLOUR.astype("float32"), COLOUR[..., :2], COLOUR[0, 0], COLOUR[:0]):
        with pytest.raises(ParameterError, match="is no picture"):
            pictures.encode(wrong)
    with pytest.raises(ParameterError, match="no picture file"):
        pictures.encode(COLOUR, ".xyz")
    if package == "pillow":
        with pytest.raises(ParameterError, match="cannot hold this picture"):
            pictures.encode(CLEAR, ".jpg")


def test_without_any_package(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(pictures, "opencv", lambda: None)
    monkeypatch.setattr(pictures.importlib, "import_module", absent)
    for use in (lambda: pictures.decode(b""), lambda: pictures.encode(COLOUR)):
        with pytest.raises(MXNetError, match="needs the package Pillow"):
            use()


def test_opencv_is_looked_for_once(monkeypatch):
    asked = []

    def absent(name):
        asked.append(name)
        raise ImportError(name)

    monkeypatch.setattr(pictures, "_opencv", pictures._UNKNOWN)
    monkeypatch.setattr(pictures.importlib, "import_module", absent)
    assert pictures.opencv() is None
    assert pictures.opencv() is None
    assert asked == ["cv2"]
