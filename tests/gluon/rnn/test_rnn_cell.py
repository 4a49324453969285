"""One step of each cell against its formula in NumPy, and the names and sizes of its parameters."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.gluon import nn, rnn

N, INPUTS, HIDDEN = 2, 5, 3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def initialized(cell):
    cell.initialize(mx.init.Uniform(0.8))
    return cell


def arrays(*shapes):
    draw = np.random.default_rng(7)
    return [mx.nd.array(draw.standard_normal(s)) for s in shapes]


def parts(cell, x, h):
    """The two products of a step, each cut into the cell's gates."""
    value = {k: p.data().asnumpy() for k, p in cell._reg_params.items()}
    i2h = x.asnumpy() @ value["i2h_weight"].T + value["i2h_bias"]
    h2h = h.asnumpy() @ value["h2h_weight"].T + value["h2h_bias"]
    gates = i2h.shape[1] // HIDDEN
    return np.split(i2h, gates, 1), np.split(h2h, gates, 1)


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        ("tanh", np.tanh),
        ("relu", lambda x: np.maximum(x, 0)),
        ("sigmoid", sigmoid),
        ("softsign", lambda x: x / (1 + np.abs(x))),
        ("softrelu", lambda x: np.log1p(np.exp(x))),
        (nn.LeakyReLU(0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
        (lambda x: x * x, np.square),
    ],
)
def test_rnn_step(activation, formula):
    cell = rnn.RNNCell(HIDDEN, activation, i2h_bias_initializer="ones")
    x, h = arrays((N, INPUTS), (N, HIDDEN))
    output, states = initialized(cell)(x, [h])
    (a,), (b,) = parts(cell, x, h)
    np.testing.assert_allclose(output.asnumpy(), formula(a + b), rtol=1e-5, atol=1e-6)
    assert states == [output]


def test_lstm_step():
    cell = rnn.LSTMCell(HIDDEN, h2h_bias_initializer="ones")
    x, h, c = arrays((N, INPUTS), (N, HIDDEN), (N, HIDDEN))
    output, states = initialized(cell)(x, [h, c])
    i, f, g, o = (a + b for a, b in zip(*parts(cell, x, h), strict=True))
    memory = sigmoid(f) * c.asnumpy() + sigmoid(i) * np.tanh(g)
    np.testing.assert_allclose(states[1].asnumpy(), memory, rtol=1e-5, atol=1e-6)
    expected = sigmoid(o) * np.tanh(memory)
    np.testing.assert_allclose(output.asnumpy(), expected, rtol=1e-5, atol=1e-6)
    assert states[0] is output


def test_gru_step():
    cell = rnn.GRUCell(HIDDEN, h2h_bias_initializer="ones")
    x, h = arrays((N, INPUTS), (N, HIDDEN))
    output, states = initialized(cell)(x, [h])
    (r_x, z_x, n_x), (r_h, z_h, n_h) = parts(cell, x, h)
    z = sigmoid(z_x + z_h)
    new = np.tanh(n_x + sigmoid(r_x + r_h) * n_h)
    expected = (1 - z) * new + z * h.asnumpy()
    np.testing.assert_allclose(output.asnumpy(), expected, rtol=1e-5, atol=1e-6)
    assert states == [output]


@pytest.mark.parametrize(("kind", "gates"), [("RNN", 1), ("LSTM", 4), ("GRU", 3)])
def test_parameters(kind, gates):
    cell = getattr(rnn, f"{kind}Cell")(HIDDEN)
    assert repr(cell).startswith(f"{kind}Cell(None -> {gates * HIDDEN}")
    names = ["i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias"]
    assert list(cell.collect_params()) == [cell.prefix + name for name in names]
    assert cell.prefix.startswith(kind.lower())
    initialized(cell)(mx.nd.ones((N, INPUTS)), cell.begin_state(batch_size=N))
    shapes = [p.shape for p in cell.collect_params().values()]
    rows = gates * HIDDEN
    assert shapes == [(rows, INPUTS), (rows, HIDDEN), (rows,), (rows,)]
    assert repr(cell).startswith(f"{kind}Cell({INPUTS} -> {rows}")


@pytest.mark.parametrize("kind", [rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell])
def test_gradients_reach_every_parameter_and_the_states(kind):
    cell = initialized(kind(HIDDEN))
    states = [mx.nd.ones(s["shape"]) for s in cell.state_info(N)]
    x = mx.nd.ones((N, INPUTS))
    for array in (x, *states):
        array.attach_grad()
    with mx.autograd.record():
        output, new = cell(x, states)
        output, new = cell(x, new)
        total = sum((s * s).sum() for s in [output, *new])
    total.backward()
    for gradient in [a.grad for a in (x, *states)] + [
        p.grad() for p in cell.collect_params().values()
    ]:
        assert np.abs(gradient.asnumpy()).min() > 0


def test_symbols_are_named_by_step():
    cell = rnn.GRUCell(HIDDEN, prefix="gru_")
    states = cell.begin_state(func=mx.sym.var)
    output, states = cell(mx.sym.var("x"), states)
    again, _ = cell(mx.sym.var("y"), states)
    assert output.name == "gru_t0_out"
    assert again.name == "gru_t1_out"
    shape = {"x": (N, INPUTS), "y": (N, INPUTS)}
    assert again.infer_shape(**shape, gru_begin_state_0=(N, HIDDEN))[1] == [(N, HIDDEN)]
