"""The idx files of MNIST: round trips, and every kind of damage."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.errors import DTypeError, FileFormatError, ShapeError
from mxbook.formats.idx import TYPES, read_idx, write_idx

IMAGES = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(range(12))
LABELS = bytes.fromhex("00000801 00000004") + bytes([7, 2, 1, 0])


@st.composite
def arrays(draw):
    dtype = draw(st.sampled_from(list(TYPES.values())))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape)


def test_the_files_of_mnist():
    images = read_idx(IMAGES)
    assert images.dtype == np.uint8
    assert images.tolist() == np.arange(12).reshape(2, 2, 3).tolist()
    assert read_idx(LABELS).tolist() == [7, 2, 1, 0]
    assert read_idx(gzip.compress(LABELS)).tolist() == [7, 2, 1, 0]


@pytest.mark.parametrize("name", ["x-idx3-ubyte", "x-idx3-ubyte.gz"])
@given(array=arrays())
@settings(max_examples=40)
def test_round_trip(tmp_path_factory, name, array):
    path = tmp_path_factory.mktemp("idx") / name
    write_idx(path, array)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    back = read_idx(path)
    assert (back.shape, back.dtype) == (array.shape, array.dtype.newbyteorder("="))
    assert back.astype(array.dtype).tobytes() == array.tobytes()
    assert back.flags.writeable


def test_writing_strided_and_little_endian_arrays(tmp_path):
    array = np.arange(12, dtype="<i4").reshape(3, 4).T[::2]
    write_idx(tmp_path / "x", array)
    assert read_idx(tmp_path / "x").tolist() == array.tolist()


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(DTypeError, match="int64"):
        write_idx(tmp_path / "x", np.arange(3))
    with pytest.raises(ShapeError, match="shape"):
        write_idx(tmp_path / "x", np.broadcast_to(np.uint8(0), (1 << 32,)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [IMAGES, LABELS])
def test_cut_or_lengthened_anywhere(data):
    for length in range(len(data)):
        with pytest.raises(FileFormatError):
            read_idx(data[:length])
    with pytest.raises(FileFormatError, match="after the end"):
        read_idx(data + b"\0")


def test_compressed_files_cut_or_lengthened_anywhere():
    data = gzip.compress(IMAGES)
    for length in range(len(data)):
        with pytest.raises(FileFormatError):
            read_idx(data[:length])
    with pytest.raises(FileFormatError):
        read_idx(data + b"x")
    with pytest.raises(FileFormatError, match="after the end"):
        read_idx(gzip.compress(IMAGES + b"x"))


def test_flipped_bytes():
    for at in range(len(IMAGES)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            bad = bytearray(IMAGES)
            bad[at] ^= mask
            if at < 16:  # the element type of signed bytes looks as good
                if (at, mask) == (2, 1):
                    assert read_idx(bad).dtype == np.int8
                else:
                    with pytest.raises(FileFormatError):
                        read_idx(bad)
            else:
                assert np.count_nonzero(read_idx(bad) != read_idx(IMAGES)) == 1


def test_flipped_bytes_under_gzip_never_give_other_values():
    data, good = gzip.compress(IMAGES), read_idx(IMAGES).tolist()
    survived = 0
    for at in range(len(data)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            bad = bytearray(data)
            bad[at] ^= mask
            try:
                assert read_idx(bytes(bad)).tolist() == good
                survived += 1
            except FileFormatError:
                pass
    assert survived < 100  # gzip's own header has a few fields that do not matter


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_noise(data):
    for noise in (data, b"\x1f\x8b\x08" + data, b"\x00\x00\x08" + data):
        try:
            assert isinstance(read_idx(noise), np.ndarray)
        except FileFormatError as error:
            assert error.rule and error.place is not None


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_absurd_sizes_cost_nothing(pack):
    data = pack(struct.pack(">BBBB3I", 0, 0, 14, 3, 1 << 20, 1 << 19, 1 << 19) + bytes(50))
    assert peak_of_failure(data) < 3 << 20


def test_a_gzip_bomb_is_not_unpacked():
    assert peak_of_failure(gzip.compress(LABELS + bytes(64 << 20))) < 3 << 20


def peak_of_failure(data):
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError):
            read_idx(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_error_says_what_and_where(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(IMAGES[:20])
    with pytest.raises(FileFormatError) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert "byte 16" in str(caught.value)
    with pytest.raises(FileFormatError, match="not an idx file"):
        read_idx(b"<html>not found</html>")
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "none")
