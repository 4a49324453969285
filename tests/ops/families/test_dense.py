"""FullyConnected: what its shape rule infers and refuses."""

import pytest

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.dense import fully_connected as op


def infer(*shapes, **params):
    return op.shape_rule(op.values({"num_hidden": 4, **params}), *shapes)


def test_weight_and_bias_follow_from_the_data():
    assert infer((2, 3, 5), None, None) == ([(2, 3, 5), (4, 15), (4,)], [(2, 4)])
    assert infer((2, 3, 5), None, None, flatten=False) == ([(2, 3, 5), (4, 5), (4,)], [(2, 3, 4)])
    assert infer((None, 7), None, no_bias=True) == ([(None, 7), (4, 7)], [(None, 4)])
    assert infer(None, None, None) == ([None, (4, None), (4,)], [None])


def test_errors_name_the_rule():
    data, weight = mx.nd.ones((2, 3)), mx.nd.ones((4, 5))
    with pytest.raises(ShapeError, match=r"FullyConnected.*\n.*= \(4, 3\), bias \(4,\)"):
        F.FullyConnected(data, weight, num_hidden=4, no_bias=True)
