"""CUDA kernels against NumPy's, on a real device."""

import numpy as np
import pytest

from mxbook.backend import gpu as device
from mxbook.ops.kernels import boxes, pooling
from mxbook.ops.kernels.pooling import Axis

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "pad"), [(2, 2, 0), (3, 2, 1), (3, 1, 1)])
def test_max_pooling_backwards(real_gpu, dtype, last, kernel, stride, pad):
    from mxbook.ops.kernels.gpu import pooling as twins

    device.use(real_gpu)
    xp, rng = device.load(), np.random.default_rng(0)
    places = (32 + 2 * pad - kernel) // stride + 1
    first = 1 if last else 2
    axes = [Axis(first + i, 32, kernel, stride, pad, places) for i in range(2)]
    data = rng.integers(0, 9, (4, 32, 32, 5) if last else (4, 5, 32, 32)).astype(dtype)
    delta = rng.normal(size=(4, places, places, 5) if last else (4, 5, places, places))
    delta = delta.astype(dtype)
    found = twins.to_maxima(xp, xp.asarray(delta), xp.asarray(data), axes)
    expected = pooling.to_maxima(np, delta, data, axes)
    np.testing.assert_allclose(xp.asnumpy(found), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("options", [(False, 0, False), (True, 1, True)])
def test_non_maximum_suppression(real_gpu, dtype, classes, options):
    from mxbook.ops.kernels.gpu import boxes as twins

    device.use(real_gpu)
    xp, rng = device.load(), np.random.default_rng(0)
    box = rng.uniform(0, 10, (3, 700, 4)).astype(dtype).round(1)
    box[..., 2:] += box[..., :2]
    groups = rng.integers(0, 3, (3, 700)).astype(dtype) if classes else None
    waiting = np.arange(700) < rng.integers(1, 700, (3, 1))
    on_device = (None if a is None else xp.asarray(a) for a in (box, waiting, groups))
    there, left, kinds = on_device
    found = twins.kept(xp, there, left, 0.25, 600, kinds, *options)
    expected = boxes.kept(np, box, waiting, 0.25, 600, groups, *options)
    np.testing.assert_array_equal(xp.asnumpy(found), expected)
