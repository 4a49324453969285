"""Data sets for the tests of DataLoader.  Worker processes import this file, so it is small."""

import os
import random
import signal
import threading
from collections import namedtuple

import numpy as np

import mxbook as mx
from mxbook.gluon.data import Dataset

Pair = namedtuple("Pair", "image label")


class Function(Dataset):
    """Sample i is fn(i)."""

    def __init__(self, fn, length=100):
        self.fn, self.length = fn, length

    def __getitem__(self, idx):
        return self.fn(idx)

    def __len__(self):
        return self.length


class At(Dataset):
    """Sample i is float(i), and before sample `which` the function is called."""

    def __init__(self, which, fn, *args, length=100):
        self.which, self.fn, self.args, self.length = which, fn, args, length

    def __getitem__(self, idx):
        if idx == self.which:
            self.fn(*self.args)
        return float(idx)

    def __len__(self):
        return self.length


def large(i):
    return np.full((64, 64), i, "float32"), i


def by_chance(i):
    """A sample from all three generators."""
    return (
        mx.nd.random.uniform(shape=(2,)).asnumpy().tolist()
        + np.random.rand(2).tolist()
        + [random.random(), float(i)]
    )


def by_images(i):
    """What augmenters draw: from `mx.random`, and from Python's and NumPy's generators."""
    image = mx.nd.array(np.arange(300).reshape(10, 10, 3) % 256, dtype="uint8")
    transforms = mx.gluon.data.vision.transforms
    image = transforms.RandomResizedCrop(8)(image)
    image = transforms.RandomColorJitter(0.5, 0.5, 0.5)(image)
    return mx.image.LightingAug(0.5, np.ones(3), np.eye(3))(image.astype("float32"))


def nested(i):
    image = np.full((100, 100), i, "float64")
    return {"image": image, "more": (mx.nd.full((2, 3), i), {"label": i})}


def pairs(samples):
    return Pair(np.stack([image for image, _ in samples]), [label for _, label in samples])


def broken():
    raise KeyError("this one")


class NotSendableError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def broken_badly():
    raise NotSendableError("this", "that")


def block():
    threading.Event().wait()


def wait_at(fifo):
    """Until somebody has the file open for writing, and has closed it."""
    with open(fifo) as file:
        file.read()


def die(how):
    os.kill(os.getpid(), getattr(signal, how))


def leave(error):
    raise error
