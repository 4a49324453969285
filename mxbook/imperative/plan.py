"""Plans: everything about a call that does not depend on the values.

A plan is made once for an operator, its parameters, and the specs of the inputs; making it is where
shapes and types are checked and errors surface, in the user's frame.  Running it is a look-up and
a call.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mxbook import backend
from mxbook.backend import blas
from mxbook.base import context, shapes
from mxbook.base.config import config
from mxbook.base.context import Context, context_of
from mxbook.base.dtypes import FLOATS
from mxbook.base.errors import ContextError, MXNetError, ParameterError, ShapeError, StorageError
from mxbook.base.spec import Spec, spec_of
from mxbook.ops import sparse
from mxbook.ops.operator import INPUT, INPUTS, Operator
from mxbook.ops.params import Values
from mxbook.ops.registry import operators
from mxbook.ops.rules import matrix_cost
from mxbook.resource.random import Generator

from .generators import generator
from .sharing import share

ONE_THREADED = 2**18  # multiplications; up to so many take one thread anyway
SURELY_THERE = 2**30  # bytes; above, the device is asked how much memory it has
MOST_ELEMENTS = 2**56  # NumPy counts bytes with 64 bits, also where another axis has length 0
PLANS_PER_OPERATOR = 10_000  # ever new shapes must not fill the memory

tables: list[dict] = []  # where the hottest path remembers plans


def forget(name: str) -> None:
    """Make all plans anew after a setting has changed that they depend on."""
    if name in ("inline_elements", "pool_smallest"):
        for op in operators.values():
            op.plans.clear()
        for table in tables:
            table.clear()


config.on_change(forget)


class Kernel:
    """What a kernel may ask for, `k` in its block: `xp`, `ctx`, `is_train`, `random`."""

    __slots__ = ("ctx", "is_train", "xp")

    def __init__(self, ctx: Context, is_train: bool):
        self.ctx = ctx
        self.xp = backend.array_module(ctx)
        self.is_train = is_train

    @property
    def random(self) -> Generator:
        """The random generator of the kernel's device."""
        return generator(self.ctx)

    def to_device(self, host: np.ndarray) -> Any:
        """A host array (random numbers, say) where the kernel runs."""
        return host if self.xp is np else backend.module_for(self.ctx).to_device(host, self.ctx)

    def to_host(self, array: Any) -> np.ndarray:
        """A device array (parameters of random numbers, say) as one of NumPy; do not change it."""
        return array if self.xp is np else backend.module_for(self.ctx).to_host(array)

    def share(self, count: int, work: float, part: Callable[[int, int], Any]) -> list[Any]:
        """Call `part(first, last)` for ranges that together are 0 to `count`, on several workers
        where that much work is worth it; returns the results."""
        return share(count, work, part) if self.xp is np else [part(0, count)]

    def multiply(self, lhs: Any, rhs: Any, out: Any) -> Any:
        """`lhs @ rhs` for matrices, on several threads or workers where that is worth it."""
        rows, inner = lhs.shape
        count = rows * inner * rhs.shape[1]
        if count < ONE_THREADED or self.xp is not np:
            return self.xp.matmul(lhs, rhs, out=out)
        if blas.several():
            return blas.timed(partial(np.matmul, lhs, rhs, out=out), count)
        if out is None:
            out = np.empty((rows, rhs.shape[1]), lhs.dtype)

        def some(first: int, last: int) -> None:
            np.matmul(lhs[first:last], rhs, out=out[first:last])

        share(rows, matrix_cost(rows, rhs.shape[1], inner), some)
        return out

    def transfer(self, array: Any, source: str) -> Any:
        """A copy of an array that lives on the device `source`."""
        return backend.transfer(array, context_of(source), self.ctx)


