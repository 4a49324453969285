"""Two more cells: dropout that is the same in all steps, and LSTM with a projection.

Source: MXNet 1.6, `mxnet.gluon.contrib.rnn.rnn_cell`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.errors import MXNetError
from mxbook.gluon.rnn import (
    BidirectionalCell,
    HybridRecurrentCell,
    ModifierCell,
    sequences,
)

__all__ = ["LSTMPCell", "VariationalDropoutCell"]


class VariationalDropoutCell(ModifierCell):
    """Dropout around a cell that drops the same elements in all steps, until `reset`.

    drop_inputs   share of the inputs that become 0 in training mode
    drop_states   share of the first state that does
    drop_outputs  share of the outputs that do

    Source: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks, 2016.
    """

    def __init__(
        self,
        base_cell: HybridRecurrentCell,
        drop_inputs: float = 0.0,
        drop_states: float = 0.0,
        drop_outputs: float = 0.0,
    ):
        if drop_states and any(isinstance(c, BidirectionalCell) for c in base_cell._blocks()):
            raise MXNetError(
                "the states of a BidirectionalCell cannot be dropped from outside",
                rule="states are dropped step by step, and the two directions meet after all steps",
                hint="put VariationalDropoutCells around the cells inside of it",
            )
        super().__init__(base_cell)
        self.drop_inputs = drop_inputs
        self.drop_states = drop_states
        self.drop_outputs = drop_outputs

    def _alias(self) -> str:
        return "vardrop"

    def __repr__(self) -> str:
        shares = f"p_out = {self.drop_outputs}, p_state = {self.drop_states}"
        return f"{type(self).__name__}({shares})"

    def reset(self) -> None:
        """Forget what was dropped."""
        super().reset()
        self.drop_inputs_mask: Any = None
        self.drop_states_mask: Any = None
        self.drop_outputs_mask: Any = None

    def hybrid_forward(self, F: Any, inputs: Any, states: list) -> tuple[Any, list]:
        """Compute one step; the first one decides what is dropped."""
        states = list(states)
        if self.drop_states:
            self.drop_states_mask = _mask(F, self.drop_states_mask, states[0], self.drop_states)
            states[0] = states[0] * self.drop_states_mask
        if self.drop_inputs:
            self.drop_inputs_mask = _mask(F, self.drop_inputs_mask, inputs, self.drop_inputs)
            inputs = inputs * self.drop_inputs_mask
        output, states = self.base_cell(inputs, states)
        if self.drop_outputs:
            self.drop_outputs_mask = _mask(F, self.drop_outputs_mask, output, self.drop_outputs)
            output = output * self.drop_outputs_mask
        return output, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list]:
        """Unroll the cell inside; without dropout of states, dropout is done on all steps at once.

        Outputs are merged unless `merge_outputs` is False.
        """
        if self.drop_states:
            return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)
        self.reset()
        steps = sequences.split(length, inputs, layout)
        states = self._states_for(steps, layout) if begin_state is None else begin_state
        axis, F = sequences.time_axis(layout), sequences.caller(inputs)
        inputs = sequences.merged(inputs, layout)
        if self.drop_inputs:
            inputs = F.Dropout(inputs, p=self.drop_inputs, axes=(axis,))
        with self._base_free():
            outputs, states = self.base_cell.unroll(
                length, inputs, states, layout, merge_outputs=True, valid_length=valid_length
            )
        if self.drop_outputs:
            outputs = F.Dropout(outputs, p=self.drop_outputs, axes=(axis,))
        if merge_outputs is False:
            outputs = sequences.split(length, outputs, layout)
        return outputs, states


def _mask(F: Any, before: Any, like: Any, share: float) -> Any:
    """The factors of the steps before; in the first one, new ones.

    Shapes are inferred on symbols between steps on arrays: what is kept must be of the kind.
    """
    return before if isinstance(before, type(like)) else F.Dropout(F.ones_like(like), p=share)


class LSTMPCell(HybridRecurrentCell):
    """An LSTMCell whose output is projected to fewer numbers: `h' = W_r (o * tanh(c'))`.

    hidden_size      number of elements of the memory `c`
    projection_size  number of outputs
    input_size       number of inputs; follows from the first input when not given

    Parameters are those of LSTMCell, where h2h_weight is (4 * hidden_size, projection_size), and
    h2r_weight (projection_size, hidden_size).  The states are `h'` and `c'`.

    Source: Sak, Senior and Beaufays, Long Short-Term Memory Recurrent Neural Network Architectures
    for Large Scale Acoustic Modeling, 2014.

    >>> from mxbook import nd
    >>> cell = LSTMPCell(4, 3)
    >>> cell.initialize()
    >>> output, states = cell(nd.ones((2, 5)), cell.begin_state(batch_size=2))
    >>> output.shape, [s.shape for s in states]
    ((2, 3), [(2, 3), (2, 4)])
    """

    def __init__(
        self,
        hidden_size: int,
        projection_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        h2r_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._input_size = input_size
        self._projection_size = projection_size
        rows = 4 * hidden_size

        def get(name: str, shape: tuple[int, ...], init: Any) -> Any:
            return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

        self.i2h_weight = get("i2h_weight", (rows, input_size), i2h_weight_initializer)
        self.h2h_weight = get("h2h_weight", (rows, projection_size), h2h_weight_initializer)
        self.h2r_weight = get("h2r_weight", (projection_size, hidden_size), h2r_weight_initializer)
        self.i2h_bias = get("i2h_bias", (rows,), i2h_bias_initializer)
        self.h2h_bias = get("h2h_bias", (rows,), h2h_bias_initializer)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Two states, the output of the step before and the memory."""
        widths = (self._projection_size, self._hidden_size)
        return [{"shape": (batch_size, width), "__layout__": "NC"} for width in widths]

    def _alias(self) -> str:
        return "lstmp"

    def __repr__(self) -> str:
        rows, inputs = self.i2h_weight.shape
        projected = self.h2r_weight.shape[0]
        return f"{type(self).__name__}({inputs or None} -> {rows} -> {projected})"

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: list,
        i2h_weight: Any,
        h2h_weight: Any,
        h2r_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> tuple[Any, list]:
        """Compute one step."""
        t = f"t{self._counter}_"
        rows = 4 * self._hidden_size
        i2h = F.FullyConnected(inputs, i2h_weight, i2h_bias, num_hidden=rows, name=t + "i2h")
        h2h = F.FullyConnected(states[0], h2h_weight, h2h_bias, num_hidden=rows, name=t + "h2h")
        i, f, g, o = F.SliceChannel(i2h + h2h, num_outputs=4, name=t + "slice")
        i = F.Activation(i, act_type="sigmoid", name=t + "i")
        f = F.Activation(f, act_type="sigmoid", name=t + "f")
        g = F.Activation(g, act_type="tanh", name=t + "c")
        o = F.Activation(o, act_type="sigmoid", name=t + "o")
        memory = F.elemwise_add(f * states[1], i * g, name=t + "state")
        hidden = F.elemwise_mul(o, F.Activation(memory, act_type="tanh"), name=t + "hidden")
        output = F.FullyConnected(
            hidden, h2r_weight, num_hidden=self._projection_size, no_bias=True, name=t + "out"
        )
        return output, [output, memory]
