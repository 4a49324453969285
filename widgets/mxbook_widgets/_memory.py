"""The live widget of a memory plan."""

import json
import uuid
from pathlib import Path

import traitlets

from mxbook.explain.memory import MemoryPlan
from mxbook.explain.memory.files import data, picture_bundle

from ._pictured import Pictured

STATIC = Path(__file__).parent / "static"


class Memory(Pictured):
    """A memory plan to look into: who lives where and how long, before and after sharing.

    Everything is in the browser, so it goes on after the kernel has gone.  `selected` is the place
    of the selected value in `record.values` (-1: none); it can be set, and follows the reader.

    >>> import mxbook as mx
    >>> net = mx.sym.exp(mx.sym.tanh(mx.sym.var("x")))
    >>> Memory(mx.explain.memory(net, x=(1000,))).record.peak
    4000
    """

    _esm = (STATIC / "memory.js").read_text(encoding="utf-8")
    _css = (STATIC / "memory.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _plan = traitlets.Unicode().tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)

    def __init__(self, record: MemoryPlan):
        self.record = record
        super().__init__(_key=uuid.uuid4().hex, _plan=json.dumps(data(record)))

    def _pictures(self) -> tuple[dict, dict]:
        return picture_bundle(self.record)
