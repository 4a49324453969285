"""Recurrent layers: RNN, LSTM, GRU.  They compute whole sequences by one operator, `RNN`.

They do what cells do that are unrolled, much faster; `rnn_cell.py` explains the formulas.

Source: MXNet 1.6, `mxnet.gluon.rnn.rnn_layer`.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.parameter import Parameter, tensor_types
from mxbook.symbol.symbol import Symbol

from . import rnn_cell
from .recurrent import states_before
from .stacks import BidirectionalCell, HybridSequentialRNNCell

__all__ = ["GRU", "LSTM", "RNN"]

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
NAME = re.compile(r"(l|r)(\d+)_(i2h|h2h|h2r)_(weight|bias)")


class _RNNLayer(HybridBlock):
    """What the recurrent layers share.

    Called as `layer(inputs)` it begins with zeros and returns the outputs; as
    `layer(inputs, states)` it returns the outputs and the list of the last states.

    The parameters are those of cells, `l0_i2h_weight` and so on: `l` for the direction from the
    beginning, `r` for the one from the end, and the number of the layer.
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int,
        layout: str,
        dropout: float,
        bidirectional: bool,
        input_size: int,
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        mode: str,
        projection_size: int | None,
        h2r_weight_initializer: Any,
        lstm_state_clip_min: float | None,
        lstm_state_clip_max: float | None,
        lstm_state_clip_nan: bool,
        dtype: Any,
        use_sequence_length: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if layout not in ("TNC", "NTC"):
            raise ParameterError(f"layout cannot be {layout!r}", rule="TNC or NTC")
        # The names with an underscore are MXNet's own.
        self._hidden_size = hidden_size
        self._projection_size = projection_size
        self._num_layers = num_layers
        self._mode = mode
        self._layout = layout
        self._dropout = dropout
        self._dir = 2 if bidirectional else 1
        self._input_size = input_size
        self._initializers = {
            "i2h_weight_initializer": i2h_weight_initializer,
            "h2h_weight_initializer": h2h_weight_initializer,
            "i2h_bias_initializer": i2h_bias_initializer,
            "h2h_bias_initializer": h2h_bias_initializer,
        }
        self._h2r_weight_initializer = h2r_weight_initializer
        self._lstm_state_clip_min = lstm_state_clip_min
        self._lstm_state_clip_max = lstm_state_clip_max
        self._lstm_state_clip_nan = lstm_state_clip_nan
        self._dtype = dtype
        self._use_sequence_length = use_sequence_length
        self._gates = GATES[mode]
        self._make_parameters()

    def _make_parameters(self) -> None:
        """Parameters of all layers, as attributes."""
        rows, width = self._gates * self._hidden_size, self._projection_size or self._hidden_size
        inputs = self._input_size
        for layer in range(self._num_layers):
            shapes = {
                "i2h_weight": (rows, inputs),
                "h2h_weight": (rows, width),
                "i2h_bias": (rows,),
                "h2h_bias": (rows,),
            }
            for side in self._sides():
                for name, shape in shapes.items():
                    init = self._initializers[f"{name}_initializer"]
                    self._register_param(f"{side}{layer}_{name}", shape, init, self._dtype)
                if self._projection_size:
                    self._register_param(
                        f"{side}{layer}_h2r_weight",
                        (width, self._hidden_size),
                        self._h2r_weight_initializer,
                        self._dtype,
                    )
            inputs = width * self._dir

    def _sides(self) -> str:
        """The letters of the directions."""
        return "lr"[: self._dir]

    def _register_param(self, name: str, shape: tuple, init: Any, dtype: Any) -> Parameter:
        """Make a parameter and an attribute of the same name."""
        p = self.params.get(name, shape=shape, init=init, allow_deferred_init=True, dtype=dtype)
        setattr(self, name, p)
        return p

    def _parameter_order(self) -> list[str]:
        """The names in the order in which the operator RNN wants the parameters."""
        weights = ["i2h_weight", "h2h_weight", *["h2r_weight"] * bool(self._projection_size)]
        return [
            f"{side}{layer}_{name}"
            for names in (weights, ["i2h_bias", "h2h_bias"])
            for layer in range(self._num_layers)
            for side in self._sides()
            for name in names
        ]

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """The names in files are those of the cells that the layer is made of, as in MXNet."""
        dot = prefix + "." if prefix else ""
        found = {}
        for name, p in self._reg_params.items():
            side, layer, kind, what = NAME.fullmatch(name).groups()  # type: ignore[union-attr]
            cell = f"{side}_cell." if self._dir == 2 else ""
            found[f"{dot}_unfused.{layer}.{cell}{kind}_{what}"] = p
        return found

    def __repr__(self) -> str:
        rows, inputs = self._reg_params["l0_i2h_weight"].shape or (0, 0)
        text = f"{type(self).__name__}({inputs or None} -> {rows // self._gates}, {self._layout}"
        if self._num_layers != 1:
            text += f", num_layers={self._num_layers}"
        if self._dropout != 0:
            text += f", dropout={self._dropout}"
        return text + ", bidirectional)" if self._dir == 2 else text + ")"

    def cast(self, dtype: Any) -> None:
        """Convert all parameters, and the states it begins with, to another element type."""
        super().cast(dtype)
        self._dtype = dtype

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Shape, layout and element type of each state."""
        width = self._projection_size or self._hidden_size
        return [self._state(batch_size, width)]

    def _state(self, batch_size: int, width: int) -> dict:
        shape = (self._num_layers * self._dir, batch_size, width)
        return {"shape": shape, "__layout__": "LNC", "dtype": self._dtype}

    def begin_state(self, batch_size: int = 0, func: Callable = nd.zeros, **kwargs: Any) -> list:
        """The states before the first step: what `func` gives for each, zeros by default.

        `func(shape=..., dtype=..., name=..., **kwargs)` is a function such as `mx.nd.ones`, or
        `mx.sym.var` for symbols.
        """
        infos = self.state_info(batch_size)
        names = [f"{self.prefix}h0_{i}" for i in range(len(infos))]
        return states_before(infos, names, func, kwargs)

    def __call__(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        """Compute a sequence.

        inputs           (steps, examples, features), or (examples, steps, features) in layout NTC
        states           a list of arrays (layers * directions, examples, features), or one array
        sequence_length  (examples,) how many steps count, for layers with use_sequence_length=True

        Raises ShapeError for states of another shape.
        """
        begins = states is None
        if begins:
            states = self._first_states(inputs)
        lengths = [sequence_length] if self._use_sequence_length else []
        return super().__call__(inputs, states, *lengths, begins)

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: Any,
        *rest: Any,
        **params: Any,
    ) -> Any:
        """Compute a sequence; see `__call__`.

        `rest` are the lengths, where the layer uses them, and whether it begins with zeros.
        """
        *lengths, begins = rest
        vector = self._vector(F, params)
        before = [states] if isinstance(states, tensor_types) else list(states)
        if F is nd:
            self._check_states(inputs, before)
        if self._layout == "NTC":
            inputs = F.swapaxes(inputs, dim1=0, dim2=1)
        outputs, *after = F.RNN(
            inputs,
            vector,
            *before,
            *lengths,
            state_size=self._hidden_size,
            projection_size=self._projection_size,
            num_layers=self._num_layers,
            bidirectional=self._dir == 2,
            p=self._dropout,
            state_outputs=True,
            mode=self._mode,
            lstm_state_clip_min=self._lstm_state_clip_min,
            lstm_state_clip_max=self._lstm_state_clip_max,
            lstm_state_clip_nan=self._lstm_state_clip_nan,
            use_sequence_length=self._use_sequence_length,
        )
        if self._layout == "NTC":
            outputs = F.swapaxes(outputs, dim1=0, dim2=1)
        return outputs if begins else (outputs, after)

    def _vector(self, F: Any, params: dict[str, Any]) -> Any:
        """All parameters in one vector."""
        flat = [F.reshape(params[name], shape=-1) for name in self._parameter_order()]
        return F._internal._rnn_param_concat(*flat, dim=0)

    def _first_states(self, inputs: Any) -> list:
        """Zeros for the examples of the inputs; symbols do not know how many these are."""
        if isinstance(inputs, Symbol):
            return self.begin_state(0, func=sym.zeros)
        examples = inputs.shape[self._layout.index("N")]
        return self.begin_state(examples, ctx=inputs.context, dtype=inputs.dtype)

    def _check_states(self, inputs: Any, states: Sequence) -> None:
        infos = self.state_info(inputs.shape[self._layout.index("N")])
        for state, info in zip(states, infos, strict=False):
            if state.shape != info["shape"]:
                raise ShapeError(
                    f"a state of {type(self).__name__} has the shape {state.shape}",
                    rule=f"(layers * directions, examples, features), here {info['shape']}",
                    hint="begin_state(batch_size) makes states",
                )

    def _unfuse(self) -> HybridSequentialRNNCell:
        """The layer as cells with the same parameters.

        Raises MXNetError for a layer with projection or clipping, for which there are no cells.
        """
        clips = (self._lstm_state_clip_min, self._lstm_state_clip_max)
        if self._projection_size or clips != (None, None):
            raise MXNetError(f"{self!r} cannot be made of cells: they do not project or clip")
        stack = HybridSequentialRNNCell(prefix=self.prefix, params=self.params)
        with stack.name_scope():
            inputs = self._input_size
            for layer in range(self._num_layers):
                cells = [self._cell(f"{side}{layer}_", inputs) for side in self._sides()]
                stack.add(BidirectionalCell(*cells) if self._dir == 2 else cells[0])
                if self._dropout > 0 and layer < self._num_layers - 1:
                    stack.add(rnn_cell.DropoutCell(self._dropout))
                inputs = self._hidden_size * self._dir
        return stack

    def _cell(self, prefix: str, inputs: int) -> Any:
        """A cell of this kind."""
        options: dict[str, Any] = {"input_size": inputs, "prefix": prefix, **self._initializers}
        if self._mode == "lstm":
            return rnn_cell.LSTMCell(self._hidden_size, **options)
        if self._mode == "gru":
            return rnn_cell.GRUCell(self._hidden_size, **options)
        activation = self._mode.removeprefix("rnn_")
        return rnn_cell.RNNCell(self._hidden_size, activation=activation, **options)


class RNN(_RNNLayer):
    """Layers of the simplest recurrent network: `h' = activation(W_x x + b_x + W_h h + b_h)`.

    hidden_size    number of outputs, in each direction
    num_layers     layers on top of each other
    activation     `relu` or `tanh`
    layout         axes of inputs and outputs: TNC or NTC, for T time, N examples, C features
    dropout        share of the outputs dropped between layers in training
    bidirectional  whether a second network reads from the end
    input_size     number of inputs; follows from the first input when not given

    One state, (num_layers * directions, n, hidden_size).

    >>> layer = RNN(4, num_layers=2)
    >>> layer.initialize()
    >>> layer(nd.ones((3, 2, 5))).shape
    (3, 2, 4)
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        dtype: Any = "float32",
        **kwargs: Any,
    ):
        if activation not in ("relu", "tanh"):
            raise ParameterError(
                f"the activation of an RNN layer cannot be {activation!r}",
                rule="relu or tanh",
                hint="an RNNCell, unrolled, takes others",
            )
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            f"rnn_{activation}",
            None,
            None,
            None,
            None,
            False,
            dtype,
            **kwargs,
        )


