"""`mx.viz`: the table and the drawing of a symbol, as MXNet 1.6 makes them."""

import re

import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError

SHAPE = {"data": (1, 3, 8, 8)}


@pytest.fixture
def symbol():
    x = mx.sym.var("data")
    c = mx.sym.Convolution(
        x, kernel=(3, 3), num_filter=8, stride=(2, 2), pad=(1, 1), name="conv0", no_bias=True
    )
    b = mx.sym.BatchNorm(c, name="bn0")
    a = mx.sym.Activation(b, act_type="relu", name="relu0")
    p = mx.sym.Pooling(a, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool0")
    f = mx.sym.FullyConnected(mx.sym.Flatten(p, name="flat"), num_hidden=10, name="fc")
    return mx.sym.SoftmaxOutput(f, name="softmax")


def rows(text):
    return [line.split() for line in text.splitlines() if line and line[0] not in "_="]


def test_summary(symbol, capsys):
    mx.viz.print_summary(symbol, SHAPE)
    said = capsys.readouterr().out
    assert {len(line) for line in said.splitlines()} == {120, len("Total params: 562")}
    assert rows(said)[1:] == [
        ["data(null)", "3x8x8", "0"],
        ["conv0(Convolution)", "8x4x4", "216", "data"],
        ["bn0(BatchNorm)", "8x4x4", "16", "conv0"],
        ["relu0(Activation)", "8x4x4", "0", "bn0"],
        ["pool0(Pooling)", "8x2x2", "0", "relu0"],
        ["flat(Flatten)", "32", "0", "pool0"],
        ["fc(FullyConnected)", "10", "330", "flat"],
        ["softmax(SoftmaxOutput)", "10", "0", "fc"],
        ["Total", "params:", "562"],
    ]


def test_summary_without_shapes_and_with_two_inputs(symbol, capsys):
    inner = symbol.get_internals()
    both = mx.sym.elemwise_add(inner["relu0_output"], inner["bn0_output"], name="both")
    mx.viz.print_summary(both)
    last = rows(capsys.readouterr().out)[-3:-1]
    assert last[0][1:] == ["0", "relu0"]
    assert last[1] == ["bn0"]


def test_drawing(symbol):
    dot = mx.viz.plot_network(symbol, shape=SHAPE, node_attrs={"fontsize": "9"})
    nodes = re.findall(r"^\t(\w+) \[label", dot.source, re.MULTILINE)
    assert nodes == [
        *("data", "conv0", "bn0", "relu0", "pool0", "flat", "fc"),
        *("softmax_label", "softmax"),
    ]
    assert 'label="Convolution\n3x3/2x2, 8" fillcolor="#fb8072"' in dot.source
    assert 'bn0 -> conv0 [label="8x4x4" arrowtail=open dir=back]' in dot.source
    assert "conv0_weight" not in dot.source
    assert "fontsize=9" in dot.source


def test_drawing_with_weights(symbol):
    source = mx.viz.plot_network(symbol, title="net", hide_weights=False).source
    assert source.startswith("digraph net {")
    assert "conv0 -> conv0_weight" in source


@pytest.mark.parametrize("function", [mx.viz.print_summary, mx.viz.plot_network])
def test_what_is_wrong(function, symbol):
    with pytest.raises(DTypeError, match="must be a Symbol"):
        function("net")
    with pytest.raises(ShapeError, match="incomplete"):
        function(symbol, shape={})
