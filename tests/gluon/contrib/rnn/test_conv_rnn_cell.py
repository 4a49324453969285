"""Cells that convolve: with windows of length 1 they are the plain cells at every place."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.gluon import rnn
from mxbook.gluon.contrib import rnn as contrib

KINDS = ["RNN", "LSTM", "GRU"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_windows_of_one_are_plain_cells(kind, spatial):
    shape = (4, *(2, 3, 2)[:spatial])
    cell = getattr(contrib, f"Conv{spatial}D{kind}Cell")(shape, 5, 1, 1, prefix="c_")
    plain = getattr(rnn, f"{kind}Cell")(5, prefix="c_", input_size=4)
    for c in (cell, plain):
        c.initialize()
    for name, p in cell.collect_params().items():
        plain.collect_params()[name].set_data(p.data().reshape(plain.collect_params()[name].shape))
    x = np.random.default_rng(0).normal(size=(2, 3, *shape))
    found, states = cell.unroll(3, mx.nd.array(x), merge_outputs=True)

    def places(a):  # channels last, every place an example of its own
        a = np.moveaxis(a, 2, -1)
        return np.moveaxis(a, 1, -2).reshape(-1, 3, a.shape[-1])

    expected, last = plain.unroll(3, mx.nd.array(places(x)), merge_outputs=True)
    np.testing.assert_allclose(places(found.asnumpy()), expected.asnumpy(), rtol=1e-4, atol=1e-6)
    for a, b in zip(states, last, strict=True):
        a = np.moveaxis(a.asnumpy(), 1, -1).reshape(-1, 5)
        np.testing.assert_allclose(a, b.asnumpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_channels_last(kind):
    first = getattr(contrib, f"Conv2D{kind}Cell")(
        (3, 6, 5), 4, (3, 2), (3, 5), i2h_pad=(1, 0), h2h_dilate=(2, 1), activation="relu"
    )
    last = getattr(contrib, f"Conv2D{kind}Cell")(
        (6, 5, 3), 4, (3, 2), (3, 5), i2h_pad=(1, 0), h2h_dilate=(2, 1), activation="relu",
        conv_layout="NHWC",
    )  # fmt: skip
    assert first.state_info(2)[0]["shape"] == (2, 4, 6, 4)
    assert last.state_info(2)[0]["shape"] == (2, 6, 4, 4)
    for c in (first, last):
        c.initialize()
    for p, q in zip(first.params.values(), last.params.values(), strict=True):
        q.set_data(p.data().transpose((0, 2, 3, 1)) if len(p.shape) == 4 else p.data())
    x = mx.nd.array(np.random.default_rng(0).normal(size=(2, 3, 3, 6, 5)))
    a, _ = first.unroll(3, x, merge_outputs=True)
    b, _ = last.unroll(3, x.transpose((0, 1, 3, 4, 2)), layout="NTHWC", merge_outputs=True)
    np.testing.assert_allclose(
        a.asnumpy(), b.asnumpy().transpose(0, 1, 4, 2, 3), rtol=1e-4, atol=1e-6
    )


def test_texts_and_errors():
    assert repr(contrib.Conv1DLSTMCell((3, 8), 4, 3, 3)) == "Conv1DLSTMCell(3 -> 16, tanh, NCW)"
    with pytest.raises(ParameterError, match="odd lengths"):
        contrib.Conv2DGRUCell((3, 8, 8), 4, 3, 2)
    with pytest.raises(ParameterError, match="2 spatial axes"):
        contrib.Conv2DRNNCell((3, 8, 8), 4, (3,), 3)
