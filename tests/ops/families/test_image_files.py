"""Pictures from files."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, FileFormatError, MXNetError
from mxbook.ndarray import _internal

pillow = pytest.importorskip("PIL.Image")
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype("uint8")


def written(pixels, kind="PNG"):
    """The bytes of a picture's file."""
    file = io.BytesIO()
    pillow.fromarray(pixels).save(file, kind)
    return np.frombuffer(file.getvalue(), "uint8")


def decode(content, **options):
    return _internal._cvimdecode(mx.nd.array(content, dtype="uint8"), **options)


@settings(deadline=None)
@given(st.sampled_from(["PNG", "BMP", "TIFF"]), st.booleans())
def test_pixels_come_back(kind, red_first):
    found = decode(written(PIXELS, kind), to_rgb=red_first).asnumpy()
    np.testing.assert_array_equal(found, PIXELS if red_first else PIXELS[..., ::-1])


def test_gray_and_transparent_and_deep_pictures():
    gray = PIXELS[..., 0]
    np.testing.assert_array_equal(decode(written(gray), flag=0).asnumpy(), gray[..., None])
    np.testing.assert_array_equal(decode(written(gray)).asnumpy(), np.stack([gray] * 3, axis=2))
    glass = np.concatenate([PIXELS, PIXELS[..., :1]], axis=2)
    np.testing.assert_array_equal(decode(written(glass)).asnumpy(), PIXELS)
    deep = gray.astype("uint16") * 256 + 7
    np.testing.assert_array_equal(decode(written(deep), flag=0).asnumpy(), gray[..., None])


def test_from_a_file(tmp_path):
    name = tmp_path / "p.png"
    name.write_bytes(written(PIXELS).tobytes())
    np.testing.assert_array_equal(_internal._cvimread(filename=str(name)).asnumpy(), PIXELS)
    with pytest.raises(MXNetError, match="No such file"):
        _internal._cvimread(filename=str(tmp_path / "none.png"))


def test_what_is_no_picture():
    with pytest.raises(FileFormatError, match="no picture"):
        decode(PIXELS.ravel())
    with pytest.raises(FileFormatError, match="no picture"):
        decode(written(PIXELS)[:60])
    with pytest.raises(DTypeError, match="uint8"):
        _internal._cvimdecode(mx.nd.ones(9))


@settings(deadline=None)
@given(*[st.integers(0, 4)] * 4, st.integers(0, 4))
def test_borders(top, bot, left, right, kind):
    found = _internal._cvcopyMakeBorder(
        mx.nd.array(PIXELS, dtype="uint8"),
        top=top, bot=bot, left=left, right=right, type=kind, value=9,
    ).asnumpy()  # fmt: skip
    assert found.shape == (top + 5 + bot, left + 4 + right, 3)
    np.testing.assert_array_equal(found[top : top + 5, left : left + 4], PIXELS)
    first = found[: top + 1, left : left + 4]
    if kind == 1:
        assert (first == PIXELS[0]).all()
    if kind == 0:
        assert (first[:top] == 9).all()
