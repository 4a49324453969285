"""ImageDetIter: batches of images with objects; the augmenters for these are here, too.

The label of an image is the length of its head, the length of an object, perhaps more of the head,
and for each object class, left, upper, right and lower edge (as parts of the image), perhaps more.

Source: MXNet 1.6, `mxnet.image.detection`.
"""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mxbook.base.errors import FileFormatError, ParameterError, ShapeError
from mxbook.formats import pictures
from mxbook.ndarray import NDArray
from mxbook.resource.chance import python as random

from .augmenters import MEAN, STD
from .detection_augmenters import (
    CreateDetAugmenter,
    CreateMultiRandCropAugmenter,
    DetAugmenter,
    DetBorrowAug,
    DetHorizontalFlipAug,
    DetRandomCropAug,
    DetRandomPadAug,
    DetRandomSelectAug,
)
from .iterator import ImageIter

__all__ = [
    "CreateDetAugmenter",
    "CreateMultiRandCropAugmenter",
    "DetAugmenter",
    "DetBorrowAug",
    "DetHorizontalFlipAug",
    "DetRandomCropAug",
    "DetRandomPadAug",
    "DetRandomSelectAug",
    "ImageDetIter",
]


class LabelError(FileFormatError, RuntimeError):
    """The label of an image does not hold objects."""


