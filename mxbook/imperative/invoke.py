"""Calling an operator on arrays.

`invoke` is where the four worlds meet: the operator says what to compute, storage where the bytes
are, the engine when it runs, and the tape how it is differentiated.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook import backend, engine
from mxbook.base.errors import DTypeError, MXNetError, OperationError, ShapeError, StorageError
from mxbook.base.sites import Site
from mxbook.base.sparse import SparseParts
from mxbook.base.spec import Spec, spec_of
from mxbook.ops import sparse
from mxbook.ops.operator import Operator
from mxbook.ops.params import Values

from . import fallback, tape
from .arrays import class_for, empty, idle, origin_of, site_of, variable_of, wait, wrap
from .generators import bound, variable_of_generator
from .mode import local, mode
from .plan import Plan, plan_for


def invoke(
    op: Operator, arrays: Sequence[Any], p: Values, outs: Sequence[Any] | None = None, cls=None
) -> list[Any]:
    """Run an operator; returns all outputs, hidden ones included.

    The results are of the class `cls`, by default that of the inputs; with `outs` they are written
    into these arrays.  Raises at once what is wrong with
    shapes, types and devices; what goes wrong while computing is raised where a result is waited
    for.
    """
    return run_plan(planned(op, arrays, p), p, arrays, outs, cls or class_for(arrays))


def planned(op: Operator, arrays: Sequence[Any], p: Values) -> Plan:
    """The plan of a call; raises what is wrong with it, telling where the arrays come from."""
    try:
        return plan_for(op, p, tuple([a._spec for a in arrays]), local.training)
    except MXNetError as error:
        names = op.input_names(p)
        sites = dict(zip(names, map(site_of, arrays), strict=False))
        error.values = tuple(
            (name, f"{text}   made in {site.where}" if (site := sites.get(name)) else text)
            for name, text in error.values
        )
        raise


def run_plan(plan: Plan, p: Values, arrays: Sequence[Any], outs=None, cls=None) -> list[Any]:
    """Run a plan: at once or through the engine, recorded or not; see `invoke`."""
    op, origin = plan.op, origin_of(plan)
    if plan.falls_back:
        fallback.tell(plan, p, arrays, Site(*origin[1:3]))
    if outs is not None:
        check_outputs(plan, outs, arrays)
        hidden = plan.outputs[len(outs) :]  # a gradient rule may need what the caller does not see
        outs = [*outs, *(wrap(empty(s), s, origin, cls) for s in hidden)]
    if op.dynamic_shape:
        results = run_now(plan, p, arrays, outs, origin, cls)
    elif mode.inline and (plan.small or mode.naive) and all(map(idle, arrays)):
        results = run_inline(plan, p, arrays, outs, origin, cls)
    elif mode.traced and (plan.small or mode.naive) and not plan.draws and all(map(idle, arrays)):
        results = run_traced(plan, p, arrays, outs, origin, cls)
    else:
        results = run_queued(plan, p, arrays, outs, origin, cls)
    if mode.plain and outs is None:
        return results
    if outs is not None:
        for out in outs:
            out._origin = (*origin[:3], "written")
    if local.recording:
        tape.record(plan, p, arrays, results)
        if engine.state.tracing:
            tape.name_layer(results)
    else:
        for result in results:
            tape.unrecorded(result)
    return results


def run_inline(plan: Plan, p: Values, arrays, outs, origin, cls) -> list[Any]:
    """Run an operation in this thread; everything it needs is ready."""
    ready = outs is None or all(map(idle, outs))
    if not ready or (plan.draws and variable_of_generator(plan.ctx).pending):
        return run_queued(plan, p, arrays, outs, origin, cls)
    inputs = [a._data for a in arrays]
    targets = [o._data for o in outs] if outs is not None else None
    if plan.pooled and targets is None:
        targets = [empty(plan.output)]
    try:
        found = compute(plan, p, inputs, targets)
    except Exception as error:  # stored like any failure, so that size does not change behaviour
        return failed(plan, error, arrays, outs, origin, cls)
    if outs is not None:
        return list(outs)
    return [wrap(d, s, origin, cls) for d, s in zip(found, plan.outputs, strict=True)]


def run_traced(plan: Plan, p: Values, arrays, outs, origin, cls) -> list[Any]:
    """`run_inline` as an operation of the engine, which its log shows with its true cost."""
    if outs is not None and not all(map(idle, outs)):
        return run_queued(plan, p, arrays, outs, origin, cls)
    fresh = outs is None
    inputs = [a._data for a in arrays]
    targets = [empty(plan.output)] if plan.pooled else None
    targets = targets if fresh else [o._data for o in outs]
    results = [wrap(None, s, origin, cls) for s in plan.outputs] if fresh else list(outs)

    def run() -> None:
        found = compute(plan, p, inputs, targets)
        settle(plan)
        for result, data in zip(results if fresh else (), found, strict=False):
            result._data = data

    push(plan, run, arrays, results, origin)
    for result in results:
        if result._data is None and result._var.pending:  # another thread has just used an input
            wait(result)
        if result._data is None:  # it failed, as a wait will tell
            result._data = empty(result._spec)
    return results


def settle(plan: Plan) -> None:
    """While traced, let an operation of a GPU last until its work is done, not only launched."""
    if engine.state.tracing and not plan.host:
        backend.gpu.synchronize(plan.ctx)


def compute(plan: Plan, p: Values, inputs: list, outs: list | None) -> Sequence[Any]:
    """Call the kernel; with `outs` see to it that the results end there.

    Raises StorageError where the memory does not suffice, and whatever the kernel raises.
    """
    try:
        return computed(plan, p, inputs, outs)
    except StorageError:
        raise
    except MemoryError as error:
        raise StorageError(
            f"{plan.op.name}: {error or 'no more memory'}", hint="smaller batches"
        ) from None


def computed(plan: Plan, p: Values, inputs: list, outs: list | None) -> Sequence[Any]:
    """`compute` without a word for what Python's MemoryError means."""
    op, run, kernel = plan.op, local.quiet.run, plan.kernel
    xp = backend.array_module(plan.ctx)
    if outs is None:
        found = run(kernel, p, *inputs)
        return found if isinstance(found, tuple | list) else (found,)
    direct = plan.writes_out and len(outs) == 1
    if plan.sparse:  # such kernels are careful about `out`; its format is for them to know
        direct = direct and isinstance(outs[0], SparseParts) == (plan.output.stype != "default")
    else:
        direct = direct and (op.in_place or not overlaps(outs[0], inputs))
    if direct:
        results = (run(kernel, p, *inputs, out=outs[0]),)
    else:
        into = {"outs": outs} if op.writes_outs and not plan.sparse else {}
        found = run(kernel, p, *inputs, **into)
        results = found if isinstance(found, tuple | list) else (found,)
    for out, result in zip(outs, results, strict=False):
        if result is not out:
            sparse.store(xp, out, result)
    return outs


