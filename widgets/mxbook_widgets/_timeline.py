"""The live widget of a timeline."""

import uuid
from pathlib import Path
from typing import Any

import traitlets
from IPython.display import display, update_display

from mxbook.explain.timeline import Timeline as Record
from mxbook.explain.timeline.columns import Columns, columns
from mxbook.explain.timeline.compare import Comparison
from mxbook.explain.timeline.files import picture_bundle
from mxbook.explain.timeline.frame import boxes_of, details_of, frames
from mxbook.explain.timeline.record import LARGE

from ._pictured import Pictured

STATIC = Path(__file__).parent / "static"
SMALL = 2**20  # bytes of details that may travel together with the boxes


class Timeline(Pictured):
    """A timeline to look into: zoom, select, mark an area, ask what if, step through the queues.

    The boxes travel first and are drawn at once; large details, and the critical path of a large
    timeline, are computed afterwards and follow in a second message.  Every question is answered
    in the browser, also after the kernel has gone.  `record` is a timeline, two that are
    compared, or the arrays of a very large one.  `show_again` replaces what is shown while
    something runs; see `mxbook.explain.watch`.

    >>> import mxbook as mx
    >>> Timeline(mx.explain.timeline([])).record.events
    []
    """

    _esm = (STATIC / "timeline.js").read_text(encoding="utf-8")
    _css = (STATIC / "timeline.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _boxes = traitlets.Bytes().tag(sync=True)
    _details = traitlets.Bytes().tag(sync=True)

    def __init__(self, record: Record | Comparison | Columns, title: str = "", live: bool = False):
        self.record = record
        self.title = title
        self._columns = columns_of(record)
        details = details_of(self._columns)
        self._later = not details or len(details) > SMALL
        self._place = uuid.uuid4().hex  # the output that shows it
        super().__init__(
            _key=uuid.uuid4().hex,
            _boxes=boxes_of(self._columns, title=title, live=live),
            _details=b"" if self._later else details,
        )
        self.on_msg(self._answer)

    def show_again(self, record: Record, live: bool) -> None:
        """Show another record in the same place; one message, with boxes and details."""
        self.record, self._columns = record, columns_of(record)
        found = frames(self._columns, title=self.title, live=live)
        self.send({"kind": "frames"}, buffers=[f for f in found if f])

    def settle(self, record: Record) -> None:
        """Show the final record, and store its picture beside the widget."""
        self.record, self._columns = record, columns_of(record)
        self._later = True
        self._boxes = boxes_of(self._columns, title=self.title)
        if self._columns.details is not None:
            self._complete()
        data, metadata = self._repr_mimebundle_()
        update_display(data, raw=True, metadata=metadata, display_id=self._place)
        self._complete()

    def show(self) -> None:
        """Display the widget with the picture that is stored beside it."""
        data, metadata = self._repr_mimebundle_()
        display(data, raw=True, metadata=metadata, display_id=self._place)
        self._complete()

    def _complete(self) -> None:
        """Send the details that did not come with the boxes."""
        if not self._later:
            return
        self._later = False
        if self._columns.details is None and not isinstance(self.record, Columns):
            self._columns = self.record.columns()
        self._details = details_of(self._columns)

    def _answer(self, _widget: Any, content: dict, _buffers: Any) -> None:
        """The browser has drawn the boxes and has no details yet."""
        if content.get("kind") == "details":
            self._complete()

    def _ipython_display_(self) -> None:
        self.show()

    def _pictures(self) -> tuple[dict, dict]:
        if not self._columns.count:
            return {"text/plain": self._columns.sentence}, {}
        return picture_bundle(self._columns, self.title)


def columns_of(record: Record | Comparison | Columns) -> Columns:
    """The arrays of a record, or themselves; of a large one only what is drawn."""
    if isinstance(record, Columns):
        return record
    if isinstance(record, Comparison):
        return record.columns()
    return columns(record, details=len(record.events) <= LARGE)
