"""Memory plans as plain data: which value lives in which buffer, from which instruction to which.

    print(mx.explain.memory(net, (1, 3, 224, 224)))

The same on the command line: `python -m mxbook.explain memory resnet18_v1 --shape 1,3,224,224`.
"""

from collections.abc import Sequence
from itertools import accumulate
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import MXNetError, ShapeError
from mxbook.base.spec import Spec, spec_of
from mxbook.explain.ticks import size
from mxbook.gluon import HybridBlock, tracing
from mxbook.graph.code import Code, Instruction
from mxbook.graph.memory import last_uses, reshapes
from mxbook.imperative.fusion import FUSED, title
from mxbook.imperative.program import Program
from mxbook.symbol.evaluate import cached
from mxbook.symbol.symbol import Symbol

CPU = Context("cpu", 0)


class Value(NamedTuple):
    """A value between: what makes it and whose it is, its kind, and where and how long it lives.

    `buffer` is the number of a shared buffer, or None for memory of its own; `first` and `last`
    are the numbers of the instructions that make it and that use it last.  `nodes` are the layers
    (for a symbol: the nodes) whose work the instruction does, several where some were fused.
    """

    number: int
    operator: str
    layer: str
    spec: Spec
    buffer: int | None
    first: int
    last: int
    nodes: tuple[str, ...] = ()


class MemoryPlan(NamedTuple):
    """The memory for the values between inputs and results of a program.

    `buffers` are the bytes of the shared buffers, `nodes` the bytes that the values would take if
    every node of the graph had a buffer of its own, `before` these values.  Parameters and their
    gradients, inputs and results are not counted: they belong to others.  `steps` is the number of
    instructions, and `forward` how many of them compute the results; `before_steps` and
    `before_forward` are the same for `before`, where nothing is fused yet.
    """

    train: bool
    values: list[Value]
    buffers: list[int]
    nodes: int
    title: str = ""
    before: Sequence[Value] = ()
    steps: int = 0
    forward: int = 0
    before_steps: int = 0
    before_forward: int = 0

    @property
    def peak(self) -> int:
        """Bytes of all buffers, and of the values that have none."""
        return sum(self.buffers) + sum(v.spec.nbytes for v in self.values if v.buffer is None)

    @property
    def share(self) -> float:
        """The peak as a part of what a buffer for each node would take."""
        return self.peak / self.nodes if self.nodes else 1.0

    @property
    def alive(self) -> int:
        """Bytes of the values that live at once, where most do; what lies between this and the peak
        is lost because sizes and times do not fit together."""
        from .lives import shared

        change = [0] * (self.steps + 1)
        for life in shared(self)[0]:
            change[life.first] += life.nbytes
            change[life.end] -= life.nbytes
        return max(accumulate(change))

    def sentence(self) -> str:
        """The plan in one sentence."""
        what = "training" if self.train else "prediction"
        count = len(self.buffers)
        shared = f"{count} shared buffer" + "s" * (count != 1)
        own = sum(v.buffer is None for v in self.values)
        more = f" and {own} buffers for one value each" if own else ""
        return (
            f"{self.title or 'memory'}, {what}: {len(self.values)} values in {shared}{more}, "
            f"{size(self.peak)}; with a buffer for each node {size(self.nodes)}, so sharing needs "
            f"{self.share:.0%} of that; at most {size(self.alive)} are alive at once"
        )

    def __str__(self) -> str:
        own = [v for v in self.values if v.buffer is None]
        lines = [
            f"{'training' if self.train else 'prediction'}: {len(self.values)} values between",
            f"  one buffer for each node  {self.nodes:>15,} bytes",
            f"  {f'in {len(self.buffers)} shared buffers':<24}  {sum(self.buffers):>15,} bytes",
        ]
        if own:
            nbytes = sum(v.spec.nbytes for v in own)
            lines.append(f"  {f'{len(own)} with memory of their own':<24}  {nbytes:>15,} bytes")
        return "\n".join([*lines, f"  that is {self.share:.1%}"])

    text = __str__

    def data(self) -> dict[str, Any]:
        """Everything as texts and numbers, ready for JSON."""
        from .files import data

        return data(self)

    def svg(self, *, theme: str = "light") -> str:
        """The picture as SVG that needs no style sheet, script or identifier."""
        from mxbook.explain import svg

        from .chart import picture

        return svg.draw(picture(self, theme=theme))

    def png(self, *, theme: str = "light") -> bytes:
        """The picture as PNG with two pixels for each unit; needs Pillow."""
        from mxbook.explain import png

        from .chart import picture

        return png.draw(picture(self, theme=theme))

    def save(self, path: str | PathLike) -> None:
        """Write the plan; the ending decides what: .png .svg .html .json .csv .txt.

        `.html` is one interactive page that needs no network.  Raises ParameterError for another
        ending.
        """
        from .files import save

        save(self, path)

    def _repr_mimebundle_(self, **_wanted: Any) -> tuple[dict, dict]:
        """The widget where it can live, and always a picture."""
        from .files import bundle

        return bundle(self)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """The text in notebooks, which would otherwise show what they show for a tuple."""
        printer.text(self.text())


