"""Two records of nearly the same program, operation by operation."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import ParameterError
from mxbook.explain.timeline import Timeline
from mxbook.explain.timeline import compare as module
from mxbook.explain.timeline.area import own_time
from mxbook.explain.timeline.compare import aligned, compare, signed
from mxbook.explain.timeline.frame import boxes_of, unpack

from .records import ran, timelines

words = st.text("abc", max_size=12)


# ---- alignment


def common(a, b):
    """How long the longest common subsequence is, the slow way."""
    row = [0] * (len(b) + 1)
    for x in a:
        last, row = row, [0]
        for j, y in enumerate(b):
            row.append(max(row[-1], last[j + 1], last[j] + 1 if x == y else 0))
    return row[-1]


def check(a, b):
    pairs = aligned(a, b)
    assert [i for i, _ in pairs if i >= 0] == list(range(len(a)))
    assert [j for _, j in pairs if j >= 0] == list(range(len(b)))
    matches = [(i, j) for i, j in pairs if i >= 0 and j >= 0]
    assert all(a[i] == b[j] for i, j in matches)
    return len(matches)


@given(words, words)
def test_as_many_as_possible_are_in_pairs(a, b):
    assert check(a, b) == common(a, b)


@given(words, words, st.integers(1, 3))
def test_with_little_patience_pairs_are_still_right(a, b, patience):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FARTHEST", patience)
        assert check(a, b) <= common(a, b)
        assert check(a, a) == len(a)


def test_a_loop_with_one_operation_more_in_each_step():
    a, b = list("xyz" * 50), list("xyqz" * 50)
    pairs = aligned(a, b)
    assert [b[j] for i, j in pairs if i < 0] == ["q"] * 50
    assert all(j >= 0 for _, j in pairs)


# ---- what changed


@given(timelines, timelines)
def test_the_tables_add_up(a, b):
    found = compare(a, b)
    own = [sum(own_time(t.events).values()) for t in (a, b)]
    for table in (found.operators(), found.blocks()):
        assert [sum(row.took[side] for row in table) for side in (0, 1)] == own
        assert [sum(row.counts[side] for row in table) for side in (0, 1)] == [
            len(a.events), len(b.events),
        ]  # fmt: skip
        sizes = [abs(row.difference) for row in table]
        assert sizes == sorted(sizes, reverse=True)
    assert len({row.name for row in found.operators()}) == len(found.operators())


def slow_and_fast():
    program = [({0}, {1}, 10, 0, "dot"), ({1}, {2}, 4, 0, "tanh"), ({2}, {3}, 5, 0, "_copyto")]
    changed = [program[0], ({1}, {2}, 9, 0, "tanh"), ({2}, {2}, 1, 0, "relu"), program[2]]
    return ran(program), ran(changed)


def test_what_became_slower_and_what_is_new_are_told():
    found = slow_and_fast()[0].compare(slow_and_fast()[1], ("old", "new"))
    assert [(p.first and p.first.number, p.second and p.second.number) for p in found.pairs] == [
        (1, 1), (2, 2), (None, 3), (3, 4),
    ]  # fmt: skip
    rows = {row.name: (row.counts, row.took, row.difference) for row in found.operators()}
    assert rows["tanh"] == ((1, 1), (4, 9), 5)
    assert rows["relu"] == ((0, 1), (0, 1), 1)
    assert [(p.first.name, change) for p, change in found.operations()] == [
        ("tanh", 5), ("dot", 0), ("_copyto", 0),
    ]  # fmt: skip
    lines = found.text().splitlines()
    assert lines[0] == "old: 0.019 us, new: 0.025 us, 32% more"
    assert lines[1] == "3 operations in both, 1 only in new"
    assert lines[2].split() == ["by", "operator", "old", "new", "change"]
    assert lines[3].split()[:6] == ["tanh", "0.004", "us", "0.009", "us", "+0.005"]


def test_blocks_are_those_of_the_first():
    a, b = slow_and_fast()
    other = b._replace(events=[e._replace(layer=f"net1_{e.layer}") for e in b.events])
    blocks = {row.name: row.counts for row in compare(a, other).blocks()}
    assert blocks == {"b10": (1, 1), "b4": (1, 1), "b5": (1, 1), "net1_b1": (0, 1)}


def test_a_record_compared_with_itself_has_not_changed():
    a, _ = slow_and_fast()
    found = a.compare(a)
    assert not any(row.difference for row in found.operators())
    assert found.sentence() == "first: 0.019 us, second: 0.019 us, the same"


def test_names_must_tell_them_apart():
    with pytest.raises(ParameterError, match="two different names"):
        slow_and_fast()[0].compare(slow_and_fast()[1], ("a", "a"))


def test_differences_have_signs():
    assert [signed(n) for n in (1900, -430_000, 0)] == ["+1.9 us", "-0.43 ms", "0"]


# ---- both in one picture


@given(timelines, timelines)
def test_the_joint_picture_holds_every_box_of_both(a, b):
    found = compare(a, b)
    joint, first, second = found.columns(), a.columns(), b.columns()
    assert joint.count == first.count + second.count
    assert joint.titles == first.titles + second.titles
    names = [joint.names[i] for i in joint.name]
    assert names == [c.names[i] for c in (first, second) for i in c.name]
    assert [joint.shown(i) for i in range(joint.count)] == [
        *first.number.tolist(), *second.number.tolist(),
    ]  # fmt: skip
    of = {int(n): i for i, n in enumerate(joint.number) if joint.what[i] == 0}
    for pair in found.pairs:
        if pair.first is None or pair.second is None:
            continue
        i, j = of[pair.first.number], of[pair.second.number + joint.shift]
        assert (joint.partner[i], joint.partner[j]) == (joint.number[j], joint.number[i])
        after = joint.details.after.of(j).tolist()
        assert after == [n + joint.shift for n in pair.second.after]
    assert (joint.partner > 0).sum() == 2 * sum(None not in pair for pair in found.pairs)


def test_the_browser_gets_the_tables():
    found = slow_and_fast()[0].compare(slow_and_fast()[1], ("old", "new"))
    header, arrays = unpack(boxes_of(found.columns()))
    assert json.loads(json.dumps(found.data())) == header["comparison"]
    assert header["comparison"]["operators"][0] == ["tanh", 1, 1, 4, 9]
    assert header["comparison"]["only"] == [0, 1]
    assert [group[0] for group in header["groups"]] == ["old", "new"]
    assert len(arrays["partner"]) == 7


def test_pictures_and_files(tmp_path):
    found = slow_and_fast()[0].compare(slow_and_fast()[1], ("old", "new"))
    for ending in ("png", "svg", "html", "csv", "txt"):
        found.save(tmp_path / f"both.{ending}")
    assert (tmp_path / "both.png").read_bytes().startswith(b"\x89PNG")
    picture = (tmp_path / "both.svg").read_text()
    assert all(f">{word}<" in picture for word in ("old", "new", "tanh", "what changed most"))
    assert picture.count("stroke-dasharray") >= 2  # where each ended
    rows = list(csv.DictReader((tmp_path / "both.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == ["dot", "tanh", "relu", "_copyto"]
    assert (rows[2]["number in old"], rows[2]["number in new"]) == ("", "3")
    assert "old: 0.019 us" in (tmp_path / "both.html").read_text()
    with pytest.raises(ParameterError, match="cannot save a comparison"):
        found.save(tmp_path / "both.json")


def test_nothing_can_be_compared_with_nothing():
    empty = Timeline([], [], [])
    found = empty.compare(empty)
    assert found.sentence() == "there is nothing to compare"
    assert "nothing happened" in found.svg()
    assert slow_and_fast()[0].compare(empty).columns().groups[0].title == "first"
