"""Folding: what is the same in every run is computed once (constants)."""

from .code import Code, Instruction


def folded(code: Code) -> tuple[Code, list[Instruction]]:
    """The code without what depends on no input, and these instructions, to be run once.

    Their values count as inputs, behind the others.  What comes out stays, because it must be new
    each time.
    """
    constant: set[int] = set()
    own = code.wanted
    once, kept = [], []
    for place, instruction in enumerate(code.instructions):
        outputs = set(instruction.outputs)
        known = instruction.repeatable and constant.issuperset(instruction.inputs)
        if known and own.isdisjoint(outputs):
            constant |= outputs
            once.append(instruction)
        else:
            kept.append((place, instruction))
    found = code.with_instructions(kept)
    used = {v for _, i in kept for v in i.inputs}
    found.inputs = (*code.inputs, *sorted(constant & used))
    return found, once
