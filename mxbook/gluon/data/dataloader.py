"""DataLoader: a data set as a sequence of batches.

What is here besides `DataLoader` and the two batchify functions stands in `queues.py`.
"""

import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context, cpu_pinned
from mxbook.base.errors import ParameterError
from mxbook.base.semantics import local as semantics
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays
from mxbook.ndarray import NDArray

from . import sampler as _sampler
from .dataset import ArrayDataset, SimpleDataset
from .workers import lending
from .workers.chance import Pass, in_the_program
from .workers.loading import (
    LoaderTimeoutError,
    NoProcessesWarning,
    NoThreadsWarning,
    WorkerDiedError,
    WorkerError,
    load,
)

__all__ = [
    "DataLoader",
    "DataLoaderV1",
    "LoaderTimeoutError",
    "NoProcessesWarning",
    "NoThreadsWarning",
    "WorkerDiedError",
    "WorkerError",
    "default_batchify_fn",
    "default_mp_batchify_fn",
]

_LATER = {
    *("ConnectionWrapper", "Queue", "SimpleQueue", "fetcher_loop_v1", "worker_loop_v1"),
    *("rebuild_ndarray", "rebuild_np_ndarray", "reduce_ndarray", "reduce_np_ndarray"),
}


def __getattr__(wanted: str) -> Any:
    # They need Python's multiprocessing, which takes long to import.
    if wanted not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    from . import queues

    return getattr(queues, wanted)


def default_batchify_fn(data: list) -> Any:
    """A list of samples as one array, with the samples along a new first axis.

    Tuples give a list with a batch for each of their parts, dictionaries one with a batch for each
    key.  Numbers and NumPy arrays keep the element type NumPy gives them.

    >>> [part.asnumpy().tolist() for part in default_batchify_fn([(1.5, 0), (2.5, 1)])]
    [[1.5, 2.5], [0, 1]]
    """
    first = data[0]
    if isinstance(first, tuple):
        return [default_batchify_fn(part) for part in zip(*data, strict=True)]
    if isinstance(first, dict):
        return {key: default_batchify_fn([sample[key] for sample in data]) for key in first}
    if isinstance(first, NDArray):
        return nd.stack(*data)
    batch = np.asarray(data)
    found = nd.array(batch, dtype=batch.dtype)
    return found.as_np_ndarray() if semantics.np_array else found


def default_mp_batchify_fn(data: list) -> Any:
    """`default_batchify_fn` for worker processes: the batch is made in shared memory.

    Everywhere else it is the same.

    >>> default_mp_batchify_fn([1, 2]).asnumpy()
    array([1, 2])
    """
    first = data[0]
    if isinstance(first, tuple):
        return [default_mp_batchify_fn(part) for part in zip(*data, strict=True)]
    if isinstance(first, dict):
        return {key: default_mp_batchify_fn([sample[key] for sample in data]) for key in first}
    batch = None
    if lending.here is not None and isinstance(first, NDArray | np.ndarray):
        batch = _in_shared_memory(data, lending.here)
    return default_batchify_fn(data) if batch is None else batch


def _in_shared_memory(data: list, lender: lending.Lender) -> NDArray | None:
    """Arrays of one kind as a batch in memory that can be lent; None if it is not worth it."""
    first = data[0]
    cls = type(first)
    if not all(type(x) is cls and x.shape == first.shape for x in data):
        return None
    if isinstance(first, NDArray):
        if first.stype != "default" or first.context.device_type != "cpu":
            return None
        for x in data:
            arrays.wait(x)
        data = [x._data for x in data]
    else:
        cls = nd.NDArray
    dtype = np.result_type(*{x.dtype for x in data})
    spec = spec_of((len(data), *first.shape), dtype, Context("cpu", 0))
    if spec.nbytes < lending.LARGE:
        return None
    batch = np.ndarray(spec.shape, dtype, lender.memory(spec.nbytes))
    np.stack(data, out=batch)
    found = arrays.wrap(batch, spec, arrays.origin_of("array", "host"), cls)
    return found.as_np_ndarray() if semantics.np_array else found


