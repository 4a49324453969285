"""Running code: straight-line calls of kernels, into memory that is planned once.

A Program is code with its memory plan.  A Workspace is that memory, and the values of one run;
programs keep those that are free, so that the next run finds its buffers warm.
"""

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

import numpy as np

from mxbook import backend, engine
from mxbook.base.config import config
from mxbook.base.context import Context
from mxbook.base.spec import Spec, spec_of
from mxbook.graph.code import Code, Instruction
from mxbook.graph.fold import folded
from mxbook.graph.fuse import fused
from mxbook.graph.memory import Memory, plan_memory, reshapes
from mxbook.graph.merge import merged
from mxbook.graph.prune import pruned
from mxbook.graph.verify import verify, verify_kinds, verify_memory, verify_same
from mxbook.ops import sparse

from . import arrays
from .fusion import FUSED, join, title
from .mode import local
from .plan import plan_for

# Kinds of steps: one result, one that comes out, several, several written into given arrays, the
# same in another shape.
ONE, OUT, MANY, INTO, SHAPED = range(5)


class Program:
    """Code made ready to run on one device; `train` is the mode of its forward half."""

    def __init__(self, code: Code, ctx: Context, train: bool):
        self.ctx, self.train = ctx, train
        self.passes: list[tuple[str, str]] = []  # what each did, for people
        # `code` is for gradients of gradients, `steps` is what runs.
        self.code = self._simplified(code)
        self.steps, self.folded = self._folded(self.code)
        self.constants = _values(self.folded)
        if ctx.device_typeid != backend.GPU:
            self.steps = self._fused(self.steps)
        verify(self.steps)
        self.memory = self._planned(self.steps)
        plans = [i.plan for i in self.code.instructions]
        forward = plans[: self.code.forward]
        self.work = sum(p.work for p in forward)
        self.backward_work = sum(p.work for p in plans[self.code.forward :])
        self.draws = any(p.draws for p in plans)
        self.mutated = sorted(_mutated(self.code))
        self.inputs = tuple(code.specs[v] for v in code.inputs)
        self.results = tuple(code.specs[v] for v in code.results)
        self.outputs = self.results  # as the tape calls them
        self.gradients = tuple(None if g is None else code.specs[g] for g in code.gradients)
        self.free: list[Workspace] = []
        # Whether the gradients depend on the mode of `backward`.
        self.minds_mode = any(i.op.uses_train for i in self.code.instructions[self.code.forward :])

    # ---- the passes

    def _simplified(self, code: Code) -> Code:
        back = len(code.instructions) - code.forward
        once = merged(code)
        needed = pruned(once)
        counts = [len(c.instructions) for c in (code, once, needed)]
        self._tell("inference", f"{code.forward} operators, their shapes and types known")
        for note in code.notes:
            self._tell(*note)
        self._tell("gradient", f"{back} more" if back else "not wanted")
        self._tell("merge", f"{counts[0] - counts[1]} did what another one does")
        self._tell("prune", f"{counts[1] - counts[2]} more were not needed")
        if config.verify_graphs:
            verify_kinds(code)
            verify_same(code, once)
            verify_same(once, needed)
        return needed

    def _folded(self, code: Code) -> tuple[Code, list[Instruction]]:
        steps, once = folded(code)
        self._tell("fold", f"{len(once)} are the same in every run, and were computed now")
        if config.verify_graphs:
            verify_same(code, steps, once)
        return steps, once

    def _fused(self, code: Code) -> Code:
        steps = fused(code, join)
        several = [x.params for x in steps.instructions if x.op is FUSED]
        count = sum(len(p.instructions) for p in several)
        self._tell("fuse", f"{count} go over large arrays together, in {len(several)} groups")
        if config.verify_graphs:
            verify_kinds(steps)
            verify_same(code, steps)
        return steps

    def _planned(self, code: Code) -> Memory:
        memory = plan_memory(code, _plannable)
        share = f", {memory.planned / memory.alone:.0%}" if memory.alone else ""
        self._tell(
            "memory",
            f"{memory.planned:,} bytes for values between in {len(memory.sizes)} buffers "
            f"({memory.alone:,} with a buffer for each{share})",
        )
        if config.verify_graphs:
            verify_memory(code, memory)
        return memory

    def _tell(self, name: str, what: str) -> None:
        self.passes.append((name, what))

    def __str__(self) -> str:
        passes = [f"{name:<10} {what}" for name, what in self.passes]
        return "\n".join([*passes, "", str(self.steps)])

    def workspace(self) -> "Workspace":
        """A free workspace, or a new one."""
        return self.free.pop() if self.free else Workspace(self)


def _values(instructions: Sequence[Instruction]) -> dict[int, Any]:
    """The values of instructions that need nothing but each other."""
    values: dict[int, Any] = {}
    for i in instructions:
        found = local.quiet.run(i.plan.kernel, i.params, *[values[v] for v in i.inputs])
        many = isinstance(found, list | tuple)
        values.update(zip(i.outputs, found if many else [found], strict=True))
    return values


def _plannable(instruction: Instruction) -> bool:
    plan = instruction.plan
    if plan.sparse:  # what a sparse array takes depends on its values
        return False
    return (plan.writes_out and len(plan.outputs) == 1) or instruction.op.writes_outs


def _mutated(code: Code) -> set[int]:
    """The places of the inputs that are changed in place."""
    changed = {i.inputs[m] for i in code.instructions for m in i.plan.mutated}
    return {place for place, value in enumerate(code.inputs) if value in changed}


