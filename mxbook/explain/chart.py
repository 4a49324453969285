"""Composes the picture of a run: title row with progress, one panel for each metric, one x axis."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .curve import SPARSE, Axis, Columns, columns, dense, runs_of, smooth, step_axis, value_axis
from .inside import inside
from .run import Run
from .series import Series
from .shapes import (
    THEMES,
    Area,
    Label,
    Line,
    Mark,
    Picture,
    Shape,
    Theme,
    box,
    marker,
    mix,
    text_width,
)
from .style import Style, by_panel
from .ticks import number, tick_labels
from .words import headline, sentence

TITLE = 46  # height of the title row
BOTTOM = 40  # height below the last panel, for the x axis
GAP = 30  # between panels, holds the name of the next one
COLUMN = 2.0  # width of a column in which points are merged
HEIGHTS = {1: 250, 2: 170, 3: 140}
STRIP = 56  # height of a panel of values of which none is better: a learning rate, a norm


class Drawn(NamedTuple):
    """One curve, ready to be drawn."""

    style: Style
    series: Series
    cut: Columns
    line: np.ndarray
    colour: str


class Frame(NamedTuple):
    """Where a panel lies and what its axes mean."""

    left: float
    top: float
    width: float
    height: float
    x: Axis
    y: Axis

    def px(self, at) -> np.ndarray:
        """Pixels across for places 0 to 1."""
        return self.left + np.asarray(at) * self.width

    def py(self, values) -> np.ndarray:
        """Pixels down for values; what lies outside is drawn at the edge."""
        return self.top + (1 - np.clip(self.y.place(values), 0, 1)) * self.height


def picture(run: Run, *, width: int = 720, theme: str = "light") -> Picture:
    """The whole picture of a run."""
    colours = THEMES[theme]
    with run.reading() as curves:
        x = step_axis([series.buckets for _, series in curves], run.log_x)
        count = max(20, int((width - 150) / COLUMN))
        panels = {
            name: [_drawn(run, look, series, x, count, colours) for look, series in members]
            for name, members in by_panel(curves).items()
        }
    panels = {name: panels[name] for name in sorted(panels, key=lambda n: is_strip(panels[n]))}
    heights = _heights(panels)
    axes = {
        name: value_axis([(d.line, d.cut) for d in drawn], run.log_y)
        for name, drawn in panels.items()
    }
    left, right = _margins(panels, axes, heights)
    shapes = _title(run, width, colours)
    top = TITLE + (GAP if panels else 0)
    if panels:
        whole = Frame(left, top, width - left - right, next(iter(heights.values())), x, x)
        name, drawn = next(iter(panels.items()))
        taken = left + text_width(_panel_name(name, drawn, axes[name]), 12, bold=True)
        floor = top + sum(heights.values()) + (len(panels) - 1) * GAP
        shapes += _epochs(run, whole, floor, taken, colours)
    for name, drawn in panels.items():
        frame = Frame(left, top, width - left - right, heights[name], x, axes[name])
        shapes += _panel(run, name, drawn, frame, colours)
        top += heights[name] + GAP
    bottom = top - GAP if panels else top + HEIGHTS[3]
    if panels:
        shapes += _x_axis(frame, colours)
    else:
        waiting = "waiting for the first value"
        middle = (top + bottom) / 2
        shapes.append(Label(width / 2, middle, waiting, colours.faint, 13, "middle"))
    return Picture(width, bottom + BOTTOM, colours.paper, sentence(run), shapes)


def _drawn(run: Run, look: Style, series: Series, x: Axis, count: int, theme: Theme) -> Drawn:
    cut = columns(series.buckets, x, count)
    line = smooth(cut, 0 if look.exact else run.smooth, run.log_y)
    return Drawn(look, series, cut, line, look.colour[theme.side])


def short(look: Style, drawn: list[Drawn]) -> str:
    """The name of a curve inside its panel: its role when all share one metric."""
    if len({d.style.base for d in drawn}) > 1:
        return look.label
    return look.role if len(drawn) > 1 or look.role != "train" else ""


def is_strip(drawn: list[Drawn]) -> bool:
    """Whether a panel has no value that is better than another: it comes last, and is low."""
    return not any(d.style.better for d in drawn)


def _heights(panels: dict[str, list[Drawn]]) -> dict[str, float]:
    """The height of each panel: strips are low, the others share what there is."""
    strips = {name for name, drawn in panels.items() if is_strip(drawn)}
    if len(strips) == len(panels):
        strips = set()
    height = HEIGHTS.get(len(panels) - len(strips), 120)
    return {name: STRIP if name in strips else height for name in panels}


def _margins(panels: dict, axes: dict[str, Axis], heights: dict) -> tuple[float, float]:
    """Room for the tick labels on the left and for the curves' labels on the right."""
    ticks = [t for n, axis in axes.items() for t in tick_labels(y_ticks(axis, heights[n]))]
    ends = [_end_text(d, drawn) for drawn in panels.values() for d in drawn]
    left = max([text_width(t, 11) for t in ticks], default=20) + 24
    right = max([text_width(t, 12, bold=True) for t in ends], default=0) + 24
    return left, min(right, 200)


