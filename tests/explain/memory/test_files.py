"""Memory plans in files and in outputs."""

import csv
import json
from xml.etree import ElementTree

import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.explain.memory import memory

X = mx.sym.var("x")


@pytest.fixture
def plan():
    net = mx.sym.exp(mx.sym.FullyConnected(mx.sym.tanh(X, name="t"), num_hidden=5, name="fc"))
    return memory(net, x=(4, 3), train=True, title="<small>")


def test_every_kind_of_file(plan, tmp_path):
    for kind in ("png", "svg", "html", "json", "csv", "txt"):
        plan.save(tmp_path / f"plan.{kind}")
    assert (tmp_path / "plan.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    tree = ElementTree.parse(tmp_path / "plan.svg").getroot()
    assert tree.attrib["aria-label"] == plan.sentence()
    rows = list(csv.DictReader((tmp_path / "plan.csv").read_text().splitlines()))
    assert [r["operator"] for r in rows] == [v.operator for v in plan.values]
    assert rows[0]["nodes"] == "t"
    found = json.loads((tmp_path / "plan.json").read_text())
    assert found["peak"] == plan.peak
    assert sum(found["sizes"]) == plan.peak
    assert sum(found["alone"]) == plan.nodes
    assert "&lt;small&gt;" in (tmp_path / "plan.html").read_text()
    assert (tmp_path / "plan.txt").read_text() == f"{plan}\n"
    with pytest.raises(ParameterError, match="cannot save a memory plan"):
        plan.save(tmp_path / "plan.pdf")


def test_outputs(plan):
    data, metadata = plan._repr_mimebundle_()
    assert {"image/png", "image/svg+xml", "text/plain"} <= set(data)
    assert metadata["image/png"]["width"] == 760
    assert metadata["image/png"]["alt"] == plan.sentence()


def test_a_notebook_shows_the_text_and_not_a_tuple(plan):
    pretty = pytest.importorskip("IPython.lib.pretty")
    assert pretty.pretty(plan) == plan.text()
    assert plan.alive <= plan.peak <= plan.nodes