class ImageDetIter(ImageIter):
    """Batches of images with objects, read, decoded and changed as they are asked for.

    The label of a batch is (batch size, objects, numbers of an object), filled up with -1.  The
    parameters are those of ImageIter; by default images are changed by
    `CreateDetAugmenter(data_shape, **kwargs)`.

    >>> from pathlib import Path
    >>> from mxbook import image
    >>> picture = image.imencode(np.zeros((20, 30, 3), "uint8"), ".png")
    >>> _ = Path("a.png").write_bytes(picture)
    >>> objects = [2, 5, 0, 0.1, 0.1, 0.5, 0.5, 1, 0.2, 0.2, 0.9, 0.9]  # two of them
    >>> data = ImageDetIter(1, (3, 8, 8), imglist=[[objects, "a.png"]])
    >>> next(data).label[0].asnumpy()[0, :, 0]
    array([0., 1.], dtype=float32)

    Source: MXNet 1.6, `mxnet.image.ImageDetIter`.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence | None = None,
        imglist: list | None = None,
        data_name: str = "data",
        label_name: str = "label",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ):
        super().__init__(
            batch_size=batch_size,
            data_shape=data_shape,
            path_imgrec=path_imgrec,
            path_imglist=path_imglist,
            path_root=path_root,
            path_imgidx=path_imgidx,
            shuffle=shuffle,
            part_index=part_index,
            num_parts=num_parts,
            aug_list=[],
            imglist=imglist,
            data_name=data_name,
            label_name=label_name,
            last_batch_handle=last_batch_handle,
        )
        self.auglist = CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else aug_list
        self.label_shape = self._estimate_label_shape()
        self.provide_label = [(label_name, (batch_size, *self.label_shape))]

    def _estimate_label_shape(self) -> tuple[int, int]:
        """The largest number of objects of an image, and the numbers of an object."""
        self.reset()
        most, length = 0, 5
        while True:
            try:
                label, _ = self.next_sample()
            except StopIteration:
                break
            most, length = np.maximum((most, length), self._parse_label(label).shape)
        self.reset()
        return int(most), int(length)

    def _parse_label(self, label: Any) -> np.ndarray:
        """A row for each object of a label.

        Raises LabelError where lengths do not fit, or no object is left without those whose edges
        are turned over.
        """
        raw = np.ravel(label.asnumpy() if isinstance(label, NDArray) else label)
        if raw.size < 7:
            raise LabelError(f"Label shape is invalid: {raw.shape}", rule="at least 7 numbers")
        head, length = int(raw[0]), int(raw[1])
        if length < 5 or not 2 <= head <= raw.size or (raw.size - head) % length:
            raise LabelError(
                f"Label shape {raw.shape} inconsistent with annotation width {length}.",
                rule="length of the head, length of an object (at least 5), whole objects",
            )
        rows = raw[head:].reshape(-1, length)
        valid = (rows[:, 3] > rows[:, 1]) & (rows[:, 4] > rows[:, 2])
        if not valid.any():
            raise LabelError(
                "Encounter sample with no valid label.",
                rule="an object with left < right and upper < lower",
            )
        return rows[valid]

    def _check_valid_label(self, label: np.ndarray) -> None:
        """Raise LabelError unless this holds objects."""
        if label.ndim != 2 or label.shape[1] < 5:
            raise LabelError(f"Label with shape (1+, 5+) required, {label} received.")
        valid = (label[:, 0] >= 0) & (label[:, 3] > label[:, 1]) & (label[:, 4] > label[:, 2])
        if not valid.any():
            raise LabelError("Invalid label occurs.", rule="an object with a class and an area")

    def reshape(
        self,
        data_shape: tuple[int, int, int] | None = None,
        label_shape: tuple[int, int] | None = None,
    ) -> None:
        """Change the shape of images, and the number of objects for which there is room."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.provide_data = [(self.provide_data[0][0], (self.batch_size, *data_shape))]
            self.data_shape = tuple(data_shape)
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.provide_label = [(self.provide_label[0][0], (self.batch_size, *label_shape))]
            self.label_shape = tuple(label_shape)

    def check_label_shape(self, label_shape: tuple[int, ...]) -> None:
        """Raise ShapeError unless there is room for all objects in this shape."""
        if not len(label_shape) == 2:
            raise ShapeError("label_shape should have length 2", rule="(objects, numbers of each)")
        if label_shape[0] < self.label_shape[0]:
            raise ShapeError(
                f"Attempts to reduce label count from {self.label_shape[0]} to {label_shape[0]}, "
                "not allowed."
            )
        if label_shape[1] != self.label_shape[1]:
            raise ShapeError(
                f"label_shape object width inconsistent: {self.label_shape[1]} vs {label_shape[1]}."
            )

    def sync_label_shape(self, it: "ImageDetIter", verbose: bool = False) -> "ImageDetIter":
        """Give this iterator and another one room for the same number of objects; returns `it`.

        Raises ParameterError for what is no ImageDetIter, or has objects of another length.
        """
        if not isinstance(it, ImageDetIter):
            raise ParameterError("Synchronize with invalid iterator.", rule="an ImageDetIter")
        if self.label_shape[1] != it.label_shape[1]:
            raise ParameterError("object width mismatch.", rule="as many numbers for each object")
        most = max(self.label_shape[0], it.label_shape[0])
        for one in (self, it):
            if most > one.label_shape[0]:
                one.reshape(None, (most, one.label_shape[1]))
        if verbose and self.label_shape != it.label_shape:
            print(f"label shapes are {self.label_shape} now")
        return it

    def _batchify(self, batch_data: NDArray, batch_label: NDArray, start: int = 0) -> int:
        """Fill a batch from `start` on; how many images it has then."""
        i = start
        while i < self.batch_size:
            try:
                image, label = self._next_changed()
            except StopIteration:
                if i == 0:
                    raise
                break
            batch_data[i] = self.postprocess_data(image)
            rows = np.full(self.label_shape, -1.0, "float32")
            rows[: len(label)] = label
            batch_label[i] = rows
            i += 1
        return i

    def _next_changed(self) -> tuple[NDArray, np.ndarray]:
        """The next image and its objects, changed; samples without objects are left out."""
        while True:
            label, content = self.next_sample()
            image = self.imdecode(content)
            try:
                self.check_valid_image([image])
                image, rows = self.augmentation_transform(image, self._parse_label(label))
                self._check_valid_label(rows)
            except LabelError as error:
                import logging

                logging.debug("Invalid image, skipping: %s", error)
                continue
            return image, rows

    def augmentation_transform(  # type: ignore[override]
        self, data: NDArray, label: np.ndarray
    ) -> tuple[NDArray, np.ndarray]:
        """Image and objects after all augmenters."""
        for change in self.auglist:
            data, label = change(data, label)
        return data, label

    def draw_next(
        self,
        color: Any = None,
        thickness: int = 2,
        mean: Any = None,
        std: Any = None,
        clip: bool = True,
        waitKey: int | None = None,
        window_name: str = "draw_next",
        id2labels: Any = None,
    ) -> Iterator[np.ndarray]:
        """The images of a pass with their objects framed, as uint8 arrays (height, width, 3).

        Parameters
        ----------
        color
            (red, green, blue) of all frames; a random one for each by default.
        thickness
            Of the lines.
        mean, std
            What was subtracted and divided by; True for ImageNet's.
        clip
            Whether numbers are cut off at 0 and 255.
        waitKey, window_name
            With a number of milliseconds, OpenCV shows each image so long in this window.
        id2labels
            Names of the classes, by their numbers.
        """
        while True:
            try:
                image, label = self._next_changed()
            except StopIteration:
                return
            pixels = image.astype("float32").asnumpy()
            for given, usual, undo in ((std, STD, np.multiply), (mean, MEAN, np.add)):
                if given is not None:
                    pixels = undo(pixels, np.array(usual if given is True else given, "float32"))
            pixels = np.clip(pixels, 0, 255) if clip else pixels
            framed = _framed(pixels.astype("uint8"), label, color, thickness, id2labels)
            if waitKey is not None:
                pictures.opencv().imshow(window_name, framed[..., ::-1])
                pictures.opencv().waitKey(waitKey)
            yield framed


def _framed(
    pixels: np.ndarray, label: np.ndarray, color: Any, thickness: int, names: Any
) -> np.ndarray:
    """An image with a frame around each object, and the names of their classes."""
    image = pictures.pillow().fromarray(pixels)
    pen = importlib.import_module("PIL.ImageDraw").Draw(image)
    height, width = pixels.shape[:2]
    known = names if isinstance(names, dict) else dict(enumerate(names or ()))
    for row in label:
        edges = [round(v) for v in row[1:5] * np.array([width, height, width, height])]
        line = tuple(color) if color else tuple(random.randrange(256) for _ in range(3))
        pen.rectangle(edges, outline=line, width=thickness)
        if int(row[0]) in known:
            pen.text((edges[0] + thickness, edges[1]), str(known[int(row[0])]), fill=line)
    return np.array(image)
