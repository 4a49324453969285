"""Convolution: inference, errors, float16, and that a transposed convolution undoes a stride."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.convolution import convolution as op


def infer(*shapes, **params):
    return op.shape_rule(op.values({"kernel": (3, 3), "num_filter": 8, **params}), *shapes)


def test_weight_and_bias_follow_from_the_data():
    ins, outs = infer((2, 6, 9, 8), None, None, num_group=2, stride=(2, 1), pad=(1, 0))
    assert ins == [(2, 6, 9, 8), (8, 3, 3, 3), (8,)]
    assert outs == [(2, 8, 5, 6)]
    ins, outs = infer((2, 9, 8, 6), None, no_bias=True, layout="NHWC")
    assert ins == [(2, 9, 8, 6), (8, 3, 3, 6)]
    assert outs == [(2, 7, 6, 8)]


def test_what_is_unknown_stays_unknown():
    assert infer(None, None, None) == ([None, (8, None, 3, 3), (8,)], [None])
    ins, outs = infer((None, 3, None, 9), None, None)
    assert ins[1] == (8, 3, 3, 3)
    assert outs == [(None, 8, None, None)]


@pytest.mark.parametrize(
    ("shape", "params", "error"),
    [
        ((2, 3, 2, 9), {}, ShapeError),  # the window is too large
        ((2, 3, 9), {}, ShapeError),  # one spatial axis for a window of two
        ((2, 3, 9, 9), {"num_group": 2}, ShapeError),
        ((2, 3, 9, 9), {"stride": (1,)}, ParameterError),
        ((2, 3, 9, 9), {"stride": (0, 1)}, ParameterError),
        ((2, 3, 9, 9), {"layout": "NCW"}, ParameterError),
        ((2, 3, 9, 9), {"kernel": ()}, ParameterError),
    ],
)
def test_errors(shape, params, error):
    with pytest.raises(error):
        infer(shape, None, None, **params)


def test_half_precision_sums_in_single():
    data, weight = mx.nd.ones((1, 4096, 1, 1), dtype="float16"), mx.nd.ones((1, 4096, 1, 1))
    found = F.Convolution(data, weight.astype("float16"), kernel=(1, 1), num_filter=1, no_bias=True)
    assert found.dtype == np.float16
    assert found.asscalar() == 4096  # in float16 2048 + 1 is 2048
