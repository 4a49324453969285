"""The steps of the optimizers against their formulas, and against numbers of MXNet 1.6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import optimizer as opt

ARRAYS = hnp.arrays("float32", 3, elements=st.floats(-2, 2, width=32))
RUNS = st.lists(ARRAYS, min_size=1, max_size=4)


def run(made, weight, gradients):
    """The weight after each step."""
    w = mx.nd.array(weight)
    state = made.create_state_multi_precision(0, w)
    for g in gradients:
        made.update_multi_precision(0, w, mx.nd.array(g), state)
        yield w.asnumpy().astype("float64")


@given(ARRAYS, RUNS, st.sampled_from([0.0, 0.9]))
def test_sgd(weight, gradients, momentum):
    made = opt.SGD(momentum, learning_rate=0.1, wd=0.01, rescale_grad=0.5, clip_gradient=0.3)
    w, v = weight.astype("float64"), 0.0
    for g, found in zip(gradients, run(made, weight, gradients), strict=True):
        v = momentum * v - 0.1 * (np.clip(0.5 * g, -0.3, 0.3) + 0.01 * w)
        w = w + v
        np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-5)


@given(ARRAYS, RUNS)
def test_adam(weight, gradients):
    made = opt.Adam(learning_rate=0.1, wd=0.01)
    w, m, v = weight.astype("float64"), 0.0, 0.0
    for t, (g, found) in enumerate(zip(gradients, run(made, weight, gradients), strict=True), 1):
        g = g + 0.01 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        big = np.abs(g) > 1e-3  # epsilon stands at slightly different places
        np.testing.assert_allclose(found[big], w[big], rtol=1e-3, atol=1e-3)
        w = found


# The weights after four steps in real MXNet 1.6, from (0.5, -1, 2) with the gradients below.
GRADIENTS = [np.array([0.1, -0.2, 0.3], "float32") * (i + 1) * (-1) ** i for i in range(4)]
DECAY = {"learning_rate": 0.1, "wd": 0.1, "clip_gradient": 0.3}
