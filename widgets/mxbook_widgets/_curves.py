"""The live widget of training curves."""

import uuid
from pathlib import Path

import traitlets
from IPython import get_ipython
from IPython.display import display, update_display

from mxbook.explain import frames
from mxbook.explain.run import Run

from ._pictured import Pictured

STATIC = Path(__file__).parent / "static"
KEY_FRAMES = 50  # a snapshot after at most so many messages of rows, that is about 5 s


class Curves(Pictured):
    """A `Run`, drawn in the browser while it is logged.

    New points travel as binary messages with the number of points before them, at most ten a
    second.  Now and then a snapshot travels as well: a browser that missed something (a page that
    was reloaded, a module still loading) recovers from it even while the kernel is busy training
    and cannot answer.  `log_x`, `log_y` and `smooth` follow the reader's settings.

    >>> from mxbook.explain import Run
    >>> run = Run("digits")
    >>> Curves(run).run is run
    True
    """

    _esm = (STATIC / "curves.js").read_text(encoding="utf-8")
    _css = (STATIC / "curves.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _snapshot = traitlets.Bytes().tag(sync=True)
    log_x = traitlets.Bool().tag(sync=True)
    log_y = traitlets.Bool().tag(sync=True)
    smooth = traitlets.Float().tag(sync=True)

    def __init__(self, run: Run):
        self.run = run
        self._epochs = 0  # epochs the browser knows for good
        self._messages = 0
        self._next_key = 1
        self._places: list[str] = []  # outputs that show this widget
        self._drawn: tuple = ()  # what the pictures in them show
        super().__init__(
            _key=uuid.uuid4().hex,
            _snapshot=frames.snapshot(run, frames.COARSE),
            log_x=run.log_x,
            log_y=run.log_y,
            smooth=run.smooth,
        )
        run.watch(self._update)
        self.on_msg(self._answer)
        self.observe(self._settle, ["log_x", "log_y", "smooth"])

    def show(self) -> None:
        """Display the widget; `refresh` renews the picture that is stored beside it."""
        place = uuid.uuid4().hex
        self._places.append(place)
        data, metadata = self._repr_mimebundle_()
        display(data, raw=True, metadata=metadata, display_id=place)
        shell = get_ipython()
        if shell is not None and len(self._places) == 1:
            shell.events.register("post_run_cell", self._after_cell)

    def refresh(self) -> None:
        """Renew the stored picture in every output that shows this widget."""
        self.run.flush()
        state = self._state()
        if state == self._drawn:
            return
        data, metadata = self._repr_mimebundle_()
        for place in self._places:
            update_display(data, raw=True, metadata=metadata, display_id=place)

    def _ipython_display_(self) -> None:
        self.show()

    def _pictures(self) -> tuple[dict, dict]:
        self._drawn = self._state()
        if self.run.rows == 0:  # nothing to see yet, and drawing takes a moment
            return {"text/plain": self.run.text()}, {}
        return self.run._repr_mimebundle_()

    def _state(self) -> tuple:
        run = self.run
        return run.rows, run.status, run.log_x, run.log_y, run.smooth

    def _after_cell(self, *_result) -> None:
        self.refresh()
        if self.run.status != "running":
            get_ipython().events.unregister("post_run_cell", self._after_cell)

    def _update(self, run: Run, points) -> None:
        """Send what is new; called by the run."""
        begin = run.rows - len(points)
        frame = frames.rows(run, points, begin, self._epochs)
        self.send({"kind": "frame"}, buffers=[frame])
        self._epochs = max(0, len(run.epochs) - 1)  # the last one may still grow
        self._messages += 1
        if self._messages >= self._next_key or run.status != "running":
            # Early on often, because the browser may still be loading; then every KEY_FRAMES.
            self._next_key = min(2 * self._messages, self._messages + KEY_FRAMES)
            self._snapshot = frames.snapshot(run, frames.COARSE)

    def _answer(self, _widget, content, _buffers) -> None:
        """The browser noticed that points are missing.  May run on another thread than `log`."""
        if content.get("kind") == "resend":
            self.send({"kind": "frame"}, buffers=[frames.snapshot(self.run)])

    def _settle(self, _change) -> None:
        self.run.log_x, self.run.log_y, self.run.smooth = self.log_x, self.log_y, self.smooth
