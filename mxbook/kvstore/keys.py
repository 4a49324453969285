"""Keys and values as users may give them, brought into one form."""

from typing import Any

import numpy as np

from mxbook.base.errors import DTypeError, ParameterError
from mxbook.ndarray import NDArray

Key = int | str
_INTS = (int, np.integer)


def pairs(key: Any, value: Any, what: str = "value") -> list[tuple[Key, list[NDArray]]]:
    """Each key once, with all its arrays.

    `key` is one key or a list; `value` an array or a list of arrays for one key, and a list of
    these for a list of keys.  A key that comes twice collects the arrays of both.  Raises
    DTypeError for what is no key or no array, ParameterError for lists of different lengths and
    for keys of both kinds in one list.

    >>> from mxbook import nd
    >>> [(k, len(arrays)) for k, arrays in pairs([3, 5], [nd.ones(2), [nd.ones(2)] * 4])]
    [(3, 1), (5, 4)]
    """
    if not isinstance(key, list | tuple):
        return [(_key(key), _arrays(key, value, what))]
    if not isinstance(value, list | tuple) or len(value) != len(key):
        count = len(value) if isinstance(value, list | tuple) else "not a list"
        raise ParameterError(
            f"a list of keys needs a list with one {what} for each",
            values=[("keys", str(len(key))), (f"{what}s", str(count))],
        )
    found: dict[Key, list[NDArray]] = {}
    for k, v in zip(key, value, strict=True):
        found.setdefault(_key(k), []).extend(_arrays(k, v, what))
    if len({type(k) for k in found}) > 1:
        raise ParameterError(f"keys of both kinds: {key}", rule="all whole numbers or all text")
    return list(found.items())


def _key(key: Any) -> Key:
    if isinstance(key, _INTS) and not isinstance(key, bool):
        return int(key)
    if isinstance(key, str):
        return key
    raise DTypeError(f"{key!r} cannot be a key", rule="a whole number or a text")


def _arrays(key: Any, value: Any, what: str) -> list[NDArray]:
    arrays = list(value) if isinstance(value, list | tuple) else [value]
    for array in arrays:
        if not isinstance(array, NDArray):
            raise DTypeError(
                f"the {what} of key {key!r} cannot be a {type(array).__name__}",
                rule="an NDArray, or a list of NDArrays (one for each device)",
            )
    return arrays
