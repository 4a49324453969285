"""Types and values of two-sided functions, as MXNet 1.6 has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx

TYPES = ["float16", "float32", "float64", "uint8", "int8", "int32", "int64"]
FLOATS = TYPES[:3]
types = st.sampled_from(TYPES)
A = {t: mx.np.array([1, 2, 3], dtype=t) for t in TYPES}


def wider(*names):
    floats = [t for t in names if t in FLOATS]
    return max(floats, key=FLOATS.index) if floats else None


@given(types, types)
def test_promotion(one, two):
    for name in ("add", "subtract", "multiply"):
        function = getattr(mx.np, name)
        if one != two and wider(one, two) is None:
            with pytest.raises(mx.base.MXNetError):
                function(A[one], A[two])
        else:
            found = function(A[one], A[two])
            assert found.dtype == np.dtype(wider(one, two) or one)
    assert mx.np.true_divide(A[one], A[two]).dtype == np.dtype(wider(one, two) or "float32")


@given(types)
def test_a_number_takes_the_type_of_the_array(name):
    assert mx.np.add(A[name], 2.5).dtype == np.dtype(name)
    assert (A[name] / 2).dtype == np.dtype(name if name in FLOATS else "float32")
    assert (A[name] > 2.5).dtype == np.bool_


def test_gradients_keep_the_types_of_the_sides():
    x, y = mx.np.array([1.0, 2.0], dtype="float64"), mx.np.array([[3.0], [4.0]])
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        z = (x * y).sum()
    z.backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float64, np.float32)
    assert x.grad.tolist() == [7, 7] and y.grad.tolist() == [[3], [3]]


def test_numbers_alone_and_further_arguments():
    assert mx.np.add(1, 2) == 3
    assert mx.np.exp(0) == 1
    x = mx.np.ones((2,))
    assert mx.np.add(x, x, where=True, casting="same_kind").tolist() == [2, 2]
    with pytest.raises(TypeError, match="axis"):
        mx.np.add(x, x, axis=0)
    out = mx.np.zeros((2,))
    assert mx.np.add(x, x, out=out) is out and out.tolist() == [2, 2]


def test_clip_needs_a_limit():
    x = mx.np.arange(4)
    assert mx.np.clip(x, 1, None).tolist() == [1, 1, 2, 3]
    with pytest.raises(mx.MXNetError):
        mx.np.clip(x, None, None)
