"""Iterators around iterators."""

import gc
import threading

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.io import DataBatch, DataIter, NDArrayIter, PrefetchingIter, ResizeIter


def numbers(iterator):
    return [b.data[0].asnumpy().tolist() for b in iterator]


def plain(count=7, size=3):
    return NDArrayIter(np.arange(count), np.arange(count), size)


def test_a_longer_and_a_shorter_pass():
    data = ResizeIter(plain(), 4)
    for _ in range(2):
        assert numbers(data) == [[0, 1, 2], [3, 4, 5], [6, 0, 1], [0, 1, 2]]
        data.reset()
    assert numbers(ResizeIter(plain(), 1)) == [[0, 1, 2]]
    data = ResizeIter(plain(), 2, reset_internal=False)
    assert numbers(data) == [[0, 1, 2], [3, 4, 5]]
    data.reset()
    assert numbers(data) == [[6, 0, 1], [0, 1, 2]]
    assert (data.batch_size, data.provide_data) == (3, plain().provide_data)


def test_prefetching_gives_the_same_batches():
    data = PrefetchingIter(plain())
    for _ in range(2):
        assert numbers(data) == numbers(plain())
        with pytest.raises(StopIteration):
            data.next()
        data.reset()
    next(data)
    data.reset()
    assert numbers(data) == numbers(plain())
    assert (data.batch_size, data.provide_data) == (3, plain().provide_data)


def test_several_iterators_and_their_names():
    other = NDArrayIter({"q": np.arange(7) * 2}, {"z": np.arange(7)}, 3)
    data = PrefetchingIter(
        [plain(), other],
        rename_data=[{"data": "d1"}, {"q": "d2"}],
        rename_label=[{"softmax_label": "l1"}, {"z": "l2"}],
    )
    assert [d.name for d in data.provide_data + data.provide_label] == ["d1", "d2", "l1", "l2"]
    batch = next(data)
    assert [d.asnumpy().tolist() for d in batch.data] == [[0, 1, 2], [0, 2, 4]]
    assert len(batch.label) == 2
    assert batch.provide_data == data.provide_data


def test_iterators_that_do_not_go_together():
    for other in (plain(10), plain(8)):  # one batch more; another pad
        with pytest.raises(MXNetError, match="mismatches between iterators"):
            list(PrefetchingIter([plain(7), other]))
    with pytest.raises(ParameterError, match="rename_data has 2"):
        PrefetchingIter(plain(), rename_data=[{}, {}])
    with pytest.raises(ParameterError, match="no iterator"):
        PrefetchingIter([])


class Failing(DataIter):
    """One batch, then an error."""

    def __init__(self):
        super().__init__(1)
        self.provide_data = [("data", (1,))]
        self.provide_label = []
        self.given = False

    def next(self):
        if self.given:
            raise ZeroDivisionError("in the thread")
        self.given = True
        return DataBatch([mx.nd.zeros(1)], [], 0)


def test_errors_arrive_where_the_batch_would():
    data = PrefetchingIter(Failing())
    next(data)
    with pytest.raises(ZeroDivisionError, match="in the thread"):
        next(data)


def test_no_thread_is_left():
    def running():
        return {t for t in threading.enumerate() if t.name == "mxbook-ahead"}

    before = running()
    for _ in range(20):
        data = PrefetchingIter([plain(100), plain(100)])
        next(data)
        threads = [ahead.thread for ahead in data._ahead]
        del data
        gc.collect()
        for thread in threads:
            thread.join(10)
    assert running() <= before
