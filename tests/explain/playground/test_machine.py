"""The playground: what it shows is what the engine's core has decided."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import ParameterError
from mxbook.engine.core import conflict
from mxbook.explain.playground import Playground, playground
from mxbook.explain.playground.machine import EXAMPLES
from mxbook.explain.playground.words import Line, read

names = st.sampled_from("abcd")
lines = st.builds(
    lambda writes, reads, cost: f"{', '.join(writes)} = f({', '.join(reads)}) : {cost}",
    st.lists(names, min_size=1, max_size=2, unique=True),
    st.lists(names, max_size=2),
    st.integers(1, 5),
)
# What somebody does: push a line, let an event happen (None), or undo (False).
plays = st.lists(lines | st.none() | st.just(False), max_size=20)


def played(workers, actions) -> Playground:
    found = Playground(workers)
    for action in actions:
        if action is None:
            found.step()
        elif action is False:
            found.back()
        else:
            found.push(action)
        found.core.check_invariants()
    return found


@given(st.integers(0, 3), plays)
def test_conflicting_operations_run_in_push_order(workers, actions):
    p = played(workers, actions)
    p.run()
    assert p.idle
    for j, later in enumerate(p.operations):
        for earlier in p.operations[:j]:
            if conflict(earlier, later):
                assert earlier.ended <= later.started
        assert later.ended - later.started == p._cost[later.number]


@given(st.integers(1, 3), plays)
def test_no_worker_rests_while_something_may_run(workers, actions):
    p = played(workers, actions)
    while not p.idle:
        before = p.now
        p.step()
        if p.now > before:  # time went on only when nobody free could start anything
            assert p.events[-1].what == "ended"
    assert len({op.lane for op in p.operations}) <= workers


@given(st.integers(0, 2), plays)
def test_queues_hold_exactly_the_unfinished(workers, actions):
    p = played(workers, actions)
    for queue in p.queues():
        variable = p.variables[queue.name]
        assert len(queue.entries) == variable.pending
        assert queue.version == variable.version


@given(plays)
def test_undo_leads_back(actions):
    p = played(2, actions)
    text, events = p.text(), list(p.events)
    p.push("z = f(a)")
    p.step()
    p.back()
    p.back()
    assert p.events == events
    assert [
        line for line in p.text().splitlines() if not line.startswith("z ")
    ] == text.splitlines()


@given(st.integers(0, 2), plays)
def test_the_timeline_holds_what_has_started(workers, actions):
    p = played(workers, actions)
    found = p.timeline()
    assert [e.number for e in found.events] == [op.number for op in p.operations if op.lane]
    assert found.what_if(2).events or not found.events


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_well_formed_at_every_step(example, theme):
    p = playground(example=example)
    while True:
        root = ElementTree.fromstring(p.svg(theme=theme))
        width, height = float(root.get("width")), float(root.get("height"))
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            assert 0 <= float(text.get("x")) <= width
            assert 0 <= float(text.get("y")) <= height
        if p.step() is None:
            break
    assert p.png().startswith(b"\x89PNG")


def test_a_naive_engine_runs_at_the_push():
    p = playground(workers=0)
    p.push("a = load()", cost=3)
    assert p.idle and p.now == 3
    assert [e.what for e in p.events] == ["pushed", "started", "ended"]
    assert p.step() is None


def test_the_higher_priority_goes_first():
    p = playground(workers=1)
    p.push("a = f()")
    p.push("b = g()", priority=1)
    p.run()
    assert [e.name for e in p.events if e.what == "started"] == ["g", "f"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("c = a + b", Line("add", ("a", "b"), ("c",))),
        ("a += 1", Line("add", (), ("a",))),
        ("w -= lr * grad", Line("subtract", ("lr", "grad"), ("w",))),
        ("x, y = split(c, 2)", Line("split", ("c",), ("x", "y"))),
        ("a = b", Line("copy", ("b",), ("a",))),
        ("a = 0", Line("set", (), ("a",))),
        ("print(a)", Line("print", ("a",), ())),
        ("b = a @ a", Line("dot", ("a",), ("b",))),
        ("b = scale(a, 'fast', 1e3)", Line("scale", ("a",), ("b",))),
    ],
)
def test_lines_are_understood(text, wanted):
    assert read(text) == wanted


@pytest.mark.parametrize("text", ["", "1 = a", "a b = c", "=", "a = b : soon", "a = b : 0", "f()"])
def test_what_is_no_line(text):
    with pytest.raises(ParameterError):
        playground().push(text)


def test_what_cannot_be():
    with pytest.raises(ParameterError):
        playground(workers=-1)
    with pytest.raises(ParameterError):
        playground(example="none")
    with pytest.raises(ParameterError):
        playground().save("p.gif")


@pytest.mark.parametrize("ending", ["png", "svg", "txt"])
def test_saves(tmp_path, ending):
    playground(example="two chains").save(tmp_path / f"p.{ending}")
    assert (tmp_path / f"p.{ending}").stat().st_size > 100


def test_a_notebook_gets_picture_and_words():
    data, _ = playground(example="two chains")._repr_mimebundle_()
    assert set(data) == {"image/svg+xml", "image/png", "text/plain"}
