"""The picture of a memory plan: what sharing saves above, the lives of all values below."""

import numpy as np

from mxbook.explain.shapes import (
    THEMES,
    Area,
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
from mxbook.explain.ticks import linear_ticks, size

from .lives import Life, letters, shared
from .plan import MemoryPlan, Value

WIDTH, HEIGHT = 760.0, 320.0  # of the picture, and of the part with the lives
LEFT, RIGHT, TOP = 92.0, 16.0, 130.0
SMALL = 11.0
POINT = 6.0  # how far the arrow of an operation in place points


def picture(plan: MemoryPlan, *, theme: str = "light") -> Picture:
    """The whole picture."""
    pen = _Pen(plan, THEMES[theme])
    shapes = [*pen.heading(), *pen.bars(), *pen.axes()]
    for place, life in enumerate(pen.lives):
        shapes += pen.life(place, life)
    shapes += [*pen.names(), *pen.legend()]
    return Picture(WIDTH, TOP + HEIGHT + 66, pen.theme.paper, plan.sentence(), shapes)


def colour_of(lane: int, theme: Theme) -> str:
    """The colour of a buffer; the letter beside it tells those of one colour apart."""
    return COLOURS[lane % len(COLOURS)][theme.side]


class _Pen:
    """Turns a plan into shapes."""

    def __init__(self, plan: MemoryPlan, theme: Theme):
        self.plan, self.theme = plan, theme
        self.lives, self.sizes = shared(plan)
        self.total = sum(self.sizes) or 1
        self.across = (WIDTH - LEFT - RIGHT) / max(1, plan.steps)
        self.up = HEIGHT / self.total
        self.tips = self._tips()

    def x(self, instruction: int) -> float:
        """Where an instruction begins."""
        return LEFT + instruction * self.across

    def y(self, byte: float) -> float:
        """Where a byte lies; the first is at the bottom."""
        return TOP + HEIGHT - byte * self.up

    def heading(self) -> list[Shape]:
        """The title, and how much there is."""
        plan, t = self.plan, self.theme
        what = "training" if plan.train else "prediction"
        title = f"Memory of {plan.title}, {what}" if plan.title else f"Memory, {what}"
        about = (
            f"{len(plan.values)} values between, {plan.steps} instructions; "
            f"at most {size(plan.alive)} are alive at once"
        )
        return [
            Label(14, 20, title, t.ink, 15, bold=True),
            Label(14, 40, about, t.faint, 12),
        ]

    def bars(self) -> list[Shape]:
        """Before and after sharing, one bar each."""
        plan, t = self.plan, self.theme
        lanes = len(self.sizes)
        rows = [
            ("a buffer for each node", plan.nodes, mix(t.ink, t.paper, 0.3), ""),
            (f"in {lanes} buffer" + "s" * (lanes != 1), plan.peak, t.done, f"  ({plan.share:.0%})"),
        ]
        most = max(1, plan.nodes, plan.peak)
        room = WIDTH - 280
        shapes: list[Shape] = []
        for k, (name, nbytes, colour, share) in enumerate(rows):
            y = 60 + 19 * k
            width = max(1.0, room * nbytes / most)
            shapes.append(Label(150, y + 6, name, t.ink, 12, "end"))
            shapes.append(box(158, y, width, 12, colour))
            shapes.append(Label(158 + width + 8, y + 6, size(nbytes) + share, t.ink, 12, bold=True))
        return shapes

    def axes(self) -> list[Shape]:
        """Bytes upwards, instructions to the right, and where the gradients begin."""
        plan, t = self.plan, self.theme
        bottom = TOP + HEIGHT
        shapes: list[Shape] = [Label(14, TOP - 14, "bytes", t.faint, SMALL)]
        for tick in linear_ticks(0, self.total, 5):
            y = self.y(tick)
            shapes.append(Line(np.array([(LEFT, y), (WIDTH - RIGHT, y)]), t.grid))
            if tick and y > TOP + 4:
                shapes.append(Label(14, y, size(tick), t.faint, SMALL))
        for tick in linear_ticks(0, max(1, plan.steps), 10):
            if tick == int(tick) and tick < max(1, plan.steps):
                x = self.x(int(tick) + 0.5)  # type: ignore[arg-type]
                shapes.append(Label(x, bottom + 12, f"{tick:.0f}", t.faint, SMALL, "middle"))
        shapes.append(
            Label(WIDTH - RIGHT, bottom + 28, "instructions in their order", t.faint, SMALL, "end")
        )
        if 0 < plan.forward < plan.steps:
            x = self.x(plan.forward)
            shapes.append(Line(np.array([(x, TOP - 20), (x, bottom)]), t.faint, 1.2, (4.0, 3.0)))
            shapes.append(Label(x - 6, TOP - 14, "results", t.faint, SMALL, "end"))
            shapes.append(Label(x + 6, TOP - 14, "gradients", t.faint, SMALL))
        return shapes

    def life(self, place: int, life: Life) -> list[Shape]:
        """A rectangle; where it is written over in place, an arrow leads into the next one."""
        t = self.theme
        colour = colour_of(life.lane, t)
        x0, x1 = self.x(life.first), self.x(life.end) - 0.6
        y0, y1 = self.y(life.base + life.nbytes), self.y(life.base) - 0.6
        y1 = max(y1, y0 + 0.6)
        tip, notch = self.tips.get(place, 0.0), self.tips.get(life.over, 0.0)
        shapes: list[Shape] = [Area(_arrow(x0, y0, x1, y1, tip, notch), mix(colour, t.paper, 0.75))]
        if min(x1 - x0, y1 - y0) >= 2.5:
            inner = _arrow(x0 + 0.8, y0 + 0.8, x1 - 0.8, y1 - 0.8, tip, notch)
            shapes.append(Area(inner, mix(colour, t.paper, 0.22)))
        return [*shapes, *self._words(self.plan.values[place], life)]

    def _tips(self) -> dict[int, float]:
        """How far the arrows of those that are written over in place lead into the next one."""
        found = {}
        for life in self.lives:
            if life.over >= 0:
                before = self.lives[life.over]
                across = min(life.end - life.first, before.end - before.first) * self.across
                high = min(life.nbytes, before.nbytes) * self.up
                found[life.over] = max(0.0, min(POINT, across / 2 - 1, high / 2))
        return found

    def _words(self, value: Value, life: Life) -> list[Shape]:
        """Operator, and node below it, where there is room."""
        t = self.theme
        x = self.x(life.first) + (POINT if life.over >= 0 else 0) + 4
        room = self.x(life.end) - x - 3
        high = life.nbytes * self.up
        middle = self.y(life.base + life.nbytes / 2)
        title = value.operator.strip("_")
        words = [w for w in (title, value.nodes[0] if value.nodes else "") if w]
        if high < 13 or text_width(title, SMALL) > room:
            return []
        if len(words) == 2 and high >= 28 and text_width(words[1], SMALL - 1) <= room:
            return [
                Label(x, middle - 6.5, title, t.ink, SMALL),
                Label(x, middle + 6.5, words[1], t.faint, SMALL - 1),
            ]
        return [Label(x, middle, title, t.ink, SMALL)]

    def names(self) -> list[Shape]:
        """The letters of the buffers that are high enough for one."""
        shapes: list[Shape] = []
        base = 0
        for lane, nbytes in enumerate(self.sizes):
            if nbytes * self.up >= 10:
                middle = self.y(base + nbytes / 2)
                colour = colour_of(lane, self.theme)
                look = (colour, SMALL, "end", True)
                shapes.append(Label(LEFT - 7, middle, letters(lane), *look))
            base += nbytes
        return shapes

    def legend(self) -> list[Shape]:
        """What rectangles and arrows mean."""
        t = self.theme
        y = TOP + HEIGHT + 48
        colour = mix(t.ink, t.paper, 0.5)
        first = _arrow(14, y - 6, 44, y + 6, POINT, 0.0)
        second = _arrow(44.6, y - 6, 74, y + 6, 0.0, POINT)
        words = "a value; an arrow where the next one is written over it, in place"
        tail = "letters name the buffers"
        return [
            Area(first, colour),
            Area(second, mix(t.ink, t.paper, 0.25)),
            Label(82, y, words, t.faint, SMALL),
            Label(WIDTH - RIGHT, y, tail, t.faint, SMALL, "end"),
        ]


def _arrow(x0: float, y0: float, x1: float, y1: float, tip: float, notch: float) -> np.ndarray:
    """A rectangle that points to the right by `tip`, and is notched on the left by `notch`."""
    middle = (y0 + y1) / 2
    right = [(x1, y0), (x1 + tip, middle), (x1, y1)] if tip else [(x1, y0), (x1, y1)]
    left = [(x0, y1), (x0 + notch, middle), (x0, y0)] if notch else [(x0, y1), (x0, y0)]
    return np.array([*right, *left])
