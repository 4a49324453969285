"""Pictures, words and files of graphs."""

import csv
import json
from xml.etree import ElementTree

import pytest

from mxbook.base.errors import ParameterError
from mxbook.explain.graph import gallery
from mxbook.explain.graph.scene import opened, scene
from mxbook.explain.graph.view import view
from mxbook.explain.graph.wrap import TALL, wrap

NAMES = ("lenet", "executor", "wrong-shape", "overlay-flops", "overlay-memory", "zoo-mobilenet1.0")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_svg_needs_nothing_else(name, theme):
    text = gallery.pictures()[name]().svg(theme=theme)
    ElementTree.fromstring(text)
    for word in ("<style", " id=", "url(", "nan"):
        assert word not in text


def test_png_is_small():
    pytest.importorskip("PIL")
    content = gallery.lenet().png()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(content) < 150_000


def test_text_has_groups_and_sums():
    text = gallery.attention().text()
    assert text.splitlines()[0].startswith("transformer encoder: 163 operators")
    assert "  attention" in text
    assert "elemwise_add" in gallery.wrong_shape().text()


def test_a_sentence_for_those_who_cannot_see():
    text = gallery.lenet().svg()
    assert 'aria-label="LeNet: 11 operators, 431 K parameters' in text


def test_long_pictures_are_wrapped():
    found = scene(gallery.pictures()["zoo-mobilenet1.0"]())
    layout = view(found, opened(found, 9)).layout
    before = {key: (p.width, p.height) for key, p in layout.parts.items()}
    tall = layout.height
    wrapped, ways = wrap(layout)
    assert tall > 2 * TALL
    assert wrapped.height < 1.2 * TALL
    assert len(ways) == round(tall / TALL + 0.5) - 1
    assert {key: (p.width, p.height) for key, p in wrapped.parts.items()} == before


def test_files(tmp_path):
    g = gallery.lenet()
    for ending in ("png", "svg", "html", "json", "csv", "txt"):
        g.save(tmp_path / f"net.{ending}")
    data = json.loads((tmp_path / "net.json").read_text())
    assert data["format"] == "mxbook graph 1"
    assert [n["name"] for n in data["nodes"]] == [n.name for n in g.nodes]
    with open(tmp_path / "net.csv") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["operator"] == "SoftmaxOutput"
    assert "http" not in (tmp_path / "net.html").read_text().replace("http://www.w3.org", "")
    with pytest.raises(ParameterError, match="cannot save"):
        g.save(tmp_path / "net.gif")


def test_a_notebook_gets_picture_and_words():
    data, metadata = gallery.lenet()._repr_mimebundle_()
    assert {"image/svg+xml", "text/plain"} <= set(data)
    if "image/png" in data:
        assert metadata["image/png"]["width"] > 100
        assert metadata["image/png"]["alt"].startswith("LeNet: ")
