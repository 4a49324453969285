"""`mx.gluon.data`: data sets, samplers and the DataLoader.

`dataset.py` samples by index; `sampler.py` orders of indices; `dataloader.py` batches; `workers/`
the processes and threads that load them; `queues.py` arrays in queues; `vision/` images.
"""

from . import dataloader, dataset, sampler, vision
from .dataloader import DataLoader
from .dataset import ArrayDataset, Dataset, RecordFileDataset, SimpleDataset
from .sampler import BatchSampler, FilterSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "FilterSampler",
    "RandomSampler",
    "RecordFileDataset",
    "Sampler",
    "SequentialSampler",
    "SimpleDataset",
]
