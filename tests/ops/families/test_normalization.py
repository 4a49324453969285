"""BatchNorm's moving averages and modes; what normalised numbers look like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.ndarray import registry as F


def batch(seed=0, shape=(8, 3, 4)):
    return mx.nd.array(np.random.default_rng(seed).normal(2, 3, shape), dtype="float32")


def vectors(c=3):
    return mx.nd.ones(c), mx.nd.zeros(c), mx.nd.zeros(c), mx.nd.ones(c)


@given(st.integers(-3, 2), st.integers(0, 9))
def test_channels_have_mean_0_and_variance_1(axis, seed):
    data = batch(seed)
    others = tuple(i for i in range(3) if i != axis % 3)
    with mx.autograd.train_mode():
        found = F.BatchNorm(data, *vectors(data.shape[axis]), axis=axis, eps=1e-6).asnumpy()
    np.testing.assert_allclose(found.mean(others), 0, atol=1e-5)
    np.testing.assert_allclose(found.var(others), 1, atol=1e-4)


def test_the_backward_pass_of_training_moves_the_averages():
    data, (gamma, beta, mean, var) = batch(), vectors()
    gamma.attach_grad()
    for train in (False, True):
        with mx.autograd.record(train_mode=train):
            out = F.BatchNorm(data, gamma, beta, mean, var, momentum=0.75)
        assert mean.asnumpy().tolist() == [0, 0, 0]  # not yet
        out.backward(train_mode=train)
        if not train:
            assert mean.asnumpy().tolist() == [0, 0, 0]
    x = data.asnumpy()
    np.testing.assert_allclose(mean.asnumpy(), 0.25 * x.mean((0, 2)), rtol=1e-5)
    np.testing.assert_allclose(var.asnumpy(), 0.75 + 0.25 * x.var((0, 2)), rtol=1e-4)


def test_without_training_the_averages_are_used():
    data, (gamma, beta, mean, var) = batch(), vectors()
    mean[:], var[:] = 2, 9
    out = F.BatchNorm(data, gamma, beta, mean, var, eps=0)
    np.testing.assert_allclose(out.asnumpy(), (data.asnumpy() - 2) / 3, rtol=1e-5, atol=1e-6)
    with mx.autograd.train_mode():
        again = F.BatchNorm(data, gamma, beta, mean, var, eps=0, use_global_stats=True)
    np.testing.assert_array_equal(again.asnumpy(), out.asnumpy())


def test_fixed_gamma_counts_as_one_and_is_not_trained():
    data, (gamma, beta, mean, var) = batch(), vectors()
    gamma[:] = 5
    gamma.attach_grad()
    beta.attach_grad()
    with mx.autograd.record():
        out = F.BatchNorm(data, gamma, beta, mean, var)
    out.backward()
    assert gamma.grad.asnumpy().tolist() == [0, 0, 0]
    assert beta.grad.asnumpy().tolist() == [32, 32, 32]
    assert float(out.asnumpy().std()) == pytest.approx(1, abs=1e-3)


def test_half_precision_keeps_its_vectors_in_single():
    data = batch().astype("float16")
    assert F.BatchNorm(data, *vectors()).dtype == np.float16
    with pytest.raises(DTypeError):
        F.BatchNorm(data, *(v.astype("float16") for v in vectors()))


def test_shapes():
    with pytest.raises(ShapeError, match="one number for each channel"):
        F.BatchNorm(batch(), *vectors(4))
    with pytest.raises(ShapeError):
        F.LayerNorm(batch(), mx.nd.ones(3), mx.nd.ones(3))
    with pytest.raises(ShapeError, match="at least 3 axes"):
        F.L2Normalization(mx.nd.ones((2, 3)), mode="channel")


@given(st.sampled_from(["instance", "channel", "spatial"]), st.floats(0.1, 100))
def test_length_one_whatever_the_scale(mode, scale):
    axes = {"instance": (1, 2), "channel": (1,), "spatial": (2,)}[mode]
    found = F.L2Normalization(batch() * scale, mode=mode).asnumpy()
    np.testing.assert_allclose((found**2).sum(axes), 1, rtol=1e-5)


@given(st.floats(-50, 50), st.floats(0.5, 20))
def test_layer_norm_forgets_shift_and_scale(shift, scale):
    data, ones, zeros = batch(), mx.nd.ones(4), mx.nd.zeros(4)
    found = F.LayerNorm(data * scale + shift, ones, zeros, eps=1e-9).asnumpy()
    np.testing.assert_allclose(
        found, F.LayerNorm(data, ones, zeros, eps=1e-9).asnumpy(), rtol=0.02, atol=5e-4
    )
