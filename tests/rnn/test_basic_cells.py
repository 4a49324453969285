"""RNN, LSTM, GRU and dropout against their formulas."""

import numpy as np
import pytest

import mxbook as mx

RANDOM = np.random.RandomState(0)
X, H, C = (RANDOM.uniform(-1, 1, shape).astype("float32") for shape in ((2, 3), (2, 4), (2, 4)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def run(cell, gates, states):
    """The outputs of a step, with the weights that made them."""
    out, found = cell(mx.sym.var("x"), [mx.sym.var(f"s{i}") for i in range(len(states))])
    shapes = {"i2h_weight": (4 * gates, 3), "h2h_weight": (4 * gates, 4)}
    shapes |= {"i2h_bias": (4 * gates,), "h2h_bias": (4 * gates,)}
    weights = {n: RANDOM.uniform(-1, 1, s).astype("float32") for n, s in shapes.items()}
    given = {cell._prefix + n: mx.nd.array(w) for n, w in weights.items()}
    given |= {"x": mx.nd.array(X), **{f"s{i}": mx.nd.array(s) for i, s in enumerate(states)}}
    results = mx.sym.Group([out, *found]).bind(mx.cpu(), given).forward()
    i2h = X @ weights["i2h_weight"].T + weights["i2h_bias"]
    h2h = H @ weights["h2h_weight"].T + weights["h2h_bias"]
    return [r.asnumpy() for r in results], np.split(i2h, gates, 1), np.split(h2h, gates, 1)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("tanh", np.tanh),
        ("relu", lambda x: np.maximum(x, 0)),
        (lambda x, name: x * 2, lambda x: 2 * x),
    ],
)
def test_rnn(activation, function):
    (out, state), (i,), (h,) = run(mx.rnn.RNNCell(4, activation), 1, [H])
    np.testing.assert_allclose(out, function(i + h), rtol=1e-4, atol=1e-6)
    assert (out == state).all()


def test_lstm():
    (out, h, c), i2h, h2h = run(mx.rnn.LSTMCell(4), 4, [H, C])
    i, f, g, o = (a + b for a, b in zip(i2h, h2h, strict=True))
    memory = sigmoid(f) * C + sigmoid(i) * np.tanh(g)
    np.testing.assert_allclose(c, memory, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(out, sigmoid(o) * np.tanh(memory), rtol=1e-4, atol=1e-6)
    assert (out == h).all()


def test_gru():
    (out, _), i2h, h2h = run(mx.rnn.GRUCell(4), 3, [H])
    r, z = (sigmoid(a + b) for a, b in list(zip(i2h, h2h, strict=True))[:2])
    new = np.tanh(i2h[2] + r * h2h[2])
    np.testing.assert_allclose(out, (1 - z) * new + z * H, rtol=1e-4, atol=1e-6)


def test_the_forget_gate_remembers_at_first():
    cell = mx.rnn.LSTMCell(2, forget_bias=3.0)
    text = cell(mx.sym.var("x"), cell.begin_state())[0].attr_dict()["lstm_i2h_bias"]["__init__"]
    bias = mx.nd.zeros(8)
    mx.init.Uniform()(mx.init.InitDesc("lstm_i2h_bias", {"__init__": text}), bias)
    assert bias.asnumpy().tolist() == [0, 0, 3, 3, 0, 0, 0, 0]


@pytest.mark.parametrize("cell", [mx.rnn.LSTMCell(2), mx.rnn.GRUCell(2), mx.rnn.RNNCell(2)])
def test_weights_gate_by_gate(cell):
    gates = len(cell._gate_names)
    args = {
        cell._prefix + n: mx.nd.random.uniform(shape=s)
        for n, s in (("i2h_weight", (2 * gates, 3)), ("i2h_bias", (2 * gates,)))
    }
    args |= {cell._prefix + "h2h_weight": mx.nd.ones((2 * gates, 2))}
    args |= {cell._prefix + "h2h_bias": mx.nd.ones(2 * gates), "other": mx.nd.ones(1)}
    parts = cell.unpack_weights(args)
    assert len(parts) == 4 * gates + 1
    again = cell.pack_weights(parts)
    assert {n: a.asnumpy().tolist() for n, a in again.items()} == {
        n: a.asnumpy().tolist() for n, a in args.items()
    }


def test_dropout_only_while_training():
    out, states = mx.rnn.DropoutCell(0.5).unroll(2, mx.sym.var("x"), merge_outputs=True)
    assert states == []
    executor = out.bind(mx.cpu(), {"x": mx.nd.ones((2, 2, 50))})
    assert (executor.forward()[0].asnumpy() == 1).all()
    assert set(executor.forward(is_train=True)[0].asnumpy().ravel()) == {0.0, 2.0}
