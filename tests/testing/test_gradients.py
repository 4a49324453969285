"""Comparing gradients with finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.testing import check_gradient, numeric_derivative

X = np.array([[0.3, -0.4], [1.1, 0.7]])


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=5), st.integers(0, 100))
def test_numeric_derivative_of_a_polynomial(numbers, seed):
    x = np.array(numbers)
    v = np.random.default_rng(seed).standard_normal(len(x))
    found = numeric_derivative(lambda x: float((x**3).sum()), x, v)
    assert found == pytest.approx(float((3 * x**2 * v).sum()), abs=1e-8)


def test_of_several_inputs_to_the_third_order():
    check_gradient(lambda x, y: mx.nd.sin(x) * mx.nd.exp(y), X, X.T.copy(), order=3)


def test_of_several_results():
    check_gradient(lambda x: [x * x, mx.nd.exp(x)], X, order=2)


def test_sees_a_function_with_a_wrong_backward():
    class Wrong(mx.autograd.Function):
        def forward(self, x):
            return x * 3

        def backward(self, dy):
            return dy * 2

    def wrong(x):
        return Wrong()(x)

    with pytest.raises(AssertionError, match="finite differences"):
        check_gradient(wrong, X)


def test_inputs_of_whole_numbers_are_left_alone():
    index = np.array([1, 0], "int32")
    check_gradient(mx.nd.take, X, index, order=2)


def test_an_input_that_is_not_varied():
    check_gradient(lambda x, y: x * mx.nd.floor(y * 10), X, X, which=[0])


def test_no_gradient_where_there_should_be_one():
    def blocked(x):
        return mx.nd.BlockGrad(x * x) + x * 0

    with pytest.raises(AssertionError, match="input 0"):
        check_gradient(blocked, X)
