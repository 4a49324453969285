"""Ranges of an operation are shared, and what its products may use meanwhile."""

from itertools import pairwise

import pytest

from mxbook import engine
from mxbook.backend import blas
from mxbook.imperative.sharing import ONE_THREADED, WORTH_A_WORKER, share

COUNTS = pytest.mark.parametrize("count", [1, 2, 7, 100])


def bounds(first, last):
    return first, last


@COUNTS
@pytest.mark.parametrize("work", [0, ONE_THREADED, WORTH_A_WORKER, 100 * WORTH_A_WORKER])
def test_ranges_follow_each_other_from_0_to_the_end(count, work):
    ranges = share(count, work, bounds)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == count
    assert all(a[1] == b[0] for a, b in pairwise(ranges))


def test_large_work_is_shared():
    assert len(share(100, 100 * WORTH_A_WORKER, bounds)) == max(1, engine.workers())


class Library:
    num_threads = 4

    def set_num_threads(self, count):
        self.num_threads = count


@pytest.mark.parametrize(
    ("work", "threads"),
    [
        (ONE_THREADED - 1, 4),  # setting the number would cost more than it brings
        (ONE_THREADED, 1),
        (2 * WORTH_A_WORKER - 1, 1),
        (100 * WORTH_A_WORKER, 4),  # a single range, but a large one
    ],
)
def test_products_have_one_thread_where_sharing_is_not_worth_it(monkeypatch, work, threads):
    library = Library()
    monkeypatch.setattr(blas, "_libraries", [(library, 4)])
    monkeypatch.setattr(blas, "_until", 0.0)
    assert share(1, work, lambda *_: library.num_threads) == [threads]
    assert library.num_threads == 4
