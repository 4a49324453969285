"""Several cells as one: one on top of the other, or two that read in opposite directions."""

from collections.abc import Sequence
from typing import Any

from mxbook.base.errors import DTypeError, MXNetError
from mxbook.gluon.block import HybridBlock
from mxbook.gluon.utils import _indent

from . import sequences
from .recurrent import HybridRecurrentCell, RecurrentCell

__all__ = ["BidirectionalCell", "HybridSequentialRNNCell", "SequentialRNNCell"]


class _Cells:
    """What cells made of cells share: the states of one come after those of the other."""

    _children: dict[str, Any]

    def __call__(self, inputs: Any, states: Sequence) -> Any:
        """Compute one step; see `RecurrentCell`."""
        return super().__call__(inputs, states)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """The states of all cells inside."""
        return [info for cell in self._children.values() for info in cell.state_info(batch_size)]

    def begin_state(self, **kwargs: Any) -> list:
        """The states of all cells before the first step; see `RecurrentCell.begin_state`."""
        if self._modified:
            return super().begin_state()  # raises
        return [s for cell in self._children.values() for s in cell.begin_state(**kwargs)]

    def _with_states(self, states: Sequence | None) -> Any:
        """Pairs of a cell and its part of the states; None where there are none."""
        first = 0
        for cell in self._children.values():
            count = len(cell.state_info())
            yield cell, None if states is None else list(states[first : first + count])
            first += count


class _Stack(_Cells):
    """What SequentialRNNCell and HybridSequentialRNNCell share."""

    def add(self, cell: RecurrentCell) -> None:
        """Put a cell on top."""
        if not isinstance(cell, RecurrentCell):
            raise DTypeError(
                f"{type(cell).__name__} cannot stand in a {type(self).__name__}",
                rule="all blocks in it are recurrent cells",
            )
        self.register_child(cell)

    def _step(self, inputs: Any, states: Sequence) -> tuple[Any, list]:
        new_states: list = []
        for cell, own in self._with_states(states):
            inputs, new = cell(inputs, own)
            new_states += new
        return inputs, new_states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list]:
        """Unroll one cell after the other; see `RecurrentCell.unroll`."""
        self.reset()
        last_states: list = []
        for number, (cell, own) in enumerate(self._with_states(begin_state), start=1):
            merge = merge_outputs if number == len(self) else None
            inputs, states = cell.unroll(length, inputs, own, layout, merge, valid_length)
            last_states += states
        return inputs, last_states

    def __repr__(self) -> str:
        cells = "\n".join(f"({i}): {_indent(repr(c), 2)}" for i, c in self._children.items())
        return f"{type(self).__name__}(\n{cells}\n)"

    def __getitem__(self, i: int) -> Any:
        return list(self._children.values())[i]

    def __len__(self) -> int:
        return len(self._children)


class SequentialRNNCell(_Stack, RecurrentCell):
    """Cells on top of each other: the output of one is the input of the next.

    >>> from mxbook import nd
    >>> from mxbook.gluon import rnn
    >>> cell = SequentialRNNCell()
    >>> cell.add(rnn.LSTMCell(5))
    >>> cell.add(rnn.DropoutCell(0.1))
    >>> cell.add(rnn.GRUCell(4))
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(3, nd.ones((2, 3, 6)), merge_outputs=True)
    >>> outputs.shape, [s.shape for s in states]
    ((2, 3, 4), [(2, 5), (2, 5), (2, 4)])
    """

    def forward(self, inputs: Any, states: Sequence) -> tuple[Any, list]:
        """Compute one step of all cells."""
        self._counter += 1
        return self._step(inputs, states)

    def hybrid_forward(self, *args: Any, **kwargs: Any) -> Any:
        """Raises MXNetError: these cells need not be hybrid; HybridSequentialRNNCell's are."""
        raise MXNetError(
            "a SequentialRNNCell has no hybrid_forward", hint="use a HybridSequentialRNNCell"
        )


class HybridSequentialRNNCell(_Stack, HybridRecurrentCell):
    """Hybrid cells on top of each other; see SequentialRNNCell."""

    def hybrid_forward(self, F: Any, inputs: Any, states: Sequence) -> tuple[Any, list]:
        """Compute one step of all cells."""
        return self._step(inputs, states)


class BidirectionalCell(_Cells, HybridRecurrentCell):
    """Two cells of which one reads the sequence from its beginning and one from its end.

    Output t is that of `l_cell` after steps 0 to t, followed by that of `r_cell` after the last
    step to t.  So it needs the whole sequence: it can be unrolled, but not stepped.

    >>> from mxbook import nd
    >>> from mxbook.gluon import rnn
    >>> cell = BidirectionalCell(rnn.GRUCell(4), rnn.GRUCell(4))
    >>> cell.initialize()
    >>> cell.unroll(3, nd.ones((2, 3, 5)), merge_outputs=True)[0].shape
    (2, 3, 8)

    Source: Schuster and Paliwal, Bidirectional Recurrent Neural Networks, 1997.
    """

    def __init__(self, l_cell: HybridBlock, r_cell: HybridBlock, output_prefix: str = "bi_"):
        super().__init__(prefix="", params=None)
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def forward(self, inputs: Any, states: Sequence) -> tuple[Any, list]:
        """Raises MXNetError: there are no single steps."""
        raise MXNetError(
            "a BidirectionalCell cannot compute a single step",
            rule="one of its cells begins at the end of the sequence",
            hint="call unroll with the whole sequence",
        )

    def __repr__(self) -> str:
        forward, backward = self._children.values()
        return f"{type(self).__name__}(forward={forward!r}, backward={backward!r})"

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list]:
        """Unroll both cells and put their outputs together; see `RecurrentCell.unroll`.

        With a valid_length the backward cell begins at the end of each example.
        """
        self.reset()
        steps = sequences.split(length, inputs, layout)
        (l_cell, l_begin), (r_cell, r_begin) = self._with_states(begin_state)
        l_outputs, l_states = l_cell.unroll(
            length, steps, l_begin, layout, merge_outputs, valid_length
        )
        r_outputs, r_states = r_cell.unroll(
            length, sequences.backwards(steps, valid_length), r_begin, layout, False, valid_length
        )
        r_outputs = sequences.backwards(r_outputs, valid_length)
        F = sequences.caller(steps)
        name = self._output_prefix
        if isinstance(l_outputs, list):
            pairs = zip(l_outputs, r_outputs, strict=True)
            outputs = [F.concat(*pair, dim=1, name=f"{name}t{t}") for t, pair in enumerate(pairs)]
        else:
            r_outputs = sequences.merged(r_outputs, layout)
            outputs = F.concat(l_outputs, r_outputs, dim=2, name=f"{name}out")
        return outputs, [*l_states, *r_states]
