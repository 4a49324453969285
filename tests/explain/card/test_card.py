"""The cards of operators: all of them, as text and as HTML."""

from html.parser import HTMLParser

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.ops.registry import operators

EVERY = {op.name: op for op in operators.values()}


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("name", EVERY)
def test_every_operator_has_one(name):
    card = mx.explain.operator(name)
    page = Balanced()
    page.feed(card._repr_html_())
    assert page.open == []
    shown = "".join(page.text)
    assert name in shown
    for row in (*card.inputs, *card.parameters):
        assert row[0] in shown
        assert row[0] in str(card)
    assert card.about.split()[0].strip("`*") in str(card)
    assert card.gradients
    assert card.examples or not EVERY[name].examples


def test_what_it_says():
    card = mx.explain.operator(mx.nd.FullyConnected)
    assert card.inputs[2] == ("bias", "may be left out")
    assert card.parameters[0][:3] == ("num_hidden", "a whole number, at least 1", "required")
    assert card.examples[0].results.startswith("float32[")
    assert card.examples[0].work > 0
    assert "from the gradient that arrives" in card.gradients[0]
    assert "changed in place" in mx.explain.operator("sgd_mom_update").inputs[2]
    assert mx.explain.operator("floor").gradients[0].startswith("Zero")
    assert mx.explain.operator("box_nms").name == "_contrib_box_nms"


def test_looking_changes_no_random_numbers():
    mx.random.seed(3)
    expected = mx.nd.random.uniform(shape=4).asnumpy()
    mx.random.seed(3)
    mx.explain.operator("_random_uniform")
    mx.explain.operator("Dropout")
    np.testing.assert_array_equal(mx.nd.random.uniform(shape=4).asnumpy(), expected)


def test_unknown_names():
    with pytest.raises(ParameterError, match="did you mean Convolution"):
        mx.explain.operator("Convoluton")


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("elemwise_mul", "`rhs`: `dy * rhs`"),
        ("broadcast_div", "`rhs`: `dy / rhs`, summed over axes that were stretched."),
        ("_power_scalar", "`data`: `dy * scalar * data ** (scalar - 1)`"),
        ("_rdiv_scalar", "`data`: `-dy * scalar / (data * data)`"),
    ],
)
def test_the_gradients_of_arithmetic_are_shown_as_formulas(name, formula):
    assert mx.explain.operator(name).gradients[0].endswith(formula)