def memory(
    net: Any, *shapes: tuple, train: bool = False, title: str = "", **named: tuple
) -> MemoryPlan:
    """The memory plan of a HybridBlock or a Symbol for inputs of these shapes.

    Nothing is computed.  Shapes are given in the order of the inputs, or by name for a Symbol.  In
    training the gradients of everything else are computed, too.  Raises ShapeError where a shape
    does not follow, NoProgramError for a graph that does not run as one program.

    >>> import mxbook as mx
    >>> x = mx.sym.var("x")
    >>> memory(mx.sym.exp(mx.sym.sin(mx.sym.tanh(x))), x=(1000,)).share
    0.5
    """
    graph = net
    if isinstance(net, HybridBlock):
        graph = tracing.only_trace(net, tuple([nd.zeros(s) for s in shapes])).graph
        names = [f"data{i}" for i in range(len(shapes))] if len(shapes) > 1 else ["data"]
        named = dict(zip(names, shapes, strict=True))
    elif shapes:
        named = dict(zip(graph.list_arguments(), shapes, strict=False))
    name = title or getattr(net, "name", None) or type(net).__name__
    return plan_of(program_of(graph, named, train), name)


class NoProgramError(MXNetError):
    """A graph that is computed node by node, so that there is no plan for its memory."""


def program_of(graph: Symbol, shapes: dict[str, tuple], train: bool) -> Program:
    """The program of a symbol for inputs of these shapes; in training with all other gradients, or
    with all of them where a shape is given for every input."""
    found = cached(graph._entries, "explain")
    if not found.plannable:
        raise NoProgramError(
            "this graph does not run as one program",
            rule="loops, branches and operators of one's own are computed node by node",
        )
    spec_by_name = _specs(graph, shapes)
    specs = tuple([spec_by_name[v.name] for v in found.variables])
    own = {*shapes, *graph.list_auxiliary_states()}
    if own.issuperset(v.name for v in found.variables):
        own = set(graph.list_auxiliary_states())
    wanted = tuple([train and v.name not in own for v in found.variables])
    return found.program(specs, train, wanted)


def _specs(graph: Symbol, shapes: dict[str, tuple]) -> dict[str, Spec]:
    """Shape and type of every variable."""
    arguments, _, states = graph.infer_shape_partial(**shapes)
    types, _, state_types = graph.infer_type_partial()
    names = [*graph.list_arguments(), *graph.list_auxiliary_states()]
    rows = list(zip(names, [*arguments, *states], [*types, *state_types], strict=True))
    unknown = [name for name, shape, _ in rows if not shape or 0 in shape]
    if unknown:
        raise ShapeError(
            f"the shape of {', '.join(unknown)} does not follow", rule="give those of the inputs"
        )
    return {n: spec_of(s, as_dtype(t or np.float32), CPU) for n, s, t in rows}


def plan_of(program: Program, title: str = "") -> MemoryPlan:
    """The plan of a program, as plain data."""
    code, steps = program.code, program.steps
    values = _lives(steps, program.memory.buffer)
    before = _lives(code, {})
    return MemoryPlan(
        program.train,
        values,
        list(program.memory.sizes),
        sum(v.spec.nbytes for v in before),
        title,
        before,
        len(steps.instructions),
        steps.forward,
        len(code.instructions),
        code.forward,
    )


def _lives(code: Code, buffer: dict[int, int]) -> list[Value]:
    """The values that need memory and do not come out."""
    out, last = code.wanted, last_uses(code)
    return [
        Value(v, title(x), x.layer, code.specs[v], buffer.get(v), place, last[v], _nodes(x))
        for place, x in enumerate(code.instructions)
        if not reshapes(x)
        for v in x.outputs
        if v not in out
    ]


def _nodes(instruction: Instruction) -> tuple[str, ...]:
    """Whose work an instruction does, each once."""
    fused = instruction.op is FUSED
    parts = instruction.params.instructions if fused else [instruction]
    return tuple(dict.fromkeys(part.layer for part in parts if part.layer))
