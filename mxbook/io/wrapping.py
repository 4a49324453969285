"""Iterators around iterators: a fixed number of batches, and batches made ahead.

Source: MXNet 1.6, `mxnet.io`.
"""

from collections.abc import Iterator
from typing import Any

from mxbook.base.errors import MXNetError, ParameterError

from .ahead import Ahead
from .batches import DataBatch, DataDesc, DataIter


class ResizeIter(DataIter):
    """Exactly `size` batches a pass, from an iterator that starts again when it ends.

    `reset_internal`: whether `reset` resets that iterator, too; else a pass goes on where the
    last one ended.

    >>> import numpy as np
    >>> from mxbook.io import NDArrayIter
    >>> data = ResizeIter(NDArrayIter(np.arange(4), batch_size=2), 3)
    >>> [batch.data[0].asnumpy().tolist() for batch in data]
    [[0.0, 1.0], [2.0, 3.0], [0.0, 1.0]]

    Source: MXNet 1.6, `mxnet.io.ResizeIter`.
    """

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True):
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.current_batch: Any = None
        self.provide_data = data_iter.provide_data  # type: ignore[attr-defined]
        self.provide_label = data_iter.provide_label  # type: ignore[attr-defined]
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Start a new pass."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Move to the next batch: whether there is one."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True

    def getdata(self) -> list:
        """The data of the batch."""
        return self.current_batch.data

    def getlabel(self) -> list:
        """The labels of the batch."""
        return self.current_batch.label

    def getindex(self) -> Any:
        """The numbers of the batch's examples."""
        return self.current_batch.index

    def getpad(self) -> int:
        """How many examples at the end only fill the batch up."""
        return self.current_batch.pad


class PrefetchingIter(DataIter):
    """Several iterators side by side, each on a thread that makes its next batch ahead.

    A batch has the data of all and the labels of all.  `rename_data` and `rename_label` are lists
    of dictionaries, one for each iterator, from old to new names.

    Raises ParameterError for other numbers of dictionaries, MXNetError when one iterator ends
    before another.

    >>> import numpy as np
    >>> from mxbook.io import NDArrayIter
    >>> data = PrefetchingIter(NDArrayIter(np.arange(4), batch_size=2), [{"data": "x"}])
    >>> data.provide_data[0].name, sum(1 for batch in data)
    ('x', 2)

    Source: MXNet 1.6, `mxnet.io.PrefetchingIter`.
    """

    def __init__(
        self,
        iters: DataIter | list[DataIter],
        rename_data: list[dict] | None = None,
        rename_label: list[dict] | None = None,
    ):
        super().__init__()
        self.iters: list[Any] = iters if isinstance(iters, list) else [iters]
        self.n_iter = len(self.iters)
        for name, given in (("rename_data", rename_data), ("rename_label", rename_label)):
            if given is not None and len(given) != self.n_iter:
                raise ParameterError(
                    f"{name} has {len(given)} dictionaries", rule=f"one for each of {self.n_iter}"
                )
        if not self.iters:
            raise ParameterError("there is no iterator", rule="at least one")
        self.rename_data = rename_data
        self.rename_label = rename_label
        self.batch_size = self.provide_data[0][1][0]
        self.current_batch: Any = None
        self._start()

    def _start(self) -> None:
        self._ahead = [Ahead(_batches(it), 1) for it in self.iters]

    def __del__(self) -> None:
        self._ahead = []  # their threads end

    @property
    def provide_data(self) -> list[DataDesc]:
        """The arrays of a batch: names, shapes, types."""
        return self._described("provide_data", self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """The labels of a batch: names, shapes, types."""
        return self._described("provide_label", self.rename_label)

    def _described(self, which: str, renames: list[dict] | None) -> list[DataDesc]:
        found = []
        for it, rename in zip(self.iters, renames or [{}] * self.n_iter, strict=True):
            for one in getattr(it, which):
                desc = one if isinstance(one, DataDesc) else DataDesc(*one)
                name = rename[desc.name] if renames else desc.name
                found.append(DataDesc(name, desc.shape, desc.dtype, desc.layout))
        return found

    def reset(self) -> None:
        """Start a new pass of all iterators."""
        for ahead in self._ahead:
            ahead.close()
        for it in self.iters:
            it.reset()
        self._start()

    def iter_next(self) -> bool:
        """Move to the next batch: whether there is one."""
        batches = [next(ahead, None) for ahead in self._ahead]
        ended = [batch is None for batch in batches]
        if all(ended):
            return False
        if any(ended) or len({batch.pad for batch in batches}) > 1:
            raise MXNetError(
                "Number of entry mismatches between iterators",
                rule="all iterators have equally many batches, filled up alike",
                values=[
                    (f"iterator {i}", "ended" if batch is None else f"pad {batch.pad}")
                    for i, batch in enumerate(batches)
                ],
            )
        self.current_batch = DataBatch(
            [array for batch in batches for array in batch.data],
            [array for batch in batches for array in batch.label or ()],
            batches[0].pad,
            batches[0].index,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def next(self) -> DataBatch:
        """The next batch.  Raises StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        return self.current_batch

    def getdata(self) -> list:
        """The data of the batch."""
        return self.current_batch.data

    def getlabel(self) -> list:
        """The labels of the batch."""
        return self.current_batch.label

    def getindex(self) -> Any:
        """The numbers of the batch's examples."""
        return self.current_batch.index

    def getpad(self) -> int:
        """How many examples at the end only fill the batch up."""
        return self.current_batch.pad


def _batches(it: DataIter) -> Iterator[DataBatch]:
    """The rest of a pass."""
    while True:
        try:
            batch = it.next()
        except StopIteration:
            return
        yield batch
        del batch
