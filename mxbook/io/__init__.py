"""`mx.io`: iterators over batches.

| file | what |
|---|---|
| `batches.py` | what a batch is, how its arrays are described, what an iterator is |
| `ndarray_iter.py`, `wrapping.py` | arrays in memory; iterators around iterators |
| `backend.py` | MXDataIter, and how iterators read their parameters |
| `text.py`, `mnist.py` | CSV, LibSVM, idx files |
| `image_record.py`, `image_detection.py` | images in record files |
| `image_params.py`, `image_changes.py`, `pixels.py` | parameters, and what is done with an image |
| `records.py`, `order.py`, `lists.py`, `passes.py` | parts, orders, list files, batches |
| `ahead.py`, `crew.py` | threads |
"""

from . import io
from .io import (
    CSVIter,
    DataBatch,
    DataDesc,
    DataIter,
    ImageDetRecordIter,
    ImageRecordInt8Iter,
    ImageRecordIter,
    ImageRecordIter_v1,
    ImageRecordUInt8Iter,
    ImageRecordUInt8Iter_v1,
    LibSVMIter,
    MNISTIter,
    MXDataIter,
    NDArrayIter,
    PrefetchingIter,
    ResizeIter,
    _getdata_by_idx,
    _has_instance,
    _init_data,
)
