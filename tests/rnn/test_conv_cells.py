"""Cells with convolutions."""

import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError

KINDS = [mx.rnn.ConvRNNCell, mx.rnn.ConvLSTMCell, mx.rnn.ConvGRUCell]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_shapes(kind, layout):
    shape = (2, 3, 6, 6) if layout == "NCHW" else (2, 6, 6, 3)
    cell = kind(shape, 4, i2h_kernel=(3, 3), i2h_pad=(0, 0), conv_layout=layout)
    assert cell.state_shape == [(0, 4, 4, 4)] * len(cell.state_info)
    if kind is mx.rnn.ConvGRUCell and layout == "NHWC":
        return  # as in MXNet its gates are cut along the second axis
    out, _ = cell(mx.sym.var("x"), cell.begin_state())
    assert out.infer_shape(x=shape)[1] == [(2, 4, 4, 4)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence(kind):
    cell = kind((1, 2, 5, 5), 3, activation="tanh")
    out, _ = cell.unroll(3, mx.sym.var("x"), merge_outputs=True)
    args = dict(zip(out.list_arguments(), out.infer_shape(x=(2, 3, 2, 5, 5))[0], strict=True))
    given = {n: mx.nd.random.uniform(-0.3, 0.3, shape=s) for n, s in args.items()}
    found = out.bind(mx.cpu(), given).forward()[0]
    assert found.shape == (2, 3, 3, 5, 5)
    parts = cell.unpack_weights(given)
    again = cell.pack_weights(parts)
    assert all((again[n].asnumpy() == a.asnumpy()).all() for n, a in given.items())


def test_what_cannot_be():
    with pytest.raises(ParameterError, match="odd"):
        mx.rnn.ConvRNNCell((1, 2, 5, 5), 3, h2h_kernel=(2, 3))
    options = dict.fromkeys(
        ("i2h_weight_initializer", "h2h_weight_initializer", "i2h_bias_initializer",
         "h2h_bias_initializer", "activation")
    )  # fmt: skip
    sizes = {"h2h_kernel": (3, 3), "h2h_dilate": (1, 1), "i2h_kernel": (3, 3)}
    sizes |= {"i2h_stride": (1, 1), "i2h_pad": (1, 1), "i2h_dilate": (1, 1)}
    base = mx.rnn.BaseConvRNNCell((1, 2, 5, 5), 3, **sizes, **options)
    base._gate_names = ("",)
    with pytest.raises(ParameterError, match="must define"):
        base(mx.sym.var("x"), base.begin_state())
