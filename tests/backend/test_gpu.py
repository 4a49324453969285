"""GPUs: arrays on two of the strict stand-in's devices, and clear words where there is none."""

import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.backend import gpu
from mxbook.base.errors import ContextError, DeviceError

HOST = np.arange(12, dtype="float32").reshape(3, 4)


@pytest.fixture
def no_gpu(monkeypatch):
    """A machine of which only the given stand-in for CuPy is known."""
    monkeypatch.setattr(gpu, "xp", None)
    return lambda module: monkeypatch.setitem(sys.modules, "cupy", module)


def with_runtime(count):
    """A CuPy whose driver answers with the result of a function."""
    runtime = SimpleNamespace(getDeviceCount=count)
    return SimpleNamespace(cuda=SimpleNamespace(runtime=runtime), __spec__=None)


def broken_driver():
    raise RuntimeError("cudaErrorInsufficientDriver")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (None, "cupy-cuda12x"),
        (with_runtime(broken_driver), "driver does not answer"),
        (with_runtime(lambda: 0), "knows no GPU"),
    ],
    ids=["no CuPy", "no driver", "no device"],
)
def test_what_is_missing_is_said(no_gpu, module, message):
    no_gpu(module)
    with pytest.raises(DeviceError, match=message) as caught:
        mx.nd.ones((2, 3), ctx=mx.gpu())
    assert "mx.cpu()" in caught.value.hint


def test_a_device_that_does_not_exist(strict_gpu):
    with pytest.raises(DeviceError, match=r"gpu\(0\) to gpu\(1\)"):
        mx.nd.array(HOST, ctx=mx.gpu(2))


def test_there_and_back(strict_gpu):
    a = mx.nd.array(HOST, ctx=mx.gpu(0))
    assert type(a._data) is strict_gpu.ndarray
    assert a.context == mx.gpu(0)
    far = a.as_in_context(mx.gpu(1))
    assert far._data.device.id == 1
    back = far.as_in_context(mx.cpu())
    assert type(back._data) is np.ndarray
    for array in (a, far, back, a.copyto(mx.gpu(1)), far.copyto(mx.nd.zeros((3, 4)))):
        np.testing.assert_array_equal(array.asnumpy(), HOST)


def test_devices_do_not_mix(strict_gpu):
    a, b = mx.nd.array(HOST, ctx=mx.gpu(0)), mx.nd.array(HOST, ctx=mx.gpu(1))
    for other in (b, mx.nd.array(HOST)):
        with pytest.raises(ContextError, match="different devices"):
            a + other


def test_the_context_decides_where_arrays_are_made(strict_gpu):
    with mx.gpu(1):
        made = [mx.nd.zeros((2,)), mx.nd.arange(3), mx.nd.array([1]), mx.nd.random.uniform()]
    assert {a.context for a in made} == {mx.gpu(1)}
    assert {a._data.device.id for a in made} == {1}
    assert mx.nd.zeros((2,)).context == mx.cpu()


def test_gradients_cross_devices(strict_gpu):
    x = mx.nd.array(HOST, ctx=mx.gpu(0))
    x.attach_grad()
    with mx.autograd.record():
        y = (x * x).as_in_context(mx.gpu(1))
        z = (y * 3).as_in_context(mx.cpu())
    z.backward()
    assert x.grad.context == mx.gpu(0)
    np.testing.assert_array_equal(x.grad.asnumpy(), 6 * HOST)


INDICES = st.sampled_from([0, -1, slice(1, 3), (slice(None), 1), (0, 2), [2, 0], ([0, 2], [1, 3])])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(INDICES)
def test_reading_and_writing_parts(strict_gpu, index):
    a = mx.nd.array(HOST, ctx=mx.gpu(1))
    np.testing.assert_array_equal(a[index].asnumpy().ravel(), HOST[index].ravel())
    expected = HOST.copy()
    expected[index] = 7
    a[index] = 7
    np.testing.assert_array_equal(a.asnumpy(), expected)


def test_another_thread_computes_on_the_arrays_device(strict_gpu):
    a = mx.nd.array(HOST, ctx=mx.gpu(1))
    results = []
    thread = threading.Thread(target=lambda: results.append((a + a).asnumpy()))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(results[0], 2 * HOST)


def test_memory_is_counted_by_device(strict_gpu):
    before = mx.storage.stats(mx.gpu(1))["used"]
    a = mx.nd.zeros((1000,), ctx=mx.gpu(1))
    assert mx.storage.stats(mx.gpu(1))["used"] == before + 4000
    del a
    mx.storage.release(mx.gpu(1))
    assert mx.storage.stats(mx.gpu(1)) == {"used": before, "free": 0}


def test_waiting_for_everything(strict_gpu):
    a = mx.nd.array(HOST, ctx=mx.gpu(0)) + 1
    mx.nd.waitall()
    np.testing.assert_array_equal(a.asnumpy(), HOST + 1)


def losses_of_a_network(ctx):
    """Three steps of a small convolutional network, and the loss of each."""
    mx.random.seed(3)
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, activation="relu"), nn.MaxPool2D(2), nn.BatchNorm(), nn.Dense(3))
    net.initialize(mx.init.Xavier(), ctx=ctx)
    loss_of = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    pixels = np.random.default_rng(0).random((6, 1, 8, 8), "float32")
    x, y = mx.nd.array(pixels, ctx=ctx), mx.nd.array([0, 1, 2, 0, 1, 2], ctx=ctx)
    found = []
    for _ in range(3):
        with mx.autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(6)
        assert loss.context == ctx
        found.append(loss.mean().asscalar())
    return found


def test_a_network_learns_as_on_the_processor(strict_gpu):
    host, device = losses_of_a_network(mx.cpu()), losses_of_a_network(mx.gpu(1))
    np.testing.assert_allclose(device, host, rtol=1e-4)
    assert device[-1] < device[0]
