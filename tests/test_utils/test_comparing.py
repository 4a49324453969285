import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import mxbook as mx
from mxbook import test_utils as tu
from tests.oracle import both, marks

NUMBERS = arrays("float64", array_shapes(max_dims=3, max_side=4), elements=st.floats(-100, 100))


@given(NUMBERS, st.floats(1e-6, 1), st.floats(0, 1))
def test_within_the_tolerance_is_what_numpy_says(a, rtol, atol):
    b = a + np.linspace(0, 2, a.size).reshape(a.shape) * (atol + rtol * np.abs(a))
    expected = bool(np.all(np.abs(a - b) <= atol + rtol * np.abs(b)))
    near = np.isclose(np.abs(a - b), atol + rtol * np.abs(b), rtol=1e-9, atol=0).any()
    if not near:  # whoever rounds otherwise decides otherwise
        assert tu.almost_equal(a, b, rtol, atol) == expected


@given(NUMBERS)
def test_an_array_agrees_with_itself(a):
    for kind in (np.asarray, mx.nd.array, mx.np.array):
        tu.assert_almost_equal(kind(a), kind(a), rtol=0, atol=0)
        assert tu.same(kind(a), kind(a))


def test_the_message_tells_the_worst_places_first():
    a = np.arange(24.0).reshape(2, 3, 4)
    b = a.copy()
    b[1, 2, 3] += 0.5
    b[0, 1, 1] += 0.1
    with pytest.raises(AssertionError) as caught:
        tu.assert_almost_equal(mx.nd.array(a), b, rtol=1e-3, atol=1e-3, names=("x", "y"))
    text = str(caught.value)
    assert "Location of maximum error: (1, 2, 3), x=23.00000000, y=23.50000000" in text
    assert "rtol=1.000000e-03, atol=1.000000e-03 (mismatch 8.333333%)" in text
    assert text.index("1: Error 20.4") < text.index("2: Error 16.39")
    assert "ACTUAL: array([[[ 0.," in text
    with pytest.raises(AssertionError) as caught:
        tu.assert_almost_equal(a, b, mismatches=(1, 1))
    assert "1: Error" in str(caught.value)
    assert "2: Error" not in str(caught.value)


@pytest.mark.parametrize("equal_nan", [True, False])
def test_not_a_number(equal_nan):
    a, b = np.array([np.nan, 1, np.inf]), np.array([np.nan, 1, np.inf])
    assert tu.almost_equal(a, b, equal_nan=equal_nan) == equal_nan
    assert not tu.almost_equal(a, np.array([0, 1, np.inf]), equal_nan=equal_nan)
    assert not tu.almost_equal(a, np.array([np.nan, 1, -np.inf]), rtol=1, equal_nan=equal_nan)
    tu.assert_almost_equal_ignore_nan(a, np.array([3, 1, np.inf]))
    assert not tu.almost_equal_ignore_nan(a, np.array([3, 2, np.inf]))
    tu.assert_allclose(a, b)


def test_shapes():
    a = np.ones((2, 3))
    tu.assert_almost_equal(a, np.ones(3))
    for other, options in ((np.ones(3), {"use_broadcast": False}), (np.ones(4), {})):
        with pytest.raises(AssertionError, match=r"a\.shape = \(2, 3\)"):
            tu.assert_almost_equal(a, other, **options)
    with pytest.raises(AssertionError, match="are not equal"):
        tu.checkShapes(a, np.ones((3, 2)))
    assert not tu.same(a, np.ones(3))


def test_sparse_arrays():
    a = mx.nd.array([[0, 1, 0], [2, 0, 0]])
    tu.assert_almost_equal(a.tostype("csr"), a.tostype("row_sparse"))
    with pytest.raises(AssertionError, match=r"\(1, 0\)"):
        tu.assert_almost_equal(a.tostype("csr"), (a * mx.nd.array([[1], [3]])).tostype("csr"))


def test_a_share_may_be_wrong():
    a, b = np.arange(10.0), np.arange(10.0)
    b[3] += 1
    tu.assert_almost_equal_with_err(a, b, etol=0.1)
    with pytest.raises(AssertionError, match=r"Error_rate=0\.1"):
        tu.assert_almost_equal_with_err(a, b, etol=0.09)
    assert tu.find_max_violation(a, b, rtol=0, atol=0.5) == ((3,), 2.0)


