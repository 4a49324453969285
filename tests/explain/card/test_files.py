"""Cards in files and outputs."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.explain.card.chart import WIDTH, picture, wrapped
from mxbook.explain.card.files import data
from mxbook.explain.shapes import Label, text_width


def test_every_kind_of_file(tmp_path):
    card = mx.explain.operator("Convolution")
    for kind in ("png", "svg", "html", "json", "txt"):
        card.save(tmp_path / f"card.{kind}")
    assert (tmp_path / "card.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert ElementTree.parse(tmp_path / "card.svg").getroot().tag.endswith("svg")
    assert "mxbook-card" in (tmp_path / "card.html").read_text()
    found = json.loads((tmp_path / "card.json").read_text())
    assert found["errors"] == card.errors
    assert found["errors"][0].startswith("Raises ShapeError")
    assert (tmp_path / "card.txt").read_text() == f"{card}\n"
    with pytest.raises(ParameterError, match="cannot save a card"):
        card.save(tmp_path / "card.csv")


def test_outputs():
    found, metadata = mx.explain.operator("exp")._repr_mimebundle_()
    assert {"text/html", "image/png", "text/plain"} <= set(found)
    assert metadata["image/png"]["width"] == WIDTH


@pytest.mark.parametrize("name", ["Convolution", "RNN", "add_n", "exp", "topk"])
def test_words_stay_on_the_paper(name):
    drawn = picture(mx.explain.operator(name))
    for label in drawn.shapes:
        if isinstance(label, Label):
            assert label.x + text_width(label.text, label.size, label.bold) <= drawn.width
            assert 0 < label.y < drawn.height
    tops = [s.y for s in drawn.shapes if isinstance(s, Label)]
    assert np.ptp(tops) > 100


def test_wrapped():
    assert wrapped("", 100, 12) == []
    long = wrapped("x" * 200 + " y", 100, 12)
    assert "".join(long).replace(" ", "") == "x" * 200 + "y"
    assert all(text_width(line, 12) <= 100 for line in long)


def test_the_browser_knows_simple_rules_and_the_examples():
    assert data(mx.explain.operator("broadcast_add"))["rule"] == "broadcast"
    assert data(mx.explain.operator("exp"))["rule"] == "same"
    found = data(mx.explain.operator("FullyConnected"))
    assert found["rule"] == ""
    assert found["required"] == ["num_hidden"]
    assert found["known"][0]["answer"]["outputs"]
    assert not found["known"][0]["answer"]["error"]
