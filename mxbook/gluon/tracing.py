"""Running a HybridBlock on symbols in place of arrays: to get its graph, or to learn what follows
from its inputs before anything is computed.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from mxbook import symbol as sym
from mxbook.base import names, shapes, sites
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, MXNetError, nearest
from mxbook.graph.infer import SHAPES, TYPES, complete
from mxbook.imperative import arrays as _arrays
from mxbook.imperative.mode import local
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.control_flow import kept_numbers
from mxbook.symbol.symbol import Symbol
from mxbook.symbol.tracing import CONSTANT, RULE, VALUES, Trace, called

from .parameter import Parameter


def leaves(value: Any) -> Iterator[Any]:
    """The items of nested lists and tuples, one by one."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def structure(value: Any) -> Any:
    """Nested inputs as something hashable, in which all arrays look alike.

    >>> structure((None, [2, 3]))
    (None, (2, 3))
    """
    if isinstance(value, list | tuple):
        return tuple([structure(v) for v in value])
    if isinstance(value, NDArray):
        return type(value) if type(value) is _arrays.numpy_class else NDArray
    return value


def input_context(args: tuple) -> Context | None:
    """The device of the first array among the inputs; None when they are symbols.

    Raises DTypeError when there is neither, or both.
    """
    found = list(leaves(args))
    arrays = [a for a in found if isinstance(a, NDArray)]
    symbols = any(isinstance(a, Symbol) for a in found)
    if symbols == bool(arrays):
        raise DTypeError(
            "a HybridBlock got " + ("arrays and symbols" if symbols else "no array and no Symbol"),
            rule="inputs are NDArrays or Symbols, at least one and not both",
            values=[("inputs", ", ".join(type(a).__name__ for a in found))],
        )
    return arrays[0].context if arrays else None


class Traced(NamedTuple):
    """What came of running a block on symbols.

    `numbers` tells which array each input of the graph stands for, `out` is what the block gave.
    """

    numbers: dict[str, int]
    out: Any
    trace: Trace

    @property
    def graph(self) -> Symbol:
        """All results together."""
        return sym.Group([s for s in leaves(self.out) if isinstance(s, Symbol)])


def trace(block: Any, args: tuple, found: Trace | None = None) -> Traced:
    """Run a block on symbols in place of the arrays among its arguments; `found` is the trace to
    use.

    Raises MXNetError, at its line, where the block does something that symbols cannot.
    """
    arrays = [a for a in leaves(args) if isinstance(a, NDArray)]
    given = {f"data{i}" if len(arrays) > 1 else "data": i for i in range(len(arrays))}
    numbers = iter(given)
    found = found or Trace(arrays[0].context if arrays else None)

    def stand_in(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)([stand_in(v) for v in value])
        if not isinstance(value, NDArray):
            return value
        name = next(numbers)
        made = sym.var(name)
        made = made.as_np_ndarray() if type(value) is _arrays.numpy_class else made
        found.give(made, value.shape, value.dtype, f"given to {type(block).__name__}")
        return made

    x, *rest = stand_in(args)
    with found:
        return Traced(given, block._symbolic_forward(x, tuple(rest)), found)


def only_trace(block: Any, args: tuple) -> Traced:
    """The same only to look at it: the automatic names used in it are not used up."""
    with names.NameManager(), kept_numbers():
        return block._trace(args)


def give_parameters(
    parameters: Iterable[Parameter], variables: dict[str, Symbol] | None = None
) -> None:
    """Tell the trace in force what is known of a block's parameters.

    `variables` are the symbols that stand for them by name, where these are not their own.
    """
    if local.trace is not None:
        for p in parameters:
            made = f", made in {p._site.where}" if p._site else ""
            symbol = p.var() if variables is None else variables.get(p.name)
            shape = p.shape and tuple([d if d > 0 else None for d in p.shape])
            if symbol is not None:
                local.trace.give(symbol, shape, p.dtype, f"parameter {p.name}{made}")


def untraceable(block: Any, error: Exception) -> Exception:
    """What Python says when code treats a symbol as an array, with place and advice; other errors
    are returned as they are."""
    if local.trace is None or isinstance(error, MXNetError):
        return error
    message, hint = str(error), "write it with functions of F alone"
    if isinstance(error, AttributeError) and error.obj is sym:
        message = f"F.{error.name} is there for arrays only"
        hint = CONSTANT if error.name in MAKERS else nearest(error.name, dir(sym)) or hint
    elif "Symbol" not in message:
        return error
    elif "integer" in message or "indices" in message:
        hint = VALUES
    return MXNetError(
        f"{type(block).__name__}.hybrid_forward cannot be traced: {message}",
        rule=RULE,
        place=called(sites.raised(error)),
        hint=hint,
    )