class Workspace:
    """The buffers of a program, and the values of the run that uses them.

    `variable` orders the runs that share it.
    """

    __slots__ = ("backward", "careful", "forward", "program", "values", "variable")

    def __init__(self, program: Program):
        self.program = program
        self.variable = engine.new_variable()
        self.values: list[Any] = [None] * len(program.code.specs)
        buffers = [_bytes(n, program.ctx) for n in program.memory.sizes]
        code, memory = program.steps, program.memory.buffer
        targets = {v: _shaped(buffers[n], code.specs[v]) for v, n in memory.items()}
        out = code.wanted
        steps = [_step(i, code, targets, out) for i in code.instructions]
        self.forward, self.backward = steps[: code.forward], steps[code.forward :]
        # For a backward pass that will be repeated, and so must leave the values alone.
        self.careful = [_step(i, code, {}, out) for i in code.instructions[code.forward :]]

    def run_forward(self, inputs: Sequence[Any], outs: Sequence[Any]) -> None:
        """Compute the results from raw arrays into raw arrays."""
        code = self.program.code
        self._load(code.inputs, inputs)
        for number, value in self.program.constants.items():
            self.values[number] = value
        self._compute(self.forward, dict(zip(code.results, outs, strict=True)), 0)

    def run_backward(
        self, arriving: Sequence[Any], outs: Sequence[Any], again: bool, train: bool = True
    ) -> None:
        """Compute the gradients; `again` when it must be possible to do so once more, `train` for
        those of training mode."""
        code = self.program.code
        self._load(code.arriving, arriving)
        numbers = [g for g in code.gradients if g is not None]
        if self.program.minds_mode and not train:
            backward = [_in_prediction(i, code) for i in code.instructions[code.forward :]]
            steps = [_step(i, code, {}, code.wanted) for i in backward]
        else:
            steps = self.careful if again else self.backward
        first = self.program.steps.forward
        self._compute(steps, dict(zip(numbers, outs, strict=True)), first)

    def _load(self, numbers: Sequence[int], raw: Sequence[Any]) -> None:
        for number, value in zip(numbers, raw, strict=True):
            self.values[number] = value

    def _compute(self, steps: list, outs: dict[int, Any], first: int) -> None:
        values = self.values
        xp = backend.array_module(self.program.ctx)
        if engine.state.tracing:
            local.quiet.run(_run_traced, self.program, first, steps, values, outs)
        else:
            local.quiet.run(_run, steps, values, outs)
        for number, out in outs.items():
            if values[number] is not out:
                sparse.store(xp, out, values[number])
            values[number] = out

    def clear(self) -> None:
        """Forget the values."""
        self.values = [None] * len(self.values)


def _run(steps: list, values: list, outs: dict[int, Any]) -> None:
    for kind, kernel, p, inputs, outputs, into in steps:
        if kind == SHAPED:
            values[outputs[0]] = values[inputs[0]].reshape(into)
            continue
        given = [values[i] for i in inputs]
        if kind == ONE:
            values[outputs[0]] = kernel(p, *given, **into)
        elif kind == OUT:
            values[outputs[0]] = kernel(p, *given, out=outs[outputs[0]])
        else:
            if kind == INTO:
                found = kernel(p, *given, outs=[_into(*t, outs) for t in into])
            else:
                found = kernel(p, *given)
            for number, value in zip(outputs, found, strict=True):
                values[number] = value


def _run_traced(program: Program, first: int, steps: list, values: list, outs: dict) -> None:
    """`_run`, and the engine's log is told of every instruction; `first` is the number of the first
    one."""
    wait = backend.module_for(program.ctx).synchronize
    code = program.steps
    for step, instruction in zip(steps, code.instructions[first:], strict=False):
        started = perf_counter_ns()
        _run([step], values, outs)
        wait(program.ctx)  # on a GPU, until the work is done, not only launched
        ended = perf_counter_ns()
        nbytes = sum(code.specs[o].nbytes for o in instruction.outputs)
        engine.note_part(title(instruction), instruction.layer, started, ended, nbytes)


def _into(number: int, target: Any, spec: Spec, outs: dict[int, Any]) -> Any:
    """The array for one of several results: planned, what comes out, or a new one."""
    if target is not None:
        return target
    found = outs.get(number)
    return arrays.empty(spec) if found is None else found


def _bytes(count: int, ctx: Context) -> Any:
    return arrays.empty(spec_of((count,), np.dtype("uint8"), ctx))


def _shaped(buffer: Any, spec: Spec) -> Any:
    """The beginning of a buffer as an array."""
    return buffer[: spec.nbytes].view(spec.dtype).reshape(spec.shape)


def _in_prediction(x: Instruction, code: Code) -> Instruction:
    """An instruction as it is in prediction mode."""
    if not x.op.uses_train:
        return x
    plan = plan_for(x.op, x.params, tuple([code.specs[v] for v in x.inputs]), False)
    return Instruction(x.op, x.params, plan, x.inputs, x.outputs, x.layer)


def _step(instruction: Instruction, code: Code, targets: dict[int, Any], out: set[int]) -> tuple:
    plan, outputs = instruction.plan, instruction.outputs
    if reshapes(instruction):
        shape = code.specs[outputs[0]].shape
        return (SHAPED, None, None, instruction.inputs, outputs, shape)
    found = [targets.get(o) for o in outputs]
    call = (plan.kernel, instruction.params, instruction.inputs, outputs)
    if instruction.op.writes_outs and not plan.sparse:
        into = [(o, t, code.specs[o]) for o, t in zip(outputs, found, strict=True)]
        return (INTO, *call, into)
    if len(outputs) != 1:
        return (MANY, *call, None)
    direct = plan.writes_out and not plan.sparse
    if direct and outputs[0] in out:
        return (OUT, *call, None)
    return (ONE, *call, {"out": found[0]} if direct and found[0] is not None else {})
