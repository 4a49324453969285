"""`mx.io`: iterators over batches.

`batches.py` what a batch and an iterator is; `ndarray_iter.py`, `wrapping.py` arrays in memory.
"""

from .batches import DataBatch, DataDesc, DataIter
from .ndarray_iter import NDArrayIter
from .wrapping import PrefetchingIter, ResizeIter
