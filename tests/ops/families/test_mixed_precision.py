"""Types brought together, and the check for overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.ndarray import registry as F

TYPES = ("float16", "float32", "float64", "int32", "int8")


@given(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4), st.booleans())
def test_multicast_concerns_two_types_only(dtypes, narrow):
    arrays = [mx.nd.array([3, -2], dtype=t) for t in dtypes]
    found = F.amp_multicast(*arrays, num_outputs=len(arrays), cast_narrow=narrow)
    found = [found] if len(arrays) == 1 else found
    first, second = ("float16", "float32") if narrow else ("float32", "float16")
    common = first if first in dtypes else second
    for array, dtype in zip(found, dtypes, strict=True):
        assert np.dtype(array.dtype) == (common if dtype in ("float16", "float32") else dtype)
        np.testing.assert_array_equal(array.asnumpy(), [3, -2])


def test_gradients_come_back_in_the_input_s_type():
    half, full = mx.nd.ones(2, dtype="float16"), mx.nd.ones(2)
    for x in (half, full):
        x.attach_grad()
    with mx.autograd.record():
        a, b = F.amp_multicast(half, full, num_outputs=2)
        loss = (a * 2).sum() + (b * 3).sum() + (F.amp_cast(half, dtype="float32") * 5).sum()
    loss.backward()
    assert (half.grad.dtype, full.grad.dtype) == (np.float16, np.float32)
    np.testing.assert_array_equal(half.grad.asnumpy(), [7, 7])
    np.testing.assert_array_equal(full.grad.asnumpy(), [3, 3])


def test_cast_leaves_other_types_alone():
    assert F.amp_cast(mx.nd.ones(1, dtype="int32"), dtype="float16").dtype == np.int32
    assert F.amp_cast(mx.nd.ones(1, dtype="float64"), dtype="float16").dtype == np.float64
    assert F.amp_cast(mx.nd.ones(1), dtype="int8").dtype == np.int8
    with pytest.raises(ParameterError, match="float16"):
        F.amp_cast(mx.nd.ones(1), dtype="bool")


@pytest.mark.parametrize(
    ("numbers", "dtype", "finite"),
    [
        ([1, -2], "float32", True),
        ([1, np.nan], "float32", False),
        ([1, -np.inf], "float16", False),
        ([1e300], "float64", False),  # beyond float32
        ([1e38], "float64", True),
        ([], "float32", True),
    ],
)
def test_finite(numbers, dtype, finite):
    array = mx.nd.array(np.array(numbers, dtype), dtype=dtype)
    assert F.all_finite(array).asnumpy().tolist() == [finite]
    ones = mx.nd.ones(3, dtype=dtype)
    assert F.multi_all_finite(ones, array, num_arrays=2).asnumpy().tolist() == [finite]


def test_a_check_can_go_on_from_an_earlier_one():
    good, bad, flag = mx.nd.ones(2), mx.nd.array([np.nan]), mx.nd.ones(1)
    for array, expected in ((good, 1), (bad, 0), (good, 0)):
        F.all_finite(array, init_output=False, out=flag)
        assert flag.asscalar() == expected
    F.all_finite(good, out=flag)
    assert flag.asscalar() == 1
    with pytest.raises(DTypeError):
        F.all_finite(mx.nd.ones(1, dtype="int32"))
