"""Documentation that programs write, by the names of MXNet's `mx.base`."""

import inspect
from collections.abc import Sequence
from types import FunctionType
from typing import Any


def build_param_doc(
    arg_names: Sequence[str],
    arg_types: Sequence[str],
    arg_descs: Sequence[str],
    remove_dup: bool = True,
) -> str:
    """The part of a documentation about parameters.

    A name that comes again is left out with `remove_dup`; the count `num_args` always is.

    >>> print(build_param_doc(["x"], ["int"], ["a number"]), end="")
    Parameters
    ----------
    x : int
        a number
    """
    lines, seen = ["Parameters", "----------"], set()
    for name, kind, text in zip(arg_names, arg_types, arg_descs, strict=True):
        if name == "num_args" or (remove_dup and name in seen):
            continue
        seen.add(name)
        lines.append(f"{name} : {kind}")
        if text:
            lines.append(f"    {text}")
    return "\n".join(lines) + "\n"


def add_fileline_to_docstring(module: Any, incursive: bool = True) -> None:
    """Add to the documentation of a module's functions (and methods) where they are defined.

    `module` is a module or its name.
    """
    import sys

    owner = sys.modules[module] if isinstance(module, str) else module
    for found in list(vars(owner).values()):
        if inspect.isclass(found) and incursive and found.__module__ == owner.__name__:
            for method in vars(found).values():
                _add_place(method)
        elif getattr(found, "__module__", None) == owner.__name__:
            _add_place(found)


def _add_place(function: Any) -> None:
    if isinstance(function, FunctionType) and function.__doc__:
        code = function.__code__
        function.__doc__ += f"\n\nFrom:{code.co_filename}:{code.co_firstlineno}"
