"""Recurrent layers: the same as the cells they are made of."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.gluon import nn, rnn
from mxbook.gluon.contrib.rnn import LSTMPCell

KINDS = [
    lambda *args, **kwargs: rnn.RNN(*args, activation="tanh", **kwargs),
    rnn.LSTM,
    rnn.GRU,
]
X = mx.nd.array(np.random.default_rng(0).normal(size=(3, 2, 5)))  # three steps or three examples


def made(layer, *args):
    """The layer, initialized, with weights that differ."""
    layer.initialize(mx.init.Uniform(0.7))
    layer(X, *args)
    return layer


def with_gradients(function, params):
    """Outputs, states and the gradients of the sum of all their squares."""
    x = X.copy()
    x.attach_grad()
    with mx.autograd.record():
        outputs, states = function(x)
        total = sum((a**2).sum() for a in [outputs, *states])
    total.backward()
    gradients = [p.grad().copy() for p in params]
    return [a.asnumpy() for a in [outputs, *states, x.grad, *gradients]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("layout", ["TNC", "NTC"])
def test_as_its_cells(kind, bidirectional, layers, layout):
    layer = made(kind(4, num_layers=layers, bidirectional=bidirectional, layout=layout))
    params = list(layer.collect_params().values())
    examples = X.shape[layout.index("N")]
    cells, steps = layer._unfuse(), X.shape[layout.index("T")]
    found = with_gradients(lambda x: layer(x, layer.begin_state(examples)), params)
    expected = with_gradients(
        lambda x: cells.unroll(steps, x, layout=layout, merge_outputs=True), params
    )
    sides = 2 if bidirectional else 1
    count = 1 + len(layer.state_info()) * layers * sides
    # The states of cells are a list by layer and direction, with those of LSTM side by side.
    kinds = len(layer.state_info())
    states = [np.stack(expected[1 + i : count : kinds]) for i in range(kinds)]
    for a, b in zip(found, [expected[0], *states, *expected[count:]], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_without_states_it_begins_with_zeros_and_gives_outputs_only():
    layer = made(rnn.LSTM(4))
    outputs, states = layer(X, layer.begin_state(2))
    np.testing.assert_array_equal(layer(X).asnumpy(), outputs.asnumpy())
    np.testing.assert_array_equal(outputs[-1].asnumpy(), states[0][0].asnumpy())
    one, _ = made(rnn.GRU(4))(X, mx.nd.zeros((1, 2, 4)))
    assert one.shape == (3, 2, 4)


@pytest.mark.parametrize("kind", [rnn.RNN, rnn.LSTM, rnn.GRU])
def test_inside_a_network_whose_shapes_follow_from_the_first_batch(kind):
    class Net(mx.gluon.HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.recurrent = kind(4, num_layers=2, bidirectional=True, layout="NTC")
                self.output = nn.Dense(3, flatten=False)

        def hybrid_forward(self, F, x):
            return self.output(self.recurrent(x))

    results = []
    for hybridize in (False, True):
        mx.random.seed(1)
        net = Net(prefix="net_")
        net.initialize()
        if hybridize:
            net.hybridize()
        results.append(net(X).asnumpy())
        assert net.recurrent.l0_i2h_weight.shape[1] == net.recurrent.r0_i2h_weight.shape[1] == 5
        assert net.output.weight.shape == (3, 8)
    np.testing.assert_allclose(*results, rtol=1e-5)


def test_on_symbols():
    layer = made(rnn.LSTM(4, num_layers=2))
    outputs = layer(mx.sym.var("x"))
    assert outputs.list_outputs() == [f"{layer.prefix}rnn0_output"]
    values = {p.name: p.data() for p in layer.collect_params().values()}
    found = outputs.eval(x=X, **values)[0]
    np.testing.assert_allclose(found.asnumpy(), layer(X).asnumpy(), rtol=1e-5)
    _, states = layer(mx.sym.var("x"), [mx.sym.var("h"), mx.sym.var("c")])
    assert [s.list_outputs()[0].rpartition("_rnn")[2] for s in states] == [
        "0_state_output",
        "0_statecell_output",
    ]


def test_files_hold_the_names_of_the_cells(tmp_path):
    layer = made(rnn.GRU(4, num_layers=2, bidirectional=True))
    layer.save_parameters(str(tmp_path / "gru"))
    names = set(mx.nd.load(str(tmp_path / "gru")))
    assert "_unfused.1.r_cell.h2h_bias" in names and len(names) == 16
    other = rnn.GRU(4, num_layers=2, bidirectional=True)
    other.load_parameters(str(tmp_path / "gru"))
    np.testing.assert_array_equal(other(X).asnumpy(), layer(X).asnumpy())
    assert "_unfused.0.i2h_weight" in rnn.LSTM(4)._collect_params_with_prefix()


def test_names_and_texts_of_mxnet():
    layer = rnn.LSTM(4, num_layers=2, bidirectional=True, dropout=0.5, prefix="a_")
    kinds = ["i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias"]
    assert list(layer.params) == [f"a_{s}{i}_{k}" for i in (0, 1) for s in "lr" for k in kinds]
    assert repr(layer) == "LSTM(None -> 4, TNC, num_layers=2, dropout=0.5, bidirectional)"
    assert repr(made(rnn.RNN(3, layout="NTC"))) == "RNN(5 -> 3, NTC)"
    assert list(rnn.LSTM(4, projection_size=2, prefix="b_").params)[-1] == "b_l0_h2r_weight"
    assert (
        layer.state_info(3) == [{"shape": (4, 3, 4), "__layout__": "LNC", "dtype": "float32"}] * 2
    )
    assert "DropoutCell(rate=0.5, axes=())" in repr(layer._unfuse())


def test_begin_state():
    layer = rnn.LSTM(4, prefix="a_")
    ones = layer.begin_state(2, func=mx.nd.ones)
    assert [s.asnumpy().sum() for s in ones] == [8, 8]
    assert [s.name for s in layer.begin_state(2, func=mx.sym.var)] == ["a_h0_0", "a_h0_1"]
    assert layer.begin_state(2, dtype="float64")[0].dtype == np.float64


def test_sequence_lengths():
    layer = made(
        rnn.LSTM(4, bidirectional=True, use_sequence_length=True), None, mx.nd.array([3, 3])
    )
    lengths = mx.nd.array([1, 3])
    outputs, states = layer(X, layer.begin_state(2), lengths)
    first, first_states = layer(X[:1, :1], layer.begin_state(1), mx.nd.array([1]))
    np.testing.assert_allclose(outputs[:1, :1].asnumpy(), first.asnumpy(), rtol=1e-5)
    assert not outputs[1:, 0].asnumpy().any()
    for a, b in zip(states, first_states, strict=True):
        np.testing.assert_allclose(a[:, :1].asnumpy(), b.asnumpy(), rtol=1e-5)
    np.testing.assert_array_equal(layer(X, sequence_length=lengths).asnumpy(), outputs.asnumpy())


def test_projection_is_that_of_the_cell():
    layer = made(rnn.LSTM(4, projection_size=2))
    cell = LSTMPCell(4, 2, input_size=5)
    cell.initialize()
    for name, p in layer.params.items():
        cell.params[cell.prefix + name.partition("l0_")[2]].set_data(p.data())
    expected, states = cell.unroll(3, X, layout="TNC", merge_outputs=True)
    found, last = layer(X, layer.begin_state(2))
    np.testing.assert_allclose(found.asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6)
    for a, b in zip(last, states, strict=True):
        np.testing.assert_allclose(a[0].asnumpy(), b.asnumpy(), rtol=1e-5, atol=1e-6)


def test_other_types():
    layer = rnn.GRU(4)
    layer.cast("float64")
    layer.initialize()
    assert layer(X.astype("float64")).dtype == np.float64
    assert layer.state_info(1)[0]["dtype"] == "float64"


def test_errors():
    with pytest.raises(ParameterError, match="layout cannot be 'CNT'"):
        rnn.GRU(3, layout="CNT")
    with pytest.raises(ParameterError, match="relu or tanh"):
        rnn.RNN(3, activation="sigmoid")
    layer = made(rnn.GRU(4))
    with pytest.raises(ShapeError, match="state of GRU has the shape"):
        layer(X, layer.begin_state(3))
    with pytest.raises(MXNetError, match="cannot be made of cells"):
        rnn.LSTM(4, projection_size=2)._unfuse()
    with pytest.raises(ParameterError, match="5 input"):
        made(rnn.LSTM(4, use_sequence_length=True))
