"""Lists inside lists: what loops take and give."""

from collections.abc import Iterable
from typing import Any

from .errors import ParameterError


def flatten(nested: Any, kind: type, what: str) -> list:
    """The items of nested lists and tuples, in order; all are of one kind.

    >>> flatten([1, [2, (3,)]], int, "numbers")
    [1, 2, 3]

    Raises ParameterError for anything else; `what` says what it was for.
    """
    if isinstance(nested, kind):
        return [nested]
    if not isinstance(nested, list | tuple):
        raise ParameterError(
            f"{what}: a {type(nested).__name__}",
            rule=f"{kind.__name__}s, or lists of them, which may be nested",
            values=[("given", repr(nested))],
        )
    return [item for inner in nested for item in flatten(inner, kind, what)]


def like(nested: Any, items: Iterable) -> Any:
    """`items` in the nesting of `nested`; consumes them from an iterator.

    >>> like(["a", ["b"]], [1, 2])
    [1, [2]]
    """
    items = iter(items)
    if not isinstance(nested, list | tuple):
        return next(items)
    return [like(inner, items) for inner in nested]
