"""Repeated parts: groups of equal structure, each reading the one before, become one "× N"."""

from collections.abc import Sequence

from .model import Graph, Node

TWINS = 4  # so many equal parts side by side are drawn as one


def signature(node: Node) -> tuple:
    """What two nodes must have in common to be repetitions of each other."""
    params = tuple(sorted(node.params.items()))
    return node.op, node.role, params, tuple(v.text for v in node.outputs), node.backward


def structure(nodes: Sequence[Node]) -> tuple:
    """The structure of a part: its nodes, and which of them each reads."""
    place = {n.number: i for i, n in enumerate(nodes)}

    def reads(node: Node) -> tuple:
        """The places of what it reads; what comes from outside may come from anywhere."""
        return tuple((place[i.source], i.output) if i.source in place else -1 for i in node.inputs)

    return tuple((signature(n), reads(n)) for n in nodes)


def runs(graph: Graph, siblings: list[list[int]]) -> list[list[list[int]]]:
    """Repetitions among the parts of a group, which are lists of nodes: for each, its parts, whose
    nodes stand in the same order."""
    parts = [p for p in siblings if len(p) > 1]
    shapes = [structure([graph.nodes[i] for i in part]) for part in parts]
    owner = {n: k for k, part in enumerate(parts) for n in part}
    follows: list[list[int]] = [[] for _ in parts]
    for k, part in enumerate(parts):
        for n in part:
            for i in graph.nodes[n].inputs:
                before = owner.get(i.source)
                if before is not None and before != k and shapes[before] == shapes[k]:
                    follows[before].append(k)
    taken: set[int] = set()
    found: list[list[list[int]]] = []
    for k in range(len(parts)):
        if k in taken:
            continue
        chain = [k]
        while True:
            after = [j for j in follows[chain[-1]] if j not in taken and j not in chain]
            if not after:
                break
            chain.append(after[0])
        taken.update(chain)
        members = [parts[j] for j in chain]
        if len(chain) > 1 and not _returns(graph, members, siblings):
            found.append(members)
    return found


def twins(
    graph: Graph, siblings: list[list[int]], readers: list[list[int]]
) -> list[list[list[int]]]:
    """Parts side by side that are equal, read the same parts and are read by the same parts."""
    owner = {n: k for k, part in enumerate(siblings) for n in part}
    alike: dict[tuple, list[list[int]]] = {}
    for k, part in enumerate(siblings):
        nodes = [graph.nodes[n] for n in part]
        if len(part) > 1 or nodes[0].role == "operator":
            above = {owner.get(i.source, -1 - i.source) for n in nodes for i in n.inputs} - {k}
            below = {owner.get(r, -1 - r) for n in part for r in readers[n]} - {k}
            if above and below:
                key = (structure(nodes), frozenset(above), frozenset(below))
                alike.setdefault(key, []).append(part)
    return [members for members in alike.values() if len(members) >= TWINS]


def _returns(graph: Graph, members: list[list[int]], siblings: list[list[int]]) -> bool:
    """Whether something outside stands between members, so that one part would go round."""
    inside = {n for part in members for n in part}
    owner = {n: k for k, part in enumerate(siblings) for n in part}
    own = {owner[n] for n in inside}
    reached: set[int] = set()  # siblings that depend on the run
    for number in sorted(owner):
        here = owner[number]
        sources = {owner.get(i.source) for i in graph.nodes[number].inputs}
        if here not in own and (sources & own or sources & reached):
            reached.add(here)
        if here in own and sources & reached:
            return True
    return False
