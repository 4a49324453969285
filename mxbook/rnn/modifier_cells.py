"""Cells that change what another cell does: zoneout, residual connections."""

from collections.abc import Callable
from typing import Any

from mxbook import symbol as sym
from mxbook.base.errors import ParameterError
from mxbook.symbol import Symbol

from .combined_cells import BidirectionalCell, SequentialRNNCell
from .fused_cell import FusedRNNCell
from .rnn_cell import Args, BaseRNNCell, RNNParams, Sequence, arranged

__all__ = ["ModifierCell", "ResidualCell", "ZoneoutCell"]

States = list[Symbol]


class ModifierCell(BaseRNNCell):
    """Base of the cells that wrap another one, whose parameters and states they take over."""

    def __init__(self, base_cell: BaseRNNCell):
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> RNNParams:
        """The parameters of the inner cell."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The states of the inner cell."""
        return self.base_cell.state_info

    def begin_state(
        self, init_sym: Callable[..., Symbol] = sym.zeros, **kwargs: Any
    ) -> list[Symbol]:
        """The states of the inner cell before the first step, made by `init_sym`."""
        self._check_not_modified()
        func = kwargs.pop("func", init_sym)
        return self._unwrapped(lambda: self.base_cell.begin_state(func=func, **kwargs))

    def _unwrapped(self, call: Callable[[], Any]) -> Any:
        """Let the inner cell do something as if it stood alone."""
        self.base_cell._modified = False
        try:
            return call()
        finally:
            self.base_cell._modified = True

    def unpack_weights(self, args: Args) -> Args:
        """Those of the inner cell."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Args) -> Args:
        """The reverse of `unpack_weights`."""
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Zoneout: while training, some outputs and states stay what they were a step before.

    zoneout_outputs, zoneout_states  the parts that stay

    Raises ParameterError for cells that cannot be stepped.  Source: Krueger et al., Zoneout:
    Regularizing RNNs by Randomly Preserving Hidden Activations, 2016.
    """

    def __init__(
        self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0
    ):
        inner = base_cell._cells if isinstance(base_cell, SequentialRNNCell) else [base_cell]
        if any(isinstance(cell, FusedRNNCell | BidirectionalCell) for cell in inner):
            raise ParameterError(
                "zoneout acts from step to step, and this cell is only for all steps",
                hint="apply it to the cells inside; fused.unfuse() has some",
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def reset(self) -> None:
        """Begin counting again; forget the last output."""
        super().reset()
        self.prev_output: Symbol | None = None

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """Output and states of the inner cell, some of them older."""
        output, found = self.base_cell(inputs, states)
        if self.zoneout_outputs != 0:
            before = sym.zeros((0, 0)) if self.prev_output is None else self.prev_output
            output = _some_older(self.zoneout_outputs, output, before)
        if self.zoneout_states != 0:
            pairs = zip(found, states, strict=True)
            found = [_some_older(self.zoneout_states, new, old) for new, old in pairs]
        self.prev_output = output
        return output, found


def _some_older(part: float, new: Symbol, old: Symbol) -> Symbol:
    return sym.where(sym.Dropout(sym.ones_like(new), p=part), new, old)


class ResidualCell(ModifierCell):
    """Adds the input to the output, which has the same shape.

    Source: He et al., Deep Residual Learning for Image Recognition, 2015.
    """

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """Output plus input, and the states of the inner cell."""
        output, states = self.base_cell(inputs, states)
        return _plus(output, inputs), states

    def unroll(
        self,
        length: int,
        inputs: Sequence,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Sequence, States]:
        """Outputs plus inputs; see BaseRNNCell.unroll."""
        self.reset()
        outputs, states = self._unwrapped(
            lambda: self.base_cell.unroll(length, inputs, begin_state, layout, merge_outputs)
        )
        merge = isinstance(outputs, Symbol)
        inputs = arranged(length, inputs, layout, merge)
        if merge:
            return _plus(outputs, inputs), states
        return [_plus(o, i) for o, i in zip(outputs, inputs, strict=True)], states


def _plus(output: Symbol, inputs: Symbol) -> Symbol:
    return sym.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
