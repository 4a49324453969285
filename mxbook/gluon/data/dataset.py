"""Data sets: `dataset[i]` is one sample, `len(dataset)` their number."""

import os
from collections.abc import Callable
from typing import Any

from mxbook import recordio
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.ndarray import NDArray

from .sampler import FilterSampler, Sampler, SequentialSampler


class Dataset:
    """Base class: define `__getitem__` and `__len__`, and get the views below.

    A sample is anything; a tuple stands for its parts, usually (data, label).
    """

    def __getitem__(self, idx: int) -> Any:
        raise TypeError(f"{type(self).__name__} must define __getitem__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} must define __len__")

    def filter(self, fn: Callable[[Any], Any]) -> "Dataset":
        """The samples for which `fn(sample)` holds; `fn` is asked at once for all of them.

        >>> list(SimpleDataset([1, 2, 3]).filter(lambda x: x % 2))
        [1, 3]
        """
        return _SampledDataset(self, FilterSampler(fn, self))

    def shard(self, num_shards: int, index: int) -> "Dataset":
        """Part `index` of `num_shards` equal parts; the first parts take what is left over.

        >>> [list(SimpleDataset(range(7)).shard(3, i)) for i in range(3)]
        [[0, 1, 2], [3, 4], [5, 6]]
        """
        if not 0 <= index < num_shards:
            raise ParameterError(
                f"there is no shard {index} of {num_shards}", rule="0 <= index < num_shards"
            )
        length, more = divmod(len(self), num_shards)
        start = length * index + min(index, more)
        return _SampledDataset(self, SequentialSampler(length + (index < more), start))

    def take(self, count: int | None) -> "Dataset":
        """The first `count` samples (all when None or when there are fewer).

        >>> list(SimpleDataset([1, 2, 3]).take(2))
        [1, 2]
        """
        if count is not None and count < 0:
            raise ParameterError(f"cannot take {count} samples", rule="None, or 0 and more")
        length = len(self) if count is None else min(count, len(self))
        return _SampledDataset(self, SequentialSampler(length))

    def sample(self, sampler: Sampler) -> "Dataset":
        """The samples whose indices the sampler yields; it is asked once, now.

        >>> list(SimpleDataset("abcde").sample(SequentialSampler(2, start=3)))
        ['d', 'e']
        """
        if not isinstance(sampler, Sampler):
            raise TypeError(
                f"Invalid sampler type: {type(sampler)}. Expected gluon.data.Sampler instead."
            )
        return _SampledDataset(self, sampler)

    def transform(self, fn: Callable, lazy: bool = True) -> "Dataset":
        """The data set of `fn(*sample)` for tuples, `fn(sample)` for all others.

        A lazy one calls `fn` whenever a sample is read (so that random augmentation differs from
        pass to pass), otherwise all are computed now.

        >>> SimpleDataset([(1, 2), (3, 4)]).transform(lambda a, b: a + b)[1]
        7
        """
        lazy_one = _LazyTransformDataset(self, fn)
        return lazy_one if lazy else SimpleDataset([lazy_one[i] for i in range(len(self))])

    def transform_first(self, fn: Callable, lazy: bool = True) -> "Dataset":
        """`transform` of the first part only: `fn(data)`, and the label stays.

        >>> SimpleDataset([(1, "a"), (2, "b")]).transform_first(lambda x: 10 * x)[1]
        (20, 'b')
        """
        return self.transform(_TransformFirstClosure(fn), lazy)


class SimpleDataset(Dataset):
    """A list, or anything with `[i]` and `len`, as a data set.

    >>> len(SimpleDataset([1, 2, 3]))
    3
    """

    def __init__(self, data: Any):
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        return self._data[idx]


