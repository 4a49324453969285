"""Shows a run while it happens, as well as the place allows.

| where | while it runs | what stays |
|---|---|---|
| notebook with `mxbook_widgets` and anywidget | the live widget | widget and picture |
| notebook without | the picture, redrawn now and then | the picture |
| terminal, script | a line for each epoch, or every two seconds | a small chart |
"""

import importlib
import importlib.util
import sys
import uuid
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from .run import COST, SMOOTH, Run
from .store import Runs
from .ticks import duration, number

PAUSE = 2.0  # seconds between lines in a terminal when no epoch ends
MANY = 100  # after so many lines of epochs only one every PAUSE seconds


def curves(
    title: str | None = None,
    *,
    total: int | None = None,
    log_y: bool = False,
    log_x: bool = False,
    smooth: float = SMOOTH,
    better: Mapping[str, str] | None = None,
    params: Mapping[str, float | str] | None = None,
    store: str | PathLike | None = None,
    show: bool = True,
) -> "Live":
    """Draw training curves while the block runs; gives the `Run` to log to.

    `total` is the number of steps expected, for progress and time left; the other arguments are
    those of `Run`.  With `show=False` nothing appears and the run is only recorded.  An exception
    or an interrupt inside the block goes on, and the curves up to there stay.  With `store`, a
    folder, the run is kept there to be compared with others; see `mx.explain.runs`.

    >>> with curves("digits", total=3, show=False) as c:
    ...     for loss in (0.9, 0.5, 0.3):
    ...         c.log(loss=loss)
    >>> c.status, c["loss"].latest
    ('finished', (3.0, 0.3))
    """
    look: dict[str, Any] = {"log_x": log_x, "log_y": log_y, "smooth": smooth, "better": better}
    run = Run(title or "", total=total, params=params, **look)
    return Live(run, screen() if show else None, store)


class Live:
    """A `with` block that shows a run on a screen: `Widget`, `Redrawn`, `Terminal` or None."""

    def __init__(self, run: Run, where: Any, store: str | PathLike | None = None):
        self.run, self.screen, self.store = run, where, store

    def __enter__(self) -> Run:
        self.run.restart()
        if self.screen is not None:
            self.screen.begin(self.run)
            self.run.watch(self.screen.update)
        return self.run

    def __exit__(self, kind, error, trace) -> None:
        self.run.finish(error)
        if self.screen is not None:
            if self.screen.update in self.run.listeners:
                self.run.unwatch(self.screen.update)
            self.screen.end(self.run)
        if self.store is not None:
            Runs(self.store).save(self.run)


def screen():
    """The best way to show a run here."""
    display = notebook_display()
    if display is None:
        return Terminal()
    widgets = widget_package()
    return Redrawn(display) if widgets is None else Widget(widgets)


def notebook_display():
    """IPython's display module when this runs in a Jupyter kernel, else None.

    Nothing is imported for it: a kernel has it loaded already.
    """
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return None
    shell = sys.modules["IPython"].get_ipython()
    return sys.modules.get("IPython.display") if hasattr(shell, "kernel") else None


def widget_package():
    """The package `mxbook_widgets` when it and what it needs are installed, else None."""
    if importlib.util.find_spec("mxbook_widgets") is None:
        return None
    try:
        return importlib.import_module("mxbook_widgets")
    except ImportError:  # anywidget is missing: the picture serves
        return None


class Widget:
    """The live widget; its output also holds the picture, renewed at the end."""

    def __init__(self, package):
        self._package = package

    def begin(self, run: Run) -> None:
        """Show the widget, still empty."""
        self._widget = self._package.Curves(run)
        self._widget.show()

    def update(self, _run: Run, _points: np.ndarray) -> None:
        """Nothing: the widget listens to the run itself."""

    def end(self, _run: Run) -> None:
        """Put the final picture beside the widget."""
        self._widget.refresh()


class Redrawn:
    """A picture in the output of a cell that is replaced by a newer one."""

    def __init__(self, display):
        self._display = display
        self._id = uuid.uuid4().hex
        self._due = 0.0

    def begin(self, run: Run) -> None:
        """Reserve the place of the picture."""
        words = {"text/plain": f"{run.title}: waiting for the first value"}
        self._display.display(words, raw=True, display_id=self._id)
        self._due = run.elapsed + PAUSE

    def update(self, run: Run, _points: np.ndarray) -> None:
        """Redraw if drawing stays below one hundredth of the time."""
        if run.elapsed >= self._due:
            before = run.now()
            self.end(run)
            spent = run.now() - before
            self._due = run.elapsed + max(PAUSE, spent / COST)

    def end(self, run: Run) -> None:
        """Draw the run as it is now."""
        data, metadata = run._repr_mimebundle_()
        self._display.update_display(data, raw=True, metadata=metadata, display_id=self._id)


class Terminal:
    """Lines of text: one for each epoch, or every two seconds, and a small chart at the end."""

    def __init__(self, out=None):
        self._out = out
        self._epochs = 0  # epochs that have been told
        self._lines = 0
        self._last = 0.0  # when the last line was written
        self._step = 0.0  # what it told about

    def begin(self, run: Run) -> None:
        """Say what begins."""
        steps = f", {number(run.total)} steps" if run.total else ""
        self._write(f"{run.title}{steps}")

    def update(self, run: Run, _points: np.ndarray) -> None:
        """Tell the epochs that ended, or where we are if nothing was told for a while."""
        while self._epochs < run.closed:
            self._epochs += 1
            waited = run.elapsed - self._last >= PAUSE
            if self._lines < MANY or waited or run.status != "running":
                self._tell(run, *run.epochs[self._epochs - 1])
        if run.elapsed - self._last >= PAUSE and run.step > self._step:
            self._tell(run, None, run.step, run.elapsed)

    def end(self, run: Run) -> None:
        """Draw the chart."""
        encoding = getattr(self._file, "encoding", None) or "utf-8"
        try:
            "⣿┤".encode(encoding)
            plain = False
        except UnicodeEncodeError:
            plain = True
        self._write(run.text(plain=plain))

    def _tell(self, run: Run, epoch: float | None, step: float, seconds: float) -> None:
        """Means since the last line, so that an epoch's line tells about the whole epoch."""
        if step <= self._step:
            return
        words = [f"step {number(step)}"]
        if epoch is not None:
            words.insert(0, f"epoch {number(epoch)}")
        with run.reading() as curves:
            for look, series in curves:
                mean = series.between(self._step, step)
                if mean == mean:
                    words.append(f"{look.name} {number(mean)}")
        words.append(duration(seconds))
        if run.remaining is not None:
            words.append(f"{duration(run.remaining)} left")
        self._write("  ".join(words))
        self._lines += 1
        self._last, self._step = run.elapsed, step

    @property
    def _file(self):
        return self._out or sys.stdout

    def _write(self, line: str) -> None:
        print(line, file=self._file, flush=True)
