"""Segments that go to the program and come back."""

import gc
import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.gluon.data.workers.lending import KEPT, LARGE, Borrower, Lender


class Both:
    """A worker and the program in one process."""

    def __init__(self, most=256):
        self.lender, self.borrower = Lender(), Borrower(most)

    def carry(self, array):
        """The array as the program gets it."""
        number = self.lender.lend(array)
        for fresh, (descriptor, size) in list(self.lender.fresh.items()):
            self.borrower.meet(os.dup(descriptor), fresh, size)
        self.lender.sent(list(self.lender.fresh))
        memory = self.borrower.borrow(number, array.nbytes)
        return memory.view(array.dtype).reshape(array.shape)

    def give_back(self):
        numbers = [self.borrower.back.popleft() for _ in range(len(self.borrower.back))]
        self.lender.given_back(numbers)
        self.borrower.forget(self.lender.dropped)
        self.lender.dropped = []


def test_an_array_made_in_a_segment_is_not_copied():
    both = Both()
    made = np.ndarray((LARGE,), "uint8", both.lender.memory(LARGE))
    made[:] = 7
    found = both.carry(made)
    assert (found == 7).all()
    made[0] = 9
    assert found[0] == 9
    found[1] = 8
    assert made[1] == 8


def test_a_segment_is_used_again_when_both_have_let_go():
    both = Both()
    made = np.ndarray((LARGE,), "uint8", both.lender.memory(LARGE))
    found = both.carry(made)
    del made
    other = both.carry(np.zeros(LARGE, "uint8"))
    assert not np.shares_memory(found, other)
    del found
    both.give_back()
    third = both.carry(np.ones(LARGE, "uint8"))
    assert (third == 1).all()
    assert len(both.lender._segments) == 2
    assert (other == 0).all()


def test_a_view_keeps_the_segment():
    both = Both()
    part = both.carry(np.arange(LARGE))[10:20].reshape(2, 5)
    gc.collect()
    both.give_back()
    both.carry(np.zeros(LARGE, "int64"))
    assert part.ravel().tolist() == list(range(10, 20))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=60), st.integers(0, 5))
def test_contents_stay_whatever_is_kept(steps, most):
    both, kept = Both(most), []
    for i, (size, keep) in enumerate(steps):
        found = both.carry(np.full(size * LARGE // 8, i, "uint8"))
        if keep:
            kept.append((i, found))
        del found
        both.give_back()
        assert all((array == value).all() for value, array in kept)
    kept.clear()
    both.give_back()
    assert len(both.lender._segments) == len(both.lender._free) <= KEPT
    assert set(both.borrower._blocks) == set(both.lender._segments)
    assert not both.lender.fresh


def test_beyond_the_limit_arrays_are_copies():
    both = Both(most=2)
    found = [both.carry(np.full(LARGE, i, "uint8")) for i in range(5)]
    assert len(both.borrower.back) == 3
    both.give_back()
    again = [both.carry(np.full(LARGE, 9, "uint8")) for i in range(5)]
    assert [int(f[5]) for f in found] == [0, 1, 2, 3, 4]
    assert [int(f[5]) for f in again] == [9] * 5
