"""The picture and the files of a timeline."""

import csv
from xml.etree import ElementTree

import pytest
from hypothesis import given

from mxbook.base.errors import ParameterError
from mxbook.explain.shapes import Area, Label, Line
from mxbook.explain.timeline import Timeline
from mxbook.explain.timeline.chart import picture
from mxbook.explain.timeline.columns import columns
from mxbook.explain.timeline.frame import frames, unpack

from .records import ran, timelines


def points(shape):
    match shape:
        case Line() | Area():
            return shape.points.tolist()
        case Label():
            return [(shape.x, shape.y)]
    raise AssertionError(shape)


@pytest.mark.parametrize("area", [None, (2.0, 9.0)])
@given(timelines)
def test_everything_stays_on_the_paper(area, t):
    found = picture(t.what_if(2), area=area)
    for shape in found.shapes:
        for x, y in points(shape):
            assert -1 <= x <= found.width + 1
            assert 0 <= y <= found.height


def test_names_waits_and_legend():
    t = ran([({0}, {1}, 300, 0, "dot"), ({1}, {2}, 100, 0, "tanh")]).what_if(2)
    svg = t.svg(title="my step")
    texts = [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")]
    assert {"my step", "worker 1", "dot", "tanh", "critical path"} <= set(texts)
    assert "<style" not in svg and "url(" not in svg and " id=" not in svg


def test_narrow_boxes_are_drawn_together():
    program = [({0}, {1}, 2, 1, "dot") for _ in range(20_000)]
    found = picture(ran(program))
    assert len(found.shapes) < 3000
    assert len(ran(program).svg()) < 200_000


def test_blocks_can_have_the_colours():
    t = ran([({0}, {1}, 300, 0, "dot"), ({1}, {2}, 100, 0, "dot")])
    assert ">b300 " in t.svg(by="block")
    assert ">b300 " not in t.svg()


def test_nothing_is_a_picture_too():
    empty = Timeline([], [], [])
    assert "nothing happened" in empty.svg()
    assert empty.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_png(theme):
    assert ran([({0}, {1}, 300, 0, "dot")]).png(theme=theme).startswith(b"\x89PNG")


def test_failures_are_marked():
    t = ran([({0}, {1}, 300, 0, "dot")])
    bad = t._replace(events=[t.events[0]._replace(outcome="failed")])
    assert ">! dot<" in bad.svg()


def test_more_rows_than_fit_are_counted():
    program = [({0}, {1}, 5, 0, "dot")] * 80
    t = ran(program)
    t = t._replace(events=[e._replace(lane=f"thread {e.number}") for e in t.events])
    assert ">20 more rows not shown<" in t.svg()


@pytest.mark.parametrize("ending", ["png", "svg", "html", "csv", "json", "json.gz", "txt"])
def test_saves(tmp_path, ending):
    t = ran([({0}, {1}, 300, 0, "dot"), ({1}, {2}, 100, 0, "tanh")])
    t.save(tmp_path / f"t.{ending}")
    content = (tmp_path / f"t.{ending}").read_bytes()
    assert len(content) > 100
    if ending == "csv":
        rows = list(csv.DictReader(content.decode().splitlines()))
        assert [(r["name"], r["started"], r["after"]) for r in rows] == [
            ("dot", "0", ""),
            ("tanh", "300", "1"),
        ]


def test_saves_nothing_unknown(tmp_path):
    with pytest.raises(ParameterError, match="cannot save"):
        ran([]).save(tmp_path / "t.gif")


@given(timelines)
def test_frames_hold_the_columns(t):
    found = columns(t)
    boxes, details = frames(found, title="x")
    header, arrays = unpack(boxes)
    assert header["title"] == "x"
    assert header["rows"] == [list(row) for row in found.rows]
    for name, values in arrays.items():
        assert values.tolist() == getattr(found, name).tolist()
    header, arrays = unpack(details)
    assert header["layers"] == found.layers
    assert arrays["after"].tolist() == found.details.after.items.tolist()


def test_a_notebook_gets_picture_and_words():
    data, metadata = ran([({0}, {1}, 300, 0, "dot")])._repr_mimebundle_()
    assert set(data) == {"image/png", "image/svg+xml", "text/plain"}
    assert metadata["image/png"]["width"] == 760


def test_what_a_notebook_stores_is_small():
    names = [f"op{i}" for i in range(12)]
    program = [({0}, {1}, 1 + i % 3, 1, names[i * 7 % 12]) for i in range(9000)]
    t = ran(program)
    t = t._replace(events=[e._replace(lane=f"thread {e.number % 60}") for e in t.events])
    data, _ = t._repr_mimebundle_()
    assert sum(len(v) for v in data.values() if v is not data["text/plain"]) < 200_000
