"""Rectangles of lives: nothing overlaps, and what is in place follows what it is written over."""

import pytest

import mxbook as mx
from mxbook.explain.memory import memory
from mxbook.explain.memory.lives import apart, letters, shared
from mxbook.gluon.model_zoo import vision


@pytest.fixture(scope="module", params=[False, True], ids=["prediction", "training"])
def plan(request):
    return memory(vision.resnet18_v1(classes=10), (1, 3, 32, 32), train=request.param)


@pytest.mark.parametrize("side", [shared, apart])
def test_no_two_lives_overlap(plan, side):
    lives, sizes = side(plan)
    for i, a in enumerate(lives):
        assert 0 <= a.first < a.end <= (plan.steps if side is shared else plan.before_steps)
        for b in lives[:i]:
            at_once = a.first < b.end and b.first < a.end
            together = a.base < b.base + b.nbytes and b.base < a.base + a.nbytes
            assert not (at_once and together)
    assert sum(sizes) == (plan.peak if side is shared else plan.nodes)


def test_what_is_in_place_takes_the_memory_of_what_dies_there(plan):
    lives, _ = shared(plan)
    pairs = [(lives[life.over], life) for life in lives if life.over >= 0]
    assert pairs
    for before, after in pairs:
        assert (before.lane, before.base, before.nbytes) == (after.lane, after.base, after.nbytes)
        assert before.end == after.first


def test_a_buffer_is_not_in_place_only_because_it_is_used_again():
    x = mx.sym.var("x")
    h = mx.sym.FullyConnected(x, num_hidden=8, name="a")
    for name in "bcd":  # never in place: each reads what it cannot write over
        h = mx.sym.FullyConnected(h, num_hidden=8, name=name)
    lives, sizes = shared(memory(h, x=(4, 8)))
    assert [life.over for life in lives] == [-1] * 3
    assert len(sizes) == 2
    assert lives[0].lane == lives[2].lane


def test_letters_are_all_different():
    names = [letters(i) for i in range(2000)]
    assert len(set(names)) == 2000
    assert names[:3] == ["A", "B", "C"]
