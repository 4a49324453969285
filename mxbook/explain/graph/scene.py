"""Everything a drawing may show, whichever groups are open: items, groups and links.

Weights become chips on their readers, repeated parts are there once.  A scene is plain data; the
widget gets it as JSON.
"""

import re
from math import ceil
from typing import NamedTuple, TypeVar

from mxbook.explain.shapes import text_width

from .folding import runs, twins
from .looks import chip_texts, count, kind_of, sign_of, sums, title_of
from .model import WEIGHTS, Graph, Input, Node, Overlay, Path
from .scopes import automatic
from .tree import Group, tree

TITLE, SMALL = 13.0, 11.0  # sizes of text
LINE, CHIP, STRIP = 16.0, 20.0, 22.0  # heights of a line of text, a row of chips, a strip
DECK = 8.0  # room below what is repeated, for the cards that lie under it
WIDEST = 300.0
IN_PLACE = ", in place"  # ends what an overlay says of a result written over an input


class Strip(NamedTuple):
    """A normalization or activation, drawn as the lower edge of the item that alone feeds it."""

    number: int
    kind: str
    title: str
    sub: str


class Item(NamedTuple):
    """A node as it is drawn; `form` is box, circle or pill, `group` the number of its group or -1.

    `stands` are the numbers of all nodes that it stands for: itself, its strips, repetitions.
    `heat`, 0 to 1 (or the number of a buffer), and `reading` are those of the overlay; -1 without.
    """

    number: int
    group: int
    form: str
    kind: str
    title: str
    sub: str
    chips: tuple[str, ...]
    width: float
    height: float
    stands: tuple[int, ...]
    error: str
    backward: bool
    strips: tuple[Strip, ...] = ()
    heat: float = -1.0
    reading: str = ""


class Box(NamedTuple):
    """A group; `parent` is its number or -1.  `width` and `height` are those when it is closed.

    `times` says how often it is repeated, `loops` that each repetition reads the one before.
    `heat` and `reading` are about the hottest node inside.
    """

    label: str
    kind: str
    parent: int
    sub: str
    times: int
    loops: bool
    width: float
    height: float
    stands: tuple[int, ...]
    heat: float = -1.0
    reading: str = ""


Shown = TypeVar("Shown", Item, Box)


class Link(NamedTuple):
    """An item that reads another one; `label` is the shape and type of what it reads."""

    source: int
    target: int
    label: str


class Scene(NamedTuple):
    """What may be shown: items, groups, links between the numbers of items."""

    title: str
    sentence: str
    items: list[Item]
    boxes: list[Box]
    links: list[Link]


def scene(graph: Graph) -> Scene:
    """The scene of a graph; repetitions are there once unless `graph.fold` is False.

    >>> import mxbook as mx
    >>> from mxbook.explain.graph import graph
    >>> s = scene(graph(mx.gluon.nn.Dense(2), (1, 3)))
    >>> [(i.title, i.chips) for i in s.items]
    [('data', ()), ('Dense 2', ('weight 2×3', 'bias 2')), ('output', ())]
    """
    return _Maker(graph).made()


