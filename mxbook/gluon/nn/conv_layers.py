"""Convolutions along one, two or three axes, and back; pooling is in `pool_layers`.

Layouts are texts such as `NCHW`: batch, channels, height, width.  Source: MXNet 1.6,
`mxnet.gluon.nn.conv_layers`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.gluon.block import HybridBlock

from .activations import Activation

__all__ = [
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ReflectionPad2D",
]

Lengths = int | Sequence[int]
LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def _lengths(value: Lengths, axes: int, what: str) -> tuple[int, ...]:
    """One number for all axes, or one for each, as a tuple."""
    found = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(found) != axes:
        raise ParameterError(f"{what} cannot be {value!r}", rule=f"a number, or {axes} of them")
    return found


def _check_layout(layout: str, axes: int) -> None:
    if layout not in LAYOUTS[axes]:
        raise ParameterError(f"layout cannot be {layout!r}", rule=" or ".join(LAYOUTS[axes]))


class _Conv(HybridBlock):
    """What all convolutions share; `axes` is how many axes the kernel runs along."""

    axes = 2

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths,
        padding: Lengths,
        dilation: Lengths,
        groups: int,
        layout: str,
        in_channels: int = 0,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        op_name: str = "Convolution",
        adj: Lengths | None = None,
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        _check_layout(layout, self.axes)
        self._op_name = op_name
        self._channels = channels
        self._in_channels = in_channels
        self._kwargs = {
            "kernel": _lengths(kernel_size, self.axes, "kernel_size"),
            "stride": _lengths(strides, self.axes, "strides"),
            "dilate": _lengths(dilation, self.axes, "dilation"),
            "pad": _lengths(padding, self.axes, "padding"),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
            "layout": layout,
        }
        if adj is not None:
            self._kwargs["adj"] = _lengths(adj, self.axes, "output_padding")
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=self._weight_shape(),
                init=weight_initializer,
                allow_deferred_init=True,
            )
            self.bias = None
            if use_bias:
                self.bias = self.params.get(
                    "bias", shape=(channels,), init=bias_initializer, allow_deferred_init=True
                )
            self.act = Activation(activation, prefix=activation + "_") if activation else None

    def _weight_shape(self) -> tuple[int, ...]:
        """(outputs, inputs of a group, *kernel), in the order of the layout; transposed the
        other way round."""
        k = self._kwargs
        first, second = self._channels, self._in_channels
        if self._op_name == "Deconvolution":
            first, second = second, first
        second //= k["num_group"]
        if k["layout"][1] == "C":
            return (first, second, *k["kernel"])
        return (first, *k["kernel"], second)

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Convolve, add the bias, apply the activation."""
        inputs = (x, weight) if bias is None else (x, weight, bias)
        out = getattr(F, self._op_name)(*inputs, name="fwd", **self._kwargs)
        return out if self.act is None else self.act(out)

    def _alias(self) -> str:
        return "conv"

    def __repr__(self) -> str:
        k = self._kwargs
        outputs, inputs = self.weight.shape[:2]
        parts = [f"{inputs or None} -> {outputs}"]
        parts += [f"kernel_size={k['kernel']}", f"stride={k['stride']}"]
        if any(k["pad"]):
            parts.append(f"padding={k['pad']}")
        if any(d != 1 for d in k["dilate"]):
            parts.append(f"dilation={k['dilate']}")
        if k["num_group"] != 1:
            parts.append(f"groups={k['num_group']}")
        if self.bias is None:
            parts.append("bias=False")
        if self.act is not None:
            parts.append(repr(self.act))
        return f"{type(self).__name__}({', '.join(parts)})"


class Conv1D(_Conv):
    """Convolution along one axis.

    Input (n, in_channels, width), weight (channels, in_channels / groups, kernel), output (n,
    channels, width') with width' = floor((width + 2 padding - dilation (kernel - 1) - 1) / stride)
    + 1.

    channels     number of output channels
    in_channels  number of input channels; follows from the first input when not given
    groups       input and output channels are divided into so many independent parts
    activation   name of a function, see Activation
    """

    axes = 1

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths = 1,
        padding: Lengths = 0,
        dilation: Lengths = 1,
        groups: int = 1,
        layout: str = "NCW",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            **kwargs,
        )