def _as_in_context(data: Any, ctx: Context) -> Any:
    """The arrays of a batch on another device."""
    if isinstance(data, NDArray):
        return data.as_in_context(ctx)
    if isinstance(data, list | tuple):
        return [_as_in_context(part, ctx) for part in data]
    if isinstance(data, dict):
        return {key: _as_in_context(part, ctx) for key, part in data.items()}
    return data


class DataLoader:
    """Batches of a data set, in order, loaded ahead by other processes or threads if wanted.

    >>> from mxbook.gluon.data import ArrayDataset
    >>> loader = DataLoader(ArrayDataset([1.0, 2.0, 3.0], [0, 1, 0]), batch_size=2)
    >>> [label.asnumpy().tolist() for data, label in loader]
    [[0, 1], [0]]

    Parameters
    ----------
    dataset
        Anything with `[i]` and `len`.
    batch_size, shuffle, last_batch
        Samples in a batch; whether in random order (drawn by `numpy.random`); what becomes of a
        smaller last batch: `keep` (default), `discard`, or `rollover` to the next pass.
    sampler, batch_sampler
        What yields the indices, in place of `shuffle`; or lists of indices, in place of all these.
    batchify_fn
        Makes a batch of a list of samples; see `default_batchify_fn`.
    num_workers, thread_pool
        How many processes load batches while the program works, or, with `thread_pool`, how many
        threads; 0: the program does so itself.  Processes start with the first pass, which takes a
        moment, and stay for the next ones.  They load from a copy of the data set as it was then.
        Beside threads NumPy and file reading go on in the program; plain Python takes turns.
    pin_memory, pin_device_id
        Put batches into page-locked memory, from which copies to that GPU are faster.
    prefetch
        How many batches may be ready or in work besides the one in use; 2 * num_workers by default.
    timeout
        Seconds to wait for a batch of the workers before LoaderTimeoutError is raised.

    The same seeds give the same batches with any number of workers, whatever is random about the
    samples; `random`, `numpy.random` and `mx.random` count with their own seeds.  (Only with
    threads, what samples draw directly from the first two is not repeated.)

    Data sets, transforms and batchify functions may be defined in a notebook or a script, as
    lambdas, too.  Where one of them cannot be sent to a process (an open file, a lock), or no
    process can be started, NoProcessesWarning says so, and threads load the batches.

    What a sample raises arrives in the loop that iterates, with a note on the sample's index and
    the traceback of the worker.  A worker process that ends raises WorkerDiedError.  When the loop
    is left, threads end; processes end when the loader is forgotten, with `close`, and with the
    program.

    Raises ParameterError for arguments that exclude each other.

    Source: MXNet 1.6, `mxnet.gluon.data.DataLoader`.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: _sampler.Sampler | None = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[list], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: float = 120,
    ):
        if not timeout > 0:
            raise ParameterError(f"timeout cannot be {timeout}", rule="seconds, above 0")
        self._dataset = dataset
        self._pin_memory = pin_memory
        self._pin_device_id = pin_device_id
        self._thread_pool = thread_pool
        self._timeout = timeout
        if batch_sampler is None:
            batch_sampler = _batches_of(dataset, batch_size, shuffle, sampler, last_batch)
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ParameterError(
                "batch_size, shuffle, sampler and last_batch must not be specified if "
                "batch_sampler is specified"
            )
        self._batch_sampler = batch_sampler
        self._num_workers = max(0, num_workers)
        self._prefetch = max(0, 2 * self._num_workers if prefetch is None else int(prefetch))
        self._batchify_fn = batchify_fn or (
            default_mp_batchify_fn if num_workers > 0 else default_batchify_fn
        )
        self._processes: Any = None  # a crew, after the first pass
        self._without_processes = thread_pool

    def __iter__(self) -> Iterator[Any]:
        batches = self._by_workers() if self._num_workers else self._by_itself()
        if not self._pin_memory:
            return batches
        pinned = cpu_pinned(self._pin_device_id)
        return (_as_in_context(batch, pinned) for batch in batches)

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes; a new pass starts others.  (MXNet 1.6 has no such method.)"""
        crew, self._processes = getattr(self, "_processes", None), None
        if crew is not None:
            crew.stop()

    def _by_itself(self) -> Iterator[Any]:
        if _draws_nothing(self._dataset, self._batchify_fn):
            for indices in self._batch_sampler:
                yield load(self._dataset, self._batchify_fn, indices)
            return
        chances = Pass()
        for number, indices in enumerate(self._batch_sampler):
            with in_the_program(chances.seeds(number)) as used:
                batch = load(self._dataset, self._batchify_fn, indices)
                kinds = used()
            chances.note(kinds)
            yield batch

    def _by_workers(self) -> Iterator[Any]:
        # The indices are drawn here: a seed gives the same order with any number of workers.
        chances = Pass()
        wanted: deque = deque()
        crew = self._crew()
        try:
            for number, indices in enumerate(self._batch_sampler):
                wanted.append(crew.submit(indices, chances.seeds(number)))
                if len(wanted) > self._prefetch:
                    yield _delivered(crew.result(wanted.popleft()), chances)
            while wanted:
                yield _delivered(crew.result(wanted.popleft()), chances)
        finally:
            crew.leave(wanted)

    def _crew(self) -> Any:
        """Who loads the batches of a pass."""
        if not self._without_processes:
            crew = self._processes
            if crew is None or not crew.usable:
                crew = self._processes = self._new_processes()
            if crew is not None:
                return crew
        from .workers.threads import Threads

        return Threads(self._num_workers, self._dataset, self._batchify_fn, self._timeout)

    def _new_processes(self) -> Any:
        """A crew of processes, or None (with a warning) where there can be none."""
        from .workers.nursery import CannotStart
        from .workers.processes import Processes
        from .workers.shipping import NotShippable

        try:
            return Processes(self._num_workers, self._dataset, self._batchify_fn, self._timeout)
        except (CannotStart, NotShippable) as reason:
            self._without_processes = True
            warnings.warn(
                f"DataLoader: no worker processes, as {reason.message}. {self._num_workers} "
                "threads load the batches; thread_pool=True asks for them without this warning",
                NoProcessesWarning,
                stacklevel=4,
            )
            return None


