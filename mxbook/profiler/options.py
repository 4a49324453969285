"""What can be set: MXNet's keys, with their types and defaults."""

import math
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from mxbook.base.errors import ParameterError, nearest

PROCESSES = ("worker", "server")
SORTS = ("total", "avg", "min", "max", "count")
FORMATS = ("table", "json")


class Options(NamedTuple):
    """The settings of `set_config`."""

    filename: str = "profile.json"
    profile_all: bool = False
    profile_symbolic: bool = True
    profile_imperative: bool = True
    profile_memory: bool = True
    profile_api: bool = True
    continuous_dump: bool = False  # MXNet says True, and lets a thread write all the time
    dump_period: float = 1.0
    aggregate_stats: bool = False
    profile_process: str = "worker"

    def wants(self, kind: str) -> bool:
        """Whether "symbolic", "imperative", "memory" or "api" is to be profiled."""
        return self.profile_all or getattr(self, f"profile_{kind}")


def options_of(given: dict[str, Any]) -> Options:
    """The options with these values and the defaults of all others, as in MXNet.

    Raises ParameterError for an unknown name or a value of the wrong kind.
    """
    for name in given:
        if name not in Options._fields:
            raise ParameterError(
                f"the profiler has no setting {name!r}",
                rule="one of " + ", ".join(Options._fields),
                hint=nearest(name, Options._fields),
            )
    kinds = {name: type(default) for name, default in Options._field_defaults.items()}
    return Options(**{name: PARSERS[kinds[name]](name, value) for name, value in given.items()})


def _flag(name: str, value: Any) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    found = known.get(str(value).lower())
    if found is None:
        raise ParameterError(f"{name} cannot be {value!r}", rule="True or False")
    return found


def _seconds(name: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not 0 < found < math.inf:
        raise ParameterError(f"{name} cannot be {value!r}", rule="a number of seconds above 0")
    return found


def _text(name: str, value: Any) -> str:
    if name == "profile_process":
        return checked(name, value, PROCESSES)
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise ParameterError(f"{name} cannot be {value!r}", rule="the path of a file")
    return str(os.fspath(value))


PARSERS: dict[type, Callable[[str, Any], Any]] = {bool: _flag, float: _seconds, str: _text}


def checked(name: str, value: Any, known: tuple[str, ...]) -> str:
    """The value if it is one of the known ones; raises ParameterError otherwise."""
    if value not in known:
        hint = nearest(value, known) if isinstance(value, str) else ""
        raise ParameterError(f"{name} cannot be {value!r}", rule=" or ".join(known), hint=hint)
    return value
