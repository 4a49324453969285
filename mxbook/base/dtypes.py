"""Element types: MXNet's codes and names for NumPy's types."""

from typing import Any

import numpy as np

from .errors import DTypeError

# MXNet's type flags (mshadow); files and JSON texts carry these numbers.
CODES: dict[str, int] = {
    "float32": 0,
    "float64": 1,
    "float16": 2,
    "uint8": 3,
    "int32": 4,
    "int8": 5,
    "int64": 6,
    "bool": 7,
}
NAMES: dict[int, str] = {code: name for name, code in CODES.items()}
TYPES: dict[str, np.dtype] = {name: np.dtype(name) for name in CODES}
FLOATS = frozenset(TYPES[name] for name in ("float16", "float32", "float64"))
DEFAULT = TYPES["float32"]

# The usual ways to write a type.  (Not the codes: to a table, True is 1.)
_WRITTEN: dict[Any, np.dtype] = {None: DEFAULT, **TYPES}
_WRITTEN |= {way: dtype for dtype in TYPES.values() for way in (dtype, dtype.type)}


def as_dtype(dtype: Any) -> np.dtype:
    """The NumPy dtype meant by a name, a type, a dtype or one of MXNet's codes; None is float32.

    >>> as_dtype("float16"), as_dtype(None)
    (dtype('float16'), dtype('float32'))
    """
    try:
        return _WRITTEN[dtype]
    except (KeyError, TypeError):
        return _less_usual(dtype)


def _less_usual(dtype: Any) -> np.dtype:
    if isinstance(dtype, int) and not isinstance(dtype, bool):
        name = NAMES.get(dtype)
        if name is None:
            raise DTypeError(
                f"there is no element type with the code {dtype}",
                rule=", ".join(f"{c} {n}" for n, c in CODES.items()),
            )
        return TYPES[name]
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in TYPES:
        raise DTypeError(
            f"{dtype!r} is not an element type of an NDArray", rule="one of " + ", ".join(CODES)
        )
    return TYPES[found.name]
