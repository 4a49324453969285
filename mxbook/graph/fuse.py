"""Fusing: elementwise instructions that follow each other become one, worked off block by block.

Each of them alone would go over all of its arrays, which do not stay in the processor's cache from
one to the next.  Together they take a part of the arrays through all steps, then the next part;
what only they use themselves needs no memory of its own.
"""

from collections.abc import Callable, Sequence

from .code import Code, Instruction
from .memory import last_uses

SMALLEST = 2**16  # elements; smaller arrays stay in the cache anyway


def fused(code: Code, join: Callable[[Sequence[Instruction], tuple, tuple], Instruction]) -> Code:
    """The code with runs of elementwise instructions joined.

    `join(instructions, inputs, outputs)` makes the one that takes their place; its parameters keep
    them as `instructions`.
    """
    last, out = last_uses(code), code.wanted
    kept: list[tuple[int, Instruction]] = []
    for first, run in _runs(code):
        if len(run) < 2:
            kept += [(first + i, instruction) for i, instruction in enumerate(run)]
            continue
        inside = {v for instruction in run for v in instruction.outputs}
        given = [v for i in run for v in i.inputs if v not in inside]
        end = first + len(run) - 1
        needed = [v for v in sorted(inside) if v in out or last[v] > end]
        kept.append((first, join(run, tuple(dict.fromkeys(given)), tuple(needed))))
    return code.with_instructions(kept)


def _runs(code: Code) -> list[tuple[int, list[Instruction]]]:
    """Neighbouring elementwise instructions on arrays of one size; others alone."""
    found: list[tuple[int, list[Instruction]]] = []
    open_for = None
    for place, instruction in enumerate(code.instructions):
        kind = _kind(code, instruction)
        if kind is not None and kind == open_for and place != code.forward:
            found[-1][1].append(instruction)
        else:
            found.append((place, [instruction]))
        open_for = kind
    return found


def _kind(code: Code, instruction: Instruction) -> tuple | None:
    """The shape and type of all arrays of an elementwise instruction; None for all others."""
    if not instruction.op.elementwise or len(instruction.outputs) != 1:
        return None
    spec = code.specs[instruction.outputs[0]]
    if spec.size < SMALLEST or spec.stype != "default":
        return None
    alike = all(code.specs[v] is spec for v in instruction.inputs)
    return (spec.shape, spec.dtype) if alike else None
