"""NDArrayIter: batches of arrays that are in memory.

Source: MXNet 1.6, `mxnet.io.NDArrayIter`.
"""

from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.ndarray import CSRNDArray, NDArray

from .batches import DataBatch, DataDesc, DataIter

Sources = list[tuple[str, Any]]  # names with NDArrays or HDF5 data sets
ENDS = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Batches of arrays, lists or dictionaries of arrays, along their first axis.

    Parameters
    ----------
    data, label
        An NDArray, a NumPy array, a CSRNDArray or an HDF5 data set (which is read bit by bit); or a
        list or dictionary of these.  NumPy arrays become float32.  Lists get the names
        `_0_data`, `_1_data`, ...; dictionaries are taken in the order of their names.
    batch_size, shuffle
        Examples in a batch; whether each pass has an order of its own, drawn by `numpy.random`.
    last_batch_handle
        What becomes of a last batch that is not full: `pad` it with examples of the beginning
        (`pad` of the batch says how many), `discard` it, or let it `roll_over` to the next pass,
        whose first batch it begins.
    data_name, label_name
        Names of single arrays.

    Raises ParameterError for arguments that make no sense, ShapeError for arrays of different
    lengths.

    >>> data = NDArrayIter(np.arange(5), np.arange(5), batch_size=2)
    >>> [(batch.data[0].asnumpy().tolist(), batch.pad) for batch in data]
    [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    >>> data = NDArrayIter(np.arange(5), batch_size=2, last_batch_handle="roll_over")
    >>> [batch.data[0].asnumpy().tolist() for batch in data]
    [[0.0, 1.0], [2.0, 3.0]]
    >>> data.reset()
    >>> [batch.data[0].asnumpy().tolist() for batch in data]
    [[4.0, 0.0], [1.0, 2.0], [3.0, 4.0]]

    Source: MXNet 1.6, `mxnet.io.NDArrayIter`.
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
    ):
        super().__init__(batch_size)
        if batch_size < 1:
            raise ParameterError(f"batch_size cannot be {batch_size}", rule="at least 1")
        if last_batch_handle not in ENDS:
            raise ParameterError(
                f"last_batch_handle cannot be {last_batch_handle!r}",
                rule=", ".join(map(repr, ENDS)),
            )
        self.data = _init_data(data, allow_empty=False, default_name=data_name)
        self.label = _init_data(label, allow_empty=True, default_name=label_name)
        self.num_data = _common_length(self.data + self.label)
        if last_batch_handle != "discard" and _has_instance(self.data + self.label, CSRNDArray):
            raise ParameterError(
                "`NDArrayIter` only supports ``CSRNDArray`` with `last_batch_handle` set to "
                "`discard`."
            )
        self.idx = np.arange(self.num_data)
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self.cursor = -batch_size  # where the present batch starts
        self.num_source = len(self.data_list)
        self._cache_data: list | None = None  # the examples that roll over
        self._cache_label: list | None = None
        self.reset()

    @property
    def data_list(self) -> list:
        """All arrays: those of the data, then those of the labels."""
        return [array for _, array in self.data + self.label]

    @property
    def provide_data(self) -> list[DataDesc]:
        """The arrays of a batch: names, shapes, types."""
        return self._described(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """The labels of a batch: names, shapes, types."""
        return self._described(self.label)

    def _described(self, sources: Sources) -> list[DataDesc]:
        return [
            DataDesc(name, (self.batch_size, *array.shape[1:]), array.dtype)
            for name, array in sources
        ]

    def hard_reset(self) -> None:
        """Start again, without what was to roll over."""
        if self.shuffle:
            self._shuffle_data()
        self.cursor = -self.batch_size
        self._cache_data = self._cache_label = None

    def reset(self) -> None:
        """Start again; examples that are to roll over come first."""
        if self.shuffle:
            self._shuffle_data()
        rolls_over = self.num_data - self.batch_size < self.cursor < self.num_data
        if self.last_batch_handle == "roll_over" and rolls_over:
            self.cursor -= self.num_data + self.batch_size
        else:
            self.cursor = -self.batch_size

    def iter_next(self) -> bool:
        """Move to the next batch: whether there is one."""
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        """The next batch.  Raises StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        data, label = self.getdata(), self.getlabel()
        if data[0].shape[0] != self.batch_size:
            self._cache_data, self._cache_label = data, label
            raise StopIteration
        return DataBatch(data=data, label=label, pad=self.getpad(), index=None)

    def getdata(self) -> list:
        """The data of the batch."""
        return self._batch(self.data, self._cache_data)

    def getlabel(self) -> list:
        """The labels of the batch."""
        return self._batch(self.label, self._cache_label)

    def getpad(self) -> int:
        """How many examples of the batch only fill it up, or rolled over from the last pass."""
        end = self.cursor + self.batch_size
        if self.last_batch_handle == "pad" and end > self.num_data:
            return end - self.num_data
        if self.last_batch_handle == "roll_over" and -self.batch_size < self.cursor < 0:
            return -self.cursor
        return 0

    def _batch(self, sources: Sources, cache: list | None) -> list:
        start, end = self.cursor, self.cursor + self.batch_size
        if not -self.batch_size < start < self.num_data:
            raise MXNetError("the iterator is not at a batch", hint="call next() first, or reset()")
        if start < 0:  # what rolled over comes first
            return _joined(cache or [], [_part(v, 0, end) for _, v in sources])
        batch = [_part(v, start, min(end, self.num_data)) for _, v in sources]
        missing = end - self.num_data if self.last_batch_handle == "pad" else 0
        while missing > 0:  # a batch may be larger than all there is
            count = min(missing, self.num_data)
            batch = _joined(batch, [_part(v, 0, count) for _, v in sources])
            missing -= count
        return batch

    def _shuffle_data(self) -> None:
        np.random.shuffle(self.idx)
        self.data = _getdata_by_idx(self.data, self.idx)
        self.label = _getdata_by_idx(self.label, self.idx)


def _part(source: Any, start: int, end: int) -> Any:
    """Examples start..end-1."""
    part = source[start:end]
    return part if isinstance(part, NDArray) else nd.array(part, dtype=part.dtype)


def _joined(first: list, second: list) -> list:
    return [nd.concat(a, b, dim=0) for a, b in zip(first, second, strict=True)]


def _common_length(sources: Sources) -> int:
    lengths = {array.shape[:1] for _, array in sources}
    if len(lengths) > 1 or () in lengths:
        raise ShapeError(
            "the arrays have different lengths, or none",
            rule="as many labels as examples",
            values=[(name, str(array.shape)) for name, array in sources],
        )
    return lengths.pop()[0]


# ---- MXNet's names for what is done with the arguments


def _init_data(data: Any, allow_empty: bool, default_name: str) -> Sources:
    """Arrays with their names, sorted by these."""
    if data is None:
        data = []
    if isinstance(data, np.ndarray | NDArray) or _is_hdf5(data):
        data = [data]
    if isinstance(data, list):
        if not data and not allow_empty:
            raise ParameterError("there is no data", rule="an array, or a list or dict of arrays")
        names = [f"_{i}_{default_name}" for i in range(len(data))]
        data = dict(zip([default_name] if len(data) == 1 else names, data, strict=True))
    if not isinstance(data, dict):
        raise TypeError(
            "Input must be NDArray, numpy.ndarray, h5py.Dataset a list of them or dict with them "
            "as values"
        )
    return sorted((name, _array(name, value)) for name, value in data.items())


def _array(name: str, value: Any) -> Any:
    if isinstance(value, NDArray) or _is_hdf5(value):
        return value
    try:
        return nd.array(value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Invalid type '{type(value)}' for {name}, should be NDArray, numpy.ndarray or "
            "h5py.Dataset"
        ) from error


def _is_hdf5(value: Any) -> bool:
    return type(value).__module__.startswith("h5py")


def _has_instance(data: Sources, dtype: type) -> bool:
    """Whether one of the arrays is of this class."""
    return any(isinstance(array, dtype) for _, array in data)


def _getdata_by_idx(data: Sources, idx: np.ndarray) -> Sources:
    """The arrays with their examples in this order."""
    return [(name, _reordered(array, idx)) for name, array in data]


def _reordered(array: Any, idx: np.ndarray) -> Any:
    if isinstance(array, CSRNDArray):
        return _reordered_rows(array, idx)
    values = array.asnumpy() if isinstance(array, NDArray) else array[:]
    ctx = array.context if isinstance(array, NDArray) else None
    return nd.array(values[idx], ctx, dtype=values.dtype)


def _reordered_rows(array: CSRNDArray, idx: np.ndarray) -> CSRNDArray:
    """The rows of a csr matrix in another order."""
    data, indices, indptr = (a.asnumpy() for a in (array.data, array.indices, array.indptr))
    lengths = np.diff(indptr)[idx]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    # Value k of the new matrix: which row it is in, and the how-manieth of that row.
    row = np.repeat(np.arange(len(idx)), lengths)
    take = indptr[idx][row] + np.arange(ends[-1]) - ends[row]
    return nd.sparse.csr_matrix(
        (data[take], indices[take], ends), shape=array.shape, ctx=array.context
    )
