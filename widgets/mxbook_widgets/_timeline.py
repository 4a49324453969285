"""The live widget of a timeline."""

import uuid
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display, update_display

from mxbook.explain.timeline import Timeline as Record
from mxbook.explain.timeline.columns import Columns
from mxbook.explain.timeline.files import picture_bundle
from mxbook.explain.timeline.frame import frames

STATIC = Path(__file__).parent / "static"
SMALL = 2**20  # bytes of details that may travel together with the boxes


class Timeline(anywidget.AnyWidget):
    """A timeline to look into: zoom, select, mark an area, ask what if, step through the queues.

    The boxes travel first and are drawn at once; large details follow in a second message.  Every
    question is answered in the browser, also after the kernel has gone.  `record` is a timeline, or
    the arrays of a very large one.  `show_again` replaces what is shown while something runs; see
    `mxbook.explain.watch`.

    >>> import mxbook as mx
    >>> Timeline(mx.explain.timeline([])).record.events
    []
    """

    _esm = (STATIC / "timeline.js").read_text(encoding="utf-8")
    _css = (STATIC / "timeline.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _boxes = traitlets.Bytes().tag(sync=True)
    _details = traitlets.Bytes().tag(sync=True)

    def __init__(self, record: Record | Columns, title: str = "", live: bool = False):
        self.record = record
        self.title = title
        self._columns = columns_of(record)
        boxes, details = frames(self._columns, title=title, live=live)
        self._later = b"" if len(details) <= SMALL else details
        first = b"" if self._later else details
        self._place = uuid.uuid4().hex  # the output that shows it
        super().__init__(_key=uuid.uuid4().hex, _boxes=boxes, _details=first)
        self.on_msg(self._answer)

    def show_again(self, record: Record, live: bool) -> None:
        """Show another record in the same place; one message, with boxes and details."""
        self.record, self._columns = record, columns_of(record)
        found = frames(self._columns, title=self.title, live=live)
        self.send({"kind": "frames"}, buffers=[f for f in found if f])

    def settle(self, record: Record) -> None:
        """Show the final record, and store its picture beside the widget."""
        self.record, self._columns = record, columns_of(record)
        self._later = b""
        self._boxes, self._details = frames(self._columns, title=self.title)
        data, metadata = self._repr_mimebundle_()
        update_display(data, raw=True, metadata=metadata, display_id=self._place)

    def show(self) -> None:
        """Display the widget with the picture that is stored beside it."""
        data, metadata = self._repr_mimebundle_()
        display(data, raw=True, metadata=metadata, display_id=self._place)
        self._complete()

    def _complete(self) -> None:
        """Send the details that were too large to come with the boxes."""
        if self._later:
            self._details, self._later = self._later, b""

    def _answer(self, _widget: Any, content: dict, _buffers: Any) -> None:
        """The browser has drawn the boxes and has no details yet."""
        if content.get("kind") == "details":
            self._complete()

    def _ipython_display_(self) -> None:
        self.show()

    def _repr_mimebundle_(self, **wanted: Any):
        """The widget, and the timeline's own picture for places where no widget can live."""
        found = super()._repr_mimebundle_(**wanted)
        view, extra = found if isinstance(found, tuple) else (found or {}, {})
        if not self._columns.count:
            return {**view, "text/plain": self._columns.sentence}, dict(extra)
        data, metadata = picture_bundle(self._columns, self.title)
        return {**view, **data}, {**extra, **metadata}


def columns_of(record: Record | Columns) -> Columns:
    """The arrays of a record, or themselves."""
    return record if isinstance(record, Columns) else record.columns()
