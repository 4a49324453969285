"""The record of a training run: named curves of (step, value), epochs, progress and time.

Logging one step costs about a microsecond: the numbers go onto a list, and about ten times a
second the list is sorted into the curves (`Series`) and handed to whoever watches: the live
widget, the terminal.  A `Run` draws itself without any of them; see `save` and `text`.
"""

import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike

import numpy as np

from mxbook.base.errors import IndexingError, ParameterError, nearest

from .alerts import Alert, alerts
from .series import FIRST, HIGH, KEEP, LAST, LOW, Series
from .style import Style, style

# Smoothing when none is asked for: the width of the window as a share of the shown range.
SMOOTH = 0.02
# Points are sorted every INTERVAL seconds, a third as often where nobody watches.  Watchers are
# told as often, and more rarely while all of logging has cost more than the share COST of the time;
# but at least every PATIENCE seconds.
INTERVAL, PATIENCE = 0.1, 1.0
COST = 0.01
# So many points are told even if it is too early.
MANY = 2**16
# Epoch marks kept; beyond, every second is forgotten.
MARKS = 4096
# The number of the curve of times among the points.
TIMES = -1
# Steps are whole or broken numbers below this, so that counting them stays exact.
STEPS = 2.0**53

Listener = Callable[["Run", np.ndarray], None]


