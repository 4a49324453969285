"""MNISTIter: digits from the idx files of MNIST.

Source: MXNet 1.6, `mxnet.io.MNISTIter`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.formats.idx import read_idx
from mxbook.ops.params import Bool, Int, Text

from .backend import PARTS, PREFETCH, Maker, MXDataIter, Source, as_ndarray, batch_array
from .batches import DataBatch
from .order import Orders


class _MnistSource(Source):
    def __init__(self, p: Any):
        self.depth = p.prefetch_buffer
        images, labels = read_idx(p.image), read_idx(p.label)
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise FileFormatError(
                "these are not images with their labels",
                rule="images (number, height, width), and one label for each",
                values=[(p.image, str(images.shape)), (p.label, str(labels.shape))],
            )
        if p.part_index >= p.num_parts:
            raise ParameterError(
                f"there is no part {p.part_index} of {p.num_parts}",
                rule="0 <= part_index < num_parts",
            )
        first, last = (len(images) * i // p.num_parts for i in (p.part_index, p.part_index + 1))
        if last - first < p.batch_size:
            raise ParameterError(
                f"{last - first} images cannot fill a batch of {p.batch_size}",
                rule="number of input must be bigger than batch size",
            )
        if p.dtype is not None and p.dtype.kind != "f":
            raise ParameterError(
                f"dtype cannot be {p.dtype}", rule="a real type, as the numbers are from 0 to 1"
            )
        self._numbers = np.arange(first, last)
        if p.shuffle:  # once: all passes have the same order
            self._numbers = self._numbers[Orders(p.seed).order(len(self._numbers), 0)]
        self._images, self._labels = images, labels
        self._size, self._flat, self._dtype = p.batch_size, p.flat, p.dtype or DEFAULT

    def batches(self) -> Iterator[DataBatch]:
        """Full batches only, as in MXNet."""
        for start in range(0, len(self._numbers) - self._size + 1, self._size):
            numbers = self._numbers[start : start + self._size]
            data = batch_array((self._size, *self._images.shape[1:]), self._dtype)
            np.divide(self._images[numbers], DEFAULT.type(256), out=data, casting="unsafe")
            data = data.reshape(self._size, -1) if self._flat else data[:, None]
            label = self._labels[numbers].astype(DEFAULT)
            yield DataBatch([as_ndarray(data)], [as_ndarray(label)], 0, numbers.astype("uint64"))


_MNISTIter = Maker(
    "MNISTIter",
    (
        Text("image", "./train-images-idx3-ubyte", doc="The file of the images."),
        Text("label", "./train-labels-idx1-ubyte", doc="The file of the labels."),
        Int("batch_size", 128, low=1, doc="Images in a batch."),
        Bool("shuffle", True, doc="Whether the images are put into a random order, once."),
        Bool("flat", False, doc="Whether an image is one row of numbers; else (1, 28, 28)."),
        Int("seed", 0, doc="Decides the order."),
        Bool("silent", False, doc="Has no effect here."),
        *PARTS,
        *PREFETCH,
    ),
    _MnistSource,
)


@_MNISTIter
def MNISTIter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Batches of the digits of MNIST, as numbers from 0 to 1 (bytes divided by 256).

    What is left at the end and does not fill a batch is left out, as in MXNet.

    Raises FileFormatError for damaged files, ParameterError for fewer images than a batch has.

    Source: MXNet 1.6, `mxnet.io.MNISTIter`.
    """
    return _MNISTIter.make(args, kwargs)