def overlaps(out: Any, inputs: list) -> bool:
    """Whether an output shares memory with an input, so that writing early could spoil reading."""
    if not isinstance(out, backend.cpu.xp.ndarray):
        return any(out is i for i in inputs)
    return any(backend.cpu.xp.may_share_memory(out, i) for i in inputs)


def run_queued(plan: Plan, p: Values, arrays, outs, origin, cls) -> list[Any]:
    """Hand the operation to the engine, with the variables it reads and writes."""
    fresh = outs is None
    results = [wrap(empty(s), s, origin, cls) for s in plan.outputs] if fresh else list(outs)
    inputs, targets = [a._data for a in arrays], [r._data for r in results]

    def run() -> None:
        compute(plan, p, inputs, targets)
        settle(plan)

    push(plan, run, arrays, results, origin)
    return results


def push(plan: Plan, run: Callable, arrays, results, origin) -> None:
    """Push a piece of work that reads `arrays` and writes `results` on the engine."""
    writes = [variable_of(r) for r in results]
    writes += [variable_of(arrays[i]) for i in plan.mutated]
    if plan.draws:
        writes.append(variable_of_generator(plan.ctx))
        run = bound(run)
    engine.push(
        run,
        [variable_of(a) for a in arrays],
        writes,
        name=plan.op.name,
        site=Site(*origin[1:3]),
        work=0 if plan.small else plan.work,
        nbytes=plan.nbytes,
        detail=lambda: inputs_in_words(plan, arrays),
    )


