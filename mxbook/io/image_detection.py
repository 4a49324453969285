"""ImageDetRecordIter: images with objects, from record files.

The label of an image is its head length, the length of an object, perhaps more of the head, and the
objects: class, left, upper, right and lower edge as parts of the image, perhaps more.  In a batch
it comes behind channels, height, width (of the image in the array) and its own length.

Source: MXNet 1.6, the parameters of `mxnet.io.ImageDetRecordIter`; the steps are told apart by
what it answers.
"""

import math
import os
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import numpy as np

from mxbook.base.dtypes import TYPES
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.recordio import IRHeader, unpack

from . import pixels as px
from .backend import Maker, MXDataIter
from .image_changes import Numbers, mean_image, way
from .image_params import DETECTION
from .image_record import ImageSource
from .records import Records

FRONT = 4  # numbers before a label in a batch


class Objects(NamedTuple):
    """The objects of an image: `head` of the label, and a row for each: class, edges, more."""

    head: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, label: np.ndarray) -> "Objects":
        """From a label.  Raises FileFormatError where its lengths do not fit."""
        start, length = (int(n) for n in label[:2]) if len(label) > 1 else (0, 0)
        if start < 2 or length < 5 or len(label) < start or (len(label) - start) % length:
            raise FileFormatError(
                "Not enough label packed in img_list or rec file.",
                rule="length of the head, length of an object (at least 5), and whole objects",
                values=[("label", str(label[:8]))],
            )
        rows = np.array(label[start:], "float32").reshape(-1, length)
        return cls(np.array(label[:start], "float32"), rows)

    @property
    def boxes(self) -> np.ndarray:
        """The edges of each object: left, upper, right, lower."""
        return self.rows[:, 1:5]

    def moved(self, boxes: np.ndarray, keep: np.ndarray | None = None) -> "Objects":
        """The same objects (those to keep) with other edges."""
        rows = self.rows.copy()
        rows[:, 1:5] = boxes
        return Objects(self.head, rows if keep is None else rows[keep])

    def label(self) -> np.ndarray:
        """The numbers of a label."""
        return np.concatenate([self.head, self.rows.ravel()])


def areas(boxes: np.ndarray) -> np.ndarray:
    """The areas of boxes; those that are turned over have none."""
    return np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)


