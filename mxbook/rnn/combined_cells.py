"""Cells made of cells: one above the other, and one in each direction."""

from typing import Any

from mxbook import symbol as sym
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.symbol import Symbol

from .rnn_cell import Args, BaseRNNCell, RNNParams, Sequence, arranged, split_steps

__all__ = ["BidirectionalCell", "SequentialRNNCell"]

States = list[Symbol]


class _Combined(BaseRNNCell):
    """A cell that hands everything on to the cells it is made of."""

    def __init__(self, prefix: str = "", params: RNNParams | None = None):
        self._cells: list[BaseRNNCell] = []
        super().__init__(prefix=prefix, params=params)
        self._override_cell_params = params is not None

    def _adopt(self, cell: BaseRNNCell) -> None:
        """Take a cell in; parameters are those of all cells, and shared if given to this one."""
        self._cells.append(cell)
        if self._override_cell_params:
            if not cell._own_params:
                raise ParameterError(
                    f"Either specify params for {type(self).__name__} or child cells, not both."
                )
            cell.params._params.update(self.params._params)
        self.params._params.update(cell.params._params)

    def reset(self) -> None:
        """Begin counting again, in all cells."""
        super().reset()
        for cell in self._cells:
            cell.reset()

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The states of all cells."""
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, **kwargs: Any) -> States:
        """The states of all cells before the first step."""
        self._check_not_modified()
        return [state for cell in self._cells for state in cell.begin_state(**kwargs)]

    def _own(self, states: States) -> list[States]:
        """The states that belong to each cell."""
        found, begin = [], 0
        for cell in self._cells:
            end = begin + len(cell.state_info)
            found.append(states[begin:end])
            begin = end
        return found

    def unpack_weights(self, args: Args) -> Args:
        """Arrays by name with one for each gate, for all cells."""
        for cell in self._cells:
            args = cell.unpack_weights(args)
        return args

    def pack_weights(self, args: Args) -> Args:
        """The reverse of `unpack_weights`."""
        for cell in self._cells:
            args = cell.pack_weights(args)
        return args


class SequentialRNNCell(_Combined):
    """Cells one above the other: the output of one is the input of the next.

    >>> from mxbook.rnn import GRUCell
    >>> stack = SequentialRNNCell()
    >>> for i in range(2):
    ...     stack.add(GRUCell(3, prefix=f"gru{i}_"))
    >>> stack.state_shape
    [(0, 3), (0, 3)]
    """

    def __init__(self, params: RNNParams | None = None):
        super().__init__(params=params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put a cell on top.

        Raises ParameterError when parameters were given to both.
        """
        self._adopt(cell)

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """The output of the last cell for one step, and the states of all."""
        self._counter += 1
        found: States = []
        for cell, own in zip(self._cells, self._own(states), strict=True):
            inputs, own = cell(inputs, own)
            found += own
        return inputs, found

    def unroll(
        self,
        length: int,
        inputs: Sequence,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Sequence, States]:
        """The outputs of the last cell, and the states of all; see BaseRNNCell.unroll."""
        self.reset()
        states = self.begin_state() if begin_state is None else begin_state
        found: States = []
        last = len(self._cells) - 1
        for i, (cell, own) in enumerate(zip(self._cells, self._own(states), strict=True)):
            merge = merge_outputs if i == last else None
            inputs, own = cell.unroll(length, inputs, own, layout, merge)
            found += own
        return inputs, found


class BidirectionalCell(_Combined):
    """A cell that reads the steps forwards and one that reads them backwards; outputs are joined.

    It can only be unrolled.  The states behind the last step are two lists, one for each cell.
    """

    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ):
        super().__init__("", params)
        self._output_prefix = output_prefix
        self._adopt(l_cell)
        self._adopt(r_cell)

    def __call__(self, inputs: Symbol, states: States) -> tuple[Symbol, States]:
        """Raises MXNetError: the last step must be known before the first."""
        raise MXNetError("Bidirectional cannot be stepped. Please use unroll")

    def unroll(
        self,
        length: int,
        inputs: Sequence,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Sequence, list]:
        """The outputs of both cells joined along the channels; see BaseRNNCell.unroll."""
        self.reset()
        steps = split_steps(length, inputs, layout)
        states = self.begin_state() if begin_state is None else begin_state
        (left, right), (of_left, of_right) = self._cells, self._own(states)
        l_out, l_states = left.unroll(length, steps, of_left, layout, merge_outputs)
        r_out, r_states = right.unroll(length, steps[::-1], of_right, layout, merge_outputs)
        if merge_outputs is None:
            merge_outputs = isinstance(l_out, Symbol) and isinstance(r_out, Symbol)
        outputs = self._joined(length, l_out, r_out, layout, merge_outputs)
        return outputs, [l_states, r_states]

    def _joined(
        self, length: int, left: Sequence, right: Sequence, layout: str, merge: bool
    ) -> Sequence:
        if merge:
            right = sym.reverse(right, axis=layout.find("T"))
            return sym.Concat(left, right, dim=2, name=f"{self._output_prefix}out")
        pairs = zip(
            arranged(length, left, layout, False),
            reversed(list(arranged(length, right, layout, False))),
            strict=True,
        )
        return [
            sym.Concat(l_o, r_o, dim=1, name=f"{self._output_prefix}t{i}")
            for i, (l_o, r_o) in enumerate(pairs)
        ]