def run_now(plan: Plan, p: Values, arrays, outs, origin, cls) -> list[Any]:
    """Run an operation whose result's shape depends on values: waits for the inputs."""
    for a in arrays:
        wait(a)
    try:
        inputs = [a._data for a in arrays]
        found = seen(plan, arrays, origin, lambda: compute(plan, p, inputs, None))
    except MXNetError as error:
        error.message = f"{plan.op.name}: {error.message}"
        error.values = (*error.values, *inputs_in_words(plan, arrays))
        raise
    except Exception as error:
        raise OperationError(
            f"{plan.op.name} failed: {error}", values=inputs_in_words(plan, arrays)
        ) from error
    specs = [spec_of(d.shape, d.dtype, plan.ctx) for d in found]
    if outs is None:
        return [wrap(d, s, origin, cls) for d, s in zip(found, specs, strict=True)]
    copy = backend.array_module(plan.ctx).copyto
    for out, data, spec in zip(outs, found, specs, strict=True):
        if out._spec is not spec:
            raise misfit(plan, spec, out)
        update(out, lambda raw, data=data: copy(raw, data), plan.op.name)
    return list(outs)


def seen(plan: Plan, arrays: Sequence[Any], origin: tuple, run: Callable[[], Any]) -> Any:
    """What `run()` returns or raises, at once; while traced, the engine's log shows it."""
    if not engine.state.tracing:
        return run()
    found: list[Any] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            found.append(run())
            settle(plan)
        except Exception as error:  # it belongs to the caller, who waits; nobody else should see it
            errors.append(error)

    done, site = engine.new_variable(), Site(*origin[1:3])
    engine.push(work, [variable_of(a) for a in arrays], [done], name=plan.op.name, site=site)
    engine.wait_for_var(done)
    for error in errors:
        raise error
    return found[0]


def failed(plan: Plan, error: Exception, arrays, outs, origin, cls) -> list[Any]:
    """Results that hold an error: it is pushed again as an operation that does nothing but fail."""

    def fail() -> None:
        raise error

    if outs is None:
        outs = [wrap(empty(s), s, origin, cls) for s in plan.outputs]
    push(plan, fail, arrays, outs, origin)
    return list(outs)


def inputs_in_words(plan: Plan, arrays) -> list[tuple[str, str]]:
    """Label and text for every input of a failed operation: shape, type, device and where made."""
    names = plan.op.inputs
    rows = []
    for i, a in enumerate(arrays):
        name = f"{names[0]}{i}" if plan.op.variadic else names[i]
        site = site_of(a)
        made = f"   from {site.where}" if site else ""
        rows.append((name, f"{a._spec}{made}"))
    return rows


def check_outputs(plan: Plan, outs: Sequence[Any], arrays: Sequence[Any]) -> None:
    """Raise unless results of this plan can be written into `outs`."""
    if len(outs) not in (plan.visible, len(plan.outputs)):
        raise MXNetError(
            f"{plan.op.name} has {plan.visible} result(s), but out= has {len(outs)} array(s)"
        )
    for out, spec in zip(outs, plan.outputs, strict=False):
        if plan.op.dynamic_shape:  # the shape is compared once it is known
            spec = spec_of(out._spec.shape, spec.dtype, spec.ctx)
        if out._spec.stored_as(spec.stype) is not spec:  # `compute` changes the storage type
            raise misfit(plan, spec, out)
    tape.check_writable(plan.op.name, outs, arrays)


def misfit(plan: Plan, spec: Spec, out: Any) -> MXNetError:
    """The error about a result that cannot be written into `out`."""
    error = DTypeError if out._spec.shape == spec.shape else ShapeError
    return error(
        f"{plan.op.name}: out= does not fit the result",
        values=[("result", repr(spec)), ("out", repr(out._spec))],
    )


def update(array: Any, write: Callable[[Any], None], name: str, reads: Sequence[Any] = ()) -> None:
    """Change an array in place: `write(raw array)` runs in its turn.

    Raises MXNetError while recording, where it would spoil a value that backward needs.
    """
    if local.recording and array._entry is not None:
        raise tape.overwritten(name, array)
    array._origin = origin = origin_of(name, "written")
    if mode.inline and idle(array) and all(map(idle, reads)):
        write(array._data)
        return
    target = array._data
    engine.push(
        lambda: write(target),
        [variable_of(a) for a in reads],
        [variable_of(array)],
        name=name,
        site=Site(*origin[1:3]),
        work=array._spec.size,
        nbytes=array._spec.nbytes,
    )
