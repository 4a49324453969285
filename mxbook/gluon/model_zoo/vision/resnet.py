"""Residual networks: each block adds something to its input instead of replacing it.

Version 1 adds before the last activation; version 2 normalises and activates first, so that the
sum goes through unchanged.

Sources: He et al., Deep Residual Learning for Image Recognition, 2015, and Identity Mappings in
Deep Residual Networks, 2016; names of MXNet 1.6, `mxnet.gluon.model_zoo.vision.resnet`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.model_zoo.model_store import pretrained as trained

__all__ = [
    "BasicBlockV1",
    "BasicBlockV2",
    "BottleneckV1",
    "BottleneckV2",
    "ResNetV1",
    "ResNetV2",
    "get_resnet",
    "resnet18_v1",
    "resnet18_v2",
    "resnet34_v1",
    "resnet34_v2",
    "resnet50_v1",
    "resnet50_v2",
    "resnet101_v1",
    "resnet101_v2",
    "resnet152_v1",
    "resnet152_v2",
]


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:  # gluonfr uses it
    return nn.Conv2D(
        channels, 3, strides=stride, padding=1, use_bias=False, in_channels=in_channels
    )


def _conv1x1(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    """What brings a block's input to the shape of its output."""
    return nn.Conv2D(channels, 1, strides=stride, use_bias=False, in_channels=in_channels)


