"""Learning shapes on symbols; MXNet's form of nested inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import gluon, nd
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.gluon import nn
from mxbook.gluon.block import _flatten, _regroup

NESTED = st.recursive(
    st.sampled_from([None, nd.ones(1), nd.ones(2)]),
    lambda inner: st.lists(inner, min_size=1, max_size=3),
    max_leaves=6,
)


@given(NESTED)
def test_flatten_and_back(value):
    flat, fmt = _flatten(value, "input")
    assert all(a is None or isinstance(a, nd.NDArray) for a in flat)
    again, rest = _regroup(flat, fmt)
    assert rest == []
    assert repr(again) == repr(value)


def test_flatten_of_symbols_counts_outputs():
    three = mx.sym.split(mx.sym.var("x"), num_outputs=3)
    _, fmt = _flatten([three, mx.sym.var("y")], "input")
    assert fmt == [3, 0]
    assert _regroup([1, 2, 3, 4], fmt) == ([[1, 2, 3], 4], [])
    with pytest.raises(DTypeError):
        _flatten([3], "input")


class Two(gluon.HybridBlock):
    """Nested inputs, one of them optional."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Dense(2), nn.Dense(2)
        self.last = self.params.get("last", shape=(3, 0), allow_deferred_init=True)

    def hybrid_forward(self, F, x, pair, flag, last):
        y = self.a(x) + self.b(pair[0])
        if pair[1] is not None:
            y = y + pair[1]
        return F.FullyConnected(y, last, no_bias=True, num_hidden=3) if flag else y


@pytest.mark.parametrize("third", [None, nd.ones((1, 2))])
def test_infer_shape_of_nested_inputs(third):
    net = Two()
    net.infer_shape(nd.ones((1, 3)), [nd.ones((1, 4)), third], True)
    assert net.a.weight.shape == (2, 3)
    assert net.b.weight.shape == (2, 4)
    assert net.last.shape == (3, 2)
    net.initialize()
    assert net(nd.ones((1, 3)), [nd.ones((1, 4)), third], True).shape == (1, 3)


def test_a_parameter_that_the_graph_does_not_use_stays_unknown():
    net = Two()
    net.initialize()
    with pytest.raises(ShapeError, match="in_units"):
        net(nd.ones((1, 3)), [nd.ones((1, 4)), None], False)


def test_infer_type():
    net = nn.Dense(2, dtype="float64")
    net.infer_type(nd.ones((1, 3), dtype="float64"))
    assert net.weight.dtype == net.bias.dtype == np.float64
    with pytest.raises(DTypeError):
        net.infer_type(nd.ones((1, 3)))


def test_explain_shapes_changes_nothing(capsys):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3, activation="relu"), nn.Dense(2))
    net.explain_shapes(nd.ones((5, 4)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "operator", "shape"]
    assert "net_dense0_weight    parameter       (3, 4)" in lines
    assert lines[-1] == "net_dense1_fwd       FullyConnected  (5, 2)"
    assert net[0].weight.shape == (3, 0)
