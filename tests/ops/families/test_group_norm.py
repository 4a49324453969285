"""Normalisation of parts of an example, and local response normalisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd
from mxbook.base.errors import DTypeError, ParameterError, ShapeError

FEW = st.integers(1, 4)
REST = st.lists(st.integers(1, 3), min_size=1, max_size=3)


def data(*shape, dtype="float32"):
    return mx.nd.array(np.random.default_rng(shape).normal(3, 2, shape), dtype=dtype)


@given(FEW, FEW, FEW, REST)
def test_parts_have_mean_and_deviation_of_beta_and_gamma(n, groups, channels, rest):
    x = data(n, groups * channels, *rest)
    gamma, beta = np.linspace(0.5, 2, groups), np.linspace(-3, 3, groups)
    found = mx.nd.GroupNorm(x, mx.nd.array(gamma), mx.nd.array(beta), num_groups=groups, eps=0)
    parts = found.asnumpy().reshape(n, groups, -1)
    if parts.shape[2] > 1:
        np.testing.assert_allclose(parts.mean(2), np.tile(beta, (n, 1)), atol=1e-4)
        np.testing.assert_allclose(parts.std(2), np.tile(gamma, (n, 1)), atol=1e-4)


@given(FEW, FEW, REST)
def test_an_instance_is_a_group_of_one_channel(n, channels, rest):
    x = data(n, channels, *rest)
    gamma, beta = data(channels), data(channels, 1).reshape(-1)
    instance = mx.nd.InstanceNorm(x, gamma, beta, eps=0.1)
    groups = mx.nd.GroupNorm(x, gamma, beta, num_groups=channels, eps=0.1)
    np.testing.assert_array_equal(instance.asnumpy(), groups.asnumpy())


def test_no_gradient_flows_back_from_mean_and_deviation():
    x, one = data(2, 4, 3), mx.nd.ones(2)
    x.attach_grad()
    with autograd.record():
        _, mean, std = mx.nd.GroupNorm(x, one, one, num_groups=2, output_mean_var=True)
    autograd.backward([mean, std])
    assert not x.grad.asnumpy().any()
    assert mean.shape == std.shape == (2, 2)


def test_means_of_half_precision_do_not_overflow():
    x = mx.nd.array([[[60000, 60000, 0, 0]]], dtype="float16")
    one = mx.nd.ones(1, dtype="float16")
    found = mx.nd.InstanceNorm(x, one, 0 * one)
    np.testing.assert_allclose(found.asnumpy(), [[[1, 1, -1, -1]]], atol=1e-3)


def test_what_does_not_fit():
    three = mx.nd.ones(3)
    for operator in (mx.nd.InstanceNorm, mx.nd.GroupNorm):
        with pytest.raises(ShapeError, match="behind the channels"):
            operator(data(2, 3), three, three)
    with pytest.raises(ShapeError):
        mx.nd.InstanceNorm(data(2, 3, 4), three, mx.nd.ones(2))
    with pytest.raises(ShapeError, match="num_groups divides"):
        mx.nd.GroupNorm(data(2, 3, 4), mx.nd.ones(2), mx.nd.ones(2), num_groups=2)
    with pytest.raises(ShapeError):  # a number for each group, not for each channel
        mx.nd.GroupNorm(data(2, 4, 4), mx.nd.ones(4), mx.nd.ones(4), num_groups=2)
    with pytest.raises(DTypeError):
        mx.nd.GroupNorm(*(mx.nd.ones(s, dtype="int32") for s in ((2, 3, 4), 1, 1)))


def test_vectors_follow_from_the_data():
    x = mx.sym.var("x")
    instance, group = mx.sym.InstanceNorm(x, name="n"), mx.sym.GroupNorm(x, name="n", num_groups=2)
    assert instance.list_arguments() == ["x", "n_gamma", "n_beta"]
    assert instance.infer_shape(x=(2, 4, 3))[0] == [(2, 4, 3), (4,), (4,)]
    assert group.infer_shape(x=(2, 4, 3))[0] == [(2, 4, 3), (2,), (2,)]


def test_far_channels_do_not_weaken_each_other():
    x = mx.nd.zeros((1, 7, 1, 1))
    x[0, 3] = 1
    y = mx.nd.array(x.asnumpy())
    y[0, 5] = 10
    near, far = (mx.nd.LRN(a, nsize=5, alpha=1).asnumpy()[0, 3, 0, 0] for a in (y, x))
    assert near < far
    assert mx.nd.LRN(y, nsize=3, alpha=1).asnumpy()[0, 3, 0, 0] == pytest.approx(
        mx.nd.LRN(x, nsize=3, alpha=1).asnumpy()[0, 3, 0, 0]
    )


def test_lrn_of_other_data():
    for shape in ((2, 5, 3), (2, 2, 3, 3)):
        with pytest.raises(ShapeError, match="at least 3 channels"):
            mx.nd.LRN(mx.nd.ones(shape), nsize=3)
    with pytest.raises(ParameterError, match="odd"):
        mx.nd.LRN(mx.nd.ones((2, 5, 3, 3)), nsize=2)
