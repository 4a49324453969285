"""Adaptive steps: single precision of their parameters, and what is peculiar to each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F


def test_beta_is_rounded_to_single_precision_first():
    """MXNet's `1 - 0.999` in single precision is 0.00099998713, also for float64 arrays."""
    zero, one = mx.nd.zeros(1, dtype="float64"), mx.nd.ones(1, dtype="float64")
    var = zero.copy()
    F.adam_update(zero, one, zero.copy(), var, lr=1)
    assert var.asscalar() == 1 - float(np.float32(0.999))


@given(st.floats(0, 2, width=32), st.sampled_from([0.0, 0.3]))
def test_weights_are_cut_off_from_zero_on(limit, clip_gradient):
    weight, grad, n = mx.nd.array([3, -3]), mx.nd.ones(2), mx.nd.ones(2)
    found = F.rmsprop_update(
        weight, grad, n, lr=0.0, clip_weights=limit, clip_gradient=clip_gradient
    )
    np.testing.assert_allclose(found.asnumpy(), [limit, -limit], rtol=1e-6)


def test_ftrl_makes_small_weights_zero():
    weight, n = mx.nd.zeros(2), mx.nd.zeros(2)
    z = mx.nd.zeros(2)
    found = F.ftrl_update(weight, mx.nd.array([0.1, 2]), z, n, lr=0.1, lamda1=1).asnumpy()
    assert found[0] == 0
    assert found[1] < 0


def test_ftml_s_first_step_is_as_long_as_the_learning_rate():
    weight, states = mx.nd.ones(1), [mx.nd.zeros(1) for _ in range(3)]
    found = F.ftml_update(weight, mx.nd.array([7.0]), *states, lr=0.1, t=1, beta1=0)
    assert found.asscalar() == pytest.approx(0.9, rel=1e-4)
    for name in ("beta1", "beta2"):
        with pytest.raises(ParameterError, match="at most 1"):
            F.ftml_update(weight, weight, *states, lr=0.1, t=1, **{name: 1.5})


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_group_adagrad_has_one_rate_a_row(shape):
    weight, history = mx.nd.zeros((3, 2)), mx.nd.zeros(shape)
    grad = mx.nd.array([[1, 1], [2, 2], [0, 4]])
    step = F._contrib_group_adagrad_update(weight, grad, history, lr=1, epsilon=0).asnumpy()
    np.testing.assert_allclose(history.asnumpy(), np.reshape([1, 4, 8], shape))
    np.testing.assert_allclose(step, [[-1, -1], [-1, -1], [0, -np.sqrt(2)]], rtol=1e-6)
    with pytest.raises(ShapeError, match="history"):
        F._contrib_group_adagrad_update(weight, grad, mx.nd.zeros((3, 2)), lr=1)


def test_adamw_takes_the_scale_s_first_number_and_refuses_none():
    weight, grad, mean, var = (mx.nd.ones(2) for _ in range(4))
    found = F._adamw_update(weight, grad, mean, var, mx.nd.array([[1, 9]]), lr=1, eta=1)
    assert found.asnumpy() == pytest.approx(0, abs=1e-6)
    with pytest.raises(ShapeError, match="rescale_grad"):
        F._adamw_update(weight, grad, mean, var, mx.nd.ones((0,)), lr=1, eta=1)
