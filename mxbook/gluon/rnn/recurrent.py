"""What all recurrent cells share: a cell computes one step of a sequence, `unroll` all of them."""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.errors import MXNetError
from mxbook.gluon.block import Block, HybridBlock
from mxbook.symbol.symbol import Symbol

from . import sequences

__all__ = ["HybridRecurrentCell", "RecurrentCell"]


def states_before(
    infos: Sequence[dict], names: Sequence[str], func: Callable, given: dict[str, Any]
) -> list:
    """States as their infos describe them, made by `func` with the further arguments `given`."""
    # Names such as __layout__ are attributes of symbols; functions of arrays do not know them.
    symbolic = getattr(func, "__module__", "").startswith(sym.__name__)
    known = [{k: v for k, v in i.items() if symbolic or not k.startswith("__")} for i in infos]
    return [func(name=n, **{**k, **given}) for n, k in zip(names, known, strict=True)]


class RecurrentCell(Block):
    """One step of a recurrent network: `output, new_states = cell(input, states)`.

    The states are a list of arrays, which `begin_state` makes and every step gives anew.  A cell of
    your own defines `state_info` and `forward`, and inside calls the RecurrentCell's `forward`
    nothing more; HybridRecurrentCell defines `hybrid_forward` instead.

    >>> from mxbook.gluon import rnn
    >>> cell = rnn.GRUCell(4)
    >>> cell.initialize()
    >>> states = cell.begin_state(batch_size=2)
    >>> for step in nd.ones((3, 2, 5)):  # three steps of two examples
    ...     output, states = cell(step, states)
    >>> output.shape, [s.shape for s in states]
    ((2, 4), [(2, 4)])
    """

    def __init__(self, prefix: str | None = None, params: Any = None):
        super().__init__(prefix=prefix, params=params)
        self._modified = False  # whether it stands inside a ModifierCell
        self.reset()

    def reset(self) -> None:
        """Forget what is kept from step to step, such as the numbers in the names of symbols."""
        self._init_counter = -1
        self._counter = -1
        for child in self._children.values():
            if isinstance(child, RecurrentCell):
                child.reset()

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Shape and layout of each state; defined by every subclass."""
        raise MXNetError(f"{type(self).__name__} must define state_info(self, batch_size=0)")

    def begin_state(self, batch_size: int = 0, func: Callable = nd.zeros, **kwargs: Any) -> list:
        """The states before the first step: what `func` gives for each, zeros by default.

        `func(shape=..., name=..., **kwargs)` is a function such as `mx.nd.ones`, or `mx.sym.var`
        for symbols.

        Raises MXNetError for a cell that stands inside a ModifierCell.
        """
        if self._modified:
            raise MXNetError(
                f"{self.name} cannot begin on its own",
                rule="a cell inside a ZoneoutCell or ResidualCell is used through it",
                hint="call begin_state and unroll of the outer cell",
            )
        infos = self.state_info(batch_size)
        first = self._init_counter + 1
        self._init_counter += len(infos)
        names = [f"{self._prefix}begin_state_{first + i}" for i in range(len(infos))]
        return states_before(infos, names, func, kwargs)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list]:
        """Compute all steps of a sequence; returns the outputs and the last states.

        length         the number of steps
        inputs         an array with an axis of time, or a list with an array for each step
        begin_state    the states before the first step; zeros when not given
        layout         the axes of inputs and outputs: N examples, T time, C features
        merge_outputs  whether the outputs become one array (True) or stay a list (False); when not
                       given they stay a list, except where there is a valid_length
        valid_length   (n,) how many steps of each example count: outputs behind them are 0, and the
                       states are those after them

        Raises ShapeError when there are not `length` steps.

        >>> from mxbook.gluon import rnn
        >>> cell = rnn.RNNCell(4)
        >>> cell.initialize()
        >>> outputs, states = cell.unroll(3, nd.ones((2, 3, 5)), merge_outputs=True)
        >>> outputs.shape, [s.shape for s in states]
        ((2, 3, 4), [(2, 4)])
        """
        self.reset()
        steps = sequences.split(length, inputs, layout)
        states = self._states_for(steps, layout) if begin_state is None else begin_state
        outputs, history = [], []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        if valid_length is not None:
            states = [sequences.last(list(s), valid_length) for s in zip(*history, strict=True)]
        return sequences.arranged(outputs, layout, merge_outputs, valid_length), states

    def _states_for(self, steps: list, layout: str) -> list:
        """Zeros as the states before the first of the steps, of its kind and number of examples."""
        first = steps[0]
        if isinstance(first, Symbol):
            return self.begin_state(func=sym.zeros)
        examples = first.shape[layout.replace("T", "").index("N")]
        with first.context:
            return self.begin_state(batch_size=examples, func=nd.zeros, dtype=first.dtype)

    def _get_activation(self, F: Any, inputs: Any, activation: Any, **kwargs: Any) -> Any:
        """Apply a nonlinear function: one of a name, or anything that can be called."""
        if not isinstance(activation, str):
            return activation(inputs)
        if activation in ("tanh", "relu", "sigmoid", "softsign"):
            return getattr(F, activation)(inputs, **kwargs)
        return F.Activation(inputs, act_type=activation, **kwargs)

    def forward(self, inputs: Any, states: list) -> tuple[Any, list]:
        """Compute one step and count it."""
        self._counter += 1
        return super().forward(inputs, states)


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """A cell written with a caller `F`, in `hybrid_forward(F, inputs, states, **parameters)`.

    It may stand inside HybridBlocks; see HybridBlock and RecurrentCell.
    """

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """One step, written with `F`; defined by every subclass."""
        raise MXNetError(f"{type(self).__name__} must define hybrid_forward(self, F, x, states)")
