"""Symbols: composition, names, evaluation; the same values as arrays give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, MXNetError, ParameterError

OPERATORS = ["__add__", "__sub__", "__mul__", "__truediv__", "__gt__", "__le__", "__eq__"]


def test_automatic_names_are_mxnets():
    with mx.name.NameManager():
        x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
        assert repr(x + y) == "<Symbol _plus0>"
        assert (x + 1).name == "_plusscalar0"
        assert (2 - x).name == "_rminusscalar0"
        assert (x >= y).name == "_greater_equal0"
        assert mx.sym.FullyConnected(x, num_hidden=2).name == "fullyconnected0"
        assert mx.sym.concat(x, y).name == "concat0"
    with mx.name.Prefix("net_"):
        assert mx.sym.relu(x).name == "net_relu0"


def test_arguments_auxiliary_states_and_outputs():
    x = mx.sym.Variable("x")
    bn = mx.sym.BatchNorm(x, name="bn")
    assert bn.list_arguments() == ["x", "bn_gamma", "bn_beta"]
    assert bn.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert bn.list_outputs() == ["bn_output"]
    parts = mx.sym.split(x, num_outputs=3, name="parts")
    assert parts.list_outputs() == ["parts_output0", "parts_output1", "parts_output2"]
    assert len(parts) == 3 and parts[1].list_outputs() == ["parts_output1"]
    group = mx.sym.Group([x, bn])
    assert group.list_outputs() == ["x", "bn_output"] and group.name is None
    assert bn.get_internals()["bn_output"].name == "bn"


@given(st.sampled_from(OPERATORS), st.booleans(), st.integers(0, 2**31))
def test_evaluating_gives_what_arrays_give(dunder, number, seed):
    r = np.random.RandomState(seed)
    a, b = (mx.nd.array(r.uniform(0.5, 2, (2, 3))) for _ in range(2))
    x, y = mx.sym.var("x"), mx.sym.var("y")
    other, value = (1.5, 1.5) if number else (y, b)
    symbol = getattr(x, dunder)(other)
    values = {"x": a} if number else {"x": a, "y": b}
    expected = getattr(a, dunder)(value)
    assert (symbol.eval(**values)[0].asnumpy() == expected.asnumpy()).all()


def test_missing_and_unknown_values_are_named():
    x = mx.sym.var("x")
    with pytest.raises(ParameterError, match="'x'"):
        (x + 1).eval()
    with pytest.raises(ParameterError, match="'z'"):
        (x + 1).infer_shape(z=(1,))
    with pytest.raises(DTypeError, match="NDArray"):
        mx.sym.relu(mx.nd.ones(1))
    with pytest.raises(DTypeError, match="Symbol") as caught:
        mx.nd.relu(x)
    assert "F.relu" in caught.value.hint
    with pytest.raises(MXNetError, match="truth value"):
        bool(x)


def test_parameters_are_kept_as_mxnets_text():
    x = mx.sym.var("x")
    conv = mx.sym.Convolution(x, kernel=(3, 3), num_filter=8, no_bias=True, name="c")
    assert conv.list_attr() == {"kernel": "(3, 3)", "num_filter": "8", "no_bias": "True"}
    assert mx.sym.cast(x, dtype=np.float16).list_attr() == {"dtype": "float16"}
    assert conv.list_arguments() == ["x", "c_weight"]


def test_the_tape_as_a_symbol_computes_the_same():
    x = mx.nd.array([1, 2, 3])
    x.attach_grad()
    with mx.autograd.record():
        y = (x * x + 1).sum()
    symbol = mx.autograd.get_symbol(y)
    (name,) = symbol.list_arguments()
    assert symbol.eval(**{name: x})[0].asscalar() == y.asscalar()