def _delivered(found: tuple[Any, int], chances: Pass) -> Any:
    batch, used = found
    chances.note(used)
    return batch


def _draws_nothing(dataset: Any, batchify: Callable) -> bool:
    """Whether samples are only looked up, so that no random number can be drawn."""
    if batchify is not default_batchify_fn:
        return False
    parts = [dataset]
    if type(dataset) is ArrayDataset:
        parts = dataset._data
    elif type(dataset) is SimpleDataset:
        parts = [dataset._data]
    return all(type(p) in (np.ndarray, NDArray, list, tuple, range) for p in parts)


def _batches_of(
    dataset: Any,
    batch_size: int | None,
    shuffle: bool,
    sampler: _sampler.Sampler | None,
    last_batch: str | None,
) -> _sampler.BatchSampler:
    if batch_size is None:
        raise ParameterError("batch_size must be specified unless batch_sampler is specified")
    if sampler is None:
        order = _sampler.RandomSampler if shuffle else _sampler.SequentialSampler
        sampler = order(len(dataset))
    elif shuffle:
        raise ParameterError("shuffle must not be specified if sampler is specified")
    return _sampler.BatchSampler(sampler, batch_size, last_batch or "keep")


class DataLoaderV1(DataLoader):
    """The first version of DataLoader, which has fewer arguments; see there.

    >>> from mxbook.gluon.data import SimpleDataset
    >>> [batch.asnumpy().tolist() for batch in DataLoaderV1(SimpleDataset([1, 2, 3]), 2)]
    [[1, 2], [3]]

    Source: MXNet 1.6, `mxnet.gluon.data.dataloader.DataLoaderV1`.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: _sampler.Sampler | None = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[list], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
    ):
        super().__init__(
            dataset, batch_size, shuffle, sampler, last_batch, batch_sampler, batchify_fn,
            num_workers, pin_memory, pin_device_id,
        )  # fmt: skip