class _Maker:
    def __init__(self, graph: Graph):
        self.graph = graph
        self.chips: dict[int, list[Input]] = {}
        self.items: list[Item] = []
        self.boxes: list[Box] = []
        self.of: dict[int, int] = {}  # node -> item
        self.alias: dict[int, int] = {}  # a repetition's node -> the node that is drawn
        self.stands: dict[int, list[int]] = {}
        self.member: dict[int, list[tuple[int, int]]] = {}  # node -> (run, which of its members)
        self.runs = 0
        self.read = graph.readers()

    def made(self) -> Scene:
        from .words import sentence

        graph, read = self.graph, self.read
        hidden = {n.number for n in graph.nodes if n.role in WEIGHTS and read[n.number]}
        visible = [n.number for n in graph.nodes if n.number not in hidden]
        for node in graph.nodes:
            self.chips[node.number] = [i for i in node.inputs if self._is_chip(node, i, hidden)]
        self.strips = {n for n in visible if self._fed_by(n) is not None}
        root = tree(graph, visible, self.strips)
        self._group(root, -1, visible)
        if graph.overlay is not None:
            self.items = [warmed(item, graph.overlay) for item in self.items]
            self.boxes = [warmed(box, graph.overlay) for box in self.boxes]
        links = self._links()
        links += self._outputs()
        return Scene(graph.title, sentence(graph), self.items, self.boxes, links)

    def _is_chip(self, node: Node, i: Input, hidden: set[int]) -> bool:
        """Weights, and what the backward half takes from the forward half."""
        return i.source in hidden or (node.backward and not self.graph.nodes[i.source].backward)

    # ---- groups and repetitions

    def _group(self, group: Group, number: int, visible: list[int]) -> None:
        parts = [c.nodes() if isinstance(c, Group) else [c] for c in group.children]
        times = self._fold(parts) if self.graph.fold else {}
        for child, part in zip(group.children, parts, strict=True):
            first = part[0]
            if first in self.alias:
                continue
            if isinstance(child, Group):
                box = len(self.boxes)
                self.boxes.append(self._box(child, number, part, *times.get(first, (1, False))))
                self._group(child, box, visible)
            else:
                head = self._head_of(child, group)
                if head is None:
                    self._item(child, number, group, times.get(first, (1, False))[0])
                else:
                    self._strip(child, head)

    def _fed_by(self, number: int) -> int | None:
        """The node that another one could be a strip of: what alone feeds it and only it."""
        node = self.graph.nodes[number]
        given = [i for i in node.inputs if i not in self.chips[number]]
        if kind_of(node) not in ("normal", "active") or len(given) != 1 or node.error:
            return None
        source = self.graph.nodes[given[0].source]
        alone = self.read[source.number] == [number] and source.role == "operator"
        heads = {n for n, _ in self.graph.heads}
        if not alone or source.error or source.number in heads:
            return None
        return source.number if source.backward == node.backward else None

    def _head_of(self, number: int, group: Group) -> int | None:
        """The item that a node becomes a strip of: a box in the same group."""
        source = self._fed_by(number)
        if source is None or source not in group.children or source not in self.of:
            return None
        return self.of[source] if self.items[self.of[source]].form == "box" else None

    def _strip(self, number: int, head: int) -> None:
        node, item = self.graph.nodes[number], self.items[head]
        self.of[number] = head
        title = title_of(node)
        sub = "  ".join(self._chip_texts(node))
        room = WIDEST + 20 - text_width(title, TITLE - 1, True)
        strip = Strip(number, kind_of(node), title, _clipped(sub, room, SMALL - 1))
        wide = text_width(title, TITLE - 1, True) + text_width(strip.sub, SMALL - 1) + 38
        self.items[head] = item._replace(
            width=max(item.width, round(wide)),
            height=item.height + STRIP,
            stands=(*item.stands, number, *self.stands.get(number, ())),
            strips=(*item.strips, strip),
        )

    def _fold(self, parts: list[list[int]]) -> dict[int, tuple[int, bool]]:
        """Find repetitions; for the first node of each, how often it is there."""
        found = {}
        chains = runs(self.graph, parts)
        inside = {n for members in chains for part in members for n in part}
        others = [p for p in parts if p[0] not in inside and p[0] not in self.strips]
        for members in [*chains, *twins(self.graph, others, self.read)]:
            run = self.runs
            self.runs += 1
            for k, member in enumerate(members):
                for first, other in zip(members[0], member, strict=True):
                    self.member.setdefault(other, []).append((run, k))
                    if k:
                        self.alias[other] = first
                        self.stands.setdefault(first, []).append(other)
            found[members[0][0]] = (len(members), members in chains)
        return found

    def _box(self, group: Group, parent: int, part: list[int], times: int, loops: bool) -> Box:
        inside = [self.graph.nodes[n] for n in part]
        weights = {i.source for n in part for i in self.chips[n]}
        parameters = sum(
            self.graph.nodes[n].size for n in weights if self.graph.nodes[n].role == "parameter"
        )
        operators = sum(n.role == "operator" for n in inside)
        words = [f"{operators} operator" + "s" * (operators != 1)]
        words += sums(parameters, sum(n.flops for n in inside), 0)
        sub = " · ".join(words)
        more = group.kind and not group.label.startswith(group.kind)
        label = group.label + (f"  {group.kind}" if more else "")
        wide = text_width(label, TITLE, True) + (50 if times > 1 else 30)
        width = max(110.0, wide + 24, text_width(sub, SMALL) + 28)
        stands = [*part, *(n for first in part for n in self.stands.get(first, ()))]
        return Box(
            *(group.label, group.kind, parent, sub, times, loops),
            *(round(width), 50.0 + (DECK if times > 1 else 0.0), tuple(stands)),
        )

    # ---- items

    def _item(self, number: int, group: int, inside: Group, times: int) -> None:
        node = self.graph.nodes[number]
        self.of[number] = len(self.items)
        stands = (number, *self.stands.get(number, ()))
        chips = self._chip_texts(node)
        sign = sign_of(node) if not chips else ""
        look = (node.error, node.backward)
        if sign:
            item = Item(number, group, "circle", "sum", sign, "", (), 28, 28, stands, *look)
        elif node.role != "operator":
            text = pill_text(node.name, node.outputs[0].text)
            width = round(text_width(text, SMALL + 1) + 28)
            item = Item(number, group, "pill", "input", node.name, "", (), width, 26, stands, *look)
        else:
            item = self._boxed(node, group, chips, stands, inside.path, times)
        self.items.append(item)

    def _boxed(
        self, node: Node, group: int, chips: list[str], stands: tuple, inside: Path, times: int
    ) -> Item:
        title = title_of(node) + (f"  × {times}" if times > 1 else "")
        if node.error:
            title = f"✗ {title}"
        sub = _clipped(node.note or self._short(node, inside), WIDEST - 30, SMALL)
        widths = [text_width(c, SMALL - 1) + 20 for c in chips]
        inner = max([text_width(title, TITLE, True), text_width(sub, SMALL), sum(widths) - 6])
        width = round(min(max(inner + 28, 90.0), WIDEST + 60))
        height = 12 + LINE + (LINE if sub else 2) + (CHIP if chips else 0)
        return Item(
            *(node.number, group, "box", kind_of(node), title, sub, tuple(chips), width, height),
            *(stands, node.error, node.backward),
        )

    def _short(self, node: Node, inside: Path) -> str:
        """What the node is called in its group: the block that it alone makes up, or its name
        without the words of its groups and of all others."""
        own = [part for part in node.path[len(inside) :] if part not in ("forward", "backward")]
        if own and self.graph.kinds:
            return own[-1]
        name = node.name.removesuffix("_fwd")
        if automatic(name.lstrip("0123456789_"), node.op):
            return ""
        name = name.removeprefix(self._beginning())
        for part in node.path:
            name = re.split(rf"(?:^|_){re.escape(part)}\d*_", name)[-1].strip(" _")
        if automatic(name.lstrip("0123456789_"), node.op):
            return ""
        return "" if name.lower() == node.op.lower() or name.isdigit() else name

    def _beginning(self) -> str:
        """What all names of operators begin with, up to an underscore."""
        if not hasattr(self, "_begins"):
            names = [n.name for n in self.graph.nodes if n.role == "operator"]
            common = names[0] if len(names) > 1 else ""
            for name in names:
                while not name.startswith(common):
                    common = common[:-1]
            self._begins = common[: common.rfind("_") + 1]
        return self._begins

    def _chip_texts(self, node: Node) -> list[str]:
        pairs = []
        for i in self.chips[node.number]:
            source = self.graph.nodes[i.source]
            name = i.name if source.role in WEIGHTS else f"↑ {source.name}"
            pairs.append((name, source.outputs[i.output]))
        texts = chip_texts(pairs)
        if len(texts) > 3:
            texts = [*texts[:2], f"and {len(texts) - 2} more"]
        return [_clipped(t, WIDEST / max(1, len(texts)), SMALL - 1) for t in texts]

    # ---- links

    def _links(self) -> list[Link]:
        found: dict[tuple[int, int], Link] = {}
        for node in self.graph.nodes:
            target = self.of.get(self._drawn(node.number))
            if target is None:
                continue
            skipped = set(self.chips[node.number])
            for i in node.inputs:
                source = self.of.get(self._drawn(i.source))
                if source is None or i in skipped or self._repeats(i.source, node.number):
                    continue
                outputs = self.graph.nodes[i.source].outputs
                label = outputs[i.output].text if outputs else ""
                found.setdefault((source, target), Link(source, target, label))
        return list(found.values())

    def _drawn(self, number: int) -> int:
        while number in self.alias:
            number = self.alias[number]
        return number

    def _repeats(self, source: int, target: int) -> bool:
        """Whether a link leads from one repetition to the next."""
        before = dict(self.member.get(source, ()))
        return any(before.get(run, k) != k for run, k in self.member.get(target, ()))

    def _outputs(self) -> list[Link]:
        """A pill for each output of the graph; none where it ends at an error."""
        links: list[Link] = []
        if self.graph.problem:
            return links
        heads = dict.fromkeys(self.of.get(self._drawn(n)) for n, _ in self.graph.heads)
        places = {self.of.get(self._drawn(n)): (n, i) for n, i in self.graph.heads}
        for k, source in enumerate(s for s in heads if s is not None):
            number, output = places[source]
            node = self.graph.nodes[number]
            title = self.graph.labels.get((number, output), "")
            title = title or (f"output {k}" if len(heads) > 1 else "output")
            item = Item(
                *(-1, -1, "pill", "output", title, "", ()),
                *(round(text_width(title, SMALL + 1) + 28), 26, (number,), "", node.backward),
            )
            links.append(Link(source, len(self.items), node.outputs[output].text))
            self.items.append(item)
        return links


