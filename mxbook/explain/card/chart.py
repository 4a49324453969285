"""A card as a picture: text that flows down the paper."""

import re

import numpy as np

from mxbook.explain.shapes import THEMES, Label, Line, Picture, Shape, Theme, text_width

from .card import Card

WIDTH, MARGIN = 720.0, 18.0
SIZE = 12.0
LINE = 17.0


def picture(card: Card, *, theme: str = "light") -> Picture:
    """The whole picture; the operator's source is left to the page."""
    flow = _Flow(THEMES[theme])
    flow.line(card.name, 18, bold=True)
    if card.also:
        flow.words(f"also {', '.join(card.also)}", faint=True)
    flow.words(card.sentence)
    for part in card.body:
        flow.paragraph(part)
    flow.table("Inputs", card.inputs)
    flow.section("Outputs")
    flow.words(", ".join(card.outputs))
    flow.table("Parameters", [_parameter(*row) for row in card.parameters])
    flow.section("Examples")
    for example in card.examples:
        flow.words(example.call)
        flow.words(f"gives {example.results}; work {example.work:,}", faint=True, indent=16)
    flow.sentences("Errors", card.errors)
    flow.sentences("Gradient", card.gradients)
    flow.gap()
    for note in filter(None, [*card.notes, card.origin]):
        flow.words(note, faint=True)
    about = f"operator {card.name}: {card.sentence}"
    return Picture(WIDTH, flow.y + MARGIN - 4, flow.theme.paper, about, flow.shapes)


def _parameter(name: str, about: str, default: str, doc: str) -> tuple[str, str, str]:
    start = default if default == "required" else f"default {default}"
    return name, about, f"{start}. {doc}" if doc else start


class _Flow:
    """Writes line below line."""

    def __init__(self, theme: Theme):
        self.theme = theme
        self.shapes: list[Shape] = []
        self.y = MARGIN

    def line(
        self, text: str, size: float, x: float = MARGIN, *, bold: bool = False, faint: bool = False
    ) -> None:
        """One line of text."""
        height = max(LINE, size * 1.35)
        colour = self.theme.faint if faint else self.theme.ink
        self.shapes.append(Label(x, self.y + height / 2, text, colour, size, bold=bold))
        self.y += height

    def words(self, text: str, *, faint: bool = False, indent: float = 0.0) -> None:
        """A paragraph, cut into lines."""
        x = MARGIN + indent
        for line in wrapped(text.replace("`", ""), WIDTH - MARGIN - x, SIZE):
            self.line(line, SIZE, x, faint=faint)

    def paragraph(self, part: str) -> None:
        """A paragraph of documentation; tables keep their columns."""
        rows = [line for line in part.splitlines() if line.strip("= :")]
        if not (part.startswith((" ", "=")) or "\n  " in part or "\n=" in part):
            self.gap()
            self.words(" ".join(part.split()))
            return
        self.gap()
        cells = [re.split(r"\s{2,}", row.strip(), maxsplit=2) for row in rows]
        self._columns([tuple(c + [""] * (3 - len(c))) for c in cells], bold=False)

    def gap(self) -> None:
        """Some room."""
        self.y += 6

    def section(self, title: str) -> None:
        """The title of a part, under a line."""
        self.y += 9
        y = self.y
        self.shapes.append(Line(np.array([(MARGIN, y), (WIDTH - MARGIN, y)]), self.theme.grid))
        self.y += 4
        place = (MARGIN, self.y + LINE / 2)
        self.shapes.append(Label(*place, title, self.theme.done, SIZE, bold=True))
        self.y += LINE

    def sentences(self, title: str, sentences: list[str]) -> None:
        """A section of sentences, if there are any."""
        if sentences:
            self.section(title)
        for sentence in sentences:
            self.words(sentence)

    def table(self, title: str, rows: list[tuple[str, ...]]) -> None:
        """A section of rows: names in front, the last column cut into lines."""
        if rows:
            self.section(title)
            self._columns(rows, bold=True)

    def _columns(self, rows: list[tuple[str, ...]], bold: bool) -> None:
        rows = [tuple(cell.replace("`", "") for cell in row) for row in rows]
        count = len(rows[0])
        most = [200.0, 230.0][: count - 1]
        x = [MARGIN]
        for k in range(count - 1):
            widest = max([text_width(row[k], SIZE, bold and k == 0) for row in rows])
            x.append(x[-1] + min(widest, most[k]) + 18)
        for row in rows:
            top, bottom = self.y, self.y
            for k, cell in enumerate(row):
                self.y = top
                right = x[k + 1] - 14 if k + 1 < count else WIDTH - MARGIN
                for line in wrapped(cell, right - x[k], SIZE):
                    self.line(line, SIZE, x[k], bold=bold and k == 0, faint=k > 0)
                bottom = max(bottom, self.y)
            self.y = bottom


def wrapped(text: str, width: float, size: float) -> list[str]:
    """A text in lines that are not wider than `width`; very long words are cut.

    >>> wrapped("one two three", 50, 12)
    ['one two', 'three']
    """
    lines: list[str] = []
    here = ""
    for word in text.split():
        while text_width(word, size) > width and len(word) > 8:
            cut = next(n for n in range(len(word), 0, -1) if text_width(word[:n], size) <= width)
            lines += [here, word[:cut]] if here else [word[:cut]]
            here, word = "", word[cut:]
        longer = f"{here} {word}".strip()
        if here and text_width(longer, size) > width:
            lines.append(here)
            here = word
        else:
            here = longer
    return [*lines, here] if here else lines
