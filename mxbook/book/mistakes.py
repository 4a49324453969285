"""Showing an error on purpose: `with mx.book.mistake():`.

A cell that ends with an error would stop *Run All* in JupyterLab, whatever its tags say.
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def mistake() -> Iterator[None]:
    """Run code that is meant to fail: the error is printed, and the notebook runs on.

    When nothing fails, it says so: somebody has mended the code.

    >>> with mistake():
    ...     1 / 0
    ZeroDivisionError: division by zero
    """
    try:
        yield
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    else:
        print("no error")
