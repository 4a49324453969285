"""Recurrent cells: RNNCell, LSTMCell, GRUCell.

`recurrent.py` what all cells share, `stacks.py` several cells as one, `modifiers.py` cells that
change others; MXNet has them all in this module.  In the formulas `x` is the input, `h` the output
of the step before, `*` the product of elements.

Source: MXNet 1.6, `mxnet.gluon.rnn.rnn_cell`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.gluon.parameter import Parameter, tensor_types

from .modifiers import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from .recurrent import HybridRecurrentCell, RecurrentCell
from .stacks import BidirectionalCell, HybridSequentialRNNCell, SequentialRNNCell

__all__ = [
    "BidirectionalCell",
    "DropoutCell",
    "GRUCell",
    "HybridRecurrentCell",
    "HybridSequentialRNNCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RecurrentCell",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
    "tensor_types",
]


def _parameters(
    cell: HybridRecurrentCell, rows: int, hidden_size: int, input_size: int, inits: Sequence
) -> list[Parameter]:
    """Weights and biases of a cell: from the input (i2h) and from the output before (h2h)."""
    shapes = {
        "i2h_weight": (rows, input_size),
        "h2h_weight": (rows, hidden_size),
        "i2h_bias": (rows,),
        "h2h_bias": (rows,),
    }
    return [
        cell.params.get(name, shape=shape, init=init, allow_deferred_init=True)
        for (name, shape), init in zip(shapes.items(), inits, strict=True)
    ]


def _sizes(cell: Any) -> str:
    """Numbers of inputs and of rows, as a cell prints them."""
    rows, inputs = cell.i2h_weight.shape
    return f"{inputs or None} -> {rows}"


class RNNCell(HybridRecurrentCell):
    """The simplest cell: `h' = activation(W_x x + b_x + W_h h + b_h)`; its state is its output.

    hidden_size  number of outputs
    activation   `tanh`, `relu`, `sigmoid`, `softsign`, `softrelu`, or a function of an array
    input_size   number of inputs; follows from the first input when not given

    i2h_weight (hidden_size, input_size); h2h_weight (hidden_size, hidden_size); biases
    (hidden_size,); input (n, input_size); output and state (n, hidden_size).

    Source: Elman, Finding Structure in Time, 1990.
    """

    def __init__(
        self,
        hidden_size: int,
        activation: Any = "tanh",
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._activation = activation
        self._input_size = input_size
        self.i2h_weight, self.h2h_weight, self.i2h_bias, self.h2h_bias = _parameters(
            self,
            hidden_size,
            hidden_size,
            input_size,
            (
                i2h_weight_initializer,
                h2h_weight_initializer,
                i2h_bias_initializer,
                h2h_bias_initializer,
            ),
        )

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """One state, the output of the step before."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"}]

    def _alias(self) -> str:
        return "rnn"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_sizes(self)}, {self._activation})"

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
        rows = self._hidden_size
        i2h = F.FullyConnected(inputs, i2h_weight, i2h_bias, num_hidden=rows, name=t + "i2h")
        h2h = F.FullyConnected(states[0], h2h_weight, h2h_bias, num_hidden=rows, name=t + "h2h")
        total = F.elemwise_add(i2h, h2h, name=t + "plus0")
        output = self._get_activation(F, total, self._activation, name=t + "out")
        return output, [output]


