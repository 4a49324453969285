"""Verifiers: what must hold after each pass.  They raise ValueError with what does not.

| pass | verified by |
|---|---|
| inference, gradient (`imperative/building.py`) | `verify`, `verify_kinds` |
| `merge`, `prune`, `fold`, `fuse` | `verify`, `verify_same` |
| `memory` | `verify_memory` |
| `precision` (on nodes, where it is asked for) | `verify_precision` there |

`verify` always runs; the others run with `mx.config.verify_graphs`, as in all of our tests.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from .code import Code, Instruction
from .memory import Memory, last_uses


def verify(code: Code) -> None:
    """Every value is made once, before it is used."""
    known = {*code.inputs}
    for place, instruction in enumerate(code.instructions):
        if place == code.forward:
            known.update(code.arriving)
        missing = [v for v in instruction.inputs if v not in known]
        again = [v for v in instruction.outputs if v in known]
        if missing or again:
            raise ValueError(f"instruction {place}: {instruction!r}: {missing or again}")
        known.update(instruction.outputs)
    if not code.wanted <= known | {*code.arriving}:
        raise ValueError(f"nothing makes {code.wanted - known}")


def verify_kinds(code: Code) -> None:
    """Values are what their operators' rules say; a gradient is of the kind of its input, and what
    arrives of that of the result."""
    for instruction in code.instructions:
        for v, spec in zip(instruction.outputs, instruction.plan.outputs, strict=True):
            _check(code, f"v{v} of {instruction!r}", code.specs[v], spec)
    pairs = [*zip(code.inputs, code.gradients, strict=False)]
    pairs += zip(code.results, code.arriving, strict=False)
    for value, gradient in pairs:
        if gradient is not None:
            what = f"v{gradient}, the gradient of v{value},"
            _check(code, what, code.specs[gradient], code.specs[value])


def _check(code: Code, what: str, found: Any, wanted: Any) -> None:
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise ValueError(f"{what} is {found}, not {wanted}\n{code}")


def verify_same(before: Code, after: Code, once: Sequence[Instruction] = ()) -> None:
    """What comes out of the code is the same expression of what goes in, and arrays are changed in
    place in the same order; `once` are instructions that were taken out."""
    table: dict[Any, int] = {}
    given = (*before.inputs, *before.arriving)
    first = _meanings(before.instructions, given, table)
    second = _meanings([*once, *after.instructions], given, table)
    pairs = zip(_coming_out(before), _coming_out(after), strict=True)
    for place, (a, b) in enumerate(pairs):
        if first.get(a) != second.get(b):
            raise ValueError(f"result {place} was v{a} and is v{b}, which is something else")
    if _changes(before, first) != _changes(after, second):
        raise ValueError("arrays are changed in place in another order")


def _coming_out(code: Code) -> tuple:
    """What comes out, in order; None for a gradient of an input that nothing depends on."""
    return (*code.results, *code.gradients)


def _meanings(code: Sequence[Instruction], given: Sequence[int], table: dict) -> dict[Any, int]:
    """A number for what each value is: equal numbers for equal expressions."""
    meaning: dict[Any, int] = {v: table.setdefault(("given", v), len(table)) for v in given}
    for x in _single(code):
        inputs = tuple([meaning[v] for v in x.inputs])
        # What draws random numbers is equal to nothing but itself.
        key = (x.plan, str(x.params), inputs) if x.repeatable else (x.plan, x.outputs, inputs)
        for i, v in enumerate(x.outputs):
            meaning[v] = table.setdefault((key, i), len(table))
    return meaning


def _single(code: Sequence[Instruction]) -> Iterator[Instruction]:
    """The instructions, those inside of fused ones each by itself."""
    for x in code:
        yield from getattr(x.params, "instructions", (x,))


def _changes(code: Code, meaning: dict[int, int]) -> list:
    return [
        (x.op.name, [meaning[v] for v in x.inputs]) for x in code.instructions if x.plan.mutated
    ]


def verify_memory(code: Code, memory: Memory) -> None:
    """Buffers are large enough, and values in one buffer do not live at the same time: one ends
    before the next begins, or there, if the operator may write over its input."""
    last = last_uses(code)
    lives: dict[int, list[tuple[int, int, int]]] = {}
    for place, instruction in enumerate(code.instructions):
        for v in instruction.outputs:
            number = memory.buffer.get(v)
            if number is not None:
                lives.setdefault(number, []).append((place, last[v], v))
                if memory.sizes[number] < code.specs[v].nbytes:
                    raise ValueError(f"buffer {number} is too small for v{v}")
    for number, spans in lives.items():
        for (_, end, old), (start, _, new) in pairwise(sorted(spans)):
            instruction = code.instructions[start]
            over = end == start and instruction.op.in_place and old in instruction.inputs
            if end >= start and not over:
                raise ValueError(f"buffer {number} holds v{old} and v{new} at the same time")
