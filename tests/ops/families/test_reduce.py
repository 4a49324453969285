"""Reductions: axes as in MXNet, types of the input, gradients at the odd places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

DATA = np.random.default_rng(1).uniform(0.5, 1.5, (2, 3, 4)).astype("float32")
NUMPY = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min}
axis_sets = st.sets(st.integers(0, 2)).map(sorted)


@given(st.sampled_from(sorted(NUMPY)), axis_sets, st.booleans(), st.booleans())
def test_axes(name, axes, keepdims, exclude):
    reduced = set(range(3)) - set(axes) if exclude and axes else set(axes) or {0, 1, 2}
    expected = NUMPY[name](DATA, axis=tuple(reduced), keepdims=keepdims)
    found = getattr(F, name)(
        mx.nd.array(DATA), axis=tuple(a - 3 for a in axes), keepdims=keepdims, exclude=exclude
    )
    assert found.shape == (expected.shape or (1,))
    np.testing.assert_allclose(found.asnumpy(), np.reshape(expected, found.shape), 1e-5)


@st.composite
def arrays(draw):
    """An array of some shape, with large and small numbers."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=6))
    source = np.random.default_rng(draw(st.integers(0, 99)))
    return source.normal(size=shape) * 10.0 ** source.integers(-3, 3, shape)


@given(arrays(), st.sampled_from([*sorted(NUMPY), "nansum", "norm"]), st.booleans(), st.data())
def test_any_shape(x, name, keepdims, data):
    axes = tuple(data.draw(st.sets(st.integers(0, x.ndim - 1), min_size=1)))
    if name == "norm":
        order = data.draw(st.sampled_from([1, 2]))
        expected = (np.abs(x) ** order).sum(axes, keepdims=keepdims) ** (1 / order)
        found = F.norm(mx.nd.array(x, dtype="float64"), ord=order, axis=axes, keepdims=keepdims)
    else:
        x = np.where(x > 5, np.nan, x) if name == "nansum" else x
        expected = {**NUMPY, "nansum": np.nansum}[name](x, axis=axes, keepdims=keepdims)
        found = getattr(F, name)(mx.nd.array(x, dtype="float64"), axis=axes, keepdims=keepdims)
    assert found.shape == (expected.shape or (1,))
    np.testing.assert_allclose(found.asnumpy(), expected.reshape(found.shape), 1e-9, 1e-12)


@pytest.mark.parametrize("size", [1e-25, 1, 1e25])
@pytest.mark.parametrize("axis", [(), (0,), (1,)])
def test_norms_of_large_arrays(size, axis):
    """Where float32 holds the squares, and where it does not."""
    x = np.random.default_rng(0).normal(size=(40, 50)).astype("float32") * np.float32(size)
    expected = np.sqrt(np.square(x, dtype="float64").sum(axis or None))
    np.testing.assert_allclose(
        F.norm(mx.nd.array(x), axis=axis).asnumpy().squeeze(), expected, 1e-6
    )


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "int64", "uint8"])
@pytest.mark.parametrize("name", [*sorted(NUMPY), "nansum", "nanprod", "norm"])
def test_the_type_stays(name, dtype):
    data = mx.nd.array([[1, 2], [3, 4]], dtype=dtype)
    assert getattr(F, name)(data, axis=0).dtype == np.dtype(dtype)


@pytest.mark.parametrize("axis", [(3,), (-4,), (0, 0), (1, -2)])
def test_axes_that_do_not_exist_or_come_twice(axis):
    with pytest.raises(ShapeError):
        F.sum(mx.nd.array(DATA), axis=axis)


def test_whole_numbers_wrap_around_and_means_are_cut_off():
    numbers = mx.nd.array([[7, 100, 90]], dtype="int8")
    assert F.sum(numbers, axis=1).asnumpy().tolist() == [197 - 256]
    assert F.mean(numbers, axis=1).asnumpy().tolist() == [-19]


def test_half_precision_is_added_up_exactly():
    assert F.sum(mx.nd.ones((5000,), dtype="float16")).asnumpy().tolist() == [5000]
    assert F.mean(mx.nd.ones((70000,), dtype="float16")).asnumpy().tolist() == [1]


def test_the_norm_of_large_and_small_numbers_stays_in_range():
    for size in (1e25, 1e-25):
        found = F.norm(mx.nd.array([3 * size, 4 * size])).asnumpy()
        np.testing.assert_allclose(found, [5 * size], 1e-5)


def test_norm_has_orders_1_and_2_and_any_result_type():
    data = mx.nd.array([3, -4])
    assert F.norm(data, ord=1, out_dtype="float64").asnumpy().tolist() == [7]
    assert F.norm(data, out_dtype="float64").dtype == np.float64
    with pytest.raises(ParameterError, match="ord=3"):
        F.norm(data, ord=3)


def test_nothing_to_choose_from():
    empty = mx.nd.array(DATA)[:, 1:1]
    assert F.sum(empty, axis=1).asnumpy().tolist() == np.zeros((2, 4)).tolist()
    with pytest.raises(ShapeError, match="nothing to choose from"):
        F.max(empty, axis=1)
    assert F.max(empty, axis=2).shape == (2, 0)


def gradient(function, values):
    x = mx.nd.array(values)
    x.attach_grad()
    with mx.autograd.record():
        y = function(x)
    y.backward()
    return x.grad.asnumpy().tolist()


def test_gradients_at_the_odd_places():
    nan = float("nan")
    assert gradient(F.max, [2, 2, 1]) == [1, 1, 0]  # equal ones all receive it
    assert gradient(F.min, [2, 2, 3]) == [1, 1, 0]
    assert gradient(F.nansum, [2, nan, 3]) == [1, 0, 1]
    assert gradient(F.nanprod, [2, nan, 3]) == [3, 0, 2]
    np.testing.assert_array_equal(gradient(F.prod, [2, 0, 3]), [0, nan, 0])
    np.testing.assert_array_equal(gradient(F.norm, [0, 0]), [nan, nan])
