"""Activations at the edges of the number range."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.ndarray import registry as F

EDGES = [-np.inf, -1000, -100, -20, 0, 20, 100, 1000, np.inf, np.nan]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_edges(dtype):
    """Values as in MXNet 1.6; nothing overflows, NaN stays NaN."""
    x = mx.nd.array(EDGES, dtype=dtype)
    expected = {
        "relu": [0, 0, 0, 0, 0, 20, 100, 1000, np.inf, np.nan],
        "sigmoid": [0, 0, 0, 2.0611537e-09, 0.5, 1, 1, 1, 1, np.nan],
        "tanh": [-1, -1, -1, -1, 0, 1, 1, 1, 1, np.nan],
        "softrelu": [0, 0, 0, 2.0611537e-09, np.log(2), 20, 100, 1000, np.inf, np.nan],
    }
    with np.errstate(all="raise", under="ignore"):
        for name, values in expected.items():
            found = F.Activation(x, act_type=name)
            assert found.dtype == np.dtype(dtype)
            values = np.array(values, dtype)
            np.testing.assert_allclose(found.asnumpy(), values, rtol=2e-3, atol=1e-11, err_msg=name)


def test_unknown_names_are_refused():
    with pytest.raises(ParameterError, match="act_type"):
        F.Activation(mx.nd.ones(2), act_type="swish")


def test_relu_of_whole_numbers():
    found = F.relu(mx.nd.array([-2, 0, 3], dtype="int32"))
    assert found.dtype == np.int32
    assert found.asnumpy().tolist() == [0, 0, 3]
