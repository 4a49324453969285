"""The short way of calls that were seen before: the same results as the careful way."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import MXNetError
from mxbook.ndarray import registry as F

DATA = np.arange(12, dtype="float32").reshape(3, 4) - 5


def twice(call):
    """The results of the same call on the careful way and on the short one."""
    return [np.asarray(call().asnumpy()) for _ in range(3)]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: F.sum(x, axis=1),
        lambda x: F.sum(x, axis=(0, 1), keepdims=True),
        lambda x: F.sum(x, axis=[0]),
        lambda x: F.clip(x, -1, 2),
        lambda x: F.clip(x, a_min=-1, a_max=2),
        lambda x: F.clip(data=x, a_min=-1, a_max=2),
        lambda x: F.concat(x, x, dim=0),
        lambda x: F.concat([x, x], dim=0),
        lambda x: F.split(x, num_outputs=2, axis=1)[1],
        lambda x: F.one_hot(F.abs(x), 4),
        lambda x: x.T.reshape((2, 6)).slice_axis(axis=1, begin=0, end=None),
        lambda x: nd.zeros((2, 3), dtype="float16"),
    ],
)
def test_calls_seen_before_do_what_they_did(call):
    first, *others = twice(lambda: call(nd.array(DATA)))
    for other in others:
        assert other.dtype == first.dtype
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("numbers", [(0.0, -0.0, 0), (-0.0, 0, 0.0), (0, -0.0, 0.0)])
def test_zeros_of_both_signs_are_told_apart(numbers):
    x = nd.array([-0.0])
    for number in (*numbers, *numbers):
        expected = np.signbit(np.float32(-0.0) + np.float32(number))
        assert np.signbit(F._plus_scalar(x, scalar=number).asnumpy()[0]) == expected


def test_other_shapes_types_and_devices_are_other_calls():
    for shape in ((3, 4), (4, 3), (12,), (3, 4)):
        for dtype in ("float32", "int32"):
            x = nd.array(DATA.reshape(shape), dtype=dtype)
            found = F.sum(x, axis=0)
            assert found.dtype == np.dtype(dtype)
            np.testing.assert_array_equal(found.asnumpy(), DATA.reshape(shape).sum(0).reshape(-1))
    for number in (0, 1, 0):
        with mx.cpu(number):
            assert F._zeros(shape=(2,)).context == mx.cpu(number)


def test_training_and_recording_are_seen():
    x = nd.array(DATA)
    x.attach_grad()
    for training in (False, True, False, True):
        with autograd.record(train_mode=training):
            y = F.Dropout(x, p=0.5)
            z = F.sum(y, axis=1)
        z.backward()
        assert (x.grad.asnumpy() == 1).all() == (not training)
        with autograd.pause():
            assert F.sum(y, axis=1)._entry is None


def test_failures_are_stored_on_both_ways():
    x, wrong = nd.array(DATA), nd.array([7])
    F.take(x, nd.array([1]), mode="raise")
    for _ in range(3):
        found = F.take(x, wrong, mode="raise")
        with pytest.raises(MXNetError, match="position 7 lies outside"):
            found.asnumpy()


def test_in_place():
    x, expected = nd.array(DATA), DATA.copy()
    view, row = x[1:], nd.array(DATA[:1])
    for _ in range(3):
        x += row
        x *= 2
        view -= 1.5
        expected = (expected + DATA[:1]) * 2
        expected[1:] -= 1.5
        np.testing.assert_array_equal(x.asnumpy(), expected)
    x.attach_grad()
    with autograd.record():
        y = x * 2
        with pytest.raises(MXNetError, match="overwrite"):
            y += 1
    whole = nd.array(DATA, dtype="int32")
    with pytest.raises(MXNetError):
        whole += nd.ones((2, 3, 4), dtype="int32")
