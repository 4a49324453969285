"""Ways to make classes, by the names of MXNet's `mx.base`."""

from collections.abc import Callable
from typing import Any


class classproperty:  # noqa: N801 - MXNet's name
    """A decorator for what a class, not its objects, computes.

    >>> class Layer:
    ...     @classproperty
    ...     def kind(cls):
    ...         return cls.__name__.lower()
    >>> Layer.kind
    'layer'
    """

    def __init__(self, func: Callable):
        self._func = func

    def __get__(self, instance: Any, owner: type) -> Any:
        return self._func(owner)


def with_metaclass(meta: type, *bases: type) -> type:
    """A class to derive from, so that the new class has a metaclass.

    Python 2 and 3 have different words for it; today `class X(Base, metaclass=meta)` is enough.
    """
    return meta("WithMetaclass", bases, {})
