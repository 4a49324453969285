"""What is done to images before a network sees them: blocks for `dataset.transform_first`."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from mxbook import image
from mxbook.base.errors import ParameterError
from mxbook.gluon.block import Block, HybridBlock
from mxbook.gluon.nn import HybridSequential, Sequential

__all__ = [
    "Cast",
    "CenterCrop",
    "Compose",
    "CropResize",
    "Normalize",
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomFlipLeftRight",
    "RandomFlipTopBottom",
    "RandomHue",
    "RandomLighting",
    "RandomResizedCrop",
    "RandomSaturation",
    "Resize",
    "ToTensor",
]


class Compose(Sequential):
    """Several transforms, one after the other.

    Neighbours that are HybridBlocks are put together and hybridized.

    >>> from mxbook import nd
    >>> both = Compose([ToTensor(), Normalize(0.5, 0.5)])
    >>> both(nd.zeros((28, 28, 1), dtype="uint8")).shape
    (1, 28, 28)

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.Compose`.
    """

    def __init__(self, transforms: Sequence[Callable]):
        super().__init__()
        for hybrid, group in groupby(transforms, key=lambda t: isinstance(t, HybridBlock)):
            if not hybrid:
                self.add(*group)
                continue
            found = list(group)
            together = found[0]
            if len(found) > 1:
                together = HybridSequential()
                together.add(*found)
            together.hybridize()
            self.add(together)


class Cast(HybridBlock):
    """The values in another element type.

    >>> from mxbook import nd
    >>> Cast("float16")(nd.ones(2)).dtype
    <class 'numpy.float16'>

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.Cast`.
    """

    def __init__(self, dtype: Any = "float32"):
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Convert."""
        return F.cast(x, dtype=self._dtype)


class ToTensor(HybridBlock):
    """An image of 0 ... 255 as a float32 array of 0 ... 1, with the channels first.

    (height, width, channels) becomes (channels, height, width); a batch of images has one more
    axis in front.

    >>> from mxbook import nd
    >>> ToTensor()(nd.full((2, 3, 1), 255, dtype="uint8")).asnumpy().tolist()
    [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.ToTensor`.
    """

    def __init__(self):
        super().__init__()

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move the channels to the front and divide by 255."""
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """(image - mean) / std for an array (channels, height, width) or a batch of these.

    `mean` and `std` are numbers, or one number for each of the 1 or 3 channels.

    >>> from mxbook import nd
    >>> Normalize(mean=0.5, std=0.25)(nd.ones((1, 1, 2))).asnumpy().tolist()
    [[[2.0, 2.0]]]

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.Normalize`.
    """

    def __init__(self, mean: float | Sequence[float] = 0.0, std: float | Sequence[float] = 1.0):
        super().__init__()
        self._mean = mean
        self._std = std

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Subtract and divide."""
        return F.image.normalize(x, mean=self._mean, std=self._std)


# ---- parts and sizes


def _pair(size: Any) -> tuple[int, int]:
    """(width, height); a number stands for both."""
    return (size, size) if isinstance(size, int) else tuple(size)


class RandomResizedCrop(Block):
    """A part of random area and proportions, resized to `size` = (width, height).

    `scale` is the range of the part's share of the image, `ratio` that of width by height; see
    `mx.image.random_size_crop`.  Drawn by Python's `random`.

    >>> from mxbook import nd
    >>> RandomResizedCrop(224)(nd.zeros((300, 400, 3), dtype="uint8")).shape
    (224, 224, 3)

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomResizedCrop`.
    """

    def __init__(
        self,
        size: Any,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: int = 1,
    ):
        super().__init__()
        self._args = (_pair(size), scale, ratio, interpolation)

    def forward(self, x: Any) -> Any:
        """Cut and resize."""
        return image.random_size_crop(x, *self._args)[0]


class CropResize(HybridBlock):
    """The part with the corner (x, y) and this width and height, resized where `size` is given.

    `size` is (width, height) or one number for both, `interpolation` the way of resizing (1 when
    None), see `mx.image.imresize`.  An image, or a batch of images.

    >>> from mxbook import nd
    >>> CropResize(10, 20, 100, 50, size=(20, 10))(nd.zeros((200, 300, 3))).shape
    (10, 20, 3)

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.CropResize`.
    """

    def __init__(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        size: Any = None,
        interpolation: int | None = None,
    ):
        super().__init__()
        self._x = x
        self._y = y
        self._width = width
        self._height = height
        self._size = size
        self._interpolation = 1 if interpolation is None else interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Cut and resize."""
        out = F.image.crop(x, self._x, self._y, self._width, self._height)
        if self._size:
            out = F.image.resize(out, self._size, False, self._interpolation)
        return out


class CenterCrop(Block):
    """The middle of an image, `size` = (width, height); smaller images are made larger.

    >>> from mxbook import nd
    >>> CenterCrop((100, 50))(nd.zeros((200, 300, 3))).shape
    (50, 100, 3)

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.CenterCrop`.
    """

    def __init__(self, size: Any, interpolation: int = 1):
        super().__init__()
        self._args = (_pair(size), interpolation)

    def forward(self, x: Any) -> Any:
        """Cut."""
        return image.center_crop(x, *self._args)[0]


class Resize(HybridBlock):
    """An image, or a batch of images, of the size (width, height).

    With one number both become so long, or with `keep_ratio` the shorter one, in proportion.

    >>> from mxbook import nd
    >>> Resize(100, keep_ratio=True)(nd.zeros((200, 300, 3))).shape
    (100, 150, 3)

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.Resize`.
    """

    def __init__(self, size: Any, keep_ratio: bool = False, interpolation: int = 1):
        super().__init__()
        self._keep = keep_ratio
        self._size = size
        self._interpolation = interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Resize."""
        return F.image.resize(x, self._size, self._keep, self._interpolation)


# ---- chance: these draw from `mx.random`, an image (height, width, channels) at a time


class RandomFlipLeftRight(HybridBlock):
    """The image turned over, left to right, every other time.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomFlipLeftRight`.
    """

    def __init__(self):
        super().__init__()

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Turn over, or not."""
        return F.image.random_flip_left_right(x)


