"""Groups in groups, made from the paths of nodes; without those that would not help a reader."""

from collections.abc import Iterator, Sequence, Set

from .model import Graph, Path

MAIN, FEW = 0.85, 8  # share of the operators, and how many things may be beside them


class Group:
    """A group: its label, what it is (`kind`), and its children: groups and numbers of nodes."""

    __slots__ = ("children", "kind", "label", "path")

    def __init__(self, label: str, kind: str, path: Path):
        self.label, self.kind, self.path = label, kind, path
        self.children: list[Group | int] = []

    def nodes(self) -> list[int]:
        """The numbers of all nodes inside, sorted."""
        return sorted(self._inside())

    def _inside(self) -> Iterator[int]:
        for child in self.children:
            if isinstance(child, Group):
                yield from child._inside()
            else:
                yield child


def tree(graph: Graph, visible: Sequence[int], strips: Set[int] = frozenset()) -> Group:
    """The groups of the visible nodes, below one that holds everything.

    `strips` are nodes that are drawn as a part of what feeds them.  Groups with one member are
    left out, and so are groups that other parts of the graph both feed
    and read, because nothing could be drawn above or below them.
    """
    root = Group("", "", ())
    known: dict[Path, Group] = {(): root}
    for number in visible:
        path = graph.nodes[number].path
        for k in range(1, len(path) + 1):
            if path[:k] not in known:
                kind = graph.kinds.get(path[:k], "")
                known[path[:k]] = Group(path[k - 1], kind, path[:k])
                known[path[: k - 1]].children.append(known[path[:k]])
        known[path].children.append(number)
    _prune(root, strips)
    operators = {n for n in visible if graph.nodes[n].role == "operator"}
    while (main := _main(root, operators)) is not None:
        root.children = [*(c for c in root.children if c is not main), *main.children]
    _untangle(graph, root)
    return root


def _main(root: Group, operators: set[int]) -> Group | None:
    """The group that holds nearly everything, such as the `features` of a net."""
    for child in root.children:
        if isinstance(child, Group) and child.label not in ("forward", "backward"):
            inside = len(operators.intersection(child.nodes()))
            if inside >= MAIN * len(operators) and len(root.children) <= FEW:
                return child
    return None


def _prune(group: Group, strips: Set[int]) -> None:
    """Leave out groups that would hold one item, and groups right inside other groups."""
    kept: list[Group | int] = []
    for child in group.children:
        if not isinstance(child, Group):
            kept.append(child)
            continue
        _prune(child, strips)
        groups = [c for c in child.children if isinstance(c, Group)]
        if not groups and len([c for c in child.children if c not in strips]) <= 1:
            kept += child.children
            continue
        if len(child.children) == len(groups) == 1:
            child.children = groups[0].children
        kept.append(child)
    group.children = sorted(kept, key=_first)


def _first(child: Group | int) -> int:
    """The smallest number inside, by which children are in the order of the graph."""
    return child.nodes()[0] if isinstance(child, Group) else child


def _untangle(graph: Graph, group: Group) -> None:
    """Dissolve groups that stand on a circle of siblings."""
    while True:
        circle = _on_circles(graph, group)
        if not circle:
            break
        group.children = [
            inner
            for child in group.children
            for inner in (
                child.children if isinstance(child, Group) and id(child) in circle else [child]
            )
        ]
    for child in group.children:
        if isinstance(child, Group):
            _untangle(graph, child)


def _on_circles(graph: Graph, group: Group) -> set[int]:
    """The `id`s of the child groups that are on a circle."""
    owner: dict[int, int] = {}
    for k, child in enumerate(group.children):
        for number in child.nodes() if isinstance(child, Group) else [child]:
            owner[number] = k
    after: list[set[int]] = [set() for _ in group.children]
    before: list[set[int]] = [set() for _ in group.children]
    for number, k in owner.items():
        for i in graph.nodes[number].inputs:
            source = owner.get(i.source)
            if source is not None and source != k:
                after[source].add(k)
                before[k].add(source)
    left = _peel(_peel(set(range(len(after))), before), after)
    return {id(group.children[k]) for k in left if isinstance(group.children[k], Group)}


def _peel(left: set[int], needs: Sequence[set[int]]) -> set[int]:
    """Take away, again and again, what needs nothing that is left."""
    missing = {k: len(needs[k] & left) for k in left}
    users: dict[int, list[int]] = {}
    for k in left:
        for other in needs[k] & left:
            users.setdefault(other, []).append(k)
    free = [k for k in left if missing[k] == 0]
    for k in free:
        for user in users.get(k, ()):
            missing[user] -= 1
            if missing[user] == 0:
                free.append(user)
    return left - set(free)