def pill_text(name: str, shape: str) -> str:
    """What is written into an input: its name, and its shape where that is known."""
    return name if shape == "?" else f"{name}  {shape}"


def warmed(shown: Shown, over: Overlay) -> Shown:
    """An item or group with what an overlay says about its hottest node, in a line of its own.

    Groups say nothing of buffers: they have many.
    """
    known = [n for n in shown.stands if n in over.values]
    inside = isinstance(shown, Box)
    if not known or (over.kind == "group" if inside else shown.form != "box"):
        return shown
    largest = max(over.values.values()) or 1.0
    hottest = known[0] if over.kind == "group" else max(known, key=over.values.__getitem__)
    value = over.values[hottest]
    reading = ("up to " if inside else "") + over.texts.get(hottest, "")
    strips = [] if inside else [s.number for s in shown.strips]
    same = [n for n in strips if over.values.get(n) == value]
    if over.kind == "group" and any(over.texts[n].endswith(IN_PLACE) for n in same):
        reading = reading.removesuffix(IN_PLACE) + IN_PLACE
    return shown._replace(
        width=max(shown.width, ceil(text_width(reading, SMALL - 1, True) + 84)),
        height=shown.height + LINE,
        heat=value if over.kind == "group" else value / largest,
        reading=reading,
    )


