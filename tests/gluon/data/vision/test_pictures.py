"""CIFAR, record files and folders of images."""

import io
import tarfile

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import FileFormatError
from mxbook.formats import pictures
from mxbook.gluon.data import DataLoader
from mxbook.gluon.data.vision import (
    CIFAR10,
    CIFAR100,
    ImageFolderDataset,
    ImageRecordDataset,
    datasets,
)
from tests.formats.test_cifar import content
from tests.io.files import noise, write

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3)).astype("uint8")


def cifar10(labels=1):
    files = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    numbers = np.arange(12 * labels).reshape(12, labels)
    return {
        name: content(numbers[2 * i : 2 * i + 2], IMAGES[2 * i : 2 * i + 2])
        for i, name in enumerate(files)
    }


def put(folder, files, archive=None):
    if archive is None:
        for name, one in files.items():
            (folder / name).write_bytes(one)
        return
    with tarfile.open(folder / archive, "w:gz") as out:
        for name, one in files.items():
            info = tarfile.TarInfo(f"cifar/{name}")
            info.size = len(one)
            out.addfile(info, io.BytesIO(one))


@pytest.mark.parametrize("archive", [None, "cifar-10-binary.tar.gz"])
def test_cifar10(tmp_path, archive):
    put(tmp_path, cifar10(), archive)
    train, test = CIFAR10(str(tmp_path)), CIFAR10(str(tmp_path), train=False)
    assert (len(train), len(test)) == (10, 2)
    image, label = train[7]
    np.testing.assert_array_equal(image.asnumpy(), IMAGES[7])
    assert (image.dtype, label, label.dtype) == (np.uint8, 7, np.int32)
    assert test[1][1] == 11
    doubled = CIFAR10(str(tmp_path), transform=lambda d, n: (d, n * 2))
    assert doubled[3][1] == 6
    data, labels = next(iter(DataLoader(train, 4)))
    assert (data.shape, labels.asnumpy().tolist()) == ((4, 32, 32, 3), [0, 1, 2, 3])


def test_cifar100(tmp_path):
    numbers = np.stack([np.arange(3), np.arange(3) + 50], axis=1)
    put(tmp_path, {name: content(numbers, IMAGES[:3]) for name in ("train.bin", "test.bin")})
    assert CIFAR100(str(tmp_path))[2][1] == 2
    assert CIFAR100(str(tmp_path), True)[2][1] == 52
    assert CIFAR100(str(tmp_path), fine_label=True, train=False)[1][1] == 51


def test_missing_and_damaged_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"data_batch_1\.bin is missing") as caught:
        CIFAR10(str(tmp_path))
    assert "cifar-10-binary.tar.gz" in str(caught.value)
    put(tmp_path, {"test_batch.bin": bytes(99)})
    with pytest.raises(FileFormatError, match="holds no images"):
        CIFAR10(str(tmp_path), train=False)


def test_record_files(tmp_path):
    path = write(tmp_path / "a", [noise(i, (5, 6, 3)) for i in range(3)])
    data = ImageRecordDataset(path)
    assert len(data) == 3
    image, label = data[2]
    np.testing.assert_array_equal(image.asnumpy(), noise(2, (5, 6, 3)))
    assert label == 2
    assert ImageRecordDataset(path, flag=0)[0][0].shape == (5, 6, 1)
    assert ImageRecordDataset(path, transform=lambda d, n: n * 10)[2] == 20
    with mx.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), path, "w") as out:
        out.write_idx(0, mx.recordio.pack(mx.recordio.IRHeader(0, 1, 0, 0), b"nothing"))
    with pytest.raises(FileFormatError, match="no picture") as caught:
        ImageRecordDataset(path)[0]
    assert ("record", f"number 0 of {path}") in caught.value.place


@pytest.fixture
def folder(tmp_path):
    for kind, count in (("dog", 2), ("cat", 1)):
        (tmp_path / kind).mkdir()
        for i in range(count):
            picture = pictures.encode(noise(i, (5, 6, 3)), ".png")
            (tmp_path / kind / f"{i}.PNG").write_bytes(picture)
    return tmp_path


def test_folders(folder):
    data = ImageFolderDataset(str(folder))
    assert data.synsets == ["cat", "dog"]
    assert [label for _, label in data.items] == [0, 1, 1]
    image, label = data[2]
    np.testing.assert_array_equal(image.asnumpy(), noise(1, (5, 6, 3)))
    assert label == 1
    assert ImageFolderDataset(str(folder), flag=0)[0][0].shape == (5, 6, 1)
    assert ImageFolderDataset(str(folder), transform=lambda d, n: n - 1)[0] == -1


def test_other_files_are_passed_over(folder):
    (folder / "note.txt").write_text("x")
    (folder / "cat" / "note.txt").write_text("x")
    with pytest.warns(UserWarning) as caught:
        data = ImageFolderDataset(str(folder))
    assert len(data) == 3
    said = " ".join(str(w.message) for w in caught)
    assert "which is not a directory" in said
    assert "Only support .jpg, .jpeg, .png" in said
    assert all(w.filename == __file__ for w in caught)


def test_all_data_sets_are_where_mxnet_has_them():
    for one in (CIFAR10, CIFAR100, ImageFolderDataset, ImageRecordDataset):
        assert getattr(datasets, one.__name__) is one
