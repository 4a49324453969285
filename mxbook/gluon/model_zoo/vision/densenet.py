"""DenseNet: every layer sees what all layers before it in its stage have made.

Source: Huang et al., Densely Connected Convolutional Networks, 2016; names of MXNet 1.6,
`mxnet.gluon.model_zoo.vision.densenet`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.contrib.nn import HybridConcurrent, Identity
from mxbook.gluon.model_zoo.model_store import pretrained as trained

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201"]

# By the number of layers: channels of the first convolution, channels that each layer adds, layers
# of each stage.
densenet_spec = {
    121: (64, 32, [6, 12, 24, 16]),
    161: (96, 48, [6, 12, 36, 24]),
    169: (64, 32, [6, 12, 32, 32]),
    201: (64, 32, [6, 12, 48, 32]),
}


class DenseNet(HybridBlock):
    """Input (n, 3, 224, 224), output (n, classes).

    num_init_features  channels of the first convolution
    growth_rate        channels that each layer adds
    block_config       layers of each stage
    bn_size            how many times `growth_rate` the channels inside a layer are
    dropout            share of what a layer adds that is dropped
    """

    def __init__(
        self,
        num_init_features: int,
        growth_rate: int,
        block_config: Sequence[int],
        bn_size: int = 4,
        dropout: float = 0,
        classes: int = 1000,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(
                nn.Conv2D(num_init_features, 7, strides=2, padding=3, use_bias=False),
                nn.BatchNorm(),
                nn.Activation("relu"),
                nn.MaxPool2D(3, strides=2, padding=1),
            )
            channels = num_init_features
            for i, count in enumerate(block_config):
                if i > 0:
                    channels //= 2
                    self.features.add(_transition(channels))
                self.features.add(_stage(i + 1, count, growth_rate, bn_size, dropout))
                channels += count * growth_rate
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.AvgPool2D(7), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


def _stage(number: int, count: int, growth: int, bn_size: int, dropout: float) -> Any:
    stage = nn.HybridSequential(prefix=f"stage{number}_")
    with stage.name_scope():
        for _ in range(count):
            stage.add(_layer(growth, bn_size, dropout))
    return stage


def _layer(growth: int, bn_size: int, dropout: float) -> Any:
    """The input, with `growth` channels added."""
    added = nn.HybridSequential(prefix="")
    added.add(
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(bn_size * growth, 1, use_bias=False),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(growth, 3, padding=1, use_bias=False),
    )
    if dropout:
        added.add(nn.Dropout(dropout))
    both = HybridConcurrent(axis=1, prefix="")
    both.add(Identity(), added)
    return both


def _transition(channels: int) -> Any:
    """Fewer channels and half the resolution, between two stages."""
    found = nn.HybridSequential(prefix="")
    found.add(
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(channels, 1, use_bias=False),
        nn.AvgPool2D(2, strides=2),
    )
    return found


def get_densenet(
    num_layers: int,
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> DenseNet:
    """DenseNet with 121, 161, 169 or 201 layers."""
    net = DenseNet(*densenet_spec[num_layers], **kwargs)
    return trained(net, f"densenet{num_layers}", ctx, root) if pretrained else net


def densenet121(**kwargs: Any) -> DenseNet:
    """DenseNet with 121 layers; see `get_densenet`."""
    return get_densenet(121, **kwargs)


def densenet161(**kwargs: Any) -> DenseNet:
    """DenseNet with 161 layers; see `get_densenet`."""
    return get_densenet(161, **kwargs)


def densenet169(**kwargs: Any) -> DenseNet:
    """DenseNet with 169 layers; see `get_densenet`."""
    return get_densenet(169, **kwargs)


def densenet201(**kwargs: Any) -> DenseNet:
    """DenseNet with 201 layers; see `get_densenet`."""
    return get_densenet(201, **kwargs)
