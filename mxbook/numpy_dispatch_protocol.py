"""NumPy's functions on `mx.np.ndarray`: `numpy.sum(x)` is `mx.np.sum(x)`.

NumPy asks an array's class first (`__array_function__`, `__array_ufunc__`); what `mx.np` has by the
same name is called.  Source: MXNet 1.6, `mxnet.numpy_dispatch_protocol`.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

# Functions of NumPy that `mx.np` takes over, as MXNet 1.6 registers them.
FUNCTIONS = """
    argmin argmax around append broadcast_arrays broadcast_to clip concatenate copy cumsum diff dot
    dstack einsum expand_dims fix flip inner max mean meshgrid min moveaxis nonzero ones_like outer
    prod ravel repeat reshape roll rot90 shape split squeeze stack std sum swapaxes take tensordot
    tile trace transpose tril unique var vdot vsplit vstack column_stack hsplit zeros_like
    linalg.norm linalg.svd may_share_memory shares_memory histogram
""".split()
REDUCED = {"amax": "max", "amin": "min"}


def _module() -> Any:
    import mxbook.numpy

    return mxbook.numpy


def _path(func: Callable) -> str:
    """The name of a NumPy function below `numpy`."""
    module = getattr(func, "__module__", "") or ""
    inside = module.removeprefix("numpy").strip(".")
    return f"{inside}.{func.__name__}" if inside == "linalg" else func.__name__


def call_function(func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    """What `numpy.func(...)` is on arrays of `mx.np`; ValueError where `mx.np` has no such one."""
    name = _path(func)
    name = REDUCED.get(name, name)
    if name not in FUNCTIONS:
        raise ValueError(f"numpy.{name} has no counterpart for mx.np.ndarray: use x.asnumpy()")
    found: Any = _module()
    for part in name.split("."):
        found = getattr(found, part)
    return found(*args, **kwargs)


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple, kwargs: dict) -> Any:
    """What a ufunc of NumPy is on arrays of `mx.np`.

    Raises ValueError for its methods (`reduce`, ...), and where `mx.np` has no such function.
    """
    name = {"divide": "true_divide", "remainder": "mod"}.get(ufunc.__name__, ufunc.__name__)
    found = getattr(_module(), name, None)
    if method != "__call__" or found is None:
        raise ValueError(f"numpy.{name} ({method}) has no counterpart for mx.np.ndarray")
    out = kwargs.pop("out", None)
    if isinstance(out, tuple):
        if len(out) != 1:
            raise ValueError("one result, one out")
        out = out[0]
    return found(*inputs, out=out, **kwargs) if out is not None else found(*inputs, **kwargs)


def with_array_function_protocol(func: Callable) -> Callable:
    """A decorator: inside the function NumPy hands its functions over to `mx.np`.

    NumPy always does so by now; MXNet 1.6 had to switch it on.
    """

    @functools.wraps(func)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return inside


def with_array_ufunc_protocol(func: Callable) -> Callable:
    """A decorator: the same for NumPy's ufuncs."""
    return with_array_function_protocol(func)
