"""Whether arrays are close, and the quadratic function."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError

NUMBERS = hnp.arrays("float64", 3, elements=st.sampled_from([0.0, 1.0, 1.001, -2.0, np.nan]))


def close(a, b, **options):
    a, b = (mx.nd.array(x, dtype="float64") for x in (a, b))
    found = mx.nd.contrib.allclose(a, b, **options)
    assert (found.shape, found.dtype) == ((), np.uint8)
    return bool(found.asnumpy())


@given(NUMBERS, NUMBERS, st.sampled_from([0, 0.002]), st.sampled_from([0, 0.002]), st.booleans())
def test_as_numpy_says(a, b, rtol, atol, equal_nan):
    options = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
    assert close(a, b, **options) == np.allclose(a, b, **options)


def test_infinities():
    inf = np.inf
    pairs = [(inf, inf), (-inf, -inf), (1, inf), (inf, 1), (inf, np.nan)]
    assert [close([a], [b]) for a, b in pairs] == [True, True, True, False, False]


def test_what_does_not_fit():
    with pytest.raises(ShapeError):
        mx.nd.contrib.allclose(mx.nd.ones(2), mx.nd.ones(1))
    with pytest.raises(DTypeError):
        mx.nd.contrib.allclose(mx.nd.ones(2), mx.nd.ones(2, dtype="float64"))


def test_quadratic_of_whole_numbers():
    found = mx.nd.contrib.quadratic(mx.nd.array([1, 2, -3], dtype="int32"), a=1.5, b=-0.7, c=0.6)
    assert found.asnumpy().tolist() == [1, 5, 16]
