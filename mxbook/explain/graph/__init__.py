"""Graphs as plain data that draws itself: `mx.explain.graph(net, (1, 3, 224, 224))`.

| file | what |
|---|---|
| `model.py` | the data: `Node`, `Graph` with search, ancestors, paths, sums |
| `sources.py`, `building.py` | where graphs come from: symbols and files; `blocks.py` blocks, `tapes.py` recorded arrays, `programs.py` executors and programs |
| `costs.py`, `scopes.py` | floating point operations; groups out of names |
| `view.py`, `folding.py` | what is shown: groups open or closed, repeats as one, weights on their readers |
| `layers.py`, `order.py`, `place.py`, `layout.py` | where it goes: rows, order in rows, places, groups in groups |
| `looks.py`, `drawing.py`, `words.py` | how it looks, as shapes and as text |
| `overlays.py`, `measure.py`, `gallery.py` | numbers over it; crossings and bends; many pictures |

`view.py`, the layout and `drawing.py` have twins in `widgets/src/graph/`, which draw the same.
"""  # noqa: E501 - a table

from .model import Graph, Node, Overlay
from .sources import graph

__all__ = ["Graph", "Node", "Overlay", "graph"]
