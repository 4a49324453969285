"""The picture of a memory plan."""

from xml.etree import ElementTree

import numpy as np
import pytest

import mxbook as mx
from mxbook.explain.memory import memory
from mxbook.explain.memory.chart import LEFT, RIGHT, WIDTH, picture
from mxbook.explain.shapes import Area, Label
from mxbook.gluon.model_zoo import vision

X = mx.sym.var("x")
NET = mx.sym.exp(mx.sym.FullyConnected(mx.sym.tanh(X, name="t"), num_hidden=50, name="fc"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("train", [False, True])
def test_everything_stays_on_the_paper(theme, train):
    drawn = picture(memory(vision.resnet18_v1(), (1, 3, 32, 32), train=train), theme=theme)
    for shape in drawn.shapes:
        if isinstance(shape, Area):
            assert np.all(shape.points >= 0)
            assert np.all(shape.points <= [drawn.width, drawn.height])


def test_words_are_in_it():
    drawn = picture(memory(NET, x=(64, 50), train=True, title="small"))
    texts = [s.text for s in drawn.shapes if isinstance(s, Label)]
    assert "Memory of small, training" in texts
    assert {"A", "B", "results", "gradients", "FullyConnected"} <= set(texts)
    assert any(t.startswith("in ") and "buffer" in t for t in texts)


def test_a_life_is_as_long_as_its_instructions():
    plan = memory(NET, x=(64, 50))
    drawn = picture(plan)
    widths = [np.ptp(s.points[:, 0]) for s in drawn.shapes if isinstance(s, Area)]
    value = plan.values[-1]
    one = (WIDTH - LEFT - RIGHT) / plan.steps
    assert any(abs(w - one * (value.last + 1 - value.first)) < 1 for w in widths)


def test_a_plan_with_nothing_in_it():
    drawn = picture(memory(mx.sym.exp(X), x=(2,)))
    assert "0 values between, 1 instructions" in "".join(
        s.text for s in drawn.shapes if isinstance(s, Label)
    )
    ElementTree.fromstring(memory(mx.sym.exp(X), x=(2,)).svg())
