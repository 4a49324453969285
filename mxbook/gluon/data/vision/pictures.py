"""Data sets of colour images: CIFAR, record files, folders.  Nothing is downloaded."""

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook import image
from mxbook import ndarray as nd
from mxbook.base.config import config
from mxbook.base.errors import MXNetError
from mxbook.formats.cifar import member, read_cifar
from mxbook.gluon.data.dataset import Dataset, RecordFileDataset, _DownloadedDataset
from mxbook.recordio import unpack

from .datasets import DataNotFoundError

ENDINGS = (".jpg", ".jpeg", ".png")


class CIFAR10(_DownloadedDataset):
    """Small colour photographs of ten classes: 50,000 for training, 10,000 for testing.

    0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.  A
    sample is a pair of a uint8 NDArray (32, 32, 3) and a NumPy int32 label, or what
    `transform(image, label)` makes of it.

    `root` is the folder of the files `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`,
    or of the archive `cifar-10-binary.tar.gz` that their makers publish.

    Raises DataNotFoundError when they are not there, FileFormatError for damaged ones.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.CIFAR10`.
    """

    _archive = "cifar-10-binary.tar.gz"
    _train_files = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    _test_files = ("test_batch.bin",)
    _labels = 1  # bytes of labels before the pixels
    _column = 0  # which of them is meant

    def __init__(
        self,
        root: str = os.path.join(config.home, "datasets", "cifar10"),
        train: bool = True,
        transform: Callable | None = None,
    ):
        self._train = train
        super().__init__(root, transform)

    def _get_data(self) -> None:
        names = self._train_files if self._train else self._test_files
        parts = [read_cifar(*self._content(name)) for name in names]
        self._data = nd.array(np.concatenate([images for images, _ in parts]), dtype="uint8")
        self._label = np.concatenate([labels[:, self._column] for _, labels in parts])

    def _content(self, name: str) -> tuple[bytes, int, str]:
        """The bytes of a file, on its own or in the archive."""
        path = os.path.join(self._root, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read(), self._labels, path
        archive = os.path.join(self._root, self._archive)
        content = member(archive, name) if os.path.isfile(archive) else None
        if content is None:
            raise DataNotFoundError(
                f"{type(self).__name__} is not on this machine: {name} is missing",
                place=[("folder", self._root)],
                hint=f"put {self._archive} there, or the files in it",
            )
        return content, self._labels, f"{name} in {archive}"


class CIFAR100(CIFAR10):
    """Small colour photographs of 100 classes in 20 groups: 50,000 and 10,000.

    A label is the number of the group, or with `fine_label` that of the class.  `root` is the
    folder of `train.bin` and `test.bin`, or of the archive `cifar-100-binary.tar.gz`; for the rest
    see CIFAR10.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.CIFAR100`.
    """

    _archive = "cifar-100-binary.tar.gz"
    _train_files = ("train.bin",)
    _test_files = ("test.bin",)
    _labels = 2

    def __init__(
        self,
        root: str = os.path.join(config.home, "datasets", "cifar100"),
        fine_label: bool = False,
        train: bool = True,
        transform: Callable | None = None,
    ):
        self._column = int(fine_label)
        super().__init__(root, train, transform)


class ImageRecordDataset(RecordFileDataset):
    """The images of a record file, with their labels; its index lies beside it.

    A sample is a pair of a uint8 NDArray (height, width, channels) and the label of the record, or
    what `transform(image, label)` makes of it.  `flag`: 1 for three channels, 0 for one of gray.

    Raises what RecordFileDataset raises, FileFormatError for what is no picture.

    >>> from mxbook import recordio
    >>> with recordio.MXIndexedRecordIO("a.idx", "a.rec", "w") as out:
    ...     picture = image.imencode(np.zeros((4, 5, 3), "uint8"), ".png")
    ...     out.write_idx(0, recordio.pack(recordio.IRHeader(0, 3.0, 0, 0), picture))
    >>> picture, label = ImageRecordDataset("a.rec")[0]
    >>> picture.shape, label
    ((4, 5, 3), 3.0)

    Source: MXNet 1.6, `mxnet.gluon.data.vision.ImageRecordDataset`.
    """

    def __init__(self, filename: str, flag: int = 1, transform: Callable | None = None):
        super().__init__(filename)
        self._flag = flag
        self._transform = transform

    def __getitem__(self, idx: int) -> Any:
        try:
            header, content = unpack(super().__getitem__(idx))
            picture = image.imdecode(content, self._flag)
        except MXNetError as error:
            error.place = (*error.place, ("record", f"number {idx} of {self.filename}"))
            raise
        if self._transform is not None:
            return self._transform(picture, header.label)
        return picture, header.label


class ImageFolderDataset(Dataset):
    """The images in the folders of a folder: one folder for each class.

    `synsets` are the names of the classes, in order, `items` pairs of path and class number.  A
    sample is a pair of a uint8 NDArray (height, width, channels) and the class number, or what
    `transform(image, label)` makes of it.  `flag`: 1 for three channels, 0 for one of gray.

    Other files than `.jpg`, `.jpeg` and `.png` are passed over, with a warning.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.ImageFolderDataset`.
    """

    def __init__(self, root: str, flag: int = 1, transform: Callable | None = None):
        self._root = os.path.expanduser(root)
        self._flag = flag
        self._transform = transform
        self._exts = list(ENDINGS)
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        self._list_images(self._root)

    def _list_images(self, root: str) -> None:
        for folder in sorted(os.listdir(root)):
            path = os.path.join(root, folder)
            if not os.path.isdir(path):
                warnings.warn(f"Ignoring {path}, which is not a directory.", stacklevel=3)
                continue
            for name in sorted(os.listdir(path)):
                ending = os.path.splitext(name)[1]
                if ending.lower() not in self._exts:
                    warnings.warn(
                        f"Ignoring {os.path.join(path, name)} of type {ending}. Only support "
                        + ", ".join(self._exts),
                        stacklevel=3,
                    )
                    continue
                self.items.append((os.path.join(path, name), len(self.synsets)))
            self.synsets.append(folder)

    def __getitem__(self, idx: int) -> Any:
        path, label = self.items[idx]
        picture = image.imread(path, self._flag)
        if self._transform is not None:
            return self._transform(picture, label)
        return picture, label

    def __len__(self) -> int:
        return len(self.items)
