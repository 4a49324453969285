"""Running fused instructions: all steps on one part of the arrays, then on the next part."""

from collections.abc import Sequence
from typing import Any

from mxbook.backend import cpu
from mxbook.graph.code import Instruction
from mxbook.ops.kernels.scratch import scratch
from mxbook.ops.operator import Operator

from .sharing import share

BLOCK = 2**14  # elements; several arrays of so many stay in the second-level cache


def _kernel(_k: Any, _p: Any, *data: Any, outs: Any = None) -> Any:
    raise TypeError("a fused instruction runs by its plan")  # pragma: no cover - never called


FUSED = Operator("_fused", _kernel, (), variadic="count", doc="Elementwise operators in one pass.")


class Steps:
    """The parameters of a fused instruction: what is done, on numbered registers.

    `steps` are (kernel, parameters, inputs, output); the first registers are the inputs, `outs`
    says for some registers which output they are.  `spare` registers are worked in.
    `instructions` are those that were fused, for people and verifiers.
    """

    __slots__ = ("instructions", "outs", "registers", "spare", "steps")

    def __init__(self, instructions: Sequence[Instruction], inputs: tuple, outputs: tuple):
        number = {v: i for i, v in enumerate(inputs)}
        self.instructions = list(instructions)
        self.outs = {}
        self.steps = []
        free: list[int] = []
        last = {v: i for i, x in enumerate(instructions) for v in (*x.inputs, *x.outputs)}
        self.spare: list[int] = []
        count = len(inputs)
        for place, x in enumerate(instructions):
            given = tuple([number[v] for v in x.inputs])
            result = x.outputs[0]
            dying = [v for v in set(x.inputs) if last[v] == place and number[v] in self.spare]
            if x.op.in_place or not dying:
                free += [number[v] for v in dying]
                dying = []
            if result in outputs:
                number[result], count = count, count + 1
                self.outs[number[result]] = outputs.index(result)
            elif free:
                number[result] = free.pop()
            else:
                number[result], count = count, count + 1
                self.spare.append(number[result])
            free += [number[v] for v in dying]
            self.steps.append((x.plan.kernel, x.params, given, number[result]))
        self.registers = count

    def items(self) -> list:
        """No parameters to show."""
        return []

    def __str__(self) -> str:
        return f"{len(self.steps)} steps"


class FusedPlan:
    """What a Plan is for other instructions."""

    __slots__ = ("draws", "kernel", "mutated", "outputs", "small", "sparse", "work", "writes_out")

    def __init__(self, instructions: Sequence[Instruction], outputs: tuple):
        self.draws = self.sparse = self.writes_out = False
        self.mutated: list[int] = []
        self.outputs = outputs
        self.work = sum(x.plan.work for x in instructions)
        self.small = all(x.plan.small for x in instructions)
        self.kernel = run


def run(p: Steps, *data: Any, outs: Sequence[Any]) -> Sequence[Any]:
    """Do all steps, block by block, on several workers where that is worth it."""
    inputs = [a.reshape(-1) for a in data]
    targets = [a.reshape(-1) for a in outs]
    size, dtype = targets[0].size, targets[0].dtype

    def part(first: int, last: int) -> None:
        block = min(BLOCK, last - first)
        memory = scratch(cpu.xp, "fused", (len(p.spare), block), dtype)
        registers: list[Any] = [None] * p.registers
        for at in range(first, last, block):
            to = min(at + block, last)
            for i, a in enumerate(inputs):
                registers[i] = a[at:to]
            for register, target in p.outs.items():
                registers[register] = targets[target][at:to]
            for register, buffer in zip(p.spare, memory, strict=True):
                registers[register] = buffer[: to - at]
            for kernel, values, given, result in p.steps:
                out = registers[result]
                found = kernel(values, *[registers[i] for i in given], out=out)
                if found is not out:
                    out[...] = found

    share(size, size * len(p.steps), part)
    return outs


def join(instructions: Sequence[Instruction], inputs: tuple, outputs: tuple) -> Instruction:
    """The instruction that takes the place of several."""
    spec_of = {x.outputs[0]: x.plan.outputs[0] for x in instructions}
    plan = FusedPlan(instructions, tuple(spec_of[v] for v in outputs))
    steps = Steps(instructions, inputs, outputs)
    return Instruction(FUSED, steps, plan, inputs, outputs, instructions[0].layer)


def title(instruction: Instruction) -> str:
    """The name of an instruction's operator; of a fused one, all their names."""
    if instruction.op is not FUSED:
        return instruction.op.name
    return "+".join(x.op.name for x in instruction.params.instructions)
