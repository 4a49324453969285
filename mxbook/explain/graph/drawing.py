"""A view of a graph as a picture of plain shapes, which `svg` and `png` draw."""

import math

import numpy as np

from mxbook.explain.memory.chart import colour_of
from mxbook.explain.memory.lives import letters
from mxbook.explain.shapes import (
    THEMES,
    Area,
    Circle,
    Label,
    Line,
    Picture,
    Shape,
    Theme,
    box,
    mix,
    text_width,
)

from .layout import Part, Piece
from .looks import KINDS
from .model import Graph
from .scene import (
    CHIP,
    DECK,
    LINE,
    SMALL,
    STRIP,
    TITLE,
    Box,
    Item,
    Scene,
    legible,
    opened,
    pill_text,
    scene,
    sums_text,
)
from .view import View, says_more, title_of, view
from .wrap import Way, wrap

MARGIN, HEAD = 18.0, 52.0
NARROWEST = 360.0
STEPS = 10  # of a curve


def picture(graph: Graph, theme: str = "light") -> Picture:
    """The picture of a graph: its title, sums, and everything in its place."""
    colours = THEMES[theme]
    found = scene(graph)
    shown = legible(found) if graph.depth is None else opened(found, graph.depth)
    placed = view(found, shown)
    layout, ways = wrap(placed.layout)
    placed = placed._replace(layout=layout)
    pen = _Pen(placed, colours, graph)
    shapes = pen.heading()
    shapes += pen.groups()
    shapes += [s for way in ways for s in pen.way(way)]
    shapes += [s for piece in placed.layout.pieces for s in pen.piece(piece)]
    shapes += pen.items()
    shapes += pen.labels()
    foot = pen.foot()
    height = HEAD + placed.layout.height + MARGIN + (pen.foot_height if foot else 0)
    return Picture(pen.width, math.ceil(height), colours.paper, found.sentence, [*shapes, *foot])


