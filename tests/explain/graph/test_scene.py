"""What is shown: chips, strips, groups, repetitions."""

import pytest

import mxbook as mx
from mxbook.explain.graph import gallery, graph
from mxbook.explain.graph.measure import measures
from mxbook.explain.graph.scene import legible, opened, scene


def test_repeated_steps_are_one():
    found = scene(gallery.unrolled(35))
    step = next(b for b in found.boxes if b.times > 1)
    assert step.times == 35
    assert len(step.stands) % 35 == 0
    everything = {n for item in found.items for n in item.stands}
    operators = {n.number for n in gallery.unrolled(35).nodes if n.role == "operator"}
    assert operators <= everything


def test_folding_can_be_left_out():
    g = gallery.unrolled(4)
    assert any(b.times == 4 for b in scene(g).boxes)
    assert all(b.times == 1 for b in scene(g.collapsed(fold=False)).boxes)


def test_equal_parts_side_by_side_are_one():
    x = mx.sym.var("x")
    ways = [mx.sym.exp(x, name=f"way{i}") for i in range(5)]
    titles = [i.title for i in scene(graph(mx.sym.add_n(*ways, name="all"), x=(2,))).items]
    assert titles == ["x", "exp  × 5", "add_n", "output"] or "exp  × 5" in titles


def test_activations_are_strips_of_what_alone_feeds_them():
    found = scene(gallery.lenet())
    conv = next(i for i in found.items if i.title.startswith("Convolution"))
    assert [s.title for s in conv.strips] == ["Activation tanh"]
    x = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=2, name="fc")
    both = mx.sym.Group([mx.sym.relu(x, name="r"), mx.sym.exp(x, name="e")])
    assert all(not i.strips for i in scene(graph(both, x=(1, 2))).items)


def test_weights_are_chips_of_their_reader():
    found = scene(gallery.lenet())
    assert not any("weight" in item.title for item in found.items)
    dense = next(i for i in found.items if i.title == "Dense 10")
    assert dense.chips == ("weight 10×500", "bias 10")


def test_what_the_backward_half_takes_are_chips():
    found = scene(gallery.executor())
    chips = [c for item in found.items if item.backward for c in item.chips]
    assert any(c.startswith("↑ relu1") for c in chips)


def test_depth_opens_groups():
    g = gallery.attention()
    found = scene(g)
    assert opened(found, 0) == set()
    assert opened(found, 9) == set(range(len(found.boxes)))
    assert opened(found, 1) < opened(found, 2)
    sizes = [measures(g.collapsed(depth)).parts for depth in (0, 1, 2)]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("most", [1, 10, 1000])
def test_legible_opens_whole_levels(most):
    found = scene(gallery.attention())
    chosen = legible(found, most)
    for number in chosen:
        parent = found.boxes[number].parent
        assert parent < 0 or parent in chosen


def test_groups_on_a_circle_are_dissolved():
    x = mx.sym.var("x")
    a = mx.sym.exp(mx.sym.exp(x, name="net_a_1"), name="net_a_2")
    b = mx.sym.exp(mx.sym.exp(a, name="net_b_1"), name="net_b_2")
    again = mx.sym.exp(mx.sym.exp(b, name="net_a_3"), name="net_a_4")
    g = graph(mx.sym.exp(again, name="net_b_3"), x=(2,))
    assert scene(g).boxes == []
    assert measures(g).crossings == 0


def test_names_lose_the_words_of_their_groups():
    lstm = scene(gallery.unrolled(4).collapsed(9))
    assert {"i2h", "h2h", "slice"} <= {i.sub for i in lstm.items}
    encoder = scene(gallery.attention().collapsed(9))
    assert not any("reshape" in i.sub or "divscalar" in i.sub for i in encoder.items)