MAKERS = ("array", "from_numpy", "from_dlpack")  # what puts numbers of the program into an array


def located(block: Any, args: tuple, error: MXNetError) -> MXNetError:
    """An error of a graph, found again where the block's code makes the operation."""
    try:
        only_trace(block, args)
    except MXNetError as found:
        return found
    return error


def call_hooks(block: Any, hooks: dict[int, Callable], *values: Any) -> None:
    """Call a block's hooks; while it is traced they are noted, and called with the arrays of every
    run of the graph.
    """
    if local.trace is not None and any(isinstance(v, Symbol) for v in leaves(values)):
        local.trace.watched.append((block, hooks, values))
        return
    for hook in tuple(hooks.values()):
        hook(block, *values)


def shapes_of(traced: Traced) -> dict[str, tuple[int, ...]]:
    """The shapes of all inputs of the graph that follow, by name, with 0 for unknown lengths."""
    graph, known = traced.graph, traced.trace.shapes
    complete(graph._entries, known, SHAPES)
    found = {node.name: known.get((node, 0)) for node in graph._variables()}
    return {name: tuple([d or 0 for d in shape]) for name, shape in found.items() if shape}


def types(traced: Traced) -> dict[str, type]:
    """The element types of all inputs of the graph that follow, by name."""
    graph, known = traced.graph, traced.trace.types
    complete(graph._entries, known, TYPES)
    return {n.name: known[n, 0].type for n in graph._variables() if (n, 0) in known}


def shapes_in_words(block: Any, args: tuple) -> str:
    """A table of all operations and parameters with the shapes that follow from the inputs."""
    traced = only_trace(block, args)
    graph, found, parameters = traced.graph, traced.trace, block.collect_params()
    complete(graph._entries, found.shapes, SHAPES)
    rows = [("name", "operator", "shape")]
    for node in graph._nodes():
        kind = node.op.name if node.op else "parameter" if node.name in parameters else "input"
        rows.append((node.name, kind, shapes.text(found.shapes.get((node, 0)))))
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    return "\n".join(f"{n:<{widths[0]}}  {k:<{widths[1]}}  {s}" for n, k, s in rows)


def filled(value: Any, arrays: Iterator[NDArray]) -> Any:
    """Nested symbols with arrays in their places; of several outputs a list."""
    if isinstance(value, list | tuple):
        return type(value)([filled(v, arrays) for v in value])
    if not isinstance(value, Symbol):
        return value
    found = [next(arrays) for _ in value._entries]
    return found[0] if len(found) == 1 else found


# ---- MXNet's form of nested inputs: a flat list and a description


def _flatten(args: Any, inout_str: str) -> tuple[list, Any]:
    """Nested arrays as a flat list, and their structure for `_regroup`.

    In the structure 0 is an array, -1 is None, and n > 1 a Symbol with n outputs.
    """
    if args is None or isinstance(args, NDArray):
        return [args], -1 if args is None else 0
    if isinstance(args, Symbol):
        count = len(args._entries)
        return [args], count if count > 1 else 0
    if not isinstance(args, list | tuple):
        raise DTypeError(
            f"the {inout_str} of a HybridBlock holds a {type(args).__name__}",
            rule="(nested) lists of NDArrays or Symbols",
        )
    flat: list = []
    formats: list = []
    for arg in args:
        items, fmt = _flatten(arg, inout_str)
        flat += items
        formats.append(fmt)
    return flat, formats


def form(value: Any) -> Any:
    """The structure that `_flatten` gives; numbers and the like count as None.

    >>> form(([3, None],))
    [[-1, -1]]
    """
    if isinstance(value, list | tuple):
        return [form(v) for v in value]
    return _flatten(value if isinstance(value, NDArray | Symbol) else None, "input")[1]


def _regroup(args: list, fmt: Any) -> tuple[Any, list]:
    """The first items of a flat list in the structure that `_flatten` gave, and the remaining
    items.

    >>> _regroup(["a", "b", "c"], [0, [0, 0]])
    (['a', ['b', 'c']], [])
    """
    if isinstance(fmt, int):
        if fmt in (0, -1):
            return (None if fmt == -1 else args[0]), args[1:]
        return args[:fmt], args[fmt:]
    found = []
    for inner in fmt:
        value, args = _regroup(args, inner)
        found.append(value)
    return found, args
