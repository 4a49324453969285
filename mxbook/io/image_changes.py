"""What ImageRecordIter does with an image: changes of its pixels, then numbers from pixels.

Source: MXNet 1.6, the parameters of `mxnet.io.ImageRecordIter`; the steps are told apart by
what it answers.
"""

import math
import os
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError
from mxbook.formats import params

from . import pixels as px
from .image_params import COLOURS

Part = tuple[int, int, int, int]  # x, y, width, height
AUTO, ANY = 9, 10  # ways of resizing: what suits the sizes, any


def way(interp: int, old: tuple[int, ...], new: px.Size, rng: Random) -> int:
    """The way of resizing for a method that may be AUTO or ANY; `old` is height, width, ..."""
    if interp == ANY:
        return rng.randint(0, 4)
    if interp != AUTO:
        return interp
    larger = (new[0] > old[1], new[1] > old[0])
    smaller = (new[0] < old[1], new[1] < old[0])
    return 2 if all(larger) else 3 if all(smaller) else 1


def _size(image: np.ndarray) -> px.Size:
    return image.shape[1], image.shape[0]


def _cut_out(image: np.ndarray, part: Part) -> np.ndarray:
    x, y, width, height = part
    return image[y : y + height, x : x + width]


class Changes:
    """An image made ready to be cut, cut to (height, width) of `data_shape`, and coloured.

    `p` has the parameters of `image_params.CHANGES`.  Raises ParameterError where they exclude
    each other, or an image is too small.
    """

    def __init__(self, p: Any):
        self.p = p
        self.size = (p.data_shape[2], p.data_shape[1])
        fixed = p.min_crop_size == p.max_crop_size == -1 and not p.rand_crop
        if p.random_resized_crop and not (fixed and p.min_random_scale == p.max_random_scale == 1):
            raise ParameterError(
                "random_resized_crop conflicts with min_random_scale, max_random_scale, "
                "min_crop_size, max_crop_size, and rand_crop",
                rule="one way of cutting",
            )
        stretched = p.min_random_scale != 1 or p.max_random_scale != 1
        shaped = not p.random_resized_crop and (p.max_aspect_ratio or p.min_aspect_ratio)
        self._turns = bool(
            p.max_rotate_angle or p.rotate > 0 or p.max_shear_ratio or stretched or shaped
        )
        plain = p.max_crop_size == p.min_crop_size == -1 and not p.random_resized_crop
        self._only_cut = plain and not self._turns and not p.pad
        self._colours = bool(
            p.brightness or p.contrast or p.saturation or p.pca_noise
            or p.random_h or p.random_s or p.random_l
        )  # fmt: skip

    def __call__(self, image: np.ndarray, rng: Random) -> np.ndarray:
        """The image after all changes."""
        if self.p.resize > 0:
            size = px.short_side(image, self.p.resize)
            if self._only_cut and size[0] >= self.size[0] and size[1] >= self.size[1]:
                # What is cut away need not be computed.
                part = self._part(size, self.size, rng)
                interp = way(self.p.inter_method, image.shape, size, rng)
                image = px.resized(image, size, interp, part)
                return self._coloured(image, rng) if self._colours else image
            image = self._resized(image, size, rng)
        if self._turns:
            image = self._turned(image, rng)
        if self.p.pad:
            image = px.with_border(image, self.p.pad, self.p.fill_value)
        image = self._cut(image, rng)
        return self._coloured(image, rng) if self._colours else image

    def _resized(self, image: np.ndarray, size: px.Size, rng: Random) -> np.ndarray:
        return px.resized(image, size, way(self.p.inter_method, image.shape, size, rng))

    def _ratio(self, rng: Random) -> float:
        """Width by height."""
        p = self.p
        if p.min_aspect_ratio is not None:
            return rng.uniform(p.min_aspect_ratio, p.max_aspect_ratio)
        return rng.uniform(1 - p.max_aspect_ratio, 1 + p.max_aspect_ratio)

    def _turned(self, image: np.ndarray, rng: Random) -> np.ndarray:
        """The image turned about its middle, sheared and stretched."""
        p = self.p
        height, width = image.shape[:2]
        shear = rng.uniform(-p.max_shear_ratio, p.max_shear_ratio)
        angle = rng.randint(-p.max_rotate_angle, p.max_rotate_angle)
        angle = math.radians(p.rotate if p.rotate > 0 else angle)
        cos, sin = math.cos(angle), math.sin(angle)
        scale = rng.uniform(p.min_random_scale, p.max_random_scale)
        ratio = 1.0 if p.random_resized_crop else self._ratio(rng)
        tall = 2 * scale / (1 + ratio)
        wide = ratio * tall
        size = tuple(
            int(max(p.min_img_size, min(p.max_img_size, scale * n))) for n in (width, height)
        )
        turn = np.array(
            [[tall * cos - shear * sin * wide, tall * sin + shear * cos * wide],
             [-sin * wide, cos * wide]]
        )  # fmt: skip
        middle = (np.array(size) - turn @ [width, height]) / 2
        interp = way(p.inter_method, image.shape, size, rng)
        return px.warped(image, np.column_stack([turn, middle]), size, interp, p.fill_value)

    def _cut(self, image: np.ndarray, rng: Random) -> np.ndarray:
        p = self.p
        if p.random_resized_crop:
            part = self._any_part(image, rng)
            if part:
                return self._resized(_cut_out(image, part), self.size, rng)
        elif p.max_crop_size != -1 or p.min_crop_size != -1:
            sides = [s for s in (p.min_crop_size, p.max_crop_size) if s != -1]
            if max(sides) > min(image.shape[:2]) or sides[0] > sides[-1]:
                raise ParameterError(
                    "input image size smaller than max_crop_size",
                    rule="min_crop_size <= max_crop_size <= height and width of each image",
                    values=[("image", str(image.shape))],
                )
            side = rng.randint(sides[0], sides[-1])
            square = _cut_out(image, self._part(_size(image), (side, side), rng))
            return self._resized(square, self.size, rng)
        image = self._large_enough(image, rng)
        return _cut_out(image, self._part(_size(image), self.size, rng))

    def _any_part(self, image: np.ndarray, rng: Random) -> Part | None:
        """A part of random area and proportions; None if none fits."""
        height, width = image.shape[:2]
        for _ in range(10):
            area = rng.uniform(self.p.min_random_area, self.p.max_random_area) * height * width
            ratio = self._ratio(rng)
            part = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < part[0] <= width and 0 < part[1] <= height:
                x, y = rng.randint(0, width - part[0]), rng.randint(0, height - part[1])
                return (x, y, *part)
        return None

    def _large_enough(self, image: np.ndarray, rng: Random) -> np.ndarray:
        """An image that is too small made larger, in proportion."""
        width, height = self.size
        if image.shape[0] < height:
            image = self._resized(image, (height * image.shape[1] // image.shape[0], height), rng)
        if image.shape[1] < width:
            image = self._resized(image, (width, width * image.shape[0] // image.shape[1]), rng)
        return image

    def _part(self, whole: px.Size, size: px.Size, rng: Random) -> Part:
        """The middle, or a part anywhere with `rand_crop`."""
        spare = whole[0] - size[0], whole[1] - size[1]
        if self.p.rand_crop:
            return (rng.randint(0, spare[0]), rng.randint(0, spare[1]), *size)
        return (spare[0] // 2, spare[1] // 2, *size)

    def _coloured(self, image: np.ndarray, rng: Random) -> np.ndarray:
        p = self.p
        steps: list[tuple[Callable, float]] = [
            (px.brighter, p.brightness),
            (px.contrasted, p.contrast),
            (px.saturated, p.saturation),
        ]
        rng.shuffle(steps)
        chosen = [(step, 1 + rng.uniform(-limit, limit)) for step, limit in steps if limit]
        if chosen:
            image = px.coloured(image, chosen)
        if p.pca_noise:
            image = px.lit(image, np.array([rng.gauss(0, p.pca_noise) for _ in range(3)]))
        limits = p.random_h, p.random_l, p.random_s
        if any(limits):
            image = px.toned(image, *(rng.uniform(-limit, limit) for limit in limits))
        return image


class Numbers:
    """Pixels as the numbers of a batch: turned over, minus a mean, times a scale; channels first.

    `((pixel - mean) * contrast + illumination) * scale / std`

    `p` has the parameters of `image_params.NUMBERS`.  `mean_image` (channels, height, width), if
    any, is subtracted in place of the means of the channels.
    """

    def __init__(self, p: Any, mean_image: np.ndarray | None = None):
        channels = p.data_shape[0]
        self._mirror, self._rand_mirror = p.mirror, p.rand_mirror
        self._contrast, self._light = p.max_random_contrast, p.max_random_illumination
        self._mean = [getattr(p, f"mean_{c}") for c in COLOURS[:channels]]
        self._scale = [p.scale / (getattr(p, f"std_{c}") or 1) for c in COLOURS[:channels]]
        self._mean_image = mean_image

    def __call__(self, image: np.ndarray, rng: Random, out: np.ndarray) -> None:
        """Put the numbers of an image into `out`, (channels, height, width)."""
        if self._mirror or (self._rand_mirror and rng.random() < 0.5):
            image = image[:, ::-1]
        contrast, light = 1.0, 0.0
        if self._contrast or self._light:
            contrast += rng.uniform(-self._contrast, self._contrast)
            light += rng.uniform(-self._light, self._light)
        for c, numbers in enumerate(out):
            self._channel(image[..., c], c, contrast, light, numbers)

    def _channel(
        self, values: np.ndarray, c: int, contrast: float, light: float, out: np.ndarray
    ) -> None:
        """One channel; in few passes over the numbers, as this is what costs time."""
        mean, scale = self._mean[c], self._scale[c]
        if self._mean_image is not None:
            np.subtract(values, self._mean_image[c], out=out, casting="unsafe")
            mean = 0
        elif contrast * scale == 1 and mean == light == 0:
            out[...] = values
            return
        else:
            np.subtract(values, np.float32(mean), out=out, casting="unsafe")
        if contrast != 1 or scale != 1:
            out *= out.dtype.type(contrast * scale)
        if light:
            out += out.dtype.type(light * scale)


class Bytes:
    """Pixels as bytes, channels first; int8 has no more than 127."""

    def __call__(self, image: np.ndarray, rng: Random, out: np.ndarray) -> None:
        """Put the pixels of an image into `out`, (channels, height, width)."""
        if out.dtype == np.int8:
            image = np.minimum(image, 127)
        out[...] = image.transpose(2, 0, 1)


def mean_image(path: str, shape: tuple[int, ...], images: Callable[[], Any]) -> np.ndarray:
    """The mean image in a file; if there is none, that of `images()`, which is written.

    The file is a `.params` file with an array `mean_img` (channels, height, width).
    Raises ParameterError for a file without one of this shape, FileFormatError for damaged ones.
    """
    if not os.path.exists(path):
        total, count = np.zeros(shape, "float64"), 0
        for image in images():
            total += image.transpose(2, 0, 1)
            count += 1
        params.save(path, [(total / count).astype("float32")], ["mean_img"])
    arrays, names = params.load(path)
    found: Any = dict(zip(names, arrays, strict=True)).get("mean_img")
    if found is None or found.shape != tuple(shape):
        raise ParameterError(
            "this is not the mean image of these images",
            rule=f"an array mean_img of the shape {tuple(shape)}",
            values=[("found", ", ".join(names) if found is None else str(found.shape))],
            place=[("file", path)],
        )
    return found