def y_ticks(axis: Axis, height: float) -> list[float]:
    """Round values, as many as have room: 13 pixels for each label."""
    count = 5 if height > 160 else 3 if height > STRIP else 2
    kept: list[float] = []
    for tick in axis.ticks(count):
        if not kept or height * float(axis.place(tick) - axis.place(kept[-1])) >= 13:
            kept.append(tick)
    return kept


def _end_text(d: Drawn, drawn: list[Drawn]) -> str:
    last = d.line[np.isfinite(d.line)]
    value = number(float(last[-1])) if len(last) else "no value"
    return f"{short(d.style, drawn)} {value}".strip()


def _title(run: Run, width: float, theme: Theme) -> list[Shape]:
    words = headline(run)
    room = width - 40 - text_width(words, 12)
    title = run.title
    while text_width(title, 15, bold=True) > room and len(title) > 4:
        title = title[:-2].rstrip("… ") + "…"
    colour = theme.alert if run.status in ("failed", "interrupted") else theme.faint
    shapes: list[Shape] = [
        Label(14, 20, title, theme.ink, 15, bold=True),
        Label(width - 14, 20, words, colour, 12, "end"),
    ]
    if run.progress is not None:
        full = width - 28
        done = colour if colour == theme.alert else theme.done
        shapes.append(box(14, 37, full, 3, theme.track))
        shapes.append(box(14, 37, full * run.progress, 3, done))
    return shapes


def _panel_name(name: str, drawn: list[Drawn], y: Axis) -> str:
    title = drawn[0].style.base if len({d.style.base for d in drawn}) == 1 else name
    return f"{title} (log)" if y.log else title


def _panel(run: Run, name: str, drawn: list[Drawn], f: Frame, theme: Theme) -> list[Shape]:
    title = _panel_name(name, drawn, f.y)
    shapes: list[Shape] = [Label(f.left, f.top - 13, title, theme.ink, 12, bold=True)]
    ticks = y_ticks(f.y, f.height)
    for value, text in zip(ticks, tick_labels(ticks), strict=True):
        y = float(f.py(value))
        shapes.append(Line(np.array([(f.left, y), (f.left + f.width, y)]), theme.grid))
        shapes.append(Label(f.left - 8, y, text, theme.faint, 11, "end"))
    for d in drawn:
        shapes += _band(d, f)
    for d in drawn:
        shapes += _curve(d, f, theme, spaced=len({e.style.base for e in drawn}) > 1)
    shapes += _end_labels(drawn, f, theme)
    return shapes + inside(run, drawn, f, theme)


def _band(d: Drawn, f: Frame) -> list[Shape]:
    """The range between smallest and largest raw value; a thin line where points are few."""
    shapes: list[Shape] = []
    px = f.px(d.cut.at)
    low, high = d.cut.low, d.cut.high
    if f.y.log:  # what is not positive lies below every logarithmic axis
        low = np.where(low > 0, low, np.where(high > 0, f.y.low, np.nan))
        high = np.where(high > 0, high, np.nan)
    for begin, end in _pieces(d.cut, np.isfinite(low) & np.isfinite(high)):
        x, down, up = px[begin:end], f.py(low[begin:end]), f.py(high[begin:end])
        if len(x) < 2:
            continue
        if dense(d.cut):
            outline = np.concatenate([np.c_[x, up], np.c_[x, down][::-1]])
            shapes.append(Area(outline, d.colour, 0.2))
        else:
            shapes.append(Line(np.c_[x, up], d.colour, 1.0, (), 0.3))
    return shapes


