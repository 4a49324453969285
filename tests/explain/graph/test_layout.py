"""Properties of every layout: nothing overlaps, lines go down and never through a box."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.explain.graph.layout import Part, Wire, lay_out
from mxbook.explain.graph.measure import of_layout


@st.composite
def graphs(draw):
    """Parts in groups of two levels, and wires between items that only lead onwards."""
    count = draw(st.integers(1, 25))
    groups = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    groups.sort()  # so that groups are never on a circle
    roots, boxes, items = [], {}, []
    for i, group in enumerate(groups):
        item = Part(f"i{i}", draw(st.integers(20, 200)), draw(st.integers(20, 80)))
        items.append(item)
        if group == 0:
            roots.append(item)
            continue
        if group not in boxes:
            boxes[group] = Part(f"g{group}", title=60.0)
            boxes[group].children = []
            roots.append(boxes[group])
        boxes[group].children.append(item)
    wires = {}
    for j in range(1, count):
        for i in draw(st.lists(st.integers(0, j - 1), max_size=3)):
            wires[i, j] = Wire(f"i{i}", f"i{j}", i)
    return roots, list(wires.values())


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_nothing_overlaps(graph):
    roots, wires = graph
    found = lay_out(roots, wires)
    measured = of_layout(found)
    assert measured.overlaps == 0
    assert measured.hidden == 0


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_lines_go_down_and_reach_their_ends(graph):
    roots, wires = graph
    found = lay_out(roots, wires)
    for piece in found.pieces:
        assert piece.y1 >= piece.y0 - 1e-6
    ends = {(p.line, goal) for p in found.pieces if p.ends for goal in p.goals}
    assert ends == {(w.line, w.target) for w in wires}
    for piece in found.pieces:
        if piece.ends:
            goals = [found.parts[g] for g in piece.goals]
            inside = [p for p in goals if p.x <= piece.x1 <= p.x + p.width]
            assert any(abs(p.y - piece.y1) < 0.01 for p in inside)


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_everything_is_inside(graph):
    roots, wires = graph
    found = lay_out(roots, wires)
    for root in roots:
        for part in root.children or ():
            assert root.x <= part.x
            assert part.x + part.width <= root.x + root.width + 0.01
            assert root.y <= part.y
            assert part.y + part.height <= root.y + root.height + 0.01
    for part in found.parts.values():
        assert part.x >= -0.01
        assert part.x + part.width <= found.width + 0.01
        assert part.y + part.height <= found.height + 0.01


def residual(blocks: int) -> tuple[list[Part], list[Wire]]:
    parts = [Part("start", 100, 30)]
    wires = []
    before = "start"
    for k in range(blocks):
        names = [f"a{k}", f"b{k}", f"c{k}", f"sum{k}"]
        parts += [Part(n, 100, 30) for n in names]
        ends = [before, *names]
        wires += [Wire(a, b, len(wires)) for a, b in zip(ends, names, strict=False)]
        skip = next(w.line for w in wires if w.source == before)
        wires.append(Wire(before, names[-1], skip))
        before = names[-1]
    return parts, wires


def test_residual_nets_are_straight():
    parts, wires = residual(20)
    lay_out(parts, wires)
    assert {p.x for p in parts} == {parts[0].x}


def test_a_net_of_5000_nodes_is_straight():
    parts, wires = residual(1250)
    found = lay_out(parts, wires)
    assert len(parts) == 5001
    assert {p.x for p in parts} == {parts[0].x}
    assert len(found.pieces) < 8 * len(parts)


def test_unconnected_parts_stand_side_by_side():
    parts = [Part("a", 50, 200), Part("b", 50, 20), Part("c", 50, 20)]
    lay_out(parts, [Wire("b", "c", 0)])
    assert parts[0].y == parts[1].y == 0.0
    assert parts[1].x > 50