class ArrayDataset(Dataset):
    """Arrays, lists or data sets of equal length side by side: a sample has one part from each.

    With a single one a sample is just its element.  Raises ParameterError without arrays,
    ShapeError for different lengths.

    >>> ArrayDataset([1, 2], ["a", "b"])[1]
    (2, 'b')
    """

    def __init__(self, *args: Any):
        if not args:
            raise ParameterError("ArrayDataset needs at least 1 array")
        lengths = [len(a) for a in args]
        if len(set(lengths)) > 1:
            raise ShapeError(
                "the arrays of a data set have different lengths",
                values=[(f"array {i}", str(n)) for i, n in enumerate(lengths)],
            )
        self._length = lengths[0]
        # Labels become plain numbers: an NDArray of its own for each would be slow.
        self._data = [a.asnumpy() if isinstance(a, NDArray) and a.ndim == 1 else a for a in args]

    def __getitem__(self, idx: int) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple(data[idx] for data in self._data)

    def __len__(self) -> int:
        return self._length


class RecordFileDataset(Dataset):
    """The records of a record file, as bytes; see `mx.recordio`.

    Its index lies beside it, under the same name with the ending `.idx`.  Raises MXNetError where
    there is none, FileFormatError for damaged files.

    >>> from mxbook import recordio
    >>> with recordio.MXIndexedRecordIO("a.idx", "a.rec", "w") as out:
    ...     out.write_idx(0, b"one")
    ...     out.write_idx(1, b"two")
    >>> records = RecordFileDataset("a.rec")
    >>> len(records), records[1]
    (2, b'two')

    Source: MXNet 1.6, `mxnet.gluon.data.RecordFileDataset`.
    """

    def __init__(self, filename: str):
        self.filename = filename
        self.idx_file = os.path.splitext(filename)[0] + ".idx"
        if not os.path.exists(self.idx_file):
            raise MXNetError(
                f"{filename} has no index",
                rule=f"a file {self.idx_file} with key and offset of each record",
                hint="from mxbook.formats.recordio import offsets, write_index; "
                f"write_index({self.idx_file!r}, enumerate(offsets({filename!r})))",
            )
        self._record = recordio.MXIndexedRecordIO(self.idx_file, filename, "r")

    def __getitem__(self, idx: int) -> bytes:
        return self._record.read_idx(self._record.keys[idx])

    def __len__(self) -> int:
        return len(self._record.keys)


class _DownloadedDataset(Dataset):
    """Data and labels that a subclass reads from a folder; `transform(data, label)` if given.

    `_get_data` puts them into `_data` and `_label`.  (The name is MXNet's; nothing is downloaded.)
    """

    def __init__(self, root: str, transform: Callable | None):
        self._root = os.path.expanduser(root)
        self._transform = transform
        self._data: Any = None
        self._label: Any = None
        self._get_data()

    def _get_data(self) -> None:
        raise TypeError(f"{type(self).__name__} must define _get_data")

    def __getitem__(self, idx: int) -> Any:
        if self._transform is not None:
            return self._transform(self._data[idx], self._label[idx])
        return self._data[idx], self._label[idx]

    def __len__(self) -> int:
        return len(self._label)


class _SampledDataset(Dataset):
    """The samples of a data set that a sampler names, in its order."""

    def __init__(self, dataset: Dataset, sampler: Sampler):
        self._dataset = dataset
        self._indices = list(sampler)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: int) -> Any:
        return self._dataset[self._indices[idx]]


class _LazyTransformDataset(Dataset):
    """A data set whose samples go through a function when they are read."""

    def __init__(self, data: Dataset, fn: Callable):
        self._data = data
        self._fn = fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        item = self._data[idx]
        return self._fn(*item) if isinstance(item, tuple) else self._fn(item)


class _TransformFirstClosure:
    """`fn` on the first argument; a class, as lambdas cannot be pickled."""

    def __init__(self, fn: Callable):
        self._fn = fn

    def __call__(self, x: Any, *args: Any) -> Any:
        return (self._fn(x), *args) if args else self._fn(x)