class LSTM(_RNNLayer):
    """Layers of long short-term memory; see LSTMCell for the formulas and RNN for the arguments.

    projection_size   outputs are projected to so many numbers, by `h2r_weight`; see LSTMPCell
    state_clip_min    smallest number in the memory
    state_clip_max    largest number in the memory
    state_clip_nan    whether clipping turns NaN into the smallest number, too

    Two states, `h` and `c`.

    >>> layer = LSTM(4, bidirectional=True, layout="NTC")
    >>> layer.initialize()
    >>> outputs, states = layer(nd.ones((2, 3, 5)), layer.begin_state(2))
    >>> outputs.shape, [s.shape for s in states]
    ((2, 3, 8), [(2, 2, 4), (2, 2, 4)])
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        **kwargs: Any,
    ):
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            "lstm",
            projection_size,
            h2r_weight_initializer,
            state_clip_min,
            state_clip_max,
            state_clip_nan,
            dtype,
            **kwargs,
        )

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Shape, layout and element type of both states."""
        return [*super().state_info(batch_size), self._state(batch_size, self._hidden_size)]


class GRU(_RNNLayer):
    """Layers of gated recurrent units; see GRUCell for the formulas and RNN for the arguments.

    One state, (num_layers * directions, n, hidden_size).

    >>> layer = GRU(4)
    >>> layer.initialize()
    >>> outputs, state = layer(nd.ones((3, 2, 5)), layer.begin_state(2))
    >>> outputs.shape
    (3, 2, 4)
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        **kwargs: Any,
    ):
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            "gru",
            None,
            None,
            None,
            None,
            False,
            dtype,
            **kwargs,
        )
