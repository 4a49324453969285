"""Cells made of cells."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError

X = np.random.RandomState(0).uniform(-1, 1, (2, 3, 4)).astype("float32")


def outputs(symbol, x=X, seed=0):
    """The value of a symbol with random weights; the weights of a name are always the same."""
    args, _, _ = symbol.infer_shape(x=x.shape)
    given = {}
    for name, shape in zip(symbol.list_arguments(), args, strict=True):
        state = np.random.RandomState(sum(map(ord, name)) + seed)
        given[name] = mx.nd.array(state.uniform(-1, 1, shape))
    given["x"] = mx.nd.array(x)
    return symbol.bind(mx.cpu(), given).forward()[0].asnumpy()


def unrolled(cell, **kwargs):
    return cell.unroll(3, mx.sym.var("x"), merge_outputs=True, **kwargs)[0]


def test_the_output_of_one_is_the_input_of_the_next():
    stack = mx.rnn.SequentialRNNCell()
    for i in range(2):
        stack.add(mx.rnn.GRUCell(4, prefix=f"g{i}_"))
    below = outputs(unrolled(mx.rnn.GRUCell(4, prefix="g0_")))
    above = outputs(unrolled(mx.rnn.GRUCell(4, prefix="g1_")), below)
    np.testing.assert_allclose(outputs(unrolled(stack)), above, rtol=1e-5)


def test_both_directions():
    both = mx.rnn.BidirectionalCell(mx.rnn.RNNCell(2, prefix="l_"), mx.rnn.RNNCell(3, prefix="r_"))
    left = outputs(unrolled(mx.rnn.RNNCell(2, prefix="l_")))
    right = outputs(unrolled(mx.rnn.RNNCell(3, prefix="r_")), X[:, ::-1].copy())[:, ::-1]
    joined = np.concatenate([left, right], 2)
    np.testing.assert_allclose(outputs(unrolled(both)), joined, rtol=1e-5)
    listed, states = both.unroll(3, mx.sym.var("x"), merge_outputs=False)
    np.testing.assert_allclose(outputs(listed[1]), joined[:, 1], rtol=1e-5)
    assert [len(s) for s in states] == [1, 1]
    with pytest.raises(MXNetError, match="unroll"):
        both(mx.sym.var("x"), [])


def test_states_and_steps():
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(3, prefix="a_"))
    stack.add(mx.rnn.DropoutCell(0.5))
    stack.add(mx.rnn.GRUCell(2, prefix="b_"))
    begin = stack.begin_state()
    assert stack.state_shape == [(0, 3), (0, 3), (0, 2)]
    out, states = stack(mx.sym.var("x"), begin)
    assert (out.name, len(states)) == ("b_t0_out", 3)
    stack.reset()
    assert stack(mx.sym.var("x"), begin)[0].name == "b_t0_out"


def test_weights_of_all_cells():
    both = mx.rnn.BidirectionalCell(mx.rnn.RNNCell(2, prefix="l_"), mx.rnn.GRUCell(3, prefix="r_"))
    symbol = unrolled(both)
    args = dict(zip(symbol.list_arguments(), symbol.infer_shape(x=X.shape)[0], strict=True))
    weights = {n: mx.nd.random.uniform(shape=s) for n, s in args.items() if n != "x"}
    parts = both.unpack_weights(weights)
    assert "r_i2h_z_weight" in parts
    again = both.pack_weights(parts)
    assert all((again[n].asnumpy() == weights[n].asnumpy()).all() for n in weights)


def test_parameters_given_to_the_stack():
    params = mx.rnn.RNNParams()
    stack = mx.rnn.SequentialRNNCell(params)
    stack.add(mx.rnn.RNNCell(2))
    assert "rnn_i2h_weight" in params._params
    with pytest.raises(ParameterError, match="not both"):
        stack.add(mx.rnn.RNNCell(2, params=mx.rnn.RNNParams("other_")))