def test_tuples_of_tuples():
    a, b = mx.nd.ones(2), mx.nd.zeros(2)
    tu.compare_ndarray_tuple((a, (b, None)), (a, (b, a)))
    tu.compare_ndarray_tuple(None, a)
    with pytest.raises(AssertionError):
        tu.compare_ndarray_tuple((a, (b,)), (a, (a,)))


def test_assert_exception():
    tu.assert_exception(int, ValueError, "one")
    with pytest.raises(KeyError):
        tu.assert_exception({}.__getitem__, ValueError, 1)
    with pytest.raises(AssertionError, match="ValueError"):
        tu.assert_exception(int, ValueError, "1")


def test_same_memory():
    x = mx.nd.arange(6)
    assert tu.same_array(x, x[:])
    assert not tu.same_array(x, x.copy())
    assert not tu.same_array(x, x[:3])
    assert x.asnumpy().tolist() == [0, 1, 2, 3, 4, 5]


def test_structure_of_symbols():
    x, y = mx.sym.var("x"), mx.sym.var("y")
    assert tu.same_symbol_structure(x + y, mx.sym.var("a") + mx.sym.var("b"))
    assert not tu.same_symbol_structure(x + y, x * y)
    assert not tu.same_symbol_structure(x + y, x + x)
    assert not tu.same_symbol_structure(x + y, (x + y) * 2)


@given(NUMBERS, st.data())
def test_sums(a, data):
    shape = [data.draw(st.sampled_from([1, n])) for n in a.shape]
    while shape and shape[0] == 1 and data.draw(st.booleans()):
        shape.pop(0)
    found = tu.collapse_sum_like(a, shape)
    assert found.shape == tuple(shape)
    np.testing.assert_allclose(found.sum(), a.sum(), atol=1e-9)
    axes = tuple(data.draw(st.sets(st.integers(-a.ndim, a.ndim - 1), min_size=1)))
    unique = tuple({i % a.ndim for i in axes})
    for keepdims in (True, False):
        expected = a.max(axis=unique, keepdims=keepdims)
        assert tu.same(tu.np_reduce(a, axes, keepdims, np.max), expected)
    assert tu.np_reduce(a, None, False, np.max) == a.max()


def test_impossible_sums():
    with pytest.raises(mx.base.MXNetError, match="stretched"):
        tu.collapse_sum_like(np.ones((2, 3)), (2,))
    with pytest.raises(mx.base.MXNetError, match="no axis"):
        tu.np_reduce(np.ones(2), 1, False, np.sum)


def test_tolerances():
    assert tu.get_rtol() == 1e-5
    assert tu.get_atol() == 1e-20
    assert tu.get_etol() == 0
    assert tu.get_rtol(1) == tu.get_atol(1) == tu.get_etol(1) == 1
    assert tu.get_tolerance(2, {}) == 2
    assert tu.get_tolerance(2, {"atol": 3}) == 3
    assert tu.get_tolerance(2, {"atol_mult": 3}) == 6


SCRIPT = """
t = mx.test_utils
rng = np.random.default_rng(0)
for i in range(20):
    a = rng.normal(size=(3, 4))
    b = a * (1 + rng.choice([0, 1e-6, 1e-4, 1e-2], size=a.shape))
    rtol, atol = (float(10.0 ** rng.integers(-8, -1)) for _ in range(2))
    options = {"rtol": rtol, "atol": atol}
    found[f"almost_equal {i}"] = bool(t.almost_equal(a, b, **options))
    found[f"same {i}"] = bool(t.same(a, b))
    place, error = t.find_max_violation(a, b, **options)
    found[f"worst {i}"] = [int(p) for p in place]
    found[f"error {i}"] = float(error)
    for j, arrays in enumerate([(a, b), (mx.nd.array(a), mx.nd.array(b))]):
        try:
            t.assert_almost_equal(*arrays, **options)
            found[f"assert {i} {j}"] = "fine"
        except AssertionError as error:
            found[f"assert {i} {j}"] = str(error).strip().splitlines()[2].split(", a=")[0]
"""


@marks
def test_as_mxnet(tmp_path):
    both(SCRIPT, tmp_path)