def _clipped(text: str, width: float, size: float) -> str:
    """A text that is not wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while len(text) > 2 and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def opened(found: Scene, depth: int) -> set[int]:
    """The numbers of the groups down to a depth; 0 opens none."""
    level: list[int] = []
    for box in found.boxes:
        level.append(1 if box.parent < 0 else level[box.parent] + 1)
    return {i for i, k in enumerate(level) if k <= depth}


def legible(found: Scene, most: int = 26) -> set[int]:
    """The groups to open so that not more than about `most` things are drawn: whole levels, from
    outside."""
    inside = [0] * len(found.boxes)
    shown = 0
    for parent in [*(i.group for i in found.items), *(b.parent for b in found.boxes)]:
        if parent >= 0:
            inside[parent] += 1
        else:
            shown += 1
    chosen: set[int] = set()
    level = [i for i, b in enumerate(found.boxes) if b.parent < 0]
    while level and shown + sum(inside[i] for i in level) <= most:
        shown += sum(inside[i] for i in level)
        chosen.update(level)
        level = [i for i, b in enumerate(found.boxes) if b.parent in level]
    return chosen


def sums_text(graph: Graph) -> str:
    """Sums of the whole graph in words."""
    t = graph.totals()
    words = [f"{count(t.operators)} operator" + "s" * (t.operators != 1)]
    return " · ".join([*words, *sums(t.parameters, t.flops, t.nbytes)])
