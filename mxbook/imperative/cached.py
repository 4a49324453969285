"""A graph as a function of arrays: planned once for inputs of a kind, then run.

    cached = Cached(nodes, heads, variables, fallback)
    results = cached(arrays)

One call is one operation for the engine and one node on the tape; its gradient is the backward half
of the same program.  Graphs that cannot be planned (loops, custom operators, shapes that depend on
values, sparse arrays) are left to `fallback`, which computes them node by node.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook import engine
from mxbook.base.config import config
from mxbook.base.context import current_context
from mxbook.base.errors import MXNetError
from mxbook.base.sites import Site
from mxbook.base.spec import Spec
from mxbook.graph.node import Entry, Node, next_order
from mxbook.ops.composite import Composite
from mxbook.ops.operator import INPUT, Operator

from . import tape
from .arrays import class_for, empty, idle, origin_of, variable_of, wrap
from .building import build
from .generators import bound, variable_of_generator
from .invoke import invoke, overlaps
from .mode import local, mode, set_training
from .program import Program, Workspace

PROGRAMS = 64  # kinds of inputs that are remembered


class Cached:
    """A graph as a function of arrays, in the order of its variables."""

    def __init__(
        self,
        nodes: Sequence[Node],
        heads: Sequence[Entry],
        variables: Sequence[Node],
        fallback: Callable[[Sequence[Any]], list],
        name: str = "CachedOp",
    ):
        # In the order in which they were made, in which random numbers are drawn.
        self.nodes = sorted(nodes, key=lambda n: n.order)
        self.heads, self.variables = list(heads), list(variables)
        self.name, self.fallback = name, fallback
        self.programs: dict[tuple, Program] = {}
        self.plannable = not any(n.op is not None and _unplannable(n.op) for n in self.nodes)

    def __call__(self, arrays: Sequence[Any]) -> list[Any]:
        """The results; recorded where something is."""
        specs = tuple([a._spec for a in arrays])
        if not self.plannable or any(s.stype != "default" for s in specs):
            return self.fallback(arrays)
        recording = local.recording
        wanted = tuple([recording and a._entry is not None for a in arrays])
        program = self.program(specs, local.training, wanted)
        workspace = program.workspace()
        origin = origin_of(self.name)
        cls = class_for(arrays)
        results = [wrap(empty(s), s, origin, cls) for s in program.results]
        inputs, outs = [a._data for a in arrays], [r._data for r in results]
        call = Call(program, workspace, arrays, origin)
        call.run(lambda: workspace.run_forward(inputs, outs), arrays, results, program.work)
        if any(wanted):
            _record(call, arrays, results)
            return results
        for result in results:
            tape.unrecorded(result)
        return results

    def program(self, specs: tuple[Spec, ...], train: bool, wanted: tuple[bool, ...]) -> Program:
        """The program for inputs of these kinds, made at the first call with them; `train` is the
        mode of its forward half."""
        key = (specs, train, wanted)
        program = self.programs.get(key)
        if program is None:
            if len(self.programs) >= PROGRAMS:
                self.programs.clear()
            ctx = specs[0].ctx if specs else current_context()
            code = build(self.nodes, self.heads, self.variables, specs, train, wanted)
            program = self.programs[key] = Program(code, ctx, train)
        return program


def _unplannable(op: Operator) -> bool:
    return isinstance(op, Composite) or op.dynamic_shape or op.crosses_devices


class Call:
    """One call of a program; while the tape needs its values, it keeps the workspace."""

    __slots__ = ("arrays", "origin", "program", "workspace")

    def __init__(self, program: Program, workspace: Workspace, arrays: Sequence, origin: tuple):
        self.program, self.workspace = program, workspace
        self.arrays, self.origin = arrays, origin

    def __del__(self):
        workspace = self.workspace
        if workspace.variable.pending:  # values are still being computed
            engine.push(workspace.clear, [], [workspace.variable], name="clear")
        else:
            workspace.clear()
        self.program.free.append(workspace)

    def run(self, work: Callable[[], None], reads: Sequence, writes: Sequence, cost: float) -> None:
        """Do a piece of work of this call: at once when it is small and everything is ready,
        through the engine otherwise."""
        program, workspace = self.program, self.workspace
        if mode.inline and (mode.naive or cost < config.inline_elements) and self._idle(reads):
            try:
                work()
                return
            except Exception as error:  # stored like any failure; see `invoke.failed`
                work = _failing(error)
        variables = [variable_of(a) for a in writes] + [workspace.variable]
        variables += [variable_of(self.arrays[i]) for i in program.mutated]
        if program.draws:
            variables.append(variable_of_generator(program.ctx))
            work = bound(work)
        engine.push(
            work,
            [variable_of(a) for a in reads],
            variables,
            name=self.origin[0],
            site=Site(*self.origin[1:3]),
            work=cost,
            nbytes=sum(a._spec.nbytes for a in writes),
        )

    def _idle(self, reads: Sequence) -> bool:
        ready = self.workspace.variable.pending == 0 and all(map(idle, reads))
        if not ready or not self.program.draws:
            return ready
        return not variable_of_generator(self.program.ctx).pending


def _failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


# ---- the tape


def _kernel(_k: Any, _p: Any, *data: Any) -> Any:
    raise MXNetError("a cached graph runs as a program, not as a kernel")


CACHED = Operator(
    "_CachedOp",
    _kernel,
    (),
    variadic="count",
    outputs=lambda call: [f"output{i}" for i in range(len(call.program.results) if call else 1)],
    doc="A graph that runs as one program.",
)


def _record(call: Call, arrays: Sequence, results: Sequence) -> None:
    node = Node.__new__(Node)
    node.op, node.params, node.plan = CACHED, call, call.program
    node.inputs = tuple([a._entry for a in arrays])
    node.order = next_order()
    node.saved = tuple([((INPUT, i), a) for i, a in enumerate(arrays)])
    for i, result in enumerate(results):
        result._entry = (node, i)


@CACHED.gradient
def _gradients(F: Any, call: Call, dys: list, data: list) -> list:
    """The backward half of the program."""
    program, workspace = call.program, call.workspace
    dys = [
        F._zeros(shape=s.shape, ctx=str(s.ctx), dtype=s.dtype.name) if dy is None else dy
        for dy, s in zip(dys, program.results, strict=True)
    ]
    if local.recording:
        return _step_by_step(program, dys, data)
    arriving = [dy._data for dy in dys]
    found = [
        None if s is None else _target(a, s, arriving, call.origin)
        for a, s in zip(data, program.gradients, strict=True)
    ]
    outs = [a for a in found if a is not None]
    raw = [a._data for a in outs]
    again, train = local.retaining, local.training
    call.run(
        lambda: workspace.run_backward(arriving, raw, again, train),
        [*dys, *data],
        outs,
        program.backward_work,
    )
    return found


def _target(array: Any, spec: Spec, arriving: list, origin: tuple) -> Any:
    """Where the gradient of an input is written: at once into the variable's own array, when
    `backward` runs and no other gradient of this variable went there before; else a new array."""
    node, delivered = array._entry[0], local.delivered
    if delivered is not None and node.op is None and node not in delivered:
        grad = node.grad if node.grad_req == "write" else None
        if grad is not None and grad._spec is spec and not overlaps(grad._data, arriving):
            delivered.add(node)
            return grad
    return wrap(empty(spec), spec, origin)


def _step_by_step(program: Program, dys: list, data: list) -> list:
    """The gradients as recorded operations, for gradients of gradients."""
    if program.draws:
        raise MXNetError(
            "gradients of gradients of a hybridized graph that draws random numbers",
            rule="the graph is computed again for them, and would draw others",
            hint="net.hybridize(False)",
        )
    code, train = program.code, local.training
    values = dict(zip((*code.inputs, *code.arriving), (*data, *dys), strict=True))
    try:
        for place, instruction in enumerate(code.instructions):
            set_training(program.train if place < code.forward else train)
            inputs = [values[i] for i in instruction.inputs]
            found = invoke(instruction.op, inputs, instruction.params)
            values.update(zip(instruction.outputs, found, strict=True))
    finally:
        set_training(train)
    return [None if g is None else values[g] for g in code.gradients]
