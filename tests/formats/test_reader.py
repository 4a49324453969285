"""Taking bytes from files that may be damaged."""

import io

import numpy as np
import pytest

from mxbook.base.errors import FileFormatError
from mxbook.formats.reader import Reader, reading


def test_takes_in_order_and_counts():
    with reading(b"\x01\x02\x00rest", "here") as reader:
        assert reader.unpack("<BH", "numbers") == (1, 2)
        assert reader.take(0, "nothing") == b""
        assert reader.take(4, "text") == b"rest"
        assert reader.offset == 7
        reader.finish()


@pytest.mark.parametrize("size", [7, None])
def test_what_is_missing(size):
    reader = Reader(io.BytesIO(b"1234567"), "some file", size)
    reader.take(3, "a")
    reader.place = [("record", "2 of 3")]
    with pytest.raises(FileFormatError, match="ends inside the b") as caught:
        reader.take(5, "the b")
    assert dict(caught.value.place) == {
        "file": "some file",
        "offset": "byte 3",
        "record": "2 of 3",
    }
    assert dict(caught.value.values) == {"announced": "5 bytes", "left": "4 bytes"}


def test_what_is_left_over():
    with reading(b"12") as reader, pytest.raises(FileFormatError, match="after the end"):
        reader.take(1, "a")
        reader.finish()


@pytest.mark.parametrize("shape", [(1 << 62, 4), (0, 1 << 62, 4), (1 << 40,) * 9])
def test_absurd_shapes(shape):
    with reading(b"12345678") as reader, pytest.raises(FileFormatError, match="shape"):
        reader.array(shape, np.dtype("f4"), "the values")


@pytest.mark.parametrize("order", "<>")
def test_arrays_are_native_and_writable(order):
    raw = np.arange(6, dtype=order + "i4")
    with reading(raw.tobytes()) as reader:
        array = reader.array((2, 3), raw.dtype, "the values")
    assert array.dtype.isnative
    array += 1
    assert array.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_empty_arrays(shape):
    with reading(b"") as reader:
        assert reader.array(shape, np.dtype("f8"), "the values").shape == shape


def test_paths_are_named(tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    with reading(tmp_path / "x") as reader, pytest.raises(FileFormatError) as caught:
        reader.take(2, "a")
    assert ("file", str(tmp_path / "x")) in caught.value.place
    with pytest.raises(FileNotFoundError):
        reading(tmp_path / "y").__enter__()
