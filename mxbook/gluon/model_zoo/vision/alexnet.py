"""AlexNet: five convolutions and three dense layers; the network that began it all in 2012.

Source: Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014; names of
MXNet 1.6, `mxnet.gluon.model_zoo.vision.alexnet`.
"""

from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.model_zoo.model_store import pretrained as trained

__all__ = ["AlexNet", "alexnet"]


class AlexNet(HybridBlock):
    """Input (n, 3, 224, 224), output (n, classes)."""

    def __init__(self, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                self.features.add(
                    nn.Conv2D(64, 11, strides=4, padding=2, activation="relu"),
                    nn.MaxPool2D(3, strides=2),
                    nn.Conv2D(192, 5, padding=2, activation="relu"),
                    nn.MaxPool2D(3, strides=2),
                    nn.Conv2D(384, 3, padding=1, activation="relu"),
                    nn.Conv2D(256, 3, padding=1, activation="relu"),
                    nn.Conv2D(256, 3, padding=1, activation="relu"),
                    nn.MaxPool2D(3, strides=2),
                    nn.Flatten(),
                    nn.Dense(4096, activation="relu"),
                    nn.Dropout(0.5),
                    nn.Dense(4096, activation="relu"),
                    nn.Dropout(0.5),
                )
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


def alexnet(
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> AlexNet:
    """AlexNet; see `mxbook/gluon/model_zoo/vision/__init__.py` for the arguments."""
    net = AlexNet(**kwargs)
    return trained(net, "alexnet", ctx, root) if pretrained else net
