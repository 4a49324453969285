"""`mx.gluon.data.vision`: data sets of images, and `transforms` of images."""

from . import datasets, transforms
from .datasets import MNIST, FashionMNIST

__all__ = ["MNIST", "FashionMNIST", "transforms"]
