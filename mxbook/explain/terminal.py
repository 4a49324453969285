"""Small charts for terminals, in Braille dots or plain ASCII."""

from itertools import pairwise

import numpy as np

from .curve import Axis, columns, smooth, step_axis, value_axis
from .run import Run
from .series import Series
from .style import Style, by_panel
from .ticks import number
from .words import sentence

WIDTH, HEIGHT = 60, 7  # characters of one chart
# The bits of the eight dots of a Braille character.
DOTS = np.array([(0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)])


def text(run: Run, *, plain: bool = False) -> str:
    """The sentence and a chart for each panel."""
    lines = [sentence(run)]
    with run.reading() as curves:
        x = step_axis([series.buckets for _, series in curves], run.log_x)
        for name, members in by_panel(curves).items():
            lines += ["", *_chart(run, name, members, x, plain)]
    found = "\n".join(lines)
    return found.replace("·", "-") if plain else found


def _chart(
    run: Run, name: str, members: list[tuple[Style, Series]], x: Axis, plain: bool
) -> list[str]:
    across, down = (WIDTH, HEIGHT) if plain else (2 * WIDTH, 4 * HEIGHT)
    drawn = []
    for look, series in members:
        cut = columns(series.buckets, x, across)
        drawn.append((look, cut, smooth(cut, run.smooth)))
    y = value_axis([(line, cut) for _, cut, line in drawn], run.log_y)
    cells = [[" "] * WIDTH for _ in range(HEIGHT)]
    grid = np.zeros((down, across), bool)
    letters = []
    for order, (look, cut, line) in enumerate(drawn):
        places = _places(cut.at, y.place(line), across, down)
        if order == 0:
            _connect(grid, places)
            continue
        letter = look.label[0] if look.role == "train" else look.role[0]
        letters.append(f"{letter} {look.name}")
        for column, row in places:
            cells[row * HEIGHT // down][column * WIDTH // across] = letter
    _fill(cells, grid, plain)
    legend = f"{name} (line {members[0][0].name}{''.join(', ' + word for word in letters)})"
    return [legend if letters else members[0][0].name, *_framed(cells, x, y, plain)]


def _places(at: np.ndarray, height: np.ndarray, across: int, down: int) -> list[tuple[int, int]]:
    shown = np.isfinite(height) & (height >= 0) & (height <= 1)
    column = np.minimum(at[shown] * across, across - 1).astype(int)
    row = np.minimum((1 - height[shown]) * down, down - 1).astype(int)
    return list(zip(column.tolist(), row.tolist(), strict=True))


def _connect(grid: np.ndarray, places: list[tuple[int, int]]) -> None:
    """Set the dots of a line through the places."""
    for column, row in places[:1]:
        grid[row, column] = True
    for (c0, r0), (c1, r1) in pairwise(places):
        count = max(abs(c1 - c0), abs(r1 - r0), 1) + 1
        rows = np.rint(np.linspace(r0, r1, count)).astype(int)
        grid[rows, np.rint(np.linspace(c0, c1, count)).astype(int)] = True


def _fill(cells: list[list[str]], grid: np.ndarray, plain: bool) -> None:
    """Draw the dots into the characters that are still free."""
    for row, line in enumerate(cells):
        for column, taken in enumerate(line):
            if taken != " ":
                continue
            if plain:
                line[column] = "*" if grid[row, column] else " "
                continue
            block = grid[4 * row : 4 * row + 4, 2 * column : 2 * column + 2]
            code = int(DOTS[block].sum())
            line[column] = chr(0x2800 + code) if code else " "


def _framed(cells: list[list[str]], x: Axis, y: Axis, plain: bool) -> list[str]:
    wall, corner, floor = ("|", "+", "-") if plain else ("┤", "└", "─")
    high, low = number(y.high, 3), number(y.low, 3)
    margin = max(len(high), len(low), 6)
    labels = [high, *[""] * (HEIGHT - 2), low]
    lines = [
        f"{label:>{margin}} {wall}{''.join(line)}".rstrip()
        for label, line in zip(labels, cells, strict=True)
    ]
    left, right = number(x.low), f"step {number(x.high)}"
    lines.append(" " * margin + f" {corner}" + floor * WIDTH)
    lines.append(" " * (margin + 2) + left + right.rjust(WIDTH - len(left)))
    return lines
