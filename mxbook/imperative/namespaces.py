"""Sorting the operators' functions into modules, by their registered names.

`_contrib_X` is shown as `contrib.X`, `_linalg_X` as `linalg.X`, `_image_X` as `image.X`,
`_random_X` as `random.X`; other names that begin with an underscore are internal, all others are
public.
"""

from collections.abc import Callable

PREFIXES = {
    "_contrib_": "contrib",
    "_linalg_": "linalg",
    "linalg_": "linalg",
    "_image_": "image",
    "_sparse_": "sparse",
}


def sort(functions: dict[str, Callable]) -> dict[str, dict[str, Callable]]:
    """Functions by module: `op` (public), `_internal`, and the ones of PREFIXES.

    >>> sorted(sort({"exp": max, "_plus": max, "_contrib_fft": max})["contrib"])
    ['fft']
    """
    modules: dict[str, dict[str, Callable]] = {
        name: {} for name in ("op", "_internal", *PREFIXES.values())
    }
    for name, function in functions.items():
        prefix = next((p for p in PREFIXES if name.startswith(p)), None)
        if prefix:
            modules[PREFIXES[prefix]][name[len(prefix) :]] = function
        modules["_internal" if name.startswith("_") else "op"][name] = function
    return modules


def public_name(registered: str) -> str:
    """Where `mx.nd` and `mx.sym` show an operator.

    >>> public_name("_contrib_fft"), public_name("exp"), public_name("_copy")
    ('contrib.fft', 'exp', '_internal._copy')
    """
    for prefix, module in PREFIXES.items():
        if registered.startswith(prefix):
            return f"{module}.{registered[len(prefix) :]}"
    return f"_internal.{registered}" if registered.startswith("_") else registered