class LSTMCell(HybridRecurrentCell):
    """Long short-term memory: gates say what the memory `c` takes up, keeps and shows.

    ::

        i = sigmoid(W_ix x + b_ix + W_ih h + b_ih)      how much is taken up
        f = sigmoid(W_fx x + b_fx + W_fh h + b_fh)      how much is kept
        g = tanh(W_gx x + b_gx + W_gh h + b_gh)         what is taken up
        o = sigmoid(W_ox x + b_ox + W_oh h + b_oh)      how much is shown
        c' = f * c + i * g
        h' = o * tanh(c')

    hidden_size           number of outputs
    activation            the function that is tanh here; see RNNCell
    recurrent_activation  the function that is sigmoid here
    input_size            number of inputs; follows from the first input when not given

    The rows of all four lie one below the other, in the order i, f, g, o: i2h_weight
    (4 * hidden_size, input_size), h2h_weight (4 * hidden_size, hidden_size), biases
    (4 * hidden_size,).  The states are `h'` and `c'`.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the gate f: Gers et al.,
    Learning to Forget, 2000.
    """

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
    ):
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._input_size = input_size
        self._activation = activation
        self._recurrent_activation = recurrent_activation
        self.i2h_weight, self.h2h_weight, self.i2h_bias, self.h2h_bias = _parameters(
            self,
            4 * hidden_size,
            hidden_size,
            input_size,
            (
                i2h_weight_initializer,
                h2h_weight_initializer,
                i2h_bias_initializer,
                h2h_bias_initializer,
            ),
        )

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Two states, the output of the step before and the memory."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"} for _ in "hc"]

    def _alias(self) -> str:
        return "lstm"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_sizes(self)})"

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
        rows = 4 * self._hidden_size
        i2h = F.FullyConnected(inputs, i2h_weight, i2h_bias, num_hidden=rows, name=t + "i2h")
        h2h = F.FullyConnected(states[0], h2h_weight, h2h_bias, num_hidden=rows, name=t + "h2h")
        gates = F.elemwise_add(i2h, h2h, name=t + "plus0")
        i, f, g, o = F.SliceChannel(gates, num_outputs=4, name=t + "slice")
        i = self._get_activation(F, i, self._recurrent_activation, name=t + "i")
        f = self._get_activation(F, f, self._recurrent_activation, name=t + "f")
        g = self._get_activation(F, g, self._activation, name=t + "c")
        o = self._get_activation(F, o, self._recurrent_activation, name=t + "o")
        kept = F.elemwise_mul(f, states[1], name=t + "mul0")
        taken = F.elemwise_mul(i, g, name=t + "mul1")
        memory = F.elemwise_add(kept, taken, name=t + "state")
        shown = self._shown(F, memory, t + "activation0")
        output = F.elemwise_mul(o, shown, name=t + "out")
        return output, [output, memory]

    def _shown(self, F: Any, memory: Any, name: str) -> Any:
        """The activated memory; MXNet always uses the operator Activation here."""
        if isinstance(self._activation, str):
            return F.Activation(memory, act_type=self._activation, name=name)
        return self._activation(memory)


class GRUCell(HybridRecurrentCell):
    """Gated recurrent unit: gates say how much of the old output is kept and how much is used.

    ::

        r = sigmoid(W_rx x + b_rx + W_rh h + b_rh)         how much is used for n
        z = sigmoid(W_zx x + b_zx + W_zh h + b_zh)         how much is kept
        n = tanh(W_nx x + b_nx + r * (W_nh h + b_nh))      what is new
        h' = (1 - z) * n + z * h

    hidden_size  number of outputs
    input_size   number of inputs; follows from the first input when not given

    The rows of all three lie one below the other, in the order r, z, n: i2h_weight
    (3 * hidden_size, input_size), h2h_weight (3 * hidden_size, hidden_size), biases
    (3 * hidden_size,).  The state is the output.  As in cuDNN, `r` is applied after the product
    with `W_nh`, in the paper before it.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._input_size = input_size
        self.i2h_weight, self.h2h_weight, self.i2h_bias, self.h2h_bias = _parameters(
            self,
            3 * hidden_size,
            hidden_size,
            input_size,
            (
                i2h_weight_initializer,
                h2h_weight_initializer,
                i2h_bias_initializer,
                h2h_bias_initializer,
            ),
        )

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """One state, the output of the step before."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"}]

    def _alias(self) -> str:
        return "gru"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_sizes(self)})"

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
        rows = 3 * self._hidden_size
        i2h = F.FullyConnected(inputs, i2h_weight, i2h_bias, num_hidden=rows, name=t + "i2h")
        h2h = F.FullyConnected(h, h2h_weight, h2h_bias, num_hidden=rows, name=t + "h2h")
        r_x, z_x, n_x = F.SliceChannel(i2h, num_outputs=3, name=t + "i2h_slice")
        r_h, z_h, n_h = F.SliceChannel(h2h, num_outputs=3, name=t + "h2h_slice")
        r = F.elemwise_add(r_x, r_h, name=t + "plus0")
        r = F.Activation(r, act_type="sigmoid", name=t + "r_act")
        z = F.elemwise_add(z_x, z_h, name=t + "plus1")
        z = F.Activation(z, act_type="sigmoid", name=t + "z_act")
        n = F.elemwise_add(n_x, F.elemwise_mul(r, n_h, name=t + "mul0"), name=t + "plus2")
        n = F.Activation(n, act_type="tanh", name=t + "h_act")
        new = F.elemwise_sub(F.ones_like(z, name=t + "ones_like0"), z, name=t + "minus0")
        new = F.elemwise_mul(new, n, name=t + "mul1")
        kept = F.elemwise_mul(z, h, name=t + "mul20")
        output = F.elemwise_add(new, kept, name=t + "out")
        return output, [output]
