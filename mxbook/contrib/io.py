"""A Gluon data loader as an iterator for modules.

Source: MXNet 1.6, `mxnet.contrib.io`.
"""

from typing import Any

from mxbook import ndarray as nd
from mxbook.base.errors import ParameterError
from mxbook.io import DataDesc, DataIter
from mxbook.ndarray.ndarray import NDArray

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """The batches of a `mx.gluon.data.DataLoader`, pairs of data and label, as a DataIter.

    The first batch says how many examples one has.  A last one with fewer is filled up with zeros,
    and `pad` says with how many.

    >>> from mxbook import gluon
    >>> pairs = gluon.data.ArrayDataset(nd.ones((5, 2)), nd.arange(5))
    >>> batches = list(DataLoaderIter(gluon.data.DataLoader(pairs, batch_size=3)))
    >>> [(batch.data[0].shape, batch.pad) for batch in batches]
    [((3, 2), 0), ((3, 2), 1)]

    Raises ParameterError for a loader without a batch.
    """

    def __init__(
        self,
        loader: Any,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
    ):
        first = next(iter(loader), None)
        if first is None:
            raise ParameterError("the loader has no batch")
        data, label = first
        super().__init__(data.shape[0])
        self._loader, self.dtype = loader, dtype
        self.provide_data = [DataDesc(data_name, data.shape, dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, dtype)]
        self._current_batch: Any = None
        self.reset()

    def reset(self) -> None:
        """Start again."""
        self._batches = iter(self._loader)

    def iter_next(self) -> bool:
        """Move to the next batch: whether there is one."""
        self._current_batch = next(self._batches, None)
        return self._current_batch is not None

    def getdata(self) -> list[NDArray]:
        """The data of the batch."""
        return [self._filled(self._current_batch[0])]

    def getlabel(self) -> list[NDArray]:
        """The labels of the batch."""
        return [self._filled(self._current_batch[1])]

    def _filled(self, array: NDArray) -> NDArray:
        array = array.astype(self.dtype)
        if not self.getpad():
            return array
        zeros = nd.zeros((self.getpad(), *array.shape[1:]), ctx=array.context, dtype=self.dtype)
        return nd.concat(array, zeros, dim=0)

    def getpad(self) -> int:
        """How many examples at the end only fill the batch up."""
        return self.batch_size - self._current_batch[0].shape[0]

    def getindex(self) -> None:
        """A loader does not tell the numbers of examples."""
        return
