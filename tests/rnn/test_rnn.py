"""Checkpoints of networks with cells, and unrolling as a function."""

import numpy as np
import pytest

import mxbook as mx


def network(cell):
    return cell.unroll(3, mx.sym.var("x"), layout="TNC", merge_outputs=True)[0]


def test_a_fused_network_is_read_as_cells(tmp_path):
    prefix, fused = str(tmp_path / "net"), mx.rnn.FusedRNNCell(4, 2, "gru", prefix="net_")
    one = network(fused)
    size = one.infer_shape(x=(3, 2, 5))[0][1]
    weights = {"net_parameters": mx.nd.random.uniform(-0.5, 0.5, shape=size)}
    mx.rnn.save_rnn_checkpoint(fused, prefix, 7, one, weights, {})
    assert "arg:net_l1_h2h_z_bias" in mx.nd.load(f"{prefix}-0007.params")
    again = mx.rnn.load_rnn_checkpoint(fused, prefix, 7)[1]
    assert (again["net_parameters"].asnumpy() == weights["net_parameters"].asnumpy()).all()
    cells = fused.unfuse()
    _, args, _ = mx.rnn.load_rnn_checkpoint([cells], prefix, 7)
    data = {"x": mx.nd.random.uniform(shape=(3, 2, 5))}
    values = [
        symbol.bind(mx.cpu(), {**data, **given}).forward()[0].asnumpy()
        for symbol, given in ((one, weights), (network(cells), args))
    ]
    np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-5)


def test_the_callback(tmp_path):
    cell = mx.rnn.RNNCell(2)
    save = mx.rnn.do_rnn_checkpoint([cell], str(tmp_path / "net"), 2)
    weights = {
        f"rnn_{g}_{k}": mx.nd.ones((2, 2)) for g in ("i2h", "h2h") for k in ("weight", "bias")
    }
    for epoch in range(4):
        save(epoch, network(cell), weights, {})
    names = ["net-0002.params", "net-0004.params", "net-symbol.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_unrolling_as_a_function():
    with pytest.warns(UserWarning, match="deprecated"):
        out, _ = mx.rnn.rnn_unroll(mx.rnn.RNNCell(2), 2, input_prefix="in_")
    assert {"in_t0_data", "in_t1_data"} <= set(mx.sym.Group(out).list_arguments())
    with pytest.warns(UserWarning, match="deprecated"):
        out, _ = mx.rnn.rnn_unroll(mx.rnn.RNNCell(2), 2, mx.sym.var("x"))
    assert mx.sym.Group(out).list_arguments()[0] == "x"
