"""The Python half of the timeline widget, without a browser."""

import pytest

pytest.importorskip("anywidget", reason="anywidget is not installed")

import mxbook_widgets
from mxbook_widgets import _timeline

from mxbook.explain.timeline.frame import unpack

from .test_timeline import step

VIEW = "application/vnd.jupyter.widget-view+json"


def test_small_details_come_at_once():
    widget = mxbook_widgets.Timeline(step(), title="my step")
    header, arrays = unpack(widget._boxes)
    assert header["title"] == "my step"
    assert len(arrays["start"]) == 25
    assert unpack(widget._details)[0]["kind"] == "details"


def test_large_details_come_when_asked_for_or_shown(monkeypatch):
    monkeypatch.setattr(_timeline, "SMALL", 100)
    monkeypatch.setattr(_timeline, "display", lambda *_, **__: None)
    asked, shown = (mxbook_widgets.Timeline(step()) for _ in range(2))
    assert asked._details == shown._details == b""
    asked._answer(asked, {"kind": "other"}, [])
    assert asked._details == b""
    asked._answer(asked, {"kind": "details"}, [])
    shown.show()
    assert asked._details == shown._details != b""


def test_a_large_timeline_is_drawn_before_its_critical_path_is_known(monkeypatch):
    monkeypatch.setattr(_timeline, "LARGE", 10)
    widget = mxbook_widgets.Timeline(step())
    boxes, arrays = unpack(widget._boxes)
    assert (boxes["critical"], widget._details) == ([], b"")
    widget._answer(widget, {"kind": "details"}, [])
    details, _ = unpack(widget._details)
    whole = step().columns()
    assert details["critical"] == whole.critical != []
    assert details["sentence"] == whole.sentence != boxes["sentence"]
    assert arrays["start"].tolist() == whole.start.tolist()


def test_the_output_holds_widget_and_picture():
    data, metadata = mxbook_widgets.Timeline(step())._repr_mimebundle_()
    assert set(data) == {VIEW, "image/png", "image/svg+xml", "text/plain"}
    assert metadata["image/png"]["width"] == 760
    empty = mxbook_widgets.Timeline(step()._replace(events=[], waits=[]))
    assert set(empty._repr_mimebundle_()[0]) == {VIEW, "text/plain"}


def test_another_record_is_one_message(monkeypatch):
    widget = mxbook_widgets.Timeline(step(), live=True)
    sent = []
    monkeypatch.setattr(
        mxbook_widgets.Timeline, "send", lambda _s, c, buffers: sent.append((c, buffers))
    )
    widget.show_again(step()._replace(events=step().events[:5]), live=True)
    ((content, buffers),) = sent
    assert content == {"kind": "frames"}
    assert unpack(buffers[0])[0]["live"]
    stored = []
    monkeypatch.setattr(_timeline, "update_display", lambda data, **_: stored.append(set(data)))
    widget.settle(step())
    assert stored == [{VIEW, "image/png", "image/svg+xml", "text/plain"}]
    assert not unpack(widget._boxes)[0].get("live")
