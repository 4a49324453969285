"""What a picture of two timelines has more than that of one: a head over the lanes of each, a line
where each ended, and a table of what changed in the place of the legend."""

from collections.abc import Callable, Iterator

import numpy as np

from mxbook.engine.failures import duration
from mxbook.explain.shapes import Label, Line, Shape, Theme, box, text_width

from .columns import COLOURED, Columns, Group
from .compare import Change, Comparison, signed

LINE = 20  # height of a row of the table
HEAD = 24.0  # of the head over a group of lanes
NAME, TIME, BARS = 190, 92, 150  # width of the columns of names, of times, of bars


def _groups(columns: Columns, tops: list[float]) -> Iterator[tuple[Group, list[float]]]:
    """Each group that can be seen, and the tops of its rows."""
    lanes = [group.lane for group in columns.groups]
    for group in columns.groups:
        until = min([lane for lane in lanes if lane > group.lane], default=len(columns.lanes))
        own = [
            t for row, t in zip(columns.rows, tops, strict=True) if group.lane <= row.lane < until
        ]
        if own:
            yield group, own


def heads(columns: Columns, tops: list[float], theme: Theme) -> list[Shape]:
    """The title of each group and how long it took, over its first lane."""
    found: list[Shape] = []
    for group, own in _groups(columns, tops):
        y = own[0] - HEAD / 2 - 1
        found.append(Label(14, y, group.title, theme.ink, 13, bold=True))
        x = 14 + text_width(group.title, 13, bold=True) + 6
        found.append(Label(x, y, duration(group.end), theme.faint, 12))
    return found


def ends(
    columns: Columns, tops: list[float], px: Callable[[float], float], theme: Theme
) -> list[Shape]:
    """A dashed line through the lanes of each group where that ended."""
    found: list[Shape] = []
    for group, own in _groups(columns, tops):
        x = float(px(group.end))
        found.append(Line(np.array([(x, own[0] - 4), (x, own[-1] + 24)]), theme.ink, 1.0, (4, 3)))
    return found


def table(
    columns: Columns, comparison: Comparison, paints: list, width: float, top: float, theme: Theme
) -> tuple[list[Shape], float]:
    """A row for each operator: its colour, its times, how they differ.  Returns the shapes and the
    height."""
    rows = comparison.operators()
    slot = dict(zip(columns.names, columns.slots().tolist(), strict=True))
    shown = rows[:COLOURED]
    most = max([abs(row.difference) for row in shown], default=0) or 1
    places = [14 + NAME + TIME * k for k in (1, 2, 3)]
    y = top + LINE / 2
    found: list[Shape] = [Label(14, y, "what changed most", theme.ink, 12, bold=True)]
    for x, title in zip(places, (*comparison.names, "change"), strict=True):
        found.append(Label(x, y, _fitting(title), theme.faint, 11, "end"))
    middle = places[-1] + 24 + BARS / 2
    for row in shown:
        y += LINE
        paint = paints[columns.names.index(row.name)] if row.name in slot else paints[-1]
        found.append(box(14, y - 6, 12, 12, paint.fill))
        found.append(Label(32, y, _short(row.name, NAME - 70), theme.ink, 11))
        found += _times(row, places, y, theme)
        length = max(1.0, abs(row.difference) / most * BARS / 2) if row.difference else 0.0
        left = middle if row.difference > 0 else middle - length
        if length:
            found.append(box(left, y - 5, length, 10, paint.rim))
    if any(row.difference for row in shown):
        edge = np.array([(middle, top + LINE), (middle, y + LINE / 2)])
        found.append(Line(edge, theme.faint))
        found.append(Label(middle - 6, top + LINE / 2, "less", theme.faint, 11, "end"))
        found.append(Label(middle + 6, top + LINE / 2, "more", theme.faint, 11))
    rest = rows[COLOURED:]
    if rest:
        y += LINE
        took = [sum(row.took[side] for row in rest) for side in (0, 1)]
        other = Change(f"{len(rest)} others", (0, 0), (took[0], took[1]))
        found.append(Label(32, y, other.name, theme.faint, 11))
        found += _times(other, places, y, theme)
    return found, y + LINE / 2 - top


def _times(row: Change, places: list[float], y: float, theme: Theme) -> list[Shape]:
    before, after = row.counts
    often = "" if before == after else f"  ({before} → {after} x)"
    texts = (duration(row.took[0]), duration(row.took[1]), signed(row.difference))
    found: list[Shape] = [
        Label(x, y, text, theme.ink, 11, "end") for x, text in zip(places, texts, strict=True)
    ]
    if often:
        x = places[-1] + 24 + BARS + 4
        found.append(Label(x, y, often, theme.faint, 11))
    return found


def _fitting(text: str) -> str:
    return _short(text, TIME - 8)


def _short(text: str, room: float) -> str:
    """As much of a text as there is room for."""
    while len(text) > 3 and text_width(text, 11) > room:
        text = text[:-2] + "…"
    return text
