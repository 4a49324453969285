"""Python's and NumPy's random functions, as the present thread is to use them.

    from mxbook.resource.chance import python as random
    random.randint(0, 5)

These are the functions of the modules `random` and `numpy.random`, which draw from the program's
one generator of each kind.  Within `drawing_from` a thread draws from generators of its own: what
several threads draw then depends on what they were given, not on which of them comes first.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class _Local(threading.local):
    python: Any = random
    numpy: Any = np.random


_local = _Local()


class Functions:
    """The functions of one of the two modules, or of what the thread has in its place."""

    __slots__ = ("_module",)

    def __init__(self, module: str):
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(_local, self._module), name)


python: Any = Functions("python")
numpy: Any = Functions("numpy")


@contextmanager
def drawing_from(own: random.Random, own_numpy: np.random.RandomState) -> Iterator[None]:
    """Inside, this thread's `python` and `numpy` draw from these generators.

    >>> with drawing_from(random.Random(1), np.random.RandomState(1)):
    ...     print(python.randint(0, 9), numpy.randint(0, 9))
    2 5
    """
    before = _local.python, _local.numpy
    _local.python, _local.numpy = own, own_numpy
    try:
        yield
    finally:
        _local.python, _local.numpy = before
