"""Other forms of BatchNorm do what BatchNorm does."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd
from mxbook.base.errors import ParameterError
from mxbook.imperative.front import signature
from mxbook.ops.registry import operators


def batch_norm(*inputs, **options):
    return mx.nd.BatchNorm(*inputs, **options)


def batch_norm_v1(data, gamma, beta, mean, var, **options):
    return mx.nd.BatchNorm_v1(data, gamma, beta, moving_mean=mean, moving_var=var, **options)


def sync_batch_norm(*inputs, **options):
    return mx.nd.contrib.SyncBatchNorm(*inputs, key="k", **options)


def results(layer, train, **options):
    """Outputs, gradients of the first output, and inputs afterwards."""
    draw = np.random.default_rng(0)
    inputs = [draw.normal(1, 2, (5, 3, 2)), *draw.uniform(0.5, 1.5, (4, 3))]
    inputs = [mx.nd.array(x, dtype="float64") for x in inputs]
    for x in inputs[:3]:
        x.attach_grad()
    with autograd.record(train_mode=train):
        outputs = layer(*inputs, output_mean_var=True, **options)
        loss = (outputs[0] * outputs[0] * mx.nd.array([[1], [2], [3]], dtype="float64")).sum()
    loss.backward()
    return [[x.asnumpy() for x in part] for part in (outputs, [x.grad for x in inputs[:3]], inputs)]


@pytest.mark.parametrize("layer", [batch_norm_v1, sync_batch_norm])
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(
    "options",
    [{}, {"fix_gamma": False, "eps": 0.1, "momentum": 0.5}, {"use_global_stats": True}],
    ids=str,
)
def test_they_are_batch_norm(layer, train, options):
    found, expected = results(layer, train, **options), results(batch_norm, train, **options)
    eps = options.get("eps", 1e-3)
    expected[0][2] = 1 / expected[0][2] ** 2 - eps  # the variance in place of 1 / deviation
    for some, others in zip(found, expected, strict=True):
        for a, b in zip(some, others, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-12)


def test_auxiliary_states_of_the_old_form_are_given_by_name():
    assert operators["BatchNorm_v1"].positional == ("data", "gamma", "beta")
    names = list(signature(operators["BatchNorm_v1"], ("out", "name")).parameters)
    assert names[:4] == ["data", "gamma", "beta", "eps"]
    x, one = mx.nd.ones((2, 3)), mx.nd.ones(3)
    with pytest.raises(ParameterError, match="got 3 input"):
        mx.nd.BatchNorm_v1(x, one, one)
    node = mx.sym.BatchNorm_v1(mx.sym.var("x"), name="n", eps=0.1)
    assert node.list_arguments() == ["x", "n_gamma", "n_beta"]
    assert node.list_auxiliary_states() == ["n_moving_mean", "n_moving_var"]


def test_statistics_of_several_devices_are_refused():
    x, one = mx.nd.ones((2, 3)), mx.nd.ones(3)
    with pytest.raises(ParameterError, match="ndev"):
        mx.nd.contrib.SyncBatchNorm(x, one, one, one, one, key="k", ndev=2)
    with pytest.raises(ParameterError, match="key"):
        mx.nd.contrib.SyncBatchNorm(x, one, one, one, one)
