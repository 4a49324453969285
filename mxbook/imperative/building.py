"""Making code from a graph: the operators called on values that only know what they are.

`Builder` is a caller `F`, so it serves gradient rules as well: the code for the gradients is made
by the same pass and the same rules as on the tape.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook import backend
from mxbook.base import scopes
from mxbook.base.config import config
from mxbook.base.spec import Spec
from mxbook.graph.code import Code, Instruction
from mxbook.graph.gradient import gradient
from mxbook.graph.infer import made_params
from mxbook.graph.layout import Layout
from mxbook.graph.node import Entry, Node, variable
from mxbook.ops.operator import INPUT, INPUTS, Operator
from mxbook.ops.params import Values, parse
from mxbook.ops.registry import operators
from mxbook.ops.sides import SIDES

from .front import split
from .plan import plan_for


class Value:
    """A value that will be computed: its number, what it is, and its place for gradients."""

    __slots__ = ("builder", "entry", "number", "spec")

    def __init__(self, builder: "Builder", spec: Spec, entry: Entry | None):
        self.builder, self.spec, self.entry = builder, spec, entry
        self.number = len(builder.specs)
        builder.specs.append(spec)
        if entry is not None:
            builder.of_entry[entry] = self

    @property
    def shape(self) -> tuple[int, ...]:
        """Length along each axis."""
        return self.spec.shape

    @property
    def dtype(self) -> type:
        """Element type."""
        return self.spec.dtype.type


def _two_sided(array_name: str, scalar_name: str, reverse_name: str, reverse: bool) -> Callable:
    def method(self: Value, other: Any) -> Any:
        F = self.builder
        if isinstance(other, Value):
            pair = (other, self) if reverse else (self, other)
            return getattr(F, array_name)(*pair)
        return getattr(F, reverse_name if reverse else scalar_name)(self, scalar=float(other))

    return method


for _side in SIDES:
    if _side.dunder:
        _names = (_side.broadcast, _side.scalar, _side.rscalar)
        setattr(Value, f"__{_side.dunder}__", _two_sided(*_names, reverse=False))
        if _side.dunder in ("add", "sub", "mul", "truediv", "mod", "pow"):
            setattr(Value, f"__r{_side.dunder}__", _two_sided(*_names, reverse=True))
Value.__neg__ = lambda self: self.builder.negative(self)  # type: ignore[attr-defined]
Value.__hash__ = object.__hash__  # type: ignore[method-assign]


class Builder:
    """Takes down instructions; its attributes are the operators, as functions of values."""

    def __init__(self, train: bool):
        self.train = train
        self.instructions: list[Instruction] = []
        self.specs: list[Spec] = []
        self.of_entry: dict[Entry, Value] = {}
        self.flow: dict[Node, list[Value]] = {}  # the inputs of a node
        self.layer = ""  # whose instructions are being taken down

    def input(self, spec: Spec, differentiable: bool) -> Value:
        """A value that is given."""
        return Value(self, spec, (variable(), 0) if differentiable else None)

    def call(self, op: Operator, p: Values, inputs: Sequence[Value]) -> list[Value]:
        """Take down a call; raises what is wrong with its shapes and types."""
        plan = plan_for(op, p, tuple([v.spec for v in inputs]), self.train)
        entries = tuple([v.entry for v in inputs])
        node = None
        if any(e is not None for e in entries):
            node = Node(op, p, entries)
            node.layer = self.layer
            node.plan = plan
            self.flow[node] = list(inputs)
        found = [
            Value(self, spec, None if node is None else (node, i))
            for i, spec in enumerate(plan.outputs)
        ]
        numbers = tuple([v.number for v in inputs])
        self.instructions.append(
            Instruction(op, p, plan, numbers, tuple([v.number for v in found]), self.layer)
        )
        return found

    def __getattr__(self, name: str) -> Callable:
        op = operators.get(name)
        if op is None:
            raise AttributeError(name)

        def function(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
            inputs, given = split(op, args, kwargs, Value)
            p = parse(op.name, op.values, given)
            found = self.call(op, p, inputs)
            visible = op.visible_outputs(p)
            return found[0] if visible == 1 else found[:visible]

        self.__dict__[name] = function
        return function

    def value(self, node: Node, kind: int, index: int) -> Any:
        """What a gradient rule named."""
        if kind == INPUTS:
            return list(self.flow[node])
        inputs = self.flow[node]
        if kind == INPUT:
            return inputs[index] if index < len(inputs) else None
        return self.of_entry.get((node, index))


def build(
    nodes: Sequence[Node],
    heads: Sequence[Entry],
    variables: Sequence[Node],
    specs: Sequence[Spec],
    train: bool,
    wanted: Sequence[bool],
) -> Code:
    """The code of a graph for inputs of these kinds, with that of the wanted gradients.

    `train` says whether the first half is in training mode; the second half always is.

    Raises what is wrong with shapes and types, naming the node.
    """
    builder = Builder(train)
    given = [builder.input(s, w) for s, w in zip(specs, wanted, strict=True)]
    found: dict[Node, list] = {n: [v] for n, v in zip(variables, given, strict=True)}
    shapes = {n: spec.shape for n, spec in zip(variables, specs, strict=True)}
    params = made_params(nodes, list(heads), shapes)
    layout = Layout(builder)
    on_host = not any(spec.ctx.device_typeid == backend.GPU for spec in specs)
    call = layout.call if config.channels_last and on_host else builder.call
    for node in nodes:
        if node.op is not None:
            inputs = [found[n][i] for n, i in node.inputs]  # type: ignore[misc]
            builder.layer = node.layer or node.name
            found[node] = call(node.op, params.get(node, node.params), inputs)
    results = _own_values(builder, [layout.usual(found[n][i]) for n, i in heads], given)
    forward = len(builder.instructions)
    if not any(wanted):
        return Code(
            builder.instructions,
            builder.specs,
            [v.number for v in given],
            [v.number for v in results],
            notes=layout.notes(),
        )
    arriving = [builder.input(v.spec, False) for v in results]
    pairs = [(v.entry, dy) for v, dy in zip(results, arriving, strict=True) if v.entry is not None]

    builder.train = True

    def begin(node: Node) -> None:
        builder.layer = scopes.backward_of(node.layer)

    reached = gradient(pairs, builder, builder.value, lambda node: None, begin)
    gradients = [None if v.entry is None else reached.get(v.entry[0]) for v in given]
    return Code(
        builder.instructions,
        builder.specs,
        [v.number for v in given],
        [v.number for v in results],
        forward,
        [v.number for v in arriving],
        _numbers(builder, gradients, arriving),
        layout.notes(),
    )


def _own_values(builder: Builder, results: list[Value], given: list[Value]) -> list[Value]:
    """The results, each a value of its own: what is an input or comes twice is copied."""
    taken = set(given)
    own = []
    for value in results:
        fresh = builder._copy(value) if value in taken else value
        taken.add(fresh)
        own.append(fresh)
    return own


def _numbers(builder: Builder, gradients: list, arriving: list[Value]) -> list[int | None]:
    """The numbers of the gradients, each a value of its own."""
    taken = set(arriving)
    numbers: list[int | None] = []
    for value in gradients:
        if value is not None:
            value = builder._copy(value) if value in taken else value
            taken.add(value)
        numbers.append(None if value is None else value.number)
    return numbers
