"""`graph(x)`: the plain graph of a symbol, a file, a block, an executor or a recorded array."""

import os
from collections.abc import Mapping
from typing import Any

from mxbook import symbol as sym
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError
from mxbook.executor import Executor
from mxbook.gluon import Block
from mxbook.graph.infer import Found
from mxbook.graph.node import Node as Source
from mxbook.graph.node import topological
from mxbook.imperative.program import Program
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol, _from_legacy, _literal

from .blocks import of_block
from .building import Known, built, roles_by_name
from .model import Graph, Path
from .programs import of_executor, of_program
from .scopes import adopted, automatic, paths
from .tapes import of_arrays


def graph(
    x: Any,
    /,
    *inputs: Any,
    title: str = "",
    depth: int | None = None,
    fold: bool = True,
    **shapes: tuple[int, ...],
) -> Graph:
    """The graph of `x`, ready to be drawn, searched and shown.

    | `x` | what comes |
    |---|---|
    | Symbol, name of a JSON file, JSON text | its nodes; shapes of inputs by name: `data=(1, 3)` |
    | Block | what it does with `inputs` (arrays or shapes); without any, with unknown shapes |
    | hybridized block that was called | what it did with the inputs of the last call |
    | Executor | its symbol with all shapes, and the computation of the gradients |
    | NDArray (or a list) made under `autograd.record()` | the tape: all that leads to it |
    | Program | the instructions that run |

    Groups come from blocks where there are any, otherwise from names.  They are opened down to
    `depth` (None: as far as is legible); repeated parts are drawn once, with "× N", if `fold`.
    Where a shape is wrong, the graph ends at the node that is wrong, and says what is.

    Raises DTypeError for anything else.

    >>> import mxbook as mx
    >>> net = mx.gluon.nn.Dense(4)
    >>> print(graph(net, (2, 3)).heads)
    [(3, 0)]
    """
    found = _graph(x, inputs, shapes)
    found.title = title or found.title
    found.depth, found.fold = depth, fold
    return found


def _graph(x: Any, inputs: tuple, shapes: Mapping[str, tuple]) -> Graph:
    if isinstance(x, Graph):
        return x.collapsed()
    if isinstance(x, Symbol):
        return of_symbol(x, inputs, shapes)
    if isinstance(x, Block):
        return of_block(x, inputs)
    if isinstance(x, Executor):
        return of_executor(x)
    if isinstance(x, Program):
        return of_program(x)
    if isinstance(x, NDArray):
        return of_arrays([x])
    if isinstance(x, list | tuple) and x and all(isinstance(a, NDArray) for a in x):
        return of_arrays(list(x))
    if isinstance(x, str) and x.lstrip().startswith("{"):
        return of_symbol(sym.load_json(x), inputs, shapes)
    if isinstance(x, str | os.PathLike):
        name = os.path.basename(os.fspath(x)).removesuffix(".json").removesuffix("-symbol")
        return of_symbol(sym.load(os.fspath(x)), inputs, shapes, name)
    raise DTypeError(
        f"there is no graph in a {type(x).__name__}",
        rule="a Symbol, a JSON file, a Block, an Executor, a Program or recorded NDArrays",
    )


def of_symbol(
    symbol: Symbol, inputs: tuple = (), shapes: Mapping[str, tuple] | None = None, title: str = ""
) -> Graph:
    """The graph of a symbol; shapes of its inputs in their order or by name."""
    nodes = topological([node for node, _ in symbol._entries])
    given = {**dict(zip(symbol.list_arguments(), inputs, strict=False)), **(shapes or {})}
    known = Known(*_given(nodes, given))
    roles = roles_by_name(nodes)
    found = _paths_of(nodes)
    outputs = symbol.list_outputs()
    name = title or symbol.name or f"{outputs[0]} and {len(outputs) - 1} more"
    return built(name, symbol._entries, known, roles, lambda n: found.get(n, ()), {})


def _paths_of(nodes: list[Source]) -> dict[Source, Path]:
    """Groups from names; nodes whose names were made automatically join their neighbours."""
    operators = [n for n in nodes if n.op is not None]
    own = [n for n in operators if not automatic(n.name, n.op.name)]
    known = dict(zip(own, paths([n.name for n in own]), strict=True))
    number = {n: i for i, n in enumerate(operators)}
    sources = {i: [number[e[0]] for e in n.inputs if e[0] in number] for n, i in number.items()}
    readers: dict[int, list[int]] = {}
    for i, found in sources.items():
        for j in found:
            readers.setdefault(j, []).append(i)
    final = adopted({i: known.get(n) for n, i in number.items()}, readers, sources)
    return {n: final[i] for n, i in number.items()}


def _given(nodes: list[Source], shapes: Mapping[str, tuple]) -> tuple[Found, Found]:
    """What is known of the variables: from the caller, and from their attributes."""
    found: Found = {}
    types: Found = {}
    for node in nodes:
        if node.op is None:
            shape = shapes.get(node.name)
            if shape is None and "__shape__" in node.attrs:
                shape = _literal(node.attrs["__shape__"])
            if _from_legacy(shape) is not None:
                found[node, 0] = _from_legacy(shape)
            if "__dtype__" in node.attrs:
                types[node, 0] = as_dtype(int(node.attrs["__dtype__"]))
    return found, types
