import numpy as np
import pytest

import mxbook as mx
from mxbook import rtc

SOURCE = """
extern "C" __global__ void axpy(const float *x, float *y, float alpha) {
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    y[i] += alpha * x[i];
}
template <typename T> __global__ void twice(T *x) { x[threadIdx.x] *= 2; }
"""


def test_signatures():
    found = rtc.arguments("const float *x, __half* y,int64_t n, double")
    assert [(a.name, a.dtype.name, a.is_array, a.is_const) for a in found] == [
        ("x", "float32", True, True),
        ("y", "float16", True, False),
        ("n", "int64", False, False),
        ("argument 3", "float64", False, False),
    ]
    for wrong in ("float &x", "", "const", "float *x y"):
        with pytest.raises(ValueError, match="prototype"):
            rtc.arguments(wrong)
    with pytest.raises(TypeError, match="Unsupported"):
        rtc.arguments("flaot x")


def test_without_a_gpu():
    if mx.context.num_gpus():
        pytest.skip("there is a GPU")
    with pytest.raises(mx.base.MXNetError, match=r"CuPy|driver|GPU"):
        rtc.CudaModule(SOURCE)


class Module:
    """Stands in for what CuPy makes of a source: one kernel, in NumPy."""

    def __init__(self, code, options, name_expressions):
        self.given = (code, options, name_expressions)
        self.launched = []

    def compile(self):
        pass

    def get_function(self, name):
        assert name == "axpy"

        def axpy(grid, block, args, shared_mem):
            x, y, alpha = args
            self.launched.append((grid, block, type(alpha), shared_mem))
            y += alpha * x

        return axpy


@pytest.fixture
def module(strict_gpu, monkeypatch):
    monkeypatch.setattr(strict_gpu, "RawModule", Module, raising=False)
    return rtc.CudaModule(SOURCE, options=("-w",))


@pytest.fixture
def axpy(module):
    return module.get_kernel("axpy", "const float *x, float *y, float alpha")


def test_a_kernel_runs_in_order(module, axpy):
    x, y = mx.nd.arange(10, ctx=mx.gpu(0)), mx.nd.zeros(10, ctx=mx.gpu(0))
    for _ in range(3):
        axpy.launch([x, y, 3], mx.gpu(0), (2, 1, 1), (5, 1, 1), shared_mem=8)
        x += 1
    np.testing.assert_array_equal(y.asnumpy(), 9 * np.arange(10) + 9)
    assert module._module.launched == [((2, 1, 1), (5, 1, 1), np.float32, 8)] * 3
    assert module._module.given == (SOURCE, ("-w",), None)


@pytest.mark.usefixtures("strict_gpu")
def test_names_of_templates(monkeypatch, strict_gpu):
    monkeypatch.setattr(strict_gpu, "RawModule", Module, raising=False)
    made = rtc.CudaModule(SOURCE, exports=("twice<float>",))
    assert made._module.given == (SOURCE, ("-std=c++17",), ("twice<float>",))
    made = rtc.CudaModule(SOURCE, "-std=c++14", "twice<float>")
    assert made._module.given[1:] == (("-std=c++14",), ("twice<float>",))


def test_what_does_not_fit(axpy):
    x = mx.nd.zeros(10, ctx=mx.gpu(0))
    grid = block = (1, 1, 1)
    for args, ctx, dims, kind in (
        ([x, x, 3], mx.cpu(), grid, mx.base.MXNetError),
        ([x, x], mx.gpu(0), grid, ValueError),
        ([x, x, 3], mx.gpu(0), (1, 1), ValueError),
        ([x, 3, 3], mx.gpu(0), grid, TypeError),
        ([x, x.astype("float64"), 3], mx.gpu(0), grid, TypeError),
        ([x, mx.nd.zeros(10), 3], mx.gpu(0), grid, ValueError),
    ):
        with pytest.raises(kind):
            axpy.launch(args, ctx, dims, block)


@pytest.mark.gpu
def test_on_a_real_gpu(real_gpu):
    made = rtc.CudaModule(SOURCE, exports=("twice<double>",))
    x, y = mx.nd.arange(10, ctx=real_gpu), mx.nd.ones(10, ctx=real_gpu, dtype="float64")
    made.get_kernel("twice<double>", "double *x").launch([y], real_gpu, (1, 1, 1), (10, 1, 1))
    assert y.asnumpy().tolist() == [2] * 10
    plain = rtc.CudaModule(SOURCE.split("template")[0])
    y = mx.nd.zeros(10, ctx=real_gpu)
    axpy = plain.get_kernel("axpy", "const float *x, float *y, float alpha")
    axpy.launch([x, y, 3.0], real_gpu, (1, 1, 1), (10, 1, 1))
    np.testing.assert_array_equal(y.asnumpy(), 3 * np.arange(10))
