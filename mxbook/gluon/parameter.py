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
from mxbook.base.errors import DTypeError, MXNetError, ParameterError, ShapeError
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol

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


class DeferredInitializationError(MXNetError):
    """A parameter was asked for before the first forward pass told its shape."""


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
        self._stype = _dense("stype", stype)
        self._grad_stype = _dense("grad_stype", grad_stype)
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
        """Length along each axis, 0 where unknown; None when nothing is known."""
        return self._shape

    @shape.setter
    def shape(self, new_shape: Sequence[int]) -> None:
        old, new = self._shape, tuple(new_shape)
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
            )
        return self._var

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
                data = nd.zeros(self.shape, dtype=self.dtype, ctx=cpu())
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
        self._grad = [nd.zeros(d.shape, dtype=d.dtype, ctx=d.context) for d in data]
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
                raise _not_initialized(self)
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
            raise _elsewhere(self, ctx)
        if self._deferred_init:
            raise deferred([self])
        raise _not_initialized(self)

    def data(self, ctx: Context | None = None) -> NDArray:
        """The array on a device (the only one, or the current one).

        Raises DeferredInitializationError before the first forward pass where that tells the
        shape, and RuntimeError before `initialize` or for a device that the parameter is not on.
        """
        return self._check_and_get(self._data, ctx)

    def list_data(self) -> list[NDArray]:
        """The arrays on all devices, in the order of `list_ctx`."""
        return self._check_and_get(self._data, list)

    def grad(self, ctx: Context | None = None) -> NDArray:
        """The gradient on a device; see `data`."""
        self._check_has_grad()
        return self._check_and_get(self._grad, ctx)

    def list_grad(self) -> list[NDArray]:
        """The gradients on all devices, in the order of `list_ctx`."""
        self._check_has_grad()
        return self._check_and_get(self._grad, list)

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
        raise _not_initialized(self)

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """Rows of a row_sparse parameter; raises RuntimeError, because this one is dense."""
        raise _is_dense(self, "row_sparse_data")

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """Rows of a row_sparse parameter on all devices; raises RuntimeError for a dense one."""
        raise _is_dense(self, "list_row_sparse_data")

    # ---- changing it

    def zero_grad(self) -> None:
        """Set the gradients to 0; needed between steps with `grad_req="add"` only."""
        for grad in self._grad or ():
            grad[:] = 0

    def _reduce(self) -> NDArray:
        """The mean of the copies, on the processor; what is written to files."""
        copies = [d.copyto(cpu()) for d in self.list_data()]
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
        """Note which trainer changes the values."""
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


def _dense(what: str, stype: str) -> str:
    """A storage type, which must be `default`."""
    if stype in ("row_sparse", "csr"):
        raise ParameterError(f"{what}={stype!r} needs sparse arrays, which mxbook has not yet")
    if stype != "default":
        raise ParameterError(f"{what} cannot be {stype!r}", rule="default, row_sparse or csr")
    return stype


# MXNet raises plain RuntimeErrors here, and code that reads parameters catches them by that type.


def _not_initialized(parameter: Parameter) -> RuntimeError:
    error = MXNetError(
        f"Parameter '{parameter.name}' has not been initialized",
        place=parameter._made(),
        hint="call net.initialize(); make the Trainer from net.collect_params(): net.params "
        "leaves out the parameters of child blocks",
    )
    return RuntimeError(str(error))


def _elsewhere(parameter: Parameter, ctx: Context) -> RuntimeError:
    return RuntimeError(
        f"Parameter '{parameter.name}' was not initialized on context {ctx}. "
        f"It was only initialized on {parameter._ctx_list}."
    )


def _is_dense(parameter: Parameter, method: str) -> RuntimeError:
    return RuntimeError(
        f"Cannot return rows of Parameter '{parameter.name}' via {method}() because its storage "
        "type is default. Please use data() instead."
    )


def deferred(parameters: Sequence[Parameter]) -> DeferredInitializationError:
    """The error about parameters whose blocks have not run yet: which, where made, what to do."""
    owners: dict[tuple, list[str]] = {}
    for p in parameters:
        place = f"   made {p._site}" if p._site else ""
        owners.setdefault((p._owner or "parameter", place), []).append(p.name)
    rows = [
        ("never ran", f"{owner} ({', '.join(names)}){place}")
        for (owner, place), names in owners.items()
    ]
    names = ", ".join(f"'{p.name}'" for p in parameters)
    return DeferredInitializationError(
        f"Parameter {names} has not been initialized yet because initialization was deferred",
        rule="a block's parameters get their shapes, and with them values, when it first runs",
        values=rows,
        hint="pass one batch through the network first, net(x), in a way that reaches every block; "
        "or give the shapes: Dense(..., in_units=...), Conv2D(..., in_channels=...)",
    )


from .parameter_dict import ParameterDict  # noqa: E402 - it is made of Parameters
