"""VariationalDropoutCell and LSTMPCell."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError
from mxbook.gluon import rnn
from mxbook.gluon.contrib.rnn import LSTMPCell, VariationalDropoutCell

X = mx.nd.array(np.random.default_rng(0).normal(size=(2, 4, 5)))


def dropped(**shares):
    cell = VariationalDropoutCell(rnn.RNNCell(6, activation=lambda x: x * 0 + 1), **shares)
    cell.initialize()
    return cell


@pytest.mark.parametrize("states", [0, 0.5])
def test_all_steps_drop_the_same_outputs(states):
    cell = dropped(drop_outputs=0.5, drop_states=states)
    with mx.autograd.train_mode():
        outputs, _ = cell.unroll(4, X, merge_outputs=True)
        again, _ = cell.unroll(4, X, merge_outputs=True)
    found = outputs.asnumpy()
    assert set(np.unique(found)) == {0, 2}
    assert (found == found[:, :1]).all()
    assert (again.asnumpy() != found).any()  # a new sequence, a new choice
    assert (cell.unroll(4, X, merge_outputs=True)[0].asnumpy() == 1).all()  # not in training


@pytest.mark.parametrize("states", [0, 0.5])
def test_all_steps_drop_the_same_inputs(states):
    cell = VariationalDropoutCell(rnn.RNNCell(5, activation=lambda x: x), 0.5, states)
    cell.initialize()
    cell.unroll(4, X)
    params = cell.collect_params()
    for name, p in params.items():
        p.set_data(mx.nd.eye(5) if name.endswith("i2h_weight") else mx.nd.zeros(p.shape))
    with mx.autograd.train_mode():
        outputs, _ = cell.unroll(4, mx.nd.ones((2, 4, 5)), merge_outputs=True)
    found = outputs.asnumpy()
    assert set(np.unique(found)) == {0, 2} and (found == found[:, :1]).all()


def test_states_are_dropped_on_the_way_to_the_next_step():
    cell = VariationalDropoutCell(rnn.RNNCell(50, activation=lambda x: x), drop_states=0.5)
    cell.initialize()
    one = mx.nd.ones((1, 50))
    cell(one, [one])
    for name, p in cell.collect_params().items():
        p.set_data(mx.nd.eye(50) if name.endswith("h2h_weight") else mx.nd.zeros(p.shape))
    cell.reset()
    with mx.autograd.train_mode():
        first, states = cell(one, [one])
        second, _ = cell(one, states)
    assert set(np.unique(first.asnumpy())) == {0, 2}
    np.testing.assert_array_equal(second.asnumpy(), first.asnumpy() * 2)


def test_outputs_are_merged_unless_asked_otherwise():
    cell = dropped()
    assert cell.unroll(4, X)[0].shape == (2, 4, 6)
    outputs, _ = cell.unroll(4, X, merge_outputs=False, valid_length=mx.nd.array([1, 4]))
    assert [o.asnumpy()[0, 0] for o in outputs] == [1, 0, 0, 0]


def test_not_around_two_directions():
    def both():
        return rnn.BidirectionalCell(rnn.GRUCell(3), rnn.GRUCell(3))

    with pytest.raises(MXNetError, match="states of a BidirectionalCell"):
        VariationalDropoutCell(both(), drop_states=0.1)
    cell = VariationalDropoutCell(both(), drop_inputs=0.1)
    cell.initialize()
    assert cell.unroll(4, X)[0].shape == (2, 4, 6)
    assert repr(cell) == "VariationalDropoutCell(p_out = 0.0, p_state = 0.0)"


def test_a_projection_by_the_unit_matrix_is_none():
    cell, plain = LSTMPCell(3, 3, prefix="p_"), rnn.LSTMCell(3, prefix="p_")
    for c in (cell, plain):
        c.initialize()
        c.unroll(4, X)
    for name, p in plain.collect_params().items():
        cell.collect_params()[name].set_data(p.data())
    cell.h2r_weight.set_data(mx.nd.eye(3))
    found, states = cell.unroll(4, X, merge_outputs=True)
    expected, last = plain.unroll(4, X, merge_outputs=True)
    # The one takes Activation, the other F.tanh, which rounds small arrays correctly: they differ
    # in the last bit.  The product with the unit matrix is exact.
    for a, b in zip([found, *states], [expected, *last], strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6, atol=2**-23)


def test_texts_and_states_of_lstmp():
    cell = LSTMPCell(4, 3)
    assert repr(cell) == "LSTMPCell(None -> 16 -> 3)"
    assert [s["shape"] for s in cell.state_info(2)] == [(2, 3), (2, 4)]
    assert cell.h2h_weight.shape == (16, 3) and cell.h2r_weight.shape == (3, 4)
