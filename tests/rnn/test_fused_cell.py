"""All layers and steps in one operator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError

MODES = st.sampled_from(["rnn_relu", "rnn_tanh", "lstm", "gru"])


@given(MODES, st.integers(1, 3), st.booleans(), st.booleans())
def test_the_same_as_cells(mode, layers, bidirectional, examples_first):
    fused = mx.rnn.FusedRNNCell(3, layers, mode, bidirectional, prefix="net_")
    layout = "NTC" if examples_first else "TNC"
    shape = (2, 4, 5)
    with pytest.warns(UserWarning, match="TNC") if examples_first else _nothing():
        one, _ = fused.unroll(4 if examples_first else 2, mx.sym.var("x"), layout=layout)
    other, _ = fused.unfuse().unroll(
        4 if examples_first else 2, mx.sym.var("x"), layout=layout, merge_outputs=True
    )
    size = one.infer_shape(x=shape)[0][one.list_arguments().index("net_parameters")]
    random = np.random.RandomState(0)
    weights = {"net_parameters": mx.nd.array(random.uniform(-0.5, 0.5, size))}
    data = {"x": mx.nd.array(random.rand(*shape))}
    expected = one.bind(mx.cpu(), {**data, **weights}).forward()[0].asnumpy()
    parts = fused.unfuse().pack_weights(fused.unpack_weights(weights))
    found = other.bind(mx.cpu(), {**data, **parts}).forward()[0].asnumpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    packed = fused.pack_weights(fused.unfuse().unpack_weights(parts))
    assert (packed["net_parameters"].asnumpy() == weights["net_parameters"].asnumpy()).all()


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


def test_states():
    cell = mx.rnn.FusedRNNCell(3, 2, "lstm", bidirectional=True, get_next_state=True)
    assert cell.state_info == [{"shape": (4, 0, 3), "__layout__": "LNC"}] * 2
    out, states = cell.unroll(2, mx.sym.var("x"), layout="TNC", merge_outputs=True)
    assert [s.attr("__layout__") for s in states] == ["LNC", "LNC"]
    group = mx.sym.Group([out, *states])
    assert group.infer_shape(x=(2, 5, 4))[1] == [(2, 5, 6), (4, 5, 3), (4, 5, 3)]
    assert mx.rnn.FusedRNNCell(3).unroll(2, mx.sym.var("x"), layout="TNC")[1] == []


def test_what_cannot_be():
    with pytest.raises(ParameterError, match="mode"):
        mx.rnn.FusedRNNCell(3, mode="cnn")
    with pytest.raises(MXNetError, match="unroll"):
        mx.rnn.FusedRNNCell(3)(mx.sym.var("x"), [])


def test_dropout_between_layers():
    cells = mx.rnn.FusedRNNCell(3, 3, dropout=0.5).unfuse()._cells
    kinds = [type(cell).__name__ for cell in cells]
    assert kinds == ["LSTMCell", "DropoutCell"] * 2 + ["LSTMCell"]
