"""Cells whose products are convolutions, for sequences of images."""

from functools import partial
from typing import Any

from mxbook import symbol as sym
from mxbook.base.errors import ParameterError
from mxbook.symbol import Symbol

from .basic_cells import gru_step, lstm_step
from .rnn_cell import BaseRNNCell, RNNParams

__all__ = ["BaseConvRNNCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell"]

States = list[Symbol]
LEAKY = partial(sym.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """What cells with convolutions share; a subclass defines `_gate_names` and `_cell`.

    input_shape                         shape of the input, with any number of examples
    num_hidden                          channels of the output
    h2h_kernel, h2h_dilate              the convolution of the last output, whose size stays:
                                        the kernel is odd
    i2h_kernel, i2h_stride, i2h_pad,
    i2h_dilate                          the convolution of the input
    i2h_weight_initializer, ...         initializers of the parameters
    activation                          a name for `mx.sym.Activation`, or a function
    conv_layout                         the axes of the images

    Raises ParameterError for an even `h2h_kernel`.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, int],
        h2h_dilate: tuple[int, int],
        i2h_kernel: tuple[int, int],
        i2h_stride: tuple[int, int],
        i2h_pad: tuple[int, int],
        i2h_dilate: tuple[int, int],
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        activation: Any,
        prefix: str = "",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ):
        super().__init__(prefix=prefix, params=params)
        if any(length % 2 == 0 for length in h2h_kernel):
            raise ParameterError(f"Only support odd numbers, got h2h_kernel= {h2h_kernel}")
        self._num_hidden = num_hidden
        self._conv_activation = activation
        self._conv_layout = conv_layout
        pairs = zip(h2h_kernel, h2h_dilate, strict=True)
        self._h2h = {
            "kernel": h2h_kernel,
            "dilate": h2h_dilate,
            "pad": tuple(dilate * (length - 1) // 2 for length, dilate in pairs),
            "stride": (1, 1),
        }
        self._i2h = {
            "kernel": i2h_kernel,
            "stride": i2h_stride,
            "pad": i2h_pad,
            "dilate": i2h_dilate,
        }
        self._iW = self._params.get("i2h_weight", init=i2h_weight_initializer)
        self._hW = self._params.get("h2h_weight", init=h2h_weight_initializer)
        self._iB = self._params.get("i2h_bias", init=i2h_bias_initializer)
        self._hB = self._params.get("h2h_bias", init=h2h_bias_initializer)
        output = self._convolved(sym.Variable("data"), {}, self._i2h, num_hidden, None)
        self._shape = (0, *output.infer_shape(data=input_shape)[1][0][1:])

    def _convolved(
        self, data: Symbol, weights: dict, window: dict, filters: int, name: str | None
    ) -> Symbol:
        return sym.Convolution(
            data=data,
            **weights,
            num_filter=filters,
            layout=self._conv_layout,
            name=name,
            **window,
        )

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The last output; with LSTM also the memory."""
        return [{"shape": self._shape, "__layout__": self._conv_layout}]

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """The output of one step, and the states behind it."""
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        filters = self._num_hidden * len(self._gate_names)
        of_input = {"weight": self._iW, "bias": self._iB}
        of_output = {"weight": self._hW, "bias": self._hB}
        i2h = self._convolved(inputs, of_input, self._i2h, filters, f"{name}i2h")
        h2h = self._convolved(states[0], of_output, self._h2h, filters, f"{name}h2h")
        return self._cell(i2h, h2h, states, name)

    def _cell(self, i2h: Symbol, h2h: Symbol, states: States, name: str) -> tuple[Symbol, States]:
        """Output and states from the two convolutions."""
        raise ParameterError(f"{type(self).__name__} must define _cell(i2h, h2h, states, name)")


class ConvRNNCell(BaseConvRNNCell):
    """RNNCell with convolutions; see BaseConvRNNCell."""

    _gate_names = ("",)

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, int] = (3, 3),
        h2h_dilate: tuple[int, int] = (1, 1),
        i2h_kernel: tuple[int, int] = (3, 3),
        i2h_stride: tuple[int, int] = (1, 1),
        i2h_pad: tuple[int, int] = (1, 1),
        i2h_dilate: tuple[int, int] = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = LEAKY,
        prefix: str = "ConvRNN_",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ):
        super().__init__(**_arguments(locals()))

    def _cell(self, i2h: Symbol, h2h: Symbol, states: States, name: str) -> tuple[Symbol, States]:
        output = self._activation(i2h + h2h, self._conv_activation, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """LSTMCell with convolutions; see BaseConvRNNCell.

    Source: Shi et al., Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting, 2015.
    """

    _gate_names = ("_i", "_f", "_c", "_o")

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, int] = (3, 3),
        h2h_dilate: tuple[int, int] = (1, 1),
        i2h_kernel: tuple[int, int] = (3, 3),
        i2h_stride: tuple[int, int] = (1, 1),
        i2h_pad: tuple[int, int] = (1, 1),
        i2h_dilate: tuple[int, int] = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = LEAKY,
        prefix: str = "ConvLSTM_",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ):
        super().__init__(**_arguments(locals()))

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The last output, and the memory."""
        return 2 * super().state_info

    def _cell(self, i2h: Symbol, h2h: Symbol, states: States, name: str) -> tuple[Symbol, States]:
        channels = self._conv_layout.find("C")
        gates = sym.SliceChannel(i2h + h2h, num_outputs=4, axis=channels, name=f"{name}slice")
        return lstm_step(self, gates, states[1], name, self._conv_activation)


class ConvGRUCell(BaseConvRNNCell):
    """GRUCell with convolutions; see BaseConvRNNCell."""

    _gate_names = ("_r", "_z", "_o")

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, int] = (3, 3),
        h2h_dilate: tuple[int, int] = (1, 1),
        i2h_kernel: tuple[int, int] = (3, 3),
        i2h_stride: tuple[int, int] = (1, 1),
        i2h_pad: tuple[int, int] = (1, 1),
        i2h_dilate: tuple[int, int] = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = LEAKY,
        prefix: str = "ConvGRU_",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ):
        super().__init__(**_arguments(locals()))

    def _cell(self, i2h: Symbol, h2h: Symbol, states: States, name: str) -> tuple[Symbol, States]:
        return gru_step(self, i2h, h2h, states[0], name, self._conv_activation)


def _arguments(found: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor out of its local variables."""
    return {name: value for name, value in found.items() if name not in ("self", "__class__")}
