"""`mx.viz.plot_network` without the program dot, and without the package graphviz."""

import sys

import pytest

import mxbook as mx
from mxbook.base.errors import DeviceError
from mxbook.explain.graph import dot
from mxbook.explain.graph.gallery import _mlp

SHAPES = {"data": (2, 4)}


@pytest.fixture
def no_program(monkeypatch):
    monkeypatch.setattr(dot.shutil, "which", lambda name: None)


def test_is_a_digraph():
    graphviz = pytest.importorskip("graphviz")
    assert isinstance(mx.viz.plot_network(_mlp(), shape=SHAPES), graphviz.Digraph)


def test_shows_without_the_program(no_program):
    data, _ = mx.viz.plot_network(_mlp(), shape=SHAPES)._repr_mimebundle_()
    assert "<svg" in data["image/svg+xml"]
    assert "without dot" in data["text/plain"]


def test_renders_what_it_can(no_program, tmp_path):
    pytest.importorskip("PIL")
    found = mx.viz.plot_network(_mlp(), title="net", save_format="png", shape=SHAPES)
    path = found.render(str(tmp_path / "net"))
    with open(path, "rb") as file:
        assert file.read(4) == b"\x89PNG"
    assert found.pipe("svg").startswith(b"<svg")
    with pytest.raises(DeviceError, match="pdf needs the program dot"):
        found.render(str(tmp_path / "net"), format="pdf")


def test_without_the_package(no_program, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    found = mx.viz.plot_network(_mlp(), title="net", shape=SHAPES)
    assert found.source.startswith("digraph net {\n\tdata [label=data ")
    assert 'fc1 -> data [label="4" arrowtail=open dir=back]' in found.source
    assert found.save(directory=tmp_path).endswith("net.gv")
    assert "<svg" in found._repr_mimebundle_()[0]["image/svg+xml"]
