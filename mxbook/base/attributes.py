"""Attributes of symbols: texts that `with AttrScope(...)` gives to everything made inside.

MXNet keeps a few of them (`lr_mult`, `ctx_group`, ...) under names with underscores around,
`__lr_mult__`, and shows both forms.
"""

import threading

HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")


class _Current:
    """The class attribute `AttrScope.current`: the scope in force in this thread."""

    def __get__(self, instance, owner) -> "AttrScope":
        return current()


class AttrScope:
    """A `with` block that gives attributes to all symbols made inside.

    An inner block adds to those of the outer one; what a symbol is given itself comes first.

    >>> with AttrScope(ctx_group="stage1"):
    ...     AttrScope.current.get({"__lr_mult__": "2"})
    {'ctx_group': 'stage1', '__lr_mult__': '2'}

    Raises ValueError for a value that is not a text.  Source: MXNet 1.6, `mxnet.AttrScope`.
    """

    current = _Current()

    def __init__(self, **kwargs: str):
        if not all(isinstance(value, str) for value in kwargs.values()):
            raise ValueError("attributes of symbols are texts")
        self._attr = kwargs
        self._outer: list[AttrScope] = []

    def get(self, attr: dict[str, str] | None) -> dict[str, str]:
        """The scope's attributes and, before them, the given ones."""
        return {**self._attr, **(attr or {})}

    def __enter__(self) -> "AttrScope":
        outer = current()
        self._outer.append(outer)
        self._attr = {**outer._attr, **self._attr}
        _local.scope = self
        return self

    def __exit__(self, ptype, value, trace) -> None:
        _local.scope = self._outer.pop()


class _Local(threading.local):
    def __init__(self):
        self.scope: AttrScope = AttrScope()


_local = _Local()


def current() -> AttrScope:
    """The scope in force in this thread."""
    return _local.scope


def stored(attrs: dict[str, str]) -> dict[str, str]:
    """Attributes by the names under which they are kept.

    >>> stored({"lr_mult": "2", "num_hidden": "3"})
    {'__lr_mult__': '2', 'num_hidden': '3'}
    """
    return {f"__{key}__" if key in HIDDEN else key: value for key, value in attrs.items()}


def shown(attrs: dict[str, str]) -> dict[str, str]:
    """Attributes as a user sees them: the hidden ones under both names.

    >>> shown({"__lr_mult__": "2"})
    {'__lr_mult__': '2', 'lr_mult': '2'}
    """
    found = dict(attrs)
    for key in HIDDEN:
        if f"__{key}__" in attrs:
            found[key] = attrs[f"__{key}__"]
    return found
