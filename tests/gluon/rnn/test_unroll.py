"""Unrolling: the same as stepping, in every layout and form, for sequences of any length."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.base.names import NameManager
from mxbook.gluon import nn, rnn

T, N, C = 4, 3, 5

CELLS = {
    "rnn": lambda: rnn.RNNCell(C),
    "lstm": lambda: rnn.LSTMCell(4),
    "residual": lambda: rnn.ResidualCell(rnn.GRUCell(C)),
    "zoneout": lambda: rnn.ZoneoutCell(rnn.LSTMCell(C), 0.3, 0.3),
    "stack": lambda: stack(rnn.SequentialRNNCell),
    "hybrid stack": lambda: stack(rnn.HybridSequentialRNNCell),
}
LAYOUTS = st.sampled_from(["NTC", "TNC"])
MERGE = st.sampled_from([None, True, False])
LENGTHS = st.lists(st.integers(1, T), min_size=N, max_size=N)


def stack(kind):
    cells = kind()
    for cell in (rnn.LSTMCell(4), rnn.DropoutCell(0.4), rnn.ZoneoutCell(rnn.GRUCell(3), 0.2)):
        cells.add(cell)
    return cells


def data(layout="TNC"):
    values = np.random.default_rng(3).standard_normal((T, N, C))
    return mx.nd.array(values if layout == "TNC" else values.swapaxes(0, 1))


def steps_of(outputs, layout):
    """The outputs of an unrolled cell as one host array with time first."""
    if isinstance(outputs, list):
        return np.stack([o.asnumpy() for o in outputs])
    return outputs.asnumpy() if layout == "TNC" else outputs.asnumpy().swapaxes(0, 1)


def stepped(cell, values):
    cell.reset()
    states = cell.begin_state(batch_size=N)
    outputs, history = [], []
    for step in values:
        output, states = cell(step, states)
        outputs.append(output.asnumpy())
        history.append([s.asnumpy() for s in states])
    return np.stack(outputs), history


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", CELLS)
@given(layout=LAYOUTS, merge=MERGE, as_list=st.booleans())
def test_as_stepped(kind, layout, merge, as_list):
    cell = CELLS[kind]()
    cell.initialize()
    expected, history = stepped(cell, data())
    inputs = list(data()) if as_list else data(layout)
    outputs, states = cell.unroll(T, inputs, layout=layout, merge_outputs=merge)
    same(steps_of(outputs, layout), expected)
    for found, wanted in zip(states, history[-1], strict=True):
        same(found.asnumpy(), wanted)
    assert isinstance(outputs, list) == (not merge)


@pytest.mark.parametrize("kind", CELLS)
@given(layout=LAYOUTS, merge=MERGE, lengths=LENGTHS)
def test_valid_length(kind, layout, merge, lengths):
    cell = CELLS[kind]()
    cell.initialize()
    expected, history = stepped(cell, data())
    expected[np.arange(T)[:, None] >= lengths] = 0
    outputs, states = cell.unroll(
        T, data(layout), layout=layout, merge_outputs=merge, valid_length=mx.nd.array(lengths)
    )
    same(steps_of(outputs, layout), expected)
    for number, found in enumerate(states):
        for example, length in enumerate(lengths):
            same(found.asnumpy()[example], history[length - 1][number][example])
    assert isinstance(outputs, list) == (merge is False)


@given(layout=LAYOUTS, merge=MERGE, lengths=st.none() | LENGTHS)
def test_bidirectional(layout, merge, lengths):
    left, right = rnn.LSTMCell(2), rnn.GRUCell(3)
    cell = rnn.BidirectionalCell(left, right)
    cell.initialize()
    valid = None if lengths is None else mx.nd.array(lengths)
    outputs, states = cell.unroll(
        T, data(layout), layout=layout, merge_outputs=merge, valid_length=valid
    )
    found = steps_of(outputs, layout)
    values = data().asnumpy()
    for example, length in enumerate(lengths or [T] * N):
        own = mx.nd.array(values[:length, example : example + 1])
        forth, _ = left.unroll(length, own, layout="TNC", merge_outputs=True)
        back, last = right.unroll(length, own[::-1], layout="TNC", merge_outputs=True)
        same(found[:length, example, :2], forth.asnumpy()[:, 0])
        same(found[:length, example, 2:], back.asnumpy()[::-1, 0])
        same(states[-1].asnumpy()[example], last[0].asnumpy()[0])
        assert (found[length:, example] == 0).all()


def test_begin_state_is_used_and_gets_its_gradient():
    cell = rnn.RNNCell(C)
    cell.initialize()
    begin = mx.nd.ones((N, C))
    begin.attach_grad()
    with mx.autograd.record():
        outputs, _ = cell.unroll(T, data("NTC"), [begin], merge_outputs=True)
    outputs.backward()
    assert np.abs(begin.grad.asnumpy()).min() > 0
    first = cell(data()[0], [begin])[0]
    same(outputs.asnumpy()[:, 0], first.asnumpy())


def test_symbols_without_a_batch_size():
    cell = CELLS["hybrid stack"]()
    outputs, states = cell.unroll(T, mx.sym.var("x"), merge_outputs=True)
    shapes = mx.sym.Group([outputs, *states]).infer_shape(x=(N, T, C))[1]
    assert shapes == [(N, T, 3), (N, 4), (N, 4), (N, 3)]


def test_inside_a_hybrid_block():
    class Net(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.cell = rnn.LSTMCell(4)

        def hybrid_forward(self, F, x):
            return self.cell.unroll(T, x, merge_outputs=True)[0]

    net = Net()
    net.initialize()
    plain = net(data("NTC")).asnumpy()
    net.hybridize()
    same(net(data("NTC")).asnumpy(), plain)


@pytest.mark.parametrize(
    ("length", "inputs"), [(3, data("NTC")), (5, list(data())), (0, []), (0, data("NTC"))]
)
def test_wrong_numbers_of_steps(length, inputs):
    with pytest.raises(ShapeError, match=f"unrolled over {length}"):
        rnn.RNNCell(C).unroll(length, inputs)


@pytest.mark.parametrize("layout", ["NC", "TC", ""])
def test_layouts_without_time_or_examples(layout):
    with pytest.raises(ParameterError, match="the layout"):
        rnn.RNNCell(C).unroll(T, data(), layout=layout)


def test_a_cell_inside_a_modifier_is_used_through_it():
    inner = rnn.GRUCell(C)
    outer = rnn.ResidualCell(inner)
    outer.initialize()
    for function in (inner.begin_state, lambda: inner.unroll(T, data("NTC"))):
        with pytest.raises(MXNetError, match="cannot begin on its own"):
            function()
    outer.unroll(T, data("NTC"))
    with pytest.raises(MXNetError, match="cannot begin on its own"):
        inner.begin_state()


# The first digits of the SHA-1 sums of the graphs that MXNet 1.6 makes: outputs merged, and not.
AS_MXNET = {
    "rnn": (lambda: rnn.RNNCell(4, prefix="r_"), "498634ff7595", "17bc38fa5da8"),
    "lstm": (lambda: rnn.LSTMCell(4, prefix="l_"), "6bebb793caae", "425851753d4f"),
    "gru": (lambda: rnn.GRUCell(4, prefix="g_"), "94f2e7f3bd58", "effaeecb193f"),
    "residual": (
        lambda: rnn.ResidualCell(rnn.GRUCell(5, prefix="g_")),
        "19abc07cdf26",
        "95ef27f9ec10",
    ),
    "zoneout": (
        lambda: rnn.ZoneoutCell(rnn.GRUCell(5, prefix="g_"), 0.1, 0.2),
        "2408870e9700",
        "10a850c08a44",
    ),
    "dropout": (lambda: rnn.DropoutCell(0.3, prefix="d_"), "874e343d6530", "ec156ce09119"),
    "bidirectional": (
        lambda: rnn.BidirectionalCell(rnn.LSTMCell(4, prefix="a_"), rnn.LSTMCell(4, prefix="b_")),
        "e0e7c37e04ba",
        "f4b93307470a",
    ),
}


@pytest.mark.parametrize("name", AS_MXNET)
def test_graphs_are_those_of_mxnet(name):
    make, *sums = AS_MXNET[name]
    for merge, expected in zip((True, False), sums, strict=True):
        with NameManager():
            outputs, states = make().unroll(3, mx.sym.var("data"), merge_outputs=merge)
        listed = outputs if isinstance(outputs, list) else [outputs]
        text = mx.sym.Group([*listed, *states]).tojson()
        assert hashlib.sha1(text.encode()).hexdigest().startswith(expected)
