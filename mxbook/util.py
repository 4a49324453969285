"""`mx.util`: NumPy's semantics of shapes, on and off; folders; GPUs.

With `np_shape` on, as in MXNet, shapes of symbols may hold lengths of 0 and `()` (not known is -1
or None), and `x[0]` of an array with one axis has the shape `()`, not `(1,)`.  Arrays without
elements or axes can be made in either case.

Source: MXNet 1.6, `mxnet.util`.
"""

import functools
import inspect
import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from .backend import gpu as _gpu
from .base.context import Context
from .base.errors import ParameterError
from .base.semantics import local as _local
from .context import gpu_memory_info, num_gpus

# ---- folders, GPUs


def makedirs(d: str | os.PathLike) -> None:
    """Make a folder, and the ones it is in; nothing where it exists."""
    os.makedirs(os.path.expanduser(d), exist_ok=True)


def get_gpu_count() -> int:
    """How many CUDA devices can be used.

    >>> get_gpu_count() >= 0
    True
    """
    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Free and total bytes of a GPU; raises DeviceError where there is none."""
    return gpu_memory_info(gpu_dev_id)


def get_cuda_compute_capability(ctx: Context) -> int:
    """The compute capability of a GPU, such as 80 for 8.0.

    Raises ParameterError for another device, DeviceError where there is no GPU.
    """
    if ctx.device_type != "gpu":
        raise ParameterError(
            f"Expecting a gpu context to get cuda compute capability, while received ctx {ctx}"
        )
    return int(_gpu.load().cuda.Device(ctx.device_id).compute_capability)


# ---- NumPy's semantics


def is_np_shape() -> bool:
    """Whether shapes have NumPy's meaning in this thread."""
    return _local.np_shape


def set_np_shape(active: bool) -> bool:
    """Switch NumPy's meaning of shapes on or off in this thread; returns what it was.

    Raises ParameterError for switching it off while arrays are NumPy's.

    >>> before = set_np_shape(True)
    >>> is_np_shape(), set_np_shape(before)
    (True, True)
    """
    if not isinstance(active, int):
        raise ParameterError(f"np_shape cannot be {active!r}", rule="True or False")
    if not active and _local.np_array:
        raise ParameterError(
            "shapes cannot lose NumPy's meaning while arrays are NumPy's", hint="reset_np()"
        )
    before, _local.np_shape = _local.np_shape, bool(active)
    return before


def is_np_array() -> bool:
    """Whether Gluon makes arrays of `mx.np` in this thread."""
    return _local.np_array


def _set_np_array(active: bool) -> bool:
    """Switch between arrays of `mx.np` and `mx.nd` in this thread; returns what was on."""
    if active and find_spec("mxbook.numpy") is None:
        raise ParameterError("arrays cannot be NumPy's", rule="mxbook has no mx.np yet")
    before, _local.np_array = _local.np_array, bool(active)
    return before


class _Scope:
    """A `with` block that sets one of the two switches, and puts it back."""

    def __init__(self, switch: Callable[[bool], bool], active: bool):
        self._switch, self._active = switch, active
        self._before: list[bool] = []

    def __enter__(self) -> "_Scope":
        self._before.append(self._switch(self._active))
        return self

    def __exit__(self, ptype: Any, value: Any, trace: Any) -> None:
        self._switch(self._before.pop())


def np_shape(active: bool = True) -> _Scope:
    """A `with` block in which shapes have NumPy's meaning (or, with False, MXNet's).

    >>> from mxbook import nd
    >>> with np_shape():
    ...     nd.ones(3)[0].shape
    ()
    """
    return _Scope(set_np_shape, active)


def np_array(active: bool = True) -> _Scope:
    """A `with` block in which Gluon makes arrays of `mx.np` (or, with False, of `mx.nd`)."""
    return _Scope(_set_np_array, active)


def set_np(shape: bool = True, array: bool = True) -> None:
    """Switch NumPy's semantics of shapes and arrays in this thread.

    Raises ParameterError for arrays without shapes.
    """
    if array and not shape:
        raise ParameterError("NumPy Shape semantics is required in using NumPy array semantics.")
    _set_np_array(array)
    set_np_shape(shape)


