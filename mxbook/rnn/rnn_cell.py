"""What all cells of `mx.rnn` share: parameters by name, states, unrolling over the steps.

A cell is called with a symbol for one step and the states before it, and gives the output and the
states behind it; `unroll` does so for all steps.
"""

from collections.abc import Callable
from typing import Any

from mxbook import symbol as sym
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.ndarray import NDArray, concat
from mxbook.symbol import Symbol

__all__ = ["BaseRNNCell", "RNNParams"]

Args = dict[str, NDArray]
Sequence = Symbol | list[Symbol]


class RNNParams:
    """Variables by name, which several cells can share: the same name is the same variable.

    >>> params = RNNParams("lstm_")
    >>> params.get("weight") is params.get("weight"), params.get("weight").name
    (True, 'lstm_weight')
    """

    def __init__(self, prefix: str = ""):
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """The variable `prefix + name`; made with the arguments of `mx.sym.Variable` if new."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = sym.Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """Base of all cells; a subclass defines `state_info` and `__call__(inputs, states)`.

    prefix  begins the names of all parameters and of what is computed
    params  an RNNParams that is shared with other cells; a new one when None
    """

    _gate_names: tuple[str, ...] = ()
    _num_hidden: int

    def __init__(self, prefix: str = "", params: RNNParams | None = None):
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False  # wrapped by another cell, which speaks for it
        self.reset()

    def reset(self) -> None:
        """Begin counting steps and states, whose numbers are in names, again."""
        self._init_counter = -1
        self._counter = -1

    @property
    def params(self) -> RNNParams:
        """The parameters."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape (0 for the examples) and layout of each state."""
        raise MXNetError(f"{type(self).__name__} must define state_info")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shape of each state, 0 standing for the number of examples."""
        return [info["shape"] for info in self.state_info]

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """The output of one step and the states behind it."""
        raise MXNetError(f"{type(self).__name__} must define __call__(inputs, states)")

    def begin_state(self, func: Callable[..., Symbol] = sym.zeros, **kwargs: Any) -> list[Symbol]:
        """The states before the first step, made by `func(name=..., shape=..., **kwargs)`.

        `mx.sym.Variable` makes them inputs of the network.
        """
        self._check_not_modified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**kwargs, **info}))
        return states

    def _check_not_modified(self) -> None:
        if self._modified:
            raise MXNetError(
                f"this {type(self).__name__} is inside of another cell",
                rule="ask the outer cell for the states",
            )

    # ---- weights gate by gate

    def unpack_weights(self, args: Args) -> Args:
        """Arrays by name with one for each gate, in place of those for all gates together."""
        found = dict(args)
        rows = self._num_hidden if self._gate_names else 0
        for group, kind in self._packed():
            whole = found.pop(f"{self._prefix}{group}_{kind}")
            for i, gate in enumerate(self._gate_names):
                part = whole[i * rows : (i + 1) * rows]
                found[f"{self._prefix}{group}{gate}_{kind}"] = part.copy()
        return found

    def pack_weights(self, args: Args) -> Args:
        """The reverse of `unpack_weights`."""
        found = dict(args)
        for group, kind in self._packed():
            names = [f"{self._prefix}{group}{gate}_{kind}" for gate in self._gate_names]
            whole = concat(*[found.pop(name) for name in names], dim=0)
            found[f"{self._prefix}{group}_{kind}"] = whole
        return found

    def _packed(self) -> list[tuple[str, str]]:
        if not self._gate_names:
            return []
        return [(group, kind) for group in ("i2h", "h2h") for kind in ("weight", "bias")]

    # ---- all steps

    def unroll(
        self,
        length: int,
        inputs: Sequence,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Sequence, list[Symbol]]:
        """The outputs of `length` steps, and the states behind the last.

        inputs         one symbol with the axes of `layout`, or a list with one symbol a step
        begin_state    the states before the first step; zeros when None
        merge_outputs  whether the outputs are one symbol (True) or a list (False); what suits the
                       cell when None
        """
        self.reset()
        steps = split_steps(length, inputs, layout)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
        return arranged(length, outputs, layout, merge_outputs), states

    def _activation(self, inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
        """An activation by its name, or by a function."""
        if isinstance(activation, str):
            return sym.Activation(inputs, act_type=activation, **kwargs)
        return activation(inputs, **kwargs)


# ---- sequences


def split_steps(length: int, inputs: Sequence, layout: str) -> list[Symbol]:
    """A sequence as a list with one symbol for each step."""
    found = arranged(length, inputs, layout, False)
    return found if isinstance(found, list) else list(found)


def arranged(length: int, inputs: Sequence, layout: str, merge: bool | None) -> Sequence:
    """A sequence as one symbol (`merge`), as a list (not `merge`), or as it is (None).

    Raises ParameterError for a list of another length, and for a symbol with several outputs.
    """
    axis = layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is not False:
            return inputs
        if len(inputs) != 1:
            raise ParameterError(
                "unroll doesn't allow grouped symbol as input. Please convert to list first"
            )
        return list(sym.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
    if len(inputs) != length:
        raise ParameterError(f"{len(inputs)} inputs for {length} steps", rule="one a step")
    if not merge:
        return list(inputs)
    return sym.Concat(*[sym.expand_dims(i, axis=axis) for i in inputs], dim=axis)
