"""The three usual cells, RNN, LSTM and GRU; and dropout between cells."""

from typing import Any

from mxbook import initializer as init
from mxbook import symbol as sym
from mxbook.symbol import Symbol

from .rnn_cell import BaseRNNCell, RNNParams, Sequence, arranged

__all__ = ["DropoutCell", "GRUCell", "LSTMCell", "RNNCell"]

States = list[Symbol]


class _Dense(BaseRNNCell):
    """A cell with one matrix for the input and one for its last output, for all gates together."""

    _bias_init: init.Initializer | None = None

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None):
        super().__init__(prefix=prefix, params=params)
        self._num_hidden = num_hidden
        self._iW = self._params.get("i2h_weight")
        self._iB = self._params.get("i2h_bias", init=self._bias_init)
        self._hW = self._params.get("h2h_weight")
        self._hB = self._params.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The last output."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"}]

    def _products(self, inputs: Symbol, states: States, name: str) -> tuple[Symbol, Symbol]:
        rows = self._num_hidden * len(self._gate_names)
        i2h = sym.FullyConnected(
            data=inputs, weight=self._iW, bias=self._iB, num_hidden=rows, name=f"{name}i2h"
        )
        h2h = sym.FullyConnected(
            data=states[0], weight=self._hW, bias=self._hB, num_hidden=rows, name=f"{name}h2h"
        )
        return i2h, h2h

    def _step_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


class RNNCell(_Dense):
    """`h' = activation(W x + b + U h + c)`.

    num_hidden  how many numbers the output has
    activation  a name for `mx.sym.Activation`, or a function

    >>> cell = RNNCell(3, prefix="rnn_")
    >>> output, states = cell(sym.var("x"), cell.begin_state())
    >>> output.list_arguments()
    ['x', 'rnn_i2h_weight', 'rnn_i2h_bias', 'rnn_h2h_weight', 'rnn_h2h_bias']
    """

    _gate_names = ("",)

    def __init__(
        self,
        num_hidden: int,
        activation: Any = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ):
        super().__init__(num_hidden, prefix, params)
        self._activation_name = activation

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """The output of one step, which is the state, too."""
        name = self._step_name()
        i2h, h2h = self._products(inputs, states, name)
        output = self._activation(i2h + h2h, self._activation_name, name=f"{name}out")
        return output, [output]


class LSTMCell(_Dense):
    """Long short-term memory: output and memory `c`, with gates `i`, `f` and `o`.

    `c' = f * c + i * tanh(...)`, `h' = o * tanh(c')`; each gate is a sigmoid of products like those
    of RNNCell.

    num_hidden   how many numbers output and memory have
    forget_bias  the bias of `f` at first: with 1 it remembers

    Source: Hochreiter and Schmidhuber, 1997; Gers et al., Learning to Forget, 2000.
    """

    _gate_names = ("_i", "_f", "_c", "_o")

    def __init__(
        self,
        num_hidden: int,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ):
        self._bias_init = init.LSTMBias(forget_bias=forget_bias)
        super().__init__(num_hidden, prefix, params)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The last output, and the memory."""
        return 2 * super().state_info

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """The output of one step; output and memory are the states."""
        name = self._step_name()
        i2h, h2h = self._products(inputs, states, name)
        gates = sym.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice")
        return lstm_step(self, gates, states[1], name, "tanh")


def lstm_step(
    cell: BaseRNNCell, gates: Symbol, memory: Symbol, name: str, activation: Any
) -> tuple[Symbol, States]:
    """From the products for the four gates to output and states."""
    in_gate, forget_gate, out_gate = (
        sym.Activation(gates[i], act_type="sigmoid", name=f"{name}{letter}")
        for i, letter in ((0, "i"), (1, "f"), (3, "o"))
    )
    new = cell._activation(gates[2], activation, name=f"{name}c")
    kept, added = forget_gate * memory, in_gate * new
    next_c = sym._internal._plus(kept, added, name=f"{name}state")
    shown = cell._activation(next_c, activation)
    next_h = sym._internal._mul(out_gate, shown, name=f"{name}out")
    return next_h, [next_h, next_c]


class GRUCell(_Dense):
    """Gated recurrent unit: `h' = (1 - z) * tanh(x part + r * h part) + z * h`, with gates `r`,
    `z`.

    As in cuDNN the gate `r` multiplies the product with `h`, not `h` itself.

    num_hidden  how many numbers the output has

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    _gate_names = ("_r", "_z", "_o")

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None):
        super().__init__(num_hidden, prefix, params)

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """The output of one step, which is the state, too."""
        name = self._step_name()
        i2h, h2h = self._products(inputs, states, f"{name}_")
        return gru_step(self, i2h, h2h, states[0], name, "tanh")


def gru_step(
    cell: BaseRNNCell, i2h: Symbol, h2h: Symbol, last: Symbol, name: str, activation: Any
) -> tuple[Symbol, States]:
    """From the products for the two gates and the new value to output and state."""
    x = sym.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice")
    h = sym.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice")
    reset = sym.Activation(x[0] + h[0], act_type="sigmoid", name=f"{name}_r_act")
    update = sym.Activation(x[1] + h[1], act_type="sigmoid", name=f"{name}_z_act")
    new = cell._activation(x[2] + reset * h[2], activation, name=f"{name}_h_act")
    changed, kept = (1.0 - update) * new, update * last
    next_h = sym._internal._plus(changed, kept, name=f"{name}out")
    return next_h, [next_h]


class DropoutCell(BaseRNNCell):
    """Dropout of the input; without parameters and states.

    dropout  the part that is set to zero while training
    """

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None):
        super().__init__(prefix, params)
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """No states."""
        return []

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """Some of the input, some zeros."""
        if self.dropout > 0:
            inputs = sym.Dropout(data=inputs, p=self.dropout)
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Sequence,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Sequence, States]:
        """Dropout of all steps at once, where they come as one symbol."""
        self.reset()
        inputs = arranged(length, inputs, layout, merge_outputs)
        if isinstance(inputs, Symbol):
            return self(inputs, [])
        return super().unroll(length, inputs, begin_state, layout, merge_outputs)
