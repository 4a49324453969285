"""Bringing the names in a parameter file and the names in a network together.

A file may call the same parameter `0.weight` (by structure), `net_dense0_weight` (by prefix, as
`export` writes it, with `arg:` or `aux:` before it) or `dense0_weight` (by prefix, without the
network's own).
"""

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from mxbook import ndarray as nd
from mxbook.base import shapes
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.ndarray.ndarray import NDArray

SHOWN = 20  # rows of the table in an error


def named_arrays(filename: str) -> dict[str, NDArray]:
    """The arrays of a file by name, without `arg:` and `aux:`.

    Raises FileFormatError for a file whose arrays have no names.
    """
    found = nd.load(filename)
    if not isinstance(found, dict):
        if found:
            raise FileFormatError(
                f"{filename} holds {len(found)} arrays without names",
                rule="parameters are stored by name, as save_parameters does",
            )
        return {}
    return {k.removeprefix("arg:").removeprefix("aux:"): v for k, v in found.items()}


def best_scheme(arrays: Mapping[str, Any], schemes: list[dict[str, Any]]) -> dict[str, Any]:
    """The dict of parameters whose names occur most often among the arrays; the first of equals.

    >>> best_scheme({"0.bias": 1}, [{"dense0_bias": "b"}, {"0.bias": "b"}])
    {'0.bias': 'b'}
    """
    return max(schemes, key=lambda scheme: len(scheme.keys() & arrays.keys()))


def load(
    params: Mapping[str, Any],
    arrays: Mapping[str, NDArray],
    *,
    source: str,
    ctx: Any,
    allow_missing: bool,
    ignore_extra: bool,
    cast_dtype: bool,
    dtype_source: str,
) -> None:
    """Give the parameters the values of the arrays of their names.

    Names and shapes are checked before anything is changed.  Raises ParameterError with a table of
    both sides when names do not match, ShapeError or DTypeError for one that does not fit.
    """
    provided = {
        id(params[name]) for name in arrays if name in params
    }  # a shared one has many names
    missing = [n for n, p in params.items() if id(p) not in provided]
    extra = [n for n in arrays if n not in params]
    if (missing and not allow_missing) or (extra and not ignore_extra):
        raise mismatch(params, arrays, missing, extra, source)
    pairs = [(params[name], array) for name, array in arrays.items() if name in params]
    for parameter, array in pairs:
        if parameter.shape is not None:
            parameter._check_loaded_shape(array)
    for parameter, array in pairs:
        parameter._load_init(array, ctx, cast_dtype, dtype_source)


def mismatch(
    params: Mapping[str, Any],
    arrays: Mapping[str, NDArray],
    missing: list[str],
    extra: list[str],
    source: str,
) -> ParameterError:
    """The error about names that do not match: the two sides beside each other, and how to mend
    it.
    """
    guesses = _guesses(params, arrays, missing, extra)
    rows = [(f"{old} {arrays[old].shape}", _known(new, params)) for new, old in guesses.items()]
    rows += [("-", _known(n, params)) for n in missing if n not in guesses]
    rows += [(f"{n} {arrays[n].shape}", "-") for n in extra if n not in guesses.values()]
    rename = {old: new for new, old in guesses.items()}
    return ParameterError(
        f"the names in {source} do not match: {len(missing)} parameter(s) missing, "
        f"{len(extra)} name(s) unknown",
        rule="every name in the file is a parameter's, and every parameter is in the file",
        values=[("names", _table(rows))],
        hint=f"load_parameters(..., rename={rename!r})"
        if rename
        else "allow_missing=True and ignore_extra=True load what matches",
    )


def _known(name: str, params: Mapping[str, Any]) -> str:
    return f"{name} {_shape_text(params[name].shape)}"


def _shape_text(shape: tuple[int, ...] | None) -> str:
    return shapes.text(shape and tuple(d if d > 0 else None for d in shape))


def _table(rows: list[tuple[str, str]]) -> str:
    """The rows in two columns, the middle left out when there are many."""
    shown = rows if len(rows) <= SHOWN else [*rows[: SHOWN - 1], (f"... {len(rows)} rows", "")]
    table = [("file", "model"), *shown]
    width = max(len(left) for left, _ in table)
    return "\n".join(f"{left:<{width}}   {right}".rstrip() for left, right in table)


def _guesses(
    params: Mapping[str, Any], arrays: Mapping[str, NDArray], missing: list[str], extra: list[str]
) -> dict[str, str]:
    """For missing parameters the most similar unknown name in the file whose shape fits, best
    first.
    """
    scored = [
        (_likeness(new, old) - abs(i / len(missing) - j / len(extra)), new, old)
        for i, new in enumerate(missing)
        for j, old in enumerate(extra)
        if _fits(params[new].shape, arrays[old].shape)
    ]
    found: dict[str, str] = {}
    for _, new, old in sorted(scored, key=lambda row: -row[0]):
        if new not in found and old not in found.values():
            found[new] = old
    return {new: found[new] for new in missing if new in found}


def _likeness(a: str, b: str) -> float:
    """How similar two names are, 0 to 2; the last part (`weight`, `bias`) counts as much as the
    rest.
    """
    same_end = a.replace(".", "_").split("_")[-1] == b.replace(".", "_").split("_")[-1]
    return SequenceMatcher(None, a, b).ratio() + same_end


def _fits(shape: tuple[int, ...] | None, loaded: tuple[int, ...]) -> bool:
    return shape is None or (
        len(shape) == len(loaded)
        and all(a <= 0 or a == b for a, b in zip(shape, loaded, strict=True))
    )
