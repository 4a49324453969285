"""What every call is checked for, whatever the operator, before anything is computed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import (
    ContextError,
    DTypeError,
    OperationError,
    ParameterError,
    ShapeError,
    StorageError,
)

LENGTHS = st.lists(st.integers(-2, 3), max_size=3).map(tuple)


@given(LENGTHS)
def test_no_result_has_negative_lengths(shape):
    if min(shape, default=0) >= 0:
        assert mx.nd.registry._zeros(shape=shape).shape == shape
    else:
        with pytest.raises(ShapeError, match="_zeros: the result would have the shape"):
            mx.nd.registry._zeros(shape=shape)


@pytest.mark.parametrize("shape", [(2**45,), (2**31, 2**31), (0, 2**62)])
def test_results_that_no_memory_holds(shape):
    with pytest.raises(StorageError, match="_zeros: the result is too large") as caught:
        mx.nd.zeros(shape)
    assert isinstance(caught.value, MemoryError)


def test_memory_that_a_kernel_does_not_get(monkeypatch):
    x = mx.nd.ones((2, 3))

    def kernel(*_args, **_kwargs):
        raise MemoryError("no more")

    op = mx.ops.registry.operators["L2Normalization"]
    monkeypatch.setattr(op, "kernel", kernel)
    monkeypatch.setattr(op, "plans", {})
    with pytest.raises(OperationError, match="L2Normalization: no more") as caught:
        mx.nd.L2Normalization(x, eps=0.125).asnumpy()
    assert isinstance(caught.value.__cause__, StorageError)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: mx.nd.sum(x, x),
        lambda x: mx.nd.clip(x, a_min=x, a_max=1),
        lambda x: mx.nd.Concat(x, dim=x),
        lambda x: mx.nd.zeros_like(x, x),
        lambda x: mx.nd.SoftmaxOutput(x, x, x),
    ],
)
def test_an_array_is_no_parameter(call):
    with pytest.raises(ParameterError, match=r"sum|clip|Concat|zeros_like|SoftmaxOutput"):
        call(mx.nd.ones((1,)))


def test_only_some_operators_take_bool():
    flags = mx.nd.array([[True, False, True]], dtype="bool")
    assert mx.nd.sum(flags, axis=1).asnumpy().tolist() == [True]
    assert mx.nd.mean(flags).asnumpy().tolist() == [True]  # as in MXNet: any part of 1 is true
    assert mx.nd.slice_like(mx.nd.ones((2, 5)), flags).shape == (1, 3)
    for call in (mx.nd.exp, mx.nd.softmax, lambda x: x + x, lambda x: mx.nd.slice_like(x, x)):
        with pytest.raises(DTypeError, match="is an array of bool"):
            call(flags)


def test_devices_are_checked_where_they_are_named():
    for ctx in ("abc", 7, "cpu(x)"):
        with pytest.raises(ParameterError, match="ctx cannot be"):
            mx.nd.registry._zeros(shape=(2,), ctx=ctx)
        with pytest.raises(ContextError):
            mx.nd.array([1.0], ctx=ctx)
    assert mx.nd.registry._zeros(shape=(2,), ctx="cpu(2)").context == mx.cpu(2)


@pytest.mark.parametrize(
    "call",
    [
        mx.nd.softmax,
        lambda x: mx.nd.softmax(x, axis=0),
        lambda x: mx.nd.contrib.ifft(mx.nd.zeros((3, 0))),
        lambda x: mx.nd.Pooling(mx.nd.zeros((0, 3, 4)), kernel=(2,)),
        lambda x: mx.nd.split(mx.nd.zeros((0, 4)), 2)[1],
    ],
)
def test_nothing_makes_nothing(call):
    found = call(mx.nd.zeros((0, 3)))
    assert found.size == 0
    assert found.asnumpy().shape == found.shape


@pytest.mark.parametrize(
    "call",
    [
        mx.nd.max,
        lambda x: mx.nd.take(x, mx.nd.array([0.0])),
        lambda x: mx.nd.Pooling(mx.nd.zeros((1, 1, 0)), global_pool=True, kernel=(1,)),
        lambda x: mx.nd.contrib.AdaptiveAvgPooling2D(mx.nd.zeros((1, 1, 0, 2))),
    ],
)
def test_nothing_can_be_chosen_from_nothing(call):
    with pytest.raises((ShapeError, OperationError)) as caught:
        call(mx.nd.zeros((0,))).asnumpy()
    cause = caught.value.__cause__
    assert cause is None or isinstance(cause, mx.MXNetError)


@pytest.mark.parametrize("name", ["exp", "sigmoid", "hard_sigmoid", "softsign", "x * 2 - 1"])
def test_arrays_without_axes_stay_arrays(name):
    x = mx.nd.array(np.float32(0.5))
    function = getattr(mx.nd.registry, name, lambda x: x * 2 - 1)
    y = function(x)
    assert y.shape == ()
    assert isinstance(y._data, np.ndarray)
    alone = function(x.reshape((1,))).asnumpy()
    assert y.asnumpy() == alone[0]
    y += 1
    assert y.asnumpy() == alone[0] + 1
    assert function(x, out=x).asnumpy() == alone[0] if name in mx.nd.registry.functions else True
