"""Every picture of the gallery is drawn well: what disturbs a reader is counted and bounded."""

import pytest

from mxbook.explain.graph.gallery import gallery, pictures
from mxbook.explain.graph.measure import measures

# Pairs of lines that cross; most graphs need none.
CROSSINGS = {
    "condition": 1,
    "lstm-35-steps": 1,
    "lstm-4-steps": 13,
    "lstm-plain-symbols": 1,
    "passes-before": 1,
}


@pytest.mark.parametrize("name", pictures())
def test_is_drawn_well(name):
    found = measures(pictures()[name]())
    assert found.overlaps == 0
    assert found.hidden == 0
    assert found.crossings <= CROSSINGS.get(name, 0)
    assert found.bends <= found.parts


def test_there_are_enough():
    assert len(pictures()) >= 30


@pytest.mark.parametrize("name", ["zoo-resnet50_v1", "zoo-vgg16_bn", "zoo-resnet152_v1"])
def test_nets_with_one_way_are_straight(name):
    assert measures(pictures()[name]()).bends == 0


@pytest.mark.slow
def test_one_command_writes_all(tmp_path):
    import mxbook as mx

    mx.sym.exp(mx.sym.var("x")).save(str(tmp_path / "own-symbol.json"))
    found = gallery(tmp_path / "pictures", tmp_path)
    written = {p.stem for p in (tmp_path / "pictures").glob("*.png")}
    assert {name for name, _ in found} <= written
    assert "file-own" in written
