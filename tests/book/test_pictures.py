import base64
import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DeviceError, ShapeError
from mxbook.book.pictures import GAP, LINE, ZOOM


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.booleans())
def test_every_pixel_is_where_it_belongs(count, high, wide, columns, captions):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    values = np.random.default_rng(0).choice([0.0, 1.0], (count, high, wide))
    shown = mx.book.show_pictures(values, ["x"] * count if captions else [], columns)
    sheet = np.asarray(image.open(io.BytesIO(shown.png())).convert("L"))
    columns = min(columns, count)
    for number in range(count):
        row, column = divmod(number, columns)
        y = GAP + row * (high * ZOOM + GAP + LINE * captions)
        x = GAP + column * (wide * ZOOM + GAP)
        tile = sheet[y : y + high * ZOOM : ZOOM, x : x + wide * ZOOM : ZOOM]
        assert (tile < 128).tolist() == (values[number] == 1).tolist()


def test_arrays_in_every_form_show_the_same():
    whole = np.arange(2 * 4 * 3, dtype="uint8").reshape(2, 4, 3) * 10
    forms = [
        whole,
        whole / 255,
        whole[:, None],
        whole[..., None],
        mx.nd.array(whole, dtype="uint8"),
    ]
    first, *others = [mx.book.show_pictures(form).png() for form in forms]
    assert all(other == first for other in others)


def test_the_notebook_gets_a_picture_with_words():
    shown = mx.book.show_pictures(np.zeros((10, 28, 28)), range(10))
    data, metadata = shown._repr_mimebundle_()
    assert data["text/plain"] == "10 pictures: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert metadata["image/png"] == {"width": 626, "alt": data["text/plain"]}
    assert len(base64.b64decode(data["image/png"])) < 20_000


@pytest.mark.parametrize("shape", [(), (28, 28), (2, 3, 4, 5), (0, 28, 28)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="no row of grey pictures"):
        mx.book.show_pictures(np.zeros(shape))


def test_each_picture_has_its_caption():
    with pytest.raises(ShapeError, match="1 captions for 2 pictures"):
        mx.book.show_pictures(np.zeros((2, 4, 4)), ["a"])


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DeviceError, match="Pillow"):
        mx.book.show_pictures(np.zeros((2, 4, 4))).png()
