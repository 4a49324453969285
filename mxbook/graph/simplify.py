"""Making code shorter: nothing is computed twice, in every run again, or for nobody."""

from typing import Any

from .code import Code, Instruction

# Operators that only give the elements another shape: they need no memory of their own.
RESHAPING = frozenset(
    "Reshape Flatten expand_dims squeeze _np_reshape _copy BlockGrad make_loss".split()
)


def simplified(code: Code) -> Code:
    """The code without repetitions and without what nobody wants."""
    return without_dead_code(without_repetition(code))


def without_repetition(code: Code) -> Code:
    """Calls of the same operator with the same parameters on the same values become one."""
    first: dict[Any, Instruction] = {}
    same: dict[int, int] = {}
    kept = []
    own = code.wanted  # what comes out is an array of its own each time
    for place, instruction in enumerate(code.instructions):
        inputs = tuple([same.get(i, i) for i in instruction.inputs])
        moved = Instruction(
            instruction.op,
            instruction.params,
            instruction.plan,
            inputs,
            instruction.outputs,
            instruction.layer,
        )
        key = (instruction.op.name, tuple(instruction.params.items()), inputs)
        before = first.get(key) if instruction.repeatable else None
        if before is not None and not own & set(instruction.outputs):
            same.update(zip(instruction.outputs, before.outputs, strict=True))
            continue
        if instruction.repeatable:
            first.setdefault(key, moved)
        kept.append((place, moved))
    found = code.with_instructions(kept)
    found.gradients = tuple(None if g is None else same.get(g, g) for g in code.gradients)
    return found


def without_constants(code: Code) -> tuple[Code, list[Instruction]]:
    """The code without what is the same in every run, and these instructions, to be run once.

    Their values count as inputs, behind the others.  What comes out stays, because it must be new
    each time.
    """
    constant: set[int] = set()
    folded, kept = [], []
    for place, instruction in enumerate(code.instructions):
        outputs = set(instruction.outputs)
        if (
            instruction.repeatable
            and constant >= set(instruction.inputs)
            and not (outputs & code.wanted)
        ):
            constant |= outputs
            folded.append(instruction)
        else:
            kept.append((place, instruction))
    found = code.with_instructions(kept)
    used = {v for _, i in kept for v in i.inputs}
    found.inputs = (*code.inputs, *sorted(constant & used))
    return found, folded


def without_dead_code(code: Code) -> Code:
    """Only what the results and gradients depend on, and what changes an array in place."""
    wanted = code.wanted
    kept = []
    for place in range(len(code.instructions) - 1, -1, -1):
        instruction = code.instructions[place]
        if instruction.plan.mutated or not wanted.isdisjoint(instruction.outputs):
            wanted |= set(instruction.inputs)
            kept.append((place, instruction))
    return code.with_instructions(kept[::-1])
