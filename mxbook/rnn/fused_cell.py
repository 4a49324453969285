"""FusedRNNCell: all layers and steps in one operator, much faster than step by step."""

import warnings
from typing import Any

from mxbook import initializer as init
from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.ops.packed import GATES, gate_views, input_size, vector_size
from mxbook.symbol import Symbol

from .basic_cells import DropoutCell, GRUCell, LSTMCell, RNNCell
from .combined_cells import BidirectionalCell, SequentialRNNCell
from .rnn_cell import Args, BaseRNNCell, RNNParams, Sequence, arranged

__all__ = ["FusedRNNCell"]

States = list[Symbol]


class FusedRNNCell(BaseRNNCell):
    """Several layers of RNN, LSTM or GRU as one operator, `mx.sym.RNN`.

    All weights are one vector, `<prefix>parameters`; `unpack_weights` has their names.  It can only
    be unrolled, and is fastest with the layout TNC; `unfuse` gives cells that can be stepped.

    num_hidden      how many numbers the output of a direction has
    num_layers      how many layers
    mode            `rnn_relu`, `rnn_tanh`, `lstm` or `gru`
    bidirectional   whether each layer reads backwards, too
    dropout         dropout between layers
    get_next_state  whether the states behind the last step are wanted
    forget_bias     the bias of an LSTM's forget gates at first

    >>> cell = FusedRNNCell(4, num_layers=2, prefix="lstm_")
    >>> outputs, _ = cell.unroll(3, sym.var("x"), layout="TNC", merge_outputs=True)
    >>> outputs.infer_shape(x=(3, 2, 5))[1]
    [(3, 2, 4)]

    Raises ParameterError for an unknown mode.
    """

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ):
        if mode not in GATES:
            raise ParameterError(f"mode cannot be {mode!r}", rule=", ".join(GATES))
        super().__init__(prefix=f"{mode}_" if prefix is None else prefix, params=params)
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._bidirectional = bidirectional
        self._dropout = dropout
        self._get_next_state = get_next_state
        self._directions = ["l", "r"] if bidirectional else ["l"]
        self._gate_names = GATES[mode]
        fill = init.FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter = self._params.get("parameters", init=fill)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The last outputs of all layers and directions; with LSTM also their memories."""
        rows = self._num_layers * len(self._directions)
        info = {"shape": (rows, 0, self._num_hidden), "__layout__": "LNC"}
        return [dict(info) for _ in range(2 if self._mode == "lstm" else 1)]

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """Raises MXNetError: the operator does all steps."""
        raise MXNetError("FusedRNNCell cannot be stepped. Please use unroll")

    def unroll(
        self,
        length: int,
        inputs: Sequence,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Sequence, States]:
        """The outputs of the last layer; the states only with `get_next_state`."""
        self.reset()
        inputs = arranged(length, inputs, layout, True)
        examples_first = layout.find("T") == 1
        if examples_first:
            warnings.warn(
                "NTC layout detected. Consider using TNC for FusedRNNCell for faster speed",
                stacklevel=2,
            )
            inputs = sym.swapaxes(inputs, dim1=0, dim2=1)
        begin = self.begin_state() if begin_state is None else begin_state
        memory = {"state_cell": begin[1]} if self._mode == "lstm" else {}
        found = sym.RNN(
            data=inputs,
            parameters=self._parameter,
            state=begin[0],
            **memory,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
        )
        states = [found[i] for i in range(1, len(found))]
        for state in states:
            state._set_attr(__layout__="LNC")
        outputs = found[0]
        if examples_first:
            outputs = sym.swapaxes(outputs, dim1=0, dim2=1)
        return arranged(length, outputs, layout, merge_outputs), states

    # ---- weights

    def _views(self, vector: Any, inputs: int) -> dict[str, Any]:
        sizes = (inputs, self._num_hidden, self._num_layers, self._mode, self._bidirectional)
        return {self._prefix + name: part for name, part in gate_views(vector, *sizes).items()}

    def unpack_weights(self, args: Args) -> Args:
        """Arrays by name with one for each layer, direction and gate, in place of the vector."""
        found = dict(args)
        vector = found.pop(self._parameter.name)
        sizes = (self._num_hidden, self._num_layers, self._mode, self._bidirectional)
        host = vector.asnumpy()
        parts = self._views(host, input_size(host.size, *sizes))
        made = {name: nd.array(part, vector.context, part.dtype) for name, part in parts.items()}
        return {**found, **made}

    def pack_weights(self, args: Args) -> Args:
        """The reverse of `unpack_weights`."""
        found = dict(args)
        first = found[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"]
        inputs = first.shape[1]
        size = vector_size(
            inputs, self._num_hidden, self._num_layers, self._mode, self._bidirectional
        )
        vector = nd.zeros((size,), first.context, first.dtype).asnumpy()
        for name, part in self._views(vector, inputs).items():
            part[...] = found.pop(name).asnumpy()
        found[self._parameter.name] = nd.array(vector, first.context, first.dtype)
        return found

    def unfuse(self) -> SequentialRNNCell:
        """The same network as cells that can be stepped.

        Weights change over with `unpack_weights` of this and `pack_weights` of that.
        """
        stack = SequentialRNNCell()
        for i in range(self._num_layers):
            left = self._layer(f"{self._prefix}l{i}_")
            if self._bidirectional:
                right = self._layer(f"{self._prefix}r{i}_")
                output_prefix = f"{self._prefix}bi_l{i}_"
                stack.add(BidirectionalCell(left, right, output_prefix=output_prefix))
            else:
                stack.add(left)
            if self._dropout > 0 and i != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{i}_"))
        return stack

    def _layer(self, prefix: str) -> BaseRNNCell:
        """One direction of one layer as a cell."""
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix=prefix)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix=prefix)
        return RNNCell(self._num_hidden, self._mode.removeprefix("rnn_"), prefix=prefix)
