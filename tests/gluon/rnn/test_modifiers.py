"""Dropout, zoneout and residual cells: what they change in training mode, and what they refuse."""

import inspect

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.gluon import nn, rnn

ONES = mx.nd.ones((50, 40))


def trained(cell, *inputs):
    with mx.autograd.train_mode():
        return cell(*inputs)


def test_dropout_only_in_training_mode():
    cell = rnn.DropoutCell(0.25)
    assert cell.state_info() == cell.begin_state(batch_size=3) == []
    assert (cell(ONES, [])[0].asnumpy() == 1).all()
    mx.random.seed(1)
    dropped = trained(cell, ONES, [])[0].asnumpy()
    assert set(np.unique(dropped)) == {0, np.float32(1 / 0.75)}
    assert 0.2 < (dropped == 0).mean() < 0.3


def test_dropout_along_axes_is_shared():
    dropped = trained(rnn.DropoutCell(0.5, axes=(0,)), ONES, [])[0].asnumpy()
    assert (dropped == dropped[0]).all()
    assert len(np.unique(dropped)) == 2


def test_dropout_of_a_merged_sequence_draws_once():
    mx.random.seed(2)
    with mx.autograd.train_mode():
        merged, states = rnn.DropoutCell(0.5).unroll(4, mx.nd.ones((3, 4, 5)))
        mx.random.seed(2)
        once = mx.nd.Dropout(mx.nd.ones((3, 4, 5)), p=0.5)
    assert states == []
    np.testing.assert_array_equal(merged.asnumpy(), once.asnumpy())


def test_dropout_rate_is_a_number():
    with pytest.raises(ParameterError, match="rate"):
        rnn.DropoutCell("much")


def test_zoneout_keeps_what_was_before():
    inner = rnn.RNNCell(40)
    cell = rnn.ZoneoutCell(inner, zoneout_outputs=0.3, zoneout_states=0.6)
    cell.initialize()
    old = mx.nd.full((50, 40), 9)
    fresh = inner(ONES, [old])[0].asnumpy()
    mx.random.seed(3)
    output, (state,) = trained(cell, ONES, [old])
    for found, before, share in ((output, 0, 0.3), (state, 9, 0.6)):
        kept = found.asnumpy() == before
        assert abs(kept.mean() - share) < 0.05
        np.testing.assert_allclose(found.asnumpy()[~kept], fresh[~kept], rtol=1e-6)
    second = trained(cell, ONES, [old])[0].asnumpy()
    kept = second == output.asnumpy()
    assert kept.mean() > 0.25
    cell.reset()
    assert (trained(cell, ONES, [old])[0].asnumpy() == 0).any()


def test_zoneout_of_a_bidirectional_cell_is_refused():
    stack = rnn.HybridSequentialRNNCell()
    stack.add(rnn.BidirectionalCell(rnn.GRUCell(2), rnn.GRUCell(2)))
    with pytest.raises(MXNetError, match="cannot stand inside a ZoneoutCell"):
        rnn.ZoneoutCell(stack)


def test_residual_adds_the_input():
    inner = rnn.GRUCell(40)
    cell = rnn.ResidualCell(inner)
    cell.initialize()
    assert list(cell.collect_params()) == list(inner.collect_params())
    state = mx.nd.zeros((50, 40))
    np.testing.assert_allclose(
        cell(ONES, [state])[0].asnumpy(), inner(ONES, [state])[0].asnumpy() + 1, rtol=1e-6
    )


def test_residual_hides_the_input_behind_the_end():
    cell = rnn.ResidualCell(rnn.GRUCell(5))
    cell.initialize()
    outputs, _ = cell.unroll(3, mx.nd.ones((2, 3, 5)), valid_length=mx.nd.array([1, 3]))
    assert (outputs.asnumpy()[0, 1:] == 0).all()
    assert (outputs.asnumpy()[1] != 0).all()


def test_stacks_take_cells_only():
    with pytest.raises(DTypeError, match="Dense cannot stand"):
        rnn.SequentialRNNCell().add(nn.Dense(2))


def test_stacks_are_sequences_of_cells():
    stack = rnn.SequentialRNNCell()
    cells = [rnn.RNNCell(3), rnn.DropoutCell(0.1), rnn.LSTMCell(2)]
    for cell in cells:
        stack.add(cell)
    assert len(stack) == 3
    assert stack[1] is cells[1]
    assert [s["shape"] for s in stack.state_info(4)] == [(4, 3), (4, 2), (4, 2)]
    assert repr(stack).splitlines()[0] == "SequentialRNNCell("
    assert list(inspect.signature(stack.__call__).parameters) == ["inputs", "states"]
    with pytest.raises(MXNetError, match="HybridSequentialRNNCell"):
        stack.hybrid_forward(mx.nd, None)


def test_a_bidirectional_cell_cannot_be_stepped():
    cell = rnn.BidirectionalCell(rnn.GRUCell(2), rnn.GRUCell(2))
    with pytest.raises(MXNetError, match="single step"):
        cell(ONES, [])
