"""MobileNet: each 3 by 3 convolution looks at one channel only, 1 by 1 convolutions mix them.

Sources: Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications, 2017, and Sandler et al., Inverted Residuals and Linear Bottlenecks, 2018; names of
MXNet 1.6, `mxnet.gluon.model_zoo.vision.mobilenet`.
"""

from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.model_zoo.model_store import pretrained as trained

__all__ = [
    "MobileNet",
    "MobileNetV2",
    "get_mobilenet",
    "get_mobilenet_v2",
    "mobilenet0_5",
    "mobilenet0_25",
    "mobilenet0_75",
    "mobilenet1_0",
    "mobilenet_v2_0_5",
    "mobilenet_v2_0_25",
    "mobilenet_v2_0_75",
    "mobilenet_v2_1_0",
]

# Version 1: output channels and stride of each pair of convolutions.
PAIRS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
PAIRS += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
# Version 2: how many times wider inside, output channels, number of bottlenecks, first stride.
BOTTLENECKS = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


class RELU6(HybridBlock):
    """max(0, min(x, 6))."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Cut off below 0 and above 6."""
        return F.clip(x, 0, 6, name="relu6")


def _add_conv(
    out: Any,
    channels: int = 1,
    kernel: int = 1,
    stride: int = 1,
    pad: int = 0,
    num_group: int = 1,
    active: bool = True,
    relu6: bool = False,
) -> None:
    """Add a convolution, its BatchNorm and its activation."""
    out.add(
        nn.Conv2D(channels, kernel, strides=stride, padding=pad, groups=num_group, use_bias=False),
        nn.BatchNorm(scale=True),
    )
    if active:
        out.add(RELU6() if relu6 else nn.Activation("relu"))


class LinearBottleneck(HybridBlock):
    """Widen by `t`, look at each channel, narrow without activation; the input is added where its
    shape allows."""

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * t
        with self.name_scope():
            self.out = nn.HybridSequential()
            _add_conv(self.out, wide, relu6=True)
            _add_conv(self.out, wide, 3, stride, pad=1, num_group=wide, relu6=True)
            _add_conv(self.out, channels, active=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """What the convolutions make of the input, with the input added or not."""
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNet(HybridBlock):
    """Input (n, 3, height, width), output (n, classes); `multiplier` scales all channels."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                channels = int(32 * multiplier)
                _add_conv(self.features, channels, 3, 2, pad=1)
                for wanted, stride in PAIRS:
                    _add_conv(self.features, channels, 3, stride, pad=1, num_group=channels)
                    channels = int(wanted * multiplier)
                    _add_conv(self.features, channels)
                self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


class MobileNetV2(HybridBlock):
    """Input (n, 3, height, width), output (n, classes); `multiplier` scales all channels."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                before = int(32 * multiplier)
                _add_conv(self.features, before, 3, 2, pad=1, relu6=True)
                for t, wanted, count, stride in BOTTLENECKS:
                    after = int(wanted * multiplier)
                    self.features.add(LinearBottleneck(before, after, t, stride))
                    for _ in range(count - 1):
                        self.features.add(LinearBottleneck(after, after, t, 1))
                    before = after
                _add_conv(self.features, int(1280 * max(1.0, multiplier)), relu6=True)
                self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


def _file(name: str, multiplier: float) -> str:
    """The name of the trained network, such as `mobilenet0.5` or `mobilenet1.0`."""
    return f"{name}{multiplier if multiplier % 1 else f'{multiplier:.1f}'}"


def get_mobilenet(
    multiplier: float,
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> MobileNet:
    """MobileNet of version 1, all channels scaled by `multiplier`."""
    net = MobileNet(multiplier, **kwargs)
    return trained(net, _file("mobilenet", multiplier), ctx, root) if pretrained else net


def get_mobilenet_v2(
    multiplier: float,
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> MobileNetV2:
    """MobileNet of version 2, all channels scaled by `multiplier`."""
    net = MobileNetV2(multiplier, **kwargs)
    return trained(net, _file("mobilenetv2_", multiplier), ctx, root) if pretrained else net


def mobilenet1_0(**kwargs: Any) -> MobileNet:
    """MobileNet with all channels; see `get_mobilenet`."""
    return get_mobilenet(1.0, **kwargs)


def mobilenet0_75(**kwargs: Any) -> MobileNet:
    """MobileNet with 0.75 of the channels; see `get_mobilenet`."""
    return get_mobilenet(0.75, **kwargs)


def mobilenet0_5(**kwargs: Any) -> MobileNet:
    """MobileNet with half of the channels; see `get_mobilenet`."""
    return get_mobilenet(0.5, **kwargs)


def mobilenet0_25(**kwargs: Any) -> MobileNet:
    """MobileNet with a quarter of the channels; see `get_mobilenet`."""
    return get_mobilenet(0.25, **kwargs)


def mobilenet_v2_1_0(**kwargs: Any) -> MobileNetV2:
    """MobileNet of version 2 with all channels; see `get_mobilenet_v2`."""
    return get_mobilenet_v2(1.0, **kwargs)


def mobilenet_v2_0_75(**kwargs: Any) -> MobileNetV2:
    """MobileNet of version 2 with 0.75 of the channels; see `get_mobilenet_v2`."""
    return get_mobilenet_v2(0.75, **kwargs)


def mobilenet_v2_0_5(**kwargs: Any) -> MobileNetV2:
    """MobileNet of version 2 with half of the channels; see `get_mobilenet_v2`."""
    return get_mobilenet_v2(0.5, **kwargs)


def mobilenet_v2_0_25(**kwargs: Any) -> MobileNetV2:
    """MobileNet of version 2 with a quarter of the channels; see `get_mobilenet_v2`."""
    return get_mobilenet_v2(0.25, **kwargs)
