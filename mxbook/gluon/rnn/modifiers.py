"""Cells that change what other cells give: dropout, zoneout, a short cut from input to output."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mxbook import ndarray as nd
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.gluon.parameter import ParameterDict

from . import sequences
from .recurrent import HybridRecurrentCell
from .stacks import BidirectionalCell

__all__ = ["DropoutCell", "ModifierCell", "ResidualCell", "ZoneoutCell"]


class DropoutCell(HybridRecurrentCell):
    """Dropout on the input, for use between the cells of a SequentialRNNCell; it has no state.

    rate  share of the elements that become 0 in training mode, see `nn.Dropout`
    axes  axes along which all elements share their fate
    """

    def __init__(
        self,
        rate: float,
        axes: tuple[int, ...] = (),
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        if not isinstance(rate, int | float):
            raise ParameterError(f"the rate of a DropoutCell cannot be {rate!r}", rule="a number")
        self._rate = rate
        self._axes = axes

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """No states."""
        return []

    def _alias(self) -> str:
        return "dropout"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rate={self._rate}, axes={self._axes})"

    def hybrid_forward(self, F: Any, inputs: Any, states: list) -> tuple[Any, list]:
        """Drop elements in training mode, do nothing otherwise."""
        if self._rate > 0:
            inputs = F.Dropout(inputs, p=self._rate, axes=self._axes, name=f"t{self._counter}_fwd")
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list]:
        """Dropout on all steps at once where they come, or are to be given, as one array.

        As in MXNet it does not hide what is behind a `valid_length`; the cells around it do.
        """
        if merge_outputs is None:
            merge_outputs = not isinstance(inputs, list | tuple)
        if not merge_outputs:
            return super().unroll(length, inputs, [], layout, False)
        self.reset()
        whole = sequences.merged(inputs, layout)
        return self.hybrid_forward(sequences.caller(whole), whole, [])  # not a step: no name of one


class ModifierCell(HybridRecurrentCell):
    """Base class of cells that change another cell, with whose parameters and states they work.

    From then on the other cell is to be used through this one only.
    """

    def __init__(self, base_cell: HybridRecurrentCell):
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> ParameterDict:
        """The parameters of the cell inside."""
        return self.base_cell.params

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """The states of the cell inside."""
        return self.base_cell.state_info(batch_size)

    def begin_state(self, func: Callable = nd.zeros, **kwargs: Any) -> list:
        """The states of the cell inside before the first step; see `RecurrentCell.begin_state`."""
        if self._modified:
            return super().begin_state()  # raises
        with self._base_free():
            return self.base_cell.begin_state(func=func, **kwargs)

    @contextmanager
    def _base_free(self) -> Iterator[None]:
        """Allow the cell inside what only cells may that stand alone."""
        self.base_cell._modified = False
        try:
            yield
        finally:
            self.base_cell._modified = True

    def hybrid_forward(self, F: Any, inputs: Any, states: list) -> tuple[Any, list]:
        """One step; defined by every subclass."""
        raise MXNetError(f"{type(self).__name__} must define hybrid_forward(self, F, x, states)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell!r})"


class ZoneoutCell(ModifierCell):
    """In training mode some outputs and states keep their values of the step before.

    zoneout_outputs  share of the outputs that do
    zoneout_states   share of the states that do

    Source: Krueger et al., Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations,
    2016.
    """

    def __init__(
        self,
        base_cell: HybridRecurrentCell,
        zoneout_outputs: float = 0.0,
        zoneout_states: float = 0.0,
    ):
        if any(isinstance(cell, BidirectionalCell) for cell in base_cell._blocks()):
            raise MXNetError(
                "a BidirectionalCell cannot stand inside a ZoneoutCell",
                rule="zoneout is done step by step, and the two directions meet after all steps",
                hint="put ZoneoutCells around the cells inside of the BidirectionalCell",
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def _alias(self) -> str:
        return "zoneout"

    def __repr__(self) -> str:
        shares = f"p_out={self.zoneout_outputs}, p_state={self.zoneout_states}"
        return f"{type(self).__name__}({shares}, {self.base_cell!r})"

    def reset(self) -> None:
        """Forget the output of the step before."""
        super().reset()
        self._prev_output: Any = None

    def hybrid_forward(self, F: Any, inputs: Any, states: list) -> tuple[Any, list]:
        """Compute one step of the cell inside, then keep some old values."""
        output, new_states = self.base_cell(inputs, states)
        before = self._prev_output
        # Shapes are inferred on symbols between steps on arrays: what is kept must be of the kind.
        if not isinstance(before, type(output)) and self.zoneout_outputs:
            before = F.zeros_like(output)
        output = _mixed(F, self.zoneout_outputs, output, before)
        new_states = [
            _mixed(F, self.zoneout_states, new, old)
            for new, old in zip(new_states, states, strict=True)
        ]
        self._prev_output = output
        return output, new_states


def _mixed(F: Any, share: float, new: Any, old: Any) -> Any:
    """New values, of which in training mode a share is replaced by old ones."""
    if share == 0:
        return new
    return F.where(F.Dropout(F.ones_like(new), p=share), new, old)


class ResidualCell(ModifierCell):
    """Adds the input to the output, which has to have the same size.

    Source: Wu et al., Google's Neural Machine Translation System, 2016.
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: list) -> tuple[Any, list]:
        """Compute one step of the cell inside and add the input."""
        output, states = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"t{self._counter}_fwd"), states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list]:
        """Unroll the cell inside and add the inputs, up to their ends."""
        self.reset()
        with self._base_free():
            outputs, states = self.base_cell.unroll(
                length, inputs, begin_state, layout, merge_outputs, valid_length
            )
        if valid_length is not None:
            inputs = sequences.masked(inputs, valid_length, layout)
        F = sequences.caller(inputs)
        if not isinstance(outputs, list):
            return F.elemwise_add(outputs, sequences.merged(inputs, layout)), states
        steps = sequences.split(length, inputs, layout)
        return [F.elemwise_add(o, x) for o, x in zip(outputs, steps, strict=True)], states