def common(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """What boxes have in common with a box."""
    low = np.maximum(boxes[..., :2], box[:2])
    return np.concatenate([low, np.minimum(boxes[..., 2:], box[2:])], axis=-1)


class DetectionChanges:
    """The changes of an image with objects; `p` has the parameters of `image_params.DETECTION`."""

    def __init__(self, p: Any):
        self.p = p
        self.size = (p.data_shape[2], p.data_shape[1])
        for name in _SAMPLER:
            given = len(getattr(p, name))
            if given not in (1, p.num_crop_sampler) and p.num_crop_sampler:
                raise ParameterError(
                    f"{name} has {given} numbers",
                    rule=f"one for each of the {p.num_crop_sampler} samplers, or one for all",
                )

    def __call__(
        self, image: np.ndarray, objects: Objects, rng: Random
    ) -> tuple[np.ndarray, Objects]:
        """Image and objects after all changes; the image fits into `data_shape`."""
        p = self.p
        if p.resize > 0:
            image = self._resized(image, px.short_side(image, p.resize), rng)
        image = self._coloured(image, rng)
        if rng.random() < p.rand_mirror_prob:
            image, objects = image[:, ::-1], _mirrored(objects)
        if p.max_pad_scale > 1 and rng.random() < p.rand_pad_prob:
            image, objects = self._padded(image, objects, rng)
        if p.num_crop_sampler and rng.random() < p.rand_crop_prob:
            image, objects = self._cut(image, objects, rng)
        return self._fitted(image, rng), objects

    def _resized(self, image: np.ndarray, size: px.Size, rng: Random) -> np.ndarray:
        return px.resized(image, size, way(self.p.inter_method, image.shape, size, rng))

    def _coloured(self, image: np.ndarray, rng: Random) -> np.ndarray:
        p = self.p
        tones = [
            rng.uniform(-limit, limit) if rng.random() < often else 0.0
            for limit, often in (
                (p.max_random_hue, p.random_hue_prob),
                (p.max_random_illumination, p.random_illumination_prob),
                (p.max_random_saturation, p.random_saturation_prob),
            )
        ]
        if any(tones):
            image = px.toned(image, *tones)
        if rng.random() < p.random_contrast_prob:
            limit = p.max_random_contrast
            image = px.coloured(image, [(px.brighter, 1 + rng.uniform(-limit, limit))])
        return image

    def _padded(
        self, image: np.ndarray, objects: Objects, rng: Random
    ) -> tuple[np.ndarray, Objects]:
        """The image somewhere on a larger one."""
        height, width, channels = image.shape
        scale = rng.uniform(1, self.p.max_pad_scale)
        tall, wide = int(height * scale), int(width * scale)
        x, y = rng.randint(0, wide - width), rng.randint(0, tall - height)
        canvas = np.full((tall, wide, channels), self.p.fill_value, "uint8")
        canvas[y : y + height, x : x + width] = image
        old, new, corner = (
            np.array(v * 2, "float64") for v in ((width, height), (wide, tall), (x, y))
        )
        return canvas, objects.moved((objects.boxes * old + corner) / new)

    def _cut(self, image: np.ndarray, objects: Objects, rng: Random) -> tuple[np.ndarray, Objects]:
        """A part of the image that one of the samplers agrees with, or all of it."""
        height, width = image.shape[:2]
        number = rng.randrange(self.p.num_crop_sampler)
        for _ in range(int(self._of("max_crop_trials", number))):
            part = self._candidate(number, width / height, rng)
            found = self._kept(objects, part) if self._agrees(number, objects, part) else None
            if found is None or not len(found.rows):
                continue
            x0, x1 = (int(v * width) for v in part[[0, 2]])
            y0, y1 = (int(v * height) for v in part[[1, 3]])
            if x1 > x0 and y1 > y0:
                return image[y0:y1, x0:x1], found
        return image, objects

    def _of(self, name: str, number: int) -> float:
        """A parameter of a sampler."""
        values = getattr(self.p, name)
        return values[number if len(values) > 1 else 0]

    def _candidate(self, number: int, proportion: float, rng: Random) -> np.ndarray:
        """Edges of a random part, as parts of the image."""
        scale = rng.uniform(
            self._of("min_crop_scales", number), self._of("max_crop_scales", number)
        )
        scale = min(max(scale, 1e-3), 1.0)
        low, high = (
            self._of(f"{end}_crop_aspect_ratios", number) / proportion for end in ("min", "max")
        )
        low, high = max(low, scale * scale), min(high, 1 / (scale * scale))
        ratio = math.sqrt(rng.uniform(low, high)) if low <= high else 1.0
        wide, tall = min(scale * ratio, 1.0), min(scale / ratio, 1.0)
        x, y = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - tall)
        return np.array([x, y, x + wide, y + tall])

    def _agrees(self, number: int, objects: Objects, part: np.ndarray) -> bool:
        """Whether some object lies in the part as the sampler wants it."""
        both = areas(common(objects.boxes, part))
        own, whole = areas(objects.boxes), areas(part)
        shares = {
            "overlaps": both / np.maximum(own + whole - both, 1e-12),
            "sample_coverages": both / max(whole, 1e-12),
            "object_coverages": both / np.maximum(own, 1e-12),
        }
        good = np.ones(len(own), bool)
        for name, share in shares.items():
            low, high = (self._of(f"{end}_crop_{name}", number) for end in ("min", "max"))
            if low > 0 or high < 1:
                good &= (share >= low) & (share <= high)
        return bool(good.any())

    def _kept(self, objects: Objects, part: np.ndarray) -> Objects:
        """The objects that are still there, with edges as parts of the part."""
        boxes = objects.boxes.astype("float64")
        inside = common(boxes, part)
        if self.p.crop_emit_mode == "center":
            center = (boxes[:, :2] + boxes[:, 2:]) / 2
            keep = ((center >= part[:2]) & (center <= part[2:])).all(axis=1)
        else:
            keep = areas(inside) > self.p.emit_overlap_thresh * areas(boxes)
        corner, size = np.tile(part[:2], 2), np.tile(part[2:] - part[:2], 2)
        return objects.moved((inside - corner) / size, keep & (areas(inside) > 0))

    def _fitted(self, image: np.ndarray, rng: Random) -> np.ndarray:
        """The image resized to `data_shape`, or as large as fits into it."""
        height, width = image.shape[:2]
        if self.p.resize_mode == "force":
            return self._resized(image, self.size, rng)
        scale = min(self.size[0] / width, self.size[1] / height)
        if scale >= 1 and self.p.resize_mode == "shrink":
            return image
        size = tuple(max(1, int(n * scale + 1e-6)) for n in (width, height))
        return self._resized(image, size, rng)


