"""Functions of `mx.np` against NumPy's, on arrays that hypothesis makes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
VALUES = hnp.arrays(np.float32, SHAPES, elements=st.integers(-9, 9))


def same(found, expected):
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-5, atol=1e-5)


@given(VALUES, st.data())
def test_reductions(host, data):
    x = mx.np.array(host)
    axes = st.one_of(st.none(), st.integers(-host.ndim, host.ndim - 1))
    axis, keep = data.draw(axes), data.draw(st.booleans())
    for name in ("sum", "mean", "prod", "max", "min", "std", "var"):
        given_to = np.sign(host) if name == "prod" else host  # large products overflow
        expected = getattr(np, name)(given_to.astype("float64"), axis=axis, keepdims=keep)
        found = getattr(mx.np, name)(mx.np.array(given_to), axis=axis, keepdims=keep)
        assert found.shape == np.shape(expected)
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-4, atol=1e-3)
    for name in ("argmax", "argmin", "cumsum"):
        same(getattr(mx.np, name)(x, axis=axis), getattr(np, name)(host, axis=axis))


@given(VALUES, st.data())
def test_shapes(host, data):
    x = mx.np.array(host)
    axis = data.draw(st.integers(-host.ndim, host.ndim - 1))
    shift = data.draw(st.integers(-5, 5))
    same(mx.np.transpose(x), host.T)
    same(mx.np.moveaxis(x, axis, 0), np.moveaxis(host, axis, 0))
    same(mx.np.roll(x, shift, axis), np.roll(host, shift, axis))
    same(mx.np.roll(x, shift), np.roll(host, shift))
    same(mx.np.flip(x, axis), np.flip(host, axis))
    same(mx.np.squeeze(x), np.squeeze(host))
    same(mx.np.expand_dims(x, axis), np.expand_dims(host, axis))
    same(mx.np.ravel(x), host.ravel())
    same(mx.np.repeat(x, 2, axis), np.repeat(host, 2, axis))
    same(mx.np.tile(x, (2, 1)), np.tile(host, (2, 1)))
    same(mx.np.diff(x, axis=axis), np.diff(host, axis=axis))
    same(mx.np.concatenate([x, x], axis=axis), np.concatenate([host, host], axis=axis))
    for name in ("stack", "vstack", "dstack", "column_stack"):
        same(getattr(mx.np, name)([x, x]), getattr(np, name)([host, host]))
    for a, b in zip(mx.np.split(x, 1, axis), np.split(host, 1, axis), strict=True):
        same(a, b)


@given(VALUES)
def test_products(host):
    x, flat = mx.np.array(host), host.ravel()
    same(mx.np.dot(x, mx.np.array(host.T)), np.dot(host, host.T)) if host.ndim < 3 else None
    same(mx.np.inner(x, x), np.inner(host, host))
    same(mx.np.outer(x, x), np.outer(flat, flat))
    same(mx.np.vdot(x, x), np.vdot(host, host))
    same(mx.np.tensordot(x, x, 0), np.tensordot(host, host, 0))
    same(mx.np.einsum("...i,...i->...", x, x), np.einsum("...i,...i->...", host, host))
    same(mx.np.linalg.norm(x), np.linalg.norm(flat))


@given(VALUES)
def test_choosing(host):
    x = mx.np.array(host)
    for a, b in zip(mx.np.nonzero(x), np.nonzero(host), strict=True):
        same(a, b)
    found = mx.np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    expected = np.unique(host, return_index=True, return_inverse=True, return_counts=True)
    for a, b in zip(found, expected, strict=True):
        same(a, b.reshape(-1))


def test_svd_gives_the_matrix_back():
    a = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    u, s, v = mx.np.linalg.svd(mx.np.array(a))
    same(mx.np.array(u.asnumpy() * s.asnumpy()[:, None, :] @ v.asnumpy()), a)


def test_creation():
    same(mx.np.arange(1, 3, 0.5), np.arange(1, 3, 0.5))
    same(mx.np.linspace(0, 1, 5), np.linspace(0, 1, 5))
    same(mx.np.logspace(0, 2, 3), np.logspace(0, 2, 3))
    same(mx.np.eye(3, 4, 1), np.eye(3, 4, 1))
    same(mx.np.indices((2, 3)), np.indices((2, 3)))
    for name in ("hanning", "hamming", "blackman"):
        same(getattr(mx.np, name)(7), getattr(np, name)(7))
    for a, b in zip(
        mx.np.meshgrid(mx.np.arange(2), mx.np.arange(3)),
        np.meshgrid(np.arange(2), np.arange(3)),
        strict=True,
    ):
        same(a, b)
    assert mx.np.zeros(()).shape == () and mx.np.array([1]).dtype == np.float32
    assert mx.np.array(np.arange(3)).dtype == np.int64


def test_shared_memory():
    x = mx.np.zeros((4,))
    assert mx.np.may_share_memory(x, x[1:]) and not mx.np.shares_memory(x, x.copy())


@pytest.mark.parametrize("size", [None, (), (2, 3)])
def test_random_shapes_and_seed(size):
    draws = {
        "uniform": {},
        "normal": {},
        "randint": {"low": 5},
        "choice": {"a": 4},
    }
    for name, given_values in draws.items():
        function = getattr(mx.np.random, name)
        mx.npx.random.seed(3)
        one = function(**given_values, size=size)
        mx.npx.random.seed(3)
        two = function(**given_values, size=size)
        assert one.shape == (size or ()) and one.tolist() == two.tolist()


def test_random_numbers_are_those_of_mxnet():
    mx.random.seed(7)
    found = mx.np.random.normal(0, 1, (3,)).asnumpy()
    assert np.allclose(found, [0.80284, -0.13737269, -0.83998173])
    mx.random.seed(7)
    low, high = mx.np.array([0.0, 10.0]), mx.np.array([1.0, 20.0])
    found = mx.np.random.uniform(low, high, (1, 2)).asnumpy()
    assert np.allclose(found, [[0.42855945, 19.175163]])


def test_counts_and_shuffling():
    counts = mx.np.random.multinomial(10, [0.2, 0.3, 0.5], size=(4,))
    assert counts.shape == (4, 3) and counts.sum(axis=1).tolist() == [10] * 4
    chosen = mx.np.random.choice(6, (6,), replace=False)
    assert sorted(chosen.tolist()) == list(range(6))
    x = mx.np.arange(8)
    mx.np.random.shuffle(x)
    assert sorted(x.tolist()) == list(range(8))
