"""Graphs of symbols, files and loops: nodes, shapes, groups, sums."""

import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.explain.graph import graph
from mxbook.explain.graph.gallery import condition, foreach, lenet


@pytest.fixture
def symbol():
    x = mx.sym.var("data")
    c = mx.sym.Convolution(x, kernel=(3, 3), num_filter=4, name="a_conv")
    b = mx.sym.BatchNorm(c, name="a_norm")
    return mx.sym.FullyConnected(mx.sym.relu(b, name="a_relu"), num_hidden=2, name="b_fc")


def test_a_symbol_with_shapes(symbol):
    g = graph(symbol, data=(2, 3, 8, 8))
    assert g["a_conv"].outputs[0].shape == (2, 4, 6, 6)
    assert g["a_conv"].params["kernel"] == "(3, 3)"
    assert [g.nodes[i.source].name for i in g["a_conv"].inputs] == [
        *("data", "a_conv_weight", "a_conv_bias"),
    ]
    assert g["a_conv"].path == g["a_relu"].path == ("a",)
    assert g["b_fc"].path == ()
    roles = {n.name: n.role for n in g.nodes}
    assert roles["data"] == "input"
    assert roles["a_norm_gamma"] == "parameter"
    assert roles["a_norm_moving_mean"] == "state"
    assert g.totals().parameters == 4 * 27 + 4 + 8 + 2 * 4 * 36 + 2
    assert g["a_conv"].flops == 2 * 4 * 36 * (2 * 27 + 1)


def test_shapes_by_position_by_attribute_and_unknown(symbol):
    assert graph(symbol, (2, 3, 8, 8))["b_fc"].outputs[0].shape == (2, 2)
    assert graph(symbol)["data"].outputs[0].text == "?"
    x = mx.sym.var("x", shape=(3, 0), dtype="float16")
    assert graph(mx.sym.exp(x, name="e"))["e"].outputs[0].text == "3×? float16"


def test_files_and_texts(symbol, tmp_path):
    path = tmp_path / "net-symbol.json"
    symbol.save(str(path))
    for source in (path, str(path), symbol.tojson()):
        g = graph(source, data=(2, 3, 8, 8))
        assert g["b_fc"].outputs[0].shape == (2, 2)
    assert graph(path).title == "net"
    assert graph(path, title="mine").title == "mine"


def test_what_is_no_graph():
    with pytest.raises(DTypeError, match="no graph in a dict"):
        graph({})


def test_a_wrong_shape_ends_the_graph_at_its_node(symbol):
    g = graph(mx.sym.elemwise_add(symbol, mx.sym.var("y"), name="sum"), data=(2, 3, 8, 8), y=(3, 3))
    assert g["sum"].error
    assert "sum" in g.problem
    assert g["b_fc"].outputs[0].shape == (2, 2)  # what was known before
    with pytest.raises(ShapeError):
        mx.sym.elemwise_add(symbol, mx.sym.var("y")).infer_shape(data=(2, 3, 8, 8), y=(3, 3))


def test_loops_show_what_is_inside():
    g = foreach()
    body = [n for n in g.nodes if n.path and n.path[0].endswith("body")]
    assert {"FullyConnected", "tanh"} <= {n.op for n in body}
    loop = next(n for n in g.nodes if n.op == "_foreach")
    assert {g.nodes[i.source].path[:1] for i in loop.inputs} == {body[0].path[:1]}
    row = next(n for n in body if n.inputs and n.inputs[0].name == "each slice of")
    assert row.outputs[0].shape == (3, 4)
    groups = {n.path[0] for n in condition().nodes if n.path}
    assert {g.split(": ")[1] for g in groups} == {"then", "else", "condition", "body"}


def test_searching_and_following():
    g = lenet()
    assert [n.name for n in g.find("convolution 50")] == ["conv2"]
    assert [n.name for n in g.find("KERNEL=(2, pool1")] == ["pool1"]
    before = {n.name for n in g.ancestors("tanh1")}
    assert before == {"data", "conv1", "conv1_weight", "conv1_bias"}
    assert [n.name for n in g.descendants("fc2")] == ["softmax"]
    way = [n.name for n in g.path("data", "pool1")]
    assert way == ["data", "conv1", "tanh1", "pool1"]
    assert g.path("softmax", "data") == []
    with pytest.raises(ParameterError, match="no node 'conv9'"):
        g["conv9"]
