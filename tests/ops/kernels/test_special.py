"""Special functions against the standard library, and against their own equations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops.kernels import special

PRECISION = {"float32": 2e-6, "float64": 1e-12}
dtypes = st.sampled_from(sorted(PRECISION))


def one(function, x, dtype="float64"):
    """The value at one number."""
    with np.errstate(all="ignore"):
        found = function(np, np.array([x], dtype))
    assert found.dtype == dtype
    return float(found[0])


@given(st.floats(-6, 6), dtypes)
def test_erf(x, dtype):
    x = float(np.dtype(dtype).type(x))
    assert one(special.erf, x, dtype) == pytest.approx(math.erf(x), rel=PRECISION[dtype], abs=1e-35)


@given(st.floats(0, 26))
def test_erfc_is_exact_where_it_is_tiny(x):
    assert one(special.erfc_positive, x) == pytest.approx(math.erfc(x), rel=1e-12)


@given(st.floats(-1, 1, exclude_min=True, exclude_max=True))
def test_erfinv(x):
    y = one(special.erfinv, x)
    if abs(x) < 0.5:
        assert math.erf(y) == pytest.approx(x, rel=1e-12, abs=1e-300)
    else:
        assert math.erfc(abs(y)) == pytest.approx(1 - abs(x), rel=1e-12)
        assert (y > 0) == (x > 0)


@given(st.floats(-20, 170).filter(lambda x: x > 1 or abs(x - round(x)) > 1e-6))
def test_gamma(x):
    assert one(special.gamma, x) == pytest.approx(math.gamma(x), rel=1e-10)
    assert one(special.log_gamma, x) == pytest.approx(math.lgamma(x), rel=1e-11, abs=1e-11)


@given(st.integers(0, 4), st.floats(-5, 50).filter(lambda x: abs(x - round(x)) > 1e-3))
def test_polygamma_goes_up_by_its_recurrence(order, x):
    def f(at):
        return one(lambda xp, a: special.polygamma(xp, order, a), at)

    step = (-1) ** order * math.factorial(order) / x ** (order + 1)
    assert f(x + 1) - f(x) == pytest.approx(step, abs=1e-11 * (1 + abs(f(x)) + abs(step)))


def test_special_values():
    assert one(special.erfinv, 1) == math.inf
    assert one(special.erfinv, -1) == -math.inf
    assert math.isnan(one(special.erfinv, 1.5))
    assert one(special.gamma, 5) == 24
    assert one(special.gamma, 0) == math.inf
    assert math.isnan(one(special.gamma, -2))
    assert one(special.log_gamma, -2) == math.inf
    assert one(lambda xp, a: special.polygamma(xp, 0, a), 1) == pytest.approx(-np.euler_gamma)
    assert one(lambda xp, a: special.polygamma(xp, 1, a), 1) == pytest.approx(math.pi**2 / 6)
