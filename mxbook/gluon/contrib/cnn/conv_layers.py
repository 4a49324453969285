"""Convolutions that choose where they look.

Source: MXNet 1.6, `mxnet.gluon.contrib.cnn.conv_layers`.
"""

from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.nn import Activation
from mxbook.gluon.nn.conv_layers import Lengths, _lengths

__all__ = ["DeformableConvolution"]


class DeformableConvolution(HybridBlock):
    """A convolution over pictures that looks beside the places of its window.

    How far beside is learned: an ordinary convolution (`offset_weight`, `offset_bias`) computes it
    from the same input, two numbers for each place of the window.  Those start at 0, so that the
    layer begins as an ordinary convolution.

    channels             number of outputs
    num_deformable_group number of parts of the input channels that look at places of their own
    offset_...           of the convolution that computes the offsets

    The other arguments, input and output are those of `nn.Conv2D`; layout NCHW only.
    Raises ParameterError for another layout and for lengths that are not one number or two.

    Source: Dai and others, Deformable Convolutional Networks, 2017.

    >>> from mxbook import nd
    >>> layer = DeformableConvolution(4, kernel_size=3, padding=1)
    >>> layer.initialize()
    >>> layer(nd.ones((2, 3, 5, 5))).shape
    (2, 4, 5, 5)
    """

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths = (1, 1),
        strides: Lengths = (1, 1),
        padding: Lengths = (0, 0),
        dilation: Lengths = (1, 1),
        groups: int = 1,
        num_deformable_group: int = 1,
        layout: str = "NCHW",
        use_bias: bool = True,
        in_channels: int = 0,
        activation: str | None = None,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        offset_weight_initializer: Any = "zeros",
        offset_bias_initializer: Any = "zeros",
        offset_use_bias: bool = True,
        op_name: str = "DeformableConvolution",
        adj: Lengths | None = None,
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        self._channels, self._in_channels, self._op_name = channels, in_channels, op_name
        shared = _shared(kernel_size, strides, padding, dilation, groups, layout, adj)
        kernel = shared["kernel"]
        offsets = 2 * kernel[0] * kernel[1] * num_deformable_group
        self._kwargs_offset = {**shared, "num_filter": offsets, "no_bias": not offset_use_bias}
        self._kwargs_deformable_conv = {
            **shared,
            "num_filter": channels,
            "num_deformable_group": num_deformable_group,
            "no_bias": not use_bias,
        }

        with self.name_scope():
            self.offset_weight = self._get(
                "offset_weight",
                (offsets, in_channels // groups, *kernel),
                offset_weight_initializer,
            )
            self.offset_bias = (
                self._get("offset_bias", (offsets,), offset_bias_initializer)
                if offset_use_bias
                else None
            )
            # The inputs stay open until the first batch even when they are given, as in MXNet:
            # the weight then draws the same random numbers.
            self.deformable_conv_weight = self._get(
                "deformable_conv_weight", (channels, 0, *kernel), weight_initializer
            )
            self.deformable_conv_bias = (
                self._get("deformable_conv_bias", (channels,), bias_initializer)
                if use_bias
                else None
            )
            self.act = Activation(activation, prefix=activation + "_") if activation else None

    def _get(self, name: str, shape: tuple[int, ...], init: Any) -> Any:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def hybrid_forward(
        self,
        F: Any,
        x: Any,
        offset_weight: Any,
        deformable_conv_weight: Any,
        offset_bias: Any = None,
        deformable_conv_bias: Any = None,
    ) -> Any:
        """Compute the offsets, convolve, apply the activation."""
        weights = (offset_weight,) if offset_bias is None else (offset_weight, offset_bias)
        offset = F.Convolution(x, *weights, cudnn_off=True, **self._kwargs_offset)
        arrays = [x, offset, deformable_conv_weight]
        if deformable_conv_bias is not None:
            arrays.append(deformable_conv_bias)
        out = F.contrib.DeformableConvolution(*arrays, name="fwd", **self._kwargs_deformable_conv)
        return out if self.act is None else self.act(out)

    def _alias(self) -> str:
        return "deformable_conv"

    def __repr__(self) -> str:
        k = self._kwargs_deformable_conv
        outputs, inputs = self.deformable_conv_weight.shape[:2]
        parts = [f"{inputs or None} -> {outputs}"]
        parts += [f"kernel_size={k['kernel']}", f"stride={k['stride']}"]
        if any(k["pad"]):
            parts.append(f"padding={k['pad']}")
        if any(d != 1 for d in k["dilate"]):
            parts.append(f"dilation={k['dilate']}")
        if k["num_group"] != 1:
            parts.append(f"groups={k['num_group']}")
        if self.deformable_conv_bias is None:
            parts.append("bias=False")
        if self.act is not None:
            parts.append(repr(self.act))
        return f"{type(self).__name__}({', '.join(parts)})"


def _shared(
    kernel_size: Lengths,
    strides: Lengths,
    padding: Lengths,
    dilation: Lengths,
    groups: int,
    layout: str,
    adj: Lengths | None,
) -> dict[str, Any]:
    """What both convolutions are told."""
    if layout != "NCHW":
        raise ParameterError(f"layout cannot be {layout!r}", rule="NCHW")
    shared: dict[str, Any] = {
        "kernel": _lengths(kernel_size, 2, "kernel_size"),
        "stride": _lengths(strides, 2, "strides"),
        "dilate": _lengths(dilation, 2, "dilation"),
        "pad": _lengths(padding, 2, "padding"),
        "num_group": groups,
        "layout": layout,
    }
    if adj is not None:  # MXNet's operators refuse it, and so do ours
        shared["adj"] = _lengths(adj, 2, "adj")
    return shared
