"""Optimizers for large batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import optimizer as opt

ARRAYS = hnp.arrays("float32", 4, elements=st.floats(0.125, 2, width=32))


@given(ARRAYS, ARRAYS, st.floats(0.01, 0.5))
def test_a_step_of_lamb_is_a_part_of_the_weight(weight, gradient, rate):
    made = opt.LAMB(learning_rate=rate)
    array = mx.nd.array(weight)
    made.update(0, array, mx.nd.array(gradient), made.create_state(0, array))
    step = np.linalg.norm(array.asnumpy() - weight)
    np.testing.assert_allclose(step, rate * np.linalg.norm(weight), rtol=1e-3)


def test_lamb_learns_in_half_precision():
    weights = []
    for dtype in ("float32", "float16"):
        made = opt.LAMB(learning_rate=0.05, multi_precision=True)
        w = mx.nd.array([1.0, -2.0, 3.0], dtype=dtype)
        state = made.create_state_multi_precision(0, w)
        for _ in range(20):
            made.update_multi_precision(0, w, w, state)
        weights.append(w.asnumpy().astype("float32"))
    np.testing.assert_allclose(*weights, rtol=5e-3)
    assert (abs(weights[0]) < [0.7, 1.6, 2.5]).all()


@given(ARRAYS, ARRAYS)
def test_the_rate_of_lars(weight, gradient):
    made = opt.LARS(learning_rate=0.5, eta=0.1, eps=0.01, wd=0.2, rescale_grad=2.0)
    layer, bias = mx.nd.array(weight), mx.nd.array(weight)
    made.idx2name = {0: "fc_weight", 1: "fc_bias"}
    for i, array in enumerate((layer, bias)):
        made.update(i, array, mx.nd.array(gradient), None)
    norms = np.linalg.norm(weight), 2 * np.linalg.norm(gradient)
    rate = 0.5 * 0.1 * norms[0] / (norms[1] + 0.2 * norms[0] + 0.01)
    step = 2 * gradient + 0.2 * weight
    np.testing.assert_allclose(layer.asnumpy(), weight - rate * step, rtol=1e-4)
    np.testing.assert_allclose(bias.asnumpy(), weight - 0.5 * step, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_lars_with_sparse_gradients(momentum):
    dense = mx.nd.array([[1.0, 2.0], [3.0, 4.0]])
    rows = mx.nd.sparse.row_sparse_array(([[1, 2]], [1]), shape=(2, 2))
    weights = []
    for grad in (rows, rows.tostype("default")):
        w = dense.copy()
        made = opt.LARS(momentum, learning_rate=1.0, eta=0.1)
        state = made.create_state(0, w)
        for _ in range(2):
            made.update(0, w, grad, state)
        weights.append(w.asnumpy())
    np.testing.assert_allclose(*weights, rtol=1e-6)


def test_lars_decays_weights_only():
    assert opt.LARS(param_idx2name={0: "a_gamma", 1: "a_weight"}).wd_mult == {"a_gamma": 0.0}


def test_momentum_follows_the_learning_rate():
    schedule = mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=0.1)
    made = opt.LARS(0.9, lr_scheduler=schedule)
    w = mx.nd.ones(2)
    state = made.create_state(0, w)
    for last, now in ((0.1, 0.1), (0.1, 0.05), (0.05, 0.025)):
        made.update(0, w, w, state)
        assert (made.last_lr, made.cur_lr) == (last, now)


@given(st.integers(1, 5), st.integers(1, 12))
def test_only_a_large_batch_moves_the_weight(scale, steps):
    made = opt.LBSGD(batch_scale=scale, learning_rate=0.1, warmup_epochs=0)
    w = mx.nd.zeros(2)
    for i in range(steps):
        made.update(0, w, mx.nd.full(2, i + 1), None)
    whole = steps - steps % scale
    wanted = -0.1 * sum(range(1, whole + 1))  # the mean of the gradients, `scale` times as fast
    np.testing.assert_allclose(w.asnumpy(), wanted, rtol=1e-5)


def test_the_warm_up():
    made = opt.LBSGD(batch_scale=4, updates_per_epoch=2, warmup_epochs=5)
    assert [round(made._warmup(n), 6) for n in (0, 5, 10, 11)] == [1.0, 2.5, 4.0, 4.0]


def test_states_in_half_precision():
    made = opt.LBSGD(0.9, multi_precision=True)
    momentum, master = made.create_state(0, mx.nd.ones(2, dtype="float16"))
    assert (momentum.dtype, master.dtype) == (np.float32, np.float32)
