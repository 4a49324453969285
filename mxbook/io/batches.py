"""What iterators give: batches, and the description of their arrays; and what an iterator is.

Source: MXNet 1.6, `mxnet.io`.
"""

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """Name and shape of an array of a batch, with its element type and the meaning of its axes.

    It is a pair (name, shape) with the attributes `dtype` and `layout`.

    >>> data = DataDesc("data", (32, 3, 224, 224))
    >>> data
    DataDesc[data,(32, 3, 224, 224),<class 'numpy.float32'>,NCHW]
    >>> name, shape = data

    Source: MXNet 1.6, `mxnet.io.DataDesc`.
    """

    dtype: Any
    layout: str | None

    def __new__(cls, name: str, shape: Any, dtype: Any = np.float32, layout: str | None = "NCHW"):
        """A description; `layout` has a letter for each axis, N for that of the batch."""
        found = super().__new__(cls, name, shape)
        found.dtype = dtype
        found.layout = layout
        return found

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """The axis of the batch: that of the letter N, 0 without a layout, -1 without an N.

        >>> DataDesc.get_batch_axis("TNC")
        1
        """
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes: Iterable, types: Iterable | None) -> list["DataDesc"]:
        """Descriptions from pairs (name, shape) and, if any, pairs (name, type).

        >>> DataDesc.get_list([("data", (2, 3))], [("data", "int8")])
        [DataDesc[data,(2, 3),int8,NCHW]]
        """
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        known = dict(types)
        return [DataDesc(name, shape, known[name]) for name, shape in shapes]


class DataBatch:
    """A batch: lists of arrays, and how many of the last examples are only there to fill it up.

    `data` and `label` are lists of NDArrays, `pad` that number, `index` the numbers of the
    examples, `bucket_key` says which network of a BucketingModule is meant.

    Raises ParameterError unless `data` and `label` are lists.

    Source: MXNet 1.6, `mxnet.io.DataBatch`.
    """

    def __init__(
        self,
        data: list,
        label: list | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Any = None,
        provide_label: Any = None,
    ):
        for name, value in (("Data", data), ("Label", label)):
            if value is not None and not isinstance(value, list | tuple):
                raise ParameterError(f"{name} must be list of NDArrays", rule="a list or a tuple")
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        data = [d.shape for d in self.data]
        label = [a.shape for a in self.label] if self.label else None
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label}"


class DataIter:
    """Base class of iterators: `next()` gives batches until it raises StopIteration, `reset()`
    starts again.

    Define `iter_next`, `getdata`, `getlabel`, `getpad` and, if wanted, `getindex`, or `next`.
    `provide_data` and `provide_label` are lists of DataDesc.

    Source: MXNet 1.6, `mxnet.io.DataIter`.
    """

    def __init__(self, batch_size: int = 0):
        self.batch_size = batch_size

    def __iter__(self) -> "DataIter":
        return self

    def reset(self) -> None:
        """Start again."""

    def next(self) -> DataBatch:
        """The next batch.  Raises StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(
            data=self.getdata(), label=self.getlabel(), pad=self.getpad(), index=self.getindex()
        )

    def __next__(self) -> DataBatch:
        return self.next()

    def iter_next(self) -> Any:
        """Move to the next batch: whether there is one."""

    def getdata(self) -> Any:
        """The data of the batch."""

    def getlabel(self) -> Any:
        """The labels of the batch."""

    def getindex(self) -> Any:
        """The numbers of the batch's examples, or None."""
        return None

    def getpad(self) -> Any:
        """How many examples at the end only fill the batch up."""