class _Pen:
    """Turns a view into shapes."""

    def __init__(self, placed: View, theme: Theme, graph: Graph):
        self.view, self.theme, self.graph = placed, theme, graph
        self.scene: Scene = placed.scene
        self.sub = graph.about.partition(": ")[2] or sums_text(graph)
        title = text_width(graph.title, 15, True)
        least = NARROWEST + (240 if graph.problem else 0) - 2 * MARGIN
        inner = max(placed.layout.width, least, title, text_width(self.sub, 12))
        self.width = math.ceil(inner + 2 * MARGIN)
        self.left = MARGIN + (inner - placed.layout.width) / 2
        self.foot_height = 0.0

    def heading(self) -> list[Shape]:
        t = self.theme
        title = _cut(self.graph.title, self.width - 2 * MARGIN, 15)
        return [
            Label(MARGIN, 18, title, t.ink, 15, bold=True),
            Label(MARGIN, 37, _cut(self.sub, self.width - 2 * MARGIN, 12, False), t.faint, 12),
        ]

    # ---- groups

    def groups(self) -> list[Shape]:
        """Open groups as quiet boxes, outer ones first."""
        shapes: list[Shape] = []
        for key, part in self.view.layout.parts.items():
            if part.children is None:
                continue
            number = int(key[1:])
            x, y = self.left + part.x, HEAD + part.y
            fill = mix(self.theme.ink, self.theme.paper, 0.035)
            if part.deck:
                shapes += self._deck(x, y, part.width, part.height, fill)
            rect = (x, y, part.width, part.height - part.deck)
            shapes += _framed(rect, 9, fill, self._rim(), self.theme)
            shapes += self._title(number, part, x, y)
        return shapes

    def _rim(self) -> str:
        return mix(self.theme.ink, self.theme.paper, 0.25)

    def _deck(self, x: float, y: float, width: float, height: float, fill: str) -> list[Shape]:
        """Cards under something repeated, whose upper one ends `DECK` above the bottom."""
        shapes: list[Shape] = []
        for k in (2, 1):
            rect = (x + 5 * k, y + height - DECK - 20, width - 10 * k, 20 + DECK * k / 2)
            shapes += _framed(rect, 7, fill, self._rim(), self.theme)
        return shapes

    def _title(self, number: int, part: Part, x: float, y: float) -> list[Shape]:
        box = self.scene.boxes[number]
        words = title_of(self.scene, number)
        kind = f"  {box.kind}" if says_more(box) else ""
        name = words.removesuffix(kind) if kind else words
        width = text_width(name, TITLE - 1, True)
        place = self._title_place(part, x, text_width(words, TITLE - 1, True))
        shapes = [Label(place, y + 15, name, self.theme.ink, TITLE - 1, bold=True)]
        if kind:
            at = place + width + 6
            shapes.append(Label(at, y + 15, box.kind, self.theme.faint, SMALL))
        return shapes

    def _title_place(self, part: Part, x: float, width: float) -> float:
        """Left of the lines that enter, or right of them."""
        entering = sorted(part.enters.values())
        if not entering or entering[0] > width + 16:
            return x + 10
        return x + max(part.width - width - 10, entering[-1] + 8)

    # ---- lines

    def piece(self, p: Piece) -> list[Shape]:
        x0, x1 = self.left + p.x0, self.left + p.x1
        y0, y1 = HEAD + p.y0, HEAD + p.y1
        tip = 7.0 if p.ends else 0.0
        colour = mix(self.theme.ink, self.theme.paper, 0.5)
        shapes: list[Shape] = [Line(curve(x0, y0, x1, y1 - tip + 1), colour, 1.4)]
        if p.ends:
            corners = [(x1, y1), (x1 - 3.6, y1 - tip), (x1 + 3.6, y1 - tip)]
            shapes.append(Area(np.array(corners), colour))
        return shapes

    def way(self, corners: Way) -> list[Shape]:
        """A line from one column to the next, with round corners."""
        points = [(self.left + x, HEAD + y) for x, y in corners]
        (x, y), colour = points[-1], mix(self.theme.ink, self.theme.paper, 0.5)
        tip = np.array([(x, y), (x - 3.6, y - 7), (x + 3.6, y - 7)])
        return [Line(_softened([*points[:-1], (x, y - 6)], 9), colour, 1.4), Area(tip, colour)]

    def labels(self) -> list[Shape]:
        """Shapes and types where lines begin, on the side where no line leaves."""
        shapes: list[Shape] = []
        begins: dict[int, list[Piece]] = {}
        for p in self.view.layout.pieces:
            if self._begins(p):
                begins.setdefault(p.line, []).append(p)
        for line, key in enumerate(self.view.sources):
            text = self.view.labels[line]
            if not text.strip("?×") or text == "scalar" or self._says(key, text):
                continue
            part = self.view.layout.parts[key]
            x, y = self.left + part.x + part.width / 2, HEAD + part.y + part.height
            across = [p.x1 - p.x0 for p in begins.get(line, ())] or [0.0]
            left = max(across) > 1 and min(across) >= -1
            if max(across) > 1 and min(across) < -1:  # lines to both sides: where they are apart
                straight = min(begins[line], key=lambda p: abs(p.x1 - p.x0))
                x, y = self.left + straight.x1, HEAD + straight.y1 - 24
            look = (self.theme.faint, SMALL - 1, "end" if left else "start")
            shapes.append(Label(x + (-6 if left else 6), y + 9, text, *look))
        return shapes

    def _begins(self, p: Piece) -> bool:
        part = self.view.layout.parts[self.view.sources[p.line]]
        return p.y0 - part.y - part.height < 2

    def _says(self, key: str, text: str) -> bool:
        """Whether an item has the text in it already."""
        return key[0] == "i" and text in self._item_text(self.scene.items[int(key[1:])])

    # ---- items

    def items(self) -> list[Shape]:
        shapes: list[Shape] = []
        for key, part in self.view.layout.parts.items():
            if part.children is not None:
                continue
            x, y = self.left + part.x, HEAD + part.y
            number = int(key[1:])
            if key[0] == "g":
                shapes += self._closed(self.scene.boxes[number], x, y, part)
            else:
                item = self.scene.items[number]
                draw = {"box": self._box, "circle": self._circle, "pill": self._pill}[item.form]
                shapes += draw(item, x, y)
        return shapes

    def _colour(self, kind: str) -> str:
        return KINDS[kind].colours[self.theme.side]

    def _closed(self, box: Box, x: float, y: float, part: Part) -> list[Shape]:
        t = self.theme
        fill, rim = mix(t.ink, t.paper, 0.06), mix(t.ink, t.paper, 0.55)
        height = part.height - (DECK if box.times > 1 else 0)
        shapes = self._deck(x, y, part.width, part.height, fill) if box.times > 1 else []
        shapes += _framed((x, y, part.width, height), 8, fill, rim, t)
        at = x + 14
        shapes.append(Label(at, y + 17, box.label, t.ink, TITLE, bold=True))
        if says_more(box):
            at += text_width(box.label, TITLE, True) + 6
            shapes.append(Label(at, y + 17, box.kind, t.faint, SMALL))
        shapes.append(Label(x + 14, y + 35, box.sub, t.faint, SMALL))
        shapes += self._warmth(box, x, y + 52)
        badge = f"× {box.times}" if box.times > 1 else "+"
        look = (t.ink if box.times > 1 else t.faint, TITLE, "end")
        shapes.append(Label(x + part.width - 12, y + 17, badge, *look, bold=True))
        return shapes

    def _box(self, item: Item, x: float, y: float) -> list[Shape]:
        t = self.theme
        colour = t.alert if item.error else self._colour(item.kind)
        rect = (x, y, item.width, item.height)
        tint = self._heat_tint(item) or self._tint(colour)
        shapes = _framed(rect, 6, tint, mix(colour, t.paper, 0.65), t)
        upper = item.height - STRIP * len(item.strips)
        shapes.append(_rounded(x, y, 5, upper, 2.5, colour))
        shapes.append(Label(x + 14, y + 6 + LINE / 2, item.title, t.ink, TITLE, bold=True))
        if item.sub:
            at = y + 6 + LINE * 1.5
            shapes.append(Label(x + 14, at, item.sub, t.faint, SMALL))
        warm = LINE if item.reading else 0.0
        shapes += self._chips(item, x, y + upper - warm - CHIP - 1)
        shapes += self._warmth(item, x, y + upper - warm / 2 - 3)
        for k in range(len(item.strips)):
            shapes += self._strip(item, k, x, y + upper + STRIP * k)
        return shapes

    def _warmth(self, item: Item | Box, x: float, y: float) -> list[Shape]:
        """The overlay: a bar as long as its number is large, or the letter of a buffer."""
        if not item.reading:
            return []
        t = self.theme
        words = Label(x + item.width - 10, y, item.reading, t.ink, SMALL - 1, "end", True)
        if self._by_buffer():
            colour = colour_of(int(item.heat), t)
            letter = letters(int(item.heat))
            swatch = _rounded(x + 14, y - 7, 22, 14, 3, colour)
            return [swatch, Label(x + 25, y, letter, t.paper, SMALL - 1, "middle", True), words]
        room = item.width - 34 - text_width(item.reading, SMALL - 1, True)
        track = _rounded(x + 14, y - 3, room, 6, 3, mix(t.ink, t.paper, 0.15))
        if item.heat == 0:
            return [track, words]
        return [track, _rounded(x + 14, y - 3, max(6.0, room * item.heat), 6, 3, t.alert), words]

    def _by_buffer(self) -> bool:
        return self.graph.overlay is not None and self.graph.overlay.kind == "group"

    def _heat_tint(self, item: Item) -> str:
        """The colour of a box under an overlay; empty without one."""
        t = self.theme
        if self.graph.overlay is None:
            return ""
        if not item.reading:
            return mix(t.ink, t.paper, 0.04)
        if self._by_buffer():
            return mix(colour_of(int(item.heat), t), t.paper, 0.2)
        return mix(t.alert, t.paper, 0.05 + 0.3 * item.heat)

    def _tint(self, colour: str) -> str:
        return mix(colour, self.theme.paper, 0.1)

    def _strip(self, item: Item, k: int, x: float, y: float) -> list[Shape]:
        t, strip = self.theme, item.strips[k]
        colour = self._colour(strip.kind)
        last = k == len(item.strips) - 1
        width = item.width - 2.4
        middle = y + STRIP / 2
        tint = self._heat_tint(item) or self._tint(colour)
        shapes: list[Shape] = [box(x + 1.2, y, width, STRIP - (7 if last else 0), tint)]
        if last:
            shapes.append(_rounded(x + 1.2, y, width, STRIP - 1.2, 5, tint))
        edge = np.array([(x + 1.2, y), (x + item.width - 1.2, y)])
        shapes.append(Line(edge, mix(self._colour(item.kind), t.paper, 0.4), 0.8))
        shapes.append(_rounded(x, y + 1, 5, STRIP - 1, 2.5, colour))
        shapes.append(Label(x + 14, middle, strip.title, t.ink, TITLE - 1, bold=True))
        if strip.sub:
            right = x + item.width - 10
            shapes.append(Label(right, middle, strip.sub, t.faint, SMALL - 1, "end"))
        return shapes

    def _chips(self, item: Item, x: float, y: float) -> list[Shape]:
        shapes: list[Shape] = []
        at = x + 13
        for text in item.chips:
            width = text_width(text, SMALL - 1) + 14
            rim = mix(self.theme.ink, self.theme.paper, 0.35)
            rect = (at, y + 1, width, CHIP - 5)
            shapes += _framed(rect, (CHIP - 5) / 2, self.theme.paper, rim, self.theme, 0.8)
            look = (self.theme.ink, SMALL - 1, "middle")
            shapes.append(Label(at + width / 2, y + 1 + (CHIP - 5) / 2, text, *look))
            at += width + 6
        return shapes

    def _circle(self, item: Item, x: float, y: float) -> list[Shape]:
        t, r = self.theme, item.width / 2
        colour = t.alert if item.error else self._colour(item.kind)
        fill = mix(colour, t.paper, 0.12)
        size = 17 if len(item.title) == 1 else SMALL
        return [
            Circle(x + r, y + r, r - 0.7, fill, mix(colour, t.paper, 0.8), 1.4),
            Label(x + r, y + r, item.title, t.ink, size, "middle", bold=True),
        ]

    def _pill(self, item: Item, x: float, y: float) -> list[Shape]:
        t = self.theme
        fill = t.paper if item.kind == "output" else mix(t.ink, t.paper, 0.1)
        rect = (x, y, item.width, item.height)
        shapes = _framed(rect, item.height / 2, fill, mix(t.ink, t.paper, 0.6), t)
        text = self._item_text(item)
        middle = (x + item.width / 2, y + item.height / 2)
        return [*shapes, Label(*middle, text, t.ink, SMALL + 1, "middle")]

    def _item_text(self, item: Item) -> str:
        if item.form != "pill":
            return ""
        if item.kind == "output" or item.number < 0:
            return item.title
        shape = self.graph.nodes[item.number].outputs[0].text
        return pill_text(item.title, shape)

    # ---- below

    def foot(self) -> list[Shape]:
        """What is wrong, in words, where something is."""
        if not self.graph.problem:
            return []
        lines = self.graph.problem.splitlines()[:12]
        self.foot_height = 16.0 * len(lines) + 10
        top = HEAD + self.view.layout.height + MARGIN
        wide = self.width - 2 * MARGIN
        return [
            Label(MARGIN, top + 16 * k, _cut(line, wide, 12), self.theme.alert, 12, bold=k == 0)
            for k, line in enumerate(lines)
        ]


