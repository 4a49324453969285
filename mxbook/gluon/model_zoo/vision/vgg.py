"""VGG: small convolutions one after the other, in five groups between which pictures shrink.

Source: Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition,
2014; names of MXNet 1.6, `mxnet.gluon.model_zoo.vision.vgg`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.model_zoo.model_store import pretrained as trained
from mxbook.initializer import Xavier

__all__ = [
    "VGG",
    "get_vgg",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

FILTERS = [64, 128, 256, 512, 512]
# By the number of layers with weights: convolutions of each group, and their filters.
vgg_spec = {
    11: ([1, 1, 2, 2, 2], FILTERS),
    13: ([2, 2, 2, 2, 2], FILTERS),
    16: ([2, 2, 3, 3, 3], FILTERS),
    19: ([2, 2, 4, 4, 4], FILTERS),
}


class VGG(HybridBlock):
    """Input (n, 3, 224, 224), output (n, classes).

    layers, filters  number of convolutions of each group, and their number of filters
    batch_norm       whether each convolution is followed by a BatchNorm
    """

    def __init__(
        self,
        layers: Sequence[int],
        filters: Sequence[int],
        classes: int = 1000,
        batch_norm: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if len(layers) != len(filters):
            raise ParameterError(
                f"VGG got {len(layers)} groups of layers and {len(filters)} of filters"
            )
        with self.name_scope():
            self.features = _groups(layers, filters, batch_norm)
            for _ in range(2):
                self.features.add(_dense(4096, activation="relu"), nn.Dropout(rate=0.5))
            self.output = _dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


def _groups(layers: Sequence[int], filters: Sequence[int], batch_norm: bool) -> Any:
    found = nn.HybridSequential(prefix="")
    for count, channels in zip(layers, filters, strict=True):
        for _ in range(count):
            init = Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
            found.add(nn.Conv2D(channels, 3, padding=1, weight_initializer=init))
            if batch_norm:
                found.add(nn.BatchNorm())
            found.add(nn.Activation("relu"))
        found.add(nn.MaxPool2D(strides=2))
    return found


def _dense(units: int, **kwargs: Any) -> nn.Dense:
    return nn.Dense(units, weight_initializer="normal", **kwargs)


def get_vgg(
    num_layers: int,
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> VGG:
    """VGG with 11, 13, 16 or 19 layers; raises ParameterError for another number."""
    if num_layers not in vgg_spec:
        raise ParameterError(f"there is no VGG of {num_layers} layers", rule=f"{list(vgg_spec)}")
    net = VGG(*vgg_spec[num_layers], **kwargs)
    name = f"vgg{num_layers}{'_bn' if kwargs.get('batch_norm') else ''}"
    return trained(net, name, ctx, root) if pretrained else net


def vgg11(**kwargs: Any) -> VGG:
    """VGG with 11 layers; see `get_vgg`."""
    return get_vgg(11, **kwargs)


def vgg13(**kwargs: Any) -> VGG:
    """VGG with 13 layers; see `get_vgg`."""
    return get_vgg(13, **kwargs)


def vgg16(**kwargs: Any) -> VGG:
    """VGG with 16 layers; see `get_vgg`."""
    return get_vgg(16, **kwargs)


def vgg19(**kwargs: Any) -> VGG:
    """VGG with 19 layers; see `get_vgg`."""
    return get_vgg(19, **kwargs)


def vgg11_bn(**kwargs: Any) -> VGG:
    """VGG with 11 layers and BatchNorm; see `get_vgg`."""
    return get_vgg(11, **{**kwargs, "batch_norm": True})


def vgg13_bn(**kwargs: Any) -> VGG:
    """VGG with 13 layers and BatchNorm; see `get_vgg`."""
    return get_vgg(13, **{**kwargs, "batch_norm": True})


def vgg16_bn(**kwargs: Any) -> VGG:
    """VGG with 16 layers and BatchNorm; see `get_vgg`."""
    return get_vgg(16, **{**kwargs, "batch_norm": True})


def vgg19_bn(**kwargs: Any) -> VGG:
    """VGG with 19 layers and BatchNorm; see `get_vgg`."""
    return get_vgg(19, **{**kwargs, "batch_norm": True})
