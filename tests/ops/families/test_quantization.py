"""Numbers of 8 bits: there and back is off by half a unit; odd numbers go where MXNet puts them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError

C = mx.nd.contrib
ENDS = st.tuples(st.floats(-50, -0.0625, width=32), st.floats(0.0625, 50, width=32))


@given(ENDS, st.data(), st.sampled_from(["int8", "uint8"]))
def test_there_and_back(ends, data, dtype):
    low, high = ends
    x = data.draw(arrays("float32", (4,), elements=st.floats(low, high, width=32)))
    codes = C.quantize(*map(mx.nd.array, (x, [low], [high])), out_type=dtype)
    assert np.dtype(codes[0].dtype) == dtype
    unit = max(-low, high) / 127 if dtype == "int8" else (high - low) / 255
    np.testing.assert_allclose(C.dequantize(*codes).asnumpy(), x, atol=unit * 0.501)


@given(arrays("float32", (3, 2), elements=st.floats(-9, 9, width=32)))
def test_version_2_takes_the_range_of_the_data(x):
    x[0, 0] = 1
    found = C.quantize_v2(mx.nd.array(x))
    wanted = C.quantize(*map(mx.nd.array, (x, [x.min()], [x.max()])), out_type="int8")
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


@given(st.floats(0.0625, 4, width=32), st.data())
def test_requantize_is_quantize_of_the_real_numbers(largest, data):
    sums = data.draw(arrays("int32", (5,), elements=st.integers(-(2**31) + 1, 2**31 - 1)))
    real = sums / (2**31 - 1) * largest
    ends = {"min_calib_range": -largest / 2, "max_calib_range": largest / 3}
    inputs = [mx.nd.array(sums, dtype="int32"), *map(mx.nd.array, ([-largest], [largest / 2]))]
    found, low, high = C.requantize(*inputs, **ends)
    assert low.asscalar() == -high.asscalar() == -largest / 2
    wanted = np.clip(real / largest * 2 * 127, -127, 127)
    np.testing.assert_allclose(found.asnumpy(), wanted, atol=0.5001)


def test_numbers_outside_and_what_is_no_number():
    x = mx.nd.array([-2, 3, np.nan, np.inf, -np.inf, 1e10])
    ends = {"min_calib_range": -1, "max_calib_range": 1}
    found = [C.quantize_v2(x, out_type=t, **ends)[0].asnumpy() for t in ("int8", "uint8")]
    np.testing.assert_array_equal(found[0], [-127, 127, 0, 127, -127, 127])
    np.testing.assert_array_equal(found[1], [129, 254, 0, 0, 0, 0])  # -127 and 510, modulo 256
    zeros = C.quantize_v2(mx.nd.zeros(2))  # a range of length 0
    np.testing.assert_array_equal(zeros[0].asnumpy(), [0, 0])


@pytest.mark.parametrize(
    ("low", "high", "dtype"), [(0, 1, "uint8"), (-0.1, 1, "int8"), (None, 1, "int8")]
)
def test_auto_takes_uint8_where_nothing_is_negative(low, high, dtype):
    options = {"min_calib_range": low, "max_calib_range": high, "out_type": "auto"}
    one, sums = mx.nd.ones(1), mx.nd.ones(2, dtype="int32")
    codes = C.quantize_v2(one, **options)[0], C.requantize(sums, -one, one, **options)[0]
    assert [np.dtype(c.dtype) for c in codes] == [dtype, dtype]


def test_the_gradient_is_zero():
    x = mx.nd.array([0.5, -1])
    x.attach_grad()
    with mx.autograd.record():
        y = C.dequantize(*C.quantize_v2(x))
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [0, 0])


def test_other_types_and_shapes_are_refused():
    one = mx.nd.ones(1)
    with pytest.raises(DTypeError, match="data is float64"):
        C.quantize(mx.nd.ones(3, dtype="float64"), -one, one)
    with pytest.raises(DTypeError, match="data is int32"):
        C.dequantize(mx.nd.ones(3, dtype="int32"), -one, one)
    with pytest.raises(ShapeError, match="range"):
        C.quantize(mx.nd.ones(3), mx.nd.ones(2), one)