class BasicBlockV1(HybridBlock):
    """Two 3 by 3 convolutions; for 18 and 34 layers.

    channels     of the output
    stride       of the first convolution
    downsample   whether the shape changes, so that the input must be brought to the output's
    in_channels  of the input; follows from it when 0
    """

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.body = nn.HybridSequential(prefix="")
        self.body.add(
            _conv3x3(channels, stride, in_channels),
            nn.BatchNorm(),
            nn.Activation("relu"),
            _conv3x3(channels, 1, channels),
            nn.BatchNorm(),
        )
        self.downsample = _shortcut(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The activated sum of the input and what the convolutions make of it."""
        added = self.body(x)
        residual = self.downsample(x) if self.downsample else x
        return F.Activation(residual + added, act_type="relu")


class BottleneckV1(HybridBlock):
    """A 3 by 3 convolution between two 1 by 1 ones, with a quarter of the channels; for 50 layers
    and more.  See BasicBlockV1."""

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        inner = channels // 4
        self.body = nn.HybridSequential(prefix="")
        self.body.add(
            nn.Conv2D(inner, 1, strides=stride),
            nn.BatchNorm(),
            nn.Activation("relu"),
            _conv3x3(inner, 1, inner),
            nn.BatchNorm(),
            nn.Activation("relu"),
            nn.Conv2D(channels, 1),
            nn.BatchNorm(),
        )
        self.downsample = _shortcut(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The activated sum of the input and what the convolutions make of it."""
        added = self.body(x)
        residual = self.downsample(x) if self.downsample else x
        return F.Activation(added + residual, act_type="relu")


def _shortcut(channels: int, stride: int, in_channels: int) -> nn.HybridSequential:
    found = nn.HybridSequential(prefix="")
    found.add(_conv1x1(channels, stride, in_channels), nn.BatchNorm())
    return found


class BasicBlockV2(HybridBlock):
    """Two 3 by 3 convolutions, each after normalisation and activation; see BasicBlockV1."""

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.bn1 = nn.BatchNorm()
        self.conv1 = _conv3x3(channels, stride, in_channels)
        self.bn2 = nn.BatchNorm()
        self.conv2 = _conv3x3(channels, 1, channels)
        self.downsample = _conv1x1(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum of the input and what the convolutions make of it."""
        ready = F.Activation(self.bn1(x), act_type="relu")
        residual = self.downsample(ready) if self.downsample else x
        added = F.Activation(self.bn2(self.conv1(ready)), act_type="relu")
        return self.conv2(added) + residual


class BottleneckV2(HybridBlock):
    """A 3 by 3 convolution between two 1 by 1 ones, each after normalisation and activation; see
    BasicBlockV1."""

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        inner = channels // 4
        self.bn1 = nn.BatchNorm()
        self.conv1 = nn.Conv2D(inner, 1, use_bias=False)
        self.bn2 = nn.BatchNorm()
        self.conv2 = _conv3x3(inner, stride, inner)
        self.bn3 = nn.BatchNorm()
        self.conv3 = nn.Conv2D(channels, 1, use_bias=False)
        self.downsample = _conv1x1(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum of the input and what the convolutions make of it."""
        ready = F.Activation(self.bn1(x), act_type="relu")
        residual = self.downsample(ready) if self.downsample else x
        added = F.Activation(self.bn2(self.conv1(ready)), act_type="relu")
        added = F.Activation(self.bn3(self.conv2(added)), act_type="relu")
        return self.conv3(added) + residual


def _stem(features: Any, channels: int, thumbnail: bool) -> None:
    """The first layers: a quarter of the resolution, or all of it for small pictures."""
    if thumbnail:
        features.add(_conv3x3(channels, 1, 0))
        return
    features.add(
        nn.Conv2D(channels, 7, strides=2, padding=3, use_bias=False),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.MaxPool2D(3, strides=2, padding=1),
    )


def _stages(features: Any, block: type, layers: Sequence[int], channels: Sequence[int]) -> None:
    """Groups of blocks; all but the first halve the resolution."""
    if len(layers) != len(channels) - 1:
        raise ParameterError(
            f"a ResNet got {len(layers)} stages and {len(channels)} numbers of channels",
            rule="channels has one number more than layers: that of the first convolution",
        )
    for i, count in enumerate(layers):
        before, after, stride = channels[i], channels[i + 1], 1 if i == 0 else 2
        stage = nn.HybridSequential(prefix=f"stage{i + 1}_")
        with stage.name_scope():
            stage.add(block(after, stride, after != before, in_channels=before, prefix=""))
            for _ in range(count - 1):
                stage.add(block(after, 1, False, in_channels=after, prefix=""))
        features.add(stage)


class ResNetV1(HybridBlock):
    """Input (n, 3, height, width), output (n, classes).

    block      BasicBlockV1 or BottleneckV1
    layers     number of blocks of each stage
    channels   of the first convolution and of each stage
    thumbnail  whether the pictures are small, such as 32 by 32
    """

    def __init__(
        self,
        block: type,
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            _stem(self.features, channels[0], thumbnail)
            _stages(self.features, block, layers, channels)
            self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.Dense(classes, in_units=channels[-1])

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


class ResNetV2(HybridBlock):
    """Input (n, 3, height, width), output (n, classes); `block` is BasicBlockV2 or BottleneckV2.

    See ResNetV1.
    """

    def __init__(
        self,
        block: type,
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.BatchNorm(scale=False, center=False))
            _stem(self.features, channels[0], thumbnail)
            _stages(self.features, block, layers, channels)
            self.features.add(
                nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten()
            )
            self.output = nn.Dense(classes, in_units=channels[-1])

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


NARROW, WIDE = [64, 64, 128, 256, 512], [64, 256, 512, 1024, 2048]
# By the number of layers: the kind of block, blocks of each stage, channels.
resnet_spec = {
    18: ("basic_block", [2, 2, 2, 2], NARROW),
    34: ("basic_block", [3, 4, 6, 3], NARROW),
    50: ("bottle_neck", [3, 4, 6, 3], WIDE),
    101: ("bottle_neck", [3, 4, 23, 3], WIDE),
    152: ("bottle_neck", [3, 8, 36, 3], WIDE),
}
resnet_net_versions = [ResNetV1, ResNetV2]
resnet_block_versions = [
    {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
    {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2},
]


def get_resnet(
    version: int,
    num_layers: int,
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> ResNetV1 | ResNetV2:
    """A ResNet of version 1 or 2 with 18, 34, 50, 101 or 152 layers.

    Raises ParameterError for another version or number.
    """
    if num_layers not in resnet_spec or version not in (1, 2):
        raise ParameterError(
            f"there is no ResNet of version {version} with {num_layers} layers",
            rule=f"version 1 or 2, layers {', '.join(map(str, resnet_spec))}",
        )
    kind, layers, channels = resnet_spec[num_layers]
    block = resnet_block_versions[version - 1][kind]
    net = resnet_net_versions[version - 1](block, layers, channels, **kwargs)
    return trained(net, f"resnet{num_layers}_v{version}", ctx, root) if pretrained else net


def resnet18_v1(**kwargs: Any) -> ResNetV1:
    """ResNet of version 1 with 18 layers; see `get_resnet`."""
    return get_resnet(1, 18, **kwargs)


def resnet34_v1(**kwargs: Any) -> ResNetV1:
    """ResNet of version 1 with 34 layers; see `get_resnet`."""
    return get_resnet(1, 34, **kwargs)


def resnet50_v1(**kwargs: Any) -> ResNetV1:
    """ResNet of version 1 with 50 layers; see `get_resnet`."""
    return get_resnet(1, 50, **kwargs)


def resnet101_v1(**kwargs: Any) -> ResNetV1:
    """ResNet of version 1 with 101 layers; see `get_resnet`."""
    return get_resnet(1, 101, **kwargs)


def resnet152_v1(**kwargs: Any) -> ResNetV1:
    """ResNet of version 1 with 152 layers; see `get_resnet`."""
    return get_resnet(1, 152, **kwargs)


def resnet18_v2(**kwargs: Any) -> ResNetV2:
    """ResNet of version 2 with 18 layers; see `get_resnet`."""
    return get_resnet(2, 18, **kwargs)


def resnet34_v2(**kwargs: Any) -> ResNetV2:
    """ResNet of version 2 with 34 layers; see `get_resnet`."""
    return get_resnet(2, 34, **kwargs)


def resnet50_v2(**kwargs: Any) -> ResNetV2:
    """ResNet of version 2 with 50 layers; see `get_resnet`."""
    return get_resnet(2, 50, **kwargs)


def resnet101_v2(**kwargs: Any) -> ResNetV2:
    """ResNet of version 2 with 101 layers; see `get_resnet`."""
    return get_resnet(2, 101, **kwargs)


def resnet152_v2(**kwargs: Any) -> ResNetV2:
    """ResNet of version 2 with 152 layers; see `get_resnet`."""
    return get_resnet(2, 152, **kwargs)
