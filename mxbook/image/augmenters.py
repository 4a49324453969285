"""Augmenters: changes of an image, many of them random, as objects.

Call one with an image to get the changed image; `dumps` describes it.  Random numbers come from
Python's `random` and, for the light, from NumPy, in MXNet's order: the same seeds give MXNet's
images.  Some change the image they are given, as in MXNet; see each.

Source: MXNet 1.6, `mxnet.image.image`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.errors import ParameterError
from mxbook.ndarray import NDArray
from mxbook.resource import chance
from mxbook.resource.chance import python as random

from .image import (
    Size,
    _resized,
    center_crop,
    color_normalize,
    random_crop,
    random_size_crop,
    resize_short,
)

# ImageNet's colours: their mean, their standard deviation, and the directions in which they vary,
# with how much.
MEAN = [123.68, 116.28, 103.53]
STD = [58.395, 57.12, 57.375]
VARIANCES = [55.46, 4.794, 1.148]
DIRECTIONS = [
    [-0.5675, 0.7192, 0.4009],
    [-0.5808, -0.0045, -0.8140],
    [-0.5836, -0.6948, 0.4203],
]
BRIGHTNESS = [0.299, 0.587, 0.114]  # how bright red, green and blue look


class Augmenter:
    """Base class: define `__call__(src)`; what the constructor passes on is what `dumps` shows."""

    def __init__(self, **kwargs: Any):
        self._kwargs = {name: _plain(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """Name and parameters, as JSON.

        >>> ResizeAug(5, interp=1).dumps()
        '["resizeaug", {"size": 5, "interp": 1}]'
        """
        import json

        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image; subclasses define it."""
        raise TypeError(f"{type(self).__name__} must define __call__")


def _plain(value: Any) -> Any:
    """Arrays as lists."""
    if isinstance(value, NDArray):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, np.ndarray) else value


# ---- several augmenters