_SAMPLER = (
    *(f"{end}_crop_{name}" for end in ("min", "max") for name in (
        "scales", "aspect_ratios", "overlaps", "sample_coverages", "object_coverages"
    )),
    "max_crop_trials",
)  # fmt: skip


def _mirrored(objects: Objects) -> Objects:
    left, upper, right, lower = objects.boxes.T
    return objects.moved(np.stack([1 - right, upper, 1 - left, lower], axis=1))


class _DetectionImages(ImageSource):
    """Images with labels of any length, filled up to a common one."""

    def __init__(self, p: Any):
        records = Records(
            p.path_imgrec, "", p.part_index, p.num_parts, p.shuffle, p.seed,
            p.shuffle_chunk_size, p.shuffle_chunk_seed,
        )  # fmt: skip
        super().__init__(p, records, p.dtype or TYPES["float32"], p.seed)
        if p.aug_seq != "det_aug_default":
            raise ParameterError(f"there is no augmenter {p.aug_seq!r}", rule="det_aug_default")
        self._changes = DetectionChanges(p)
        mean = None
        if p.mean_img:
            if not os.path.exists(p.mean_img):
                raise FileNotFoundError(f"there is no file {p.mean_img}")
            mean = mean_image(p.mean_img, self.data_shape, tuple)
        self._numbers: Callable = Numbers(_WithoutMirror(p), mean)
        self.label_width = FRONT + (p.label_pad_width if p.label_pad_width > 0 else self._longest())

    def _longest(self) -> int:
        """The length of the longest label in the files."""
        everything = Records(self.p.path_imgrec).one_pass(0)
        lengths = (len(self.label_of(unpack(record.content)[0])) for record in everything)
        return max(lengths, default=0)

    def put(
        self, content: bytes, header: IRHeader, rng: Random, data: np.ndarray, label: np.ndarray
    ) -> None:
        """Put the image and the label of a record into their places in a batch."""
        p = self.p
        numbers = self.label_of(header)
        if p.label_width > 0 and len(numbers) != p.label_width:
            raise ParameterError(
                f"rec file provide {len(numbers)}-dimensional label but label_width is set to "
                f"{p.label_width}",
                rule="label_width is the number of numbers in each label, or -1",
            )
        image, objects = self._changes(self.decoded(content), Objects.of(numbers), rng)
        height, width = image.shape[:2]
        data[...] = 0
        self._numbers(image, rng, data[:, :height, :width])
        found = objects.label()
        if FRONT + len(found) > len(label):
            raise ParameterError(
                f"label_pad_width: {len(label) - FRONT} smaller than estimated width: {len(found)}",
                rule="label_pad_width is at least the length of the longest label",
            )
        label[...] = p.label_pad_value
        label[:FRONT] = (self.data_shape[0], height, width, len(found))
        label[FRONT : FRONT + len(found)] = found


class _WithoutMirror:
    """The parameters of `Numbers` that this iterator has, and no more of them."""

    mirror = rand_mirror = False
    max_random_contrast = max_random_illumination = 0.0

    def __init__(self, p: Any):
        self._p = p

    def __getattr__(self, name: str) -> Any:
        return getattr(self._p, name)


_ImageDetRecordIter = Maker("ImageDetRecordIter", DETECTION, _DetectionImages)


@_ImageDetRecordIter
def ImageDetRecordIter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Batches of images with objects, from record files, decoded and changed on threads.

    A row of the label is: channels, height and width of the image in the array (the rest of it is
    0), the length of the label, the label, and `label_pad_value` up to the common length.  A label
    is: length of its head, length of an object, perhaps more; then for each object class, left,
    upper, right and lower edge (as parts of the image), perhaps more.

    Raises FileFormatError, with file and record, for images and labels that cannot be read,
    ParameterError for parameters that do not fit.

    Source: MXNet 1.6, `mxnet.io.ImageDetRecordIter`.
    """
    return _ImageDetRecordIter.make(args, kwargs)