def curve(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """A line that leaves and arrives vertically; straight when it can be."""
    if abs(x0 - x1) < 0.5:
        return np.array([(x0, y0), (x1, y1)])
    s = np.linspace(0.0, 1.0, STEPS + 1)
    bend = (y1 - y0) * 0.55
    y = y0 * (1 - s) ** 3 + 3 * (y0 + bend) * s * (1 - s) ** 2
    y += 3 * (y1 - bend) * s**2 * (1 - s) + y1 * s**3
    x = x0 + (x1 - x0) * (3 * s**2 - 2 * s**3)
    return np.stack([x, y], axis=1)


def _softened(points: list[tuple[float, float]], radius: float) -> np.ndarray:
    """A line with right angles, whose corners are made round."""
    found = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        a, b, c = np.array(before), np.array(here), np.array(after)
        r = min(radius, np.abs(a - b).sum() / 2, np.abs(c - b).sum() / 2)
        begin, end = b + r * np.sign(a - b), b + r * np.sign(c - b)
        steps = np.linspace(0, 1, 5)
        found += [tuple((1 - s) ** 2 * begin + 2 * s * (1 - s) * b + s**2 * end) for s in steps]
    return np.array([*found, points[-1]])


def _rounded(x: float, y: float, width: float, height: float, radius: float, colour: str) -> Area:
    """A filled rectangle with round corners."""
    r = min(radius, width / 2, height / 2)
    steps = np.linspace(0.0, math.pi / 2, 5)
    corners = []
    middles = ((x + width - r, y + height - r), (x + r, y + height - r), (x + r, y + r))
    for k, (cx, cy) in enumerate((*middles, (x + width - r, y + r))):
        turn = steps + k * math.pi / 2
        corners.append(np.stack([cx + r * np.cos(turn), cy + r * np.sin(turn)], axis=1))
    return Area(np.concatenate(corners), colour)


def _framed(
    rect: tuple[float, float, float, float],
    radius: float,
    fill: str,
    rim: str,
    theme: Theme,
    width: float = 1.2,
) -> list[Shape]:
    """A rectangle with round corners and an edge: one shape inside another."""
    x, y, w, h = rect
    inner = (x + width, y + width, w - 2 * width, h - 2 * width)
    return [_rounded(x, y, w, h, radius, rim), _rounded(*inner, radius - width, fill)]


def _cut(text: str, width: float, size: float, bold: bool = True) -> str:
    while len(text) > 4 and text_width(text, size, bold) > width + 0.5:
        text = text[:-2].rstrip("… ") + "…"
    return text
