"""The picture of a playground: queues of variables above, lanes of workers below."""

from typing import TYPE_CHECKING

import numpy as np

from mxbook.explain.shapes import THEMES, Label, Line, Picture, Shape, Theme, box, mix, text_width
from mxbook.explain.style import COLOURS
from mxbook.explain.timeline.queues import MAY_RUN, RUNS, WAITS, Entry

if TYPE_CHECKING:
    from .machine import Playground

WIDTH = 760
TITLE, ROW, GAP, LANE = 40.0, 24.0, 6.0, 30.0
SIZE = 11.5


def picture(playground: "Playground", *, theme: str = "light") -> Picture:
    """The whole picture."""
    colours = THEMES[theme]
    queues = playground.queues()
    left = max([40.0, *(text_width(f"{q.name} v{q.version}", 12, True) for q in queues)]) + 30
    shapes: list[Shape] = [Label(14, 20, f"tick {playground.now}", colours.ink, 15, bold=True)]
    last = str(playground.events[-1]).strip() if playground.events else "push something"
    shapes.append(Label(WIDTH - 14, 20, last, colours.faint, 12, "end"))
    top = TITLE
    for queue in queues:
        name = f"{queue.name} v{queue.version}"
        shapes.append(Label(14, top + ROW / 2, name, colours.ink, 12, bold=True))
        shapes += _entries(queue.entries, left, top, colours)
        top += ROW + GAP
    shapes += _lanes(playground, top + 14, left, colours)
    lanes = max(1, playground.workers)
    bottom = top + 14 + lanes * LANE + 36
    shapes += _legend(left, bottom, colours)
    height = bottom + 22
    return Picture(WIDTH, height, colours.paper, playground.sentence(), shapes)


def _legend(left: float, y: float, theme: Theme) -> list[Shape]:
    """What the looks of entries mean."""
    found: list[Shape] = []
    looks = ((RUNS, 1.0, ()), (MAY_RUN, 0.25, ()), (WAITS, 0.0, (3.0, 2.5)))
    for place, (state, fill, dash) in enumerate(looks):
        x = left + 90 * place
        if fill:
            found.append(box(x, y, 14, 12, mix(theme.faint, theme.paper, fill)))
        corners = [(x, y), (x + 14, y), (x + 14, y + 12), (x, y + 12), (x, y)]
        found.append(Line(np.array(corners), theme.faint, 1.5, dash))
        found.append(Label(x + 20, y + 6, state, theme.faint, 11))
    return found


def colour_of(number: int, theme: Theme) -> str:
    """The colour of an operation, the same in queues and lanes."""
    return COLOURS[(number - 1) % 5][theme.side]


def _entries(entries: list[Entry], left: float, top: float, theme: Theme) -> list[Shape]:
    """The places of a queue, from the front on: running full, ready with a rim, waiting dashed."""
    if not entries:
        return [Label(left, top + ROW / 2, "idle", theme.faint, SIZE)]
    found: list[Shape] = []
    x = left
    for entry in entries:
        text = f"{'writes' if entry.writes else 'reads'}  #{entry.number} {entry.name}"
        width = text_width(text, SIZE) + 18
        if x + width > WIDTH - 40:
            found.append(Label(x, top + ROW / 2, "…", theme.faint, SIZE))
            break
        colour = colour_of(entry.number, theme)
        runs = entry.state == RUNS
        if runs:
            found.append(box(x, top, width, ROW, colour))
        elif entry.state == MAY_RUN:
            found.append(box(x, top, width, ROW, mix(colour, theme.paper, 0.25)))
        corners = [(x, top), (x + width, top), (x + width, top + ROW), (x, top + ROW), (x, top)]
        dash = (3.0, 2.5) if entry.state == WAITS else ()
        found.append(Line(np.array(corners), colour, 1.5, dash))
        ink = theme.paper if runs else theme.ink
        found.append(Label(x + width / 2, top + ROW / 2, text, ink, SIZE, "middle"))
        x += width + GAP
    return found


def _lanes(playground: "Playground", top: float, left: float, theme: Theme) -> list[Shape]:
    """Who ran what when, with a line for now."""
    lanes = [f"worker {i + 1}" for i in range(playground.workers)] or ["Python"]
    ends = [op.started + playground._cost[op.number] for op in playground.operations if op.lane]
    end = max([12, *(e + 1 for e in ends)])
    unit = (WIDTH - left - 24) / end
    bottom = top + len(lanes) * LANE
    found: list[Shape] = []
    every = max(1, -(-end // 20))
    for tick in range(0, end + 1, every):
        x = left + tick * unit
        found.append(Line(np.array([(x, top - 6), (x, bottom)]), theme.grid))
        found.append(Label(x, bottom + 12, str(tick), theme.faint, 11, "middle"))
    for place, lane in enumerate(lanes):
        y = top + place * LANE
        found.append(Label(14, y + ROW / 2, lane, theme.ink, 12))
        for op in playground.operations:
            if op.lane == lane:
                cost = playground._cost[op.number]
                found += _slot(op, cost, left, y, unit, playground.now, theme)
    x = left + playground.now * unit
    found.append(Line(np.array([(x, top - 8), (x, bottom)]), theme.alert, 1.5))
    return found


def _slot(op, cost: int, left: float, y: float, unit: float, now: int, theme: Theme) -> list[Shape]:
    """The box of an operation: full as far as it has run, then pale."""
    colour = colour_of(op.number, theme)
    x, width = left + op.started * unit, cost * unit
    ran = min(cost, now - op.started) * unit
    shapes: list[Shape] = [box(x, y, width - 1, ROW, mix(colour, theme.paper, 0.25))]
    if ran > 0:
        shapes.append(box(x, y, min(ran, width - 1), ROW, colour))
    text = f"#{op.number} {op.name}"
    if text_width(text, SIZE) > width - 6:
        text = f"#{op.number}"
    ink = theme.paper if ran >= width / 2 + 10 else theme.ink
    if text_width(text, SIZE) <= width:
        shapes.append(Label(x + width / 2, y + ROW / 2, text, ink, SIZE, "middle"))
    return shapes
