"""The names of `mx.io` at the path where MXNet has them, `mxnet.io.io`."""

# ruff: noqa: F401 - they are for others
from .backend import MXDataIter
from .batches import DataBatch, DataDesc, DataIter
from .image_detection import ImageDetRecordIter
from .image_record import (
    ImageRecordInt8Iter,
    ImageRecordIter,
    ImageRecordIter_v1,
    ImageRecordUInt8Iter,
    ImageRecordUInt8Iter_v1,
)
from .mnist import MNISTIter
from .ndarray_iter import NDArrayIter, _getdata_by_idx, _has_instance, _init_data
from .text import CSVIter, LibSVMIter
from .wrapping import PrefetchingIter, ResizeIter