def _pieces(cut: Columns, shown: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of columns with values; a column without any finite value interrupts them."""
    return runs_of(shown & (cut.finite > 0))


def _curve(d: Drawn, f: Frame, theme: Theme, spaced: bool) -> list[Shape]:
    """The smoothed line, and marks: at each of few points, or a handful to tell curves apart."""
    shapes: list[Shape] = []
    shown = np.isfinite(f.y.place(d.line))
    px, py = f.px(d.cut.at), f.py(d.line)
    for begin, end in _pieces(d.cut, shown):
        if end - begin > 1:
            line = np.c_[px[begin:end], py[begin:end]]
            shapes.append(Line(line, d.colour, 2.0, d.style.dash))
    points = np.flatnonzero(shown)
    if len(points) > SPARSE:
        points = points[:: len(points) // 6][1:6] if spaced else points[:0]
    points = apart(points, px, 7)
    mark = _mark(d, 2.8, theme)
    return shapes + [shape for i in points for shape in marker(mark, px[i], py[i])]


def apart(points: np.ndarray, px: np.ndarray, least: float) -> list[int]:
    """Those of the points that are at least so many pixels from the one kept before."""
    kept: list[int] = []
    for i in points.tolist():
        if not kept or px[i] - px[kept[-1]] >= least:
            kept.append(i)
    return kept


def _mark(d: Drawn, size: float, theme: Theme) -> Mark:
    hollow = d.style.role != "train"
    return Mark(d.style.marker, size + 0.4 * hollow, d.colour, theme.paper, hollow)


def _end_labels(drawn: list[Drawn], f: Frame, theme: Theme) -> list[Shape]:
    """Each curve's name and last value beside its end, moved apart where they would overlap."""
    ends = []
    for d in drawn:
        shown = np.flatnonzero(np.isfinite(f.y.place(d.line)))
        if len(shown):
            i = shown[-1]
            ends.append((float(f.py(d.line[i])), float(f.px(d.cut.at[i])), d))
    ends.sort(key=lambda end: end[0])
    heights = spread([y for y, _, _ in ends], 16, f.top + 2, f.top + f.height - 2)
    edge = f.left + f.width
    shapes: list[Shape] = []
    for place, (y, x, d) in zip(heights, ends, strict=True):
        if abs(place - y) > 2 or edge - x > 2:
            leader = np.array([(x, y), (edge + 4, y), (edge + 9, place)])
            shapes.append(Line(leader[1:], mix(d.colour, theme.paper, 0.5)))
        shapes += marker(_mark(d, 3.4, theme), x, y)
        shapes.append(Label(edge + 12, place, _end_text(d, drawn), d.colour, 12, bold=True))
    return shapes


def spread(places: list[float], apart: float, low: float, high: float) -> list[float]:
    """Move sorted places apart by at least `apart`, keeping them near and inside low..high.

    >>> spread([10, 11, 50], 10, 0, 100)
    [5.5, 15.5, 50]
    """
    groups = [[p] for p in places]
    centres = [float(p) for p in places]

    def extent(i: int) -> tuple[float, float]:
        half = (len(groups[i]) - 1) * apart / 2
        centre = min(max(sum(groups[i]) / len(groups[i]), low + half), high - half)
        centres[i] = centre
        return centre - half, centre + half

    i = 0
    while i + 1 < len(groups):
        if extent(i + 1)[0] - extent(i)[1] < apart:  # too near: one group from now on
            groups[i] += groups.pop(i + 1)
            centres.pop(i + 1)
            extent(i)
            i = max(0, i - 1)
        else:
            i += 1
    placed = []
    for i, group in enumerate(groups):
        if len(group) == 1:
            placed.append(min(max(group[0], low), high))
            continue
        begin, _ = extent(i)
        placed += [begin + k * apart for k in range(len(group))]
    return placed


def _x_axis(f: Frame, theme: Theme) -> list[Shape]:
    floor = f.top + f.height
    ends = [(f.left, floor), (f.left + f.width, floor)]
    shapes: list[Shape] = [Line(np.array(ends), theme.faint)]
    ticks = whole(f.x.ticks(max(3, int(f.width / 90))))
    for step, text in zip(ticks, tick_labels(ticks), strict=True):
        x = float(f.px(f.x.place(step)))
        shapes.append(Line(np.array([(x, floor), (x, floor + 4)]), theme.faint))
        shapes.append(Label(x, floor + 14, text, theme.faint, 11, "middle"))
    name = "step (log)" if f.x.log else "step"
    shapes.append(Label(f.left + f.width / 2, floor + 30, name, theme.faint, 11, "middle"))
    return shapes


def whole(ticks: list[float]) -> list[float]:
    """Only the whole ones, as steps are, if that leaves some.

    >>> whole([1.0, 1.5, 2.0]), whole([0.1, 0.2])
    ([1.0, 2.0], [0.1, 0.2])
    """
    found = [t for t in ticks if float(t).is_integer()]
    return found if len(found) > 1 else ticks


def shown_epochs(ends: list[tuple[float, float]], least: float) -> list[tuple[float, float]]:
    """Epochs with the pixel where each ends: all, or every 2nd, 5th, 10th ... so that they are at
    least so far apart.

    >>> shown_epochs([(e, 10.0 * e) for e in range(1, 12)], 25)
    [(5, 50.0), (10, 100.0)]
    """
    for power in range(9):
        for factor in (1, 2, 5):
            every = factor * 10**power
            found = [(epoch, x) for epoch, x in ends if epoch % every == 0]
            if all(b[1] - a[1] >= least for a, b in pairwise(found)):
                return found
    return []


def _epochs(run: Run, f: Frame, bottom: float, taken: float, theme: Theme) -> list[Shape]:
    """Thin lines where epochs end, as many as fit, and numbers right of `taken` above them."""
    lines: list[Shape] = []
    numbers: list[Shape] = []
    places = [(epoch, float(f.x.place(step))) for epoch, step, _ in run.epochs[: run.closed]]
    ends = [(epoch, float(f.px(place))) for epoch, place in places if 0 <= place <= 1]
    for epoch, x in shown_epochs(ends, 26):
        line = np.array([(x, f.top), (x, bottom)])
        lines.append(Line(line, theme.faint, 1.0, (1.0, 4.0), 0.6))
        text = number(epoch) if numbers else f"epoch {number(epoch)}"
        half = text_width(text, 10) / 2
        if x - half >= taken + 8:
            numbers.append(Label(x, f.top - 11, text, theme.faint, 10, "middle"))
            taken = x + half
    return lines + numbers
