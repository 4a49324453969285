"""SqueezeNet: few parameters, because 1 by 1 convolutions squeeze channels before 3 by 3 ones.

Source: Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and < 0.5 MB
model size, 2016; names of MXNet 1.6, `mxnet.gluon.model_zoo.vision.squeezenet`.
"""

from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.contrib.nn import HybridConcurrent
from mxbook.gluon.model_zoo.model_store import pretrained as trained

__all__ = ["SqueezeNet", "squeezenet1_0", "squeezenet1_1"]

# By version: the first convolution (filters, kernel), then the squeezed channels of each fire
# module, 0 for a pooling between them.
SPECS = {
    "1.0": ((96, 7), [0, 16, 16, 32, 0, 32, 48, 48, 64, 0, 64]),
    "1.1": ((64, 3), [0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64]),
}


class SqueezeNet(HybridBlock):
    """Input (n, 3, 224, 224), output (n, classes); `version` is `1.0` or `1.1`, which is quicker.

    Raises ParameterError for another version.
    """

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        if version not in SPECS:
            raise ParameterError(f"there is no SqueezeNet {version}", rule=", ".join(SPECS))
        (filters, kernel), squeezed = SPECS[version]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(filters, kernel, strides=2), nn.Activation("relu"))
            for channels in squeezed:
                pool = nn.MaxPool2D(3, strides=2, ceil_mode=True) if channels == 0 else None
                self.features.add(pool or _fire(channels))
            self.features.add(nn.Dropout(0.5))
            self.output = nn.HybridSequential(prefix="")
            self.output.add(
                nn.Conv2D(classes, 1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten()
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


def _fire(squeezed: int) -> Any:
    """Squeeze the channels, then expand them by two kinds of convolutions beside each other."""
    module = nn.HybridSequential(prefix="")
    module.add(_conv(squeezed, 1))
    expand = HybridConcurrent(axis=1, prefix="")
    expand.add(_conv(4 * squeezed, 1), _conv(4 * squeezed, 3, padding=1))
    module.add(expand)
    return module


def _conv(channels: int, kernel: int, padding: int = 0) -> Any:
    found = nn.HybridSequential(prefix="")
    found.add(nn.Conv2D(channels, kernel, padding=padding), nn.Activation("relu"))
    return found


def _get(version: str, pretrained: bool, ctx: Context, root: str | None, **kwargs: Any) -> Any:
    net = SqueezeNet(version, **kwargs)
    return trained(net, f"squeezenet{version}", ctx, root) if pretrained else net


def squeezenet1_0(
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> SqueezeNet:
    """SqueezeNet 1.0, as in the paper."""
    return _get("1.0", pretrained, ctx, root, **kwargs)


def squeezenet1_1(
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> SqueezeNet:
    """SqueezeNet 1.1, as good with less than half of the work."""
    return _get("1.1", pretrained, ctx, root, **kwargs)