class Plan:
    """How one kind of call runs: `call(p, arrays)` or, where `writes_out`, `call(p, arrays,
    out=...)`."""

    __slots__ = (
        "ctx",
        "draws",
        "falls_back",
        "fast",
        "host",
        "inputs",
        "kernel",
        "mutated",
        "nbytes",
        "op",
        "output",
        "outputs",
        "pooled",
        "saves",
        "saves_nothing",
        "simple",
        "small",
        "sparse",
        "steps",
        "visible",
        "work",
        "writes_out",
    )

    def __init__(self, op: Operator, p: Values, inputs: Sequence[Spec], ctx: Context, train: bool):
        self.op = op
        check_count(op, p, len(inputs))
        self.inputs = tuple(inputs)
        self.ctx = ctx
        self.outputs = infer_outputs(op, p, inputs, ctx)
        self.mutated = op.mutated(p)
        self.visible = op.visible_outputs(p)
        self.draws = op.draws(p, train)
        self.choose_kernel(p, Kernel(ctx, train))
        self.output = self.outputs[0] if self.outputs else None
        self.work = work_of(op, p, inputs, self.outputs)
        self.nbytes = sum(s.nbytes for s in self.outputs)
        self.check_size()
        self.host = ctx.device_typeid != backend.GPU
        self.small = not self.host or self.work < config.inline_elements
        self.pooled = (
            self.host
            and self.writes_out
            and len(self.outputs) == 1
            and self.nbytes >= config.pool_smallest
        )
        # Plans that may go the fast way, see `fast`; for the hottest one a function of the arrays
        # alone, where there is one.
        self.simple = may_be_simple(op) and self.host and self.small
        self.simple = self.simple and not (self.draws or self.sparse)
        single = len(self.outputs) == 1 and not (self.pooled or self.mutated or op.uses_train)
        self.fast: Callable | None = None
        if self.simple and single and inputs and self.outputs[0].shape:
            self.fast = fast_function(op, p, self.kernel, inputs[0].dtype)
        self.saves: dict[tuple, tuple] = {}
        self.steps: dict[int, Callable] = {}  # gradient rules made ready; see graph.gradient
        self.saves_nothing = not any(self.to_save((True,) * len(inputs)))

    def choose_kernel(self, p: Values, k: Kernel) -> None:
        """The kernel for the storage types of the inputs, which also decides those of the results.

        `falls_back` where there is none for sparse inputs, and the dense one takes them as dense.
        """
        op, kernel = self.op, self.op.kernel
        self.writes_out = op.writes_out
        stypes = tuple(s.stype for s in self.inputs)
        dense = ("default",) * len(stypes)
        rule, gives = op.storage_rule(p, stypes)
        self.falls_back = rule is None and stypes != dense
        if self.falls_back:
            rule, gives = op.storage_rule(p, dense)
        if rule is not None:
            kernel, self.writes_out = rule.kernel, rule.writes_out
            self.outputs = stored_as(op, p, self.inputs, self.outputs, gives)
        self.sparse = any(s.stype != "default" for s in (*self.inputs, *self.outputs))
        run = partial(kernel, k)
        if len(self.outputs) == 1 and op.varies:
            run = alone(run)
        if not op.dynamic_shape and all(s.stype == "default" for s in self.outputs):
            run = self.for_extremes(k.xp, run)
        if self.falls_back:
            run = sparse.densely(k.xp, run, self.mutated)
        self.kernel: Callable = on_device(self.ctx, run)

    def for_extremes(self, xp: Any, run: Callable) -> Callable:
        """The kernel, or what does its work where results have no elements or no axes."""
        if self.outputs and not self.mutated and not any(s.size for s in self.outputs):
            self.writes_out = False
            return empty_results(xp, self.outputs)
        if any(s.shape == () for s in self.outputs):
            self.writes_out = False
            inputs = () if self.op.counts_axes else self.inputs
            return without_axes(xp, run, inputs, self.outputs)
        return run

    def check_size(self) -> None:
        """Raise StorageError for results that the device cannot hold, however empty it is."""
        there = SURELY_THERE
        if self.nbytes > SURELY_THERE:
            there = backend.module_for(self.ctx).memory_info(self.ctx)[1]
        longest = max((math.prod(d or 1 for d in s.shape) for s in self.outputs), default=0)
        if self.nbytes > there or longest > MOST_ELEMENTS:
            raise StorageError(
                f"{self.op.name}: the result is too large for {self.ctx}",
                rule=f"at most {there:,} bytes, so much memory it has",
                values=[("result", repr(s)) for s in self.outputs],
            )

    def to_save(self, wanted: tuple[bool, ...]) -> tuple[tuple[int, int], ...]:
        """What the gradient rules of the wanted inputs need kept, as (kind, index) pairs."""
        found = self.saves.get(wanted)
        if found is None:
            needs: dict[tuple[int, int], None] = {}
            for i, on in enumerate(wanted):
                rule = self.op.rule_for(i) if on else None
                for kind, index in rule.saved if rule else ():
                    if kind == INPUTS:
                        needs.update(dict.fromkeys((INPUT, j) for j in range(len(wanted))))
                    elif index < len(wanted if kind == INPUT else self.outputs):
                        needs[kind, index] = None  # an optional one that is there
            found = self.saves[wanted] = tuple(needs)
        return found