def reset_np() -> None:
    """Back to MXNet 1.6's semantics of shapes and arrays."""
    set_np(shape=False, array=False)


def use_np_shape(func: Any) -> Any:
    """A decorator: the function, or all methods of the class, see NumPy's meaning of shapes.

    Raises TypeError for anything else.

    >>> use_np_shape(is_np_shape)()
    True
    """
    return _decorated(func, np_shape, "use_np_shape")


def use_np_array(func: Any) -> Any:
    """A decorator: the function, or all methods of the class, makes arrays of `mx.np`."""
    return _decorated(func, np_array, "use_np_array")


def use_np(func: Any) -> Any:
    """`use_np_shape` and `use_np_array` together."""
    return use_np_shape(use_np_array(func))


def _decorated(func: Any, scope: Callable[[], _Scope], name: str) -> Any:
    if inspect.isclass(func):
        for attribute, value in vars(func).copy().items():
            if inspect.isfunction(value):
                setattr(func, attribute, _decorated(value, scope, name))
            elif isinstance(value, property):
                parts = (value.fget, value.fset, value.fdel)
                inner = [part and _decorated(part, scope, name) for part in parts]
                setattr(func, attribute, property(*inner, value.__doc__))
        return func
    if not callable(func):
        raise TypeError(
            f"{name} can only decorate classes and callable objects, while received a {type(func)}"
        )

    @wraps_safely(func)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with scope():
            return func(*args, **kwargs)

    return inside


def wraps_safely(wrapped: Callable, assigned: tuple = functools.WRAPPER_ASSIGNMENTS) -> Callable:
    """`functools.wraps`, for callables that lack some of the attributes, too."""
    return functools.wraps(wrapped, [name for name in assigned if hasattr(wrapped, name)])


def set_module(module: str) -> Callable:
    """A decorator that says in which module a function or class is shown to be."""

    def decorator(func: Any) -> Any:
        if module is not None:
            func.__module__ = module
        return func

    return decorator


# ---- arguments that NumPy's functions take and MXNet's ignore

_TYPES = ("float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool", "bool_")
_LEGAL = {
    "where": lambda value: value is True,
    "subok": lambda value: value is True,
    "casting": lambda value: value in ("no", "equiv", "safe", "same_kind", "unsafe"),
    "order": lambda value: value in ("C", "F", "A", "K"),
    "dtype": lambda value: getattr(value, "__name__", str(value)) in _TYPES,
}
_USUAL = {"where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True}


def np_ufunc_legal_option(key: str, value: Any) -> bool:
    """Whether a NumPy function could take this argument.

    >>> np_ufunc_legal_option("casting", "safe"), np_ufunc_legal_option("casting", "x")
    (True, False)
    """
    return key in _LEGAL and bool(_LEGAL[key](value))


def wrap_np_unary_func(func: Callable) -> Callable:
    """A function of one array that also takes NumPy's further arguments, where they change nothing.

    The function raises TypeError for other names, ParameterError for values that would change
    something.
    """

    @wraps_safely(func)
    def takes_more(x: Any, out: Any = None, **kwargs: Any) -> Any:
        _check_usual(func, kwargs)
        return func(x, out=out)

    return takes_more


def wrap_np_binary_func(func: Callable) -> Callable:
    """A function of two arrays that also takes NumPy's further arguments; see the one for one."""

    @wraps_safely(func)
    def takes_more(x1: Any, x2: Any, out: Any = None, **kwargs: Any) -> Any:
        _check_usual(func, kwargs)
        return func(x1, x2, out=out)

    return takes_more


def _check_usual(func: Callable, options: dict[str, Any]) -> None:
    for key, value in options.items():
        if key not in _USUAL:
            raise TypeError(f"{key} is an invalid keyword to function {func.__name__!r}")
        if value != _USUAL[key]:
            raise ParameterError(
                f"{key}={value} is not implemented yet for operator {func.__name__}",
                rule=f"{key}={_USUAL[key]}",
            )
