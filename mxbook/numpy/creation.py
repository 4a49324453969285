"""Making arrays of `mx.np`.  Source: MXNet 1.6, `mx.np`.

The functions that need no array are made for arrays here and for symbols in `mx.sym.np`.
"""

from typing import Any

import numpy as np

from mxbook.base.context import Context, current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.imperative import arrays as _arrays
from mxbook.ndarray.ndarray import NDArray

from .front import front
from .multiarray import _only_c, ndarray


def array(object: Any, dtype: Any = None, ctx: Context | None = None) -> ndarray:
    """An array with the values of a list, a number, a NumPy array or another `mx.np.ndarray`.

    Lists and numbers become float32; arrays keep their type; `dtype` decides otherwise.  Raises
    DTypeError for what is not numeric, and for an NDArray (`x.as_np_ndarray()` shares its memory).

    >>> array([[1, 2], [3, 4]])
    array([[1., 2.],
           [3., 4.]])
    """
    if isinstance(object, NDArray) and not isinstance(object, ndarray):
        raise DTypeError(
            "an NDArray is no mx.np.ndarray", hint="x.as_np_ndarray() shares its memory"
        )
    known = isinstance(object, ndarray | np.ndarray)
    kept = (object.dtype if known else np.float32) if dtype is None else dtype
    try:
        host = object.asnumpy() if isinstance(object, ndarray) else np.asarray(_plain(object))
        host = host.astype(as_dtype(kept))
    except (TypeError, ValueError) as error:
        raise DTypeError("an array holds numbers only", rule=str(error)) from None
    return _arrays.from_host(host, ctx or current_context(), ndarray)


def _plain(value: Any) -> Any:
    """Nested lists with numbers in place of arrays."""
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.asnumpy() if isinstance(value, NDArray) else value


def _place(ctx: Context | None) -> str:
    return str(ctx or current_context())


def _name(dtype: Any) -> str:
    return as_dtype(dtype).name


def empty(shape: Any, dtype: Any = np.float32, order: str = "C", ctx: Any = None) -> ndarray:
    """An array whose values are not set (they are zeros)."""
    return zeros(shape, dtype, order, ctx)


def zeros(shape: Any, dtype: Any = np.float32, order: str = "C", ctx: Any = None) -> ndarray:
    """An array of zeros."""
    _only_c(order)
    return front()._npi_zeros(shape=shape, ctx=_place(ctx), dtype=_name(dtype))


def ones(shape: Any, dtype: Any = np.float32, order: str = "C", ctx: Any = None) -> ndarray:
    """An array of ones."""
    _only_c(order)
    return front()._npi_ones(shape=shape, ctx=_place(ctx), dtype=_name(dtype))


def full(
    shape: Any, fill_value: float, dtype: Any = None, order: str = "C", ctx: Any = None, out=None
) -> ndarray:
    """An array with the same value everywhere."""
    _only_c(order)
    return front()._npi_full(
        shape=shape, value=fill_value, ctx=_place(ctx), dtype=_name(dtype), out=out
    )


def zeros_like(a: Any) -> Any:
    """Zeros in the shape and type of an array."""
    return front(a)._np_zeros_like(a)


def ones_like(a: Any) -> Any:
    """Ones in the shape and type of an array."""
    return front(a)._np_ones_like(a)


def copy(a: Any, out: Any = None) -> Any:
    """A copy."""
    return front(a)._np_copy(a, out=out)


def arange(
    start: float, stop: float | None = None, step: float = 1, dtype: Any = None, ctx: Any = None
) -> ndarray:
    """Evenly spaced numbers from `start` (0 when only one is given) to below `stop`.

    Raises ParameterError for a step of 0.
    """
    if stop is None:
        start, stop = 0, start
    return front()._npi_arange(
        start=start, stop=stop, step=step, ctx=_place(ctx), dtype=_name(dtype)
    )


def linspace(
    start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, ctx=None
) -> Any:
    """`num` evenly spaced numbers from `start` to `stop`; with `retstep` also their distance."""
    if axis != 0:
        raise ParameterError("linspace along another axis is not supported", rule="axis=0")
    found = front()._npi_linspace(
        start=start, stop=stop, num=num, endpoint=endpoint, ctx=_place(ctx), dtype=_name(dtype)
    )
    parts = num - 1 if endpoint else num
    return (found, (stop - start) / parts if parts else float("nan")) if retstep else found


def logspace(
    start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0, ctx=None
) -> ndarray:
    """Powers of `base` with evenly spaced exponents from `start` to `stop`."""
    if axis != 0:
        raise ParameterError("logspace along another axis is not supported", rule="axis=0")
    given = {"start": start, "stop": stop, "num": num, "endpoint": endpoint, "base": base}
    return front()._npi_logspace(**given, ctx=_place(ctx), dtype=_name(dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = np.float32, **kwargs) -> ndarray:
    """Ones on the `k`-th diagonal of a matrix, zeros elsewhere."""
    _only_c(kwargs.pop("order", "C"))
    return front()._npi_eye(N=N, M=M, k=k, ctx=_place(kwargs.pop("ctx", None)), dtype=_name(dtype))


def identity(n: int, dtype: Any = None, ctx: Any = None) -> ndarray:
    """A unit matrix."""
    return front()._npi_identity(shape=(n, n), ctx=_place(ctx), dtype=_name(dtype))


def indices(dimensions: Any, dtype: Any = np.int32, ctx: Any = None) -> ndarray:
    """The indices of a grid, one part for each axis."""
    return front()._npi_indices(dimensions=dimensions, dtype=_name(dtype), ctx=_place(ctx))


def hanning(M: int, dtype: Any = np.float32, ctx: Any = None) -> ndarray:
    """The Hanning window: a cosine that fades to 0 at both ends."""
    return front()._npi_hanning(M=M, dtype=_name(dtype), ctx=_place(ctx))


def hamming(M: int, dtype: Any = np.float32, ctx: Any = None) -> ndarray:
    """The Hamming window: a cosine that fades to 0.08 at both ends."""
    return front()._npi_hamming(M=M, dtype=_name(dtype), ctx=_place(ctx))


def blackman(M: int, dtype: Any = np.float32, ctx: Any = None) -> ndarray:
    """The Blackman window: two cosines that fade fast."""
    return front()._npi_blackman(M=M, dtype=_name(dtype), ctx=_place(ctx))


def genfromtxt(*args: Any, **kwargs: Any) -> ndarray:
    """Numbers from a text file, as `numpy.genfromtxt` reads them; `ctx` says on which device."""
    ctx = kwargs.pop("ctx", None)
    kwargs.setdefault("dtype", np.float32)
    found = np.genfromtxt(*args, **kwargs)
    return array(found, found.dtype, ctx)


def set_printoptions(precision: int | None = None, threshold: int | None = None, **kwarg) -> None:
    """How arrays are printed: `numpy.set_printoptions`."""
    np.set_printoptions(precision=precision, threshold=threshold, **kwarg)
