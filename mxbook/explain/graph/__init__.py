"""Graphs as plain data that draws itself: `mx.explain.graph(net, (1, 3, 224, 224))`.

| file | what |
|---|---|
| `model.py` | the data: `Node`, `Graph` with search, ancestors, paths, sums |
| `sources.py`, `building.py` | where graphs come from: symbols and files; `blocks.py` blocks, `tapes.py` recorded arrays, `programs.py` executors and programs |
| `costs.py`, `scopes.py` | floating point operations; groups out of names |
| `view.py`, `folding.py` | what is shown: groups open or closed, repeats as one, weights on their readers |
| `layers.py`, `order.py`, `place.py`, `layout.py` | where it goes: rows, order in rows, places, groups in groups |
| `looks.py`, `drawing.py`, `words.py` | how it looks, as shapes and as text |
| `wrap.py`, `files.py`, `dot.py` | long pictures in columns; files and outputs; `mx.viz.plot_network` |
| `overlays.py`, `steps.py` | numbers over it; forward and backward, one operation a step |
| `measure.py`, `gallery.py` | crossings and bends; many pictures |

`view.py`, the layout and `drawing.py` have twins in `widgets/src/graph/`, which draw the same.
"""  # noqa: E501 - a table

from .model import Graph, Node, Overlay
from .overlays import overlaid
from .programs import passes
from .sources import graph
from .steps import steps

__all__ = ["Graph", "Node", "Overlay", "graph", "overlaid", "passes", "steps"]
