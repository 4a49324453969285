"""A graph in files, in notebook outputs, and as the data of the widget."""

from os import PathLike
from typing import Any

from mxbook.explain.output import widgets_here, with_png, write

from .looks import KINDS, title_of
from .model import Graph, Node
from .scene import legible, opened, scene

FORMAT = "mxbook graph 1"


def data(graph: Graph) -> dict[str, Any]:
    """Everything about a graph and its drawing as texts and numbers, ready for JSON."""
    found = scene(graph.plain())  # the browser draws the overlay that is chosen
    shown = legible(found) if graph.depth is None else opened(found, graph.depth)
    return {
        "format": FORMAT,
        "title": graph.title,
        "sentence": found.sentence,
        "problem": graph.problem,
        "items": [{**item._asdict(), "strips": _dicts(item.strips)} for item in found.items],
        "boxes": _dicts(found.boxes),
        "links": [list(link) for link in found.links],
        "nodes": [_node(node) for node in graph.nodes],
        "open": sorted(shown),
        "overlays": _dicts(graph.overlays),
        "shown": graph.overlay.title if graph.overlay is not None else "",
        "steps": graph.steps,
        "kinds": {name: {"name": k.name, "colours": k.colours} for name, k in KINDS.items()},
    }


def _dicts(rows: Any) -> list[dict]:
    return [row._asdict() for row in rows]


def _node(node: Node) -> dict[str, Any]:
    return {
        "number": node.number,
        "name": node.name,
        "op": node.op,
        "title": title_of(node),
        "role": node.role,
        "path": list(node.path),
        "inputs": [list(i) for i in node.inputs],
        "outputs": [v.text for v in node.outputs],
        "params": dict(node.params),
        "size": node.size,
        "flops": node.flops,
        "bytes": node.nbytes,
        "layer": node.layer,
        "site": node.site,
        "note": node.note,
        "error": node.error,
    }


def csv(graph: Graph) -> str:
    """The nodes as comma-separated text with a header line."""
    import csv as writer
    import io

    text = io.StringIO()
    out = writer.writer(text, lineterminator="\n")
    out.writerow(
        "number name operator role group inputs shapes parameters flops bytes site".split()
    )
    for n in graph.nodes:
        inputs = " ".join(graph.nodes[i.source].name for i in n.inputs)
        params = " ".join(f"{k}={v}" for k, v in n.params.items())
        shapes = " ".join(v.text for v in n.outputs)
        out.writerow(
            [
                n.number,
                n.name,
                n.op,
                n.role,
                "/".join(n.path),
                inputs,
                shapes,
                params,
                n.flops,
                n.nbytes,
                n.site,
            ]
        )
    return text.getvalue()


def html(graph: Graph) -> str:
    """One interactive page that needs no network; the picture where scripts are forbidden."""
    import json

    from mxbook.explain import page

    state = {"_key": "page", "_graph": json.dumps(data(graph)), "opened": None, "selected": -1}
    return page.interactive("graph", graph.title, graph.svg(), state, {})


def save(graph: Graph, path: str | PathLike) -> None:
    """Write a graph in the form that the file's ending names; see `Graph.save`."""
    import json

    writers = {
        ".png": graph.png,
        ".svg": graph.svg,
        ".html": lambda: html(graph),
        ".json": lambda: json.dumps(data(graph), indent=1),
        ".csv": lambda: csv(graph),
        ".txt": lambda: graph.text() + "\n",
    }
    write(path, "a graph", writers)


def bundle(graph: Graph) -> tuple[dict, dict]:
    """Data and metadata for a notebook: the live widget if it can be, PNG, SVG, and words."""
    package = widgets_here()
    if package is not None:
        return package.Graph(graph)._repr_mimebundle_()
    return picture_bundle(graph)


def picture_bundle(graph: Graph) -> tuple[dict, dict]:
    """The same without the widget."""
    words = graph.text()
    data = {"image/svg+xml": graph.svg(), "text/plain": words}
    return with_png(data, graph.png, words.partition("\n")[0])


def show(graph: Graph) -> None:
    """Display a graph as well as the place allows; see `Graph.show`."""
    from mxbook.explain.live import notebook_display, widget_package

    display = notebook_display()
    if display is None:
        print(graph.text())
        return
    widgets = widget_package()
    display.display(graph if widgets is None else widgets.Graph(graph))
