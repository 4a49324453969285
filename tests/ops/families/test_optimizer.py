"""Optimizer steps: what is changed in place, and what is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.registry import operators

STATES = {
    "sgd_update": [],
    "sgd_mom_update": ["mom"],
    "nag_mom_update": ["mom"],
    "signsgd_update": [],
    "signum_update": ["mom"],
    "adam_update": ["mean", "var"],
    "rmsprop_update": ["n"],
    "rmspropalex_update": ["n", "g", "delta"],
    "ftrl_update": ["z", "n"],
}
OPTIONS = {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.3}


def arrays(count, seed=0):
    rng = np.random.default_rng(seed)
    return [mx.nd.array(rng.uniform(0.1, 1, (3, 4)).astype("float32")) for _ in range(count)]


@pytest.mark.parametrize("name", STATES)
def test_states_change_in_place_the_weight_only_with_out(name):
    weight, grad, *states = arrays(2 + len(STATES[name]))
    before = [a.asnumpy() for a in (weight, grad, *states)]
    assert operators[name].mutates == tuple(STATES[name])
    result = getattr(F, name)(weight, grad, *states, **OPTIONS).asnumpy()
    after = [a.asnumpy() for a in (weight, grad, *states)]
    for a, b in zip(after[:2], before[:2], strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(after[2:], before[2:], strict=True):
        assert (a != b).all()
    weight, grad, *states = arrays(2 + len(STATES[name]))
    assert getattr(F, name)(weight, grad, *states, out=weight, **OPTIONS) is weight
    # The momentum of `nag_mom_update` alone knows where the weight goes.
    np.testing.assert_array_equal(weight.asnumpy(), result)


@pytest.mark.parametrize("name", STATES)
def test_a_large_weight_is_as_its_parts(name):
    """Longer than the blocks in which large arrays are worked off."""
    rng, count = np.random.default_rng(1), 2 + len(STATES[name])
    whole = [rng.uniform(0.5, 1, 300_000).astype("float32") for _ in range(count)]
    found = getattr(F, name)(*[mx.nd.array(a) for a in whole], **OPTIONS).asnumpy()
    part = [mx.nd.array(a[250_000:250_010]) for a in whole]
    wanted = getattr(F, name)(*part, **OPTIONS).asnumpy()
    np.testing.assert_array_equal(found[250_000:250_010], wanted)


@given(st.floats(0, 1), st.floats(-1, 1, width=32), st.floats(0.01, 5))
def test_clipping_is_off_below_zero(lr, clip, scale):
    weight, grad = arrays(2)
    found = F.sgd_update(weight, grad, lr=lr, clip_gradient=clip, rescale_grad=scale).asnumpy()
    g = grad.asnumpy() * scale
    g = np.clip(g, -clip, clip) if clip >= 0 else g
    np.testing.assert_allclose(found, weight.asnumpy() - lr * g, rtol=1e-5, atol=1e-6)


def test_half_precision_follows_its_master_copy():
    """Steps too small for float16 add up in the float32 copy."""
    weight = mx.nd.ones((2,), dtype="float16")
    grad, master = mx.nd.ones((2,), dtype="float16"), mx.nd.ones((2,))
    for _ in range(20):
        F.mp_sgd_update(weight, grad, master, lr=1e-4, out=weight)
    np.testing.assert_allclose(master.asnumpy(), 1 - 20e-4, rtol=1e-5)
    np.testing.assert_array_equal(weight.asnumpy(), master.asnumpy().astype("float16"))


def test_momentum_after_nesterov_has_the_decay_of_the_new_weight():
    momenta = []
    for write in (False, True):
        weight, grad, mom = arrays(3)
        new = F.nag_mom_update(
            weight, grad, mom, lr=0.1, wd=0.5, momentum=0.9, **({"out": weight} if write else {})
        )
        momenta.append((mom, new))
    (apart, _), (in_place, new) = momenta
    old = arrays(1)[0]
    difference = (apart - in_place).asnumpy()
    np.testing.assert_allclose(difference, -0.05 * (old - new).asnumpy(), rtol=1e-3, atol=1e-6)


def test_signs_of_what_is_no_number_are_zero():
    grad = mx.nd.array([np.nan, np.inf, -np.inf, 0])
    found = F.signsgd_update(mx.nd.ones(4), grad, lr=0.5, rescale_grad=-3, clip_gradient=0.1)
    np.testing.assert_array_equal(found.asnumpy(), [1, 0.5, 1.5, 1])


def test_a_copy_must_be_float32_and_shapes_agree():
    half, full = mx.nd.ones(2, dtype="float16"), mx.nd.ones(2)
    with pytest.raises(DTypeError, match="float32"):
        F.mp_sgd_update(half, half, half, lr=1)
    with pytest.raises(DTypeError):
        F.sgd_update(half, full, lr=1)
    with pytest.raises(ShapeError):
        F.sgd_update(full, mx.nd.ones(3), lr=1)


def test_adam_steps_are_as_long_as_the_learning_rate():
    weight, grad, mean, var = mx.nd.zeros(1), mx.nd.ones(1) * 1e-3, mx.nd.zeros(1), mx.nd.zeros(1)
    lr = 0.1 * np.sqrt(1 - 0.999) / (1 - 0.9)  # the correction that Optimizer makes
    F.adam_update(weight, grad, mean, var, lr=lr, out=weight)
    assert weight.asscalar() == pytest.approx(-0.1, rel=1e-3)
