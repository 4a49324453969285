"""Compiled gradients of activations against NumPy's."""

import numpy as np
import pytest

pytest.importorskip("numba")

from mxbook.ops.families import activation
from mxbook.ops.kernels.cpu import activation as twins


def test_the_gate_of_relu():
    delta, data = np.random.default_rng(0).normal(size=(2, 5, 7)).astype("float32")
    data[0] = 0
    expected = activation.gate(np, delta, data)
    assert expected[0].tolist() == [0] * 7
    out = np.full_like(delta, np.nan)
    assert twins.gate(np, delta, data, out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(twins.gate(np, delta, data), expected)
    assert twins.gate(np, delta, data, data) is NotImplemented
    assert twins.gate(np, delta, data, delta) is delta
    np.testing.assert_array_equal(delta, expected)
