"""The live widget of a graph."""

import json
import uuid
from pathlib import Path

import traitlets
from IPython.display import display

from mxbook.explain.graph import Graph as Record
from mxbook.explain.graph.files import data, picture_bundle

from ._pictured import Pictured

STATIC = Path(__file__).parent / "static"


class Graph(Pictured):
    """A graph to look into: open groups, search, follow what leads to a node, step through it.

    Everything is in the browser, so it goes on after the kernel has gone.  `opened` are the numbers
    of the open groups, `selected` is the number of the selected node (-1: none), `overlay` the
    title of what is drawn over it ("" for nothing); all can be set, and follow the reader.
    `record` is what is shown, see `mx.explain.graph` and `mx.explain.overlaid`.

    >>> import mxbook as mx
    >>> Graph(mx.explain.graph(mx.gluon.nn.Dense(2), (1, 3))).record.totals().parameters
    8
    """

    _esm = (STATIC / "graph.js").read_text(encoding="utf-8")
    _css = (STATIC / "graph.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _graph = traitlets.Unicode().tag(sync=True)
    opened = traitlets.List(traitlets.Int()).tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    overlay = traitlets.Unicode().tag(sync=True)

    def __init__(self, record: Record):
        self.record = record
        found = data(record)
        super().__init__(
            _key=uuid.uuid4().hex,
            _graph=json.dumps(found),
            opened=found["open"],
            overlay=found["shown"],
        )

    def select(self, name: str | int) -> None:
        """Select a node by name or number; raises ParameterError for an unknown one."""
        self.selected = self.record[name].number

    def _ipython_display_(self) -> None:
        found, metadata = self._repr_mimebundle_()
        display(found, raw=True, metadata=metadata)

    def _pictures(self) -> tuple[dict, dict]:
        return picture_bundle(self.record)
