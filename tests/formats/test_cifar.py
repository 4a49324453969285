"""The binary files of CIFAR."""

import io
import tarfile

import numpy as np
import pytest

from mxbook.base.errors import FileFormatError
from mxbook.formats.cifar import PIXELS, member, read_cifar


def content(labels, images):
    """A file: labels (n, 1 or 2), images (n, 32, 32, 3)."""
    pixels = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([labels, pixels], axis=1).astype("uint8").tobytes()


IMAGES = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("uint8")


@pytest.mark.parametrize("count", [1, 2])
def test_images_come_back(count):
    labels = np.arange(4 * count).reshape(4, count)
    images, found = read_cifar(content(labels, IMAGES), count)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(found, labels)
    assert (images.dtype, found.dtype) == (np.uint8, np.int32)


@pytest.mark.parametrize("length", [0, 1, PIXELS, PIXELS + 2])
def test_files_of_a_wrong_length(length):
    with pytest.raises(FileFormatError, match="holds no images") as caught:
        read_cifar(bytes(length), 1, "x.bin")
    assert ("file", "x.bin") in caught.value.place


def test_archives(tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("some/folder/b.bin")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    assert member(path, "b.bin") == b"abc"
    assert member(path, "c.bin") is None
    whole = path.read_bytes()
    for damaged in (b"", whole[:20], whole[: len(whole) // 2], b"x" * 99):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match="archive is damaged"):
            member(path, "c.bin")
