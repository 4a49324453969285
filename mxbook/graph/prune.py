"""Pruning: what nobody needs is not computed (dead code)."""

from .code import Code


def pruned(code: Code) -> Code:
    """Only what the results and gradients depend on, and what changes an array in place."""
    needed = code.wanted
    kept = []
    for place in range(len(code.instructions) - 1, -1, -1):
        instruction = code.instructions[place]
        if instruction.plan.mutated or not needed.isdisjoint(instruction.outputs):
            needed.update(instruction.inputs)
            kept.append((place, instruction))
    return code.with_instructions(kept[::-1])
