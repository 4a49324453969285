"""LAMB and LARS: norms decide how far a layer moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F


def lamb_step(scale, t=1):
    """How long a LAMB step is, with gradients of this size, in parts of the weight's norm."""
    rng = np.random.default_rng(0)
    weight, grad = (mx.nd.array(rng.normal(size=20)) for _ in range(2))
    g = F.lamb_update_phase1(weight, grad * scale, mx.nd.zeros(20), mx.nd.zeros(20), t=t, wd=0.01)
    new = F.lamb_update_phase2(weight, g, weight.norm(), g.norm(), lr=0.1)
    return (new - weight).norm().asscalar() / weight.norm().asscalar()


@given(st.floats(0.1, 100))
def test_a_lamb_step_is_a_part_of_the_weight(scale):
    assert lamb_step(scale) == pytest.approx(0.1, rel=1e-3)


def test_bounds_and_missing_norms():
    weight, g = mx.nd.ones(2), mx.nd.ones(2)

    def rate(r1, r2, **bounds):
        norms = mx.nd.array([r1]), mx.nd.array([[r2]])
        found = F.lamb_update_phase2(weight, g, *norms, lr=0.5, **bounds)
        return 1 - found.asnumpy()[0]

    assert rate(3, 2) == pytest.approx(0.75)
    assert rate(3, 2, upper_bound=1) == pytest.approx(0.25)
    assert rate(3, 2, lower_bound=4) == pytest.approx(1)
    assert rate(0, 2) == rate(3, 0) == pytest.approx(0.5)
    assert rate(0, 2, lower_bound=4) == pytest.approx(1)
    assert rate(3, 2, upper_bound=0) == pytest.approx(0.5)
    with pytest.raises(ShapeError, match="r1"):
        F.lamb_update_phase2(weight, g, mx.nd.ones(2), mx.nd.ones(1), lr=1)


def test_mixed_precision_lamb_uses_the_copy_and_leaves_it():
    half, copy, one = mx.nd.zeros(2, dtype="float16"), mx.nd.ones(2), mx.nd.ones(1)
    found = F.mp_lamb_update_phase2(half, mx.nd.ones(2), one, one, copy, lr=0.5, out=half)
    np.testing.assert_array_equal(found.asnumpy(), [0.5, 0.5])
    np.testing.assert_array_equal(copy.asnumpy(), [1, 1])
    with pytest.raises(DTypeError, match="float16"):
        F.mp_lamb_update_phase1(*[mx.nd.ones(2)] * 5, t=1, wd=0)


@given(st.lists(st.lists(st.floats(-9, 9, width=16), min_size=1, max_size=5), min_size=1))
def test_sums_of_squares(lists):
    for dtype in ("float16", "float32", "float64"):
        found = F.multi_sum_sq(*[mx.nd.array(x, dtype=dtype) for x in lists], num_arrays=len(lists))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.asnumpy(), [np.square(x).sum() for x in lists], 1e-2, 1e-6)


def test_sums_of_squares_of_many_numbers_are_not_rounded_to_half():
    ones = mx.nd.ones(5000, dtype="float16")
    assert F.multi_sum_sq(ones, num_arrays=1).asscalar() == 5000
    assert F.multi_sum_sq(ones * 300, num_arrays=1).asscalar() == np.inf  # a square overflows
    with pytest.raises(ParameterError, match="num_arrays"):
        F.multi_sum_sq(ones)
    with pytest.raises(DTypeError):
        F.multi_sum_sq(mx.nd.ones(2, dtype="int32"), num_arrays=1)


@given(st.floats(0, 4), st.floats(0, 4), st.floats(0, 0.1))
def test_lars(weight, grad, wd):
    given_arrays = [mx.nd.array([v]) for v in (0.5, weight**2, grad**2, wd)]
    found = F.multi_lars(*given_arrays, eta=0.1, eps=0.01).asscalar()
    w, g = (np.sqrt(a.asscalar()) for a in given_arrays[1:3])
    expected = 0.05 * w / (g + wd * w + 0.01) if w > 0 and g > 0 else 0.5
    assert found == pytest.approx(expected, rel=1e-4)
