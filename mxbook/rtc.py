"""`mx.rtc`: CUDA kernels of one's own, compiled while the program runs.

    source = '''
    extern "C" __global__ void axpy(const float *x, float *y, float alpha) {
        int i = threadIdx.x + blockIdx.x * blockDim.x;
        y[i] += alpha * x[i];
    }'''
    module = mx.rtc.CudaModule(source)
    axpy = module.get_kernel("axpy", "const float *x, float *y, float alpha")
    x, y = mx.nd.ones((10,), ctx=mx.gpu(0)), mx.nd.zeros((10,), ctx=mx.gpu(0))
    axpy.launch([x, y, 3.0], mx.gpu(0), (1, 1, 1), (10, 1, 1))

It needs an NVIDIA GPU and CuPy, whose `RawModule` compiles the source by NVRTC.

Source: MXNet 1.6, `mxnet.rtc`.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mxbook import engine
from mxbook.backend import GPU, gpu
from mxbook.base.context import Context
from mxbook.base.errors import ContextError, DTypeError, ParameterError, nearest
from mxbook.base.sites import Site
from mxbook.imperative import arrays as _arrays
from mxbook.ndarray.ndarray import NDArray

__all__ = ["CudaKernel", "CudaModule"]

TYPES = {
    "float": "float32",
    "double": "float64",
    "__half": "float16",
    "uint8_t": "uint8",
    "int": "int32",
    "int32_t": "int32",
    "int8_t": "int8",
    "char": "int8",
    "int64_t": "int64",
}
ARGUMENT = re.compile(r"\s*(const)?\s*([\w_]+)\s*(\*)?\s*([\w_]+)?\s*")


class Argument(NamedTuple):
    """What a kernel takes: an array, which it changes unless it is constant, or a number."""

    name: str
    dtype: np.dtype
    is_array: bool
    is_const: bool


def arguments(signature: str) -> list[Argument]:
    """The arguments in a signature, as it stands in the CUDA source.

    >>> [(a.name, a.dtype.name, a.is_array) for a in arguments("const float *x, int n")]
    [('x', 'float32', True), ('n', 'int32', False)]

    Raises ParameterError for what is no signature, DTypeError for a type that arrays do not have.
    """
    found = []
    for number, text in enumerate(re.sub(r"\s+", " ", signature).split(",")):
        match = ARGUMENT.fullmatch(text)
        if match is None or match[2] == "const":
            raise ParameterError(
                f"Invalid function prototype {text!r}.",
                rule='in the form of "(const) type (*) (name)"',
            )
        const, kind, star, name = match.groups()
        if kind not in TYPES:
            raise DTypeError(
                f"Unsupported kernel argument type {text!r}.",
                rule=", ".join(TYPES),
                hint=nearest(kind, TYPES),
            )
        dtype = np.dtype(TYPES[kind])
        found.append(Argument(name or f"argument {number}", dtype, bool(star), bool(const)))
    return found


class CudaModule:
    """CUDA source that is compiled for the GPU of this machine.

    `options` go to NVRTC.  Kernels are `extern "C"`, or their names (for templates such as
    `axpy<float>`) are in `exports`.

    Raises DeviceError that says what is missing where there is no GPU; CuPy's CompileException,
    which shows NVRTC's messages, for an error in the source.
    """

    def __init__(self, source: str, options: Sequence[str] = (), exports: Sequence[str] = ()):
        as_tuple = (options,) if isinstance(options, str) else tuple(options)
        names = (exports,) if isinstance(exports, str) else tuple(exports)
        self._module = gpu.compiled(source, as_tuple, names)

    def get_kernel(self, name: str, signature: str) -> "CudaKernel":
        """The kernel of this name.

        `signature` are its arguments as in the source: `"const float *x, float *y, int n"`.
        """
        found = arguments(signature)
        is_array = tuple(a.is_array for a in found)
        made = CudaKernel(self._module.get_function(name), name, is_array, [a.dtype for a in found])
        made._arguments = found
        return made


class CudaKernel:
    """A kernel of a CudaModule; made by `get_kernel`."""

    def __init__(self, handle: Any, name: str, is_ndarray: Sequence[bool], dtypes: Sequence[Any]):
        self.handle = handle
        self._name = name
        self._arguments = [
            Argument(f"argument {i}", np.dtype(dtype), bool(array), False)
            for i, (array, dtype) in enumerate(zip(is_ndarray, dtypes, strict=True))
        ]

    def launch(
        self,
        args: Sequence[Any],
        ctx: Context,
        grid_dims: Sequence[int],
        block_dims: Sequence[int],
        shared_mem: int = 0,
    ) -> None:
        """Run the kernel, after everything that its arrays wait for.

        args        arrays on the device `ctx` and numbers, as the signature says
        grid_dims   how many blocks along the three axes
        block_dims  how many threads a block has along them
        shared_mem  bytes of dynamic shared memory

        Raises ContextError for another device than that of the arrays, DTypeError for an array of
        another type, ParameterError for a wrong number of arguments or axes.
        """
        if ctx.device_typeid != GPU:
            raise ContextError(f"a CUDA kernel cannot run on {ctx}", rule="a GPU, as mx.gpu(0)")
        grid, block = _axes("grid_dims", grid_dims), _axes("block_dims", block_dims)
        if len(args) != len(self._arguments):
            raise ParameterError(
                f"{self._name} takes {len(self._arguments)} arguments, and got {len(args)}"
            )
        values = [_checked(a, v, ctx) for a, v in zip(self._arguments, args, strict=True)]
        handle = self.handle

        def run() -> None:
            gpu.use(ctx)
            raw = tuple(v._data if isinstance(v, NDArray) else v for v in values)
            handle(grid, block, raw, shared_mem=shared_mem)

        pairs = [p for p in zip(self._arguments, values, strict=True) if p[0].is_array]
        written = [v for a, v in pairs if not a.is_const]
        engine.push(
            run,
            [_arrays.variable_of(v) for a, v in pairs if a.is_const],
            [_arrays.variable_of(v) for v in written],
            name=self._name,
            site=Site(*_arrays.origin_of(self._name)[1:3]),
            work=sum(v._spec.size for _, v in pairs),
            nbytes=sum(v._spec.nbytes for v in written),
        )


def _axes(what: str, given: Sequence[int]) -> tuple[int, int, int]:
    if len(given) != 3:
        raise ParameterError(f"{what} has {len(given)} numbers", rule="three: x, y, z")
    x, y, z = (int(n) for n in given)
    return x, y, z


def _checked(argument: Argument, value: Any, ctx: Context) -> Any:
    """An argument as the kernel takes it."""
    if not argument.is_array:
        return argument.dtype.type(value)
    if not isinstance(value, NDArray) or value.dtype != argument.dtype:
        kind = value.dtype if isinstance(value, NDArray) else type(value).__name__
        raise DTypeError(f"{argument.name} is {kind}", rule=f"an array of {argument.dtype}")
    if value.context != ctx:
        raise ContextError(f"{argument.name} is on {value.context}", rule=f"arrays on {ctx}")
    return value
