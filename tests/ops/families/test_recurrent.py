"""The operator RNN: as its cells, its gradients, and what its parameters lead to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook import gluon
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.kernels.recurrent import Network, weights_of
from mxbook.testing.gradients import check_gradient

MODES = st.sampled_from(["rnn_relu", "rnn_tanh", "lstm", "gru"])


def network(net, seed=0, dtype="float64"):
    """Random inputs for a network and the parameters of the call."""
    draw = np.random.default_rng(seed).normal
    both = net.layers * net.directions
    inputs = [
        draw(size=(net.steps, net.examples, net.inputs)),
        draw(size=net.parameter_count()) / np.sqrt(net.hidden),
        draw(size=(both, net.examples, net.width)),
    ]
    if net.mode == "lstm":
        inputs.append(draw(size=(both, net.examples, net.hidden)))
    params = {
        "mode": net.mode,
        "state_size": net.hidden,
        "num_layers": net.layers,
        "bidirectional": net.directions == 2,
        "projection_size": net.projected or None,
        "state_outputs": True,
    }
    return [i.astype(dtype) for i in inputs], params


def call(inputs, params):
    return [o.asnumpy() for o in F.RNN(*[mx.nd.array(i, dtype=i.dtype) for i in inputs], **params)]


@st.composite
def networks(draw):
    mode = draw(MODES)
    numbers = [draw(st.integers(1, 3)) for _ in range(5)]
    projected = draw(st.integers(0, 2)) if mode == "lstm" else 0
    return Network(mode, *numbers, draw(st.integers(1, 2)), projected)


def cell_of(net, inputs, weights):
    """The cell of one direction of one layer, with its weights."""
    sizes = {"hidden_size": net.hidden, "input_size": inputs}
    if net.projected:
        cell = gluon.contrib.rnn.LSTMPCell(projection_size=net.projected, **sizes)
    elif net.mode.startswith("rnn"):
        cell = gluon.rnn.RNNCell(activation=net.mode[4:], **sizes)
    else:
        cell = {"lstm": gluon.rnn.LSTMCell, "gru": gluon.rnn.GRUCell}[net.mode](**sizes)
    cell.cast("float64")
    cell.initialize()
    for name, weight in weights._asdict().items():
        parameter = getattr(cell, name if name.endswith("bias") else name + "_weight", None)
        if parameter is not None:
            parameter.set_data(mx.nd.array(weight.reshape(parameter.shape), dtype="float64"))
    return cell


def by_cells(net, inputs):
    """Output and last states of a network whose cells make one step after the other."""
    weights = weights_of(net, inputs[1])
    x, *states = [mx.nd.array(a, dtype="float64") for a in (inputs[0], *inputs[2:])]
    steps, last = list(x), []
    for layer in range(net.layers):
        made = []
        for side in range(net.directions):
            number = layer * net.directions + side
            cell = cell_of(net, steps[0].shape[1], weights[number])
            now = [s[number] for s in states]
            outputs = [None] * net.steps
            for t in range(net.steps)[:: -1 if side else 1]:
                outputs[t], now = cell(steps[t], now)
            made.append(outputs)
            last.append(now)
        steps = [mx.nd.concat(*sides, dim=1) for sides in zip(*made, strict=True)]
    parts = [steps, *zip(*last, strict=True)]
    return [mx.nd.stack(*part).asnumpy() for part in parts]


@given(networks(), st.integers(0, 100))
def test_it_does_what_its_cells_do(net, seed):
    inputs, params = network(net, seed)
    for found, expected in zip(call(inputs, params), by_cells(net, inputs), strict=True):
        np.testing.assert_allclose(found, expected, 1e-9, 1e-12)


@settings(max_examples=25)
@given(networks(), st.booleans(), st.integers(0, 100))
def test_gradients(net, with_lengths, seed):
    inputs, params = network(net, seed)
    draw = np.random.default_rng(seed)
    lengths = [mx.nd.array(draw.integers(0, net.steps + 1, net.examples))] if with_lengths else []

    def function(*arrays):
        return F.RNN(*arrays, *lengths, **params, use_sequence_length=with_lengths)

    if net.mode == "rnn_relu":  # a bend could lie between the two points of a difference
        params["mode"] = "rnn_tanh"
    check_gradient(function, *inputs)


def test_the_gradient_of_relu():
    inputs, params = network(Network("rnn_relu", 4, 3, 2, 5, 2, 2))
    check_gradient(lambda *arrays: F.RNN(*arrays, **params), *inputs)


@settings(max_examples=10)
@given(MODES, st.integers(1, 2), st.integers(0, 100))
def test_examples_do_not_depend_on_each_other(mode, directions, seed):
    """Also where workers share them and weights are cut into blocks."""
    net = Network(mode, 12, 40, 24, 64, 2, directions)
    inputs, params = network(net, seed, "float32")
    arrays = [mx.nd.array(i) for i in inputs]
    for a in arrays:
        a.attach_grad()
    with mx.autograd.record():
        outputs = F.RNN(*arrays, **params)
    mx.autograd.backward(outputs)
    some = [arrays[0][:, 17:18], arrays[1], *(a[:, 17:18] for a in arrays[2:])]
    for a in some:
        a.attach_grad()
    with mx.autograd.record():
        alone = F.RNN(*some, **params)
    mx.autograd.backward(alone)
    for one, all_of_them in zip(alone, outputs, strict=True):
        np.testing.assert_allclose(one.asnumpy(), all_of_them[:, 17:18].asnumpy(), 1e-3, 1e-5)
    for i in (0, 2):
        ours, theirs = some[i].grad.asnumpy(), arrays[i].grad[:, 17:18].asnumpy()
        np.testing.assert_allclose(ours, theirs, 1e-3, 1e-4)


@given(MODES, st.integers(1, 2), st.integers(1, 2), st.integers(1, 4))
def test_steps_behind_the_end_do_not_count(mode, layers, directions, length):
    net = Network(mode, 4, 1, 2, 3, layers, directions)
    inputs, params = network(net)
    whole = [*inputs, np.array([length])]
    whole[0] = inputs[0].copy()
    whole[0][length:] = np.nan
    found = call(whole, {**params, "use_sequence_length": True})
    short = call([inputs[0][:length], *inputs[1:]], params)
    assert not found[0][length:].any()
    np.testing.assert_allclose(found[0][:length], short[0])
    for a, b in zip(found[1:], short[1:], strict=True):
        np.testing.assert_allclose(a, b)


def test_clipping_bounds_the_memory():
    inputs, params = network(Network("lstm", 5, 2, 3, 4, 1, 1))
    params.update(lstm_state_clip_min=-0.1, lstm_state_clip_max=0.2)
    _, _, c = call(inputs, params)
    assert c.min() == -0.1 and c.max() == 0.2
    inside = [np.full_like(i, 0.1) for i in inputs]
    check_gradient(lambda *a: F.RNN(*a, **{**params, "lstm_state_clip_max": 0.15}), *inside)


def test_clipping_and_nan():
    inputs, params = network(Network("lstm", 1, 1, 1, 2, 1, 1))
    inputs[3][:] = np.nan
    params.update(lstm_state_clip_min=-0.5, lstm_state_clip_max=0.5)
    assert np.isnan(call(inputs, params)[2]).all()
    assert (call(inputs, {**params, "lstm_state_clip_nan": True})[2] == -0.5).all()


def test_dropout_between_layers_in_training():
    net = Network("rnn_tanh", 1, 2000, 1, 1, 2, 1)
    inputs = [np.ones((1, 2000, 1)), np.array([1.0, 0, 1, 0, 0, 0, 0, 0]), np.zeros((2, 2000, 1))]
    params = {**network(net)[1], "p": 0.25}
    one = np.tanh(1.0)
    np.testing.assert_allclose(call(inputs, params)[0], np.tanh(one))
    with mx.autograd.train_mode():
        found = call(inputs, params)[0].ravel()
    dropped = found == 0
    assert 0.2 < dropped.mean() < 0.3
    np.testing.assert_allclose(found[~dropped], np.tanh(one / 0.75), rtol=1e-6)


def test_the_gradient_goes_through_what_was_not_dropped():
    inputs, params = network(Network("gru", 3, 2, 2, 3, 3, 2))

    def function(*arrays):
        mx.random.seed(3)
        return F.RNN(*arrays, **params, p=0.5)

    check_gradient(function, *inputs, train=True)


def test_half_precision_is_computed_in_single():
    inputs, params = network(Network("lstm", 6, 3, 4, 8, 2, 2), dtype="float16")
    found = call(inputs, params)
    expected = call([i.astype("float32") for i in inputs], params)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float16
        np.testing.assert_array_equal(a, b.astype("float16"))


def test_inputs_by_name_and_states_as_results():
    inputs, params = network(Network("gru", 2, 2, 3, 4, 1, 1))
    arrays = [mx.nd.array(i) for i in inputs]
    lengths = mx.nd.array([1, 2])
    found = F.RNN(*arrays, sequence_length=lengths, **params, use_sequence_length=True)
    assert [o.shape for o in found] == [(2, 2, 4), (1, 2, 4)]
    assert F.RNN(*arrays, **{**params, "state_outputs": False}).shape == (2, 2, 4)
    s = mx.sym.RNN(mx.sym.var("x"), name="q", mode="gru", state_size=4, num_layers=1,
                   use_sequence_length=True)  # fmt: skip
    assert s.list_arguments() == ["x", "q_parameters", "q_state", "q_sequence_length"]
    assert s.infer_shape(x=(2, 3, 5))[0] == [(2, 3, 5), (132,), (1, 3, 4), (3,)]


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"mode": "gru"}, ParameterError, "4 input"),
        ({"state_size": 5}, ShapeError, "parameters does not fit"),
        ({"bidirectional": True}, ShapeError, "parameters does not fit"),
        ({"p": 1}, ParameterError, "drops everything"),
        ({"p": 1.5}, ParameterError, "p must be a number from 0 to 1"),
        ({"lstm_state_clip_min": 0}, ParameterError, "only one bound"),
    ],
)
def test_errors(change, error, match):
    inputs, params = network(Network("lstm", 2, 2, 3, 4, 1, 1))
    with pytest.raises(error, match=match):
        call(inputs, {**params, **change})


def test_errors_of_inputs():
    inputs, params = network(Network("gru", 2, 2, 3, 4, 1, 1))
    with pytest.raises(ShapeError, match="steps, examples, inputs"):
        call([inputs[0][0], *inputs[1:]], params)
    with pytest.raises(ShapeError, match="state does not fit"):
        call([*inputs[:2], inputs[2][:, :1]], params)
    with pytest.raises(DTypeError):
        call([i.astype("int32") for i in inputs], params)
    with pytest.raises(ParameterError, match="no projection"):
        call(inputs, {**params, "projection_size": 2})
