"""Augmenters of images with objects: the image and the edges of the objects change together.

A label is a NumPy array with a row for each object: class, left, upper, right, lower edge (as parts
of the image), perhaps more.  Random numbers are drawn by Python's `random`, in MXNet's order.

Source: MXNet 1.6, `mxnet.image.detection`.
"""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.errors import ParameterError
from mxbook.ndarray import NDArray
from mxbook.resource.chance import python as random

from .augmenters import (
    Augmenter,
    CastAug,
    ForceResizeAug,
    ResizeAug,
    _plain,
    color_augmenters,
    normalizer,
)
from .image import Box, copyMakeBorder, fixed_crop

Range = tuple[float, float]
Pair = tuple[NDArray, np.ndarray]
NOT_WORTH = 2  # pixels: smaller parts and margins do not count


class DetAugmenter:
    """Base class: define `__call__(src, label)`; what the constructor passes on is what `dumps`
    shows."""

    def __init__(self, **kwargs: Any):
        self._kwargs = {name: _plain(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """Name and parameters, as JSON.

        >>> DetHorizontalFlipAug(0.5).dumps()
        '["dethorizontalflipaug", {"p": 0.5}]'
        """
        import json

        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray, label: np.ndarray) -> Pair:
        """The changed image and label; subclasses define it."""
        raise TypeError(f"{type(self).__name__} must define __call__")


class DetBorrowAug(DetAugmenter):
    """An augmenter of images that leaves edges where they are, such as those of colours.

    Raises TypeError for what is no Augmenter.
    """

    def __init__(self, augmenter: Augmenter):
        if not isinstance(augmenter, Augmenter):
            raise TypeError("Borrowing from invalid Augmenter")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> list:
        """The name, and what the augmenter says of itself."""
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: np.ndarray) -> Pair:
        """The changed image, and the label as it is."""
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One of several augmenters, drawn anew for each image; none with probability `skip_prob`.

    Raises ParameterError for what is no DetAugmenter.
    """

    def __init__(self, aug_list: Any, skip_prob: float = 0):
        super().__init__(skip_prob=skip_prob)
        aug_list = list(aug_list) if isinstance(aug_list, list | tuple) else [aug_list]
        if not all(isinstance(aug, DetAugmenter) for aug in aug_list):
            raise ParameterError("Allow DetAugmenter in list only", rule="DetAugmenters")
        self.aug_list = aug_list
        self.skip_prob = skip_prob if aug_list else 1

    def dumps(self) -> list:
        """The name, and what its augmenters say of themselves."""
        return [type(self).__name__.lower(), [aug.dumps() for aug in self.aug_list]]

    def __call__(self, src: NDArray, label: np.ndarray) -> Pair:
        """The image and the label, changed by one of the augmenters."""
        if random.random() < self.skip_prob:
            return src, label
        random.shuffle(self.aug_list)
        return self.aug_list[0](src, label)


class DetHorizontalFlipAug(DetAugmenter):
    """The image turned over, left to right, with probability `p`; `label` is changed."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: np.ndarray) -> Pair:
        """Image and label, turned over or as they were."""
        if random.random() < self.p:
            src = nd.flip(src, axis=1)
            label[:, [1, 3]] = 1.0 - label[:, [3, 1]]
        return src, label


# ---- boxes


def box_areas(boxes: np.ndarray) -> np.ndarray:
    """The areas of boxes (left, upper, right, lower); none of those that are turned over.

    >>> box_areas(np.array([[0, 0, 2, 3], [2, 0, 1, 1]]))
    array([6, 0])
    """
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return np.maximum(width, 0) * np.maximum(height, 0)


def _common(boxes: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """What each box has in common with one box."""
    return np.concatenate(
        [np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:4], box[2:])], axis=1
    )


def _as_range(value: Any) -> Any:
    """A number as a range of one."""
    return value if isinstance(value, tuple | list) else (value, value)


