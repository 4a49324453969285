"""Where tests run: the default device, environment variables, noise, and tests that need luck.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import numpy as np

from mxbook.base.context import Context, current_context, make_current
from mxbook.base.errors import ParameterError
from mxbook.context import num_gpus


def default_context() -> Context:
    """The device that tests use: the current one.

    >>> default_context()
    cpu(0)
    """
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Make a device the current one of this thread, from now on."""
    make_current(ctx)


def default_dtype() -> type:
    """The element type that tests use: float32."""
    return np.float32


def list_gpus() -> range:
    """The numbers of the GPUs of this machine."""
    return range(num_gpus())


def has_tvm_ops() -> bool:
    """Whether there are operators made by TVM: there are none."""
    return False


def is_op_runnable() -> bool:
    """Whether operators made by TVM could run here: MXNet asks this before some of its tests."""
    return True


def is_cd_run() -> bool:
    """Whether this is MXNet's nightly run, as the environment variable `CD_JOB` says."""
    return os.environ.get("CD_JOB", "0") == "1"


def get_im2rec_path(home_env: str = "MXNET_HOME") -> str:
    """The program that makes record files of folders: mxbook's own, a file to run with Python.

    A copy of MXNet's sources that the environment variable names is not looked at.

    >>> os.path.basename(get_im2rec_path())
    'im2rec.py'
    """
    import importlib.util

    found = importlib.util.find_spec("mxbook.im2rec")
    assert found is not None  # it is part of the package
    return str(found.origin)


class EnvManager:
    """A `with` block in which an environment variable has another value.

    Settings of mxbook are read from the environment once, at the import: see `mx.config` for how to
    change them later.

    >>> with EnvManager("MY_VARIABLE", "1"):
    ...     os.environ["MY_VARIABLE"]
    '1'
    """

    def __init__(self, key: str, val: str | None):
        self._key, self._value = key, val
        self._before: str | None = None

    def __enter__(self) -> None:
        self._before = os.environ.get(self._key)
        _set(self._key, self._value)

    def __exit__(self, ptype: Any, value: Any, trace: Any) -> None:
        _set(self._key, self._before)


def _set(key: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(key, None)
    else:
        os.environ[key] = str(value)


@contextmanager
def environment(*args: Any) -> Iterator[None]:
    """A `with` block with other environment variables: `(name, value)` or a dict; None takes one
    away.

    >>> with environment({"MY_VARIABLE": "2"}):
    ...     os.environ["MY_VARIABLE"]
    '2'
    """
    values = args[0] if len(args) == 1 else {args[0]: args[1]}
    before = {key: os.environ.get(key) for key in values}
    try:
        for key, value in values.items():
            _set(key, value)
        yield
    finally:
        for key, old in before.items():
            _set(key, old)


def set_env_var(key: str, val: str, default_val: str = "") -> str:
    """Set an environment variable; returns what it was, `default_val` where there was none."""
    before = os.environ.get(key, default_val)
    os.environ[key] = val
    return before


@contextmanager
def discard_stderr() -> Iterator[None]:
    """A `with` block whose error output, also that of libraries in C, goes nowhere."""
    import sys

    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def retry(n: int) -> Callable[[Callable], Callable]:
    """A decorator for a test of random numbers, which may fail by chance: it has `n` tries.

    The last AssertionError goes on; other errors do at once.

    >>> tries = iter([False, True])
    >>> @retry(2)
    ... def lucky():
    ...     assert next(tries)
    >>> lucky()
    """
    if n < 1:
        raise ParameterError(f"{n} tries are none")

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def tried(*args: Any, **kwargs: Any) -> Any:
            for _ in range(n - 1):
                try:
                    return test(*args, **kwargs)
                except AssertionError:
                    continue
            return test(*args, **kwargs)

        return tried

    return decorate
