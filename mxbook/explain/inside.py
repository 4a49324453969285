"""Marks and words inside a panel: values that are not finite, alerts, the best values.

Words are placed one after the other, each where it covers least of the curves and nothing that was
written before.  `widgets/src/curves/inside.js` does the same in the browser.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .alerts import Alert
from .curve import runs_of
from .run import Run
from .shapes import Area, Circle, Label, Line, Shape, Theme, box, text_width
from .ticks import number

HIGH = 14  # height of a line of words
# Drawn (see chart.py) is one curve, Frame a panel's place and axes.
Drawn, Frame = Any, Any


class Words:
    """Places for words in one panel."""

    def __init__(self, drawn: Sequence[Drawn], frame: Frame):
        self._drawn, self._frame = drawn, frame
        self._taken: list[tuple[float, float, float]] = []  # middle and half width

    def place(self, text: str, size: float, bold: bool, spots: Sequence[tuple[float, float]]):
        """The middle of the best of these places for a text, moved into the panel."""
        f, half = self._frame, text_width(text, size, bold) / 2
        found = [(min(max(x, f.left + half), f.left + f.width - half), y) for x, y in spots]
        best = min(found, key=lambda spot: self._cost(*spot, half))
        self._taken.append((*best, half))
        return best

    def take(self, x: float, y: float, half: float) -> None:
        """Let nothing be written here."""
        self._taken.append((x, y, half))

    def _cost(self, x: float, y: float, half: float) -> float:
        """How much would be covered: words, points of curves, the panel's edge."""
        f = self._frame
        cost = 2.0 * (not f.top + 5 < y < f.top + f.height - 5)
        for other, height, wide in self._taken:
            if abs(height - y) < HIGH and abs(other - x) < half + wide + 3:
                cost += 4
        across = np.linspace(x - half, x + half, 9)
        for d in self._drawn:
            shown = np.isfinite(d.line)
            if shown.any():
                heights = np.interp(across, f.px(d.cut.at[shown]), f.py(d.line[shown]))
                cost += float(np.mean(np.abs(heights - y) < 8))
        return cost


def inside(run: Run, drawn: Sequence[Drawn], f: Frame, theme: Theme) -> list[Shape]:
    """Everything inside a panel but its curves."""
    words = Words(drawn, f)
    shapes = not_finite(drawn, f, theme, words)
    if len({d.style.base for d in drawn}) == 1:
        names = {d.style.name for d in drawn}
        for alert in run.alerts:
            if alert.curve in names:
                shapes += warning(alert, drawn, f, theme, words)
    return shapes + best_values(run, drawn, f, theme, words)


def not_finite(drawn: Sequence[Drawn], f: Frame, theme: Theme, words: Words) -> list[Shape]:
    """Red marks along the upper edge where values were NaN or infinite, and words at the first."""
    shapes: list[Shape] = []
    for d in drawn:
        px = f.px(d.cut.at)
        for begin, end in runs_of(d.cut.bad > 0):
            width = px[end - 1] - px[begin] + 4
            shapes.append(box(px[begin] - 2, f.top, width, 4, theme.alert))
    found = [d.series.first_bad for d in drawn if d.series.first_bad]
    if not found:
        return shapes
    step, value = min(found, key=lambda bad: bad[0])
    text = f"{number(value)} from step {number(step)}"
    return shapes + pointed(text, float(f.px(f.x.place(step))), f, theme, words)


def pointed(text: str, x: float, f: Frame, theme: Theme, words: Words) -> list[Shape]:
    """A red triangle at the upper edge and words beside it, right or left."""
    y, half = f.top + 4, text_width(text, 12, bold=True) / 2
    heights = (y + 8, y + 10 + HIGH, f.top + f.height - 12)
    words.take(x, y + 4, 5)
    sides = [x + 9 + half, x - 9 - half]
    sides = [s for s in sides if f.left <= s - half and s + half <= f.left + f.width] or sides
    spots = [(side, height) for height in heights for side in sides]
    where = words.place(text, 12, True, spots)
    label = Label(*where, text, theme.alert, 12, "middle", bold=True, halo=theme.paper)
    return [Area(np.array([(x, y + 9), (x + 6, y), (x - 6, y)]), theme.alert), label]


def warning(
    alert: Alert, drawn: Sequence[Drawn], f: Frame, theme: Theme, words: Words
) -> list[Shape]:
    """Where divergence begins; or the gap between validation and training since the best value."""
    place = float(f.x.place(alert.step))
    if not 0 <= place <= 1:
        return []
    shapes: list[Shape] = []
    if alert.kind == "over-fit":
        train = next(d for d in drawn if d.style.role == "train")
        other = next(d for d in drawn if d.style.name == alert.curve)
        shown = [
            (d.cut.at[keep], d.line[keep])
            for d in (other, train)
            for keep in [np.isfinite(f.y.place(d.line))]
        ]
        at = shown[0][0][shown[0][0] >= place - 1e-9]
        if len(at) > 1 and len(shown[1][0]):
            upper, lower = (f.py(np.interp(at, *curve)) for curve in shown)
            outline = np.concatenate([np.c_[f.px(at), upper], np.c_[f.px(at), lower][::-1]])
            shapes.append(Area(outline, theme.alert, 0.12))
    ends = np.array([(float(f.px(place)), f.top), (float(f.px(place)), f.top + f.height)])
    shapes.append(Line(ends, theme.alert, 1.0, (3.0, 3.0)))
    return shapes + pointed(alert.text, float(f.px(place)), f, theme, words)


def best_values(
    run: Run, drawn: Sequence[Drawn], f: Frame, theme: Theme, words: Words
) -> list[Shape]:
    """A ring around the best value of each metric: of validation if there is any.

    Where there are more than two metrics, rings would cover one another; there are none then.
    """
    chosen: dict[str, Drawn] = {}
    for d in drawn:
        if d.style.base not in chosen or d.style.role == "validation":
            chosen[d.style.base] = d
    shapes: list[Shape] = []
    for d in chosen.values() if len(chosen) <= 2 else ():
        best = run.best(d.style.name)
        if best is None or d.series.total < 2 or not np.isfinite(f.y.place(best[1])):
            continue
        x, y = float(f.px(f.x.place(best[0]))), float(f.py(best[1]))
        shapes.append(Circle(x, y, 5, theme.paper, d.colour, 2))
        shapes.append(Circle(x, y, 1.2, d.colour, d.colour, 1))
        text = f"best {number(best[1])}"
        spots = [(x, y - 15), (x, y + 16), (x - 40, y - 15), (x - 40, y + 16)]
        where = words.place(text, 11, False, spots)
        shapes.append(Label(*where, text, d.colour, 11, "middle", halo=theme.paper))
    return shapes