class Conv2D(_Conv):
    """Convolution along two axes, of images (n, channels, height, width); see Conv1D.

    >>> from mxbook import nd
    >>> layer = Conv2D(4, kernel_size=3, padding=1)
    >>> layer.initialize()
    >>> layer(nd.ones((2, 1, 5, 5))).shape
    (2, 4, 5, 5)
    """

    axes = 2

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1),
        padding: Lengths = (0, 0),
        dilation: Lengths = (1, 1),
        groups: int = 1,
        layout: str = "NCHW",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            **kwargs,
        )


class Conv3D(_Conv):
    """Convolution along three axes, of volumes (n, channels, depth, height, width); see Conv1D."""

    axes = 3

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1, 1),
        padding: Lengths = (0, 0, 0),
        dilation: Lengths = (1, 1, 1),
        groups: int = 1,
        layout: str = "NCDHW",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            **kwargs,
        )


class Conv1DTranspose(_Conv):
    """Transposed convolution along one axis, which enlarges: each number of the input adds its
    multiple of the kernel to the output.

    Input (n, in_channels, width), weight (in_channels, channels / groups, kernel), output (n,
    channels, width') with width' = strides (width - 1) + dilation (kernel - 1) + 1 - 2 padding +
    output_padding, so that a Conv1D with the same arguments leads back to the input's shape.

    output_padding  lines added at the end, less than strides
    channels, ...   as for Conv1D
    """

    axes = 1

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths = 1,
        padding: Lengths = 0,
        output_padding: Lengths = 0,
        dilation: Lengths = 1,
        groups: int = 1,
        layout: str = "NCW",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        if layout != "NCW":
            raise ParameterError(f"layout cannot be {layout!r}", rule="NCW")
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            op_name="Deconvolution",
            adj=output_padding,
            **kwargs,
        )
        self.outpad = self._kwargs["adj"]


class Conv2DTranspose(_Conv):
    """Transposed convolution along two axes, of images (n, channels, height, width); see
    Conv1DTranspose.

    >>> from mxbook import nd
    >>> layer = Conv2DTranspose(4, kernel_size=3, strides=2, padding=1, output_padding=1)
    >>> layer.initialize()
    >>> layer(nd.ones((2, 1, 5, 5))).shape
    (2, 4, 10, 10)
    """

    axes = 2

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1),
        padding: Lengths = (0, 0),
        output_padding: Lengths = (0, 0),
        dilation: Lengths = (1, 1),
        groups: int = 1,
        layout: str = "NCHW",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            op_name="Deconvolution",
            adj=output_padding,
            **kwargs,
        )
        self.outpad = self._kwargs["adj"]


class Conv3DTranspose(_Conv):
    """Transposed convolution along three axes, of volumes (n, channels, depth, height, width); see
    Conv1DTranspose.
    """

    axes = 3

    def __init__(
        self,
        channels: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1, 1),
        padding: Lengths = (0, 0, 0),
        output_padding: Lengths = (0, 0, 0),
        dilation: Lengths = (1, 1, 1),
        groups: int = 1,
        layout: str = "NCDHW",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            op_name="Deconvolution",
            adj=output_padding,
            **kwargs,
        )
        self.outpad = self._kwargs["adj"]


class ReflectionPad2D(HybridBlock):
    """Pads images (n, channels, height, width) with their mirror images.

    padding  one number for all four sides, smaller than height and width; or eight: before and
             behind, for each axis

    >>> from mxbook import nd
    >>> ReflectionPad2D(1)(nd.array([[[[1, 2], [3, 4]]]])).asnumpy()[0, 0].tolist()
    [[4.0, 3.0, 4.0, 3.0], [2.0, 1.0, 2.0, 1.0], [4.0, 3.0, 4.0, 3.0], [2.0, 1.0, 2.0, 1.0]]
    """

    def __init__(self, padding: Lengths = 0, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(padding, int):
            padding = (0, 0, 0, 0, padding, padding, padding, padding)
        if not isinstance(padding, Sequence) or len(padding) != 8:
            raise ParameterError(f"padding cannot be {padding!r}", rule="a number, or 8 of them")
        self._padding = padding

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Pad."""
        return F.pad(x, mode="reflect", pad_width=self._padding)
