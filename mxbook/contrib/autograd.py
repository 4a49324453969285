"""The interface that `mx.autograd` had before version 1.0, where recording and training are one.

New programs use `mx.autograd`.  Source: MXNet 1.6, `mxnet.contrib.autograd`.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from mxbook import autograd, ndarray
from mxbook.autograd import mark_variables
from mxbook.base.errors import DTypeError
from mxbook.ndarray.ndarray import NDArray

__all__ = [
    "TrainingStateScope",
    "backward",
    "compute_gradient",
    "grad",
    "grad_and_loss",
    "mark_variables",
    "set_is_training",
    "test_section",
    "train_section",
]


def set_is_training(is_train: bool) -> bool:
    """Switch recording and training mode together; returns whether recording was on."""
    autograd.set_training(is_train)
    return autograd.set_recording(is_train)


class TrainingStateScope:
    """A `with` block in which recording and training mode are on, or off."""

    def __init__(self, enter_state: bool):
        self._enter_state = enter_state
        self._before = (False, False)

    def __enter__(self) -> None:
        self._before = (autograd.is_recording(), autograd.is_training())
        set_is_training(self._enter_state)

    def __exit__(self, ptype: Any, value: Any, trace: Any) -> None:
        recording, training = self._before
        autograd.set_recording(recording)
        autograd.set_training(training)


def train_section() -> TrainingStateScope:
    """A `with` block whose operations are recorded, in training mode.

    >>> with train_section():
    ...     autograd.is_recording(), autograd.is_training()
    (True, True)
    """
    return TrainingStateScope(True)


def test_section() -> TrainingStateScope:
    """A `with` block inside `train_section` that is not recorded, in prediction mode."""
    return TrainingStateScope(False)


def backward(outputs: Any, out_grads: Any = None, retain_graph: bool = False) -> None:
    """Compute the gradients of the outputs; see `mx.autograd.backward`."""
    autograd.backward(outputs, out_grads, retain_graph)


def compute_gradient(outputs: Any) -> None:
    """Compute the gradients of the outputs: `backward` by its first name."""
    backward(outputs)


def grad_and_loss(func: Callable, argnum: int | Sequence[int] | None = None) -> Callable:
    """A function that gives the gradients at the arguments of `func`, and its result.

    `argnum` is the position of the argument, or positions, to take them at; all by default.

    >>> square = grad_and_loss(lambda x: x * x)
    >>> gradients, result = square(ndarray.array([3]))
    >>> gradients[0].asnumpy(), result.asnumpy()
    (array([6.], dtype=float32), array([9.], dtype=float32))
    """

    @functools.wraps(func)
    def wrapped(*args: Any) -> tuple[list[NDArray], Any]:
        places = range(len(args)) if argnum is None else argnum
        chosen = [args[i] for i in ([places] if isinstance(places, int) else places)]
        for x in chosen:
            if not isinstance(x, NDArray):
                raise DTypeError(f"an argument is a {type(x).__name__}", rule="an NDArray")
        gradients = [ndarray.zeros_like(x) for x in chosen]
        mark_variables(chosen, gradients)
        with train_section():
            outputs = func(*args)
        compute_gradient([outputs] if isinstance(outputs, NDArray) else outputs)
        return gradients, outputs

    return wrapped


def grad(func: Callable, argnum: int | Sequence[int] | None = None) -> Callable:
    """A function that gives the gradients at the arguments of `func`; see `grad_and_loss`."""
    with_loss = grad_and_loss(func, argnum)

    @functools.wraps(with_loss)
    def wrapped(*args: Any) -> list[NDArray]:
        return with_loss(*args)[0]

    return wrapped
