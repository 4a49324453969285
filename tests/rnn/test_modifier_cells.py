"""Zoneout and residual connections."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from tests.rnn.test_combined_cells import X, outputs, unrolled


@pytest.mark.parametrize(
    "make",
    [
        lambda: mx.rnn.RNNCell(4),
        lambda: mx.rnn.BidirectionalCell(
            mx.rnn.RNNCell(1, prefix="l_"), mx.rnn.RNNCell(3, prefix="r_")
        ),
    ],
)
@pytest.mark.parametrize("merge", [True, False])
def test_residual(make, merge):
    inner = outputs(unrolled(make()))
    cell = mx.rnn.ResidualCell(make())
    found, _ = cell.unroll(3, mx.sym.var("x"), merge_outputs=merge)
    whole = found if merge else mx.sym.stack(*found, axis=1)
    np.testing.assert_allclose(outputs(whole), inner + X, rtol=1e-5, atol=1e-6)


def test_a_modifier_speaks_for_its_cell():
    cell = mx.rnn.ResidualCell(mx.rnn.LSTMCell(4))
    assert cell.params is cell.base_cell.params
    assert cell.state_shape == [(0, 4), (0, 4)]
    assert cell.begin_state(init_sym=mx.sym.Variable)[0].list_arguments() == ["lstm_begin_state_0"]
    assert cell.base_cell._modified
    weights = {
        f"lstm_{g}_{k}": mx.nd.ones((16, 4)) for g in ("i2h", "h2h") for k in ("weight", "bias")
    }
    assert set(cell.pack_weights(cell.unpack_weights(weights))) == set(weights)


def test_zoneout_does_nothing_without_training():
    plain, zoned = mx.rnn.RNNCell(4), mx.rnn.ZoneoutCell(mx.rnn.RNNCell(4), 0.5, 0.5)
    np.testing.assert_allclose(outputs(unrolled(plain)), outputs(unrolled(zoned)), rtol=1e-5)


def test_zoneout_keeps_the_last_output_while_training():
    cell = mx.rnn.ZoneoutCell(mx.rnn.RNNCell(30), zoneout_outputs=0.5)
    symbol = unrolled(cell)
    args = dict(zip(symbol.list_arguments(), symbol.infer_shape(x=X.shape)[0], strict=True))
    given = {n: mx.nd.random.uniform(-1, 1, shape=s) for n, s in args.items()}
    executor = symbol.bind(mx.cpu(), given)
    trained = executor.forward(is_train=True)[0].asnumpy()
    whole = executor.forward()[0].asnumpy()
    first = trained[:, 0]
    assert ((first == 0) | np.isclose(first, whole[:, 0], rtol=1e-4)).all()
    assert 0 < (first == 0).mean() < 1
    assert 0 < (trained[:, 1] == trained[:, 0]).mean() < 1


@pytest.mark.parametrize(
    "cell",
    [
        lambda: mx.rnn.FusedRNNCell(2),
        lambda: mx.rnn.BidirectionalCell(mx.rnn.RNNCell(2), mx.rnn.RNNCell(2, prefix="r_")),
        lambda: mx.rnn.FusedRNNCell(2, bidirectional=True).unfuse(),
    ],
)
def test_zoneout_needs_steps(cell):
    with pytest.raises(ParameterError, match="from step to step"):
        mx.rnn.ZoneoutCell(cell())
