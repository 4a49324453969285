"""Attention on interleaved projections is attention on separate ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.testing.gradients import check_gradient

contrib = mx.nd.contrib
FEW = st.integers(1, 4)


def draw(*shape):
    return mx.nd.array(np.random.default_rng(shape).uniform(-1, 1, shape), dtype="float64")


def separate(projections, heads, parts):
    """The recipe in MXNet's documentation: each part as (batch * heads, length, size)."""
    seen = projections.reshape((0, 0, heads, parts, -1)).transpose((3, 1, 2, 0, 4))
    return [seen[i].reshape((-1, 0, 0), reverse=True) for i in range(parts)]


def together(values, batch):
    """(batch * heads, length, size) as (length, batch, heads * size)."""
    seen = values.reshape((batch, -1, 0, 0), reverse=True)
    return seen.transpose((2, 0, 1, 3)).reshape((0, 0, -1))


@given(FEW, FEW, FEW, FEW)
def test_self_attention(length, batch, heads, size):
    projections = draw(length, batch, heads * 3 * size)
    queries, keys, values = separate(projections, heads, 3)
    scores = contrib.interleaved_matmul_selfatt_qk(projections, heads=heads)
    expected = mx.nd.batch_dot(contrib.div_sqrt_dim(queries), keys, transpose_b=True)
    np.testing.assert_allclose(scores.asnumpy(), expected.asnumpy(), atol=1e-12)
    found = contrib.interleaved_matmul_selfatt_valatt(projections, scores, heads=heads)
    expected = together(mx.nd.batch_dot(scores, values), batch)
    np.testing.assert_allclose(found.asnumpy(), expected.asnumpy(), atol=1e-12)


@given(FEW, FEW, FEW, FEW, FEW)
def test_attention_to_an_encoder(length, other, batch, heads, size):
    queries, pairs = draw(length, batch, heads * size), draw(other, batch, heads * 2 * size)
    keys, values = separate(pairs, heads, 2)
    scores = contrib.interleaved_matmul_encdec_qk(queries, pairs, heads=heads)
    (query,) = separate(queries, heads, 1)
    expected = mx.nd.batch_dot(contrib.div_sqrt_dim(query), keys, transpose_b=True)
    np.testing.assert_allclose(scores.asnumpy(), expected.asnumpy(), atol=1e-12)
    found = contrib.interleaved_matmul_encdec_valatt(pairs, scores, heads=heads)
    expected = together(mx.nd.batch_dot(scores, values), batch)
    np.testing.assert_allclose(found.asnumpy(), expected.asnumpy(), atol=1e-12)


def test_a_whole_layer_can_be_differentiated_twice():
    def layer(projections):
        scores = contrib.interleaved_matmul_selfatt_qk(projections, heads=2)
        return contrib.interleaved_matmul_selfatt_valatt(
            projections, mx.nd.softmax(scores), heads=2
        )

    check_gradient(layer, draw(3, 2, 12).asnumpy(), order=2)


def test_what_does_not_fit():
    qk, valatt = contrib.interleaved_matmul_selfatt_qk, contrib.interleaved_matmul_selfatt_valatt
    for shape in ((2, 6), (2, 1, 8), (2, 1, 3)):
        with pytest.raises(ShapeError, match="query, key, value"):
            qk(mx.nd.ones(shape), heads=2)
    with pytest.raises(ParameterError, match="heads"):
        qk(mx.nd.ones((2, 1, 6)), heads=0)
    for shape in ((1, 2, 2), (2, 2, 3), (2, 2)):
        with pytest.raises(ShapeError, match="attention"):
            valatt(mx.nd.ones((2, 1, 6)), mx.nd.ones(shape), heads=2)
    with pytest.raises(ShapeError, match="twice that of queries"):
        contrib.interleaved_matmul_encdec_qk(mx.nd.ones((3, 1, 4)), mx.nd.ones((2, 1, 4)), heads=2)
    with pytest.raises(DTypeError):
        qk(mx.nd.ones((2, 1, 6), dtype="int32"), heads=1)


def test_whole_numbers_are_divided_without_fractions():
    found = contrib.div_sqrt_dim(mx.nd.array([[-7, 7, 9, 2, 1, 3, 4, 6]], dtype="int32"))
    assert found.asnumpy().tolist() == [[-3, 3, 4, 1, 0, 1, 2, 3]]
