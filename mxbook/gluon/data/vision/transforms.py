"""What is done to images before a network sees them: blocks for `dataset.transform_first`."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from mxbook.gluon.block import HybridBlock
from mxbook.gluon.nn import HybridSequential, Sequential

__all__ = ["Cast", "Compose", "Normalize", "ToTensor"]


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