class SequentialAug(Augmenter):
    """Several augmenters, one after the other."""

    def __init__(self, ts: Sequence[Augmenter]):
        super().__init__()
        self.ts = ts

    def dumps(self) -> list:
        """The name, and what its augmenters say of themselves."""
        return [type(self).__name__.lower(), [t.dumps() for t in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        for change in self.ts:
            src = change(src)
        return src


class RandomOrderAug(Augmenter):
    """Several augmenters in an order that is drawn anew for each image."""

    def __init__(self, ts: list[Augmenter]):
        super().__init__()
        self.ts = ts

    def dumps(self) -> list:
        """The name, and what its augmenters say of themselves."""
        return [type(self).__name__.lower(), [t.dumps() for t in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        random.shuffle(self.ts)
        for change in self.ts:
            src = change(src)
        return src


# ---- another size


class ResizeAug(Augmenter):
    """`resize_short`: the shorter side becomes `size` long."""

    def __init__(self, size: int, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size = size
        self.interp = interp

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(Augmenter):
    """The image becomes `size` = (width, height), whatever its proportions."""

    def __init__(self, size: Size, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size = size
        self.interp = interp

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return _resized(src, self.size, self.interp)


class RandomCropAug(Augmenter):
    """`random_crop`: a part of `size` = (width, height), somewhere."""

    def __init__(self, size: Size, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size = size
        self.interp = interp

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return random_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """`random_size_crop`: a part of random size and proportions, resized to (width, height)."""

    def __init__(
        self, size: Size, area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any
    ):
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size = size
        self.area = kwargs.pop("min_area", area)
        if kwargs:
            raise ParameterError(
                "unexpected keyword arguments for `RandomSizedCropAug`.", rule="only min_area",
                values=[("given", ", ".join(kwargs))],
            )  # fmt: skip
        self.ratio = ratio
        self.interp = interp

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class CenterCropAug(Augmenter):
    """`center_crop`: the middle, `size` = (width, height)."""

    def __init__(self, size: Size, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size = size
        self.interp = interp

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return center_crop(src, self.size, self.interp)[0]


class HorizontalFlipAug(Augmenter):
    """The image turned over, left to right, with probability `p`."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return nd.flip(src, axis=1) if random.random() < self.p else src


# ---- other colours (of images with real numbers)


class BrightnessJitterAug(Augmenter):
    """`src` times a number between 1 - brightness and 1 + brightness; `src` is changed."""

    def __init__(self, brightness: float):
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        src *= 1.0 + random.uniform(-self.brightness, self.brightness)
        return src


class ContrastJitterAug(Augmenter):
    """Distances from the mean brightness of the image times a random number near 1; `src` is
    changed."""

    def __init__(self, contrast: float):
        super().__init__(contrast=contrast)
        self.contrast = contrast
        self.coef = nd.array([[BRIGHTNESS]])

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        factor = 1.0 + random.uniform(-self.contrast, self.contrast)
        gray = src * self.coef
        gray = (3.0 * (1.0 - factor) / gray.size) * nd.sum(gray)
        src *= factor
        src += gray
        return src


class SaturationJitterAug(Augmenter):
    """Distances of each pixel from its gray times a random number near 1; `src` is changed."""

    def __init__(self, saturation: float):
        super().__init__(saturation=saturation)
        self.saturation = saturation
        self.coef = nd.array([[BRIGHTNESS]])

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        factor = 1.0 + random.uniform(-self.saturation, self.saturation)
        gray = nd.sum(src * self.coef, axis=2, keepdims=True)
        gray *= 1.0 - factor
        src *= factor
        src += gray
        return src


class HueJitterAug(Augmenter):
    """Colours turned by up to `hue` half turns, either way, about the axis of gray.

    The turn happens in YIQ, the colour space of analogue television: brightness and two colours.
    """

    def __init__(self, hue: float):
        super().__init__(hue=hue)
        self.hue = hue
        self.tyiq = np.array(
            [[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]]
        )
        self.ityiq = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.705]])

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        angle = random.uniform(-self.hue, self.hue) * math.pi
        cos, sin = math.cos(angle), math.sin(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
        return nd.dot(src, nd.array((self.ityiq @ turn @ self.tyiq).T))


class ColorJitterAug(RandomOrderAug):
    """Brightness, contrast and saturation, in random order; those with 0 are left out."""

    def __init__(self, brightness: float, contrast: float, saturation: float):
        jitters: list[tuple[Callable, float]] = [
            (BrightnessJitterAug, brightness),
            (ContrastJitterAug, contrast),
            (SaturationJitterAug, saturation),
        ]
        super().__init__([make(limit) for make, limit in jitters if limit > 0])


class LightingAug(Augmenter):
    """Another light: `src` plus a random colour; `src` is changed.

    The colour is `eigvec @ (alpha * eigval)`, with three normal numbers alpha of the standard
    deviation `alphastd` (drawn by NumPy).
    """

    def __init__(self, alphastd: float, eigval: np.ndarray, eigvec: np.ndarray):
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd = alphastd
        self.eigval = eigval
        self.eigvec = eigvec

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        alpha = chance.numpy.normal(0, self.alphastd, size=(3,))
        src += nd.array(np.dot(self.eigvec * alpha, self.eigval))
        return src


class ColorNormalizeAug(Augmenter):
    """`color_normalize`: `(src - mean) / std`, each None to leave it out; `src` is changed."""

    def __init__(self, mean: Any, std: Any):
        super().__init__(mean=mean, std=std)
        self.mean = None if mean is None else nd.array(mean)
        self.std = None if std is None else nd.array(std)

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return color_normalize(src, self.mean, self.std)


class RandomGrayAug(Augmenter):
    """The image in shades of gray (still three channels) with probability `p`."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p
        self.mat = nd.array([[0.21] * 3, [0.72] * 3, [0.07] * 3])

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return nd.dot(src, self.mat) if random.random() < self.p else src


class CastAug(Augmenter):
    """The image in another element type."""

    def __init__(self, typ: str = "float32"):
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        """The changed image."""
        return src.astype(self.typ)


# ---- the usual ones


def color_augmenters(
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
) -> list[Augmenter]:
    """The augmenters of colour that are asked for, in MXNet's order."""
    found: list[Augmenter] = []
    if brightness or contrast or saturation:
        found.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        found.append(HueJitterAug(hue))
    if pca_noise > 0:
        found.append(LightingAug(pca_noise, np.array(VARIANCES), np.array(DIRECTIONS)))
    if rand_gray > 0:
        found.append(RandomGrayAug(rand_gray))
    return found


def normalizer(mean: Any, std: Any) -> list[Augmenter]:
    """A ColorNormalizeAug if `mean` or `std` is given; True stands for ImageNet's.

    Raises ParameterError unless they are None, True or an array with 1 or 3 numbers.
    """
    found = []
    for name, value, usual in (("mean", mean, MEAN), ("std", std, STD)):
        if value is True:
            value = np.array(usual)
        elif value is not None and not (
            isinstance(value, np.ndarray | NDArray) and value.shape[0] in (1, 3)
        ):
            raise ParameterError(
                f"{name} cannot be {value!r}", rule="None, True, or an array of 1 or 3 numbers"
            )
        found.append(value)
    return [] if mean is None and std is None else [ColorNormalizeAug(*found)]


def CreateAugmenter(  # noqa: N802 - MXNet's name
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """The usual augmenters of image classification, in the usual order.

    Parameters
    ----------
    data_shape
        (channels, height, width) of the result.
    resize
        Length of the shorter side before cutting, if above 0.
    rand_crop, rand_resize, rand_mirror
        Whether the part that is cut out lies anywhere, is of any size, is turned over.
    mean, std
        Subtracted and divided by; True for ImageNet's.
    brightness, contrast, saturation, hue, pca_noise, rand_gray
        How much colours change: see the augmenters of these names.
    inter_method
        How images are resized, see `imresize`.

    >>> [type(a).__name__ for a in CreateAugmenter((3, 224, 224), rand_crop=True, mean=True)]
    ['RandomCropAug', 'CastAug', 'ColorNormalizeAug']

    Source: MXNet 1.6, `mxnet.image.CreateAugmenter`.
    """
    found: list[Augmenter] = []
    if resize > 0:
        found.append(ResizeAug(resize, inter_method))
    size = (data_shape[2], data_shape[1])
    if rand_resize and not rand_crop:
        raise ParameterError("rand_resize needs rand_crop", rule="rand_crop=True")
    if rand_resize:
        found.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    else:
        found.append((RandomCropAug if rand_crop else CenterCropAug)(size, inter_method))
    if rand_mirror:
        found.append(HorizontalFlipAug(0.5))
    found.append(CastAug())
    found += color_augmenters(brightness, contrast, saturation, hue, pca_noise, rand_gray)
    # MXNet has single precision here, which `dumps` shows.
    mean = nd.array(MEAN) if mean is True else mean
    return found + normalizer(mean, nd.array(STD) if std is True else std)
