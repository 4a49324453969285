"""Recurrent cells whose products are convolutions, for sequences of pictures and the like.

The formulas are those of RNNCell, LSTMCell and GRUCell (see `gluon.rnn`), with convolutions in
place of products of matrices; inputs and states have channels and one to three spatial axes.

Source: MXNet 1.6, `mxnet.gluon.contrib.rnn.conv_rnn_cell`; Shi and others, Convolutional LSTM
Network: A Machine Learning Approach for Precipitation Nowcasting, 2015.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.gluon.rnn import HybridRecurrentCell

__all__ = [
    "Conv1DGRUCell",
    "Conv1DLSTMCell",
    "Conv1DRNNCell",
    "Conv2DGRUCell",
    "Conv2DLSTMCell",
    "Conv2DRNNCell",
    "Conv3DGRUCell",
    "Conv3DLSTMCell",
    "Conv3DRNNCell",
]

Lengths = int | Sequence[int]


class _ConvCell(HybridRecurrentCell):
    """What the cells share.

    input_shape      shape of an input without the axis of examples
    hidden_channels  number of channels of the output
    i2h_kernel       lengths of the window on the input
    h2h_kernel       lengths of the window on the output before; odd, so that its shape stays
    i2h_pad          zeros put around the input
    i2h_dilate, h2h_dilate   distance of neighbours in the windows
    conv_layout      order of the axes: N examples, C channels, and spatial ones
    activation       the function that is tanh in the formulas

    Raises ParameterError where the lengths do not fit.
    """

    _gates = 1

    def __init__(
        self, input_shape: Sequence[int], hidden_channels: int, spatial: int, i2h: Sequence,
        h2h: Sequence, initializers: Sequence, conv_layout: str, activation: Any,
        prefix: str | None, params: Any,
    ):  # fmt: skip
        super().__init__(prefix=prefix, params=params)
        self._input_shape = tuple(input_shape)
        self._hidden_channels = hidden_channels
        self._conv_layout = conv_layout
        self._activation = activation
        self._stride = (1,) * spatial
        self._i2h_kernel, self._i2h_pad, self._i2h_dilate = map(self._lengths, i2h)
        self._h2h_kernel, self._h2h_dilate = map(self._lengths, h2h)
        if any(length % 2 == 0 for length in self._h2h_kernel):
            raise ParameterError(
                f"h2h_kernel cannot be {self._h2h_kernel}",
                rule="odd lengths: the output before is padded so that its shape stays",
            )
        windows = zip(self._h2h_kernel, self._h2h_dilate, strict=True)
        self._h2h_pad = tuple(dilate * (length - 1) // 2 for length, dilate in windows)
        channel = conv_layout.index("C") - 1
        self._state_shape = self._shape_of_states(channel)
        inputs, filters = self._input_shape[channel], self._gates * hidden_channels
        shapes = {
            "i2h_weight": self._weight(inputs, self._i2h_kernel),
            "h2h_weight": self._weight(hidden_channels, self._h2h_kernel),
            "i2h_bias": (filters,),
            "h2h_bias": (filters,),
        }
        for (name, shape), init in zip(shapes.items(), initializers, strict=True):
            p = self.params.get(name, shape=shape, init=init, allow_deferred_init=True)
            setattr(self, name, p)

    def _lengths(self, value: Lengths) -> tuple[int, ...]:
        """A length for each spatial axis; one number stands for all."""
        spatial = len(self._stride)
        found = (value,) * spatial if isinstance(value, int) else tuple(value)
        if len(found) != spatial:
            raise ParameterError(
                f"a kernel, pad or dilate cannot be {value}",
                rule=f"a number, or one for each of the {spatial} spatial axes",
            )
        return found

    def _weight(self, channels: int, kernel: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the weight of a convolution."""
        filters = self._gates * self._hidden_channels
        if self._conv_layout[1] == "C":
            return (filters, channels, *kernel)
        return (filters, *kernel, channels)

    def _shape_of_states(self, channel: int) -> tuple[int, ...]:
        """Shape of outputs and states, without the axis of examples."""
        lengths = [n for i, n in enumerate(self._input_shape) if i != channel]
        found = [
            n + 2 * pad - dilate * (length - 1) if n else 0
            for n, pad, dilate, length in zip(
                lengths, self._i2h_pad, self._i2h_dilate, self._i2h_kernel, strict=False
            )
        ]
        found.insert(channel, self._hidden_channels)
        return tuple(found)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """One state, the output of the step before."""
        return [{"shape": (batch_size, *self._state_shape), "__layout__": self._conv_layout}]

    def __repr__(self) -> str:
        weight = self._reg_params["i2h_weight"].shape or ()
        inputs = weight[1 if self._conv_layout[1] == "C" else -1] or None
        return (
            f"{type(self).__name__}({inputs} -> {weight[0]}, {self._activation}, "
            f"{self._conv_layout})"
        )

    def _convolutions(
        self, F: Any, inputs: Any, h: Any, i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
        h2h_bias: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        """What follows from the input, and from the output before."""
        shared = {
            "num_filter": self._gates * self._hidden_channels,
            "layout": self._conv_layout,
            "stride": self._stride,
        }
        t = f"t{self._counter}_"
        i2h = F.Convolution(
            inputs,
            i2h_weight,
            i2h_bias,
            kernel=self._i2h_kernel,
            pad=self._i2h_pad,
            dilate=self._i2h_dilate,
            name=t + "i2h",
            **shared,
        )
        h2h = F.Convolution(
            h,
            h2h_weight,
            h2h_bias,
            kernel=self._h2h_kernel,
            pad=self._h2h_pad,
            dilate=self._h2h_dilate,
            name=t + "h2h",
            **shared,
        )
        return i2h, h2h

    def _cut(self, F: Any, value: Any, name: str) -> Any:
        """The gates, cut along the channels."""
        axis = self._conv_layout.index("C")
        return F.SliceChannel(value, num_outputs=self._gates, axis=axis, name=name)


class _ConvRNNCell(_ConvCell):
    """`h' = activation(W * x + b + U * h + d)`, where `*` is convolution."""

    def _alias(self) -> str:
        return "conv_rnn"

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: list,
        i2h_weight: Any,
        h2h_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> tuple[Any, list]:
        """Compute one step."""
        i2h, h2h = self._convolutions(
            F, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias
        )
        name = f"t{self._counter}_out"
        output = self._get_activation(F, i2h + h2h, self._activation, name=name)
        return output, [output]


class _ConvLSTMCell(_ConvCell):
    """The formulas of LSTMCell with convolutions; the states are `h'` and `c'`."""

    _gates = 4

    def _alias(self) -> str:
        return "conv_lstm"

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Two states, the output of the step before and the memory."""
        return super().state_info(batch_size) * 2

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: list,
        i2h_weight: Any,
        h2h_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> tuple[Any, list]:
        """Compute one step."""
        t = f"t{self._counter}_"
        i2h, h2h = self._convolutions(
            F, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias
        )
        i, f, g, o = self._cut(F, i2h + h2h, t + "slice")
        i = F.Activation(i, act_type="sigmoid", name=t + "i")
        f = F.Activation(f, act_type="sigmoid", name=t + "f")
        g = self._get_activation(F, g, self._activation, name=t + "c")
        o = F.Activation(o, act_type="sigmoid", name=t + "o")
        memory = F.elemwise_add(f * states[1], i * g, name=t + "state")
        shown = self._get_activation(F, memory, self._activation)
        output = F.elemwise_mul(o, shown, name=t + "out")
        return output, [output, memory]


class _ConvGRUCell(_ConvCell):
    """The formulas of GRUCell with convolutions."""

    _gates = 3

    def _alias(self) -> str:
        return "conv_gru"

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: list,
        i2h_weight: Any,
        h2h_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> tuple[Any, list]:
        """Compute one step."""
        t = f"t{self._counter}_"
        h = states[0]
        i2h, h2h = self._convolutions(F, inputs, h, i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        r_x, z_x, n_x = self._cut(F, i2h, t + "i2h_slice")
        r_h, z_h, n_h = self._cut(F, h2h, t + "h2h_slice")
        r = F.Activation(r_x + r_h, act_type="sigmoid", name=t + "r_act")
        z = F.Activation(z_x + z_h, act_type="sigmoid", name=t + "z_act")
        n = self._get_activation(F, n_x + r * n_h, self._activation, name=t + "h_act")
        output = F.elemwise_add((1.0 - z) * n, z * h, name=t + "out")
        return output, [output]


def _constructor(spatial: int, layout: str) -> Any:
    """The constructor of a cell for so many spatial axes, whose defaults are of that length."""
    none, each = (0,) * spatial, (1,) * spatial

    def __init__(  # noqa: N807
        self: Any,
        input_shape: Sequence[int],
        hidden_channels: int,
        i2h_kernel: Lengths,
        h2h_kernel: Lengths,
        i2h_pad: Lengths = none,
        i2h_dilate: Lengths = each,
        h2h_dilate: Lengths = each,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        conv_layout: str = layout,
        activation: Any = "tanh",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        _ConvCell.__init__(
            self, input_shape, hidden_channels, spatial, (i2h_kernel, i2h_pad, i2h_dilate),
            (h2h_kernel, h2h_dilate), (i2h_weight_initializer, h2h_weight_initializer,
            i2h_bias_initializer, h2h_bias_initializer), conv_layout, activation, prefix, params,
        )  # fmt: skip

    return __init__


class Conv1DRNNCell(_ConvRNNCell):
    """A recurrent cell with convolutions over one axis; see `_ConvCell` for the arguments."""

    __init__ = _constructor(1, "NCW")


class Conv2DRNNCell(_ConvRNNCell):
    """A recurrent cell with convolutions over pictures; see `_ConvCell` for the arguments."""

    __init__ = _constructor(2, "NCHW")


class Conv3DRNNCell(_ConvRNNCell):
    """A recurrent cell with convolutions over volumes; see `_ConvCell` for the arguments."""

    __init__ = _constructor(3, "NCDHW")


class Conv1DLSTMCell(_ConvLSTMCell):
    """An lstm cell with convolutions over one axis; see `_ConvCell` for the arguments."""

    __init__ = _constructor(1, "NCW")


class Conv2DLSTMCell(_ConvLSTMCell):
    """An lstm cell with convolutions over pictures; see `_ConvCell` for the arguments."""

    __init__ = _constructor(2, "NCHW")


class Conv3DLSTMCell(_ConvLSTMCell):
    """An lstm cell with convolutions over volumes; see `_ConvCell` for the arguments."""

    __init__ = _constructor(3, "NCDHW")


class Conv1DGRUCell(_ConvGRUCell):
    """A gru cell with convolutions over one axis; see `_ConvCell` for the arguments."""

    __init__ = _constructor(1, "NCW")


class Conv2DGRUCell(_ConvGRUCell):
    """A gru cell with convolutions over pictures; see `_ConvCell` for the arguments."""

    __init__ = _constructor(2, "NCHW")


class Conv3DGRUCell(_ConvGRUCell):
    """A gru cell with convolutions over volumes; see `_ConvCell` for the arguments."""

    __init__ = _constructor(3, "NCDHW")
