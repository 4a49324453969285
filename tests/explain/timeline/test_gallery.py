"""The timelines of the gallery, and the command line."""

import pytest

import mxbook as mx
from mxbook.explain.__main__ import main
from mxbook.explain.timeline import Timeline
from mxbook.explain.timeline.gallery import gallery, timelines

from .records import ran


@pytest.mark.slow
def test_every_picture_is_drawn(tmp_path):
    found = gallery(tmp_path)
    assert len(found) == 5
    assert len(list(tmp_path.glob("timeline-*.png"))) == 2 * 5 + 1 + 2 + 1
    assert {lane for t in found.values() for lane in t.columns().titles} >= {"Python", "kvstore"}
    assert all(t.critical_path() for t in found.values())


def test_instructions_of_a_program_lie_below_it():
    t = timelines()["hybridized-net"]()
    assert t.parts
    rows = t.columns().rows
    assert len(rows) > len({row.lane for row in rows})


@pytest.mark.parametrize("threads", [True, False])
def test_who_loads_batches_has_a_lane(threads):
    data = mx.gluon.data.ArrayDataset(mx.nd.arange(8))
    loader = mx.gluon.data.DataLoader(data, batch_size=4, num_workers=1, thread_pool=threads)
    with mx.explain.watch(show=False) as w:
        assert len([batch.asnumpy() for batch in loader]) == 2
    found = w.timeline.columns()
    assert found.titles[-1] == "data worker 0"
    assert found.kinds[-1] == "data"
    assert [p.name for p in w.timeline.parts].count("load a batch") == 2


def test_a_trace_is_told_and_written_in_another_form(tmp_path, capsys):
    t = ran([({0}, {1}, 300, 0, "dot"), ({1}, {2}, 100, 0, "tanh")])
    t.save(tmp_path / "t.json.gz")
    main(["timeline", str(tmp_path / "t.json.gz"), "--save", str(tmp_path / "t.json")])
    assert capsys.readouterr().out.startswith("2 operations on 1 lane")
    assert [e.name for e in Timeline.load(tmp_path / "t.json").events] == ["dot", "tanh"]
