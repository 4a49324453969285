"""`mx.np.ndarray`: its own semantics, and the memory it shares with NDArray."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook.base.errors import DTypeError, IndexingError

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
VALUES = hnp.arrays(np.float32, SHAPES, elements=st.integers(-9, 9))
X = np.arange(12, dtype="float32").reshape(3, 4)


@given(VALUES)
def test_looks_like_numpy(host):
    x = mx.np.array(host)
    assert (x.shape, x.ndim, x.size) == (host.shape, host.ndim, host.size)
    assert x.tolist() == host.tolist()
    assert np.array_equal((x == x).asnumpy(), np.ones(host.shape, bool))
    assert np.array_equal((-x + 1).asnumpy(), 1 - host)
    assert repr(x).replace("array(", "") == repr(host).replace("array(", "").replace(
        ", dtype=float32", ""
    )


@given(host=VALUES, data=st.data())
def test_basic_index(host, data):
    key = data.draw(hnp.basic_indices(host.shape, allow_newaxis=True))
    found = mx.np.array(host)[key]
    assert type(found) is mx.np.ndarray
    assert found.shape == host[key].shape
    assert np.array_equal(found.asnumpy(), host[key])


@given(data=st.data())
def test_masks_read_and_write(data):
    mask = data.draw(hnp.arrays(bool, data.draw(st.sampled_from([(3,), (3, 4)]))))
    kind = data.draw(st.sampled_from([mx.np.array, np.asarray]))
    x, key = mx.np.array(X), kind(mask, dtype=bool)
    assert np.array_equal(x[key].asnumpy(), X[mask])
    x[key] = -1
    expected = X.copy()
    expected[mask] = -1
    assert np.array_equal(x.asnumpy(), expected)


def test_gradient_through_a_mask():
    x = mx.np.array(X)
    x.attach_grad()
    with mx.autograd.record():
        y = (x[x > 5] * 2).sum()
    y.backward()
    assert type(x.grad) is mx.np.ndarray
    assert np.array_equal(x.grad.asnumpy(), (X > 5) * 2.0)


def test_both_kinds_share_memory_and_gradient():
    x = mx.nd.array(X)
    x.attach_grad()
    y = x.as_np_ndarray()
    y[0] = 7
    assert x[0].asnumpy().tolist() == [7] * 4
    with mx.autograd.record():
        z = (y * y).sum()
    z.backward()
    assert np.array_equal(x.grad.asnumpy(), 2 * x.asnumpy())
    assert type(y.as_nd_ndarray()) is mx.nd.NDArray
    assert y.as_nd_ndarray().as_np_ndarray().shape == (3, 4)


def test_operators_keep_the_class():
    x = mx.np.array(X)
    made = [x + 1, 1 - x, x * x, x.T, x[0], x.copy(), x.astype("int32"), x.sum(), mx.npx.relu(x)]
    made += [x.as_in_context(mx.cpu()), x.detach(), mx.nd.exp(x), *mx.np.split(x, 2, axis=1)]
    assert {type(a) for a in made} == {mx.np.ndarray}
    x += 1
    assert type(x) is mx.np.ndarray and x[0, 0].item() == 1


def test_the_two_kinds_do_not_mix():
    x = mx.np.array(X)
    for call in (
        lambda: x + x.as_nd_ndarray(),
        lambda: x.as_nd_ndarray() + x,
        lambda: mx.np.exp(x.as_nd_ndarray()),
        lambda: mx.np.dot(x, x.as_nd_ndarray()),
        lambda: mx.np.array(x.as_nd_ndarray()),
        lambda: x * [1, 2, 3, 4],
    ):
        with pytest.raises(DTypeError):
            call()


def test_what_it_refuses():
    x = mx.np.array(X)
    with pytest.raises(AttributeError, match="exp"):
        x.exp()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    with pytest.raises(TypeError, match="unsized"):
        len(x.sum())
    with pytest.raises(IndexingError):
        x[5]
    with pytest.raises(IndexingError):
        x.take(mx.np.array([0, 12]))


def test_numpy_functions_on_it():
    x = mx.np.array(X)
    assert type(np.sum(x)) is mx.np.ndarray and np.sum(x).item() == 66
    assert np.array_equal(np.exp(x).asnumpy(), mx.np.exp(x).asnumpy())
    assert np.concatenate([x, x]).shape == (6, 4)
    with pytest.raises(ValueError, match="sort"):
        np.sort(x)


@pytest.mark.parametrize("order", ["C", "F"])
def test_only_c_order(order):
    x = mx.np.array(X)
    if order == "C":
        assert x.reshape((4, 3), order=order).shape == (4, 3)
    else:
        with pytest.raises(mx.MXNetError):
            x.flatten(order)
