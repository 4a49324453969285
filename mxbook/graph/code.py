"""A graph as straight-line code: instructions that work on numbered values.

The passes over it (`merge.py`, `prune.py`, `fold.py`, `fuse.py`, `memory.py`) are plain functions
on plain data; `verify.py` says what must hold after each.  The first `forward` instructions compute
the results; those behind them, where there are any, the gradients.
"""

from collections.abc import Sequence
from typing import Any


class Instruction:
    """One call: an operator with its parameters and plan, and the numbers of its values.

    `layer` says whose work it is, for people who measure.
    """

    __slots__ = ("inputs", "layer", "op", "outputs", "params", "plan")

    def __init__(
        self, op: Any, params: Any, plan: Any, inputs: tuple, outputs: tuple, layer: str = ""
    ):
        self.op, self.params, self.plan, self.layer = op, params, plan, layer
        self.inputs: tuple[int, ...] = inputs
        self.outputs: tuple[int, ...] = outputs

    def __repr__(self) -> str:
        left = ", ".join(f"v{o}" for o in self.outputs)
        right = ", ".join(f"v{i}" for i in self.inputs)
        return f"{left} = {self.op.name}({', '.join(filter(None, (right, str(self.params))))})"

    @property
    def repeatable(self) -> bool:
        """Whether the same inputs always give the same result, and nothing else happens."""
        op = self.op
        return not (op.uses_random or op.mutates or op.dynamic_shape)


class Code:
    """Instructions with what goes in and comes out.

    `specs[v]` says what value v is.  `inputs` are given for the forward part, `arriving` (the
    gradients at the results) for the backward part; `results` and `gradients` (None for an input
    that no gradient reaches) come out.
    """

    __slots__ = (
        "arriving",
        "forward",
        "gradients",
        "inputs",
        "instructions",
        "notes",
        "results",
        "specs",
    )

    def __init__(
        self,
        instructions: list[Instruction],
        specs: list[Any],
        inputs: Sequence[int],
        results: Sequence[int],
        forward: int | None = None,
        arriving: Sequence[int] = (),
        gradients: Sequence[int | None] = (),
        notes: Sequence[tuple[str, str]] = (),
    ):
        self.instructions, self.specs = instructions, specs
        self.inputs, self.results = tuple(inputs), tuple(results)
        self.forward = len(instructions) if forward is None else forward
        self.arriving, self.gradients = tuple(arriving), tuple(gradients)
        self.notes = tuple(notes)  # what was done while it was made: a pass and words

    @property
    def wanted(self) -> set[int]:
        """The values that come out."""
        return {*self.results, *(g for g in self.gradients if g is not None)}

    def with_instructions(self, pairs: Sequence[tuple[int, Instruction]]) -> "Code":
        """The same with some of the instructions, given with their old places."""
        forward = sum(place < self.forward for place, _ in pairs)
        kept = [instruction for _, instruction in pairs]
        return Code(
            kept, self.specs, self.inputs, self.results, forward, self.arriving, self.gradients
        )

    def __str__(self) -> str:
        lines = [f"inputs   {_listed(self.inputs)}"]
        for place, instruction in enumerate(self.instructions):
            if place == self.forward:
                lines.append(f"results  {_listed(self.results)}; then {_listed(self.arriving)}")
            shapes = ", ".join(repr(self.specs[o]) for o in instruction.outputs)
            lines.append(f"{place:4}  {instruction!r}   # {shapes}")
        last = self.gradients or self.results
        return "\n".join([*lines, f"out      {_listed(last)}"])


def _listed(values: Sequence[int | None]) -> str:
    return ", ".join("-" if v is None else f"v{v}" for v in values) or "nothing"
