"""Executors: symbols bound to arrays, in the manner of MXNet 1.6.

    executor = symbol.bind(mx.cpu(), {"x": x, "w": w}, args_grad={"w": grad})
    executor.forward(is_train=True)
    executor.backward()

An executor runs its symbol as one program (`imperative/cached.py`), or node by node while a monitor
watches; recorded on the tape when training, so `backward` is the one of `mx.autograd`. The arrays
are the caller's: they are read anew in every `forward`, gradients are written or added to the
arrays given for them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mxbook import autograd
from mxbook.base.context import Context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import MXNetError, ParameterError, ShapeError, nearest
from mxbook.graph.node import Node
from mxbook.imperative import arrays as _arrays
from mxbook.imperative import tape
from mxbook.ndarray.creation import zeros
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.evaluate import cached, evaluate
from mxbook.symbol.symbol import Symbol, output_name


class Executor:
    """A symbol with its arrays; made by `Symbol.bind` and `Symbol.simple_bind`.

    `arg_arrays`, `grad_arrays` (None where no gradient is wanted) and `aux_arrays` are lists in the
    order of the symbol's arguments and states, `outputs` the results of the last `forward`; the
    same by name are `arg_dict`, `grad_dict`, `aux_dict`, `output_dict`.  `handle` is the three
    lists.

    >>> import mxbook as mx
    >>> x, grad = mx.nd.array([1, 2]), mx.nd.zeros(2)
    >>> executor = (mx.sym.var("x") ** 2).bind(mx.cpu(), {"x": x}, {"x": grad})
    >>> executor.forward(is_train=True)[0].asnumpy()
    array([1., 4.], dtype=float32)
    >>> executor.backward()
    >>> grad.asnumpy()
    array([2., 4.], dtype=float32)

    Source: MXNet 1.6, `mxnet.executor.Executor`.
    """

    def __init__(self, handle: tuple, symbol: Symbol, ctx: Context, grad_req: Any, group2ctx: Any):
        self.arg_arrays, self.grad_arrays, self.aux_arrays = handle
        self._symbol, self._ctx = symbol, ctx
        self._names = symbol.list_arguments()
        self._aux_names = symbol.list_auxiliary_states()
        self._reqs = _requests(self._names, grad_req)
        self._memory: dict[Node, dict] = {}
        self._cached = cached(symbol._entries, "executor", self._memory)
        self._variables: list[Node] = []
        self._heads: list[NDArray] = []  # the outputs that gradients can flow from
        self._places: list[bool] = []  # which outputs these are
        self._trained = False
        self._outputs: list[NDArray] | None = None
        self._monitor: Callable[[str, NDArray], Any] | None = None
        self._monitor_all = False

    # ---- the arrays by name

    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """The arguments by name."""
        return dict(zip(self._names, self.arg_arrays, strict=True))

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The arrays for the gradients by the arguments' names; None where there is none."""
        return dict(zip(self._names, self.grad_arrays, strict=True))

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """The auxiliary states by name."""
        return dict(zip(self._aux_names, self.aux_arrays, strict=True))

    @property
    def outputs(self) -> list[NDArray]:
        """The results of the last `forward`; zeros before the first."""
        if self._outputs is None:
            _, found, _ = self._symbol.infer_shape(**self._shapes())
            _, types, _ = self._symbol.infer_type(**self._types())
            self._outputs = [
                zeros(s, ctx=self._ctx, dtype=t) for s, t in zip(found, types, strict=True)
            ]
        return self._outputs

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The results of the last `forward` by name."""
        return dict(zip(self._symbol.list_outputs(), self.outputs, strict=True))

    def _all(self) -> dict[str, NDArray]:
        return {**self.arg_dict, **self.aux_dict}

    def _shapes(self) -> dict[str, tuple]:
        return {name: array.shape for name, array in self._all().items()}

    def _types(self) -> dict[str, Any]:
        return {name: array.dtype for name, array in self._all().items()}

    # ---- computing

    def forward(self, is_train: bool = False, **kwargs: NDArray) -> list[NDArray]:
        """Compute the outputs, in training mode and ready for `backward` if `is_train`.

        Arrays given by name are copied into the arguments first.  Raises ParameterError for an
        unknown name, ShapeError for another shape.
        """
        for name, array in kwargs.items():
            self._feed(name, array)
        self._variables = []
        given = {n: self._input(n, i, is_train) for i, n in enumerate(self._names)}
        values = {**given, **self.aux_dict}
        scope = autograd.record() if is_train else autograd.pause()
        with self._ctx, scope:
            if self._monitor is None:
                found = self._cached([values[v.name] for v in self._cached.variables])
            else:
                found = evaluate(self._symbol._entries, values, self._memory, self._watch)
        self._trained = bool(is_train)
        self._places = [a._entry is not None for a in found]
        self._heads = [a for a in found if a._entry is not None]
        self._outputs = [_arrays.alias(a) for a in found]
        return self._outputs

    def _feed(self, name: str, array: NDArray) -> None:
        known = self.arg_dict
        if name not in known:
            raise ParameterError(
                f"there is no argument {name!r}",
                rule=", ".join(known),
                hint=nearest(name, known),
            )
        if not isinstance(array, NDArray):
            raise ParameterError(f"{name} is a {type(array).__name__}, not an NDArray")
        if array.shape != known[name].shape:
            raise ShapeError(
                f"{name} has another shape than the executor was bound with",
                values=[("bound", str(known[name].shape)), ("given", str(array.shape))],
                hint="executor.reshape(...) gives one for other shapes",
            )
        known[name][:] = array

    def _input(self, name: str, i: int, is_train: bool) -> NDArray:
        """An argument as the tape's variable, whatever else the array is part of."""
        array = self.arg_arrays[i]
        _arrays.variable_of(array)  # both handles are ordered by it
        handle = _arrays.alias(array)
        if is_train and self._reqs[name] != "null" and self.grad_arrays[i] is not None:
            tape.mark(handle, self.grad_arrays[i], self._reqs[name])
            self._variables.append(handle._entry[0])
        return handle

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients of the last `forward(is_train=True)`.

        `out_grads` is the gradient at each output: an array, a list or a dict by name; ones where
        it is not given.  Raises MXNetError when there was no such `forward`.
        """
        if not self._trained:
            raise MXNetError("backward needs a forward(is_train=True) before")
        if isinstance(out_grads, Mapping):
            out_grads = [out_grads[name] for name in self._symbol.list_outputs()]
        if isinstance(out_grads, NDArray):
            out_grads = [out_grads]
        if out_grads is not None:
            pairs = zip(out_grads, self._places, strict=True)
            out_grads = [grad for grad, recorded in pairs if recorded]
        heads, reached = self._heads, set()
        if heads:
            reached = autograd.deposit(heads, out_grads, True, is_train)
        for node in self._variables:
            if node not in reached and node.grad_req == "write":
                node.grad[:] = 0

    def set_monitor_callback(
        self, callback: Callable[[str, NDArray], Any], monitor_all: bool = False
    ) -> None:
        """Have `callback(name, array)` called for each output of each operator while computing;
        with `monitor_all` also for its inputs."""
        self._monitor, self._monitor_all = callback, monitor_all

    def _watch(self, node: Node, inputs: list, outputs: list) -> None:
        if node.op is None or self._monitor is None:
            return
        if self._monitor_all:
            for name, array in zip(node.op.input_names(node.params), inputs, strict=False):
                self._monitor(f"{node.name}_{name}", _arrays.alias(array))
        for i in range(node.op.visible_outputs(node.params)):
            self._monitor(output_name((node, i)), _arrays.alias(outputs[i]))

    # ---- other arrays

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy values into arguments and states, by name.

        Raises ParameterError for an unknown name unless `allow_extra_params`.
        """
        for given, known in ((arg_params, self.arg_dict), (aux_params or {}, self.aux_dict)):
            for name, array in given.items():
                if name in known:
                    array.astype(known[name].dtype).copyto(known[name])
                elif not allow_extra_params:
                    raise ParameterError(
                        f"there is no parameter {name!r}", hint=nearest(name, known)
                    )

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: tuple
    ) -> "Executor":
        """An executor for other shapes, with the same arrays where their shapes stay.

        Others are new.  Raises ShapeError for an argument that is not named and would change,
        unless `partial_shaping`, and for one that would grow, unless `allow_up_sizing`.
        """
        args, _, aux = self._symbol.infer_shape(**kwargs)
        if args is None:
            raise ShapeError("the shapes do not follow from the given ones")
        arrays, grads = [], []
        for name, old, grad, shape in zip(
            self._names, self.arg_arrays, self.grad_arrays, args, strict=True
        ):
            if shape != old.shape:
                _check_reshape(name, old, shape, name in kwargs or partial_shaping, allow_up_sizing)
            arrays.append(_refit(old, shape))
            grads.append(None if grad is None else _refit(grad, shape))
        states = [_refit(old, shape) for old, shape in zip(self.aux_arrays, aux, strict=True)]
        return Executor((arrays, grads, states), self._symbol, self._ctx, self._reqs, None)

    def get_optimized_symbol(self) -> Symbol:
        """The symbol that is computed."""
        return self._symbol

    def debug_str(self) -> str:
        """All nodes in words, and the programs that ran so far: what every pass over the graph did
        and what it saved; one for training, one for prediction."""
        programs = map(str, self._cached.programs.values())
        return "\n\n".join([self._symbol.debug_str(), *programs])