class Run:
    """What happened during training, drawn as curves.

    `total` is the number of steps expected, for progress and time left.  `log_x` and `log_y`
    choose logarithmic axes.  `smooth` (0 to 0.5) is the window of the smoothed line as a share of
    the shown range.  `keep` bounds the points kept for each curve; see `Series`.  `better` says
    for names that do not tell it themselves whether "max" or "min" is good: `{"skill": "max"}`.
    `params` are settings worth remembering, numbers and texts: `{"rate": 0.1}`.

    >>> run = Run("digits", total=2)
    >>> run.log(loss=0.9)
    >>> run.log(loss=0.4, accuracy=0.8)
    >>> run.step, run.best("loss"), run["accuracy"].latest
    (2, (2.0, 0.4), (2.0, 0.8))
    """

    def __init__(
        self,
        title: str = "",
        *,
        total: int | None = None,
        log_x: bool = False,
        log_y: bool = False,
        smooth: float = SMOOTH,
        keep: int = KEEP,
        better: Mapping[str, str] | None = None,
        params: Mapping[str, float | str] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ):
        if not 0 <= smooth <= 0.5:
            raise ParameterError(
                f"smooth cannot be {smooth}",
                rule="a share of the shown range, from 0 (no smoothing) to 0.5",
            )
        self.title = title or "training"
        self.total = total
        self.log_x, self.log_y, self.smooth = log_x, log_y, smooth
        self.keep = keep
        self.params = dict(params or {})
        self.summary = ""  # words in place of progress, time and speed
        self.styles: dict[str, Style] = {}
        self.epochs: list[tuple[float, float, float]] = []  # epoch, its last step, seconds
        self.closed = 0  # how many of them are over
        self.status = "running"  # finished, interrupted, failed
        self.reason = ""
        self.step: float = 0
        self.rows = 0  # points sorted into curves so far, times among them
        self.spent = 0.0  # seconds that logging has cost
        self._better = dict(better or {})
        self._clock = clock
        # A curve of its own: the seconds since the start at which each step was logged.
        self.times = Series(keep)
        self._series: list[Series] = []
        self._index: dict[str, int] = {}
        self._last: dict[str, float] = {}
        self._bases: list[str] = []
        self._pending: list[float] = []  # curve number, step, value; three for each point
        self._untold: list[np.ndarray] = []  # sorted, but the listeners do not know them
        self._alerts: tuple[int, list[Alert]] = (-1, [])  # after so many points
        self._calls = 0  # of `log` since the last tick
        self.listeners: list[Listener] = []
        self._lock = threading.RLock()  # readers may live on another thread than `log`
        self.restart()

    def restart(self) -> None:
        """Let the time count from now."""
        self._start = self._now = self._clock()
        self._due = self._start + INTERVAL
        self._told = self._start
        self._samples: deque[tuple[float, float]] = deque([(self._start, self.step)], maxlen=64)

    # ------------------------------------------------------------------ writing

    def log(
        self,
        values: Mapping[str, float] | None = None,
        /,
        *,
        step: float | None = None,
        epoch: float | None = None,
        **named: float,
    ) -> None:
        """Add one value to each named curve.

        Without `step`, steps are counted: a name that already has a value at this step begins
        the next one, so `log(loss=...)` in the loop and `log(val_loss=...)` after it need no
        counting.  `epoch` marks the step as belonging to that epoch.  Names that are no Python
        words go in a dictionary: `log({"top-5": 0.9})`.

        Values are numbers or arrays of one element.  Converting an array waits for it, so log
        what you have waited for anyway.  NaN and infinity are kept and marked in the picture.

        Raises ParameterError for a value that is not one number and for steps that go back.
        """
        now = self._clock()
        if values:
            named = {**values, **named}
        before, last = self.step, self._last
        if step is None:
            step = before or 1
            for name in named:
                if last.get(name) == step:
                    step += 1
                    break
        elif not before <= step < STEPS:
            self._check_step(step, named)
        pending = self._pending
        for name, value in named.items():
            if type(value) is not float:
                value = scalar(name, value)
            index = self._index.get(name)
            if index is None:
                index = self._add(name)
            last[name] = step
            pending += (index, step, value)  # one C call: an interrupt cannot split a point
        pending += (TIMES, step, now - self._start)
        self._calls += 1
        self._now = now
        if step > before:
            self.step = step
        if epoch is not None:
            self._mark(epoch, self.step, moved=step > before)
        if now >= self._due:
            self._tick(now, self._clock())

    def finish(self, error: BaseException | None = None) -> None:
        """Say that training is over; `error` is what ended it early, if anything did."""
        if isinstance(error, KeyboardInterrupt):
            self.status = "interrupted"
        else:
            self.status = "failed" if error is not None else "finished"
        self.reason = type(error).__name__ if error is not None else ""
        self.closed = len(self.epochs)
        self.flush()

    def watch(self, listener: Listener) -> None:
        """Call `listener(run, points)` at most ten times a second while values are logged.

        `points` has a row (number of the curve, step, value) for each new point; the number -1
        stands for the seconds at which a step was logged.
        """
        self.listeners.append(listener)

    def unwatch(self, listener: Listener) -> None:
        """Stop calling `listener`."""
        self.listeners.remove(listener)

    def flush(self) -> None:
        """Sort what was logged into the curves and tell the listeners."""
        with self._lock:
            self._sort()
            points = np.concatenate([np.empty((0, 3)), *self._untold])
            self._untold.clear()
            for listener in list(self.listeners):
                try:
                    listener(self, points)
                except Exception as error:  # a broken display must not end a long training
                    self.listeners.remove(listener)
                    warnings.warn(f"the live curves stopped: {error!r}", stacklevel=3)

    def _sort(self) -> None:
        """Sort what was logged into the curves."""
        with self._lock:
            pending = self._pending
            size = len(pending)
            if not size:
                return
            points = np.array(pending[:size], np.float64).reshape(-1, 3)
            del pending[:size]
            which = points[:, 0]
            for index in range(TIMES, len(self._series)):
                own = points[which == index]
                series = self.times if index == TIMES else self._series[index]
                series.append(own[:, 1], own[:, 2])
            self.rows += len(points)
            if self.listeners:
                self._untold.append(points)

    def _tick(self, now: float, recorded: float) -> None:
        self._sort()
        # The call that came here was timed; the others since the last tick cost the same.
        self.spent += (recorded - now) * self._calls
        self._calls = 0
        cheap = self.spent <= COST * (now - self._start)
        late = now - self._told >= PATIENCE or sum(map(len, self._untold)) >= MANY
        if cheap or late:
            self._told = now
            self.flush()
        done = self._clock()
        self.spent += done - recorded
        self._samples.append((now, self.step))
        self._due = done + (INTERVAL if self.listeners else 3 * INTERVAL)

    def _add(self, name: str) -> int:
        with self._lock:
            look = style(name, self._bases)
            choice = self._better.get(name, look.better)
            self.styles[name] = look._replace(better=choice)
            self._series.append(Series(self.keep))
            index = self._index[name] = len(self._series) - 1
        return index

    def adopt(self, look: Style, series: Series) -> None:
        """Draw a curve of another run here, in a look of its own."""
        with self._lock:
            self.styles[look.name] = look
            self._index[look.name] = len(self._series)
            self._series.append(series)
            latest = series.latest[0] if series.latest else 0.0
            self._last[look.name] = latest
            self.step = max(self.step, latest)
            self.rows += series.total

    def _check_step(self, step: float, named: Mapping[str, float]) -> None:
        for name in named:
            if not self._last.get(name, -STEPS) <= step < STEPS:
                raise ParameterError(
                    f"step {step} of {name} cannot follow step {self._last.get(name, self.step)}",
                    rule="the steps of a curve are numbers that do not go back",
                    hint="leave out step= to have them counted, or begin another run",
                )

    def _mark(self, epoch: float, step: float, moved: bool) -> None:
        mark = (epoch, step, self._now - self._start)
        if self.epochs and self.epochs[-1][0] == epoch:
            self.epochs[-1] = mark
        else:
            self.closed = len(self.epochs)
            self.epochs.append(mark)
            if len(self.epochs) > MARKS:
                del self.epochs[:-1:2]
                self.closed = len(self.epochs) - 1
        if not moved:  # a second call at this step: results of a whole epoch
            self.closed = len(self.epochs)

    # ------------------------------------------------------------------ reading

    @property
    def names(self) -> list[str]:
        """Names of the curves in the order in which they appeared."""
        return list(self._index)

    def __getitem__(self, name: str) -> Series:
        self._sort()
        if name not in self._index:
            raise IndexingError(f"no curve {name!r}", hint=nearest(name, self._index))
        return self._series[self._index[name]]

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def best(self, name: str) -> tuple[float, float] | None:
        """Step and value of the best point: the largest accuracy, the smallest loss.

        None when nothing finite was logged or no value is better than another (learning rate).
        """
        curve = self[name]
        good = {"max": curve.highest, "min": curve.lowest}
        return good.get(self.styles[name].better)

    @property
    def alerts(self) -> list[Alert]:
        """What should make one stop and think: divergence, over-fitting; see `Alert`."""
        with self.reading() as curves:
            count, _known = self._alerts
            # Looked at again when it could have changed by what can be seen.
            if not count <= self.rows < 1.02 * count or self.status != "running":
                self._alerts = self.rows, alerts(curves)
            return self._alerts[1]

    def now(self) -> float:
        """Seconds since the start; `elapsed` stops at the last `log`."""
        return self._clock() - self._start

    @property
    def elapsed(self) -> float:
        """Seconds from the start to the last `log`."""
        return self._now - self._start

    @property
    def speed(self) -> float:
        """Steps a second: lately while it runs, over all when it is over; 0 when unknown."""
        time0, step0 = self._samples[0] if self.status == "running" else (self._start, 0)
        seconds = self._now - time0
        return (self.step - step0) / seconds if seconds > 0 else 0.0

    @property
    def progress(self) -> float | None:
        """Share of the expected steps that are done, 0 to 1; None without `total`."""
        return min(1.0, self.step / self.total) if self.total else None

    @property
    def remaining(self) -> float | None:
        """Seconds left at the present speed; None when it cannot be known."""
        if not self.total or self.status != "running" or self.speed <= 0:
            return None
        return max(0.0, self.total - self.step) / self.speed

    def stretch(self, step: float) -> tuple[float, float] | None:
        """Begin and end of a step, in seconds since the start: from the last `log` of the step
        before to the first of this one.  None when it was not logged.

        >>> seconds = iter([0.0, 1.0, 3.0, 3.0])
        >>> run = Run(clock=lambda: next(seconds, 3.0))
        >>> run.log(loss=0.5)
        >>> run.log(loss=0.4)
        >>> run.stretch(2)
        (1.0, 3.0)
        """
        self._sort()
        buckets = self.times.buckets
        at = int(np.searchsorted(buckets[:, LAST], step))
        if at >= len(buckets) or step < buckets[0, FIRST]:
            return None
        begin = float(buckets[at - 1, HIGH]) if at else 0.0
        # The end of a bucket of one; of one that was merged, its last moment.
        end = buckets[at, LOW] if buckets[at, FIRST] == step else buckets[at, HIGH]
        return begin, float(end)

    @property
    def points(self) -> int:
        """How many values were logged."""
        self._sort()
        return self.rows - self.times.total

    @property
    def zero(self) -> float | None:
        """When it started, in seconds of `time.perf_counter`, which the engine's timelines use."""
        return self._start if self._clock is time.perf_counter else None

    @property
    def cost(self) -> float:
        """Share of the time that logging has taken."""
        return min(1.0, self.spent / self.elapsed) if self.elapsed > 0 else 0.0

    @contextmanager
    def reading(self) -> Iterator[list[tuple[Style, Series]]]:
        """The curves with their looks; nothing changes them inside the `with` block."""
        with self._lock:
            self._sort()
            yield list(zip(self.styles.values(), self._series, strict=True))

    # ------------------------------------------------------------------ showing

    def text(self, *, plain: bool = False) -> str:
        """A sentence and a small chart for terminals; `plain` uses ASCII characters only."""
        from .terminal import text

        return text(self, plain=plain)

    def svg(self, *, width: int = 720, theme: str = "light") -> str:
        """The picture as SVG that needs no style sheet, script or identifier."""
        from . import chart, svg

        return svg.draw(chart.picture(self, width=width, theme=theme))

    def png(self, *, width: int = 720, theme: str = "light") -> bytes:
        """The picture as PNG with two pixels for each unit; needs Pillow."""
        from . import chart, png

        return png.draw(chart.picture(self, width=width, theme=theme))

    def save(self, path: str | PathLike) -> None:
        """Write the run; the ending decides what: .png .svg .html .csv .json .txt.

        `.html` is one interactive page that needs no network; `.json` can be read back by
        `Run.load`.  The file appears whole or not at all.  Raises ParameterError for another
        ending.
        """
        from .files import save

        save(self, path)

    @classmethod
    def load(cls, path: str | PathLike) -> "Run":
        """Read a run that was saved as .json.  Raises FileFormatError for anything else."""
        from .files import load

        return load(cls, path)

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_wanted):
        """What a notebook stores: a picture that shows without kernel, JavaScript or trust."""
        from .files import bundle

        return bundle(self)


def scalar(name: str, value) -> float:
    """One number out of a Python number or an array of one element.

    >>> scalar("loss", np.array([0.5]))
    0.5
    """
    try:
        if not isinstance(value, int):
            for method in ("asscalar", "item"):
                if hasattr(value, method):
                    value = getattr(value, method)()
                    break
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        kind = type(value).__name__
        shape = getattr(value, "shape", None)
        raise ParameterError(
            f"cannot draw {name} = {value!s:.60}",
            rule="a logged value is one number",
            values=[("got", kind if shape is None else f"{kind} of shape {tuple(shape)}")],
            hint="log a mean, for example loss.mean().asscalar()",
        ) from error
