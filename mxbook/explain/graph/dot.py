"""What `mx.viz.plot_network` returns: graphviz's Digraph, which can also be seen without `dot`."""

import shutil
from collections.abc import Callable
from os import PathLike
from typing import Any

from mxbook.base.errors import DeviceError

from .model import Graph

ADVICE = "install graphviz's programs: apt-get install graphviz, or conda install graphviz"


class Text:
    """The part of graphviz's Digraph that is needed where the package graphviz is missing: `node`,
    `edge`, `source`, `save`."""

    def __init__(self, name: str = "plot", format: str = "pdf"):
        self.name, self.format, self.filename = name, format, f"{name}.gv"
        self.body: list[str] = []

    def node(self, name: str, label: str | None = None, **attributes: str) -> None:
        """Add a node."""
        self.body.append(f"\t{_quoted(name)}{_attributes(label, attributes)}\n")

    def edge(
        self, tail_name: str, head_name: str, label: str | None = None, **attributes: str
    ) -> None:
        """Add an arrow."""
        ends = f"{_quoted(tail_name)} -> {_quoted(head_name)}"
        self.body.append(f"\t{ends}{_attributes(label, attributes)}\n")

    @property
    def source(self) -> str:
        """The text in graphviz's language."""
        return f"digraph {_quoted(self.name)} {{\n{''.join(self.body)}}}\n"

    def __str__(self) -> str:
        return self.source

    def save(self, filename: str | PathLike | None = None, directory: Any = None) -> str:
        """Write the text into a file; returns its name."""
        import os

        path = os.path.join(os.fspath(directory or ""), os.fspath(filename or self.filename))
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.source)
        return path


def _quoted(text: str) -> str:
    if text.isidentifier() and text not in ("node", "edge", "graph", "digraph", "subgraph"):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def _attributes(label: str | None, attributes: dict[str, str]) -> str:
    pairs = [("label", label)] if label is not None else []
    pairs += sorted(attributes.items())
    texts = [f"{k}={_quoted(v)}" for k, v in pairs]
    return f" [{' '.join(texts)}]" if texts else ""


def network(title: str, save_format: str, draw: Callable[[], Graph]) -> Any:
    """An empty `graphviz.Digraph` that falls back to the picture of `draw()` where the program
    `dot` is missing."""
    try:
        import graphviz
    except ImportError:
        base: type = Text
    else:
        base = graphviz.Digraph

    class Network(base):
        """A Digraph that mxbook can draw itself."""

        def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
            if _dot(base):
                return super()._repr_mimebundle_(*args, **options)
            found, metadata = draw()._repr_mimebundle_()
            found["text/plain"] += f"\n\ndrawn by mxbook, without dot; {ADVICE}"
            return found, metadata

        def render(self, filename: Any = None, directory: Any = None, **options: Any) -> str:
            """Write the picture; see `graphviz.Digraph.render`."""
            if _dot(base):
                return super().render(filename, directory, **options)
            kind = _drawable(options.get("format") or self.format)
            path = f"{self.save(filename, directory=directory)}.{kind}"
            draw().save(path)
            return path

        def pipe(self, format: str | None = None, *args: Any, **options: Any) -> Any:
            """The picture as bytes or text; see `graphviz.Digraph.pipe`."""
            if _dot(base):
                return super().pipe(format, *args, **options)
            if _drawable(format or self.format) == "png":
                return draw().png()
            text = draw().svg()
            return text if options.get("encoding") else text.encode()

    return Network(name=title, format=save_format)


def _dot(base: type) -> bool:
    """Whether graphviz can draw: its package and its program are there."""
    return base is not Text and shutil.which("dot") is not None


def _drawable(kind: str) -> str:
    """A format that mxbook can draw; DeviceError for others."""
    if kind not in ("svg", "png"):
        raise DeviceError(
            f"a drawing as {kind} needs the program dot",
            rule="without it mxbook writes png and svg",
            hint=ADVICE,
        )
    return kind