def _check_reshape(name: str, old: NDArray, shape: tuple, may: bool, may_grow: bool) -> None:
    values = [("was", str(old.shape)), ("would be", str(shape))]
    if not may:
        raise ShapeError(
            f"the shape of {name} changes, too", values=values, hint="partial_shaping=True"
        )
    if _size(shape) > old.size and not may_grow:
        raise ShapeError(
            f"{name} becomes larger",
            values=values,
            hint="allow_up_sizing=True, or make the first executor the largest",
        )


def _size(shape: Iterable[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _refit(old: NDArray, shape: tuple) -> NDArray:
    return old if old.shape == shape else zeros(shape, ctx=old.context, dtype=old.dtype)


def _requests(names: list[str], grad_req: Any) -> dict[str, str]:
    """What happens to the gradient of each argument."""
    if isinstance(grad_req, str):
        found = dict.fromkeys(names, grad_req)
    elif isinstance(grad_req, Mapping):
        found = {name: grad_req.get(name, "null") for name in names}
    else:
        found = dict(zip(names, grad_req, strict=True))
    for req in found.values():
        if req not in tape.GRAD_REQS:
            raise ParameterError(f"grad_req cannot be {req!r}", rule=", ".join(tape.GRAD_REQS))
    return found


def _listed(given: Any, names: list[str], what: str, missing_ok: bool) -> list:
    """Arrays in the order of names, from a list or a dict."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ParameterError(
                f"{what} has {len(given)} arrays", rule=f"{len(names)}: {', '.join(names)}"
            )
        given = dict(zip(names, given, strict=True))
    missing = [name for name in names if name not in given]
    if missing and not missing_ok:
        raise ParameterError(f"{what} lacks {missing[0]!r}", rule=", ".join(names))
    return [given.get(name) for name in names]


def bind(
    symbol: Symbol, ctx: Context, args: Any, args_grad: Any, grad_req: Any, aux_states: Any
) -> Executor:
    """See `Symbol.bind`."""
    names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
    handle = (
        _listed(args, names, "args", False),
        _listed(args_grad, names, "args_grad", True),
        _listed(aux_states, states, "aux_states", False),
    )
    made = Executor(handle, symbol, ctx, grad_req, None)
    symbol.infer_shape_partial(**made._shapes())  # says what does not fit, and where
    return made


def simple_bind(
    symbol: Symbol, ctx: Context, given: Mapping, grad_req: Any, types: Mapping, shared: tuple
) -> Executor:
    """See `Symbol.simple_bind`."""
    shapes, _, states = symbol.infer_shape(**given)
    if shapes is None:
        partial, _, _ = symbol.infer_shape_partial(**given)
        names = symbol.list_arguments()
        unknown = [n for n, s in zip(names, partial, strict=True) if not s or 0 in s]
        raise ShapeError(
            f"the shape of {', '.join(unknown) or 'a result'} does not follow",
            rule="give the shapes of the inputs: simple_bind(ctx, data=(2, 3))",
        )
    dtypes, _, state_types = symbol.infer_type_partial(**types)
    names, reqs = symbol.list_arguments(), _requests(symbol.list_arguments(), grad_req)
    shared_names, other, buffer = shared

    def make(name: str, shape: tuple, dtype: Any, of_other: Mapping) -> NDArray:
        old = of_other.get(name)
        if old is None and buffer is not None:
            old = buffer.get(name)
        dtype = as_dtype(dtype or "float32")
        if old is not None and old.shape == shape and old.dtype == dtype:
            return old
        made = zeros(shape, ctx=ctx, dtype=dtype)
        if buffer is not None and name in names:
            buffer[name] = made
        return made

    old_args = {n: a for n, a in other.arg_dict.items() if n in shared_names} if other else {}
    old_grads = {n: a for n, a in other.grad_dict.items() if n in shared_names} if other else {}
    old_states = other.aux_dict if other else {}
    rows = list(zip(names, shapes, dtypes, strict=True))
    args = [make(n, s, t, old_args) for n, s, t in rows]
    buffer = None  # gradients are an executor's own
    grads = [make(n, s, t, old_grads) if reqs[n] != "null" else None for n, s, t in rows]
    aux_rows = zip(symbol.list_auxiliary_states(), states, state_types, strict=True)
    aux = [make(n, s, t, old_states) for n, s, t in aux_rows]
    return Executor((args, grads, aux), symbol, ctx, reqs, None)
