"""Graphs of recorded arrays."""

import pytest

from mxbook import autograd, nd
from mxbook.base.errors import MXNetError
from mxbook.explain.graph import graph
from mxbook.explain.graph.gallery import tape_mlp, tape_small


def test_a_formula():
    g = tape_small()
    assert sorted(n.op for n in g.nodes) == sorted(
        ["", "", "broadcast_mul", "sin", "broadcast_add", "broadcast_mul", "sum"]
    )
    assert g.nodes[0].outputs[0].shape == (2,)
    assert "gradient: write" in g.nodes[0].note


def test_weights_of_layers_are_parameters():
    roles = [n.role for n in tape_mlp().nodes if n.op == ""]
    assert roles.count("parameter") == 4


def test_constants_are_noted():
    x = nd.ones(2)
    x.attach_grad()
    with autograd.record():
        y = x * nd.ones(2)
    assert graph(y).nodes[-1].note == "constant: rhs"


def test_what_has_no_tape():
    with pytest.raises(MXNetError, match="not in a computational graph"):
        graph(nd.ones(2))
    x = nd.ones(2)
    x.attach_grad()
    with autograd.record():
        y = nd.exp(x)
    y.backward()
    with pytest.raises(MXNetError, match="freed"):
        graph(y)
