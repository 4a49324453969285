"""Arrays through the queues of `multiprocessing`."""

import multiprocessing
import threading

import pytest

import mxbook as mx
from mxbook.gluon.data import dataloader
from tests.gluon.data.samples import Function


def some():
    return [mx.nd.arange(6).reshape(2, 3), mx.np.ones((2, 0)), mx.nd.ones((), dtype="float16")]


def same(a, b):
    assert (type(a), a.shape, a.dtype) == (type(b), b.shape, b.dtype)
    assert (a.asnumpy() == b.asnumpy()).all()


@pytest.mark.parametrize("kind", ["Queue", "SimpleQueue"])
def test_queues(kind):
    queue = getattr(dataloader, kind)()
    for array in some():
        queue.put((3, [array]))
        number, (found,) = queue.get()
        assert number == 3
        same(found, array)
    queue.close()


def test_connections():
    one, other = map(dataloader.ConnectionWrapper, multiprocessing.Pipe())
    for array in some():
        one.send({"array": array})
        same(other.recv()["array"], array)
    assert other.fileno() > 0
    one.close()
    other.close()


def test_what_was_sent_is_shared_memory_of_its_own():
    x = mx.nd.arange(4)
    rebuild, arguments = dataloader.reduce_ndarray(x)
    assert rebuild is dataloader.rebuild_ndarray
    found = rebuild(*arguments)
    found[:] = 7
    assert x.asnumpy().tolist() == [0, 1, 2, 3]
    rebuild, arguments = dataloader.reduce_np_ndarray(mx.np.arange(4))
    assert rebuild is dataloader.rebuild_np_ndarray
    assert rebuild(*arguments).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("lock", [None, threading.Lock()])
def test_the_loops_of_the_first_loader(lock):
    keys, data = dataloader.Queue(), dataloader.Queue()
    for key, indices in enumerate([[0, 1], [2, 3], [4]]):
        keys.put((key, indices))
    keys.put((None, None))
    work = (Function(float), keys, data, dataloader.default_batchify_fn)
    dataloader.worker_loop_v1(*work)
    data.put((None, None))
    found = {}
    dataloader.fetcher_loop_v1(data, found, lock is not None, 0, lock)
    assert {key: batch.asnumpy().tolist() for key, batch in found.items()} == {
        0: [0, 1], 1: [2, 3], 2: [4],
    }  # fmt: skip
    contexts = {batch.context for batch in found.values()}
    assert contexts == {mx.cpu() if lock is None else mx.cpu_pinned()}
    for queue in (keys, data):
        queue.close()
        queue.join_thread()


def test_the_first_loader():
    loader = dataloader.DataLoaderV1(Function(float, 5), 2, last_batch="discard")
    assert [batch.asnumpy().tolist() for batch in loader] == [[0, 1], [2, 3]]
    assert len(loader) == 2
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dataloader.nothing
