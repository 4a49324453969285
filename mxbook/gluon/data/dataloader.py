"""DataLoader: a data set as a sequence of batches."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context, cpu_pinned
from mxbook.base.errors import ParameterError
from mxbook.base.semantics import local as semantics
from mxbook.ndarray import NDArray

from . import sampler as _sampler
from .workers import LoaderTimeoutError, NoThreadsWarning, Workers, load

__all__ = [
    "DataLoader",
    "LoaderTimeoutError",
    "NoThreadsWarning",
    "default_batchify_fn",
    "default_mp_batchify_fn",
]


def default_batchify_fn(data: list) -> Any:
    """A list of samples as one array, with the samples along a new first axis.

    Tuples give a list with a batch for each of their parts.  Numbers and NumPy arrays keep the
    element type NumPy gives them.

    >>> [part.asnumpy().tolist() for part in default_batchify_fn([(1.5, 0), (2.5, 1)])]
    [[1.5, 2.5], [0, 1]]
    """
    if isinstance(data[0], NDArray):
        return nd.stack(*data)
    if isinstance(data[0], tuple):
        return [default_batchify_fn(part) for part in zip(*data, strict=True)]
    batch = np.asarray(data)
    found = nd.array(batch, dtype=batch.dtype)
    return found.as_np_ndarray() if semantics.np_array else found


def default_mp_batchify_fn(data: list) -> Any:
    """`default_batchify_fn`, under the name that MXNet gives to the one of its worker processes.

    Threads share their memory, so nothing else has to be done.
    """
    return default_batchify_fn(data)


def _as_in_context(data: Any, ctx: Context) -> Any:
    """The arrays of a batch on another device."""
    if isinstance(data, NDArray):
        return data.as_in_context(ctx)
    if isinstance(data, list | tuple):
        return [_as_in_context(part, ctx) for part in data]
    return data


class DataLoader:
    """Batches of a data set, in order, loaded ahead by threads if wanted.

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
    num_workers
        How many threads load samples while the program works; 0: it does so itself.  These are
        threads of this process, with `thread_pool` or without (worker processes are not offered).
        NumPy and file reading run beside the program, plain Python code takes turns with it.  Who
        draws random numbers in a transform gets the same ones in every run only with at most one.
    pin_memory, pin_device_id
        Put batches into page-locked memory, from which copies to that GPU are faster.
    prefetch
        How many batches may be ready or in work besides the one in use; 2 * num_workers by default.
    timeout
        Seconds to wait for a batch of the threads before LoaderTimeoutError is raised.

    What a sample raises arrives in the loop that iterates, with a note on the sample's index and
    the traceback of the thread.  When the loop is left, the threads end.

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
        self._batchify_fn = batchify_fn or default_batchify_fn

    def __iter__(self) -> Iterator[Any]:
        batches = self._by_threads() if self._num_workers else self._by_itself()
        if not self._pin_memory:
            return batches
        pinned = cpu_pinned(self._pin_device_id)
        return (_as_in_context(batch, pinned) for batch in batches)

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def _by_itself(self) -> Iterator[Any]:
        for indices in self._batch_sampler:
            yield load(self._dataset, self._batchify_fn, indices)

    def _by_threads(self) -> Iterator[Any]:
        # The indices are drawn here: a seed gives the same order with any number of threads.
        with Workers(self._num_workers, self._dataset, self._batchify_fn, self._timeout) as workers:
            wanted: deque = deque()
            for indices in self._batch_sampler:
                wanted.append(workers.submit(indices))
                if len(wanted) > self._prefetch:
                    yield workers.result(wanted.popleft())
            while wanted:
                yield workers.result(wanted.popleft())


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
