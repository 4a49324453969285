"""The block path: which blocks of a network are running in this thread, outermost first.

A block pushes itself when its forward begins and pops itself when it ends, so that an error or an
event can say where in the network it happened: `Net > dense0 (Dense(4 -> 5))`.  The text is made
only when somebody reads it.  Whatever has a method `_label_in(outer)` and a `name` can
stand on the path.
"""

import threading
from typing import Any

from . import sites
from .errors import EngineError, MXNetError


class _Local(threading.local):
    def __init__(self):
        self.blocks: list[Any] = []
        self.layer = ""  # what `layer` says outside of any block


local = _Local()


def push(block: Any) -> None:
    """Enter a block."""
    local.blocks.append(block)


def pop() -> None:
    """Leave the innermost block."""
    local.blocks.pop()


def current() -> tuple[Any, ...]:
    """The running blocks, outermost first; `text` writes them."""
    return tuple(local.blocks)


def layer() -> str:
    """The name of the innermost block; for the log, which keeps texts only.

    Outside of any block, what `local.layer` says: the backward pass sets it.
    """
    blocks = local.blocks
    if not blocks:
        return local.layer
    return blocks[-1].name or type(blocks[-1]).__name__


def backward_of(name: str) -> str:
    """How the log calls the backward pass of a layer; of an unknown one like of no layer.

    >>> backward_of("dense0")
    'dense0 (backward)'
    """
    return f"{name} (backward)" if name else ""


def text(blocks: tuple[Any, ...]) -> str:
    """The path in words; empty outside of any block.

    >>> text(())
    ''
    """
    outers = (None, *blocks)
    return " > ".join(block._label_in(outer) for outer, block in zip(outers, blocks, strict=False))


def add_place(error: MXNetError) -> bool:
    """Tell an error in which block it happened, and at which line; False where it knows already.

    The engine's errors are left alone: they are noticed here, but happened elsewhere.
    """
    if isinstance(error, EngineError) or any(label == "in" for label, _ in error.place):
        return False
    error.place = (("in", text(current())), *error.place)
    site = sites.raised(error) or sites.here(2)
    if site and all(label != "called" for label, _ in error.place):
        error.place = (*error.place, ("called", str(site)))
    return True
