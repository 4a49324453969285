"""Graphs of blocks: traced, hybridized, recorded, or only the blocks inside."""

import pytest

import mxbook as mx
from mxbook import gluon, nd
from mxbook.base.errors import MXNetError
from mxbook.explain.graph import graph
from mxbook.explain.graph.gallery import Encoder, wrong_shape
from mxbook.gluon import nn


@pytest.fixture
def net():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(Encoder(8, 2), Encoder(8, 2), nn.Dense(3))
    net.initialize()
    return net


def test_groups_are_the_blocks(net):
    g = graph(net, (2, 5, 8))
    softmax = next(n for n in g.nodes if n.op == "softmax")
    assert softmax.path == ("encoder0", "attention")
    assert g.kinds["encoder0", "attention"] == "Attention"
    assert softmax.outputs[0].shape == (4, 5, 5)
    assert {n.name for n in g.nodes if n.role == "parameter"} == set(net.collect_params())
    assert g.problem == ""


def test_sites_are_lines_of_the_users(net):
    g = graph(net, (2, 5, 8))
    assert all("test_blocks.py" in n.site for n in g.nodes if n.op == "softmax")


def test_without_inputs_shapes_are_unknown():
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, in_channels=3), nn.Dense(2))
    g = graph(net)
    convolution = next(n for n in g.nodes if n.op == "Convolution")
    assert convolution.outputs[0].shape in (None, (None, 4, None, None))


def test_looking_changes_nothing(net):
    net(nd.ones((2, 5, 8)))
    before = list(net.collect_params())
    name = nn.Dense(2).name
    graph(net, (2, 5, 8))
    assert list(net.collect_params()) == before
    assert nn.Dense(2).name == f"dense{int(name.removeprefix('dense')) + 1}"


def test_a_hybridized_net_remembers_its_inputs(net):
    net.hybridize()
    net(nd.ones((3, 5, 8)))
    assert graph(net)["data"].outputs[0].shape == (3, 5, 8)


def test_a_block_that_works_on_arrays():
    class Plain(gluon.Block):
        def forward(self, x):
            return nd.array(x.asnumpy()) if x.shape[0] > 99 else (x * 2).sum()

    assert [n.op for n in graph(Plain(), (3, 2)).nodes] == ["", "_mul_scalar", "sum"]
    outer = nn.Sequential()
    outer.add(Plain(), nn.Dense(2, in_units=4))
    inside = graph(outer)
    assert [n.op for n in inside.nodes] == ["Sequential", "Plain", "Dense"]
    assert inside.title.endswith("blocks inside")


def test_a_mistake_is_shown_where_it_is():
    g = wrong_shape()
    wrong = [n for n in g.nodes if n.error]
    assert [n.op for n in wrong] == ["elemwise_add"]
    assert "(4, 8)" in g.problem
    assert not any(n.op == "FullyConnected" and n.path == ("last",) for n in g.nodes)


def test_symbol_blocks(net):
    x = mx.sym.var("data")
    block = gluon.SymbolBlock(mx.sym.FullyConnected(x, num_hidden=3, name="fc"), x)
    assert graph(block, (2, 4))["fc"].outputs[0].shape == (2, 3)


def test_errors_before_any_operation_are_raised():
    class Broken(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            raise MXNetError("no")

    with pytest.raises(MXNetError, match="no"):
        graph(Broken(), (2, 3))


def test_show_prints_a_table_in_a_terminal(net, capsys):
    net.show((2, 5, 8))
    assert "LayerNorm" in capsys.readouterr().out