class RandomFlipTopBottom(HybridBlock):
    """The image turned over, top to bottom, every other time.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomFlipTopBottom`.
    """

    def __init__(self):
        super().__init__()

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Turn over, or not."""
        return F.image.random_flip_top_bottom(x)


def _around_one(name: str, limit: float) -> tuple[float, float]:
    """The range of a factor: 1 plus or minus the limit, not below 0."""
    if limit < 0:
        raise ParameterError(f"{name} cannot be {limit}", rule="at least 0")
    return max(0, 1 - limit), 1 + limit


class RandomBrightness(HybridBlock):
    """All numbers times a random factor between 1 - brightness and 1 + brightness.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomBrightness`.
    """

    def __init__(self, brightness: float):
        super().__init__()
        self._args = _around_one("brightness", brightness)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Multiply."""
        return F.image.random_brightness(x, *self._args)


class RandomContrast(HybridBlock):
    """Distances from the mean brightness times a factor between 1 - contrast and 1 + contrast.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomContrast`.
    """

    def __init__(self, contrast: float):
        super().__init__()
        self._args = _around_one("contrast", contrast)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move towards the mean, or away from it."""
        return F.image.random_contrast(x, *self._args)


class RandomSaturation(HybridBlock):
    """Distances from gray times a random factor between 1 - saturation and 1 + saturation.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomSaturation`.
    """

    def __init__(self, saturation: float):
        super().__init__()
        self._args = _around_one("saturation", saturation)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move towards gray, or away from it."""
        return F.image.random_saturation(x, *self._args)


class RandomHue(HybridBlock):
    """Colours turned by a random part, 1 - hue to 1 + hue, of the colour wheel.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomHue`.
    """

    def __init__(self, hue: float):
        super().__init__()
        self._args = _around_one("hue", hue)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Turn the colours."""
        return F.image.random_hue(x, *self._args)


class RandomColorJitter(HybridBlock):
    """Random brightness, contrast, saturation and hue, in random order; 0 leaves one out.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomColorJitter`.
    """

    def __init__(
        self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0
    ):
        super().__init__()
        self._args = (brightness, contrast, saturation, hue)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change the colours."""
        return F.image.random_color_jitter(x, *self._args)


class RandomLighting(HybridBlock):
    """Another light: all pixels moved in the directions in which the colours of photographs vary.

    `alpha` is the standard deviation of the way in each direction.

    Source: MXNet 1.6, `mxnet.gluon.data.vision.transforms.RandomLighting`.
    """

    def __init__(self, alpha: float):
        super().__init__()
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move all pixels."""
        return F.image.random_lighting(x, self._alpha)
