"""Costs, titles and kinds of nodes."""

import pytest

from mxbook.explain.graph import gallery
from mxbook.explain.graph.costs import flops
from mxbook.explain.graph.looks import KINDS, chip_texts, count, kind_of, sign_of, title_of
from mxbook.explain.graph.model import Input, Node, Value
from tests.explain.test_style import contrast

ONE = Value((2,), "float32")


def node(op, **params):
    links = (Input(0, 0, "lhs"), Input(1, 0, "rhs"))
    return Node(2, "n", op, "operator", (), links, (ONE,), params)


def test_titles_say_what_matters():
    conv = node("Convolution", kernel="(3, 3)", stride="(2, 2)", num_filter="8", num_group="8")
    assert title_of(conv) == "Convolution 3×3 / 2, depthwise"
    assert title_of(node("Pooling", kernel="(2, 2)", pool_type="avg")) == "Pooling avg 2×2"
    assert title_of(node("_mul_scalar", scalar="0.50000")) == "× 0.5"
    assert title_of(node("_backward_relu")) == "relu backward"


def test_signs_and_kinds():
    assert sign_of(node("elemwise_add")) == sign_of(node("broadcast_add")) == "+"
    assert sign_of(node("exp")) == ""
    assert kind_of(node("FullyConnected")) == "weights"
    assert kind_of(node("_contrib_foo")) == "other"
    assert kind_of(node("_backward_relu")) == "active"


def test_every_operator_of_the_gallery_has_a_kind():
    for name in ("zoo-resnet18_v1", "attention", "bucketing", "executor"):
        for n in gallery.pictures()[name]().nodes:
            assert kind_of(n) in KINDS


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_colours_can_be_seen_on_their_paper(kind):
    assert contrast(kind.colours[0], "#FFFFFF") >= 3
    assert contrast(kind.colours[1], "#15181D") >= 3


def test_counts_and_chips():
    assert [count(n) for n in (0, 12, 1234, 5e6)] == ["0", "12", "1.23 K", "5 M"]
    pairs = [("weight", Value((2, 3), "")), ("moving_mean", ONE), ("moving_var", ONE)]
    assert chip_texts(pairs) == ["weight 2×3", "mean var 2"]


def test_flops():
    assert flops("Convolution", None, [(1, 3, 8, 8), (4, 3, 3, 3)], [(1, 4, 6, 6)]) == 144 * 54
    assert flops("Reshape", None, [(4,)], [(2, 2)]) == 0
    assert flops("exp", None, [(4, 5)], [(4, 5)]) == 20
    assert flops("dot", None, [(2, 3), (3, 4)], [(2, 4)]) == 48
