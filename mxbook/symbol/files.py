"""Symbols as text and in files, in MXNet's format."""

import os

from mxbook.base.errors import FileFormatError
from mxbook.formats import atomic
from mxbook.graph import json

from .composition import without_casts
from .symbol import Symbol


def load_json(json_str: str) -> Symbol:
    """The symbol that `Symbol.tojson` wrote, in mxbook or in MXNet.

    >>> from mxbook import sym
    >>> load_json((sym.var("a") + sym.var("b")).tojson()).list_arguments()
    ['a', 'b']

    Raises FileFormatError for something else.
    """
    if not isinstance(json_str, str):
        raise TypeError(f"the JSON text of a symbol, not a {type(json_str).__name__}")
    return Symbol(json.loads(json_str))


def load(fname: str | os.PathLike) -> Symbol:
    """The symbol in a file; see `load_json`."""
    if isinstance(fname, int):  # Python takes it for an open file
        raise TypeError(f"the name of a file, not {fname!r}")
    with open(fname, encoding="utf-8") as stream:
        try:
            text = stream.read()
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"this is no symbol: {error}", values=[("file", str(fname))]
            ) from None
    return Symbol(json.loads(text, str(fname)))


def save(symbol: Symbol, fname: str | os.PathLike, remove_amp_cast: bool = True) -> None:
    """Write a symbol into a file; the conversions of mixed precision are left out unless wanted."""
    kept = without_casts(symbol) if remove_amp_cast else symbol
    atomic.write(fname, [json.dumps(kept._entries).encode()])


def described(symbol: Symbol) -> str:
    """All nodes in words, as MXNet prints them for debugging."""
    outputs = [f"\toutput[{i}]={n.name}({k})" for i, (n, k) in enumerate(symbol._entries)]
    lines = ["Symbol Outputs:", *outputs]
    for node in symbol._nodes():
        if node.op is None:
            lines.append(f"Variable:{node.name}")
            continue
        lines += ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
        for i, (n, k) in enumerate(e for e in node.inputs if e is not None):
            lines.append(f"\targ[{i}]={n.name}({k}) version=0")
        if node.attrs:
            lines += ["Attrs:", *(f"\t{k}={v}" for k, v in sorted(node.attrs.items()))]
    return "\n".join(lines) + "\n"
