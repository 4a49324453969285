"""`mx.viz`: a symbol as a table of its layers, and as a drawing by graphviz.

Source: MXNet 1.6, `mxnet.visualization`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mxbook.base.errors import DTypeError, ShapeError
from mxbook.graph.node import Entry, Node
from mxbook.symbol.symbol import Symbol

__all__ = ["plot_network", "print_summary"]

# What graphviz fills nodes with, by kind.
COLOURS = {
    "input": "#8dd3c7",
    "weights": "#fb8072",
    "activation": "#ffffb3",
    "normalization": "#bebada",
    "pooling": "#80b1d3",
    "shape": "#fdb462",
    "softmax": "#b3de69",
    "other": "#fccde5",
}
KINDS = {
    **dict.fromkeys(("Convolution", "Deconvolution", "FullyConnected"), "weights"),
    **dict.fromkeys(("Activation", "LeakyReLU"), "activation"),
    "BatchNorm": "normalization",
    "Pooling": "pooling",
    **dict.fromkeys(("Concat", "Flatten", "Reshape"), "shape"),
    "Softmax": "softmax",
}
WEIGHTS = (
    *("_weight", "_bias", "_beta", "_gamma", "_moving_var", "_moving_mean"),
    *("_running_var", "_running_mean"),
)


def _shapes(symbol: Symbol, shape: Mapping | None) -> dict[Entry, tuple]:
    """The shapes of all entries, as far as they follow; all of them where `shape` is given."""
    inner = symbol.get_internals()
    if shape is None:
        found = inner.infer_shape_partial()[1]
    else:
        found = inner.infer_shape(**shape)[1]
        if found is None:
            raise ShapeError("Input shape is incomplete", rule="the shapes of all inputs")
    return {e: s for e, s in zip(inner._entries, found, strict=True) if s}


def _check(symbol: Any) -> None:
    if not isinstance(symbol, Symbol):
        raise DTypeError(f"symbol must be a Symbol, not {type(symbol).__name__}")


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, tuple] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a table of the layers: name and kind, shape of an example's output, number of
    parameters, the layers before.

    `shape` has the shapes of the inputs, without which the shapes stay empty; `positions` are the
    ends of the columns, as parts of `line_length` (or as columns).

    Raises DTypeError unless `symbol` is a Symbol, ShapeError when `shape` is not enough.

    >>> import mxbook as mx
    >>> fc = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    >>> print_summary(fc, {"data": (1, 3)}, line_length=40, positions=(0.5, 0.7, 0.9, 1))
    ________________________________________
    Layer (type)        Output SParam # Prev
    ========================================
    data(null)          3       0
    ________________________________________
    fc(FullyConnected)  2       8       data
    ========================================
    Total params: 8
    ________________________________________
    """
    _check(symbol)
    ends = [int(line_length * p) if positions[-1] <= 1 else int(p) for p in positions]
    found = _shapes(symbol, shape)
    nodes = symbol._nodes()
    print("_" * line_length)
    _print_row(("Layer (type)", "Output Shape", "Param #", "Previous Layer"), ends)
    print("=" * line_length)
    total = 0
    shown = [n for n in nodes if n.op is not None or n is nodes[0]]
    for node in shown:
        before = [n.name for n, _ in node.inputs if n.op is not None or n is nodes[0]]
        count = sum(
            math.prod(found.get(entry, (0,)))
            for entry, name in zip(node.inputs, _input_names(node), strict=False)
            if entry[0].op is None and entry[0] is not nodes[0] and _is_parameter(node, name)
        )
        total += count
        kind = node.op.name if node.op is not None else "null"
        size = "x".join(map(str, found.get((node, 0), ())[1:]))
        _print_row((f"{node.name}({kind})", size, count, *before[:1]), ends)
        for name in before[1:]:
            _print_row(("", "", "", name), ends)
        print(("=" if node is shown[-1] else "_") * line_length)
    print(f"Total params: {total}")
    print("_" * line_length)


def _print_row(fields: Sequence, ends: Sequence[int]) -> None:
    line = ""
    for i, end in enumerate(ends):
        line = (line + str(fields[i] if i < len(fields) else ""))[:end].ljust(end)
    print(line)


def _input_names(node: Node) -> Sequence[str]:
    return node.op.input_names(node.params) if node.op is not None else ()


def _is_parameter(node: Node, name: str) -> bool:
    """Whether an input of a layer is learned: not data, labels or moving averages."""
    return name not in node.op.aux and name not in ("data", "label", "lhs", "rhs")


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, tuple] | None = None,
    dtype: Any = None,
    node_attrs: Mapping[str, str] = {},
    hide_weights: bool = True,
) -> Any:
    """A drawing of the graph as a `graphviz.Digraph`; `.source` is its text, `.render()` a file.

    `shape` has the shapes of the inputs; the arrows are then labelled with the shape of an
    example.  `node_attrs` are graphviz attributes of all nodes.  Where the program `dot` is missing
    a notebook shows mxbook's own picture (`mx.explain.graph`), and `render` writes it as PNG or
    SVG; where the package graphviz is missing, too, the result still has `.source`.

    Raises DTypeError unless `symbol` is a Symbol, ShapeError when `shape` is not enough.
    """
    from mxbook.explain.graph import graph
    from mxbook.explain.graph.dot import network

    _check(symbol)
    found = _shapes(symbol, shape) if shape is not None else {}
    look = {"shape": "box", "fixedsize": "true", "width": "1.3", "height": "0.8034"}
    look.update(style="filled", **node_attrs)
    dot = network(title, save_format, lambda: graph(symbol, title=title, **(shape or {})))
    hidden = set()
    for node in symbol._nodes():
        if node.op is None and node.name.endswith(WEIGHTS):
            hidden |= {node} if hide_weights else set()
            continue
        label, kind = _label(node)
        fill = {**look, "fillcolor": COLOURS[kind]}
        if node.op is None:
            fill["shape"] = "oval"
        dot.node(name=node.name, label=label, **fill)
    for node in symbol._nodes():
        for source, i in node.inputs:
            if source not in hidden:
                size = "x".join(map(str, found.get((source, i), ())[1:]))
                dot.edge(node.name, source.name, label=size, dir="back", arrowtail="open")
    return dot


def _label(node: Node) -> tuple[str, str]:
    """What is written into a node, and its kind in COLOURS."""
    if node.op is None:
        return node.name, "input"
    name, p = node.op.name, node.params
    label = node.name
    if name in ("Convolution", "Deconvolution"):
        stride = p.stride or (1,) * len(p.kernel)
        label = f"{name}\n{_times(p.kernel)}/{_times(stride)}, {p.num_filter}"
    elif name == "FullyConnected":
        label = f"{name}\n{p.num_hidden}"
    elif name in ("Activation", "LeakyReLU"):
        label = f"{name}\n{p.act_type}"
    elif name == "Pooling":
        stride = p.stride or (1,) * len(p.kernel)
        label = f"{name}\n{p.pool_type}, {_times(p.kernel)}/{_times(stride)}"
    elif name == "Custom":
        label = str(getattr(p, "op_type", node.name))
    return label, KINDS.get(name, "other")


def _times(lengths: Sequence[int]) -> str:
    return "x".join(map(str, lengths))
