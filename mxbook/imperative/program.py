"""Running code: straight-line calls of kernels, into memory that is planned once.

A Program is code with its memory plan.  A Workspace is that memory, and the values of one run;
programs keep those that are free, so that the next run finds its buffers warm.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook import backend, engine
from mxbook.base.context import Context
from mxbook.base.spec import Spec, spec_of
from mxbook.graph.code import Code, Instruction, verify
from mxbook.graph.memory import Memory, plan_memory
from mxbook.graph.simplify import RESHAPING, simplified
from mxbook.ops import sparse

from . import arrays
from .mode import local

# Kinds of steps: one result, one that comes out, several, the same in another shape.
ONE, OUT, MANY, SHAPED = range(4)


class Program:
    """Code made ready to run on one device."""

    def __init__(self, code: Code, ctx: Context):
        self.code = simplified(code)
        verify(self.code)
        self.ctx = ctx
        self.memory: Memory = plan_memory(self.code, _plannable)
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

    def workspace(self) -> "Workspace":
        """A free workspace, or a new one."""
        return self.free.pop() if self.free else Workspace(self)


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
        code, memory = program.code, program.memory.buffer
        targets = {v: _shaped(buffers[n], code.specs[v]) for v, n in memory.items()}
        steps = [_step(i, code, targets) for i in code.instructions]
        self.forward, self.backward = steps[: code.forward], steps[code.forward :]
        # For a backward pass that will be repeated, and so must leave the values alone.
        self.careful = [_step(i, code, {}) for i in code.instructions[code.forward :]]

    def run_forward(self, inputs: Sequence[Any], outs: Sequence[Any]) -> None:
        """Compute the results from raw arrays into raw arrays."""
        code = self.program.code
        self._load(code.inputs, inputs)
        self._compute(self.forward, dict(zip(code.results, outs, strict=True)))

    def run_backward(self, arriving: Sequence[Any], outs: Sequence[Any], again: bool) -> None:
        """Compute the gradients; `again` when it must be possible to do so once more."""
        code = self.program.code
        self._load(code.arriving, arriving)
        numbers = [g for g in code.gradients if g is not None]
        steps = self.careful if again else self.backward
        self._compute(steps, dict(zip(numbers, outs, strict=True)))

    def _load(self, numbers: Sequence[int], raw: Sequence[Any]) -> None:
        for number, value in zip(numbers, raw, strict=True):
            self.values[number] = value

    def _compute(self, steps: list, outs: dict[int, Any]) -> None:
        values = self.values
        xp = backend.array_module(self.program.ctx)
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
            found = kernel(p, *given, **into)
            for number, value in zip(outputs, found, strict=True):
                values[number] = value


def _bytes(count: int, ctx: Context) -> Any:
    return arrays.empty(spec_of((count,), np.dtype("uint8"), ctx))


def _shaped(buffer: Any, spec: Spec) -> Any:
    """The beginning of a buffer as an array."""
    return buffer[: spec.nbytes].view(spec.dtype).reshape(spec.shape)


def _step(instruction: Instruction, code: Code, targets: dict[int, Any]) -> tuple:
    plan, outputs = instruction.plan, instruction.outputs
    if instruction.op.name in RESHAPING:
        shape = code.specs[outputs[0]].shape
        return (SHAPED, None, None, instruction.inputs, outputs, shape)
    kind = ONE if len(outputs) == 1 else MANY
    direct = plan.writes_out and not plan.sparse
    if kind == ONE and direct and outputs[0] in code.wanted:
        return (OUT, plan.kernel, instruction.params, instruction.inputs, outputs, None)
    found = [targets.get(o) for o in outputs]
    into: dict[str, Any] = {}
    if kind == ONE and plan.writes_out and found[0] is not None:
        into = {"out": found[0]}
    elif kind == MANY and instruction.op.writes_outs and all(f is not None for f in found):
        into = {"outs": found}
    return (kind, plan.kernel, instruction.params, instruction.inputs, outputs, into)
