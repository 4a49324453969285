"""`mx.gluon.data.vision`: data sets of images, and `transforms` of images.

`datasets.py` MNIST and Fashion-MNIST; `pictures.py` CIFAR, record files, folders.
"""

from . import datasets, transforms
from .datasets import MNIST, FashionMNIST
from .pictures import CIFAR10, CIFAR100, ImageFolderDataset, ImageRecordDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "FashionMNIST",
    "ImageFolderDataset",
    "ImageRecordDataset",
    "transforms",
]

# MXNet has all of them in `datasets`.
for _one in (CIFAR10, CIFAR100, ImageFolderDataset, ImageRecordDataset):
    setattr(datasets, _one.__name__, _one)
del _one