def empty_results(xp: Any, specs: Sequence[Spec]) -> Callable:
    """A kernel for results without elements, whatever the operator: there is nothing to do."""

    def kernel(_p, *_arrays, outs=None):
        results = tuple([xp.empty(s.shape, s.dtype) for s in specs])
        return results if len(results) > 1 else results[0]

    return kernel


def alone(kernel: Callable) -> Callable:
    """A kernel whose only result comes by itself, not in a list as where there are several."""

    def run(*args, **kwargs):
        found = kernel(*args, **kwargs)
        return found[0] if isinstance(found, tuple | list) else found

    return run


def without_axes(
    xp: Any, kernel: Callable, inputs: Sequence[Spec], outputs: Sequence[Spec]
) -> Callable:
    """A kernel whose results without axes are arrays, where array libraries give scalars.

    If the inputs have no axes either, the kernel works on arrays of one element.
    """
    shape = (1,) if inputs and all(s.shape == () for s in inputs) else None

    def on_arrays(p, *arrays, outs=None):
        found = kernel(p, *([a.reshape(shape) for a in arrays] if shape else arrays))
        results = found if isinstance(found, tuple | list) else (found,)
        made = [xp.asarray(r).reshape(s.shape) for r, s in zip(results, outputs, strict=True)]
        return made if len(made) > 1 else made[0]

    return on_arrays


def may_be_simple(op: Operator) -> bool:
    """Whether there can be calls that are nothing but a call of the kernel."""
    return not (op.crosses_devices or op.dynamic_shape)


def fast_function(op: Operator, p: Values, kernel: Callable, dtype: np.dtype) -> Callable | None:
    """The array library's own function where the kernel is just that; the bound kernel otherwise.

    It takes the raw arrays and, for an operator whose one parameter is `scalar`, the number.
    """
    ufunc = getattr(np, op.ufunc.lstrip("-")) if op.ufunc and dtype in FLOATS else None
    if not op.params:
        return ufunc or partial(kernel, p)
    if [param.name for param in op.params] != ["scalar"]:
        return None
    if ufunc:
        return (lambda data, number: ufunc(number, data)) if op.ufunc[0] == "-" else ufunc
    return lambda data, number: kernel(op.values({"scalar": number}), data)


def on_device(ctx: Context, kernel: Callable) -> Callable:
    """The kernel, run with its GPU as the thread's current device."""
    if ctx.device_typeid != backend.GPU:
        return kernel

    def run(*args, **kwargs):
        backend.gpu.use(ctx)
        return kernel(*args, **kwargs)

    return run


def plan_for(op: Operator, p: Values, specs: tuple[Spec, ...], train: bool) -> Plan:
    """The plan of a call, made at the first one of its kind."""
    key = (specs, p.plan_key, train) if op.uses_train else (specs, p.plan_key)
    if not specs:  # a creation: the device is not that of an input
        key = (*key, context.current_context())
    plan = op.plans.get(key)
    if plan is None:
        if len(op.plans) >= PLANS_PER_OPERATOR:
            op.plans.clear()
        plan = Plan(op, p, specs, device_of(op, p, specs), train)
        op.plans[key] = plan
    return plan