class DetRandomCropAug(DetAugmenter):
    """A random part of the image; objects of which too little is left are dropped.

    Parts are tried until one is found (at most `max_attempts`) of which the object that is covered
    worst, of those that are covered at all, is covered more than `min_object_covered`.

    Parameters
    ----------
    min_object_covered
        How much of an object must be in the part.
    aspect_ratio_range, area_range
        Width by height, and the share of the image, of the part; numbers stand for ranges of one.
    min_eject_coverage
        Objects of which less is left are dropped.
    max_attempts
        How often is tried.
    """

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: Range = (0.75, 1.33),
        area_range: Range = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ):
        aspect_ratio_range, area_range = _as_range(aspect_ratio_range), _as_range(area_range)
        super().__init__(
            min_object_covered=min_object_covered,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            min_eject_coverage=min_eject_coverage,
            max_attempts=max_attempts,
        )
        self.min_object_covered = min_object_covered
        self.min_eject_coverage = min_eject_coverage
        self.max_attempts = max_attempts
        self.aspect_ratio_range = aspect_ratio_range
        self.area_range = area_range
        self.enabled = _possible(self, area_range[1] > 0)

    def __call__(self, src: NDArray, label: np.ndarray) -> Pair:
        """A part of the image with the objects in it, or both as they were."""
        height, width = src.shape[:2]
        if not self.enabled or height <= 0 or width <= 0:
            return src, label
        for _ in range(self.max_attempts):
            part = self._part(height, width)
            if part and self._covers(label, part, height, width):
                kept = self._kept(label, part, height, width)
                if len(kept):
                    return fixed_crop(src, *part, None), kept
        return src, label

    def _part(self, height: int, width: int) -> Box | None:
        """A part (x, y, width, height) within the ranges; None when rounding makes that fail."""
        ratio = random.uniform(*self.aspect_ratio_range)
        if ratio <= 0:
            return None
        least, most = (share * height * width for share in self.area_range)
        h, tallest = (round(math.sqrt(area / ratio)) for area in (least, most))
        if round(tallest * ratio) > width:
            tallest = int((width + 0.4999999) / ratio)
        tallest = min(tallest, height)
        h = min(h, tallest)
        if h < tallest:
            h = random.randint(h, tallest)
        w = round(h * ratio)
        if w * h < least:
            h += 1
            w = round(h * ratio)
        if w * h > most:
            h -= 1
            w = round(h * ratio)
        if not (least <= w * h <= most and 0 <= w <= width and 0 <= h <= height):
            return None
        y = random.randint(0, max(0, height - h))
        x = random.randint(0, max(0, width - w))
        return x, y, w, h

    def _covers(self, label: np.ndarray, part: Box, height: int, width: int) -> bool:
        """Whether the objects that are in the part at all are in it enough."""
        x, y, w, h = part
        if w * h < NOT_WORTH:
            return False
        areas = box_areas(label[:, 1:])
        worth = areas * width * height > NOT_WORTH
        if not worth.any():
            return False
        edges = [x / width, y / height, (x + w) / width, (y + h) / height]
        shares = box_areas(_common(label[worth, 1:5], edges)) / areas[worth]
        shares = shares[shares > 0]
        return bool(shares.size and shares.min() > self.min_object_covered)

    def _kept(self, label: np.ndarray, part: Box, height: int, width: int) -> np.ndarray:
        """The objects of which enough is in the part, with edges as shares of the part."""
        x, y, w, h = part[0] / width, part[1] / height, part[2] / width, part[3] / height
        found = label.copy()
        found[:, 1:5] = np.clip((found[:, 1:5] - [x, y, x, y]) / [w, h, w, h], 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = box_areas(found[:, 1:]) * w * h / box_areas(label[:, 1:])
        good = (found[:, 3] > found[:, 1]) & (found[:, 4] > found[:, 2])
        return found[good & (left > self.min_eject_coverage)]


class DetRandomPadAug(DetAugmenter):
    """The image somewhere on a larger one of the colour `pad_val`.

    Parameters
    ----------
    aspect_ratio_range, area_range
        Width by height, and size in images, of the larger one; numbers stand for ranges of one.
    max_attempts
        How often is tried to find one that is larger in both directions.
    pad_val
        A number for each channel.
    """

    def __init__(
        self,
        aspect_ratio_range: Range = (0.75, 1.33),
        area_range: Range = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: Any = (128, 128, 128),
    ):
        aspect_ratio_range, area_range = _as_range(aspect_ratio_range), _as_range(area_range)
        super().__init__(
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            pad_val=pad_val,
        )
        self.pad_val = pad_val
        self.aspect_ratio_range = aspect_ratio_range
        self.area_range = area_range
        self.max_attempts = max_attempts
        self.enabled = _possible(self, area_range[1] > 1.0)

    def __call__(self, src: NDArray, label: np.ndarray) -> Pair:
        """A larger image with the objects in it, or both as they were."""
        height, width = src.shape[:2]
        place = self._place(height, width)
        if place is None:
            return src, label
        x, y, w, h = place
        values = self.pad_val if isinstance(self.pad_val, tuple | list) else (self.pad_val,)
        src = copyMakeBorder(src, y, h - y - height, x, w - x - width, 0, values=values)
        label = label.copy()
        label[:, [1, 3]] = (label[:, [1, 3]] * width + x) / w
        label[:, [2, 4]] = (label[:, [2, 4]] * height + y) / h
        return src, label

    def _place(self, height: int, width: int) -> Box | None:
        """Where the image lies (x, y) on a larger one (width, height)."""
        if not self.enabled or height <= 0 or width <= 0:
            return None
        least, most = (share * height * width for share in self.area_range)
        for _ in range(self.max_attempts):
            ratio = random.uniform(*self.aspect_ratio_range)
            if ratio <= 0:
                continue
            h, tallest = (round(math.sqrt(area / ratio)) for area in (least, most))
            if round(h * ratio) < width:
                h = int((width + 0.499999) / ratio)
            h = min(max(h, height), tallest)
            if h < tallest:
                h = random.randint(h, tallest)
            w = round(h * ratio)
            if h - height < NOT_WORTH or w - width < NOT_WORTH:
                continue
            y = random.randint(0, max(0, h - height))
            x = random.randint(0, max(0, w - width))
            return x, y, w, h
        return None


def _possible(aug: Any, area_possible: bool) -> bool:
    """Whether an augmenter's ranges have anything in them; else a warning says that it is off."""
    wrong = ""
    if not area_possible or aug.area_range[0] > aug.area_range[1]:
        wrong = f"area_range: {aug.area_range}"
    elif not 0 < aug.aspect_ratio_range[0] <= aug.aspect_ratio_range[1]:
        wrong = f"aspect_ratio_range: {aug.aspect_ratio_range}"
    if wrong:
        warnings.warn(f"Skip {type(aug).__name__} due to invalid {wrong}", stacklevel=3)
    return not wrong


# ---- the usual ones


def CreateMultiRandCropAugmenter(  # noqa: N802 - MXNet's name
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """Several DetRandomCropAug, of which one is drawn for each image.

    Lists have a value for each of them, anything else stands for all.  Raises ParameterError for
    lists of different lengths.

    >>> len(CreateMultiRandCropAugmenter(min_object_covered=[0.1, 0.3, 0.5]).aug_list)
    3

    Source: MXNet 1.6, `mxnet.image.CreateMultiRandCropAugmenter`.
    """
    given = {
        "min_object_covered": min_object_covered,
        "aspect_ratio_range": aspect_ratio_range,
        "area_range": area_range,
        "min_eject_coverage": min_eject_coverage,
        "max_attempts": max_attempts,
    }
    lists = {name: v if isinstance(v, list) else [v] for name, v in given.items()}
    count = max(map(len, lists.values()))
    for name, values in lists.items():
        if len(values) not in (1, count):
            raise ParameterError(
                f"{name} has {len(values)} values", rule=f"one, or one for each of {count}"
            )
    crops = [
        DetRandomCropAug(**{name: v[i if len(v) > 1 else 0] for name, v in lists.items()})
        for i in range(count)
    ]
    return DetRandomSelectAug(crops, skip_prob=skip_prob)


def CreateDetAugmenter(  # noqa: N802 - MXNet's name
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = 2,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    pad_val: Any = (127, 127, 127),
) -> list[DetAugmenter]:
    """The usual augmenters of object detection, in the usual order.

    data_shape
        (channels, height, width) of the result.
    resize
        Length of the shorter side, if above 0, before anything else.
    rand_crop, rand_pad, rand_gray, rand_mirror
        How often a part is cut out, the image is put on a larger one, or becomes gray; whether it
        is turned over every other time.
    mean, std
        Subtracted and divided by; True for ImageNet's.
    brightness, contrast, saturation, hue, pca_noise, inter_method
        How much colours change, how images are resized: see the augmenters of `mx.image`.
    min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts
        Of DetRandomCropAug; lists for several of them, of which one is drawn.  The first two
        ranges count for DetRandomPadAug, too.
    pad_val
        The colour around an image on a larger one.

    Source: MXNet 1.6, `mxnet.image.CreateDetAugmenter`.
    """
    found: list[DetAugmenter] = []
    if resize > 0:
        found.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        crop = (min_object_covered, aspect_ratio_range, area_range, min_eject_coverage)
        found.append(CreateMultiRandCropAugmenter(*crop, max_attempts, skip_prob=1 - rand_crop))
    if rand_mirror > 0:
        found.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:  # late, as it makes more work for what follows
        pad = DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts, pad_val)
        found.append(DetRandomSelectAug([pad], 1 - rand_pad))
    size = (data_shape[2], data_shape[1])
    plain: list[Augmenter] = [ForceResizeAug(size, inter_method), CastAug()]
    plain += color_augmenters(brightness, contrast, saturation, hue, pca_noise, rand_gray)
    plain += normalizer(mean, std)
    return found + [DetBorrowAug(aug) for aug in plain]
