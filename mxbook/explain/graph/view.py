"""What is shown of a scene when some of its groups are open, laid out."""

from collections.abc import Set
from typing import NamedTuple

from mxbook.explain.shapes import text_width

from .layout import Layout, Part, Wire, lay_out
from .scene import DECK, TITLE, Box, Scene


class View(NamedTuple):
    """A laid-out scene.

    Keys are `i5` for item 5 and `g2` for group 2, which is closed unless `open` has it.
    `sources` are the keys where lines begin, by line; `labels` what they carry, by line.
    """

    scene: Scene
    open: Set[int]
    layout: Layout
    sources: list[str]
    labels: list[str]


def view(scene: Scene, opened: Set[int]) -> View:
    """Lay out a scene with these groups open; an inner group shows only inside open ones."""
    shut = _shut(scene, opened)
    parts: dict[str, Part] = {}
    roots: list[Part] = []
    for number, box in enumerate(scene.boxes):
        if box.parent >= 0 and shut[box.parent] >= 0:
            continue
        if number in opened:
            part = Part(
                f"g{number}", title=text_width(title_of(scene, number), TITLE - 1, True) + 20
            )
            part.children = []
            part.deck = DECK if box.times > 1 else 0.0
        else:
            part = Part(f"g{number}", box.width, box.height)
            part.weight = max(1, len(box.stands) // max(1, box.times))
        parts[part.key] = part
        (_children(parts, box.parent) if box.parent >= 0 else roots).append(part)
    for number, item in enumerate(scene.items):
        if item.group >= 0 and shut[item.group] >= 0:
            continue
        part = Part(f"i{number}", item.width, item.height)
        parts[part.key] = part
        (_children(parts, item.group) if item.group >= 0 else roots).append(part)
    wires, sources, labels = _wires(scene, shut)
    return View(scene, opened, lay_out(roots, wires), sources, labels)


def _children(parts: dict[str, Part], number: int) -> list[Part]:
    found = parts[f"g{number}"].children
    assert found is not None
    return found


def title_of(scene: Scene, number: int) -> str:
    """The title of an open group."""
    box = scene.boxes[number]
    times = f"  × {box.times}" if box.times > 1 else ""
    return f"{box.label}{times}" + (f"  {box.kind}" if says_more(box) else "")


def says_more(box: Box) -> bool:
    """Whether what a group is must be told beside its label."""
    return bool(box.kind) and not box.label.startswith(box.kind)


def _shut(scene: Scene, opened: Set[int]) -> list[int]:
    """For each group, the outermost closed group that it is in or is; -1 when it is open."""
    found: list[int] = []
    for number, box in enumerate(scene.boxes):
        outer = found[box.parent] if box.parent >= 0 else -1
        found.append(outer if outer >= 0 else (-1 if number in opened else number))
    return found


def _wires(scene: Scene, shut: list[int]) -> tuple[list[Wire], list[str], list[str]]:
    def shown(number: int) -> str:
        group = scene.items[number].group
        closed = shut[group] if group >= 0 else -1
        return f"g{closed}" if closed >= 0 else f"i{number}"

    lines: dict[str, int] = {}
    labels: list[str] = []
    wires: dict[tuple[str, str], Wire] = {}
    for link in scene.links:
        source, target = shown(link.source), shown(link.target)
        if source == target:
            continue
        line = lines.setdefault(source, len(lines))
        if line == len(labels):
            labels.append(link.label)
        elif labels[line] != link.label:
            labels[line] = ""  # it carries several kinds
        wires.setdefault((source, target), Wire(source, target, line))
    return list(wires.values()), list(lines), labels
