"""Contexts: on which device an array lives."""

import threading
from typing import ClassVar

from .errors import ContextError, nearest


class Context:
    """A device: its type (`cpu`, `gpu`, `cpu_pinned`, `cpu_shared`) and its number.

    As a context manager it becomes the default for arrays made inside.

    >>> Context("cpu", 1)
    cpu(1)
    >>> with Context("cpu", 2):
    ...     current_context()
    cpu(2)
    """

    __slots__ = ("_key", "_previous", "device_id", "device_typeid")

    device_id: int
    device_typeid: int

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {"cpu": 1, "gpu": 2, "cpu_pinned": 3, "cpu_shared": 5}

    def __init__(self, device_type, device_id: int = 0):
        if isinstance(device_type, Context):
            self.device_typeid, self.device_id = device_type.device_typeid, device_type.device_id
        else:
            if device_type not in self.devstr2type:
                raise ContextError(
                    f"there is no device type {device_type!r}",
                    rule="one of " + ", ".join(self.devstr2type),
                    hint=nearest(str(device_type), self.devstr2type),
                )
            self.device_typeid, self.device_id = self.devstr2type[device_type], int(device_id)
        self._key = (self.device_typeid, self.device_id)
        self._previous: list[Context] = []

    @property
    def device_type(self) -> str:
        """The name of the device type."""
        return self.devtype2str[self.device_typeid]

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other) -> bool:
        return isinstance(other, Context) and self._key == other._key

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    __str__ = __repr__

    def __reduce__(self):
        return Context, (self.device_type, self.device_id)

    def __enter__(self) -> "Context":
        self._previous.append(current_context())
        _local.context = self
        return self

    def __exit__(self, ptype, value, trace) -> None:
        _local.context = self._previous.pop()

    @classmethod
    def default_ctx(cls) -> "Context":
        """The context that arrays are made in when none is given."""
        return current_context()


class _Local(threading.local):
    context = Context("cpu", 0)


_local = _Local()
_known: dict[tuple[int, int], Context] = {}


def intern(ctx: Context) -> Context:
    """The one object that stands for all contexts equal to `ctx` (compared by identity inside)."""
    return _known.setdefault(ctx._key, ctx)


def current_context() -> Context:
    """The context in force in this thread; `cpu(0)` unless a `with` block says otherwise."""
    return _local.context


def make_current(ctx: Context) -> None:
    """Make a context the one in force in this thread, from now on; a `with` block is neater."""
    _local.context = ctx


def context_of(given: Context | str | None) -> Context:
    """A context given as such, as MXNet's text, or not at all (the current one).

    Raises ContextError for a text that names no device.

    >>> context_of("gpu(1)")
    gpu(1)
    """
    if not given:
        return current_context()
    if isinstance(given, Context):
        return given
    kind, bracket, rest = str(given).partition("(")
    number = rest[:-1] if bracket else "0"
    if not number.isdecimal() or (bracket and rest[-1:] != ")"):
        raise ContextError(
            f"{given!r} names no device",
            rule="a device type and a number in brackets, as in gpu(0)",
            hint="or a context, such as mx.gpu(0)",
        )
    return Context(kind, int(number))


def cpu(device_id: int = 0) -> Context:
    """The processor.  Numbers above 0 are the same processor under another name.

    >>> cpu()
    cpu(0)
    """
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """A CUDA device; nothing is loaded until an array is put on it.

    >>> gpu(1)
    gpu(1)
    """
    return Context("gpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Page-locked host memory, from which copies to a GPU are faster.

    >>> cpu_pinned()
    cpu_pinned(0)
    """
    return Context("cpu_pinned", device_id)
