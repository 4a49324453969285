"""Inception: several kinds of convolutions beside each other, joined along the channels.

Source: Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015; names of
MXNet 1.6, `mxnet.gluon.model_zoo.vision.inception`.
"""

from typing import Any

from mxbook.base.context import Context, cpu
from mxbook.gluon import nn
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.contrib.nn import HybridConcurrent
from mxbook.gluon.model_zoo.model_store import pretrained as trained

__all__ = ["Inception3", "inception_v3"]

Conv = tuple  # (channels, kernel[, strides[, padding]])
WIDE, TALL = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))  # 7 by 7, one direction after the other


def _conv(channels: int, kernel: Any, strides: int = 1, padding: Any = 0) -> Any:
    """A convolution with BatchNorm and activation."""
    found = nn.HybridSequential(prefix="")
    found.add(
        nn.Conv2D(channels, kernel, strides=strides, padding=padding, use_bias=False),
        nn.BatchNorm(epsilon=0.001),
        nn.Activation("relu"),
    )
    return found


def _branch(*convs: Conv, pool: Any = None) -> Any:
    """One after the other: a pooling where it is given, and convolutions."""
    found = nn.HybridSequential(prefix="")
    if pool is not None:
        found.add(pool)
    found.add(*[_conv(*conv) for conv in convs])
    return found


def _average() -> Any:
    return nn.AvgPool2D(3, strides=1, padding=1)


def _joined(prefix: str, *makers: Any) -> Any:
    """Branches beside each other; made in the scope of their names."""
    found = HybridConcurrent(axis=1, prefix=prefix)
    with found.name_scope():
        found.add(*[make() for make in makers])
    return found


def _a(pool_features: int, prefix: str) -> Any:
    """1 by 1, 5 by 5, twice 3 by 3, mean."""
    return _joined(
        prefix,
        lambda: _branch((64, 1)),
        lambda: _branch((48, 1), (64, 5, 1, 2)),
        lambda: _branch((64, 1), (96, 3, 1, 1), (96, 3, 1, 1)),
        lambda: _branch((pool_features, 1), pool=_average()),
    )


def _b(prefix: str) -> Any:
    """3 by 3, twice 3 by 3, maximum: half the resolution."""
    return _joined(
        prefix,
        lambda: _branch((384, 3, 2)),
        lambda: _branch((64, 1), (96, 3, 1, 1), (96, 3, 2)),
        lambda: _branch(pool=nn.MaxPool2D(3, strides=2)),
    )


def _c(n: int, prefix: str) -> Any:
    """1 by 1, 7 by 7, twice 7 by 7, mean; `n` channels inside."""
    return _joined(
        prefix,
        lambda: _branch((192, 1)),
        lambda: _branch((n, 1), (n, *WIDE), (192, *TALL)),
        lambda: _branch((n, 1), (n, *TALL), (n, *WIDE), (n, *TALL), (192, *WIDE)),
        lambda: _branch((192, 1), pool=_average()),
    )


def _d(prefix: str) -> Any:
    """3 by 3, 7 by 7 and 3 by 3, maximum: half the resolution."""
    return _joined(
        prefix,
        lambda: _branch((192, 1), (320, 3, 2)),
        lambda: _branch((192, 1), (192, *WIDE), (192, *TALL), (192, 3, 2)),
        lambda: _branch(pool=nn.MaxPool2D(3, strides=2)),
    )


def _e(prefix: str) -> Any:
    """1 by 1, two that branch once more, mean."""
    return _joined(
        prefix,
        lambda: _branch((320, 1)),
        lambda: _split((384, 1)),
        lambda: _split((448, 1), (384, 3, 1, 1)),
        lambda: _branch((192, 1), pool=_average()),
    )


def _split(*convs: Conv) -> Any:
    """Convolutions, then 1 by 3 and 3 by 1 beside each other."""
    found = nn.HybridSequential(prefix="")
    found.add(_branch(*convs))
    found.add(
        _joined(
            "",
            lambda: _branch((384, (1, 3), 1, (0, 1))),
            lambda: _branch((384, (3, 1), 1, (1, 0))),
        )
    )
    return found


class Inception3(HybridBlock):
    """Input (n, 3, 299, 299), output (n, classes)."""

    def __init__(self, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            add = self.features.add
            add(_conv(32, 3, 2), _conv(32, 3), _conv(64, 3, 1, 1), nn.MaxPool2D(3, strides=2))
            add(_conv(80, 1), _conv(192, 3), nn.MaxPool2D(3, strides=2))
            add(_a(32, "A1_"), _a(64, "A2_"), _a(64, "A3_"), _b("B_"))
            add(_c(128, "C1_"), _c(160, "C2_"), _c(160, "C3_"), _c(192, "C4_"), _d("D_"))
            add(_e("E1_"), _e("E2_"), nn.AvgPool2D(8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One number for each class."""
        return self.output(self.features(x))


def inception_v3(
    pretrained: bool = False,
    ctx: Context = cpu(),  # noqa: B008 - never changed
    root: str | None = None,
    **kwargs: Any,
) -> Inception3:
    """Inception of version 3; see `mxbook/gluon/model_zoo/vision/__init__.py` for the arguments."""
    net = Inception3(**kwargs)
    return trained(net, "inceptionv3", ctx, root) if pretrained else net
