"""Declared gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import autograd
from mxbook.base.errors import ParameterError

ROWS = hnp.arrays("float32", 5, elements=st.floats(-1e7, 1e7, width=32))
contrib = mx.nd.contrib


def outcome(function, x):
    x = mx.nd.array(x)
    x.attach_grad()
    with autograd.record():
        y = function(x)
    y.backward(mx.nd.array([1, 2, 3, 4, 5]))
    return y.asnumpy(), x.grad.asnumpy()


@given(ROWS)
def test_rounding(x):
    found, gradient = outcome(contrib.round_ste, x)
    wide = x.astype("float64")
    np.testing.assert_array_equal(found, np.trunc(wide + np.copysign(0.5, wide)))
    np.testing.assert_array_equal(gradient, [1, 2, 3, 4, 5])


def test_rounding_just_below_a_half():
    below = np.nextafter(np.float32(0.5), np.float32(0))
    found, _ = outcome(contrib.round_ste, [below, -below, 0.5, -2.5, np.nan])
    np.testing.assert_array_equal(found, [0, 0, 1, -3, np.nan])


@given(ROWS)
def test_sign(x):
    found, gradient = outcome(contrib.sign_ste, x)
    np.testing.assert_array_equal(found, np.sign(x))
    np.testing.assert_array_equal(gradient, [1, 2, 3, 4, 5])
    assert outcome(contrib.sign_ste, [np.nan] * 5)[0].tolist() == [0] * 5


@given(ROWS, st.floats(-2, 2, width=32))
def test_multiplier(x, scalar):
    found, gradient = outcome(lambda a: contrib.gradientmultiplier(a, scalar=scalar), x)
    np.testing.assert_array_equal(found, x)
    np.testing.assert_allclose(gradient, scalar * np.arange(1, 6), rtol=1e-6, atol=1e-35)


def test_the_multiplier_has_no_default():
    with pytest.raises(ParameterError, match="scalar"):
        contrib.gradientmultiplier(mx.nd.ones(3))
