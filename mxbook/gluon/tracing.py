"""Running a HybridBlock on symbols, to learn what follows from its inputs before anything is
computed.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mxbook import symbol as sym
from mxbook.base import shapes
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, MXNetError
from mxbook.graph.infer import infer_shapes
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol

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
    return NDArray if isinstance(value, NDArray) else value


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


def trace(block: Any, args: tuple) -> tuple[dict[str, NDArray], Symbol]:
    """Run a block on symbols in place of arrays: the arrays by the symbols' names, and the
    results together.
    """
    arrays = [a for a in leaves(args) if isinstance(a, NDArray)]
    names, out = trace_all(block, args)
    given = dict(zip(names, arrays, strict=True))
    return given, sym.Group([s for s in leaves(out) if isinstance(s, Symbol)])


def trace_all(block: Any, args: tuple) -> tuple[dict[str, int], Any]:
    """Run a block on symbols in place of arrays: the number of the array by the symbol's name, and
    the result as the block gives it.

    Raises MXNetError where the block does something that symbols cannot.
    """
    count = sum(isinstance(a, NDArray) for a in leaves(args))
    given = {f"data{i}" if count > 1 else "data": i for i in range(count)}
    numbers = iter(given)

    def stand_in(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)([stand_in(v) for v in value])
        return sym.var(next(numbers)) if isinstance(value, NDArray) else value

    try:
        return given, block._symbolic_forward(*_first(stand_in(args)))
    except (AttributeError, TypeError) as error:
        raise MXNetError(
            f"{type(block).__name__}.hybrid_forward cannot run on symbols: {error}",
            rule="it is written with F alone, because unknown shapes are worked out on symbols",
            hint="give the shapes (in_units=..., in_channels=...), then it runs on arrays only",
        ) from error


def _first(args: Any) -> tuple[Any, tuple]:
    return args[0], tuple(args[1:])


def infer(block: Any, args: tuple, what: str) -> list[tuple[Parameter, Any]]:
    """Parameters and the `shape` or `dtype` that follows for them from the inputs."""
    given, out = trace(block, args)
    known = {name: getattr(array, what) for name, array in given.items()}
    method: Callable = out.infer_shape_partial if what == "shape" else out.infer_type
    inner = set(out.list_inputs())
    arguments, _, states = method(**{n: v for n, v in known.items() if n in inner})
    names = [*out.list_arguments(), *out.list_auxiliary_states()]
    found = dict(zip(names, [*(arguments or ()), *(states or ())], strict=False))
    return [(p, found[p.name]) for p in block.collect_params().values() if found.get(p.name)]


def parameters_in_order(block: Any, args: tuple) -> list[Parameter]:
    """The parameters in the order in which the graph needs them, which MXNet initializes them
    in.
    """
    known = block.collect_params()
    _, out = trace(block, args)
    return [known[name] for name in out.list_inputs() if name in known]


def shapes_in_words(block: Any, args: tuple) -> str:
    """A table of all operations and parameters with the shapes that follow from the inputs."""
    given, out = trace(block, args)
    nodes = out._nodes()
    variables = {n.name: n for n in nodes if n.op is None}
    known: dict = {variables[n]: a.shape for n, a in given.items() if n in variables}
    for name, p in block.collect_params().items():
        if name in variables and p.shape:
            known[variables[name]] = tuple(d if d > 0 else None for d in p.shape)
    shape_of = infer_shapes(out._entries, dict(known))
    rows = [("name", "operator", "shape")]
    for node in nodes:
        kind = node.op.name if node.op else "input" if node.name in given else "parameter"
        rows.append((node.name, kind, shapes.text(shape_of((node, 0)))))
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    return "\n".join(f"{n:<{widths[0]}}  {k:<{widths[1]}}  {s}" for n, k, s in rows)


# ---- MXNet's form of nested inputs: a flat list and a description


def _flatten(args: Any, inout_str: str) -> tuple[list, Any]:
    """Nested arrays as a flat list, and their structure for `_regroup`.

    In the structure 0 is an array, -1 is None, and n > 1 a Symbol with n outputs.
    """
    if args is None or isinstance(args, NDArray):
        return [args], -1 if args is None else 0
    if isinstance(args, Symbol):
        count = len(args.list_outputs())
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
