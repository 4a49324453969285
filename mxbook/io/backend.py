"""MXDataIter, and iterators that are known by their parameters.

MXNet writes these iterators in C++; there they read their parameters from text, and so do these.

Source: MXNet 1.6, `mxnet.io.MXDataIter`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook.base.context import Context
from mxbook.base.dtypes import DEFAULT, as_dtype
from mxbook.base.errors import MXNetError
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays
from mxbook.ops.params import Bool, DType, Enum, Int, Param, parse, values_class

from .ahead import Ahead
from .batches import DataBatch, DataDesc, DataIter

BATCH_SIZE = Int("batch_size", low=1, doc="Examples in a batch.")
ROUND_BATCH = Bool(
    "round_batch",
    True,
    doc="Whether a last batch that is not full is filled up with the first examples of the next "
    "pass, which then starts behind them.  Otherwise what is missing is left as it was in the "
    "batch before; `pad` says how many these are.",
)
PREFETCH = (
    Int("prefetch_buffer", 4, low=0, doc="How many batches are made ahead."),
    Enum("ctx", ("cpu", "gpu"), "gpu", doc="Has no effect here."),
    DType("dtype", None, doc="Element type of the data; None leaves it as it is."),
)
PARTS = (
    Int("num_parts", 1, low=1, doc="Into how many parts the data is cut."),
    Int("part_index", 0, low=0, doc="Which of these parts is wanted."),
)


class Source:
    """What an MXDataIter is over: batches, pass after pass.  `depth` of them are made ahead."""

    depth = 0

    def batches(self) -> Iterator[DataBatch]:
        """The batches of the next pass."""
        raise TypeError(f"{type(self).__name__} must define batches")

    def abandon(self) -> None:
        """The last pass was not read to its end."""


class MXDataIter(DataIter):
    """The iterators that MXNet has in C++: `handle` is a Source here.

    `provide_data` and `provide_label` describe its first batch, which is read at once.

    Source: MXNet 1.6, `mxnet.io.MXDataIter`.
    """

    def __init__(
        self, handle: Source, data_name: str = "data", label_name: str = "softmax_label", **_: Any
    ):
        super().__init__()
        self.handle = handle
        self._debug_skip_load = False
        self._debug_at_begin = True
        self._batch: DataBatch | None = None
        self._ended = False
        self.first_batch: DataBatch | None = None
        self._start()
        if not self.iter_next():
            raise MXNetError("the iterator has no batch at all", hint="is the data empty?")
        self.first_batch = self._batch
        data, label = self.getdata(), self.getlabel()
        self.provide_data = [DataDesc(data_name, data.shape, data.dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, label.dtype)]
        self.batch_size = data.shape[0]

    def _start(self) -> None:
        batches = self.handle.batches()
        self._ahead: Any = Ahead(batches, self.handle.depth) if self.handle.depth else batches

    def __del__(self) -> None:
        self._ahead = None  # its thread ends

    def debug_skip_load(self) -> None:
        """Give the first batch again and again, to see how fast a network is without loading."""
        self._debug_skip_load = True

    def reset(self) -> None:
        """Start a new pass."""
        self._debug_at_begin = True
        self.first_batch = None
        self._ahead.close()
        if not self._ended:
            self.handle.abandon()
        self._ended = False
        self._start()

    def next(self) -> DataBatch:
        """The next batch.  Raises StopIteration after the last."""
        if self._debug_skip_load and not self._debug_at_begin:
            return self._present()
        self._debug_at_begin = False
        if not self.iter_next():
            raise StopIteration
        self.first_batch = None
        return self._present()

    def _present(self) -> DataBatch:
        data, label = self.getdata(), self.getlabel()
        for array in (data, label):  # which come from where they are asked for, not from a thread
            array._origin = arrays.origin_of("array", "host")
        return DataBatch([data], [label], self.getpad(), self.getindex())

    def iter_next(self) -> bool:
        """Move to the next batch: whether there is one."""
        if self.first_batch is not None:
            return True
        if not self._ended:
            batch = next(self._ahead, None)
            self._ended = batch is None
            self._batch = batch or self._batch
        return not self._ended

    def _now(self) -> DataBatch:
        if self._batch is None:
            raise MXNetError("the iterator is not at a batch", hint="call next() first")
        return self._batch

    def getdata(self) -> Any:
        """The data of the batch, one array."""
        return self._now().data[0]

    def getlabel(self) -> Any:
        """The labels of the batch, one array."""
        return self._now().label[0]  # type: ignore[index]

    def getindex(self) -> Any:
        """The numbers of the batch's examples."""
        return self._now().index

    def getpad(self) -> int:
        """How many examples at the end only fill the batch up."""
        return self._now().pad or 0


# ---- arrays of a batch


def batch_array(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
    """Memory for an array of a batch, from the pool of the arrays; `as_ndarray` wraps it."""
    return arrays.empty(spec_of(tuple(shape), as_dtype(dtype or DEFAULT), Context("cpu", 0)))


def as_ndarray(values: np.ndarray) -> Any:
    """An NDArray over memory that nobody else writes."""
    return arrays.wrap(values, spec_of(values.shape, as_dtype(values.dtype), Context("cpu", 0)))


def full_batch(
    rows: list[np.ndarray], size: int, before: np.ndarray | None, dtype: Any
) -> np.ndarray:
    """Rows as an array with `size` of them; missing ones are those of the batch before."""
    found = batch_array((size, *rows[0].shape), dtype)
    found[: len(rows)] = rows
    if len(rows) < size:
        found[len(rows) :] = 0 if before is None else before[len(rows) :]
    return found


# ---- iterators from parameters


class Maker:
    """Makes MXDataIters of one kind from their parameters: `source(values)` gives the batches.

    As a decorator it adds the parameters, in words, to the documentation of a function.
    """

    def __init__(self, name: str, params: tuple[Param, ...], source: Callable[[Any], Source]):
        self.name = name
        self.params = params
        self._values = values_class(params)
        self._source = source

    def make(self, args: tuple, kwargs: dict[str, Any]) -> MXDataIter:
        """The iterator.  Raises ParameterError for parameters that it does not have or lacks."""
        if args:
            raise TypeError(f"{self.name} can only accept keyword arguments")
        names = {k: kwargs.pop(k) for k in ("data_name", "label_name") if k in kwargs}
        return MXDataIter(self._source(parse(self.name, self._values, kwargs)), **names)

    def __call__(self, function: Callable) -> Callable:
        """Add the parameters to the documentation of a function."""
        lines = [(function.__doc__ or "").rstrip(), "", "    Parameters", "    ----------"]
        for p in self.params:
            default = "required" if p.required else f"default {p.format(p.default)!r}"
            lines += [f"    {p.name} : {p.describe()}, {default}", f"        {p.doc}"]
        function.__doc__ = "\n".join([*lines, ""])
        return function
