"""Parameters: the arrays of a network that are learned, one copy on each device.

A parameter is made with a name and a shape, gets its values from `initialize`, and may wait for a
shape that only the first batch of data tells (deferred initialisation).

    weight = mx.gluon.Parameter("weight", shape=(2, 2))
    weight.initialize(ctx=mx.cpu(0))
    weight.data()                   # the array; weight.grad() its gradient

Source: MXNet 1.6, `mxnet.gluon.parameter`.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mxbook import autograd, initializer
from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base import sites
from mxbook.base.context import Context, cpu, current_context
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.base.semantics import local as semantics
from mxbook.base.sparse import STYPES
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol

from .parameter_errors import (
    DeferredInitializationError,
    deferred,
    elsewhere,
    is_sparse,
    no_trainer,
    not_initialized,
    not_row_sparse,
)
from .utils import shape_is_known

__all__ = [
    "Constant",
    "DeferredInitializationError",
    "Parameter",
    "ParameterDict",
    "tensor_types",
]

tensor_types = (Symbol, NDArray)
GRAD_REQS = ("write", "add", "null")


class Parameter:
    """A learned array with copies on one or several devices.

    name                 how it is found in a ParameterDict and in files
    grad_req             `write` (each backward overwrites the gradient), `add` (accumulates) or
    `null` (none)
    shape                0 stands for a length that the first batch of data tells
    lr_mult, wd_mult     factors on learning rate and weight decay
    init                 initializer of its own
    allow_deferred_init  whether unknown lengths are allowed in `initialize`
    differentiable       whether it can have a gradient at all
    stype                storage type of the values: `default`, `row_sparse` or `csr`
    grad_stype           storage type of the gradients

    A row_sparse parameter lives on the trainer's key-value store; only the rows that a batch needs
    are fetched, with `row_sparse_data`.

    >>> weight = Parameter("weight", shape=(2, 2))
    >>> weight.initialize(initializer.One())
    >>> weight.data().asnumpy().tolist(), weight.grad().asnumpy().tolist()
    ([[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]])
    """

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: int | Sequence[int] | None = None,
        dtype: Any = np.float32,
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ):
        self.name = name
        self.lr_mult = lr_mult
        self.wd_mult = wd_mult
        self.init = init
        # Names with an underscore are MXNet's own, used by other packages (gluonnlp, sockeye,
        # gluoncv).
        self._shape = (
            (shape,) if isinstance(shape, int) else None if shape is None else tuple(shape)
        )
        self._dtype = dtype
        self._var: Symbol | None = None
        self._data: list[NDArray] | None = None
        self._grad: list[NDArray] | None = None
        self._ctx_list: list[Context] | None = None
        self._ctx_map: list[list] | None = None  # [device type & 1][number] -> index into _data
        self._trainer: Any = None
        # While the shape is unknown: (init, contexts, default init, values or None).
        self._deferred_init: tuple = ()
        self._allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self._stype = _storage_type(name, "stype", stype)
        self._grad_stype = _storage_type(name, "grad_stype", grad_stype)
        self._grad_req = "null"
        self.grad_req = grad_req
        self._site = sites.here(2)
        self._owner = ""  # the block it belongs to, in words
        self._given = False  # whether its values came from set_data or a file

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    def __getstate__(self) -> dict:
        # A site refers to running code and cannot be written to a file.
        return {**self.__dict__, "_site": None}

    # ---- what it is

    @property
    def grad_req(self) -> str:
        """What backward does with the gradient: `write`, `add` or `null`."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req not in GRAD_REQS:
            raise ParameterError(f"grad_req cannot be {req!r}", rule="write, add or null")
        if not self._differentiable:
            req = "null"
        if self._grad_req == req:
            return
        self._grad_req = req
        if req == "null" and self._grad is not None:
            self._grad = None
            self._data = [d.detach() for d in self._data or ()]
        elif self._data is not None:
            self._init_grad()

    @property
    def dtype(self) -> Any:
        """Element type; assigning converts the arrays."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Length along each axis, 0 where unknown (-1 with NumPy's semantics of shapes); None when
        nothing is known."""
        if semantics.np_shape and self._shape is not None:
            return tuple(d or -1 for d in self._shape)
        return self._shape

    @shape.setter
    def shape(self, new_shape: Sequence[int]) -> None:
        old, new = self._shape, tuple(max(0, d) for d in new_shape)
        fits = old is None or (
            len(old) == len(new) and all(a <= 0 or a == b for a, b in zip(old, new, strict=True))
        )
        if not fits:
            raise ShapeError(
                f"the parameter {self.name!r} cannot take the shape {new}",
                rule=f"it must agree with {old}, where 0 is unknown",
                place=self._made(),
            )
        self._shape = new

    def _made(self) -> list[tuple[str, str]]:
        """Where it was made, as the place of an error."""
        return [("made", str(self._site))] if self._site else []

    def var(self) -> Symbol:
        """A symbol that stands for the parameter in a graph."""
        if self._var is None:
            self._var = sym.var(
                self.name,
                shape=self.shape,
                dtype=self.dtype,
                lr_mult=self.lr_mult,
                wd_mult=self.wd_mult,
                init=self.init,
                stype=self._stype,
            )
        return self._var.as_np_ndarray() if semantics.np_array else self._var

    # ---- getting values

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        default_init: Any = initializer.Uniform(),  # noqa: B008 - MXNet's default, never changed
        force_reinit: bool = False,
    ) -> None:
        """Give the parameter values and room for its gradient on one or several devices.

        The first of `init`, the parameter's own `init` and `default_init` that is given counts.
        With an unknown shape it only notes what to do.

        Raises ParameterError for an unknown shape where `allow_deferred_init` is off.
        """
        if self._data is not None and not force_reinit:
            warnings.warn(
                f"Parameter '{self.name}' is already initialized, ignoring. "
                "Set force_reinit=True to re-initialize.",
                stacklevel=4,
            )
            return
        self._data = self._grad = None
        init = init if init is not None else default_init if self.init is None else self.init
        self._deferred_init = (init, _contexts(ctx), default_init, None)
        if shape_is_known(self.shape):
            self._finish_deferred_init()
        elif not self._allow_deferred_init:
            self._deferred_init = ()
            raise ParameterError(
                f"the parameter {self.name!r} cannot be initialized: its shape is {self.shape}",
                rule="every length known, or allow_deferred_init=True",
                place=self._made(),
            )

    def _finish_deferred_init(self) -> None:
        """Do what `initialize` has put off, now that the shape is known."""
        if not self._deferred_init:
            return
        init, ctx, default_init, data = self._deferred_init
        if not shape_is_known(self.shape):
            raise ShapeError(
                f"the parameter {self.name!r} cannot be initialized: its shape is {self.shape}",
                rule="the first batch of data must tell every length",
                place=self._made(),
                hint="say in_units, in_channels, ... where the layer is made",
            )
        self._deferred_init = ()
        with autograd.pause():
            if data is None:
                data = nd.zeros(self.shape, dtype=self.dtype, ctx=cpu(), stype=self._stype)
                self._fill(data, init, default_init)
            self._init_impl(data, ctx)

    def _fill(self, data: NDArray, init: Any, default_init: Any) -> None:
        """Let the initializer write the values."""
        init = initializer.create(init)
        if isinstance(init, initializer.Initializer):
            desc = initializer.InitDesc(self.name, {"__init__": init})
            initializer.create(default_init)(desc, data)
        else:  # Mixed, Load, or a function (name, array): it decides by the name itself
            init(initializer.InitDesc(self.name), data)

    def _init_impl(self, data: NDArray, ctx_list: Iterable[Context]) -> None:
        """Put copies of the values on the devices."""
        data = _stored_as(data, self._stype)
        self._ctx_list = list(ctx_list)
        self._ctx_map = [[], []]
        for i, ctx in enumerate(self._ctx_list):
            row = self._ctx_map[ctx.device_typeid & 1]
            row += [None] * (ctx.device_id + 1 - len(row))
            row[ctx.device_id] = i
        self._data = [data.copyto(ctx) for ctx in self._ctx_list]
        self._init_grad()

    def _init_grad(self) -> None:
        """Make room for the gradients and mark the arrays as variables."""
        if self.grad_req == "null":
            self._grad = None
            return
        data = self._data or []
        self._grad = [
            nd.zeros(d.shape, dtype=d.dtype, ctx=d.context, stype=self._grad_stype) for d in data
        ]
        autograd.mark_variables(data, self._grad, self.grad_req)

    def _load_init(
        self, data: NDArray, ctx: Any, cast_dtype: bool = False, dtype_source: str = "current"
    ) -> None:
        """Take values from a file; see `Block.load_parameters`."""
        if self.shape is not None:
            self._check_loaded_shape(data)
        if np.dtype(self.dtype) != np.dtype(data.dtype):
            data = self._matched_type(data, cast_dtype, dtype_source)
        wanted = None if ctx is None else _contexts(ctx)
        have = self._deferred_init[1] if self._deferred_init else self._ctx_list
        if wanted is not None and have is not None and set(wanted) != set(have):
            raise ParameterError(
                f"the parameter {self.name!r} cannot be loaded to {wanted}",
                rule=f"it is initialized on {have}",
                hint="move it with reset_ctx, or leave ctx out",
            )
        self.shape = data.shape
        self._given = True
        self._deferred_init = ()
        if self._data is None:
            with autograd.pause():
                self._init_impl(data, have or wanted or [cpu()])
        else:
            self.set_data(data)

    def _check_loaded_shape(self, data: NDArray) -> None:
        own = self.shape or ()
        same = len(own) == len(data.shape)
        if not (same and all(a in (0, -1, b) for a, b in zip(own, data.shape, strict=True))):
            raise ShapeError(
                f"the loaded {self.name!r} does not fit",
                values=[("parameter", str(own)), ("loaded", str(data.shape))],
                place=self._made(),
            )

    def _matched_type(self, data: NDArray, cast_dtype: bool, dtype_source: str) -> NDArray:
        """Loaded values in the parameter's type, or the parameter in theirs."""
        if not cast_dtype:
            raise DTypeError(
                f"the loaded {self.name!r} has another element type",
                values=[
                    ("parameter", np.dtype(self.dtype).name),
                    ("loaded", np.dtype(data.dtype).name),
                ],
                hint="cast_dtype=True converts",
            )
        if dtype_source not in ("current", "saved"):
            raise ParameterError(
                f"dtype_source cannot be {dtype_source!r}", rule="current or saved"
            )
        if dtype_source == "current":
            return data.astype(self.dtype)
        self.cast(data.dtype)
        return data

    def set_data(self, data: NDArray) -> None:
        """Overwrite the values on all devices."""
        self.shape = data.shape
        self._given = True
        if self._data is None:
            if not self._deferred_init:
                raise not_initialized(self)
            self._deferred_init = (*self._deferred_init[:3], data)
            return
        trainer = self._trainer
        on_store = trainer is not None and trainer._kv_initialized and trainer._update_on_kvstore
        if on_store and self not in trainer._params_to_init:
            trainer._reset_kvstore()  # the store's value is the one that counts
        for array in self._data:
            array[:] = data

    # ---- looking at values

    def _check_and_get(self, arr_list: list | None, ctx: Any) -> Any:
        """The array for a device out of `_data` or `_grad`, or all of them for `ctx=list`."""
        if arr_list is not None:
            if ctx is list:
                return arr_list
            if ctx is None:
                if len(arr_list) == 1:
                    return arr_list[0]
                ctx = current_context()
            row = self._ctx_map[ctx.device_typeid & 1]  # type: ignore[index]
            index = row[ctx.device_id] if ctx.device_id < len(row) else None
            if index is not None:
                return arr_list[index]
            raise elsewhere(self, ctx)
        if self._deferred_init:
            raise deferred([self])
        raise not_initialized(self)

    def data(self, ctx: Context | None = None) -> NDArray:
        """The array on a device (the only one, or the current one).

        Raises DeferredInitializationError before the first forward pass where that tells the
        shape, and RuntimeError before `initialize`, for a device that the parameter is not on, or
        for a sparse parameter.
        """
        if self._stype != "default":
            raise is_sparse(self, "data()")
        return _seen(self._check_and_get(self._data, ctx))

    def list_data(self) -> list[NDArray]:
        """The arrays on all devices, in the order of `list_ctx`; see `data`."""
        if self._stype != "default":
            raise is_sparse(self, "list_data()")
        return [_seen(a) for a in self._copies()]

    def _copies(self) -> list[NDArray]:
        """The arrays on all devices, also those of a sparse parameter."""
        return self._check_and_get(self._data, list)

    def grad(self, ctx: Context | None = None) -> NDArray:
        """The gradient on a device; see `data`."""
        self._check_has_grad()
        return _seen(self._check_and_get(self._grad, ctx))

    def list_grad(self) -> list[NDArray]:
        """The gradients on all devices, in the order of `list_ctx`."""
        self._check_has_grad()
        return [_seen(a) for a in self._check_and_get(self._grad, list)]

    def _check_has_grad(self) -> None:
        if self._data is not None and self._grad is None:
            raise RuntimeError(
                f"Cannot get gradient array for Parameter '{self.name}' because grad_req='null'"
            )

    def list_ctx(self) -> list[Context]:
        """The devices it is on, or will be."""
        if self._data is not None:
            return self._ctx_list or []
        if self._deferred_init:
            return self._deferred_init[1]
        raise not_initialized(self)

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """The rows with these numbers of a row_sparse parameter, on the device of `row_id`.

        They are fetched from the store of the parameter's trainer.  Raises RuntimeError for a
        parameter that is not row_sparse or has no trainer.
        """
        if self._stype != "row_sparse":
            raise not_row_sparse(self, "row_sparse_data()")
        if not isinstance(row_id, NDArray):
            raise DTypeError(f"row_id is a {type(row_id).__name__}", rule="an NDArray")
        return self._pulled(row_id, row_id.context)

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """The rows with these numbers on all devices; see `row_sparse_data`."""
        if self._stype != "row_sparse":
            raise not_row_sparse(self, "list_row_sparse_data()")
        return self._pulled(row_id, list)

    def _pulled(self, row_id: NDArray, ctx: Any) -> Any:
        """The array for a device (or all for `ctx=list`), with these rows fetched."""
        if not self._trainer:
            raise no_trainer(self)
        arrays = self._check_and_get(self._data, ctx)
        self._trainer._row_sparse_pull(self, arrays, row_id)
        return arrays

    # ---- changing it

    def zero_grad(self) -> None:
        """Set the gradients to 0; needed between steps with `grad_req="add"` only."""
        for grad in self._grad or ():
            nd.zeros_like(grad, out=grad)

    def _reduce(self) -> NDArray:
        """The value on the processor, as it is written to files: the mean of the copies.

        Of a sparse parameter its trainer has all rows; without one the copies are whole.
        """
        if self._stype != "default" and self._trainer:
            whole = nd.zeros(self.shape, dtype=self.dtype, ctx=cpu(), stype=self._stype)
            self._trainer._pull_whole(self, whole)
            return whole
        copies = [d.copyto(cpu()) for d in self._copies()]
        return copies[0] if len(copies) == 1 else nd.add_n(*copies) / len(copies)

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move the parameter to other devices."""
        targets = _contexts(ctx)
        if self._data is not None:
            with autograd.pause():
                self._init_impl(self._reduce(), targets)
        elif self._deferred_init:
            self._deferred_init = (self._deferred_init[0], targets, *self._deferred_init[2:])
        else:
            raise ParameterError(
                f"the parameter {self.name!r} cannot be moved: it has not been initialized"
            )

    def cast(self, dtype: Any) -> None:
        """Convert values and gradients to another element type."""
        self._dtype = dtype
        if self._var is not None:
            self._var = None
        if self._data is None:
            return
        with autograd.pause():
            self._data = [d.astype(dtype) for d in self._data]
            if self._grad is not None:
                self._grad = [g.astype(dtype) for g in self._grad]
                autograd.mark_variables(self._data, self._grad, self.grad_req)

    def _set_trainer(self, trainer: Any) -> None:
        """Note which trainer changes the values.

        Raises RuntimeError for a second one of a sparse parameter, whose values are on a store.
        """
        if self._stype != "default" and self._trainer and trainer and self._trainer is not trainer:
            raise RuntimeError(
                f"Failed to set the trainer for Parameter '{self.name}' because it was already set."
                f" More than one trainers for a {self._stype} Parameter is not supported."
            )
        self._trainer = trainer


class Constant(Parameter):
    """An array that belongs to a network and never changes; it has no gradient.

    >>> c = Constant("c", [[1, 2], [3, 4]])
    >>> c.initialize()
    >>> c.data().asnumpy().tolist(), c.grad_req
    ([[1.0, 2.0], [3.0, 4.0]], 'null')
    """

    def __init__(self, name: str, value: Any):
        self.value = value if isinstance(value, NDArray) else nd.array(value)
        super().__init__(
            name,
            grad_req="null",
            shape=self.value.shape,
            dtype=self.value.dtype,
            init=initializer.Constant(self.value),
        )

    @property
    def grad_req(self) -> str:
        """Always `null`."""
        return "null"

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req != "null":
            warnings.warn(
                f'Constant parameter "{self.name}" does not support grad_req other than "null", '
                f'and new value "{req}" is ignored.',
                stacklevel=2,
            )


def _contexts(ctx: Context | Sequence[Context] | None) -> list[Context]:
    """One context, several, or none (the current one) as a list."""
    if ctx is None:
        return [current_context()]
    return [ctx] if isinstance(ctx, Context) else list(ctx)


def _storage_type(name: str, what: str, stype: str) -> str:
    if stype not in STYPES:
        raise ParameterError(
            f"{what} of the parameter {name!r} cannot be {stype!r}", rule="default, row_sparse, csr"
        )
    return stype


def _seen(array: NDArray) -> NDArray:
    """The array as user code wants it: an `mx.np.ndarray` after `npx.set_np()`."""
    if not semantics.np_array or array.stype != "default":
        return array
    return array.as_np_ndarray()


def _stored_as(data: NDArray, stype: str) -> NDArray:
    """An array in a storage type; itself where it has that already."""
    return data if data.stype == stype else nd.cast_storage(data, stype=stype)


from .parameter_dict import ParameterDict  # noqa: E402 - it is made of Parameters
