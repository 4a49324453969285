"""The array as the imperative layer sees it: a handle with five slots.

`_data` the raw NumPy or CuPy array, always in C order, or SparseParts of them; `_spec` shape,
dtype, context and storage type; `_var` the engine's variable, or None while nothing was ever
pending; `_entry` the place in the graph, or None; `_origin` (what made it, code object, offset[,
mark]).
"""

import sys
import time
from typing import Any

from mxbook import backend, engine, storage
from mxbook.base.config import config
from mxbook.base.context import Context
from mxbook.base.dtypes import as_dtype
from mxbook.base.sites import PACKAGE, Site
from mxbook.base.spec import Spec, spec_of
from mxbook.graph.node import Entry
from mxbook.ops import sparse

array_class: Any = None  # NDArray; registers itself
classes: dict[str, Any] = {}  # the class of each storage type
numpy_class: Any = None  # mx.np.ndarray, once `mx.np` is there; registers itself
_new = object.__new__


def register_array(cls: type, stype: str = "default") -> None:
    """Tell `invoke` the class of results of a storage type; it has the slots that `wrap` fills."""
    global array_class
    classes[stype] = cls
    array_class = classes["default"]


def register_numpy(cls: type) -> None:
    """Tell `invoke` the class of arrays with NumPy's semantics."""
    global numpy_class
    numpy_class = cls


def class_for(arrays: Any) -> Any:
    """The class of results of these inputs: NumPy's if one of them has it, else None: the usual."""
    if numpy_class is None:
        return None
    return numpy_class if any(type(a) is numpy_class for a in arrays) else None


def plain(array: Any) -> Any:
    """The array as one of MXNet's own class, as gradient rules want it; same memory and entry."""
    if numpy_class is None or type(array) is not numpy_class:
        return array
    return as_class(array, array_class)


def as_class(array: Any, cls: type) -> Any:
    """The same memory, and place in the graph, as a dense array of another class."""
    if type(array) is cls:
        return array
    other = wrap(array._data, array._spec, array._origin, cls)
    other._var = variable_of(array)
    other._entry = array._entry
    return other


def wrap(data: Any, spec: Spec, origin: tuple | None = None, cls: type | None = None) -> Any:
    """An NDArray over raw data, without calling a constructor.

    `origin` is (plan, code object, offset): what made it, and where in the program.
    """
    array = _new(cls or classes[spec.stype])
    array._data = data
    array._spec = spec
    array._var = array._entry = None
    array._origin = origin
    return array


def empty(spec: Spec) -> Any:
    """Raw data of this kind with unset values (sparse: zeros); large host arrays come from the
    storage pool."""
    if spec.stype != "default":
        return sparse.empty(backend.array_module(spec.ctx), spec.stype, spec.shape, spec.dtype)
    if spec.ctx.device_typeid == backend.GPU:
        return backend.gpu.empty(spec.shape, spec.dtype, spec.ctx)
    if spec.nbytes < config.pool_smallest:
        return backend.cpu.empty(spec.shape, spec.dtype)
    return backend.cpu.shaped(storage.allocate(spec.nbytes), spec.shape, spec.dtype)


def variable_of(array: Any) -> engine.Variable:
    """The engine's variable of an array; most arrays need none and have none."""
    if array._var is None:
        array._var = engine.new_variable()
    return array._var


def idle(array: Any) -> bool:
    """Whether nothing is pending on the array and nothing has failed."""
    var = array._var
    return var is None or (var.pending == 0 and var.error is None)


def alias(array: Any, entry: Entry | None = None) -> Any:
    """A second handle on the same memory, with its own place in the graph (or none)."""
    other = wrap(array._data, array._spec, array._origin, type(array))
    other._var = array._var
    other._entry = entry
    return other


def view(array: Any, data: Any, spec: Spec, origin: tuple | None) -> Any:
    """A handle on a part of the array's memory: what is pending on one is pending on both."""
    other = wrap(data, spec, origin, type(array))
    other._var = variable_of(array)
    return other


def wait(array: Any) -> None:
    """Wait until the array has its value; raises the error of the operation that failed to make
    it."""
    if array._var is not None:
        engine.wait_for_var(array._var)


def origin_of(made_by: Any, mark: str = "", depth: int = 2) -> tuple:
    """`made_by` with code object and offset of the innermost caller outside mxbook, and a mark.

    The mark tells why an array may have no place in the graph; see `tape.not_recorded`.
    """
    frame: Any = sys._getframe(depth)
    first = frame
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    frame = frame or first
    return (made_by, frame.f_code, frame.f_lasti, mark)


def site_of(array: Any) -> Site | None:
    """Where in the program the array was made."""
    return Site(*array._origin[1:3]) if array._origin else None


def from_host(data: Any, ctx: Context | None = None, cls: type | None = None) -> Any:
    """A new array on a device (the current one) with the values and type of a NumPy array."""
    spec = spec_of(data.shape, as_dtype(data.dtype), ctx)
    if spec.ctx.device_typeid == backend.GPU:
        raw = backend.gpu.to_device(data, spec.ctx)
    else:
        raw = empty(spec)
        raw[...] = data
    return wrap(raw, spec, origin_of("array", "host"), cls)


def to_host(array: Any) -> Any:
    """A NumPy copy of the array's value; waits for it."""
    if array._var is not None:
        engine.wait_for_var(array._var)
    started = time.perf_counter()
    data, to_host = array._data, backend.module_for(array._spec.ctx).to_host
    if array._spec.stype == "default":
        result = to_host(data)
    else:
        result = sparse.to_dense(backend.cpu.xp, sparse.map_parts(to_host, data))
    engine.note_copy(time.perf_counter() - started, result.nbytes)
    return result
