"""Optimizer states as bytes: the content of `.states` files, which real MXNet reads and writes too.

A file is a Python pickle of a dict from index to state, or of that dict and the optimizer itself.
Classes are written under MXNet's module names.  Reading admits no classes but the ones that belong
there, so that a file from elsewhere cannot run code.
"""

import io
import pickle
import sys
from typing import Any

import numpy as np

from mxbook.base.errors import FileFormatError
from mxbook.base.sparse import SparseParts
from mxbook.formats import params
from mxbook.lr_scheduler import LRScheduler
from mxbook.ndarray.ndarray import NDArray
from mxbook.ndarray.utils import _as_arrays, _as_host
from mxbook.ops import sparse

from .optimizer import Optimizer

OURS, THEIRS = "mxbook", "mxnet"
PROTOCOL = 4
# A file of one array without a name is its record between these.
HEAD = params.dumps([])[:16] + (1).to_bytes(8, "little")
TAIL = (0).to_bytes(8, "little")


def _handle(module: str, name: str) -> type:
    """What stands for an array in a pickle of MXNet, with the state `{"handle": bytes of one
    record}`.
    """
    return type(name, (), {"__module__": module})


HANDLES = {
    "default": _handle("mxnet.ndarray.ndarray", "NDArray"),
    "row_sparse": _handle("mxnet.ndarray.sparse", "RowSparseNDArray"),
    "csr": _handle("mxnet.ndarray.sparse", "CSRNDArray"),
}


def _for_mxnet(host: Any) -> Any:
    """A state as MXNet can go on with it: where a row_sparse one has any rows, it has all."""
    if not isinstance(host, SparseParts) or host.stype != "row_sparse" or not len(host.indices):
        return host
    rows = np.arange(host.shape[0])
    return SparseParts("row_sparse", sparse.to_dense(np, host), rows, None, host.shape)


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]  # the one whose names can be changed
    def reducer_override(self, obj: Any) -> Any:
        """Write an array as MXNet does."""
        if isinstance(obj, NDArray):
            record = params.dumps([_for_mxnet(_as_host(obj))])[len(HEAD) : -len(TAIL)]
            return HANDLES[obj.stype], (None,), {"handle": bytearray(record)}
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write a class by MXNet's module name where it is one of ours."""
        module, name = obj.__module__, name or obj.__qualname__
        if isinstance(obj, type) and issubclass(obj, Optimizer) and module.startswith(OURS):
            module = f"mxnet.optimizer.{'contrib' if module.endswith('.contrib') else 'optimizer'}"
        elif module.split(".")[0] == OURS:
            module = THEIRS + module[len(OURS) :]
        elif obj not in HANDLES.values():
            super().save_global(obj, name)
            return
        self.save(module)
        self.save(name)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)


class _Array:
    """An NDArray being read; `_restored` puts the array in its place."""

    def __init__(self, _handle: Any = None):
        self.value: NDArray | None = None

    def __setstate__(self, state: dict) -> None:
        if state.get("handle") is not None:
            found = _as_arrays(*params.loads(HEAD + bytes(state["handle"]) + TAIL))
            self.value = found[0]  # type: ignore[index]


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """The class of this name if it may occur in a file of states."""
        if (module, name) in [(h.__module__, h.__name__) for h in HANDLES.values()]:
            return _Array
        if module == "mxnet.optimizer.optimizer":
            found = Optimizer.opt_registry.get(name.lower())
        elif (module, name) in _HARMLESS:
            found = super().find_class(module, name)
        else:
            ours = OURS + module[len(THEIRS) :] if module.split(".")[0] == THEIRS else module
            # Only what the program has imported already, and only of these two kinds.
            found = getattr(sys.modules.get(ours), name, None)
            if not (isinstance(found, type) and issubclass(found, Optimizer | LRScheduler)):
                found = None
        if found is None:
            raise FileFormatError(
                f"the file refers to {module}.{name}",
                rule="a file of optimizer states holds arrays, optimizers and schedulers only",
                hint="import the module of your own optimizer before loading",
            )
        return found


_HARMLESS = {
    ("builtins", "bytearray"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "complex"),
    ("collections", "OrderedDict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
}


def dumps(states: dict, optimizer: Optimizer | None = None) -> bytes:
    """The bytes of a file with states, and with the optimizer if given."""
    stream = io.BytesIO()
    _Pickler(stream, PROTOCOL).dump(states if optimizer is None else (states, optimizer))
    return stream.getvalue()


def loads(data: bytes) -> tuple[dict, Optimizer | None]:
    """States and optimizer (None without one) from the bytes of a file.

    Raises FileFormatError for anything else.

    >>> from mxbook import nd
    >>> loads(dumps({0: nd.ones(1)}))[0][0].asnumpy()
    array([1.], dtype=float32)
    """
    try:
        found = _Unpickler(io.BytesIO(data)).load()
    except FileFormatError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise FileFormatError(
            f"these are no optimizer states: {type(error).__name__}: {error}",
            rule="the content of a .states file, whole",
        ) from error
    found, optimizer = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    if not isinstance(found, dict) or not isinstance(optimizer, Optimizer | None):
        raise FileFormatError(
            f"these are no optimizer states: a {type(found).__name__}",
            rule="a dict from index to state, alone or with an optimizer",
        )
    if optimizer is not None:  # LBSGD keeps sums of gradients
        optimizer.__dict__ = _restored(optimizer.__dict__)
        optimizer._set_current_context(0)
    return _restored(found), optimizer


def _restored(value: Any) -> Any:
    """A state with the arrays in place of what was read for them."""
    if isinstance(value, _Array):
        return value.value
    if isinstance(value, dict):
        return {key: _restored(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_restored(v) for v in value)
    return value