def device_of(op: Operator, p: Values, specs: Sequence[Spec]) -> Context:
    """The one device all inputs are on, or the one that a creation or a transfer names."""
    if not specs or op.crosses_devices:
        return context_of(getattr(p, "ctx", None))
    first = specs[0].ctx
    if any(s.ctx is not first for s in specs):
        raise ContextError(
            f"{op.name} got arrays on different devices",
            rule="all inputs on one device",
            values=describe(op, p, specs),
            hint="move one of them with as_in_context",
        )
    return first


def infer_outputs(
    op: Operator, p: Values, inputs: Sequence[Spec], ctx: Context
) -> tuple[Spec, ...]:
    """Specs of all outputs; the rules' errors are completed with the operator and its inputs."""
    try:
        _, dtypes = op.infer_types(p, *[s.dtype for s in inputs])
        _, found = op.infer_shapes(p, *[s.shape for s in inputs])
    except MXNetError as error:
        raise completed(error, op, p, inputs) from error.__cause__
    dtypes = list(dtypes) * len(found) if len(dtypes) == 1 else dtypes
    if not op.dynamic_shape and not all(shapes.known(s) for s in found):
        raise ShapeError(
            f"{op.name}: the shape of the result does not follow from the inputs",
            values=[*describe(op, p, inputs), ("parameters", repr(p))],
        )
    return tuple(
        spec_of(() if op.dynamic_shape else shape, dtype, ctx)
        for shape, dtype in zip(found, dtypes, strict=True)
    )


def completed(error: MXNetError, op: Operator, p: Values, inputs: Sequence[Spec]) -> MXNetError:
    """An error of an operator's rules with the operator and its inputs."""
    if not error.values:
        chosen = isinstance(error, ParameterError) or not inputs
        error.values = (*describe(op, p, inputs), *([("parameters", repr(p))] if chosen else []))
    error.message = f"{op.name}: {error.message}"
    return error


def work_of(op: Operator, p: Values, inputs: Sequence[Spec], outputs: Sequence[Spec]) -> float:
    """What a call costs, in the engine's units; ParameterError where that cannot be told."""
    try:
        return op.cost(p, [s.shape for s in inputs], [s.shape for s in outputs])
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise completed(ParameterError(f"its cost is unknown: {error}"), op, p, inputs) from error


def stored_as(
    op: Operator, p: Values, inputs: Sequence[Spec], outputs: Sequence[Spec], stypes: Sequence[str]
) -> tuple[Spec, ...]:
    """The specs of results that have these storage types; ParameterError where they cannot."""
    try:
        for spec, stype in zip(outputs, stypes, strict=True):
            sparse.check_shape(stype, spec.shape)
    except MXNetError as error:
        raise completed(error, op, p, inputs) from None
    return tuple(map(Spec.stored_as, outputs, stypes))


def check_count(op: Operator, p: Values, count: int) -> None:
    """Raise ParameterError unless the number of inputs is right."""
    if op.variadic and not op.takes and getattr(p, op.variadic) != count:
        counted = f"{op.variadic}={getattr(p, op.variadic)}"
        raise ParameterError(f"{op.name} got {count} input(s)", rule=counted)
    names = op.input_names(p)
    fixed = op.input_count or op.takes or op.variadic
    least = len(names) if fixed else len(names) - len(op.optional)
    if not least <= count <= len(names):
        raise ParameterError(
            f"{op.name} got {count} input(s)",
            rule=f"{len(names)} input(s): {', '.join(names) or 'none'}",
        )


def describe(op: Operator, p: Values, specs: Sequence[Spec]) -> list[tuple[str, str]]:
    """Name and spec of every input, for error messages."""
    return [(n, repr(s)) for n, s in zip(op.input_names(p), specs, strict=False)]
