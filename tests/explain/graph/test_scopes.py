"""Groups out of names."""

from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain.graph.scopes import adopted, automatic, paths


def test_groups_are_common_beginnings():
    names = ["net_stage1_conv0_fwd", "net_stage1_conv1_fwd", "net_stage2_conv0_fwd", "net_out"]
    assert paths(names) == [("stage1",), ("stage1",), (), ()]


def test_a_beginning_that_all_have_is_no_group():
    assert paths(["net_a", "net_b"]) == [(), ()]
    assert paths(["one"]) == [()]
    assert paths([]) == []


@given(st.lists(st.text("ab_", min_size=1, max_size=8), max_size=12))
def test_every_group_has_two_members(names):
    found = paths(names)
    for path in found:
        for k in range(1, len(path) + 1):
            assert sum(p[:k] == path[:k] for p in found) >= 2


def test_automatic_names():
    assert automatic("_plus3", "elemwise_add")
    assert not automatic("conv", "Convolution")


def test_those_without_groups_join_their_readers():
    found = adopted({0: ("a",), 1: None, 2: ("a", "b"), 3: None}, {1: [2]}, {1: [0], 3: [0, 2]})
    assert found == {0: ("a",), 1: ("a", "b"), 2: ("a", "b"), 3: ("a",)}
