"""Automatic names: `fc0`, `fc1`, ... and prefixes, as in MXNet's `mx.name`."""

import threading


class _Current:
    """The class attribute `NameManager.current`: the manager in force in this thread."""

    def __get__(self, instance, owner) -> "NameManager":
        return current()


class NameManager:
    """Gives a name to what was not given one: the hint and a running number.

    >>> with NameManager() as names:
    ...     names.get(None, "dense"), names.get(None, "dense"), names.get("mine", "dense")
    ('dense0', 'dense1', 'mine')
    """

    current = _Current()

    def __init__(self):
        self._counter: dict[str, int] = {}
        self._outer: NameManager = self

    def get(self, name: str | None, hint: str) -> str:
        """`name` itself when given, otherwise the next free name made from `hint`."""
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> "NameManager":
        self._outer = current()
        _local.manager = self
        return self

    def __exit__(self, ptype, value, trace) -> None:
        _local.manager = self._outer


class Prefix(NameManager):
    """Like NameManager, and puts a prefix before every name, given or made.

    >>> with Prefix("net_") as names:
    ...     names.get(None, "fc"), names.get("w", "fc")
    ('net_fc0', 'net_w')
    """

    def __init__(self, prefix: str):
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        """The name with the prefix before it."""
        return self._prefix + super().get(name, hint)


class _Local(threading.local):
    def __init__(self):
        self.manager: NameManager = NameManager()


_local = _Local()


def current() -> NameManager:
    """The name manager in force in this thread."""
    return _local.manager
