"""Merging: what is computed twice is computed once (common subexpressions)."""

from typing import Any

from .code import Code, Instruction


def merged(code: Code) -> Code:
    """The code in which equal calls, of one operator with the same parameters on the same values,
    are one.

    What comes out stays, because it is an array of its own each time; so does what draws random
    numbers, and what reads an array that is changed in place.
    """
    first: dict[Any, Instruction] = {}
    same: dict[int, int] = {}
    kept = []
    own, changing = code.wanted, _changing(code)
    for place, instruction in enumerate(code.instructions):
        inputs = tuple([same.get(i, i) for i in instruction.inputs])
        moved = instruction if inputs == instruction.inputs else _reading(instruction, inputs)
        if instruction.repeatable and changing.isdisjoint(inputs):
            # The plan stands for the operator and its mode.  Parameters as text: 0.0 equals -0.0,
            # but dividing by them does not give the same.
            key = (instruction.plan, str(instruction.params), inputs)
            before = first.setdefault(key, moved)
            if before is not moved and own.isdisjoint(instruction.outputs):
                same.update(zip(instruction.outputs, before.outputs, strict=True))
                continue
        kept.append((place, moved))
    return code.with_instructions(kept)


def _changing(code: Code) -> set[int]:
    """The values that an instruction changes in place."""
    return {i.inputs[m] for i in code.instructions for m in i.plan.mutated}


def _reading(x: Instruction, inputs: tuple[int, ...]) -> Instruction:
    """The same instruction on other values."""
    return Instruction(x.op, x.params, x.plan, inputs, x.outputs, x.layer)
