"""Tracing: code that is written for arrays runs on symbols, which know what they stand for.

While a `Trace` is in force in this thread, shapes and types of every new operation are inferred
where it is made: `x.shape` works, and a wrong shape is an error at its line.  What only arrays can
do raises there, too, and says what to write instead.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mxbook.base import shapes, sites
from mxbook.base.context import Context
from mxbook.base.errors import MXNetError, NotImplementedForSymbol
from mxbook.base.sites import Site
from mxbook.graph.infer import SHAPES, TYPES, Found, complete, learn
from mxbook.graph.node import Entry, Node
from mxbook.imperative.mode import local
from mxbook.ops.sides import SIDES

RULE = "hybrid_forward runs once, on symbols; what it does with them is computed later, as a graph"
VALUES = "F.where(condition, a, b) and F.contrib.cond choose by values"
CONSTANT = (
    "make it a constant of the block: self.c = self.params.get_constant('c', value); it then comes "
    "to hybrid_forward as the argument c, as every parameter does by its name"
)


class SymbolAttributeError(NotImplementedForSymbol, AttributeError):
    """Something that an array has and a Symbol has not."""


class Trace:
    """What is known about the symbols of a graph while the graph is made.

    `asked` tells what the code looked at that another call may have differently, and where:
    `inputs` (their shapes, types, device), `mode` (training or not, recording or not).
    """

    def __init__(self, ctx: Context | None = None):
        self.ctx = ctx
        self.shapes: Found = {}
        self.types: Found = {}
        self.origins: dict[Node, str] = {}  # where the nodes come from, in words
        self.asked: dict[str, list[Site | None]] = {}
        self.watched: list[Any] = []  # what the tracing layer wants to know the values of
        self._outer: Trace | None = None

    def __enter__(self) -> "Trace":
        self._outer, local.trace = local.trace, self
        return self

    def __exit__(self, *exc: Any) -> None:
        local.trace = self._outer

    def give(self, symbol: Any, shape: Any, dtype: Any, origin: str) -> None:
        """Tell what a variable stands for; None in the shape is a length not known yet."""
        entry = symbol._entries[0]
        if shape is not None:
            self.shapes[entry] = shapes.unify(self.shapes.get(entry), shape)
        if dtype is not None:
            self.types[entry] = np.dtype(dtype)
        self.origins[entry[0]] = origin

    def made(self, node: Node) -> None:
        """Infer what a new operation gives; raises what is wrong with its inputs."""
        site = sites.here()
        try:
            learn(node, self.shapes, SHAPES)
            learn(node, self.types, TYPES)
        except MXNetError as error:
            raise self._explained(error, node, site) from None
        self.origins[node] = f"from {node.op.name}" + (f", {site.where}" if site else "")

    def _explained(self, error: MXNetError, node: Node, site: Site | None) -> MXNetError:
        """The error with the operation, its inputs and its place in the program."""
        entries = [e for e in node.inputs if e is not None]
        if not error.values:
            names = node.op.input_names(node.params)
            error.values = tuple(
                (name, self.described(entry)) for name, entry in zip(names, entries, strict=False)
            )
        error.message = f"{node.op.name}: {error.message}"
        error.hint = self._broadcasting(node, entries) or error.hint
        error.place = (*error.place, *called(site))
        return error

    def described(self, entry: Entry) -> str:
        """Shape, type and origin of a value, for errors."""
        dtype = self.types.get(entry)
        parts = [shapes.text(self.shapes.get(entry)), dtype.name if dtype else "?"]
        return "  ".join([*parts, " " + self.origins.get(entry[0], entry[0].name)])

    def _broadcasting(self, node: Node, entries: list[Entry]) -> str:
        """The hint for an operator that arrays stretch for, and symbols do not."""
        known = [self.shapes.get(e) for e in entries]
        name = ELEMENTWISE.get(node.op.name)
        if name is None or not all(map(shapes.known, known)):
            return ""
        try:
            shapes.broadcast(*known)
        except MXNetError:
            return ""
        return f"F.{name}(a, b): it stretches shapes on symbols, as the sign does on arrays"

    def ask(self, what: str) -> None:
        """Note that the code looks at something that another call may have differently."""
        self.asked.setdefault(what, []).append(sites.here())

    def shape_of(self, entry: Entry) -> tuple[int, ...]:
        """The shape of a value.

        Raises SymbolAttributeError where it does not follow from the inputs.
        """
        if not shapes.known(self.shapes.get(entry)):
            complete([entry], self.shapes, SHAPES)
        found = self.shapes.get(entry)
        if found is None or None in found:
            raise _impossible(
                f"the shape {shapes.text(found)} of {self.origins.get(entry[0], 'this value')}",
                "it is not known before the values are",
                HINTS["shape"],
                SymbolAttributeError,
            )
        self.ask("inputs")
        return found

    def type_of(self, entry: Entry) -> type:
        """The element type of a value."""
        if entry not in self.types:
            complete([entry], self.types, TYPES)
        self.ask("inputs")
        return self.types[entry].type

    def device(self) -> Context | None:
        """The device of the inputs."""
        self.ask("inputs")
        return self.ctx


# The operator that arrays use for the same sign, by the one that symbols use.
ELEMENTWISE = {
    **{side.elemwise: side.broadcast for side in SIDES},
    "elemwise_add": "broadcast_add",
    "elemwise_sub": "broadcast_sub",
    "elemwise_mul": "broadcast_mul",
    "elemwise_div": "broadcast_div",
}

# What a Symbol that stands for an array tells while it is traced.
KNOWN = {
    "shape": lambda trace, entry: trace.shape_of(entry),
    "ndim": lambda trace, entry: len(trace.shape_of(entry)),
    "size": lambda trace, entry: shapes.size(trace.shape_of(entry)),
    "dtype": lambda trace, entry: trace.type_of(entry),
    "context": lambda trace, entry: trace.device(),
    "ctx": lambda trace, entry: trace.device(),
    "stype": lambda trace, entry: "default",
}

# What to write in place of what only arrays have.
HINTS = {
    "shape": "F.reshape(x, shape=(0, -1)) keeps lengths (0) and works them out (-1); "
    "F.reshape_like, F.broadcast_like, F.slice_like and F.shape_array use another array's shape",
    "ndim": "make the number of axes an argument of the block",
    "size": "F.size_array(x)",
    "dtype": "make the type an argument of the block; F.cast(x, dtype) converts",
    "context": "F.zeros_like(x), F.ones_like(x) make arrays where x is",
    "ctx": "F.zeros_like(x), F.ones_like(x) make arrays where x is",
    "stype": "make the storage type an argument of the block",
    "T": "F.transpose(x)",
    "grad": "gradients belong to arrays: ask the block's inputs and parameters after backward",
    "attach_grad": "gradients belong to arrays: attach_grad to the block's input",
    "item": VALUES,
    "tolist": VALUES,
    "copyto": "a Symbol is never changed, so it needs no copy",
    "wait_to_write": "only arrays are waited for",
    "tostype": "F.cast_storage(x, stype=...)",
}


def attribute(symbol: Any, name: str) -> Any:
    """An attribute that a Symbol has only while it is traced.

    Raises SymbolAttributeError, an AttributeError, for any other and outside of tracing.
    """
    trace = local.trace
    if trace is not None and name in KNOWN and len(symbol._entries) == 1:
        return KNOWN[name](trace, symbol._entries[0])
    if trace is None or name not in HINTS:
        raise SymbolAttributeError(
            f"{type(symbol).__name__!r} object has no attribute {name!r}",
            hint=HINTS.get(name, ""),
        )
    why = "a Symbol has no values yet" if name not in KNOWN else "it has several outputs"
    raise _impossible(f"x.{name}", why, HINTS[name], SymbolAttributeError)


def refusal(
    what: str,
    why: str,
    hint: str,
    traced: str = "",
    kind: type[MXNetError] = NotImplementedForSymbol,
) -> MXNetError:
    """The error about something that symbols cannot do; `traced` is the hint inside a block."""
    if local.trace is None:
        return kind(f"{what}: {why}", hint=hint)
    return _impossible(what, why, traced or hint, kind)


def _impossible(
    what: str, why: str, hint: str, kind: type[MXNetError] = NotImplementedForSymbol
) -> MXNetError:
    return kind(f"{what} cannot be traced: {why}", rule=RULE, place=called(), hint=hint)


def called(site: Site | None = None) -> list[tuple[str, str]]:
    """The place of an error: where the user's code asked for something."""
    site = site or sites.here()
    return [("called", str(site))] if site else []


def check_whole(symbol: Any, what: str, hint: str) -> None:
    """Raise where code takes apart by outputs what stands for one array.

    `x[0]`, `len(x)` and iteration are about rows of arrays, but about outputs of symbols.
    """
    if local.trace is not None and len(symbol._entries) == 1:
        raise _impossible(what, "on an array it is about rows, on a Symbol about outputs", hint)


def note(nodes: Iterable[Node]) -> None:
    """Tell the trace in force, if there is one, of new nodes; inputs come before their readers."""
    trace = local.trace
    if trace is not None:
        for node in nodes:
            if node.op is not None and node not in trace.origins:
                trace.made(node)


def stands_for(inner: Any, outer: Any, sliced: bool) -> None:
    """Tell the trace in force that a new variable is another symbol, or one row of it."""
    trace, entry = local.trace, outer._entries[0]
    if trace is not None:
        shape = trace.shapes.get(entry)
        if sliced and shape is not None:
            shape = shape[1:] or (1,)  # MXNet 1.6 has no arrays without axes
        origin = trace.origins.get(entry[0], entry[0].name)
        trace.give(inner, shape, trace.types.get(entry), origin)
