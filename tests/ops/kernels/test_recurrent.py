"""How the weights of a recurrent network lie, and in which pieces they are multiplied."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops.kernels import recurrent as kernels

SIZES = st.integers(1, 40)


@given(SIZES, SIZES, SIZES, SIZES, st.integers(1, 3))
def test_a_product_in_blocks_is_the_product(gates, rows, inner, columns, limit):
    draw = np.random.default_rng(0).normal
    weight, h = draw(size=(gates, inner, columns)), draw(size=(rows, inner))
    before, kernels.SMALL_PRODUCT = kernels.SMALL_PRODUCT, 16 * inner * rows * limit
    try:
        blocks = kernels.in_blocks(np, weight, rows)
    finally:
        kernels.SMALL_PRODUCT = before
    result = np.empty((gates, rows, columns))
    np.matmul(h, blocks, out=kernels.block_view(result, blocks))
    np.testing.assert_allclose(result, h @ weight)


@given(st.integers(1, 10**4), st.integers(1, 10**4), st.integers(1, 10**4))
def test_blocks_are_small_and_not_narrow_or_there_is_one(rows, inner, columns):
    count = kernels.block_count(rows, inner, columns)
    width = columns // count
    assert columns % count == 0
    assert count == 1 or (width >= kernels.NARROW and rows * inner * width <= kernels.SMALL_PRODUCT)


@given(
    st.sampled_from(["rnn_tanh", "lstm", "gru"]),
    *[st.integers(1, 4)] * 3,
    st.integers(1, 2),
    st.integers(0, 3),
)
def test_the_weights_fill_the_vector_in_order(mode, inputs, hidden, layers, directions, projected):
    net = kernels.Network(mode, 1, 1, inputs, hidden, layers, directions, projected)
    vector = np.arange(net.parameter_count())
    parts = kernels.weights_of(net, vector)
    weights = [a for w in parts for a in (w.i2h, w.h2h, w.h2r) if a is not None]
    biases = [a for w in parts for a in (w.i2h_bias, w.h2h_bias)]
    np.testing.assert_array_equal(np.concatenate([a.ravel() for a in weights + biases]), vector)
    assert all(np.may_share_memory(a, vector) for a in weights + biases)
