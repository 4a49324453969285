"""Formulas in blocks give what they give at once, wherever the result goes."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.imperative.sharing import share
from mxbook.ops.families import optimizer as descent
from mxbook.ops.families import optimizer_adaptive as adaptive
from mxbook.ops.families import optimizer_layerwise as layerwise
from mxbook.ops.kernels import blocks
from mxbook.ops.kernels.blocks import in_blocks

K = SimpleNamespace(xp=np, share=share)
P = SimpleNamespace(
    lr=0.1, wd=0.01, rescale_grad=0.5, clip_gradient=0.3, clip_grad=0.3, clip_weights=0.4,
    momentum=0.9, wd_lh=0.1, beta1=0.9, beta2=0.99, gamma1=0.9, gamma2=0.8, epsilon=1e-3, t=2,
    eta=0.5, lamda1=0.01, beta=1.0, bias_correction=True, rate=0.1,
)  # fmt: skip
# formula: number of arrays, of spare ones
FORMULAS = {
    descent.sgd: (2, 1),
    descent.momentum_sgd: (3, 1),
    descent.nesterov: (3, 2),
    descent.sign_sgd: (2, 2),
    descent.signum: (3, 2),
    adaptive.adam: (4, 2),
    adaptive.adamw: (4, 2),
    adaptive.rmsprop: (3, 2),
    adaptive.centered_rmsprop: (5, 2),
    adaptive.ftml: (5, 2),
    adaptive.ftrl: (4, 2),
    layerwise.lamb: (4, 2),
    layerwise.along: (2, 1),
}


def arrays(count, size):
    rng = np.random.default_rng(3)
    return [rng.uniform(0.5, 1, size) for _ in range(count)]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 7)


@pytest.mark.parametrize("formula", FORMULAS)
def test_blocks_give_what_the_whole_gives(formula, small_blocks):
    count, spare = FORMULAS[formula]
    for size in (1, 7, 8, 30):
        parts, whole = arrays(count, size), arrays(count, size)
        found = in_blocks(K, P, formula, spare, None, *parts)
        wanted = np.empty(size)
        formula(np, P, wanted, *whole, *np.full((spare, size), np.nan))
        np.testing.assert_array_equal(found, wanted)
        for a, b in zip(parts, whole, strict=True):
            np.testing.assert_array_equal(a, b)
        assert np.array_equal(parts[1], arrays(count, size)[1])  # the gradient stays


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_result_may_take_any_array_s_place(formula, small_blocks):
    count, spare = FORMULAS[formula]
    wanted = in_blocks(K, P, formula, spare, None, *arrays(count, 10))
    for i in range(count):
        given = arrays(count, 10)
        assert in_blocks(K, P, formula, spare, given[i], *given) is given[i]
        np.testing.assert_array_equal(given[i], wanted)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.integers(1, 9))
def test_any_shape_and_block(shape, length):
    before, blocks.BLOCK = blocks.BLOCK, length
    try:
        a = np.arange(np.prod(shape)).reshape(shape) + 1.0
        found = in_blocks(K, None, _sum_of_squares, 1, None, a, 2 * a)
    finally:
        blocks.BLOCK = before
    np.testing.assert_array_equal(found, 5 * a * a)


def _sum_of_squares(xp, _p, out, a, b, t):
    assert t.shape == a.shape
    xp.multiply(a, a, out=t)
    xp.add(t, b * b, out=out)
