"""ParameterDict: names, sharing, all at once, files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import init
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.gluon import Constant, ParameterDict
from mxbook.gluon.parameter_dict import _merged

SHAPES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)


def three():
    params = ParameterDict("net_")
    params.get("weight", shape=(2, 3))
    params.get("bias", shape=(2,), init="zeros")
    params.get_constant("scale", [4])
    return params


@given(SHAPES, SHAPES)
def test_merged_shapes_agree_with_both(a, b):
    merged = _merged(a, b)
    agree = len(a) == len(b) and all(0 in (x, y) or x == y for x, y in zip(a, b, strict=True))
    assert (merged is not None) == agree
    if merged is not None:
        assert merged == _merged(b, a)
        assert _merged(merged, a) == _merged(merged, b) == merged


def test_get_makes_once():
    params = ParameterDict("net_")
    weight = params.get("weight", shape=(2, 0), allow_deferred_init=True)
    assert weight.name == "net_weight"
    assert params.get("weight", shape=(0, 3)) is weight
    assert weight.shape == (2, 3)
    assert params.get("weight", init="ones").init == "ones"
    for wrong in ({"shape": (3, 3)}, {"dtype": "float16"}, {"lr_mult": 3}, {"init": "zeros"}):
        with pytest.raises(ParameterError, match="exists with another"):
            params.get("weight", **wrong)
    assert params["net_weight"] is weight
    assert list(params) == ["net_weight"] == list(params.keys())
    assert "net_weight" in params
    with pytest.raises(KeyError):
        params["weight"]


def test_constants():
    params = three()
    constant = params.get_constant("scale")
    assert isinstance(constant, Constant)
    assert params.get_constant("scale", np.array([4])) is constant
    for wrong in ([5], [4, 4]):
        with pytest.raises(ParameterError, match="another value"):
            params.get_constant("scale", wrong)
    with pytest.raises(ParameterError, match="not a constant"):
        params.get_constant("weight", [1])
    with pytest.raises(KeyError):
        params.get_constant("other")


def test_sharing():
    params = three()
    same = ParameterDict("net_", shared=params)
    assert same.get("weight") is params["net_weight"]
    other = ParameterDict("other_", shared=params)
    assert other.get("weight") is not params["net_weight"]


def test_update_refuses_two_of_one_name():
    params, other = three(), three()
    params.update(params)
    with pytest.raises(ParameterError, match="two different parameters have the name 'net_weight'"):
        params.update(other)


def test_all_at_once():
    params = three()
    params.initialize(init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
    assert params.list_ctx() == [mx.cpu(0), mx.cpu(1)]
    values = [p.data(mx.cpu(1)).asnumpy().ravel()[0] for p in params.values()]
    assert values == [1, 0, 4]
    for gradient in params["net_weight"].list_grad():
        gradient[:] = 3
    params.zero_grad()
    assert all((g.asnumpy() == 0).all() for g in params["net_weight"].list_grad())
    params.reset_ctx(mx.cpu(1))
    assert params.list_ctx() == [mx.cpu(1)]
    params.setattr("lr_mult", 2)
    assert all(p.lr_mult == 2 for p in params.values())


def test_text():
    assert repr(ParameterDict()) == "(\n\n)"
    first = "  Parameter net_weight (shape=(2, 3), dtype=<class 'numpy.float32'>)"
    assert repr(three()).split("\n")[:2] == ["net_ (", first]


def test_files(tmp_path):
    path = str(tmp_path / "a.params")
    params = three()
    params.initialize(init.Constant(7))
    params.save(path)
    assert sorted(mx.nd.load(path)) == ["net_bias", "net_scale", "net_weight"]
    again = three()
    again.load(path)
    assert (again["net_weight"].data().asnumpy() == 7).all()
    params.save(path, strip_prefix="net_")
    assert sorted(mx.nd.load(path)) == ["bias", "scale", "weight"]
    with pytest.raises(ParameterError, match="missing"):
        again.load(path)
    params["net_weight"].set_data(mx.nd.zeros((2, 3)))
    again.load(path, restore_prefix="net_")
    with pytest.raises(ParameterError, match="to be stripped"):
        params.save(path, strip_prefix="x_")
    with pytest.raises(ParameterError, match="to be restored"):
        again.load(path, restore_prefix="x_")


def test_load_dict():
    params = three()
    arrays = {"arg:net_weight": mx.nd.ones((2, 3)), "aux:net_bias": mx.nd.ones(2)}
    with pytest.raises(ParameterError, match=r"1 parameter\(s\) missing"):
        params.load_dict(arrays)
    params.load_dict(arrays, ctx=mx.cpu(1), allow_missing=True)
    assert params["net_bias"].list_ctx() == [mx.cpu(1)]
    with pytest.raises(ShapeError):
        params.load_dict({"net_bias": mx.nd.ones(3)}, allow_missing=True)
    with pytest.raises(ParameterError, match="unknown"):
        params.load_dict({**arrays, "more": mx.nd.ones(1)}, allow_missing=True)
    params.load_dict({"more": mx.nd.ones(1)}, allow_missing=True, ignore_extra=True)


def test_verbose(caplog):
    import logging

    caplog.set_level(logging.INFO)
    three().initialize(init.One(), verbose=True)
    assert "Initialized net_weight" in caplog.text
