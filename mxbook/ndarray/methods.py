"""Operators as methods: `x.sum(axis=1)` is `mx.nd.sum(x, axis=1)`."""

from collections.abc import Callable

from mxbook.ops.sides import METHODS

from .ndarray import NDArray


def install(functions: dict[str, Callable]) -> None:
    """Give NDArray a method for each name of METHODS that there is a function for."""
    for name in METHODS:
        if name in functions and name not in NDArray.__dict__:
            setattr(NDArray, name, _method(functions[name], name))


def _method(function: Callable, name: str) -> Callable:
    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"NDArray.{name}"
    method.__doc__ = f"`mx.nd.{name}` with this array as first input.\n\n{function.__doc__}"
    return method
