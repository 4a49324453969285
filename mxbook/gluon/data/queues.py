"""Arrays through the queues of `multiprocessing`: what MXNet's first DataLoader is made of.

`DataLoader` does not use it; programs that start their own processes may.  The names are those of
`mxnet.gluon.data.dataloader`, where they are found here, too.  An array is put into shared memory
and only its descriptor travels; whoever takes it from the queue has the array without a copy.
"""

import multiprocessing
import multiprocessing.queues
import os
import pickle
from collections.abc import Callable
from multiprocessing.reduction import DupFd, ForkingPickler
from typing import Any

import numpy as np

from mxbook import numpy as mxnp
from mxbook.base.context import Context, cpu, cpu_pinned
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays
from mxbook.ndarray import NDArray
from mxbook.storage import shared

from .dataloader import _as_in_context


def reduce_ndarray(data: NDArray) -> tuple[Callable, tuple]:
    """How an array is pickled for another process: what to call there, with which arguments.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.reduce_ndarray`.
    """
    return rebuild_ndarray, _parts(data)


def reduce_np_ndarray(data: mxnp.ndarray) -> tuple[Callable, tuple]:
    """`reduce_ndarray` for `mx.np.ndarray`.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.reduce_np_ndarray`.
    """
    return rebuild_np_ndarray, _parts(data)


def _parts(data: NDArray) -> tuple[int, Any, tuple[int, ...], str]:
    values = data.asnumpy()
    size = max(1, values.nbytes)
    descriptor = shared.new(size)
    try:
        shared.mapped(descriptor, size)[: values.nbytes] = values.reshape(-1).view(np.uint8)
        return os.getpid(), DupFd(descriptor), values.shape, values.dtype.name
    finally:
        os.close(descriptor)


def rebuild_ndarray(pid: int, fd: Any, shape: tuple[int, ...], dtype: Any) -> NDArray:
    """The array of `reduce_ndarray`; `fd` is its descriptor as `multiprocessing` has wrapped it.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.rebuild_ndarray`.
    """
    spec = spec_of(tuple(shape), np.dtype(dtype), Context("cpu", 0))
    descriptor = fd.detach()
    try:
        memory = shared.mapped(descriptor, max(1, spec.nbytes))
    finally:
        os.close(descriptor)
    data = np.ndarray(spec.shape, spec.dtype, memory)
    return arrays.wrap(data, spec, arrays.origin_of("array", "host"))


def rebuild_np_ndarray(pid: int, fd: Any, shape: tuple[int, ...], dtype: Any) -> mxnp.ndarray:
    """The array of `reduce_np_ndarray`.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.rebuild_np_ndarray`.
    """
    return rebuild_ndarray(pid, fd, shape, dtype).as_np_ndarray()


ForkingPickler.register(NDArray, reduce_ndarray)
ForkingPickler.register(mxnp.ndarray, reduce_np_ndarray)


class ConnectionWrapper:
    """A connection of `multiprocessing` that sends arrays through shared memory.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.ConnectionWrapper`.
    """

    def __init__(self, conn: Any):
        self._conn = conn

    def send(self, obj: Any) -> None:
        """Send any object that can be pickled."""
        self._conn.send_bytes(ForkingPickler.dumps(obj, pickle.HIGHEST_PROTOCOL))

    def recv(self) -> Any:
        """Wait for the next object."""
        return ForkingPickler.loads(self._conn.recv_bytes())

    def __getattr__(self, name: str) -> Any:
        if name == "_conn":  # while it is being unpickled
            raise AttributeError(name)
        return getattr(self._conn, name)


class Queue(multiprocessing.queues.Queue):
    """A queue of `multiprocessing` through which arrays travel in shared memory.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.Queue`.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"ctx": multiprocessing.get_context(), **kwargs})


class SimpleQueue(multiprocessing.queues.SimpleQueue):
    """A queue without a thread of its own; see `Queue`.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.SimpleQueue`.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"ctx": multiprocessing.get_context(), **kwargs})


def worker_loop_v1(dataset: Any, key_queue: Any, data_queue: Any, batchify_fn: Callable) -> None:
    """Load batches until the key is None: takes (key, indices), puts (key, batch).

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.worker_loop_v1`.
    """
    while True:
        key, samples = key_queue.get()
        if key is None:
            return
        data_queue.put((key, batchify_fn([dataset[i] for i in samples])))


def fetcher_loop_v1(
    data_queue: Any,
    data_buffer: dict,
    pin_memory: bool = False,
    pin_device_id: int = 0,
    data_buffer_lock: Any = None,
) -> None:
    """Put batches from a queue into a dictionary, under their keys, until the key is None.

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.fetcher_loop_v1`.
    """
    while True:
        key, batch = data_queue.get()
        if key is None:
            return
        batch = _as_in_context(batch, cpu_pinned(pin_device_id) if pin_memory else cpu())
        if data_buffer_lock is None:
            data_buffer[key] = batch
            continue
        with data_buffer_lock:
            data_buffer[key] = batch
