"""Composes the picture of a timeline: title row, lanes with boxes, the critical path, an axis of
time and a legend."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mxbook.engine.failures import counted, duration
from mxbook.explain.shapes import (
    THEMES,
    Label,
    Line,
    Picture,
    Shape,
    Theme,
    box,
    mix,
    text_width,
)
from mxbook.explain.style import COLOURS
from mxbook.explain.ticks import linear_ticks, number

from . import differences
from .columns import COLOURED, OPERATION, PART, WAIT, Columns, Row
from .counters import counters
from .record import Timeline
from .strips import STRIP, strips

TITLE = 40  # height of the title row
AXIS = 34  # below the lanes
LEGEND = 22  # height of a line of the legend
ROW, GAP, SPACE = 20.0, 2.0, 9.0  # of a row of boxes; between rows; between lanes
THIN = 1.5  # boxes narrower than this, in units, are drawn together as a level
DENSE = 4000  # so many boxes of the critical path are drawn at most
ROWS = 60  # so many rows are drawn at most
BARS = 8000  # so many columns are drawn at most, in all rows together
UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns"))
SIZE = 10.5  # of the text in boxes


class Frame(NamedTuple):
    """Where the lanes lie and which stretch of time they show, in nanoseconds."""

    left: float
    width: float
    begin: float
    end: float
    theme: Theme
    grain: float  # width of the columns in which narrow boxes are drawn together

    def px(self, time):
        """Pixels across for times; what lies outside is drawn at the edge."""
        share = (np.asarray(time) - self.begin) / max(1e-9, self.end - self.begin)
        return self.left + np.clip(share, 0, 1) * self.width


def picture(
    timeline: Timeline | Columns,
    *,
    width: int = 760,
    theme: str = "light",
    by: str = "operator",
    title: str = "",
    area: tuple[float, float] | None = None,
) -> Picture:
    """The whole picture; `area` is the stretch of time to show, in nanoseconds from the start."""
    columns = timeline if isinstance(timeline, Columns) else timeline.columns()
    hidden = len(columns.rows) - ROWS
    lanes = 1 + max((row.lane for row in columns.rows[:ROWS]), default=0)
    columns = columns._replace(rows=columns.rows[:ROWS], titles=columns.titles[:lanes])
    colours = THEMES[theme]
    if not columns.count:
        words = Label(width / 2, 40, "nothing happened", colours.faint, 13, "middle")
        return Picture(width, 80, colours.paper, columns.sentence, [words])
    counted_below = counters(columns)
    texts = [*columns.titles, *(c.title for c in counted_below)]
    left = min(150.0, 26 + max(text_width(t, 12) for t in texts))
    begin, end = area or (0.0, max(1.0, columns.span))
    room = width - left - 58
    grain = max(1.0, len(columns.rows) * room // BARS)
    frame = Frame(left, room, begin, end, colours, grain)
    tops, low = _places(columns)
    bottom = low + len(counted_below) * STRIP
    shapes = _title(columns, width, title, colours)
    shapes += _axis(frame, bottom)
    shapes += _lanes(columns, frame, tops)
    shapes += strips(counted_below, (low - 4, left, room), frame.px, (begin, end), colours)
    shapes += differences.heads(columns, tops, colours)
    paints = palette(columns, by, colours)
    for row, top in zip(columns.rows, tops, strict=True):
        shapes += _row(columns, row, top, frame, paints, by)
    shapes += _critical(columns, frame, tops)
    shapes += differences.ends(columns, tops, frame.px, colours)
    if hidden > 0:
        words = f"{counted(hidden, 'more row')} not shown"
        shapes.append(Label(14, bottom + 12, words, colours.faint, 11))
    place = (width, bottom + AXIS, colours)
    if columns.comparison is not None:
        legend, tall = differences.table(columns, columns.comparison, paints, *place)
    else:
        legend, tall = _legend(columns, by, paints, *place)
    height = bottom + AXIS + tall + 10
    return Picture(width, height, colours.paper, columns.sentence, shapes + legend)


class Paint(NamedTuple):
    """The look of boxes: fill, rim, and the colour of text on them."""

    fill: str
    rim: str
    ink: str


def palette(columns: Columns, by: str, theme: Theme) -> list[Paint]:
    """For each name (or block) its look: five full colours, the same five pale, then grey."""
    five = [pair[theme.side] for pair in COLOURS[:5]]
    looks = [Paint(c, c, theme.paper) for c in five]
    looks += [Paint(mix(c, theme.paper, 0.32), c, theme.ink) for c in five]
    looks.append(Paint(mix(theme.faint, theme.paper, 0.45), theme.faint, theme.ink))
    return [looks[min(slot, COLOURED)] for slot in columns.slots(by).tolist()]


def _places(columns: Columns) -> tuple[list[float], float]:
    """The top of each row, and the end of the last lane."""
    tops, at, lane = [], TITLE + 8.0, -1
    headed = {group.lane for group in columns.groups}
    for row in columns.rows:
        if lane >= 0:
            at += ROW + (GAP if row.lane == lane else SPACE)
        if row.lane != lane and row.lane in headed:
            at += differences.HEAD
        lane = row.lane
        tops.append(at)
    return tops, at + ROW + 8


def _title(columns: Columns, width: float, title: str, theme: Theme) -> list[Shape]:
    if columns.comparison is not None:
        return [Label(14, 20, title or columns.sentence, theme.ink, 15, bold=True)]
    mine = columns.what == OPERATION
    title = title or f"{counted(int(mine.sum()))} in {duration(columns.span)}"
    path = mine & np.isin(columns.number, columns.critical)
    took = columns.length[path].sum(dtype=float)
    busy = sum(
        busy_share(columns, [r for r in columns.rows if r.lane == lane], 0, columns.span)
        for lane in range(len(columns.titles))
    )
    words = [f"critical path {duration(took)}" if columns.critical else ""]
    words.append(f"{busy:.1f} at the same time on average" if busy else "")
    facts = " · ".join(filter(None, words))
    found: list[Shape] = [Label(14, 20, title, theme.ink, 15, bold=True)]
    if text_width(title, 15, bold=True) + text_width(facts, 12) < width - 40:
        found.append(Label(width - 14, 20, facts, theme.faint, 12, "end"))
    return found


def unit_of(span: float) -> tuple[float, str]:
    """The unit in which times up to `span` nanoseconds are short numbers.

    >>> unit_of(4.2e6)
    (1000000.0, 'ms')
    """
    return next(((size, name) for size, name in UNITS if span >= size), UNITS[-1])


def _axis(frame: Frame, bottom: float) -> list[Shape]:
    theme = frame.theme
    size, unit = unit_of(frame.end - frame.begin)
    ticks = linear_ticks(frame.begin / size, frame.end / size, max(2, int(frame.width / 90)))
    found: list[Shape] = []
    for tick in ticks:
        x = float(frame.px(tick * size))
        found.append(Line(np.array([(x, TITLE), (x, bottom)]), theme.grid))
        label = f"{number(tick)} {unit}" if tick == ticks[-1] else number(tick)
        found.append(Label(x, bottom + 12, label, theme.faint, 11, "middle"))
    edge = np.array([(frame.left, bottom), (frame.left + frame.width, bottom)])
    return [*found, Line(edge, theme.faint)]


def _lanes(columns: Columns, frame: Frame, tops: list[float]) -> list[Shape]:
    """Names on the left, how busy each was on the right, and a line between lanes."""
    theme, found = frame.theme, []
    for place, title in enumerate(columns.titles):
        own = [(r, top) for r, top in zip(columns.rows, tops, strict=True) if r.lane == place]
        top = own[0][1]
        if place:
            headed = any(group.lane == place for group in columns.groups)
            y = top - SPACE / 2 - (differences.HEAD if headed else 0)
            edge = np.array([(14, y), (frame.left + frame.width, y)])
            found.append(Line(edge, theme.grid))
        found.append(Label(14, top + ROW / 2, _cut(title, frame.left - 24, 12), theme.ink, 12))
        rows = [r for r, _ in own]
        share = busy_share(columns, rows, frame.begin, frame.end)
        x = frame.left + frame.width + 8
        found.append(Label(x, top + ROW / 2, f"{share:.0%}", theme.faint, 11))
    return found


def busy_share(columns: Columns, rows: list[Row], begin: float, end: float) -> float:
    """The part of a stretch of time in which something ran in some rows."""
    starts, ends = [], []
    for row in rows:
        cut = slice(row.begin, row.end)
        mine = columns.what[cut] != WAIT
        start = columns.start[cut][mine]
        starts.append(np.clip(start, begin, end))
        ends.append(np.clip(start + columns.length[cut][mine], begin, end))
    start, stop = np.concatenate(starts), np.concatenate(ends)
    if len(rows) == 1:  # what lies in one row does not overlap
        return float((stop - start).sum() / max(1e-9, end - begin))
    order = np.argsort(start, kind="stable")
    start, stop = start[order], np.maximum.accumulate(stop[order]) if len(order) else stop
    before = np.concatenate([[begin], stop[:-1]]) if len(start) else stop
    return float(np.maximum(0, stop - np.maximum(start, before)).sum() / max(1e-9, end - begin))


def _row(
    columns: Columns, row: Row, top: float, frame: Frame, paints: list[Paint], by: str
) -> list[Shape]:
    """The boxes of one row; those that are too narrow as a level of how busy it was."""
    cut = slice(row.begin, row.end)
    start, stop = columns.start[cut], columns.start[cut] + columns.length[cut]
    left, right = frame.px(start), frame.px(stop)
    inside = (stop >= frame.begin) & (start <= frame.end)
    wide = inside & (right - left >= THIN)
    kind = columns.name if by == "operator" or columns.details is None else columns.details.layer
    found = _level(left, right, kind[cut], columns.what[cut], inside & ~wide, top, paints, frame)
    for i in np.flatnonzero(wide).tolist():
        found += _box(columns, row.begin + i, (left[i], right[i]), top, frame, paints[kind[cut][i]])
    return found


def _box(
    columns: Columns, i: int, ends: tuple[float, float], top: float, frame: Frame, paint: Paint
) -> list[Shape]:
    left, right = ends
    theme = frame.theme
    name = columns.names[columns.name[i]]
    if columns.what[i] == WAIT:
        corners = [(left, top + 2), (right, top + 2), (right, top + ROW - 2), (left, top + ROW - 2)]
        rim = Line(np.array([*corners, corners[0]]), theme.faint, 1.0, (3.0, 2.0))
        number = f"#{columns.shown(i)}" if name == "wait for variable" else ""
        return [rim, *_wait_words(number, left, right, top, theme.faint)]
    right = max(left + 1, right - 0.6)  # a gap tells neighbours apart
    inset = 3.0 if columns.what[i] == PART else 0.0
    found: list[Shape] = [box(left, top + inset, right - left, ROW - 2 * inset, paint.fill)]
    if paint.rim != paint.fill:
        found.append(_outline(left, top + inset, right, top + ROW - inset, paint.rim))
    details = columns.details
    if details is not None and details.outcome[i]:
        found.append(_outline(left, top, right, top + ROW, theme.alert, 2.0))
        name = f"! {name}"
    return [*found, *_words(name, left, right, top, paint.ink)]


def _outline(
    left: float, top: float, right: float, bottom: float, colour: str, width: float = 1.0
) -> Line:
    half = width / 2
    x0, x1, y0, y1 = left + half, right - half, top + half, bottom - half
    return Line(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]), colour, width)


def _words(text: str, left: float, right: float, top: float, colour: str) -> list[Shape]:
    """The text in the middle of a box, cut off where it is too long; none in a narrow one."""
    text = _cut(text, right - left - 6, SIZE)
    middle = (left + right) / 2
    return [Label(middle, top + ROW / 2, text, colour, SIZE, "middle")] if len(text) > 1 else []


def _wait_words(number: str, left: float, right: float, top: float, colour: str) -> list[Shape]:
    """What a wait waits for, as long as there is room; never half a number."""
    for words in (f"waits for {number}" if number else "waits", number):
        if words and text_width(words, SIZE) <= right - left - 6:
            return [Label((left + right) / 2, top + ROW / 2, words, colour, SIZE, "middle")]
    return []


def _cut(text: str, room: float, size: float) -> str:
    """As much of a text as there is room for.

    >>> _cut("Convolution", 50, 12), _cut("dot", 100, 12), _cut("dot", 5, 12)
    ('Convol…', 'dot', '')
    """
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text + "…" if len(text) > 2 else ""


def _level(
    left: np.ndarray,
    right: np.ndarray,
    kind: np.ndarray,
    what: np.ndarray,
    chosen: np.ndarray,
    top: float,
    paints: list[Paint],
    frame: Frame,
) -> list[Shape]:
    """Narrow boxes together: in each column as high as they fill it, in the colour of the kind that
    takes most of it.  Waits are left out, for dashes need room."""
    chosen = chosen & (what != WAIT)
    if not chosen.any():
        return []
    origin = frame.left
    grain = frame.grain
    count = int(np.ceil(frame.width / grain)) + 1
    # A box may reach from its first column into others; what it covers of each is added up there.
    a, b = ((edge[chosen] - origin) / grain for edge in (left, right))
    k = kind[chosen].astype(np.int64)
    first, last = np.floor(a).astype(int), np.floor(b).astype(int)
    shape = (len(paints), count + 1)

    def sum_at(kinds: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
        place = kinds * shape[1] + columns
        sums = np.bincount(place, weights, minlength=shape[0] * shape[1])
        return sums.reshape(shape).astype(float)  # whole numbers where there is nothing to add

    same = first == last
    far = ~same
    fill = sum_at(k[same], first[same], (b - a)[same])
    fill += sum_at(k[far], first[far], (first + 1 - a)[far])
    fill += sum_at(k[far], last[far], (b - last)[far])
    ones = np.ones(int(far.sum()))
    ends = sum_at(k[far], first[far] + 1, ones) - sum_at(k[far], last[far], ones)
    fill += np.cumsum(ends, axis=1)
    share = np.clip(fill.sum(axis=0), 0, 1)
    most = fill.argmax(axis=0)
    return _bars(share, most, top, paints, frame)


def _bars(
    share: np.ndarray, most: np.ndarray, top: float, paints: list[Paint], frame: Frame
) -> list[Shape]:
    height = np.where(share > 0, np.maximum(1.0, np.round(share * ROW)), 0)
    change = np.flatnonzero((np.diff(height) != 0) | (np.diff(most) != 0)) + 1
    found: list[Shape] = []
    for begin, end in pairwise([0, *change.tolist(), len(height)]):
        tall = float(height[begin])
        if tall:
            fill = paints[most[begin]].rim
            x, width = frame.left + begin * frame.grain, (end - begin) * frame.grain
            found.append(box(x, top + ROW - tall, width, tall, fill))
    return found


def _critical(columns: Columns, frame: Frame, tops: list[float]) -> list[Shape]:
    """A line under the boxes of the critical path, and from each to the next."""
    path = {number: order for order, number in enumerate(columns.critical)}
    places: dict[int, tuple[float, float, float]] = {}
    for row, top in zip(columns.rows, tops, strict=True):
        cut = slice(row.begin, row.end)
        mine = np.isin(columns.number[cut], columns.critical) & (columns.what[cut] == OPERATION)
        for i in (np.flatnonzero(mine) + row.begin).tolist():
            start, stop = columns.start[i], columns.start[i] + columns.length[i]
            if stop >= frame.begin and start <= frame.end:
                x0, x1 = frame.px([start, stop]).tolist()
                places[path[int(columns.number[i])]] = (x0, max(x0 + 1, x1), top + ROW)
    points: list[tuple[float, float]] = []
    second = (
        np.searchsorted(columns.critical, columns.shift, "right") if columns.shift else len(path)
    )
    lines: list[Shape] = []
    for order, (x0, x1, y) in sorted(places.items()):
        if order >= second and points:  # the path of another record
            lines.append(Line(np.array(points), frame.theme.alert, 2.0))
            points, second = [], len(path)
        if points and points[-1][1] == y and x0 - points[-1][0] < 1:
            points[-1] = (x1, y)
        elif not points or points[-1][1] == y or x1 - x0 >= THIN:  # no jump for what is not seen
            points += [(x0, y), (x1, y)]
    if len(places) > DENSE or not points:
        return []
    return [*lines, Line(np.array(points), frame.theme.alert, 2.0)]


def _legend(
    columns: Columns, by: str, paints: list[Paint], width: float, top: float, theme: Theme
) -> tuple[list[Shape], float]:
    """Swatches with names and times, and what lines mean.  Returns the shapes and the height."""
    details = columns.details
    own = by == "operator" or details is None
    texts, of = (columns.names, columns.name) if own else (columns.layers, details.layer)
    mine = columns.what != WAIT
    took = np.bincount(of[mine], columns.length[mine], minlength=len(texts))
    slots = columns.slots(by)
    order = [i for i in np.argsort(slots, kind="stable").tolist() if took[i] > 0]
    items: list[tuple[Paint | str, str]] = [
        (paints[i], f"{_cut(texts[i] or '(no block)', 180, 11)} {duration(took[i])}")
        for i in order
        if slots[i] < COLOURED
    ]
    rest = [i for i in order if slots[i] >= COLOURED]
    if rest:
        items.append((paints[rest[0]], f"{len(rest)} others {duration(took[rest].sum())}"))
    if columns.critical:
        items.append((theme.alert, "critical path"))
    x, y, found, lines = 14.0, top + LEGEND / 2, [], 1
    for look, text in items:
        long = text_width(text, 11) + 30
        if x + long > width - 10 and x > 14:
            x, y, lines = 14.0, y + LEGEND, lines + 1
        if isinstance(look, str):
            found.append(Line(np.array([(x, y + 3), (x + 12, y + 3)]), look, 2.0))
        else:
            found.append(box(x, y - 6, 12, 12, look.fill))
            if look.rim != look.fill:
                found.append(_outline(x, y - 6, x + 12, y + 6, look.rim))
        found.append(Label(x + 17, y, text, theme.faint, 11))
        x += long
    return found, lines * LEGEND
